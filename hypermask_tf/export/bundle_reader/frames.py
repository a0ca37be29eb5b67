"""Zstandard frames whose length is known before any memory is taken."""

from typing import Any

from .errors import BundleError


def zstandard() -> Any:
    """Returns the module.

    Raises:
        ImportError: when it is not installed, with the command that installs it.
    """
    try:
        import zstandard as module
    except ImportError as error:
        raise ImportError(
            "Bundles are compressed with zstandard. Run: pip install zstandard"
        ) from error
    return module


def raw_dictionary(content: bytes) -> Any:
    """Returns earlier bytes as something that a frame may refer to."""
    zstd = zstandard()
    return zstd.ZstdCompressionDict(content, dict_type=zstd.DICT_TYPE_RAWCONTENT)


def unpack_frame(stored: bytes, size: int, dictionary: bytes = b"") -> bytes:
    """Decompresses one frame that says itself that it holds `size` bytes.

    Args:
        stored: exactly one frame.
        size: how many bytes it must hold; the caller has checked it against a limit.
        dictionary: the bytes before the frame, which it may refer to.

    Raises:
        BundleError: when the frame is damaged, or holds another number of bytes.
    """
    zstd = zstandard()
    try:
        if zstd.frame_content_size(stored) != size:
            raise BundleError(
                f"Expected a zstd frame of {size} bytes. Received: one that says "
                f"{zstd.frame_content_size(stored)}"
            )
        known = raw_dictionary(dictionary) if dictionary else None
        content: bytes = zstd.ZstdDecompressor(dict_data=known).decompress(
            stored, max_output_size=size, allow_extra_data=False
        )
    except zstd.ZstdError as error:
        raise BundleError(f"A compressed part is damaged: {error}") from error
    if len(content) != size:
        raise BundleError(
            f"Expected a zstd frame of {size} bytes. Received: {len(content)}"
        )
    return content
