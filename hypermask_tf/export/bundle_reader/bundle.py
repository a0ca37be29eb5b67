"""Reads a bundle: lists its files, and restores them byte for byte."""

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .archive import pack_archive, read_file, unpack_archive
from .errors import BundleError
from .files import refuse_existing, write_file
from .member import Member, json_name, parse_members


class Bundle:
    """The `.tflite` files of many tasks, each with the JSON beside it.

    Args:
        content: the bytes of the bundle.

    Raises:
        BundleError: when they are damaged, no bundle, or one of another version.

    Example:

    >>> bundle = Bundle(pack_bundle([]))
    >>> bundle.verify()
    >>> bundle.files
    []
    """

    def __init__(self, content: bytes) -> None:
        frames, values = unpack_archive("bundle", content)
        self.content = content
        members = parse_members(values.get("members"))
        if list(frames) != [f"{member.name}.zst" for member in members]:
            raise BundleError(f"Expected other members: {list(frames)!r:.200}")
        self.members = [
            dataclasses.replace(member, frame=frame)
            for member, frame in zip(members, frames.values(), strict=True)
        ]
        self._restored: tuple[list[bytes], list[bytes]] = [], []

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Bundle":
        """Returns the bundle in a file."""
        return cls(read_file(path))

    @property
    def files(self) -> list[str]:
        """Names of the `.tflite` files, in the order they were added."""
        return [member.name for member in self.members[::2]]

    def member(self, name: str) -> Member:
        """Returns what the manifest says of a file, or raises `ValueError`."""
        for member in self.members:
            if member.name == name:
                return member
        known = ", ".join(self.files)
        raise ValueError(f"Expected one of: {known}. Received: {name!r}")

    def read(self, name: str) -> bytes:
        """Returns a `.tflite` file, or the JSON beside one, as it was put in.

        Raises:
            ValueError: when the bundle holds no such file.
            BundleError: when it is damaged.
        """
        member = self.member(name)
        is_json = name.endswith(".json")
        kind, restored = self.members[is_json::2], self._restored[is_json]
        while len(restored) < member.bases:
            restored.append(kind[len(restored)].restore(restored))
        return member.restore(restored)

    def sidecar(self, file: str) -> dict[str, Any]:
        """Returns the JSON beside a `.tflite` file: task, labels, preprocessing."""
        text = self.read(json_name(file))
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{json_name(file)} is not JSON: {error}") from error
        if not isinstance(values, dict):
            raise BundleError(f"Expected an object in {json_name(file)}")
        return values

    def joined(self) -> bytes:
        """Returns all files one after the other, each with its JSON behind it."""
        return b"".join(self.read(member.name) for member in self.members)

    def verify(self) -> None:
        """Restores every file in memory, and raises `BundleError` where one differs."""
        for member in self.members:
            self.read(member.name)

    def extract(
        self,
        folder: str | os.PathLike[str],
        files: Sequence[str] | None = None,
        overwrite: bool = False,
    ) -> list[Path]:
        """Writes files and their JSON, once all of them are restored.

        Args:
            folder: where to; made when it is missing.
            files: names of `.tflite` files; `None` for all.
            overwrite: whether files that exist may be replaced.

        Returns:
            The paths written.
        """
        contents = {}
        for file in self.files if files is None else files:
            for name in (file, json_name(file)):
                contents[Path(folder, name)] = self.read(name)
        for path in contents:
            refuse_existing(path, overwrite)
        for path, content in contents.items():
            write_file(path, content)
        return list(contents)


def pack_bundle(members: Sequence[Member]) -> bytes:
    """Returns the bundle of these files; more of them only move its manifest."""
    frames = {f"{member.name}.zst": member.frame for member in members}
    return pack_archive("bundle", frames, {"members": described(members)})


def described(members: Sequence[Member]) -> list[dict[str, Any]]:
    """Returns what a manifest lists of these files."""
    entries = [dataclasses.asdict(member) for member in members]
    return [{k: v for k, v in entry.items() if k != "frame"} for entry in entries]
