"""A change is made whole, whenever the process ends."""

import os
import shutil

import pytest

from hypermask_tf.product import changes, operations
from hypermask_tf.product.journal import Journal
from hypermask_tf.training import RunFolder
from tests.product.makers import everything, product


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return product(tmp_path_factory.mktemp("product"))


class Killed(BaseException):
    """The process ends here, as far as the test can have it."""


def test_a_change_that_breaks_off_anywhere_is_finished(finished, tmp_path, monkeypatch):
    whole = shutil.copytree(finished.path.parent, tmp_path / "whole") / "run"
    operations.forget(RunFolder.open(whole), "bob")
    expected = everything(RunFolder.open(whole))
    for moment in range(100):
        copy = shutil.copytree(finished.path.parent, tmp_path / f"{moment}") / "run"
        run = RunFolder.open(copy)
        killed = _killed_at(run, moment, monkeypatch)
        changes.finish(run)
        if Journal(run).read() is None and not _has_forgotten(run):
            operations.forget(run, "bob")  # it had not begun
        after = everything(run)
        assert after.keys() == expected.keys(), moment
        texts = [name for name in expected if not name.endswith(".keras")]
        for name in texts:
            if name != "checkpoints/index.json":  # hashes of files with dates in them
                assert after[name] == expected[name], (moment, name)
        shutil.rmtree(copy.parent)
        if not killed:
            break
    assert moment > 5


def _has_forgotten(run):
    return any(e.get("forgotten") for e in run.manifest()["scenario"]["tasks"])


def _killed_at(run, moment, monkeypatch):
    """Forgets a task in a process that ends at its n-th change of a file."""
    count = 0

    def counting(function):
        def called(*args, **kwargs):
            nonlocal count
            if str(args[-1]).endswith(".lock"):
                return function(*args, **kwargs)
            if count == moment:
                raise Killed
            count += 1
            return function(*args, **kwargs)

        return called

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counting(os.replace))
        patch.setattr(os, "unlink", counting(os.unlink))
        try:
            operations.forget(run, "bob")
        except Killed:
            return True
    return False
