"""Put a network's file together: without ballast, with what it is."""

from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.write import flatbuffer
from hypermask_tf.export.write.metadata import add_metadata, append_labels
from hypermask_tf.export.write.slim import slim


def write_file(content: bytes, task: TaskInfo) -> bytes:
    """Returns the final bytes of a task's file; it computes what `content` does.

    Args:
        content: a `.tflite` file as converter and quantizer left it.
        task: what it classifies.

    Raises:
        ValueError: when `content` is not a `.tflite` file.
    """
    model = flatbuffer.unpack(content)
    slim(model)
    add_metadata(model, task)
    return append_labels(flatbuffer.pack(model), task)
