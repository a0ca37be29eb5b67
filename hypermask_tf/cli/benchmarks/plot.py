"""The picture of a benchmark: milliseconds a step, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.plots.style import (
    INK,
    MUTED,
    STYLE,
    matplotlib_or_hint,
    save_figure,
    write_title,
)

_COLOURS = {
    "fit": "#2a6f97",
    "fit, whole": "#8f9ba3",
    "device": "#61a5c2",
    "device, whole": "#c3c9cd",
    "peer": "#bc6c25",
}
_LABELS = {"peer": "PyTorch and hypnettorch"}


def plot_benchmark(results: Mapping[str, Any], path: Path) -> Path:
    """Draws the median step of every side at every task, and the memory's floor.

    Args:
        results: What `benchmark.json` holds.
        path: The file to write; its ending names the format.
    """
    matplotlib = matplotlib_or_hint()
    tasks = results["tasks"]
    names = list(tasks[0]["sides"])
    with matplotlib.rc_context(STYLE):
        figure = matplotlib.figure.Figure(figsize=(9, 4.2), layout="constrained")
        axes = figure.subplots()
        width = 0.8 / len(names)
        places = np.arange(len(tasks))
        for i, name in enumerate(names):
            heights = [task["sides"][name]["median_ms"] for task in tasks]
            shifted = places + (i - (len(names) - 1) / 2) * width
            axes.bar(
                shifted,
                heights,
                width * 0.92,
                color=_COLOURS[name],
                label=_LABELS.get(name, f"loop {name}"),
            )
            for place, height in zip(shifted, heights, strict=True):
                axes.annotate(
                    f"{height:,.0f}" if height >= 100 else f"{height:.3g}",
                    (place, height),
                    xytext=(0, 3),
                    textcoords="offset points",
                    ha="center",
                    color=INK,
                )
        for place, task in zip(places, tasks, strict=True):
            axes.plot(
                [place - 0.45, place + 0.45],
                [task["floor_ms"]] * 2,
                color=MUTED,
                linestyle="--",
                label="memory floor" if place == 0 else None,
            )
        axes.set_xticks(places, [f"task {task['task']}" for task in tasks])
        axes.set_ylabel("milliseconds a step")
        axes.margins(y=0.12)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
        machine = results["machine"]
        subtitle = (
            f"{results['hypernetwork_weights'] / 1e6:.3g} M hypernetwork weights, "
            f"{machine['device']}, load {tasks[-1]['load']:.0f}"
        )
        write_title(axes, f"{results['benchmark']}: one training step", subtitle)
        return save_figure(figure, path)
