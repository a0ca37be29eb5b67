"""All learned tasks' networks as one Keras model."""

import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.inference.fixed_features import FixedFeatures
from hypermask_tf.inference.task_network import TaskNetwork
from hypermask_tf.inference.task_outputs import TaskOutputs
from hypermask_tf.units.keras_graph import is_graph

# A logit of a class that a task does not have.
NOT_A_CLASS = -1e9


class TaskNetworks:
    """Runs the networks of all learned tasks on the same inputs, in one compiled call.

    Each task's network is baked, what its mask switches off is removed where the
    target has a graph, and the networks stand side by side in one plain Keras model.
    After a further task was learned, make a new one.

    Args:
        model: A `HyperMask` that has learned at least one task.
        num_tasks: Take the first so many tasks; by default all that were learned.
        classes: Number of classes of each task. By default the width of the head.
        shared: Features of the input that are the same for all tasks; default
            `FixedFeatures()`.
        input_shape: Shape of one input; by default the target's, which a subclassed
            target does not know.

    Attributes:
        num_tasks: Number of tasks.
        names: Their names.
        classes: Number of classes of each task.
        model: The `keras.Model`: from inputs to a list of logits, shared features
            and the features of each task, see `TaskOutputs`.
        networks: The `TaskNetwork` of each task.

    Raises:
        ValueError: If no task was learned, `classes` does not fit, or the shape of an
            input is not known.

    Example:

    >>> import hypermask_tf as hm
    >>> dense = keras.layers.Dense
    >>> target = keras.Sequential([keras.Input((4,)), dense(8, "relu"), dense(2)])
    >>> model = hm.HyperMask(target, 2, hm.UnitMasks(sparsity=50))
    >>> model.begin_task(0)
    >>> networks = TaskNetworks(model)
    >>> networks(np.ones((3, 4), "float32")).logits.shape
    (3, 1, 2)
    """

    def __init__(
        self,
        model: Any,
        num_tasks: int | None = None,
        classes: Sequence[int] | None = None,
        shared: FixedFeatures | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        learned = model.num_learned_tasks
        self.num_tasks = learned if num_tasks is None else int(num_tasks)
        if not 1 <= self.num_tasks <= learned:
            raise ValueError(
                "Expected between one and all of the learned tasks. Received: "
                f"num_tasks={num_tasks} with {learned} learned. Learn a task first."
            )
        self.names = tuple(model.task_names[: self.num_tasks])
        shape = _shape(model) if input_shape is None else tuple(input_shape)
        self.networks = [
            TaskNetwork.of(model, task, shape) for task in range(self.num_tasks)
        ]
        widths = [network.model.outputs[0].shape[-1] for network in self.networks]
        chosen = widths if classes is None else list(classes)
        self.classes = tuple(int(count) for count in chosen[: self.num_tasks])
        if len(self.classes) != self.num_tasks or not all(
            1 <= count <= width
            for count, width in zip(self.classes, widths, strict=False)
        ):
            raise ValueError(
                f"Expected `classes` to hold a number from 1 to the width of the head, "
                f"{widths}, for each of {self.num_tasks} tasks. Received: "
                f"classes={classes}"
            )
        self.shared = FixedFeatures() if shared is None else shared
        self._features = self.shared.model(shape)
        self.model = self._side_by_side(self.networks)
        self._latest: dict[Any, tuple[weakref.ref[np.ndarray], Any]] = {}

    def _side_by_side(self, networks: Sequence[TaskNetwork]) -> keras.Model:
        inputs = keras.Input(networks[0].model.inputs[0].shape[1:], name="inputs")
        pairs = [network.model(inputs) for network in networks]
        # Heads may differ in width; `outputs` marks what is none.
        widths = [pair[0].shape[-1] for pair in pairs]
        missing = [max(widths) - width for width in widths]
        logits = ops.stack(
            [
                ops.pad(pair[0], ((0, 0), (0, more))) if more else pair[0]
                for pair, more in zip(pairs, missing, strict=True)
            ],
            axis=1,
        )
        features = [pair[1] for pair in pairs]
        return keras.Model(inputs, [logits, self._features(inputs), *features])

    def index(self, task: int | str) -> int:
        """Index of a task, from its index or its name.

        Raises:
            ValueError: If no task has that name.
        """
        if not isinstance(task, str):
            return task
        if task not in self.names:
            raise ValueError(
                f"Expected the name of a learned task, one of {list(self.names)}. "
                f"Received: task={task!r}"
            )
        return self.names.index(task)

    @property
    def offsets(self) -> np.ndarray:
        """Index of each task's first class among all classes; int `(tasks,)`."""
        return np.cumsum([0, *self.classes[:-1]])

    def outputs(self, values: Sequence[Any]) -> TaskOutputs:
        """`TaskOutputs` from what `model` returns, classes that are none marked."""
        outputs = TaskOutputs.from_list(values)
        width = outputs.logits.shape[-1]
        missing = np.arange(width) >= np.array(self.classes)[:, None]
        if not missing.any():
            return outputs
        logits = ops.where(missing[None], NOT_A_CLASS, outputs.logits)
        return outputs._replace(logits=logits)

    def __call__(self, x: np.ndarray) -> TaskOutputs:
        """Outputs on one batch, as arrays, from one compiled call."""
        [outputs] = self.batches(x, max(len(x), 1))
        return outputs

    def batches(self, x: np.ndarray, batch_size: int = 1000) -> Iterator[TaskOutputs]:
        """Outputs on all of `x`, a batch at a time."""
        for batch, count in batched(x, batch_size):
            outputs = self.outputs(self.model.predict_on_batch(batch))
            logits = ops.convert_to_numpy(outputs.logits)
            yield outputs._replace(logits=logits).first(count)

    def task_features(
        self, task: int, x: np.ndarray, batch_size: int = 1000
    ) -> tuple[np.ndarray, np.ndarray]:
        """Features of the network of `task`, and the shared ones, of all of `x`."""

        def features() -> tuple[np.ndarray, np.ndarray]:
            alone, parts = self._side_by_side([self.networks[task]]), []
            for batch, count in batched(x, batch_size):
                values = alone.predict_on_batch(batch)
                parts.append([np.asarray(value[:count]) for value in values[1:]])
            shared, own = (np.concatenate(part) for part in zip(*parts, strict=True))
            return own, shared

        return self._once(task, x, features)

    def all_outputs(self, x: np.ndarray) -> list[TaskOutputs]:
        """What `batches` gives, as a list."""
        return self._once("outputs", x, lambda: list(self.batches(x)))

    def _once(self, key: Any, x: np.ndarray, compute: Callable[[], Any]) -> Any:
        """What `compute` says of `x`, remembered for the next method that asks.

        Only the latest answer of a kind stays, and the samples themselves are not held.
        """
        known = self._latest.get(key)
        if known is None or known[0]() is not x:
            known = self._latest[key] = (weakref.ref(x), compute())
        return known[1]


def _shape(model: Any) -> tuple[int, ...]:
    if not is_graph(model.target):
        raise ValueError(
            "Expected `input_shape`, the shape of one input, for a subclassed target, "
            "which does not know its own. Received: input_shape=None"
        )
    return tuple(model.target.input_shape[1:])


def batched(x: np.ndarray, batch_size: int) -> Iterator[tuple[np.ndarray, int]]:
    """Batches of few different sizes, for each is compiled anew.

    The last one is filled up with repeats: to the size of the others, or, if there is
    no other, to a power of two.

    Yields:
        A batch, and how many of its rows count; one of no rows if `x` has none.
    """
    x = np.asarray(x)
    size = min(batch_size, 1 << max(len(x) - 1, 0).bit_length())
    for start in range(0, max(len(x), 1), batch_size):
        batch = x[start : start + batch_size]
        missing = size - len(batch) if len(batch) else 0
        yield np.concatenate([batch, np.repeat(x[:1], missing, axis=0)]), len(batch)
