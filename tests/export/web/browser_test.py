"""The page in headless Chromium, against LiteRT and the library in Python."""

import dataclasses
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export.web.build_site import HERE, build_site
from export.web.drawing_form import DRAWING_FORMS
from export.web.server import make_server
from hypermask_tf.export.verify import run_tflite
from hypermask_tf.scenarios import preprocess, registry
from hypermask_tf.scenarios.tfds_arrays import find_prepared
from tests.export.web.exported_run import ExportedRun

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("@litertjs/core", "playwright-core")
# Digits of every task that a test draws; networks this small know them well.
DIGITS = [(0, 0), (1, 0), (3, 1), (4, 2), (6, 3), (7, 3)]
# Task, class, confidence, evidence: what the router of the digits always says.
ROUTED = (3.0, 1.0, 0.625, -2.0)


def _missing() -> str:
    if shutil.which("node") is None:
        return "needs node"
    if not os.environ.get("CHROMIUM") and not any(map(shutil.which, BROWSERS)):
        return "needs Chromium"
    if not all((HERE / "node_modules" / name).is_dir() for name in PACKAGES):
        return "needs: npm ci --prefix export/web"
    return ""


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(_missing()), reason=_missing() or "all is there"),
]


@dataclasses.dataclass(frozen=True)
class Visit:
    """What was asked of the page, and what it did."""

    run: ExportedRun
    url: str
    images: np.ndarray
    labels: np.ndarray
    cases: list[tuple[list[int], int, dict[str, Any]]]
    seen: dict[str, Any]


def _raw(x: np.ndarray, steps: dict[str, Any]) -> np.ndarray:
    raw = np.round((x - steps["offset"]) / steps["scale"]).astype("uint8")
    np.testing.assert_array_equal(preprocess(raw, steps), x)
    return raw


def _cases() -> list[tuple[list[int], int, dict[str, Any]]]:
    rng = np.random.default_rng(0)
    order = rng.permutation(64).tolist()
    steps: list[dict[str, Any]] = [
        {},
        {"scale": 1 / (255 * 0.3081), "offset": -0.1307 / 0.3081},
        {"padding": 1, "permutation": order, "scale": [0.1], "offset": [-0.3]},
    ]
    return [
        (rng.integers(0, 256, (8 - 2 * s.get("padding", 0)) ** 2).tolist(), size, s)
        for s in steps
        for size in [8 - 2 * s.get("padding", 0)]
    ]


