"""Keeps what belongs to each finished task: normalisation, and perhaps the head."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf import checks
from hypermask_tf.masks.roles import Roles

Tensor = Any


@dataclasses.dataclass(frozen=True)
class _Rows:
    """Working copy and bank by index, out of Keras's sight.

    Keras would take the target's variables in a plain dict for this layer's own, and
    save them twice.
    """

    by_index: dict[int, tuple[Any, Any]]


MODES = ("per_task", "shared")
# What an output says that a task does not have. Its exponential is zero, so it has no
# share in a softmax, and half precision holds it.
ABSENT = -3e4


class NormalizationBank(keras.layers.Layer):
    """One row per task for every normalisation variable of a target.

    The target's own variables are the working copy of the task being learned, the
    only ones an optimizer sees; when the next task begins they move into a row of
    the bank. A task that has not begun reads the working copy.

    A head of a task's own may have fewer outputs than the target's: what the others
    are computed with is replaced, so that they say `ABSENT`, whatever it holds.

    Args:
        target: The built target network.
        roles: Its variables' roles.
        num_tasks: Rows.
        mode: `"per_task"`: statistics, gamma and beta belong to a task; `"shared"`:
            they are shared and unprotected.
        head: Whether the head belongs to a task too, and starts afresh with each.

    Attributes:
        head_width: Outputs of the target's last layer; None where tasks share it or it
            has no bias to switch outputs off with.

    Raises:
        ValueError: If `mode` is unknown.
    """

    def __init__(
        self,
        target: keras.Model,
        roles: Roles,
        num_tasks: int,
        mode: str = "per_task",
        head: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        checks.check_choice("normalization", mode, MODES)
        self.mode = mode
        own = mode == "per_task"
        self.head_indices = [i for i, flag in enumerate(roles.head) if flag and head]
        self._scales = self._rows(
            target.trainable_variables,
            [
                (norm and own) or i in self.head_indices or roles.own
                for i, norm in enumerate(roles.normalization)
            ],
            num_tasks,
        )
        self._statistics = self._rows(
            target.non_trainable_variables,
            roles.statistics if own else (),
            num_tasks,
        )
        # What a base gives every task to begin with, row by row.
        self._first = [self._kept(own) for own, _ in self.rows() if roles.own]
        self.head_width = self._width_of_head(target)
        self._num_outputs = None
        if self.head_width is not None:
            self._num_outputs = self.add_weight(
                (num_tasks,),
                initializer="zeros",
                dtype="int",  # on TensorFlow the GPU holds no 32-bit integers
                trainable=False,
                name="num_outputs",
            )
        self.built = True

    def _width_of_head(self, target: keras.Model) -> int | None:
        shapes = [target.trainable_variables[i].shape for i in self.head_indices]
        widths = [shape[0] for shape in shapes if len(shape) == 1]
        if len(widths) != 1 or any(s[-1] != widths[0] for s in shapes if len(s)):
            return None
        return int(widths[0])

    def num_outputs(self, task: Tensor) -> Tensor | None:
        """Outputs of the head of `task`, int32 scalar; None where none are missing."""
        if self._num_outputs is None:
            return None
        found = ops.take(ops.cast(self._num_outputs.value, "int32"), task, axis=0)
        return ops.where(found == 0, self.head_width, found)

    def set_num_outputs(self, task: int, count: int) -> None:
        """Says how many outputs the head of `task` has: the first ones."""
        if self._num_outputs is not None:
            counts = ops.convert_to_numpy(self._num_outputs).copy()
            counts[task] = count
            self._num_outputs.assign(counts)

    def present(
        self, values: list[Tensor], task: Tensor, absent: float = ABSENT
    ) -> list[Tensor]:
        """Values of trainable variables, with which missing outputs say `absent`."""
        count = self.num_outputs(task)
        if count is None:
            return values
        there, found = ops.arange(self.head_width, dtype="int32") < count, list(values)
        for index in self.head_indices:
            fill = absent if len(found[index].shape) == 1 else 0.0
            found[index] = ops.where(
                there, found[index], ops.cast(fill, found[index].dtype)
            )
        return found

    def load_own_variables(self, store: Any) -> None:
        """A file from before heads had sizes knows none: all outputs are there."""
        last = len(self.variables) - 1
        names = set(store.keys())
        own = {name: store[name] for name in names}
        if self._num_outputs is not None and str(last) not in own:
            own[str(last)] = np.zeros(self._num_outputs.shape, "int32")
        super().load_own_variables(own)

    def _rows(
        self, variables: Sequence[Any], flags: Sequence[bool], num_tasks: int
    ) -> "_Rows":
        rows = {}
        for index, flag in enumerate(flags):
            if not flag:
                continue
            own = variables[index]
            bank = self.add_weight(
                (num_tasks, *own.shape),
                initializer="zeros",
                dtype=own.dtype,
                trainable=False,
                name=own.path.replace("/", "_"),
            )
            bank.assign(ops.repeat(ops.expand_dims(own.value, 0), num_tasks, axis=0))
            rows[index] = (own, bank)
        return _Rows(rows)

    def _kept(self, variable: Any) -> Any:
        kept = self.add_weight(
            variable.shape, dtype=variable.dtype, trainable=False, name="first"
        )
        kept.assign(ops.copy(variable.value))
        return kept

    def scales(self, task: Tensor, current: Tensor) -> dict[int, Tensor]:
        """Values of `task` by index in the target's trainable variables."""
        return {
            i: _choose(row, task, current) for i, row in self._scales.by_index.items()
        }

    def statistics(self, task: Tensor, current: Tensor) -> dict[int, Tensor]:
        """Values of `task` by index in the target's non-trainable variables."""
        return {
            i: _choose(row, task, current)
            for i, row in self._statistics.by_index.items()
        }

    def begin(self, task: int, source: int | None = None) -> None:
        """Gives a new task a head as it was at first; normalisation goes on.

        On a base all that a task owns begins as it is there, or as a task has it.

        Args:
            task: The task.
            source: On a base, a task whose own parts are copied, but for the head.
        """
        heads = {id(self._scales.by_index[index][0]) for index in self.head_indices}
        for (own, bank), first in zip(self.rows(), self._first, strict=False):
            copied = source is not None and id(own) not in heads
            own.assign(ops.copy(bank.value[source] if copied else first.value))
        for index in self.head_indices if not self._first else ():
            own, bank = self._scales.by_index[index]
            own.assign(ops.copy(bank.value[task]))

    def start_heads_as(self, task: int, first: int) -> None:
        """Gives the tasks from `first` on the head that `task` starts with.

        Args:
            task: One whose head has not been archived.
            first: The first of those that get it.
        """
        for index in self.head_indices:
            _, bank = self._scales.by_index[index]
            values = ops.convert_to_numpy(bank).copy()
            values[first:] = values[task]
            bank.assign(values)

    def rows(self) -> list[tuple[Any, Any]]:
        """Every working copy with its bank."""
        parts = (self._scales.by_index, self._statistics.by_index)
        return [pair for part in parts for pair in part.values()]

    def forget(self, task: int, latest: int | None, target: keras.Model) -> None:
        """Gives a task that is removed what a fresh target has.

        Args:
            task: The task.
            latest: The last task that is there, from which the next one goes on; None
                if there is none.
            target: A target as it is first drawn; of no matter on a base.
        """
        fresh = self._first or [
            *(target.trainable_variables[i] for i in self._scales.by_index),
            *(target.non_trainable_variables[i] for i in self._statistics.by_index),
        ]
        for (own, bank), variable in zip(self.rows(), fresh, strict=True):
            values = ops.convert_to_numpy(bank).copy()
            values[task] = first = ops.convert_to_numpy(variable)
            bank.assign(values)
            own.assign(first if latest is None else values[latest])
        self.set_num_outputs(task, 0)

    def archive(self, task: int) -> None:
        """Writes the working copies into the rows of `task`, which has ended."""
        for own, bank in self.rows():
            values = ops.convert_to_numpy(bank).copy()
            values[task] = ops.convert_to_numpy(own)
            bank.assign(values)


def _choose(row: tuple[Any, Any], task: Tensor, current: Tensor) -> Tensor:
    own, bank = row
    return ops.where(task >= current, own.value, ops.take(bank.value, task, axis=0))
