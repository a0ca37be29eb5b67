import pytest

from hypermask_tf.plots.capacity_plot import plot_capacity


def test_a_picture_is_written(tmp_path):
    path = plot_capacity(
        [0.9, 0.8, 0.7], [0.9, 0.8, 0.7], [0.3, 0.6, 0.9], tmp_path / "a.png"
    )
    assert path.read_bytes().startswith(b"\x89PNG")


def test_free_units_get_a_line_of_their_own(tmp_path):
    lists = ([0.9, 0.8], [0.9, 0.8], [0.3, 0.6])
    names = {}
    for free in (None, [0.7, 0.4]):
        path = plot_capacity(*lists, tmp_path / "a.svg", free_units=free)
        names[free is None] = path.read_text("utf-8").count("<!-- units still free -->")
    assert names == {True: 0, False: 1}


def test_lists_of_unequal_length_are_refused(tmp_path):
    with pytest.raises(ValueError, match="one value per task"):
        plot_capacity([0.9], [0.9, 0.8], [0.3], tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
