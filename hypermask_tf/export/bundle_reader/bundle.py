"""Reads a bundle: lists its files, and restores them byte for byte."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from . import layout
from .errors import BundleError
from .files import sidecar_text, write_files
from .index import read_at, read_records, read_rows, read_text
from .parts import Decoded, decode_parts, stored_part
from .record import Part, Record


class Bundle:
    """An open bundle. What it says of itself is checked before anything is restored.

    Args:
        path: the bundle file; it is kept open, and read as needed.

    Raises:
        BundleError: when the file is no bundle, a newer one, or a damaged one.
        OSError: when it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "empty.hmb")
    >>> _ = path.write_bytes(layout.pack_header() + layout.pack_end(16, []))
    >>> with Bundle(path) as bundle:
    ...     bundle.verify()
    ...     [record.file for record in bundle.records]
    []
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file: BinaryIO = self.path.open("rb")
        try:
            self._rows = read_rows(self._file)
            self._records, self._parts = read_records(self._file, self._rows)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    @property
    def records(self) -> tuple[Record, ...]:
        """What the bundle holds, in the order it was added."""
        return self._records

    @property
    def rows(self) -> tuple[layout.Row, ...]:
        """Where the records lie."""
        return self._rows

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, by number."""
        return self._parts

    def record(self, file: str) -> Record:
        """Returns what the bundle says of one file.

        Raises:
            ValueError: when it holds no file of that name.
        """
        for record in self._records:
            if record.file == file:
                return record
        names = ", ".join(record.file for record in self._records)
        raise ValueError(f"Expected one of: {names}. Received: {file!r}")

    def read(self, file: str) -> bytes:
        """Returns a file, byte for byte as it was put in.

        Raises:
            ValueError: when the bundle holds no such file.
            BundleError: when the bundle is damaged.
        """
        record = self.record(file)
        decoded = decode_parts(self._file, self._parts, record.used_parts)
        content = b"".join(
            decoded[part].content[start : start + length]
            for part, start, length in record.segments
        )
        if hashlib.sha256(content).hexdigest() != record.sha256:
            raise BundleError(f"The bundle is damaged: the SHA-256 of {file} differs")
        return content

    def extract(
        self,
        folder: str | os.PathLike[str],
        files: Sequence[str] | None = None,
        overwrite: bool = False,
    ) -> list[Path]:
        """Writes files and the JSON beside each into a folder.

        Nothing is written before all are restored, and each file is whole or not there.

        Args:
            folder: where to; made when it is missing.
            files: their names; `None` for all.
            overwrite: whether files that exist may be replaced.

        Returns:
            The paths written.

        Raises:
            ValueError: when the bundle holds no such file.
            BundleError: when the bundle is damaged.
            FileExistsError: when a file exists and `overwrite` is false.
        """
        names = [r.file for r in self._records] if files is None else list(files)
        contents: dict[str, bytes] = {}
        for name in names:
            contents[name] = self.read(name)
            sidecar = sidecar_text(self.record(name).sidecar)
            contents[name.removesuffix(".tflite") + ".json"] = sidecar
        return write_files(Path(folder), contents, overwrite)

    def verify(self) -> None:
        """Restores every file, and checks its SHA-256 and that of every part.

        Raises:
            BundleError: when something is damaged.
        """
        self.body()
        for record in self._records:
            self.read(record.file)

    def decode(self) -> dict[int, Decoded]:
        """Returns all parts by number; for whoever appends more.

        Raises:
            BundleError: when a part is damaged.
        """
        numbers = range(len(self._parts))
        most = sum(max(part.stream, part.size) for part in self._parts)
        return decode_parts(self._file, self._parts, numbers, most)

    def record_dictionary(self) -> bytes:
        """Returns what further records refer to: the JSON of the first, as stored."""
        return read_text(self._file, self._rows[0]) if self._rows else b""

    def body(self) -> bytes:
        """Returns everything before the table, checked: header, parts and records.

        Raises:
            BundleError: when it is damaged.
        """
        for number in range(len(self._parts)):
            stored_part(self._file, self._parts, number)
        last = self._rows[-1] if self._rows else None
        end = last.offset + last.stored if last else layout.HEADER.size
        return read_at(self._file, 0, end)
