"""What a file says of the run it comes from."""

from types import SimpleNamespace

import pytest

from hypermask_tf.export.bake import run_source

SCENARIO = SimpleNamespace(name="split_digits")
MANIFEST = {"seed": 1, "started": "2026-01-01T00:00:00+00:00", "data_dir": None}


def _source(**changes):
    manifest = {**MANIFEST, **changes}
    return run_source(SimpleNamespace(manifest=lambda: manifest), SCENARIO)


@pytest.mark.parametrize(
    "changes",
    [
        {"started": "2027-01-01T00:00:00+00:00"},
        {"resumed": [{"started": "2026-01-02T00:00:00+00:00"}]},
        {"data_dir": "/elsewhere"},
    ],
)
def test_a_run_that_is_repeated_or_went_on_is_the_same_source(changes):
    assert _source(**changes) == _source()


@pytest.mark.parametrize("changes", [{"seed": 2}, {"hardware": "another"}])
def test_another_run_is_another_source(changes):
    assert _source(**changes) != _source()
