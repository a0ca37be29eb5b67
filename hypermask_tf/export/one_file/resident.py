"""How much memory a process takes for files whose tasks are all ready to run."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_WORKER = Path(__file__).with_name("resident_worker.py")
# As a script it would find its neighbours here under the names of other packages.
_RUN = "import runpy, sys; runpy.run_path(sys.argv.pop(1), run_name='__main__')"


def resident_bytes(contents: Sequence[bytes]) -> int | None:
    """Returns the memory of a process that keeps files loaded, beyond the files.

    Each signature of each file has run once. A process of its own is asked, which
    has loaded LiteRT before; pages that are mapped from the files do not count.

    Args:
        contents: of the files.

    Returns:
        Bytes, in steps of a page; `None` on systems that do not tell them.
    """
    if not Path("/proc/self/status").exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, content in enumerate(contents):
            paths.append(Path(folder, f"{number}.tflite"))
            paths[-1].write_bytes(content)
        done = subprocess.run(
            [sys.executable, "-c", _RUN, str(_WORKER), *map(str, paths)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"Expected the memory of a process. Received: {done.stderr}")
    return int(done.stdout.split()[-1])
