"""Zstandard frames for bundles and updates, and the choice of the smallest one."""

import dataclasses
from collections.abc import Iterable, Sequence

from hypermask_tf.export.bundle_reader import transforms as names
from hypermask_tf.export.bundle_reader.frames import raw_dictionary, zstandard
from hypermask_tf.export.bundling.transforms import forward

LEVEL = 19
# What a transform or a dictionary must gain. Chance gains would cost more than they
# give: a dictionary only helps parts that are ordered as it is.
LEAST_GAIN = 0.02
_FEWEST_ZEROS = 0.1
_LARGEST_WINDOW = 27  # 128 MiB, what decoders accept by default


@dataclasses.dataclass(frozen=True)
class Packed:
    """A part compressed in one way."""

    stored: bytes = dataclasses.field(repr=False)
    stretches: list[bytes] = dataclasses.field(repr=False)
    transform: str
    dictionary: tuple[int, ...] = ()
    references: tuple[int, ...] = ()

    @property
    def stream(self) -> bytes:
        """What the frame decompresses to."""
        return b"".join(self.stretches)


def pack_frame(content: bytes, dictionary: bytes = b"") -> bytes:
    """Returns one frame that says how many bytes it holds.

    Args:
        content: the bytes to compress.
        dictionary: bytes that whoever decompresses has already.

    Example:

    >>> from hypermask_tf.export.bundle_reader.frames import unpack_frame
    >>> unpack_frame(pack_frame(b"abc" * 9), 27)
    b'abcabcabcabcabcabcabcabcabc'
    """
    return pack_stretches([content], dictionary)


def pack_stretches(stretches: Sequence[bytes], dictionary: bytes = b"") -> bytes:
    """Returns one frame in which each stretch begins a block, with its own code."""
    zstd = zstandard()
    size = sum(len(stretch) for stretch in stretches)
    total = size + len(dictionary)
    parameters = zstd.ZstdCompressionParameters.from_level(
        LEVEL,
        source_size=total,
        window_log=min(_LARGEST_WINDOW, max(10, total.bit_length())),
        write_content_size=True,
        write_checksum=False,
        write_dict_id=False,
    )
    known = raw_dictionary(dictionary) if dictionary else None
    compressor = zstd.ZstdCompressor(dict_data=known, compression_params=parameters)
    if len(stretches) == 1:
        frame: bytes = compressor.compress(stretches[0])
        return frame
    writer = compressor.compressobj(size=size)
    blocks = []
    for stretch in stretches:
        blocks.append(writer.compress(stretch))
        blocks.append(writer.flush(zstd.COMPRESSOBJ_FLUSH_BLOCK))
    return b"".join([*blocks, writer.flush()])


def pack_alone(content: bytes) -> Packed:
    """Returns the smallest frame of a part that refers to no other."""
    others = []
    for transform in _transforms(content):
        stretches = forward(content, transform)
        others.append(Packed(pack_stretches(stretches), stretches, transform))
    return smallest(Packed(pack_frame(content), [content], names.NONE), others)


def pack_with(
    alone: Packed, dictionaries: Iterable[tuple[tuple[int, ...], bytes]]
) -> Packed:
    """Returns the smallest frame, with one of the given dictionaries or with none.

    Args:
        alone: the part without a dictionary.
        dictionaries: numbers of parts, and their streams one after the other.
    """
    return smallest(
        alone,
        (
            dataclasses.replace(
                alone,
                stored=pack_stretches(alone.stretches, dictionary),
                dictionary=numbers,
            )
            for numbers, dictionary in dictionaries
        ),
    )


def pack_grouped(
    content: bytes, candidates: Iterable[tuple[tuple[int, ...], Sequence[bytes]]]
) -> list[Packed]:
    """Returns frames of a part whose bytes are grouped by what others hold there.

    Args:
        content: the part.
        candidates: numbers of other parts, and their contents, of the same length.
    """
    found = []
    for numbers, references in candidates:
        stretches = forward(content, names.GROUPED, references)
        found.append(
            Packed(
                pack_stretches(stretches),
                stretches,
                names.GROUPED,
                references=numbers,
            )
        )
    return found


def smallest(first: Packed, others: Iterable[Packed]) -> Packed:
    """Returns the smallest frame; the first one unless another gains enough."""
    best = first
    most = (1 - LEAST_GAIN) * len(first.stored)
    for packed in others:
        if len(packed.stored) < min(most, len(best.stored)):
            best = packed
    return best


def _transforms(content: bytes) -> list[str]:
    found = []
    if len(content) % 2 == 0:
        found.append(names.PLANES2)
    if len(content) % 4 == 0:
        found.append(names.PLANES4)
    if content.count(0) >= _FEWEST_ZEROS * len(content):
        found.append(names.NONZERO)
    return found
