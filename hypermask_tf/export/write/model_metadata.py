"""The `TFLITE_METADATA` of a file: the format that public tools show and use.

The tables are those of TensorFlow Lite's published `metadata_schema.fbs` ("M001").
Its generated Python classes come only with packages that do not install beside ours,
so the few tables needed are written with `flatbuffers` itself, field by field.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypermask_tf.export.interface import Port
from hypermask_tf.export.task_info import TaskInfo

ENTRY_NAME = "TFLITE_METADATA"
LABELS_FILE = "labels.txt"

_NORMALIZATION = 1  # ProcessUnitOptions
_IMAGE = 2  # ContentProperties
_COLOR_SPACE = {3: 1, 1: 2}  # channels → RGB, GRAYSCALE
_AXIS_LABELS = 2  # AssociatedFileType
# The oldest parser that knows all tables used here.
_MIN_PARSER = "1.0.0"

Field = Callable[[Any], None]


def model_metadata(
    task: TaskInfo, inputs: Sequence[str] = (), outputs: Sequence[str] = ()
) -> bytes:
    """Returns the metadata flatbuffer of a task's network.

    It holds the task's name, the version of the network, how raw pixels are
    normalised, and which associated file names the outputs.

    Args:
        task: what the network is for.
        inputs: names of its inputs in the order of the file; none for that of Keras.
        outputs: the same of its outputs.
    """
    import flatbuffers

    builder = flatbuffers.Builder(512)
    ports = {p.name: p for p in (*task.ports.inputs, *task.ports.outputs)}
    ins = [ports[n] for n in inputs] if inputs else task.ports.inputs
    outs = [ports[n] for n in outputs] if outputs else task.ports.outputs
    subgraph = _table(
        builder,
        4,
        _reference(2, _vector(builder, [_input(builder, task, p) for p in ins])),
        _reference(3, _vector(builder, [_output(builder, task, p) for p in outs])),
    )
    root = _table(
        builder,
        8,
        _text(builder, 0, task.name),
        _text(builder, 1, _description(task)),
        _text(builder, 2, task.version),
        _reference(3, _vector(builder, [subgraph])),
        _text(builder, 7, _MIN_PARSER),
    )
    builder.Finish(root, file_identifier=b"M001")
    return bytes(builder.Output())


def labels_file(task: TaskInfo, output: str) -> str:
    """Returns the name of the file that names the values of an output."""
    alone = len(task.ports.outputs) == 1
    return LABELS_FILE if alone else f"labels_{output}.txt"


def _description(task: TaskInfo) -> str:
    benchmark = task.source.get("benchmark")
    return f"{benchmark}, task {task.index}" if benchmark else f"task {task.index}"


def normalization(
    preprocessing: Any,
) -> tuple[list[float], list[float]] | None:
    """Returns mean and deviation of `(raw - mean) / std`, or `None` if unknown.

    Example:

    >>> normalization({"scale": 0.5, "offset": -1.0})
    ([2.0], [2.0])
    """
    if "scale" not in preprocessing:
        return None
    scales = _numbers(preprocessing["scale"])
    offsets = _numbers(preprocessing.get("offset", 0.0))
    offsets *= len(scales) // len(offsets)
    pairs = list(zip(scales, offsets, strict=True))
    return [-offset / scale for scale, offset in pairs], [1 / s for s in scales]


def _numbers(value: Any) -> list[float]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [float(number) for number in values]


def _input(builder: Any, task: TaskInfo, port: Port) -> int:
    fields = [_text(builder, 0, port.name)]
    channels = port.shape[-1] if len(port.shape) == 3 else 0
    if channels in _COLOR_SPACE:
        image = _table(builder, 2, _byte(0, _COLOR_SPACE[channels]))
        content = _table(builder, 3, _byte(0, _IMAGE), _reference(1, image))
        fields.append(_reference(3, content))
    own = task.preprocessing.get(port.name)
    found = normalization(own if isinstance(own, Mapping) else task.preprocessing)
    if found is not None:
        mean, std = (_floats(builder, numbers) for numbers in found)
        options = _table(builder, 2, _reference(0, mean), _reference(1, std))
        unit = _table(builder, 2, _byte(0, _NORMALIZATION), _reference(1, options))
        fields.append(_reference(4, _vector(builder, [unit])))
    return _table(builder, 7, *fields)


def _output(builder: Any, task: TaskInfo, port: Port) -> int:
    if not task.output_labels(port.name):
        return _table(builder, 7, _text(builder, 0, port.name))
    file = _text(builder, 0, labels_file(task, port.name))
    labels = _table(builder, 5, file, _byte(2, _AXIS_LABELS))
    return _table(
        builder,
        7,
        _text(builder, 0, port.name),
        _reference(6, _vector(builder, [labels])),
    )


def _table(builder: Any, num_fields: int, *fields: Field) -> int:
    builder.StartObject(num_fields)
    for add in fields:
        add(builder)
    return int(builder.EndObject())


def _reference(slot: int, offset: int) -> Field:
    return lambda builder: builder.PrependUOffsetTRelativeSlot(slot, offset, 0)


def _byte(slot: int, value: int) -> Field:
    return lambda builder: builder.PrependUint8Slot(slot, value, 0)


def _text(builder: Any, slot: int, value: str) -> Field:
    return _reference(slot, builder.CreateString(value))


def _vector(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _floats(builder: Any, numbers: Sequence[float]) -> int:
    builder.StartVector(4, len(numbers), 4)
    for number in reversed(numbers):
        builder.PrependFloat32(number)
    return int(builder.EndVector())
