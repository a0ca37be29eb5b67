import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from export.web.server import make_server

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--run_dir=runs/x"),
        (["--run_dir=nowhere"], "Expected exported files in nowhere/export"),
        (["--run_dir=.", "--port=70000"], "port"),
        (["--run_dir=.", "stray"], "stray"),
    ],
)
def test_mistakes_give_status_2_and_one_line(tmp_path, arguments, words):
    result = subprocess.run(
        [sys.executable, str(ROOT / "export" / "web" / "serve.py"), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert words in result.stderr and result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.fixture
def server(tmp_path):
    for name in ("index.html", "main.js", "a.wasm"):
        (tmp_path / name).write_text(name)
    with make_server(tmp_path, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_serves_a_folder_on_localhost_with_the_right_types(server, capfd):
    host, port = server.server_address[:2]
    assert host == "127.0.0.1"
    for path, kind in (
        ("", "text/html"),
        ("main.js", "text/javascript"),
        ("a.wasm", "application/wasm"),
    ):
        with urllib.request.urlopen(f"http://{host}:{port}/{path}") as answer:
            assert answer.headers.get_content_type() == kind
            assert answer.read().decode() == (path or "index.html")
    assert capfd.readouterr().err == ""


def test_a_taken_port_is_told_with_the_way_out(server, tmp_path):
    with pytest.raises(OSError, match="--port=0"):
        make_server(tmp_path, server.server_address[1])
