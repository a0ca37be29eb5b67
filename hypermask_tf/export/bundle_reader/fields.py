"""Values out of a record's JSON, each checked before it is used."""

import json
import re
from typing import Any, NoReturn

from .errors import BundleError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.tflite")


def parse_json(text: bytes) -> Any:
    """Returns what the text says; NaN and infinity are no JSON.

    Raises:
        BundleError: when the text is not JSON.
    """
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"A record is not JSON: {error}") from error


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Returns a JSON object.

    Raises:
        BundleError: when it is something else.
    """
    if not isinstance(value, dict):
        refuse("an object", what, value)
    return value


def sequence(value: Any, what: str, most: int) -> list[Any]:
    """Returns a JSON array of at most `most` entries.

    Raises:
        BundleError: when it is something else, or longer.
    """
    if not isinstance(value, list) or len(value) > most:
        refuse(f"an array of at most {most}", what, value)
    return value


def number(value: Any, what: str, most: int, least: int = 0) -> int:
    """Returns a whole number in bounds.

    Raises:
        BundleError: when it is something else, or out of bounds.
    """
    if type(value) is not int or not least <= value <= most:
        refuse(f"a whole number from {least} to {most}", what, value)
    return value


def sha256(value: Any, what: str) -> str:
    """Returns a SHA-256 in hexadecimal.

    Raises:
        BundleError: when it is something else.
    """
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        refuse("a SHA-256 in hexadecimal", what, value)
    return value


def file_name(value: Any, what: str = "file") -> str:
    """Returns the plain name of a `.tflite` file; it cannot lead out of a folder.

    Raises:
        BundleError: when it is something else.
    """
    if not isinstance(value, str) or not _FILE.fullmatch(value):
        refuse("a plain file name that ends with .tflite", what, value)
    return value


def refuse(expected: str, what: str, value: Any) -> NoReturn:
    """Raises the error of a value that is not what it should be."""
    received = repr(value)
    if len(received) > 60:
        received = received[:60] + "…"
    raise BundleError(f"Expected {expected} as {what!r}. Received: {received}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
