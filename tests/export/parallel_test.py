"""What happens in the processes that export tasks side by side."""

import concurrent.futures
import pickle
from concurrent.futures.process import BrokenProcessPool

import pytest

from hypermask_tf.export import mistakes, parallel, task_files
from hypermask_tf.export.preparation import check_packages


class Pool:
    """Runs what it is given at once; results travel as they would between processes."""

    def __init__(self, *arguments, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def submit(self, function, request):
        future = concurrent.futures.Future()
        try:
            future.set_result(pickle.loads(pickle.dumps(function(request))))
        except Exception as error:
            future.set_exception(pickle.loads(pickle.dumps(error)))
        return future


def _export(monkeypatch, action):
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(parallel, "make_task_files", action)
    return list(parallel.run_requests([1, 2, 3], workers=2))


def test_outcomes_come_back(monkeypatch):
    assert sorted(_export(monkeypatch, lambda request: 2 * request)) == [2, 4, 6]


def test_an_error_for_the_user_stays_one(monkeypatch):
    monkeypatch.setattr("hypermask_tf.export.preparation.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install") as caught:
        _export(monkeypatch, lambda request: check_packages(["int8"]))
    assert mistakes.is_users(caught.value)


def test_a_fault_stays_one(monkeypatch):
    with pytest.raises(AttributeError) as caught:
        _export(monkeypatch, task_files.make_task_files)
    assert not mistakes.is_users(caught.value)


def test_a_process_that_was_killed_is_told(monkeypatch):
    def killed(request):
        raise BrokenProcessPool("terminated abruptly")

    with pytest.raises(ChildProcessError, match="workers=2") as caught:
        _export(monkeypatch, killed)
    assert mistakes.is_users(caught.value)
