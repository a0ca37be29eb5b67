import hashlib
import json
from pathlib import Path

import pytest

from export.web.build_site import HERE, LITERT_FILES, build_site


@pytest.fixture
def node_modules(tmp_path) -> Path:
    """Where LiteRT.js would be, with a line of text for each of its files."""
    folder = tmp_path / "node_modules"
    for name in LITERT_FILES:
        path = folder / "@litertjs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


@pytest.fixture
def build(exported, node_modules, tmp_path):
    def call(**arguments):
        output = tmp_path / "site"
        return build_site(exported, output, node_modules=node_modules, **arguments)

    return call


def _edit(run_dir, **changes):
    for path in (run_dir / "export").glob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_site_holds_the_page_the_runtime_and_the_smallest_float_files(build):
    site = build()
    manifest = json.loads((site / "models.json").read_text())
    assert [task["quantization"] for task in manifest["tasks"]] == ["dynamic_int8"] * 2
    assert [task["file"] for task in manifest["tasks"]] == sorted(
        path.name for path in (site / "models").iterdir()
    )
    assert manifest["drawing"]["size"] == 28 and manifest["drawing"]["levels"] == 255
    assert manifest["tasks"][1]["preprocessing"] == {"scale": 0.5, "offset": -1.0}
    for name in LITERT_FILES:
        assert (site / "litert" / name).read_text() == name
    for path in (HERE / "page").iterdir():
        assert (site / path.name).read_bytes() == path.read_bytes()


def test_a_kind_can_be_named(build):
    manifest = json.loads((build(quantization="float32") / "models.json").read_text())
    assert [task["bytes"] for task in manifest["tasks"]] == [300, 300]


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_kinds_that_are_not_there_or_take_integers_are_refused(build, kind, tmp_path):
    with pytest.raises(ValueError, match="Received: dynamic_int8, float32, int8"):
        build(quantization=kind)
    assert not (tmp_path / "site").exists()


def test_pictures_that_nobody_can_draw_are_refused(build, exported):
    _edit(exported, source={"benchmark": "split_cifar100", "seed": 1})
    with pytest.raises(ValueError, match="Received: a run of split_cifar100"):
        build()


def test_a_damaged_file_does_not_get_in(build, exported):
    for path in (exported / "export").glob("*.dynamic_int8.tflite"):
        path.write_bytes(path.read_bytes()[:-1])
    manifest = json.loads((build() / "models.json").read_text())
    assert {task["quantization"] for task in manifest["tasks"]} == {"float32"}


def test_a_run_without_exported_files_is_told_what_to_do(build, exported):
    for path in (exported / "export").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match=r"export_tflite\.py"):
        build()


def test_missing_runtime_is_told_what_to_do(build, node_modules):
    (node_modules / "@litertjs" / LITERT_FILES[-1]).unlink()
    with pytest.raises(FileNotFoundError, match="npm ci"):
        build()


def test_only_a_page_is_replaced_and_only_when_asked(build, tmp_path):
    site = build()
    (site / "extra.txt").write_text("of an earlier page")
    with pytest.raises(FileExistsError, match="--overwrite"):
        build()
    assert (site / "extra.txt").exists()
    build(overwrite=True)
    assert not (site / "extra.txt").exists()
    (site / "models.json").unlink()
    with pytest.raises(FileExistsError, match="left alone"):
        build(overwrite=True)
    assert (site / "index.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "node_modules",
        "run",
        "site",
    ]


def test_the_lock_file_pins_versions_and_names_no_host():
    lock = json.loads((HERE / "package-lock.json").read_text())
    wanted = json.loads((HERE / "package.json").read_text())
    assert "://" not in (HERE / "package-lock.json").read_text()
    for name, version in {
        **wanted["dependencies"],
        **wanted["devDependencies"],
    }.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
        assert lock["packages"][f"node_modules/{name}"]["integrity"]


def _write_router(run_dir, name="router", tasks=(0, 1), size=500):
    content = b"r" * size
    limits = {"least_confidence": 0.5, "least_evidence": -9.0}
    entry = {
        "file": f"{name}.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": size,
        "quantization": "float32",
        "method": "ensemble",
        "source": {"benchmark": "split_mnist"},
        "preprocessing": {"scale": 0.5, "offset": -1.0},
        "input_shape": [1, 28, 28, 1],
        "tasks": [{"index": task, "labels": [], **limits} for task in tasks],
        "verification": {"tflite_accuracy": 0.9},
    }
    (run_dir / "export" / entry["file"]).write_bytes(content)
    (run_dir / "export" / f"{name}.json").write_text(json.dumps(entry))


def test_without_a_router_the_manifest_says_so(build):
    assert json.loads((build() / "models.json").read_text())["router"] is None


def test_the_smallest_intact_router_comes_along(build, exported):
    _write_router(exported)
    _write_router(exported, "router.dynamic_int8", size=400)
    _write_router(exported, "router.broken", size=300)
    (exported / "export" / "router.broken.tflite").write_bytes(b"")
    site = build()
    router = json.loads((site / "models.json").read_text())["router"]
    assert router["file"] == "router.dynamic_int8.tflite"
    assert router["tasks"][1]["least_evidence"] == -9.0
    assert (site / "models" / router["file"]).stat().st_size == 400


def test_a_router_of_other_tasks_is_refused(build, exported):
    _write_router(exported, tasks=(0, 1, 2))
    with pytest.raises(ValueError, match="Export both again, or remove the router"):
        build()
