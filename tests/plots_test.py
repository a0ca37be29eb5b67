import sys

import numpy as np
import pytest

from hypermask_tf.plots import run_plots
from hypermask_tf.plots import style as plot_style
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix

pytest.importorskip("matplotlib")

PLOTS = [run_plots.plot_accuracy_matrix, run_plots.plot_task_curves]


def filled(num_tasks, finished, accuracy=0.97, upper=None):
    matrix = AccuracyMatrix(num_tasks)
    for after in range(finished):
        for task in range(num_tasks):
            if task <= after:
                matrix.record(after, task, accuracy - 0.001 * (after - task))
            elif upper is not None:
                matrix.record(after, task, upper)
    return matrix


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize(
    "matrix",
    [
        filled(5, 5, upper=0.5),
        filled(10, 10),
        filled(5, 2),
        filled(1, 1, accuracy=1.0),
        filled(3, 0),
        filled(30, 30),
    ],
)
def test_draws_a_picture(plot, matrix, tmp_path):
    from matplotlib import image

    path = tmp_path / "plots" / "picture.png"
    assert plot(matrix, path, title="Some benchmark") == path
    pixels = image.imread(path)
    assert pixels.shape[0] > 300
    assert len(np.unique(pixels)) > 10
    # Nothing but the picture is left in the folder.
    assert [entry.name for entry in path.parent.iterdir()] == ["picture.png"]


@pytest.mark.parametrize("plot", PLOTS)
def test_names_stand_where_the_numbers_of_tasks_do(plot, tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(run_plots, "save_figure", lambda f, path: figures.append(f))
    plot(filled(2, 2), tmp_path / "picture.png", names=["bottles", "cans"])
    axes = figures[0].axes[0]
    legend = axes.get_legend()
    shown = axes.get_xticklabels() if legend is None else legend.get_texts()
    assert [text.get_text() for text in shown][:2] == ["bottles", "cans"]


@pytest.mark.parametrize("plot", PLOTS)
def test_a_failed_drawing_leaves_the_old_picture(plot, tmp_path, monkeypatch):
    import matplotlib.figure

    path = tmp_path / "picture.png"
    path.write_bytes(b"old")

    def fail(self, name, **kwargs):
        name.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        plot(filled(2, 2), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("plot", PLOTS)
def test_global_state_stays_as_it_was(plot, tmp_path):
    import matplotlib
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    plot(filled(3, 3), tmp_path / "picture.png")
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("plot", PLOTS)
def test_missing_library_is_named(plot, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        plot(filled(2, 2), tmp_path / "picture.png")


@pytest.mark.parametrize(
    ("lowest", "floor"), [(100, 98), (99.9, 98), (97, 95), (55, 50), (3, 0), (0, 0)]
)
def test_colour_scale_begins_at_a_round_number(lowest, floor):
    assert plot_style.axis_floor(np.array([lowest, 100, np.nan])) == floor
