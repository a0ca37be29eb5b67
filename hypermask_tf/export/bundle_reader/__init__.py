"""Reads bundles of `.tflite` files, and applies updates to them.

This folder stands alone: copy it to the device. It needs Python 3.10 and zstandard.
docs/bundle.md describes the format.
"""

from .bundle import Bundle
from .errors import BundleError
from .update import apply_update

__all__ = ["Bundle", "BundleError", "apply_update"]
