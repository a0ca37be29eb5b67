"""What the pictures of this library have in common: colours, scales, writing."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf import files
from hypermask_tf.training.measure import ACCURACY, Measure

# Where a colour scale or an axis may begin: round numbers, so that two pictures
# of similar runs share their scale; close enough for small differences to show, but
# never above 98, which would paint a few samples of a test set as a collapse.
_FLOORS = (0, 20, 40, 50, 60, 70, 80, 85, 90, 95, 98)
INK = "#1f2933"
MUTED = "#66727f"
STYLE = {
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#c5ccd3",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


def matplotlib_or_hint() -> Any:
    """The module matplotlib, imported where a picture is drawn.

    Raises:
        ImportError: If it is not installed.
    """
    try:
        import matplotlib
        import matplotlib.figure
        import matplotlib.ticker
    except ImportError as error:
        raise ImportError(
            "Expected matplotlib to be installed, which draws the plots. Received: "
            f"{error}. Run `pip install matplotlib`."
        ) from error
    return matplotlib


def axis_floor(percent: Any) -> float:
    """The round number below the lowest of some percentages; NaN does not count."""
    measured = percent[~np.isnan(percent)]
    lowest = measured.min() if measured.size else 0.0
    return max(floor for floor in _FLOORS if floor <= lowest)


def axis_limits(shown: Any, measure: Measure) -> tuple[float, float]:
    """Where a scale of accuracies in percent, or of errors, begins and ends."""
    if measure is ACCURACY:
        return axis_floor(shown), 100.0
    measured = shown[~np.isnan(shown)]
    highest = float(measured.max()) if measured.size else 0.0
    return 0.0, highest or 1.0


def write_title(axes: Any, title: str, subtitle: str) -> None:
    """Writes two lines above a panel, flush left."""
    axes.set_title(subtitle, loc="left", size=11, color=MUTED, pad=12)
    axes.annotate(
        title,
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 32),
        textcoords="offset points",
        size=15,
        weight="bold",
        annotation_clip=False,
    )


def save_figure(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Writes a figure in one step, so that a reader never sees half a picture.

    Args:
        figure: What to write.
        path: The file; its ending names the format.

    Returns:
        The path written.
    """
    target = files.expanded(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The temporary name keeps the ending, which names the format.
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        figure.savefig(temporary, bbox_inches="tight", pad_inches=0.25)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target
