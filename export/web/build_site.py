"""Collect the exported files of a run, the page and LiteRT.js into one folder."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from export.report import read_good_files
from export.sidecar import write_json

HERE = Path(__file__).resolve().parent
SCHEMA_VERSION = 1
MANIFEST_NAME = "models.json"
SMALLEST = "smallest"
# What LiteRT.js needs at run time, as its npm packages hold it. A browser loads one
# of the two WebAssembly files, depending on whether it knows relaxed SIMD.
LITERT_FILES = (
    "wasm-utils/dist/index.js",
    "core/dist/index.js",
    *(
        f"core/wasm/litert_wasm_{kind}.{ending}"
        for kind in ("internal", "compat_internal")
        for ending in ("js", "wasm")
    ),
)
_KEPT = ("file", "sha256", "bytes", "quantization", "task", "labels", "input", "output")


@dataclasses.dataclass(frozen=True)
class DrawingForm:
    """How a data set frames its digits, so that a drawing can be framed alike.

    Args:
        size: height and width of a raw image in pixels.
        box: the digit's longer side is scaled to that many pixels.
        pen: width of a stroke in pixels of the raw image.
        mass: where the centre of mass comes to, in pixels from the upper left corner
            on both axes; `None` puts the digit's box into the middle.
        levels: the raw value of full ink.
    """

    size: int
    box: float
    pen: float
    mass: float | None
    levels: int


# MNIST: a box of 20 pixels in 28, moved by whole pixels until the centre of mass is in
# the middle (Y. LeCun, C. Cortes, C. Burges): between 14 and 15, on average at 14.5.
# scikit-learn's digits: the box fills all 8 pixels, ink counts to 16.
_MNIST = DrawingForm(size=28, box=20, pen=2.4, mass=14.5, levels=255)
_DIGITS = DrawingForm(size=8, box=8, pen=1.3, mass=None, levels=16)
DRAWING_FORMS = {
    "split_mnist": _MNIST,
    "permuted_mnist": _MNIST,
    "split_digits": _DIGITS,
    "permuted_digits": _DIGITS,
}


def build_site(
    run_dir: Path,
    output: Path,
    quantization: str = SMALLEST,
    overwrite: bool = False,
    node_modules: Path = HERE / "node_modules",
) -> Path:
    """Writes a folder that any static web server can serve; whole or not at all.

    Args:
        run_dir: a run with exported files.
        output: the folder to make.
        quantization: which file of a task to take: a kind such as `"float32"`, or
            `"smallest"`.
        overwrite: replace a folder that this function made earlier.
        node_modules: where npm installed LiteRT.js.

    Returns:
        `output`.

    Raises:
        FileNotFoundError: when there are no exported files, or LiteRT.js is missing.
        FileExistsError: when `output` may not be replaced.
        ValueError: when the run is not one of drawn digits, or a task has no file of
            that kind.
    """
    entries = chosen_files(read_exported(run_dir), quantization)
    manifest = site_manifest(entries)
    sources = [node_modules / "@litertjs" / name for name in LITERT_FILES]
    missing = [path for path in sources if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"Expected LiteRT.js in {node_modules}. Received: no {missing[0].name}. "
            f"Run: npm ci --omit=dev --prefix {HERE}"
        )
    _check_free(output, overwrite)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site_", dir=output.parent) as folder:
        site = Path(folder, "site")
        shutil.copytree(HERE / "page", site)
        for name, source in zip(LITERT_FILES, sources, strict=True):
            _copy(source, site / "litert" / name)
        for entry in entries:
            file = entry["file"]
            _copy(run_dir / "export" / file, site / "models" / file)
        write_json(site / MANIFEST_NAME, manifest)
        site.chmod(0o755)
        if output.exists():
            os.replace(output, Path(folder, "old"))
        os.replace(site, output)
    return output


def read_exported(run_dir: Path) -> tuple[dict[str, Any], ...]:
    """Returns the JSON of every exported file of a run whose bytes are intact.

    Raises:
        FileNotFoundError: when there is none.
    """
    entries = read_good_files(run_dir / "export")
    if not entries:
        raise FileNotFoundError(
            f"Expected exported files in {run_dir / 'export'}. Received: none. Run: "
            f"python export/export_tflite.py --run_dir={run_dir} --quantization=all"
        )
    return entries


def chosen_files(
    entries: Sequence[dict[str, Any]], quantization: str
) -> list[dict[str, Any]]:
    """Returns one file a task, by task.

    Files with integer inputs are left out: LiteRT.js has no int8 tensors.

    Raises:
        ValueError: when a task has no file of that kind.
    """
    by_task: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        by_task.setdefault(entry["task"]["index"], []).append(entry)
    chosen = []
    for task, files in sorted(by_task.items()):
        fit = [
            entry
            for entry in files
            if entry["input"]["dtype"] == entry["output"]["dtype"] == "float32"
            and quantization in (SMALLEST, entry["quantization"])
        ]
        if not fit:
            raise ValueError(
                f"Expected a file of task {task} with float32 input and "
                f"--quantization={quantization}. Received: "
                f"{', '.join(sorted(entry['quantization'] for entry in files))}"
            )
        chosen.append(min(fit, key=lambda entry: int(entry["bytes"])))
    return chosen


def site_manifest(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns what the page must know about its files.

    Raises:
        ValueError: when the files do not take drawn digits.
    """
    source = entries[0]["source"]
    form = DRAWING_FORMS.get(source["benchmark"])
    if form is None:
        raise ValueError(
            f"Expected a run of drawn digits: {', '.join(sorted(DRAWING_FORMS))}. "
            f"Received: a run of {source['benchmark']}"
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "source": dict(source),
        "drawing": dataclasses.asdict(form),
        "tasks": [
            {
                **{key: entry[key] for key in _KEPT},
                "preprocessing": entry["preprocessing"],
                "test_accuracy": entry["verification"]["tflite_accuracy"],
            }
            for entry in entries
        ],
    }


def _check_free(output: Path, overwrite: bool) -> None:
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not (output / MANIFEST_NAME).is_file() or not (output / "litert").is_dir():
        raise FileExistsError(
            f"{output} exists and is not a page of this command, so it is left alone. "
            "Name another --output"
        )
    if not overwrite:
        raise FileExistsError(f"{output} exists. Pass --overwrite to replace it")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
