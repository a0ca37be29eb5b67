"""What is done to a run besides learning."""

from typing import Any

from hypermask_tf.export.report import forget_files
from hypermask_tf.product import ledger
from hypermask_tf.product.changes import Forget, Rename, commit, finish
from hypermask_tf.product.journal import Journal
from hypermask_tf.training import RunFolder


def forget(run: RunFolder, task: str) -> ledger.Entry:
    """Removes a task from a run: from its learner, its results and its files.

    The learner is as `HyperMask.forget` leaves it; checkpoints, logs and exported
    files that hold something of the task are deleted. Those of other tasks stay as
    they are. If it was the version in use, the latest of the others takes its place.

    Args:
        run: The run.
        task: Name or index of the task.

    Returns:
        What the manifest said of it.

    Raises:
        FolderInUseError: If another process writes to the run.
        ValueError: If there is no such task, it is the only one, or the run's tasks
            are not frozen.
    """
    with run.lock():
        finish(run)
        manifest = run.manifest()
        entry = ledger.find(manifest, task)
        if len(ledger.kept(manifest)) == 1:
            raise ValueError(
                f"Expected a run with another task. Received: {run.path}, whose only "
                f"task is {entry['name']!r}. Delete the folder."
            )
        versions = ledger.versions(manifest, ledger.family(entry))
        left = [e for e in versions if e["index"] != entry["index"]]
        if left and entry["name"] == ledger.family(entry):
            # First, so that at no moment is none in use.
            _switch(run, left[-1])
        commit(run, Forget(entry["index"]))
    return entry


def make_current(run: RunFolder, name: str, version: int | None = None) -> ledger.Entry:
    """Puts another version of a task into use.

    Args:
        run: The run.
        name: Name of the task.
        version: Which; by default the one before that in use.

    Returns:
        What the manifest says of the version in use now.

    Raises:
        FolderInUseError: If another process writes to the run.
        ValueError: If there is no such version.
    """
    with run.lock():
        finish(run)
        manifest = run.manifest()
        current = ledger.find(manifest, name)
        family = ledger.family(current)
        known = ledger.versions(manifest, family)
        current = ledger.find(manifest, family)
        if version is None:
            older = [e for e in known if ledger.version(e) < ledger.version(current)]
            chosen = older[-1:]
        else:
            chosen = [e for e in known if ledger.version(e) == version]
        if not chosen:
            there = ", ".join(str(ledger.version(e)) for e in known)
            asked = "an earlier one" if version is None else f"version {version}"
            raise ValueError(
                f"Expected a version of {family!r} that is there: {there}, of which "
                f"{ledger.version(current)} is in use. Received: {asked}."
            )
        _switch(run, chosen[0])
    return ledger.find(run.manifest(), family)


def undo(run: RunFolder) -> list[str]:
    """Gives up the tasks that are being added: the run is as it was before.

    Returns:
        Their names.

    Raises:
        FolderInUseError: If another process writes to the run.
        ValueError: If none is being added.
    """
    with run.lock():
        journal = Journal(run)
        pending = journal.read()
        if pending is None or pending["action"] != "add":
            raise ValueError(
                f"Expected a run to which a task is being added. Received: {run.path}, "
                "where all is done. hypermask forget removes a task."
            )
        first = int(pending["first"])
        run.checkpoints.remove_from_task(first)
        manifest = run.manifest()
        if len(ledger.entries(manifest)) > first:
            for index in range(first, len(ledger.entries(manifest))):
                forget_files(run.export_dir, index, shared=False)
                run.remove_logs(index)
            run.write_manifest(ledger.without_tasks(manifest, first))
        latest = run.checkpoints.latest()
        if latest is not None:
            run.write_results(latest.state["results"])
        journal.clear()
    return list(pending["names"])


def switch(run: RunFolder, index: int, model: Any = None) -> None:
    """Puts the task at an index into use, as the version of its name.

    Args:
        run: The run; its lock is held.
        index: The task.
        model: The learner of the latest checkpoint, if it is at hand.
    """
    _switch(run, ledger.entries(run.manifest())[index], model)


def _switch(run: RunFolder, entry: ledger.Entry, model: Any = None) -> None:
    names = ledger.names_with_current(run.manifest(), entry)
    commit(run, Rename(names), model)
