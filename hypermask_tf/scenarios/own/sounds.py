"""Sounds in folders."""

import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import signal
from scipy.io import wavfile

from hypermask_tf.scenarios.own.listing import OwnFile


def read_sounds(
    found: Sequence[OwnFile], sample_rate: int | None = None
) -> tuple[list[np.ndarray], int]:
    """Reads WAV files: one channel, the mean of all, at one rate.

    Args:
        found: The files.
        sample_rate: Samples a second to which all are brought
            (`scipy.signal.resample_poly`); None for sounds of one rate.

    Returns:
        Waves in -1..1, `(time, 1)` each, and their rate.

    Raises:
        ValueError: If one cannot be read, is empty, holds numbers that are not finite,
            or they differ in rate.
    """
    read = [_read(file.path) for file in found]
    rates = {rate: file.path for (rate, _), file in zip(read, found, strict=True)}
    if sample_rate is None and len(rates) > 1:
        (one, path), (other, path_2) = list(rates.items())[:2]
        raise ValueError(
            "Expected sounds of one sampling rate, or a rate to bring them to. "
            f"Received: {path} of {one} Hz and {path_2} of {other} Hz. Pass "
            "--sample_rate=16000 (sample_rate=16000)."
        )
    wanted = sample_rate or next(iter(rates))
    return [_resampled(wave, rate, wanted)[:, None] for rate, wave in read], wanted


def _read(path: Path) -> tuple[int, np.ndarray]:
    try:
        with warnings.catch_warnings():
            # Chunks that hold no sound, such as the name of a program.
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            rate, wave = wavfile.read(path)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(
            f"Expected a WAV file. Received: {path} ({error}). Save it again as 16 bit "
            "PCM, or remove it."
        ) from error
    if not len(wave):
        raise ValueError(
            f"Expected sound in {path}. Received: no samples. Record it again, or "
            "remove it."
        )
    values = _floats(wave)
    if not np.isfinite(values).all():
        raise ValueError(
            f"Expected finite numbers in {path}. Received: NaN or infinity. Record it "
            "again, or remove it."
        )
    return int(rate), values.mean(axis=1) if values.ndim > 1 else values


def _floats(wave: np.ndarray) -> np.ndarray:
    """Values in -1..1."""
    if wave.dtype == np.uint8:
        return (wave.astype(np.float32) - 128) / 128
    if wave.dtype.kind == "i":
        return wave.astype(np.float32) / -float(np.iinfo(wave.dtype).min)
    return wave.astype(np.float32)


def _resampled(wave: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    if rate == wanted:
        return wave
    common = math.gcd(rate, wanted)
    made = signal.resample_poly(wave, wanted // common, rate // common)
    return np.asarray(made, np.float32)
