"""Size against accuracy, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.report_figures import ACCURACY, measured, metric

PLOT_NAME = "size_accuracy.png"
_COLORS = ("#1f4e79", "#2e8b8b", "#7aa6c2", "#3b8f3b", "#c78a00", "#c2452d", "#7a3b8f")
_GREY = "#767676"


def plot_sizes(
    files: Sequence[dict[str, Any]], baseline: dict[str, Any] | None, folder: Path
) -> Path:
    """Draws test accuracy, or error, over bytes as sent, one mark a file.

    Args:
        files: the JSON of the files.
        baseline: the JSON of the dense float32 network, drawn as a line.
        folder: where `size_accuracy.png` goes.

    Returns:
        The path of the picture.
    """
    from matplotlib.figure import Figure

    from hypermask_tf import files as whole_files

    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, color in zip(QUANTIZATIONS, _COLORS, strict=True):
        chosen = [entry for entry in files if entry["quantization"] == name]
        if not chosen:
            continue
        axes.plot(
            [entry["zstd_bytes"] / 1000 for entry in chosen],
            [measured(entry["verification"], "tflite") for entry in chosen],
            "o",
            color=color,
            alpha=0.85,
            label=name,
        )
    if baseline is not None:
        axes.axvline(baseline["zstd_bytes"] / 1000, color=_GREY, linestyle=":")
        axes.annotate(
            "dense float32",
            (baseline["zstd_bytes"] / 1000, 0.03),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 0),
            textcoords="offset points",
            rotation=90,
            ha="right",
            color=_GREY,
        )
    axes.set_xscale("log")
    _plain_ticks(axes)
    axes.set_xlabel("size as sent (kB, zstandard 19)")
    names = {metric(entry["verification"]) for entry in files} or {ACCURACY}
    what = "accuracy on the task's test set (%)"
    if ACCURACY not in names:
        what = f"{', '.join(sorted(names))} on the task's test set"
    axes.set_ylabel(what)
    axes.set_title("Every file of every task", loc="left")
    axes.grid(alpha=0.25)
    figure.legend(loc="outside right upper", frameon=False)
    path = folder / PLOT_NAME
    with whole_files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=150)
    return path


def _plain_ticks(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