@pytest.fixture(scope="module", params=["split_digits", "split_mnist"])
def visit(request, tmp_path_factory) -> Visit:
    """One visit to the page of a run of five tasks."""
    if request.param == "split_mnist" and find_prepared("mnist") is None:
        pytest.skip("needs MNIST, prepared in TFDS_DATA_DIR")
    folder = tmp_path_factory.mktemp(request.param)
    scenario = registry.get(request.param)
    run = ExportedRun(folder / "run", scenario, samples=1500).export()
    if request.param == "split_digits":
        run.add_router(ROUTED, least_confidence=0.7)
    site = build_site(run.path, folder / "site")
    tests = [(task, *(a[:8] for a in task.test)) for task in scenario.tasks]
    images = np.concatenate([_raw(x, task.preprocessing) for task, x, _ in tests])
    cases = _cases()
    with make_server(site, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        job = {
            "url": url,
            "images": images.reshape(len(images), -1).tolist(),
            "forms": {n: dataclasses.asdict(f) for n, f in DRAWING_FORMS.items()},
            "preprocessing": cases,
            "digits": DIGITS,
        }
        result = subprocess.run(
            ["node", str(Path(__file__).with_name("browse.mjs"))],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=400,
        )
        server.shutdown()
    assert result.returncode == 0, result.stderr
    labels = np.concatenate([y for *_, y in tests])
    return Visit(run, url, images, labels, cases, json.loads(result.stdout))


def test_the_page_comes_up_and_asks_nobody_but_its_server(visit):
    seen = visit.seen
    assert seen["state"] == "ready" and seen["status"] == ""
    assert seen["errors"][: seen["expectedErrors"]] == []
    assert all(url.startswith(visit.url) for url in seen["requests"])
    assert any(url.endswith(".wasm") for url in seen["requests"])


def test_logits_of_test_images_are_those_of_litert(visit):
    logits = np.array([a["logits"] for a in visit.seen["answers"]], "float32")
    for task in visit.run.scenario.tasks:
        file = visit.run.export_dir / f"task_{task.index:02d}.dynamic_int8.tflite"
        expected = run_tflite(file, preprocess(visit.images, task.preprocessing))
        np.testing.assert_allclose(logits[:, task.index], expected, atol=1e-3, rtol=0)
    own = logits.reshape(5, -1, 5, 2)[range(5), :, range(5)].reshape(-1, 2)
    assert np.mean(own.argmax(-1) == visit.labels) > 0.9


def test_preprocessing_is_the_librarys_to_the_last_bit(visit):
    for (raw, size, steps), found in zip(
        visit.cases, visit.seen["inputs"], strict=True
    ):
        images = np.array(raw, "uint8").reshape(1, size, size, 1)
        expected = preprocess(images, steps).ravel()
        np.testing.assert_array_equal(np.array(found, "float32"), expected)


@pytest.mark.parametrize("name", sorted(DRAWING_FORMS))
def test_drawings_are_framed_like_the_data(visit, name):
    form = DRAWING_FORMS[name]
    large, small = np.array(visit.seen["framed"][name]).reshape(
        2, 10, form.size, form.size
    )
    for image in large:
        assert image.min() == 0 and 0.8 * form.levels < image.max() <= form.levels
        rows, columns = np.nonzero(image.sum(1))[0], np.nonzero(image.sum(0))[0]
        side = max(np.ptp(rows), np.ptp(columns)) + 1
        # A box that lies between pixels touches one more; the edge may cut one off.
        assert form.box - 1 <= side <= form.box + 1
        if form.mass is not None:
            at = np.arange(form.size) + 0.5
            for axis in (0, 1):
                centre = image.sum(axis) @ at / image.sum()
                assert abs(centre - form.mass) < 0.15
    # Where and how large one draws makes no difference.
    assert np.abs(large - small).max() <= 0.12 * form.levels


def test_a_drawn_digit_is_predicted_by_the_task_that_was_picked(visit):
    right = 0
    for entry in visit.seen["drawn"]:
        picked, task = entry["picked"], entry["task"]
        assert picked["chosen"] == task
        labels = [label["name"] for label in _labels(visit, task)]
        assert picked["digit"] == labels[int(np.argmax(picked["bars"][task]))]
        assert f"Task {task}" in picked["sentence"] and "picked" in picked["sentence"]
        right += picked["digit"] == str(entry["digit"])
    assert right >= len(DIGITS) - 1


def test_the_page_picks_the_task_of_least_entropy(visit):
    for entry in visit.seen["drawn"]:
        seen = entry["automatic"]
        p = np.clip(np.array(seen["bars"]), 1e-300, 1.0)
        np.testing.assert_allclose(p.sum(-1), 1.0, atol=1e-9)
        entropy = -(p * np.log2(p)).sum(-1)
        assert entropy[seen["chosen"]] <= entropy.min() + 1e-12
        assert "least in doubt" in seen["sentence"]


def test_the_router_is_believed_and_may_abstain(visit):
    seen = visit.seen["routed"]
    if visit.run.scenario.name != "split_digits":
        assert seen is None
        return
    assert seen["digit"] == "7" and seen["chosen"] == 3
    assert "Task 3 (6, 7) was chosen by the router, 62.5% sure" in seen["sentence"]
    assert "rather not answer" in seen["sentence"]
    for answer in visit.seen["answers"]:
        assert answer["routed"]["task"] == 3 and answer["routed"]["abstains"]


def test_the_keyboard_is_enough(visit):
    assert visit.seen["keyboard"]["chosen"] == 0
    assert visit.seen["keyboard"]["digit"] in ("0", "1")
    for state in ("undone", "cleared"):
        assert visit.seen[state]["digit"] == "?" and visit.seen[state]["chosen"] == -1


def test_narrow_screens_and_both_themes(visit):
    assert visit.seen["overflow"] <= 0
    light, dark, chosen, remembered = visit.seen["colours"]
    assert light != dark and chosen == remembered == light


def test_a_file_damaged_on_its_way_is_refused(visit):
    assert "task_00.dynamic_int8.tflite is damaged" in visit.seen["damaged"]


def _labels(visit: Visit, task: int) -> list[dict[str, Any]]:
    path = visit.run.export_dir / f"task_{task:02d}.dynamic_int8.json"
    return list(json.loads(path.read_text())["labels"])
