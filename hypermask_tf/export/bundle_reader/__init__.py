"""Reads bundles of `.tflite` files, and applies updates to them.

This folder stands by itself: copy it to the device as it is. It needs Python 3.10,
NumPy and zstandard, and nothing else. docs/bundle.md describes the format.
"""

from .bundle import Bundle
from .errors import BundleError
from .record import Part, Record
from .update import Update, apply_update, parse_update

__all__ = [
    "Bundle",
    "BundleError",
    "Part",
    "Record",
    "Update",
    "apply_update",
    "parse_update",
]
