"""How far a sequence of tasks has come, and what goes into a checkpoint of it."""

import dataclasses
from typing import Any

import numpy as np

from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.checkpoint import Checkpoint
from hypermask_tf.training.measure import Measure
from hypermask_tf.training.position import Position
from hypermask_tf.training.resumable import CallbackStates
from hypermask_tf.training.sequence_record import SequenceRecord


@dataclasses.dataclass
class Progress:
    """What a sequence knows besides its model.

    Args:
        record: What was measured.
        position: The next thing to do.
        seconds: Time spent so far on the task being learned.
        steps: Steps it took, once it is learned; 0 before.
        parent: The earlier task that it started from.
        callbacks: What its callbacks remembered at the last save; None before one.
    """

    record: SequenceRecord
    position: Position = dataclasses.field(default_factory=Position)
    seconds: float = 0.0
    parent: int | None = None
    callbacks: CallbackStates | None = None
    steps: int = 0

    @classmethod
    def start(cls, num_tasks: int, measure: Measure) -> "Progress":
        """Before anything was measured or learned."""
        return cls(SequenceRecord(AccuracyMatrix(num_tasks, measure=measure)))

    @classmethod
    def of(cls, saved: Checkpoint, num_tasks: int) -> "Progress":
        """What stood when a checkpoint was saved; the scenario may be longer by now."""
        state = saved.state
        return cls(
            SequenceRecord.from_dict(state["results"], num_tasks),
            saved.position,
            float(state["seconds"]),
            state["inherited_from"],
            # Those of a task that has ended are of no use to the next.
            (state["callbacks"], saved.load_arrays())
            if saved.position.running
            else None,
            # Versions that always took all steps did not write it down.
            int(state.get("steps", 0)),
        )

    def end_task(self) -> None:
        """Goes over to the next task."""
        self.position = Position(self.position.task + 1)
        self.seconds, self.steps = 0.0, 0
        self.parent, self.callbacks = None, None

    def state(self, results: dict[str, Any]) -> dict[str, Any]:
        """What `of` reads, ready for JSON.

        Args:
            results: What `results.json` would hold now.
        """
        states, _ = self.callbacks or ([], {})
        return {
            "schema_version": 1,
            "results": results,
            "seconds": round(self.seconds, 3),
            "inherited_from": self.parent,
            "steps": self.steps,
            "callbacks": states,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights that callbacks keep."""
        return self.callbacks[1] if self.callbacks else {}
