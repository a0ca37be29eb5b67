"""What an export is asked for."""

import dataclasses

from hypermask_tf.export.quantize.recipe import FLOAT32
from hypermask_tf.export.variant import VariantOptions


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """What to export, and how good it must be.

    Args:
        tasks: numbers of the tasks; `None` for all that the run has learned.
        quantizations: how the weights are stored, one file each.
        overwrite: replace files of an earlier export.
        data_dir: where the data sets lie; `None` for the run's own.
        compact: whether to remove what a task's mask switches off.
        variant: how each file is made, and how good it must be.
        budget_bytes: keep of each task the most accurate file that takes no more.
        baseline: whether to measure the dense float32 network as well.
        latency: whether to measure latencies.
        drift_against: an older export, its run, or `runs/x@2` for this run after
            task 2; `None` for no comparison.
        workers: how many tasks at a time; `None` for what the machine allows.
        one_file: whether all tasks are put into one file as well, for each of
            `quantizations`.

    Raises:
        ValueError: with `one_file` and a budget.
    """

    tasks: tuple[int, ...] | None = None
    quantizations: tuple[str, ...] = (FLOAT32,)
    overwrite: bool = False
    data_dir: str | None = None
    compact: bool = True
    variant: VariantOptions = dataclasses.field(default_factory=VariantOptions)
    budget_bytes: int | None = None
    baseline: bool = False
    latency: bool = True
    drift_against: str | None = None
    workers: int | None = None
    one_file: bool = False

    def __post_init__(self) -> None:
        if self.one_file and self.budget_bytes is not None:
            raise ValueError(
                "Expected a budget or one file for all tasks: within a budget, tasks "
                "are stored in different ways. Received: both. Leave one out"
            )
