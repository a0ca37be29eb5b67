import hashlib
import json

import numpy as np
import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, layout
from hypermask_tf.export.bundle_reader.parts import decode_parts
from hypermask_tf.export.bundling import known_parts, writer
from hypermask_tf.export.bundling.compress import pack_frame
from hypermask_tf.export.bundling.writer import (
    add_to_bundle,
    bundle_bytes,
    create_bundle,
)


def test_ten_tasks_come_out_byte_for_byte(bundle_path, ten_tasks):
    with Bundle(bundle_path) as bundle:
        bundle.verify()
        assert [record.file for record in bundle.records] == [s.file for s in ten_tasks]
        for source, record in zip(ten_tasks, bundle.records, strict=True):
            content = bundle.read(source.file)
            assert content == source.content
            assert record.sha256 == hashlib.sha256(content).hexdigest()
            assert record.sidecar == source.sidecar
            assert record.sidecar["labels"][0]["name"].startswith("digit ä")


@pytest.mark.parametrize("name", ["mlp", "conv_net", "depthwise_net"])
def test_files_of_the_converter_come_out_byte_for_byte(
    converted, small, tmp_path, name
):
    sources = [
        small.source(0, content, f"{name}.{kind}.tflite")
        for kind, content in converted[name].files.items()
    ]
    create_bundle(tmp_path / "b.hmb", sources)
    with Bundle(tmp_path / "b.hmb") as bundle:
        for source in sources:
            assert bundle.read(source.file) == source.content


def test_order_of_files_and_nothing_else_decides_the_bytes(ten_tasks):
    assert bundle_bytes(ten_tasks[:3]) == bundle_bytes(ten_tasks[:3])


def test_add_gives_what_create_gives_and_only_appends(ten_tasks, tmp_path):
    path = tmp_path / "grows.hmb"
    create_bundle(path, ten_tasks[:1])
    for count in range(2, 5):
        before = path.read_bytes()
        with Bundle(path) as bundle:
            body = bundle.body()
        assert add_to_bundle(path, ten_tasks[:count]) == [ten_tasks[count - 1]]
        assert before.startswith(body) and path.read_bytes().startswith(body)
        assert path.read_bytes() == bundle_bytes(ten_tasks[:count])


def test_adding_what_is_there_changes_nothing(bundle_path, ten_tasks):
    before = bundle_path.read_bytes()
    assert add_to_bundle(bundle_path, ten_tasks[3:5]) == []
    assert bundle_path.read_bytes() == before


def test_what_is_in_a_bundle_never_changes(bundle_path, ten_tasks, small):
    before = bundle_path.read_bytes()
    other = small.source(3, ten_tasks[4].content)
    with pytest.raises(ValueError, match=r"holds another task_03\.tflite"):
        add_to_bundle(bundle_path, [other])
    assert bundle_path.read_bytes() == before


def test_a_damaged_bundle_is_not_added_to(bundle_path, small):
    content = bytearray(bundle_path.read_bytes())
    content[40] ^= 1  # in the first part, which opening does not read
    bundle_path.write_bytes(content)
    with pytest.raises(BundleError, match="SHA-256 of part 0 differs"):
        add_to_bundle(bundle_path, small.tasks(11)[10:])
    assert bundle_path.read_bytes() == content


