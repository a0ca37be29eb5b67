"""The parts of a bundle while it is written, and which of them may help a new one."""

import hashlib
from collections.abc import Iterable, Iterator

from hypermask_tf.export.bundle_reader import Bundle, Part, Record, layout
from hypermask_tf.export.bundle_reader.parts import Decoded
from hypermask_tf.export.bundling.compress import Packed

# What a device decompresses for one part: itself, and this many bytes of others.
MOST_REFERRED = 32 << 20


class KnownParts:
    """All parts so far, with their contents.

    Args:
        bundle: the bundle that is appended to; `None` for a new one.

    Raises:
        BundleError: when the bundle is damaged.
    """

    def __init__(self, bundle: Bundle | None = None) -> None:
        self._parts: list[Part] = list(bundle.parts) if bundle else []
        self._decoded: dict[int, Decoded] = bundle.decode() if bundle else {}
        self._by_content: dict[bytes, int] = {}
        self._roles: dict[int, list[int]] = {}
        for number, part in self._decoded.items():
            self._by_content.setdefault(_digest(part.content), number)
        for record in bundle.records if bundle else ():
            self.remember_roles(record)

    def __len__(self) -> int:
        return len(self._parts)

    def since(self, number: int) -> tuple[Part, ...]:
        """Returns the parts from a number on."""
        return tuple(self._parts[number:])

    def find(self, content: bytes) -> int | None:
        """Returns the number of the part with just these bytes, if there is one."""
        return self._by_content.get(_digest(content))

    def append(self, content: bytes, packed: Packed, offset: int) -> int:
        """Adds a part; returns its number.

        Args:
            content: its bytes in the file.
            packed: the same, compressed.
            offset: where in the bundle it lies.
        """
        number = len(self._parts)
        stream = packed.stream
        self._parts.append(
            Part(
                offset=offset,
                stored=len(packed.stored),
                stream=len(stream),
                size=len(content),
                sha256=hashlib.sha256(packed.stored).hexdigest(),
                transform=packed.transform,
                dictionary=packed.dictionary,
                references=packed.references,
            )
        )
        self._decoded[number] = Decoded(stream, content)
        self._by_content[_digest(content)] = number
        return number

    def remember_roles(self, record: Record) -> None:
        """Notes which part stands where in a file, for those of later files."""
        # The skeleton comes first in a file, its buffers in their order after it.
        for role, number in enumerate(dict.fromkeys(s[0] for s in record.segments)):
            numbers = self._roles.setdefault(role, [])
            if number not in numbers:
                numbers.append(number)

    def dictionaries(
        self, role: int, transform: str
    ) -> Iterator[tuple[tuple[int, ...], bytes]]:
        """Yields the first part of a role, the latest, and as many as fit."""
        numbers = [
            number
            for number in self._roles.get(role, [])
            if self._parts[number].transform == transform
        ]
        fitting: list[int] = []
        room = layout.MAX_DICTIONARY_BYTES
        for number in reversed(numbers[-layout.MAX_NEEDS :]):
            room -= self._parts[number].stream
            if room < 0:
                break
            fitting.insert(0, number)
        for chosen in dict.fromkeys(
            (tuple(numbers[:1]), tuple(numbers[-1:]), tuple(fitting))
        ):
            dictionary = b"".join(self._decoded[number].stream for number in chosen)
            if 0 < len(dictionary) <= layout.MAX_DICTIONARY_BYTES and self._near(
                chosen
            ):
                yield chosen, dictionary

    def references(
        self, role: int, size: int
    ) -> Iterator[tuple[tuple[int, ...], list[bytes]]]:
        """Yields the parts of a role that have a size: all of them, the first."""
        numbers = [n for n in self._roles.get(role, []) if self._parts[n].size == size]
        for chosen in dict.fromkeys(
            (tuple(numbers[-layout.MAX_NEEDS :]), tuple(numbers[:1]))
        ):
            if chosen and self._near(chosen):
                yield chosen, [self._decoded[number].content for number in chosen]

    def _near(self, numbers: Iterable[int]) -> bool:
        """Whether parts can be had without decompressing too many others."""
        needed, queue = set[int](), list(numbers)
        while queue:
            number = queue.pop()
            if number not in needed:
                needed.add(number)
                queue.extend(self._parts[number].needs)
        return sum(self._parts[number].stream for number in needed) <= MOST_REFERRED


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
