"""Serves a page on localhost where one draws a digit and sees what each task says.

    npm ci --omit=dev --prefix export/web
    python export/web/serve.py --run_dir=runs/split_mnist

The run must have been exported (export/export_tflite.py). The page runs the exported
files in the browser with LiteRT.js and needs no network. With --output=FOLDER, the
page is written into a folder for any static web server, and nothing is served.
"""

import functools
import http.server
import tempfile
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from export.web.build_site import build_site
from export.web.manifest import SMALLEST
from hypermask_tf.cli import paths


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_path("run_dir", None, "Folder of the exported run.")
    flags.DEFINE_string(
        "quantization",
        SMALLEST,
        "Which file of a task the page runs: an exported kind, such as float32 or "
        "dynamic_int8, or smallest. Files with integer inputs do not run in LiteRT.js.",
    )
    flags.DEFINE_integer(
        "port", 8000, "Port on localhost; 0 takes a free one.", 0, 65535
    )
    paths.define_path(
        "output", None, "Write the page into this folder instead of serving it."
    )
    flags.DEFINE_bool("overwrite", False, "Replace the page in --output.")
    flags.register_validator(
        "run_dir", bool, message="Pass the folder of an exported run: --run_dir=runs/x"
    )


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, with the types that browsers insist on, and quietly."""

    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self) -> None:
        # A page built anew must not meet the old one's files.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def make_server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Returns a server of `folder` on localhost that is bound and not yet running.

    Raises:
        OSError: when the port is taken.
    """
    handler = functools.partial(Handler, directory=str(folder))
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise OSError(
            f"Cannot listen on port {port}: {error.strerror}. Pass another --port, or "
            "--port=0 for a free one"
        ) from error


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    run_dir = Path(flags.FLAGS.run_dir or "")
    if flags.FLAGS.output is not None:
        site = build_site(
            run_dir,
            Path(flags.FLAGS.output),
            flags.FLAGS.quantization,
            flags.FLAGS.overwrite,
        )
        print(f"The page is in {site}. Serve it with any static web server.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        site = build_site(run_dir, Path(folder, "site"), flags.FLAGS.quantization)
        with make_server(site, flags.FLAGS.port) as server:
            url = f"http://127.0.0.1:{server.server_address[1]}/"
            print(f"Open {url} in a browser. Ctrl-C ends.", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print()
    return 0