def test_a_failed_write_leaves_the_old_bundle(bundle_path, small, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    before = bundle_path.read_bytes()
    monkeypatch.setattr("hypermask_tf.export.bundle_reader.files.os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        add_to_bundle(bundle_path, small.tasks(11)[10:])
    assert bundle_path.read_bytes() == before
    assert list(bundle_path.parent.iterdir()) == [bundle_path]


def test_an_existing_bundle_is_kept(bundle_path, ten_tasks):
    with pytest.raises(FileExistsError, match="--overwrite"):
        create_bundle(bundle_path, ten_tasks)
    create_bundle(bundle_path, ten_tasks[:1], overwrite=True)
    with Bundle(bundle_path) as bundle:
        assert len(bundle.records) == 1


def test_nothing_and_one_name_twice_are_refused(tmp_path, ten_tasks):
    with pytest.raises(ValueError, match="Received: none"):
        create_bundle(tmp_path / "b.hmb", [])
    with pytest.raises(ValueError, match=r"task_00\.tflite twice"):
        create_bundle(tmp_path / "b.hmb", [ten_tasks[0], ten_tasks[0]])
    assert list(tmp_path.iterdir()) == []


def test_limits_hold_for_the_writer_too(monkeypatch, ten_tasks):
    monkeypatch.setattr(writer.layout, "MAX_RECORDS", 2)
    assert bundle_bytes(ten_tasks[:2])
    with pytest.raises(ValueError, match="Received: 3 files"):
        bundle_bytes(ten_tasks[:3])


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ("MAX_CONTENT_BYTES", "bytes in a file"),
        ("MAX_BUNDLE_BYTES", "bytes. Received"),
        ("MAX_RECORD_BYTES", "bytes of JSON"),
    ],
)
def test_what_is_at_a_limit_is_written(monkeypatch, ten_tasks, limit, what):
    source = ten_tasks[0]
    content = bundle_bytes([source])
    text = layout.Row(*next(layout.ROW.iter_unpack(content[-104:-56]))).size
    most = {
        "MAX_CONTENT_BYTES": len(source.content),
        "MAX_BUNDLE_BYTES": len(content),
        "MAX_RECORD_BYTES": text,
    }[limit]
    monkeypatch.setattr(layout, limit, most)
    assert bundle_bytes([source]) == content
    monkeypatch.setattr(layout, limit, most - 1)
    with pytest.raises(ValueError, match=what):
        bundle_bytes([source])


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        ("MAX_NEEDS", 2),
        ("MAX_DICTIONARY_BYTES", 100),
        ("MAX_DICTIONARY_BYTES", 2000),
        ("MAX_DICTIONARY_BYTES", 5000),
    ],
)
def test_the_reader_reads_what_the_writer_writes(
    small, tmp_path, monkeypatch, limit, most
):
    """Under lower limits, which many tasks alike would exceed."""
    monkeypatch.setattr(layout, limit, most)
    rng = np.random.default_rng(0)
    base = rng.integers(-127, 128, (100, 100))
    sources = []
    for index in range(5):
        mask = rng.random(base.shape) < 0.3
        dense = rng.normal(size=(16, 24)).astype("float32")
        weights = (base * mask).astype(np.int8)
        content = small.tflite(weights, dense, description=f"the task {index}")
        sources.append(small.source(index, content))
    create_bundle(tmp_path / "b.hmb", sources)
    with Bundle(tmp_path / "b.hmb") as bundle:
        bundle.verify()
        needs = [len(part.references) for part in bundle.parts]
        needs += [len(part.dictionary) for part in bundle.parts]
    assert max(needs) == (2 if limit == "MAX_NEEDS" else 4)
    assert len(set(needs)) > 1


def test_equal_weights_are_stored_once(small, tmp_path):
    weight = np.random.default_rng(0).integers(-127, 128, (64, 64), np.int8)
    sources = [
        small.source(i, small.tflite(weight, description=f"task {i}")) for i in range(3)
    ]
    create_bundle(tmp_path / "b.hmb", sources)
    with Bundle(tmp_path / "b.hmb") as bundle:
        assert sum(part.size == weight.nbytes for part in bundle.parts) == 1
        assert [bundle.read(s.file) for s in sources] == [s.content for s in sources]


def test_add_goes_on_from_the_records_of_another_writer(ten_tasks, tmp_path):
    """Records refer to the first one's text as it is stored, however it is spaced."""
    path = tmp_path / "b.hmb"
    create_bundle(path, ten_tasks[:1])
    with Bundle(path) as bundle:
        (row,), (record,) = bundle.rows, bundle.records
    text = json.dumps(record.to_json(), indent=4, sort_keys=True).encode()
    stored = pack_frame(text)
    body = path.read_bytes()[: row.offset] + stored
    digest = hashlib.sha256(stored).digest()
    rows = [layout.Row(row.offset, len(stored), len(text), digest)]
    path.write_bytes(body + layout.pack_end(len(body), rows))
    add_to_bundle(path, ten_tasks[1:3])
    with Bundle(path) as bundle:
        for source in ten_tasks[:3]:
            assert bundle.read(source.file) == source.content


def test_a_bundle_that_gives_back_other_bytes_is_not_written(
    bundle_path, small, monkeypatch
):
    before = bundle_path.read_bytes()
    monkeypatch.setattr(Bundle, "read", lambda self, file: b"other")
    with pytest.raises(RuntimeError, match=r"task_10\.tflite came out"):
        add_to_bundle(bundle_path, small.tasks(11)[10:])
    assert bundle_path.read_bytes() == before
    assert list(bundle_path.parent.iterdir()) == [bundle_path]


def test_chains_of_references_stay_short(ten_tasks, monkeypatch, tmp_path):
    def referred(content: bytes) -> int:
        path.write_bytes(content)
        with Bundle(path) as bundle, path.open("rb") as file:
            used = bundle.records[-1].used_parts
            streams = decode_parts(file, bundle.parts, used)
            return sum(len(streams[n].stream) for n in streams if n not in used)

    path = tmp_path / "b.hmb"
    free = referred(bundle_bytes(ten_tasks))
    monkeypatch.setattr(known_parts, "MOST_REFERRED", 6000)
    assert 0 < referred(bundle_bytes(ten_tasks)) <= 2 * 6000 < free
