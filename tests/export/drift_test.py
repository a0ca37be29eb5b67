import numpy as np
import pytest

from export.convert import INPUT_NAME
from export.drift import compare_exports, read_export, split_checkpoint, task_number
from export.task_info import TaskInfo
from export.write import flatbuffer
from export.write.write import write_file

INFO = TaskInfo(0, "task_00", ({"name": "a"},) * 3, (8, 8, 1), 3, {}, {"seed": 1})
NAME = "task_00.tflite"


def _moved(content, by):
    model = flatbuffer.unpack(content)
    for tensor in model.subgraphs[0].tensors:
        data = model.buffers[tensor.buffer].data
        if data is not None and tensor.type == 0:
            values = np.frombuffer(bytes(data), np.float32) + np.float32(by)
            model.buffers[tensor.buffer].data = np.frombuffer(
                values.tobytes(), np.uint8
            )
    return flatbuffer.pack(model)


def test_what_moved_is_told_from_what_did_not(converted):
    case = converted["mlp"]
    labels = case.logits.argmax(-1)
    content = write_file(case.files["float32"], INFO)
    renamed = write_file(
        case.files["float32"], TaskInfo(**{**vars(INFO), "source": {"seed": 2}})
    )
    other = write_file(_moved(case.files["float32"], 0.5), INFO)

    def drift(now):
        (found,) = compare_exports(
            {NAME: content, "task_07.tflite": b""},
            {NAME: now},
            lambda task: (case.x, labels, 3),
        )
        return found

    still, noted, moved = map(drift, (content, renamed, other))
    assert still.same_file and still.max_logit_difference == 0
    assert "to the last byte" in str(still)
    assert noted.same_network and not noted.same_file
    assert noted.max_logit_difference == 0
    assert not moved.same_network and moved.max_logit_difference > 0.1
    assert moved.accuracy_then == 1.0 and moved.argmax_agreement == moved.accuracy_now


def test_names_and_checkpoints(tmp_path):
    assert task_number("task_12.int4.tflite") == 12
    with pytest.raises(ValueError, match="Expected a name"):
        task_number(INPUT_NAME)
    assert split_checkpoint("runs/x@12") == (split_checkpoint("runs/x")[0], 12)
    odd = tmp_path / "a@1"
    odd.mkdir()
    assert split_checkpoint(str(odd)) == (odd, None)


def test_an_empty_folder_is_no_older_export(tmp_path):
    with pytest.raises(FileNotFoundError, match="runs/x@2"):
        read_export(tmp_path)
