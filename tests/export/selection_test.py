from types import SimpleNamespace

import pytest

from hypermask_tf.export.selection import by_task, most_accurate, smallest


def _sidecar(name, size, accuracy):
    variant = SimpleNamespace(
        content=bytes(size), gate=SimpleNamespace(tflite_accuracy=accuracy)
    )
    return SimpleNamespace(file=name, variant=variant)


FILES = [_sidecar("a", 900, 0.99), _sidecar("b", 300, 0.98), _sidecar("c", 200, 0.98)]


@pytest.mark.parametrize(("budget", "file"), [(900, "a"), (899, "c"), (250, "c")])
def test_the_most_accurate_that_fits(budget, file):
    assert most_accurate(FILES, budget).file == file


def test_none_fits():
    assert most_accurate(FILES, 100) is None


def test_smallest_is_as_sent():
    entries = [
        {"task": {"index": 1}, "zstd_bytes": 5, "bytes": 9},
        {"task": {"index": 0}, "zstd_bytes": 4, "bytes": 10},
        {"task": {"index": 1}, "zstd_bytes": 6, "bytes": 8},
    ]
    assert smallest(entries)["bytes"] == 10
    assert list(by_task(entries)) == [0, 1]
    assert smallest(by_task(entries)[1])["bytes"] == 9
