"""Zstandard frames whose length is known before any memory is taken."""

from typing import Any

from .errors import BundleError

LEVEL = 19
_LARGEST_WINDOW = 27  # 128 MiB, what decoders accept by default
# A frame of 64 kB can claim the 256 MiB that a file may have; a shorter one, less.
MAX_RATIO = 4096


def zstandard() -> Any:
    """Returns the module, or says how to install it."""
    try:
        import zstandard as module
    except ImportError as error:
        raise ImportError(
            "Bundles are compressed with zstandard. Run: pip install zstandard"
        ) from error
    return module


def raw_dictionary(content: bytes) -> Any:
    """Returns bytes as a dictionary for zstd, as `zstd --patch-from` uses a file."""
    zstd = zstandard()
    kind = zstd.DICT_TYPE_RAWCONTENT
    return zstd.ZstdCompressionDict(content, dict_type=kind) if content else None


def pack_frame(content: bytes, dictionary: bytes = b"") -> bytes:
    """Returns one zstd frame that says how many bytes it holds.

    Example:

    >>> unpack_frame(pack_frame(b"abcabc", b"abc"), 6, b"abc")
    b'abcabc'
    """
    zstd = zstandard()
    total = len(content) + len(dictionary)
    parameters = zstd.ZstdCompressionParameters.from_level(
        LEVEL,
        source_size=total,
        window_log=min(_LARGEST_WINDOW, max(10, total.bit_length())),
        write_content_size=True,
        write_dict_id=False,
    )
    frame: bytes = zstd.ZstdCompressor(
        dict_data=raw_dictionary(dictionary), compression_params=parameters
    ).compress(content)
    return frame


def unpack_frame(frame: bytes, size: int, dictionary: bytes = b"") -> bytes:
    """Decompresses exactly one frame.

    Args:
        frame: the compressed bytes.
        size: how many bytes it must hold; the caller checks it against a limit.
        dictionary: the bytes that the frame may refer to.

    Raises:
        BundleError: when the frame is damaged, or holds another number of bytes.
    """
    zstd = zstandard()
    try:
        claimed = zstd.frame_content_size(frame)
        most = MAX_RATIO * len(frame) + len(dictionary)
        if claimed != size or size > most:
            raise BundleError(
                f"Expected a zstd frame of {size} bytes, at most {most}. "
                f"Received: one that claims {claimed}"
            )
        content: bytes = zstd.ZstdDecompressor(raw_dictionary(dictionary)).decompress(
            frame, max_output_size=size, allow_extra_data=False
        )
    except zstd.ZstdError as error:
        raise BundleError(f"A zstd frame is damaged: {error}") from error
    return content
