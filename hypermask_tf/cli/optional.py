"""Packages that only some commands need."""

import importlib
from typing import Any


def require(package: str, purpose: str) -> Any:
    """The module of a package, imported where it is needed.

    Args:
        package: Its name, which is that of its module too.
        purpose: What it does, as in "which draws the plots".

    Raises:
        ImportError: If it is not installed.

    Example:

    >>> require("math", "which counts").floor(1.5)
    1
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(
            f"Expected {package} to be installed, {purpose}. Received: {error}. Run "
            f"`pip install {package}`."
        ) from error
