"""The `TFLITE_METADATA` of a file: the format that public tools show and use.

The tables are those of TensorFlow Lite's published `metadata_schema.fbs` ("M001").
Its generated Python classes come only with packages that do not install beside ours,
so the few tables needed are written with `flatbuffers` itself, field by field.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hypermask_tf.export.convert import INPUT_NAME, OUTPUT_NAME
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


def model_metadata(task: TaskInfo) -> bytes:
    """Returns the metadata flatbuffer of a task's network.

    It holds the task's name, the version of the network, how raw pixels are
    normalised, and which associated file names the outputs.
    """
    import flatbuffers

    builder = flatbuffers.Builder(512)
    subgraph = _table(
        builder,
        4,
        _reference(2, _vector(builder, [_input(builder, task)])),
        _reference(3, _vector(builder, [_output(builder)])),
    )
    root = _table(
        builder,
        8,
        _text(builder, 0, task.name),
        _text(builder, 1, f"{task.source.get('benchmark')}, task {task.index}"),
        _text(builder, 2, task.version),
        _reference(3, _vector(builder, [subgraph])),
        _text(builder, 7, _MIN_PARSER),
    )
    builder.Finish(root, file_identifier=b"M001")
    return bytes(builder.Output())


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


def _input(builder: Any, task: TaskInfo) -> int:
    fields = [_text(builder, 0, INPUT_NAME)]
    channels = task.input_shape[-1] if len(task.input_shape) == 3 else 0
    if channels in _COLOR_SPACE:
        image = _table(builder, 2, _byte(0, _COLOR_SPACE[channels]))
        content = _table(builder, 3, _byte(0, _IMAGE), _reference(1, image))
        fields.append(_reference(3, content))
    found = normalization(task.preprocessing)
    if found is not None:
        mean, std = (_floats(builder, numbers) for numbers in found)
        options = _table(builder, 2, _reference(0, mean), _reference(1, std))
        unit = _table(builder, 2, _byte(0, _NORMALIZATION), _reference(1, options))
        fields.append(_reference(4, _vector(builder, [unit])))
    return _table(builder, 7, *fields)


def _output(builder: Any) -> int:
    labels = _table(builder, 5, _text(builder, 0, LABELS_FILE), _byte(2, _AXIS_LABELS))
    return _table(
        builder,
        7,
        _text(builder, 0, OUTPUT_NAME),
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
