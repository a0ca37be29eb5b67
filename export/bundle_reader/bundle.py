"""Reads a bundle: lists its files, and restores them byte for byte."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from . import layout
from .errors import BundleError
from .files import sidecar_text, write_files
from .frames import unpack_frame
from .index import read_at, read_records, read_rows
from .record import Part, Record
from .transforms import restore


class Bundle:
    """An open bundle. What it says of itself is checked before anything is restored.

    Args:
        path: the bundle file; it is kept open, and read as needed.

    Raises:
        BundleError: when the file is no bundle, a newer one, or a damaged one.
        OSError: when it cannot be read.

    Example:

    >>> with Bundle("edge.hmb") as bundle:  # doctest: +SKIP
    ...     for record in bundle.records:
    ...         print(record.file, record.sidecar["labels"])
    ...     model = bundle.read("task_00.tflite")
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
        streams = self.streams(record.used_parts)
        contents = {
            number: restore(
                streams[number],
                self._parts[number].size,
                self._parts[number].transform,
            )
            for number in record.used_parts
        }
        content = b"".join(
            contents[part][start : start + length]
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
        """Writes files and the JSON beside each into a folder; all or none.

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

    def body(self) -> bytes:
        """Returns everything before the table, checked: header, parts and records.

        Raises:
            BundleError: when it is damaged.
        """
        for number in range(len(self._parts)):
            self.stored(number)
        last = self._rows[-1] if self._rows else None
        end = last.offset + last.stored if last else layout.HEADER.size
        return read_at(self._file, 0, end)

    def stored(self, number: int) -> bytes:
        """Returns a part as it lies in the bundle, compressed.

        Raises:
            BundleError: when it is damaged.
        """
        part = self._parts[number]
        content = read_at(self._file, part.offset, part.stored)
        if hashlib.sha256(content).hexdigest() != part.sha256:
            raise BundleError(
                f"The bundle is damaged: the SHA-256 of part {number} differs"
            )
        return content

    def streams(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Returns parts decompressed, and all that they refer to.

        Raises:
            BundleError: when a part is damaged, or together they are too long.
        """
        needed = set(numbers)
        for number in range(len(self._parts) - 1, -1, -1):
            if number in needed:  # a part refers to earlier ones only
                needed.update(self._parts[number].dictionary)
        total = sum(self._parts[number].stream for number in needed)
        if total > layout.MAX_CONTENT_BYTES:
            raise BundleError(
                f"Expected at most {layout.MAX_CONTENT_BYTES} bytes to decompress. "
                f"Received: {total}"
            )
        streams: dict[int, bytes] = {}
        for number in sorted(needed):
            part = self._parts[number]
            dictionary = b"".join(streams[earlier] for earlier in part.dictionary)
            streams[number] = unpack_frame(self.stored(number), part.stream, dictionary)
        return streams
