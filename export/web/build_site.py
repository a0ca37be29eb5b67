"""Collect the exported files of a run, the page and LiteRT.js into one folder."""

import os
import shutil
import tempfile
from pathlib import Path

from export.web.manifest import (
    SMALLEST,
    chosen_files,
    find_router,
    read_exported,
    site_manifest,
)
from hypermask_tf.export.sidecar import write_json

HERE = Path(__file__).resolve().parent
MANIFEST_NAME = "models.json"
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
        ValueError: when the run is not one of drawn digits, a task has no file of
            that kind, or the router is one of other tasks.
    """
    entries = chosen_files(read_exported(run_dir), quantization)
    router = find_router(run_dir)
    manifest = site_manifest(entries, router)
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
        for file in [
            entry["file"] for entry in (*entries, *([router] if router else []))
        ]:
            _copy(run_dir / "export" / file, site / "models" / file)
        write_json(site / MANIFEST_NAME, manifest)
        site.chmod(0o755)
        if output.exists():
            os.replace(output, Path(folder, "old"))
        os.replace(site, output)
    return output


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
