"""Serves the page, from a checkout; see `server`."""

import sys
from pathlib import Path

if __package__ in (None, ""):  # started as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hypermask import start_module

if __name__ == "__main__":
    start_module("export.web.server")
