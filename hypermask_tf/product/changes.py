"""Changes of a learned run that are made whole, or finished by the next process."""

import dataclasses
import shutil
from collections.abc import Mapping
from typing import Any, Protocol

from hypermask_tf.export.report import forget_files
from hypermask_tf.product import ledger
from hypermask_tf.product.journal import Journal
from hypermask_tf.training import RunFolder
from hypermask_tf.training.checkpoint import Checkpoint
from hypermask_tf.training.position import Position
from hypermask_tf.training.sequence_record import SequenceRecord


class Change(Protocol):
    """Something done to a learner, its results, its manifest and its folder.

    Each part may be done twice: the second time changes nothing more.
    """

    def to_json(self) -> dict[str, Any]: ...

    def to_model(self, model: Any) -> None: ...

    def to_record(self, record: SequenceRecord) -> None: ...

    def to_manifest(self, manifest: ledger.Manifest) -> ledger.Manifest: ...

    def clean(self, run: RunFolder) -> None: ...


@dataclasses.dataclass(frozen=True)
class Forget:
    """A task is removed, and every file that says something of its data.

    Args:
        index: Its index.
    """

    index: int

    def to_json(self) -> dict[str, Any]:
        return {"action": "forget", "index": self.index}

    def to_model(self, model: Any) -> None:
        model.forget(self.index)

    def to_record(self, record: SequenceRecord) -> None:
        record.forget(self.index)

    def to_manifest(self, manifest: ledger.Manifest) -> ledger.Manifest:
        return ledger.forgotten(manifest, self.index)

    def clean(self, run: RunFolder) -> None:
        run.checkpoints.forget(self.index)
        run.remove_logs(self.index)
        # Made of all tasks together; `hypermask evaluate` makes the latter again.
        for folder in (run.plots_dir, run.inference_dir):
            shutil.rmtree(folder, ignore_errors=True)
        forget_files(run.export_dir, self.index)


@dataclasses.dataclass(frozen=True)
class Rename:
    """Tasks get other names.

    Args:
        names: New names by index, in an order in which no two are ever the same.
    """

    names: Mapping[int, str]

    def to_json(self) -> dict[str, Any]:
        return {"action": "rename", "names": {str(i): n for i, n in self.names.items()}}

    def to_model(self, model: Any) -> None:
        for index, name in self.names.items():
            model.rename_task(index, name)

    def to_record(self, record: SequenceRecord) -> None:
        del record

    def to_manifest(self, manifest: ledger.Manifest) -> ledger.Manifest:
        return ledger.renamed(manifest, self.names)

    def clean(self, run: RunFolder) -> None:
        del run


def commit(run: RunFolder, change: Change, model: Any = None) -> None:
    """Makes a change. A process that is killed leaves it to `finish`.

    Args:
        run: The run; nobody else may write to it meanwhile.
        change: The change.
        model: The learner of its latest checkpoint, if it is at hand.

    Raises:
        ValueError: If the learner cannot be changed so; nothing has changed then.
    """
    latest = _latest(run)
    if model is None:
        model = run.load_model()
    change.to_model(model)
    where = latest.position
    after = Position(where.task, revision=where.revision + 1)
    results = _results(run, latest, change)
    Journal(run).write({**change.to_json(), "revision": after.revision})
    run.checkpoints.save(after, model, {**latest.state, "results": results})
    _settle(run, change, results)


def finish(run: RunFolder) -> None:
    """Finishes a change that broke off.

    Raises:
        ValueError: If a task is being added: that is for whoever began it.
    """
    run.remove_leftovers()
    pending = Journal(run).read()
    if pending is None:
        return
    if pending["action"] == "add":
        raise ValueError(
            f"Expected a run in which nothing is being learned. Received: {run.path}, "
            f"where {', '.join(pending['names'])} is. Go on with hypermask "
            f"{pending['command']} --resume --run_dir={run.path}, or give it up with "
            f"hypermask undo --run_dir={run.path}."
        )
    change = _read(pending)
    latest = _latest(run)
    if latest.position.revision < pending["revision"]:
        commit(run, change)
    else:
        _settle(run, change, latest.state["results"])


def _settle(run: RunFolder, change: Change, results: dict[str, Any]) -> None:
    """Makes the folder say what its latest checkpoint is."""
    run.write_manifest(change.to_manifest(run.manifest()))
    run.write_results(results)
    change.clean(run)
    Journal(run).clear()


def _latest(run: RunFolder) -> Checkpoint:
    latest = run.checkpoints.latest()
    count = len(ledger.entries(run.manifest()))
    if latest is None or latest.position.running or latest.position.task != count:
        raise ValueError(
            f"Expected a run that has learned all of its {count} tasks. Received: "
            f"{run.path}, which has not. Finish it with hypermask train --resume."
        )
    return latest


def _results(run: RunFolder, latest: Checkpoint, change: Change) -> dict[str, Any]:
    results = dict(latest.state["results"])
    record = SequenceRecord.from_dict(results, results["num_tasks"])
    change.to_record(record)
    names = [e["name"] for e in ledger.entries(change.to_manifest(run.manifest()))]
    results.pop(f"initial_{record.matrix.measure.name}", None)
    return {**results, **record.to_dict(), "task_names": names}


def _read(pending: Mapping[str, Any]) -> Change:
    if pending["action"] == "forget":
        return Forget(pending["index"])
    return Rename({int(index): name for index, name in pending["names"].items()})
