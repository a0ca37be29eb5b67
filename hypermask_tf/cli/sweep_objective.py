"""What a sweep maximises: validation accuracy after the last task, mean over seeds."""

import dataclasses
import pathlib
import platform
import re
import statistics
import zlib
from collections.abc import Mapping, Sequence

import optuna
from absl import flags

from hypermask_tf.cli.runs import Run
from hypermask_tf.cli.sweep_runs import RunFailedError, train
from hypermask_tf.cli.sweep_space import Space, as_text, suggest, trial_flags
from hypermask_tf.export.mistakes import is_users
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix

# What is kept of a run, as tables call it.
FIGURES = (
    "validation accuracy %",
    "backward transfer",
    "learning accuracy %",
    "training s",
)


@dataclasses.dataclass(frozen=True)
class SweepObjective:
    """Trains a trial with every seed.

    Args:
        space: Distributions by flag.
        seeds: The seeds.
        base: Parsed flags of the training command, for all that does not vary.
        folder: Where runs are written, such as `folder/sparsity=80/seed_1`.
        data_dir: Where prepared data sets lie; None for the default.
    """

    space: Space
    seeds: Sequence[int]
    base: flags.FlagValues
    folder: pathlib.Path
    data_dir: str | None = None

    @property
    def owner(self) -> str:
        """This machine and folder."""
        return f"{platform.node()}:{self.folder.absolute()}"

    @property
    def study_name(self) -> str:
        """Another space, or other seeds, make another study of the same folder."""
        asked = repr(sorted(self.space.items())) + repr(self.seeds)
        return f"{self.folder.absolute().name}-{zlib.crc32(asked.encode()):08x}"

    def __call__(self, trial: optuna.Trial) -> float:
        """The mean accuracy of a trial.

        Raises:
            RunFailedError: If a run does not learn all its tasks.
            optuna.TrialPruned: If the pruner ends the trial.
        """
        trial.set_user_attr("owner", self.owner)
        settings = as_text(suggest(trial, self.space))
        runs: list[Run] = []
        try:
            for seed in self.seeds:
                runs.append(self._train(trial, settings, seed, runs))
        except Exception as error:
            if not (isinstance(error, RunFailedError) or is_users(error)):
                raise
            trial.set_user_attr("failed", f"seed {seed}: {error}")
            raise RunFailedError(str(error)) from error
        trial.set_user_attr("runs", [_figures(run) for run in runs])
        return statistics.mean(run.results["average_accuracy"] for run in runs)

    def _train(
        self,
        trial: optuna.Trial,
        settings: Mapping[str, str],
        seed: int,
        earlier: Sequence[Run],
    ) -> Run:
        """A run, reported to the pruner after each of its tasks.

        A task, or a seed, that is still to come counts as 0, so what is reported grows
        to the trial's accuracy. The mean over learned tasks would be highest after the
        first task, and pruners judge a trial by its highest value.
        """
        sure = sum(run.results["average_accuracy"] for run in earlier)
        folder = self.folder / folder_name(settings) / f"seed_{seed}"
        reported = 0
        for run in train(folder, trial_flags(settings, self.base, seed), self.data_dir):
            matrix = AccuracyMatrix.from_dict(run.results).matrix
            for task in range(reported, run.learned_tasks):
                so_far = sum(matrix[task][: task + 1]) / len(matrix)
                step = len(earlier) * len(matrix) + task + 1
                trial.report((sure + so_far) / len(self.seeds), step)
                if trial.should_prune():
                    raise optuna.TrialPruned
            reported = run.learned_tasks
        return run


def _figures(run: Run) -> list[float | None]:
    transfer = run.results["backward_transfer"]
    return [
        100 * run.results["average_accuracy"],
        None if transfer is None else 100 * transfer,
        100 * run.learning_accuracy,
        run.seconds,
    ]


def folder_name(settings: Mapping[str, str]) -> str:
    """Settings as the name of a folder, without what a list of folders splits at."""
    text = "_".join(f"{flag}={value}" for flag, value in settings.items())
    name = re.sub(r"[^\w.=+-]", "-", text)
    # File systems allow 255 bytes.
    return name if len(name) <= 150 else f"{name[:140]}-{zlib.crc32(text.encode()):08x}"
