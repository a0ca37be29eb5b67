"""The other side of a comparison: a child process that takes PyTorch's steps."""

import json
import os
import pathlib
import subprocess
from typing import Any

from hypermask_tf.cli.benchmarks.step_timer import Sample

_SCRIPT = pathlib.Path(__file__).with_name("peer_steps.py")
_REQUIREMENTS = "requirements-peer.txt"


class Peer:
    """Steps of the same method with PyTorch and hypnettorch, in their own process.

    Args:
        python: Interpreter that has them.
        settings: What `peer_steps.py` needs to build the model.

    Raises:
        ImportError: If the interpreter lacks them.
    """

    def __init__(self, python: str, settings: dict[str, Any]) -> None:
        try:
            self._process = subprocess.Popen(
                [python, "-W", "ignore", str(_SCRIPT), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                # On a busy machine, threads that wait in a loop only heat it: without
                # this, PyTorch's steps take four times the processor time.
                env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},
            )
        except OSError as error:
            raise ValueError(f"Cannot run --peer_python: {error}") from error
        try:
            self.about = self._read()
        except RuntimeError as error:
            raise ImportError(
                f"--peer needs PyTorch and hypnettorch in {python}: "
                f"{python} -m pip install -r {_REQUIREMENTS}. It said: {error}"
            ) from error

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout and self._process.stderr
        line = self._process.stdout.readline()
        if not line:
            lines = self._process.stderr.read().strip().splitlines() or ["nothing"]
            raise RuntimeError(lines[-1])
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._read()

    def begin(self, task: int) -> float:
        """Begins a task, and takes one step; milliseconds of that step."""
        first: float = self._ask(task=task)["first_step_ms"]
        return first

    def take(self, steps: int) -> list[Sample]:
        """Times of so many steps."""
        return [(wall, cpu) for wall, cpu in self._ask(steps=steps)["ms"]]

    def close(self) -> int:
        """Ends the process; the most memory it held, in bytes."""
        memory: int = self._ask(end=True)["peak_memory"]
        self._process.communicate()
        return memory
