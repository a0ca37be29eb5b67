"""Prints how many bytes of its own a process takes for files whose tasks are ready.

Runs by itself, with the paths of `.tflite` files as arguments, and imports LiteRT
alone: what else a process holds would be measured with it.
"""

import gc
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

_STATUS = Path("/proc/self/status")


def ready(path: str) -> list[Any]:
    """Returns an interpreter of a file, and its signatures, each run once."""
    interpreter = Interpreter(model_path=path, num_threads=1)
    kept = [interpreter]
    for key in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(key)
        inputs = runner.get_input_details().items()
        runner(**{name: np.zeros(d["shape"], d["dtype"]) for name, d in inputs})
        kept.append(runner)
    return kept


def own_bytes() -> int:
    """Returns the resident memory of this process without mapped files."""
    found = re.search(r"RssAnon:\s+(\d+) kB", _STATUS.read_text("ascii"))
    return 1024 * int(found[1]) if found else 0


if __name__ == "__main__":
    ready(sys.argv[1])  # what LiteRT sets up once
    gc.collect()
    before = own_bytes()
    held = [ready(path) for path in sys.argv[1:]]
    print(own_bytes() - before)
