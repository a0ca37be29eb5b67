"""`hypermask status`, from a checkout."""

import sys
from pathlib import Path

if __package__ in (None, ""):  # started as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hypermask import start

if __name__ == "__main__":
    start("status")
