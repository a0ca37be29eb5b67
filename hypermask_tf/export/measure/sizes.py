"""How many bytes a file takes, stored and sent."""

import gzip


def gzip_bytes(content: bytes) -> int:
    """Returns the size after gzip at its highest level."""
    return len(gzip.compress(content, 9, mtime=0))


def zstd_bytes(content: bytes) -> int:
    """Returns the size after zstandard at level 19: what is sent to a device.

    Raises:
        ImportError: when `zstandard` is missing.
    """
    try:
        import zstandard
    except ImportError as error:
        raise ImportError(
            f"Compressed sizes need zstandard: pip install zstandard==0.25.0 ({error})"
        ) from error
    return len(zstandard.ZstdCompressor(level=19).compress(content))
