"""The runs of a sweep: which are there, and how one is started."""

import dataclasses
import pathlib
import subprocess
import sys
from typing import Any

from hypermask_tf import files
from hypermask_tf.cli.runs import Run, read_run
from hypermask_tf.cli.sweep_grid import Point

# It stands beside the package, in a checkout and where that is installed.
_COMMAND = pathlib.Path(__file__).parents[2] / "hypermask.py"


@dataclasses.dataclass(frozen=True)
class SweepRun:
    """One point of a sweep with one seed, and where it is kept.

    Args:
        point: The point.
        seed: The seed.
        flags: Its flagfile, as text.
        sweep_dir: The folder of the sweep.
        data_dir: Where prepared data sets lie; None for the default.
    """

    point: Point
    seed: int
    flags: str
    sweep_dir: pathlib.Path
    data_dir: str | None = None

    @property
    def path(self) -> pathlib.Path:
        return self.sweep_dir / self.point.name / f"seed_{self.seed}"

    @property
    def title(self) -> str:
        settings = " ".join(f"{flag}={value}" for flag, value in self.point.settings)
        return f"{settings} seed={self.seed}"

    def finished(self) -> Run | None:
        """The run if it is there and has learned every task.

        Raises:
            ValueError: If a run with other choices lies there.
        """
        if not (self.path / "results.json").is_file():
            return None
        run = read_run(self.path)
        if (self.path / "flags.txt").read_text("utf-8") != self.flags:
            raise ValueError(
                f"{self.path} holds a run with other choices than this sweep's. Name "
                "another --sweep_dir"
            )
        return run if run.finished else None

    def train(self) -> str | None:
        """Trains in a process of its own; returns why it failed, or None."""
        flagfile = self.path.with_name(f"{self.path.name}.flags")
        files.write_text(flagfile, self.flags)
        log = self.path.with_name(f"{self.path.name}.log")
        arguments: list[Any] = [
            f"--flagfile={flagfile}",
            f"--run_dir={self.path}",
            "--overwrite",
        ]
        if self.data_dir:
            arguments.append(f"--data_dir={self.data_dir}")
        with open(log, "w", encoding="utf-8") as output:
            done = subprocess.run(
                [sys.executable, str(_COMMAND), "train", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode == 0:
            return None
        lines = log.read_text("utf-8", errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f"exit status {done.returncode}: {last} (all of it in {log})"
