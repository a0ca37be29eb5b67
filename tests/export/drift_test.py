import numpy as np
import pytest

from hypermask_tf.export.convert import INPUT_NAME
from hypermask_tf.export.drift import (
    compare_exports,
    read_export,
    split_checkpoint,
    task_number,
)
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.verify import run_tflite
from hypermask_tf.export.write import flatbuffer
from hypermask_tf.export.write.write import write_file

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


def _constants(model, size):
    """Constant float tensors of so many numbers, and their buffers."""
    for tensor in model.subgraphs[0].tensors:
        data = model.buffers[tensor.buffer].data
        if data is not None and tensor.type == 0 and len(data) == 4 * size:
            yield tensor, model.buffers[tensor.buffer]


def _with_added(content, bias):
    """The file with other biases of its outputs."""
    model = flatbuffer.unpack(content)
    ((_, buffer),) = _constants(model, len(bias))
    values = np.frombuffer(bytes(buffer.data), np.float32) + np.float32(bias)
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    return flatbuffer.pack(model)


def _with_two_outputs(content):
    """The file without the last of its three outputs."""
    model = flatbuffer.unpack(content)
    (graph,) = model.subgraphs
    for size in (3 * 64, 3):
        ((tensor, buffer),) = _constants(model, size)
        buffer.data = np.asarray(buffer.data)[: len(buffer.data) * 2 // 3]
        tensor.shape = [2, *tensor.shape[1:]]
    graph.tensors[graph.outputs[0]].shape = [1, 2]
    return flatbuffer.pack(model)


def test_a_task_chooses_among_its_own_classes_only(converted):
    """The third output is of other tasks, and whatever it does is no choice."""
    case = converted["mlp"]
    labels = case.logits[:, :2].argmax(-1)
    then = case.files["float32"]
    shift = np.median(case.logits[:, 0] - case.logits[:, 1])

    def drift(now, classes):
        tests = {0: (case.x, labels, classes)}
        (found,) = compare_exports({NAME: then}, {NAME: now}, tests.__getitem__)
        return found

    other = drift(_with_added(then, [0, 0, 1000]), 2)
    assert other.max_logit_difference == pytest.approx(1000)
    assert other.accuracy_then == other.accuracy_now == other.argmax_agreement == 1
    assert not other.same_network
    moved = drift(_with_added(then, [0, shift, 0]), 2)
    assert moved.accuracy_then == 1
    kept = (case.logits + np.array([0, shift, 0]))[:, :2].argmax(-1) == labels
    assert moved.accuracy_now == moved.argmax_agreement == kept.mean() < 1
    assert f"accuracy 100.00 → {100 * kept.mean():.2f} %" in str(moved)
    whole = drift(_with_added(then, [0, 0, 1000]), 3)
    chosen = case.logits.argmax(-1)
    assert whole.accuracy_now == 0 < whole.accuracy_then == (chosen == labels).mean()
    assert whole.argmax_agreement == (chosen == 2).mean()


def test_files_with_other_outputs_are_not_compared(converted):
    case = converted["mlp"]
    then = case.files["float32"]
    tests = {0: (case.x, case.logits.argmax(-1), 2)}
    now = _with_two_outputs(then)
    np.testing.assert_allclose(run_tflite(now, case.x), case.logits[:, :2], atol=1e-4)
    with pytest.raises(ValueError, match=r"\(3,\) then and \(2,\) now"):
        compare_exports({NAME: then}, {NAME: now}, tests.__getitem__)


def test_only_files_of_both_exports_are_compared():
    def tests(task):
        raise AssertionError("nothing is to be compared")

    assert compare_exports({"task_00.tflite": b"1"}, {}, tests) == []
    assert compare_exports({}, {"task_00.tflite": b"1"}, tests) == []


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
