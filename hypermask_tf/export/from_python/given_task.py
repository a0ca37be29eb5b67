"""A task of the user's, given as arrays, as what is exported."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.export.examples import Examples, count, single, spread
from hypermask_tf.export.from_python import choices, given_arrays
from hypermask_tf.export.from_python.choices import GateChoice
from hypermask_tf.export.from_python.outputs import GivenOutputs
from hypermask_tf.export.interface import Interface, Port, port_names
from hypermask_tf.export.saved_model import packed
from hypermask_tf.export.task_data import CALIBRATION_EXAMPLES, TaskData
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.task_source import TaskSource


@dataclasses.dataclass(frozen=True)
class GivenTask:
    """What is given of one task.

    Args:
        validation: `(x, y)`, or a data set of such batches, on which a file must be as
            good as Keras.
        test: the same, on which it is reported; `None` for the validation data.
        representative: inputs that set the ranges of activations; `None` for some of
            the validation data.
        labels: names of the classes; of several outputs, by output.
        preprocessing: how raw data becomes an input, as JSON can say it.
    """

    validation: Any
    test: Any = None
    representative: Any = None
    labels: Any = None
    preprocessing: Mapping[str, Any] | None = None


def given_source(
    model: Any, index: int, given: GivenTask, gate: GateChoice
) -> TaskSource:
    """Returns a task given as arrays as what is exported.

    Args:
        model: the learner.
        index: number of the task.
        given: its data.
        gate: what decides.

    Raises:
        ValueError: when data, labels or metric do not fit the network.
    """
    x, y = _pair(given.validation, "validation")
    taken = _Inputs(model.target, x)
    validation_x = taken.named(x, "validation")
    outputs = _outputs(model, index, x, taken, given.labels, gate)
    judges, targets = outputs.judged(y, count(validation_x))
    validation = (validation_x, _named(targets, outputs.ports))
    test, split = validation, "validation"
    if given.test is not None:
        test_x, test_y = _pair(given.test, "test")
        arrays = taken.named(test_x, "test")
        _, right = outputs.judged(test_y, count(arrays), decides=False)
        test, split = (arrays, _named(right, outputs.ports)), "test"
    seen = validation_x
    if given.representative is not None:
        seen = taken.named(given.representative, "representative")
    data = TaskData(
        calibration=spread(seen, CALIBRATION_EXAMPLES),
        gate=validation,
        gate_split="validation",
        test=test,
        judges=None if _is_class_of_logits(judges, outputs) else judges,
        test_split=split,
    )
    info = TaskInfo(
        index=index,
        name=model.state.names.of(index),
        labels=outputs.label_entries(y),
        input_shape=taken.ports[0].shape,
        num_outputs=(outputs.ports[0].shape or (1,))[-1],
        preprocessing=dict(given.preprocessing or {}),
        source={},
        interface=Interface(tuple(taken.ports), outputs.ports),
    )
    return TaskSource(index, lambda: data, lambda _: info, info.interface, x)


class _Inputs:
    """The inputs of a network, and arrays for them."""

    def __init__(self, target: Any, x: Any) -> None:
        self._target = target
        self._keys = given_arrays.input_keys(target, x)
        self.arrays, self.ports = given_arrays.inputs(target, x, self._keys)

    def named(self, x: Any, what: str) -> Examples:
        """Returns examples by name in the file, an array where there is one input.

        Raises:
            ValueError: when they do not have the shape of the validation data's.
        """
        arrays, ports = given_arrays.inputs(self._target, x, self._keys)
        if ports != self.ports or len({len(array) for array in arrays}) > 1:
            raise ValueError(
                "Expected as many examples for each input, of one shape in all data: "
                f"{[port.shape for port in self.ports]}. Received: {what} data of "
                f"shapes {[array.shape for array in arrays]}"
            )
        return _named(arrays, ports)


def _outputs(
    model: Any, index: int, x: Any, taken: _Inputs, labels: Any, gate: GateChoice
) -> GivenOutputs:
    one = packed(model.target, [array[:1] for array in taken.arrays], x)
    outputs = model.target(one, training=False)
    keys = given_arrays.output_keys(model.target, outputs)
    shapes = [tuple(part.shape[1:]) for part in keras.tree.flatten(outputs)]
    own = model.state.num_outputs(index)
    if own is not None:  # a head of fewer outputs, which is the only one
        shapes = [(*shapes[0][:-1], own)]
    names = port_names(keys)
    ports = tuple(Port(*both) for both in zip(names, shapes, strict=True))
    return GivenOutputs(
        tuple(keys),
        ports,
        choices.losses(model, keys),
        choices.checked_labels(labels, keys, ports),
        gate,
    )


def _is_class_of_logits(judges: Mapping[str, Any], outputs: GivenOutputs) -> bool:
    """Whether files are judged and described as those of a run."""
    ignored = getattr(outputs.losses[0], "ignore_class", None)
    names = [judge.metric for judge in judges.values()]
    return len(outputs.ports) == 1 and names == ["accuracy"] and ignored is None


def _named(arrays: Sequence[np.ndarray], ports: Sequence[Port]) -> Examples:
    names = [port.name for port in ports]
    return single(dict(zip(names, arrays, strict=True)))


def _pair(data: Any, what: str) -> tuple[Any, Any]:
    """Inputs and targets, of a data set those of all batches."""
    if hasattr(data, "element_spec") or isinstance(data, keras.utils.PyDataset):
        data = _whole(data)
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise ValueError(
            f"Expected `{what}` to be `(x, y)`, or a data set of such batches. "
            f"Received: {type(data).__name__}"
            + (f" of {len(data)}" if isinstance(data, tuple | list) else "")
        )
    return data[0], data[1]


def _whole(data: Any) -> Any:
    batches = (
        [data[i] for i in range(len(data))]
        if isinstance(data, keras.utils.PyDataset)
        else list(data)
    )
    return keras.tree.map_structure(
        lambda *parts: np.concatenate(
            [np.asarray(keras.ops.convert_to_numpy(part)) for part in parts]
        ),
        *batches,
    )
