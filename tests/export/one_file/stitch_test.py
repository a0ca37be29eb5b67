"""Files become one: what it computes, and what it stores."""

import keras
import numpy as np
import pytest

from hypermask_tf.export import convert_worker
from hypermask_tf.export.inspect_tflite import inspect_tflite
from hypermask_tf.export.interface import Interface
from hypermask_tf.export.interpreter import make_interpreter
from hypermask_tf.export.one_file.compare import RANDOM_EXAMPLES, compare
from hypermask_tf.export.one_file.stitch import stitch
from hypermask_tf.export.saved_model import write_saved_model
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.write import flatbuffer
from hypermask_tf.export.write.metadata import read_description
from hypermask_tf.export.write.write import write_file
from tests.export.one_file.conftest import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_each_signature_says_what_the_separate_file_says_to_the_bit(
    parts_of_kind, kind
):
    parts = parts_of_kind[kind]
    whole = stitch(parts.files)
    signatures = make_interpreter(whole).get_signature_list()
    assert list(signatures) == ["door", "window"]
    assert signatures["door"] == {"inputs": ["image"], "outputs": ["logits"]}
    found = compare(whole, parts.files, parts.examples)
    assert {key: task.different for key, task in found.items()} == {
        "door": 0,
        "window": 0,
    }
    assert found["door"].test == len(parts.examples["door"])
    assert len(whole) < sum(map(len, parts.files.values()))
    assert whole == stitch(parts.files)


def test_what_differs_is_found(parts_of_kind):
    parts = parts_of_kind["int8"]
    model = flatbuffer.unpack(parts.files["window"])
    biases = [t for t in model.subgraphs[0].tensors if len(t.shape) == 1]
    for tensor in biases:
        data = model.buffers[tensor.buffer].data
        model.buffers[tensor.buffer].data = np.roll(data, 4)
    other = {**parts.files, "window": flatbuffer.pack(model)}
    found = compare(stitch(other), parts.files, parts.examples)
    assert found["door"].different == 0
    # Without data at hand, random inputs tell.
    assert found["window"].different > found["window"].test / 2
    (window,) = compare(stitch(other), {"window": parts.files["window"]}, {}).values()
    assert window.test == 0 and window.different > RANDOM_EXAMPLES / 2


def test_weights_that_tasks_share_are_stored_once_whatever_their_scales(
    parts_of_kind,
):
    parts = parts_of_kind["int8"]
    first = parts.files["window"]
    model = flatbuffer.unpack(first)
    for tensor in model.subgraphs[0].tensors:
        if tensor.type == 9 and model.buffers[tensor.buffer].data is not None:
            tensor.quantization.scale = 2 * np.asarray(tensor.quantization.scale)
    second = flatbuffer.pack(model)
    weights = sum(
        len(b.data) for b in model.buffers if b.data is not None and len(b.data) >= 64
    )
    whole = stitch({"one": first, "two": second})
    assert len(whole) < len(first) + len(second) - weights
    found = compare(whole, {"one": first, "two": second}, {})
    assert not any(task.different for task in found.values())
    of_one, of_two = (
        {tensor.buffer for tensor in graph.tensors}
        for graph in flatbuffer.unpack(whole).subgraphs
    )
    assert of_one == of_two


def test_buffers_are_aligned_and_nothing_is_there_twice(parts_of_kind):
    whole = stitch(parts_of_kind["int8"].files)
    model = flatbuffer.unpack(whole)
    codes = [(code.builtinCode, code.version) for code in model.operatorCodes]
    assert len(codes) == len(set(codes)) > 3
    contents = [bytes(b.data) for b in model.buffers if b.data is not None]
    assert len(contents) == len(set(contents)) > 8
    assert all(
        whole.find(content) % 16 == 0 for content in contents if len(content) >= 32
    )


def test_loops_run_the_graphs_of_their_own_task(tmp_path):
    files, sizes = {}, {"short": 4, "long": 6}
    for name, length in sizes.items():
        cell = keras.layers.GRU(3, reset_after=False)
        model = keras.Sequential([keras.Input((length, 2), name="image"), cell])
        write_saved_model(model, Interface.of_images((length, 2)), str(tmp_path / name))
        task = TaskInfo(0, name, (), (length, 2), 3, {}, {})
        content = convert_worker.saved_model_to_tflite(str(tmp_path / name))
        files[name] = write_file(content, task)
    assert "WHILE" in inspect_tflite(files["long"]).ops
    found = compare(stitch(files), files, {})
    assert not any(task.different for task in found.values())


def test_the_file_says_what_each_signature_is(parts_of_kind):
    files = parts_of_kind["float32"].files
    tasks = read_description(stitch(files))["tasks"]
    assert [task["signature"] for task in tasks] == ["door", "window"]
    assert tasks[1] == {"signature": "window", **read_description(files["window"])}


def test_the_newest_runtime_that_a_part_needs_is_named(parts_of_kind):
    parts = dict(parts_of_kind["float32"].files)
    for key, version in {"door": b"2.9.0", "window": b"2.17.0"}.items():
        model = flatbuffer.unpack(parts[key])
        for entry in model.metadata:
            if flatbuffer.text(entry.name) == "min_runtime_version":
                model.buffers[entry.buffer].data = np.frombuffer(version, np.uint8)
        parts[key] = flatbuffer.pack(model)
    whole = flatbuffer.unpack(stitch(parts))
    (entry,) = (e for e in whole.metadata if b"runtime" in e.name)
    assert bytes(whole.buffers[entry.buffer].data) == b"2.17.0"


def test_other_files_are_refused(parts_of_kind):
    whole = stitch(parts_of_kind["float32"].files)
    with pytest.raises(ValueError, match="Received: 2 in the file of"):
        stitch({"x": whole})
    with pytest.raises(ValueError, match="Received: none"):
        stitch({})
