import copy
import dataclasses
import hashlib
import json
import struct
import subprocess
import zipfile

import flatbuffers
import numpy as np
import pytest

from hypermask_tf.export.quantize.quantize import quantize
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.verify import make_interpreter, run_tflite
from hypermask_tf.export.write import flatbuffer
from hypermask_tf.export.write.metadata import (
    add_entry,
    append_labels,
    describe,
    read_description,
    read_labels,
)
from hypermask_tf.export.write.model_metadata import model_metadata, normalization
from hypermask_tf.export.write.write import write_file

PERMUTATION = list(range(100))
TASK = TaskInfo(
    index=3,
    name="task_03",
    labels=(
        {"index": 0, "class": 7, "name": "seven"},
        {"index": 1, "class": 2, "name": "zwei ü"},
    ),
    input_shape=(8, 8, 1),
    num_outputs=3,
    preprocessing={"scale": 0.5, "offset": -1.0, "permutation": PERMUTATION},
    source={"benchmark": "split_mnist", "seed": 1, "manifest_sha256": "ab" * 32},
    version="0123456789abcdef",
)
KINDS = ["float32", "float16", "dynamic_int8", "int4"]


@pytest.fixture(scope="module")
def written(converted):
    return {kind: write_file(converted["mlp"].files[kind], TASK) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_computes_the_same_to_the_bit(converted, written, kind):
    case = converted["mlp"]
    np.testing.assert_array_equal(
        run_tflite(written[kind], case.x), run_tflite(case.files[kind], case.x)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_signature_and_tensor_names_stay(written, kind):
    interpreter = make_interpreter(written[kind])
    signatures = interpreter.get_signature_list()
    assert signatures == {"serve": {"inputs": ["image"], "outputs": ["logits"]}}
    assert interpreter.get_input_details()[0]["name"] == "image"
    assert interpreter.get_output_details()[0]["name"] == "logits"


def test_equal_networks_give_equal_bytes(converted, written):
    assert write_file(converted["mlp"].files["int4"], TASK) == written["int4"]


def test_every_buffer_is_aligned(written):
    content = written["int4"]
    model = flatbuffer.unpack(content)
    for buffer in model.buffers:
        if buffer.data is not None:
            place = content.index(bytes(buffer.data))
            assert place % flatbuffer.ALIGNMENT == 0


def test_ballast_is_gone(converted):
    raw = flatbuffer.unpack(converted["conv_net"].files["float32"])
    lean = flatbuffer.unpack(write_file(converted["conv_net"].files["float32"], TASK))
    names = [flatbuffer.text(entry.name) for entry in lean.metadata]
    before = [flatbuffer.text(entry.name) for entry in raw.metadata]
    assert "CONVERSION_METADATA" in before and "CONVERSION_METADATA" not in names
    assert "min_runtime_version" in names
    kept = [t.name for t in lean.subgraphs[0].tensors if t.name]
    assert sorted(kept) == [b"image", b"logits"]
    assert (
        len(flatbuffer.pack(lean)) < len(converted["conv_net"].files["float32"]) + 900
    )


def test_description_is_read_back(written):
    for content in written.values():
        found = read_description(content)
        assert found["task"] == {"index": 3, "name": "task_03"}
        assert found["labels"] == [dict(label) for label in TASK.labels]
        assert found["version"] == TASK.version and found["source"] == TASK.source
        assert found["preprocessing"]["scale"] == 0.5
        assert found["preprocessing"]["permutation"]["length"] == 100
        assert len(found["preprocessing"]["permutation"]["sha256"]) == 64


def test_description_stands_in_a_buffer_of_the_public_schema(written):
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(written["float32"], 0)
    entries = {
        model.Metadata(i).Name().decode(): model.Buffers(model.Metadata(i).Buffer())
        for i in range(model.MetadataLength())
    }
    text = bytes(entries["hypermask_tf"].DataAsNumpy()).decode()
    assert json.loads(text)["labels"][0]["name"] == "seven"


def test_standard_metadata_is_read_field_by_field(written):
    """A reader of its own, after the published schema, by number of field."""
    model = flatbuffer.unpack(written["int4"])
    (entry,) = [e for e in model.metadata if e.name == b"TFLITE_METADATA"]
    data = bytes(model.buffers[entry.buffer].data)
    assert data[4:8] == b"M001"
    root = _Table(data, struct.unpack_from("<I", data)[0])
    assert root.text(0) == "task_03" and root.text(1) == "split_mnist, task 3"
    assert root.text(2) == TASK.version and root.text(7) == "1.0.0"
    (graph,) = root.tables(3)
    (image,), (logits,) = graph.tables(2), graph.tables(3)
    assert image.text(0) == "image" and logits.text(0) == "logits"
    assert image.table(3).byte(0) == 2  # ImageProperties
    assert image.table(3).table(1).byte(0) == 2  # GRAYSCALE
    (unit,) = image.tables(4)
    assert unit.byte(0) == 1  # NormalizationOptions
    assert unit.table(1).floats(0) == [2.0] and unit.table(1).floats(1) == [2.0]
    (labels,) = logits.tables(6)
    assert labels.text(0) == "labels.txt" and labels.byte(2) == 2  # TENSOR_AXIS_LABELS


def _image(**changes):
    """What the metadata of a task say of its input."""
    data = model_metadata(dataclasses.replace(TASK, **changes))
    root = _Table(data, struct.unpack_from("<I", data)[0])
    ((image,),) = (graph.tables(2) for graph in root.tables(3))
    return image


def test_channels_are_normalised_in_their_order():
    scale = [0.5, 0.25, 0.2]
    for offset, mean in (
        (-1.0, [2.0, 4.0, 5.0]),
        ([-1.0, -0.5, 1.0], [2.0, 2.0, -5.0]),
    ):
        preprocessing = {"scale": scale, "offset": offset}
        image = _image(input_shape=(8, 8, 3), preprocessing=preprocessing)
        assert image.table(3).table(1).byte(0) == 1  # RGB
        (unit,) = image.tables(4)
        assert unit.table(1).floats(0) == pytest.approx(mean)
        assert unit.table(1).floats(1) == pytest.approx([2.0, 4.0, 5.0])
    assert normalization({"scale": 0.5}) == ([0.0], [2.0])
    assert normalization({"offset": 0.5}) is None


@pytest.mark.parametrize("shape", [(64,), (8, 8, 2), (8, 8)])
def test_what_is_no_image_says_nothing_of_colours(shape):
    image = _image(input_shape=shape, preprocessing={})
    for field in (3, 4):
        with pytest.raises(AssertionError, match="is missing"):
            image.table(field)


def test_lists_longer_than_32_are_told_by_their_hash():
    for length in (31, 32, 33):
        numbers = list(range(length))
        for given in (numbers, tuple(numbers), np.array(numbers)):
            task = dataclasses.replace(TASK, preprocessing={"order": given})
            (found,) = describe(task)["preprocessing"].values()
            if length <= 32:
                assert found is given
            else:
                text = "[" + ",".join(map(str, numbers)) + "]"
                digest = hashlib.sha256(text.encode()).hexdigest()
                assert found == {"length": 33, "sha256": digest}


@pytest.mark.parametrize("quantization", ["int8", "dynamic_int8"])
def test_ranges_that_scales_came_from_are_gone_and_scales_are_not(
    converted, quantization
):
    case = converted["mlp"]
    raw = quantize(case.files["float32"], quantization, case.x)
    scales = []
    for content in (raw, write_file(raw, TASK)):
        (graph,) = flatbuffer.unpack(content).subgraphs
        known = [t.quantization for t in graph.tensors if t.quantization is not None]
        scales.append([q.scale.tolist() for q in known if q.scale is not None])
    assert all(q.min is None and q.max is None and q.scale is not None for q in known)
    assert scales[0] == scales[1] and len(scales[0]) > 1
    np.testing.assert_array_equal(
        run_tflite(write_file(raw, TASK), case.x), run_tflite(raw, case.x)
    )


def test_labels_fill_all_outputs():
    for outputs, unused in ((2, 0), (3, 1), (7, 5)):
        content = append_labels(b"", dataclasses.replace(TASK, num_outputs=outputs))
        assert read_labels(content) == ["seven", "zwei ü", *["unused"] * unused]


def test_notes_of_others_stay_and_equal_buffers_are_shared(converted):
    model = flatbuffer.unpack(converted["mlp"].files["float32"])
    notes = {}
    for name in ("first", "second", "third"):
        add_entry(model, name, f"what {name} says".encode())
        notes[name] = f"what {name} says".encode()
    (graph,) = model.subgraphs
    twin = copy.copy(next(t for t in graph.tensors if t.shape is not None))
    model.buffers.append(copy.copy(model.buffers[twin.buffer]))
    twin.buffer = len(model.buffers) - 1
    graph.tensors.append(twin)
    lean = flatbuffer.unpack(write_file(flatbuffer.pack(model), TASK))
    found = {
        flatbuffer.text(entry.name): bytes(lean.buffers[entry.buffer].data)
        for entry in lean.metadata
    }
    assert notes.items() <= found.items()
    contents = [bytes(b.data) for b in lean.buffers if b.data is not None]
    assert len(set(contents)) == len(contents)


class _Table:
    def __init__(self, data, position):
        self.table_ = flatbuffers.table.Table(data, position)

    def _field(self, number):
        offset = self.table_.Offset(4 + 2 * number)
        assert offset, f"field {number} is missing"
        return offset + self.table_.Pos

    def text(self, number):
        return self.table_.String(self._field(number)).decode()

    def byte(self, number):
        return self.table_.Bytes[self._field(number)]

    def table(self, number):
        place = self._field(number)
        return _Table(self.table_.Bytes, self.table_.Indirect(place))

    def tables(self, number):
        start = self.table_.Vector(self._field(number) - self.table_.Pos)
        length = self.table_.VectorLen(self._field(number) - self.table_.Pos)
        places = [self.table_.Indirect(start + 4 * i) for i in range(length)]
        return [_Table(self.table_.Bytes, place) for place in places]

    def floats(self, number):
        start = self.table_.Vector(self._field(number) - self.table_.Pos)
        length = self.table_.VectorLen(self._field(number) - self.table_.Pos)
        return list(struct.unpack_from(f"<{length}f", self.table_.Bytes, start))


def test_labels_lie_where_public_tools_look(written, tmp_path):
    path = tmp_path / "task_03.tflite"
    path.write_bytes(written["float32"])
    assert zipfile.is_zipfile(path)
    assert read_labels(path.read_bytes()) == ["seven", "zwei ü", "unused"]
    listed = subprocess.run(
        ["python3", "-m", "zipfile", "-l", str(path)], capture_output=True, text=True
    )
    assert "labels.txt" in listed.stdout


def test_a_file_without_description_is_refused(converted):
    with pytest.raises(ValueError, match="metadata entry 'hypermask_tf'"):
        read_description(converted["mlp"].files["float32"])
    with pytest.raises(ValueError, match="Expected the bytes"):
        write_file(b"no model", TASK)
    with pytest.raises(ValueError, match="damaged"):
        write_file(converted["mlp"].files["float32"][:100], TASK)
