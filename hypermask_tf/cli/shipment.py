"""What a further task adds to the files of a product, and that it changes no other."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from hypermask_tf.cli import command
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.exporter import export_run
from hypermask_tf.export.quantize.recipe import FLOAT32, QUANTIZATIONS
from hypermask_tf.export.report import ExportReport, read_report
from hypermask_tf.export.report_figures import ACCURACY, one_metric, score
from hypermask_tf.export.report_plot import plot_sizes
from hypermask_tf.export.variant import VariantOptions
from hypermask_tf.product import shipping
from hypermask_tf.product.proof import changed_networks, hashes
from hypermask_tf.training import RunFolder


class Shipment:
    """The files of tasks that were added to a run.

    Args:
        run: The run; its lock is held.
        tasks: Indices of the tasks.
        quantization: How weights are stored; None for as in the run's other files.
        max_accuracy_drop: Percentage points that a file may lose.
        max_mae_rise: The same of the error of a number, in percent.
        latency: Whether to measure it.
        bundle: Where the files are appended; None for nowhere.
    """

    def __init__(
        self,
        run: RunFolder,
        tasks: tuple[int, ...],
        *,
        quantization: Sequence[str] | None,
        max_accuracy_drop: float,
        latency: bool,
        bundle: str | None,
        max_mae_rise: float = 2.0,
    ) -> None:
        self._run, self._tasks = run, tasks
        self._folder = Path(run.export_dir)
        self._bundle = None if bundle is None else Path(bundle)
        self._options = ExportOptions(
            tasks=tasks,
            quantizations=tuple(quantization or self._usual()),
            overwrite=True,
            variant=VariantOptions(
                max_accuracy_drop=max_accuracy_drop / 100,
                max_mae_rise=max_mae_rise / 100,
            ),
            latency=latency,
        )
        self._before = hashes(self._folder, tasks)
        self._unchanged = 0
        self._made: list[dict[str, Any]] = []
        self._one_files: list[str] = []
        self._sent: int | None = None

    def _usual(self) -> list[str]:
        """The recipes of the files that are there."""
        try:
            files = read_report(self._run.path)["files"]
        except FileNotFoundError:
            return [FLOAT32]
        found = {entry["quantization"] for entry in files}
        return [name for name in QUANTIZATIONS if name in found] or [FLOAT32]

    def make(self, model: Any, say: Callable[[str], None]) -> int:
        """Exports the tasks and compares all others; returns an exit status.

        Args:
            model: The learner.
            say: Gets what is being done.
        """
        report = self._export(say)
        for rejection in report.rejected:
            command.say(str(rejection))
        for failure in report.failed:
            command.say(str(failure))
        if not report.passed:
            return command.FAILED
        for line in report.removed:
            command.warning(line)
        self._one_files = [entry["file"] for entry in report.one_files]
        self._made = [e for e in report.files if e["file"] in report.written]
        other = changed_networks(
            model, self._folder, lambda name: say(f"comparing {escape(name)}")
        )
        after = hashes(self._folder, self._tasks)
        other += [
            name for name in self._before if after.get(name) != self._before[name]
        ]
        if other:
            command.say(f"Expected other tasks as they were. Changed: {other}.")
            return command.FAILED
        self._unchanged = len([name for name in after if name.endswith(".tflite")])
        plot_sizes(report.files, report.baseline, self._folder)
        if self._bundle is not None:
            self._sent = shipping.append(self._bundle, self._folder)
        return 0

    def _export(self, say: Callable[[str], None]) -> ExportReport:
        scenario = self._run.load_scenario(tasks=set(self._tasks))
        return export_run(
            self._run,
            self._options,
            lambda text, done, total: say(escape(text)),
            scenario=scenario,
        )

    def table(self) -> Table:
        """The files, and what else is to be said of them."""
        over = "" if self._sent is None else f"; {self._sent:,} bytes over the air"
        again = "".join(f"; {name} was made again" for name in self._one_files)
        table = Table(
            caption=f"{self._unchanged} files of other tasks are as they were, to the "
            f"last byte, and so are their networks{over}{again}",
            box=SIMPLE_HEAD,
        )
        table.add_column("file", no_wrap=True)
        table.add_column("task")
        metric = one_metric([entry["verification"] for entry in self._made])
        judged = "accuracy %" if metric == ACCURACY else metric
        for name in ("bytes", "zstd", judged):
            table.add_column(name, justify="right", no_wrap=True)
        for entry in self._made:
            table.add_row(
                entry["file"],
                escape(entry["task"]["name"]),
                f"{entry['bytes']:,}",
                f"{entry['zstd_bytes']:,}",
                score([entry["verification"]], "tflite", named=False),
            )
        return table
