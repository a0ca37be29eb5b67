"""Logarithmic mel features of sound."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

# Added to energies: silence has a logarithm.
FLOOR = 1e-6
_AT_ONCE = 256


def log_mel(
    waves: npt.NDArray[Any], *, sample_rate: int, bands: int = 40
) -> npt.NDArray[np.float32]:
    """The features that speech commands are told by: energy by time and pitch.

    `keras.layers.MelSpectrogram` on frames of about 32 ms, half overlapping, then the
    natural logarithm of its energies plus 1e-6. The export of a run writes a file that
    computes the same on the device.

    Args:
        waves: Samples in -1..1, `(n, time)` or `(n, time, 1)`.
        sample_rate: Samples a second.
        bands: Number of mel bands.

    Returns:
        Features `(n, frames, bands)`, float32.

    Raises:
        ValueError: If the waves are shorter than a frame.

    Example:

    >>> log_mel(np.zeros((2, 16000)), sample_rate=16000).shape
    (2, 63, 40)
    """
    length = frame_length(sample_rate)
    samples = waves.reshape(len(waves), -1).astype(np.float32)
    if samples.shape[1] < length:
        raise ValueError(
            f"Expected waves of at least {length} samples, a frame of 32 ms. Received: "
            f"{samples.shape[1]} samples. Take a longer window."
        )
    layer = mel_spectrogram(sample_rate=sample_rate, bands=bands)
    parts = [
        np.asarray(keras.ops.convert_to_numpy(layer(samples[i : i + _AT_ONCE])))
        for i in range(0, max(1, len(samples)), _AT_ONCE)
    ]
    energies = np.concatenate(parts)
    return np.log(energies.transpose(0, 2, 1) + np.float32(FLOOR)).astype(np.float32)


def mel_spectrogram(*, sample_rate: int, bands: int = 40) -> keras.Layer:
    """The layer that gives the energies, `(n, bands, frames)`."""
    length = frame_length(sample_rate)
    return keras.layers.MelSpectrogram(
        fft_length=length,
        sequence_stride=length // 2,
        sampling_rate=sample_rate,
        num_mel_bins=bands,
        max_freq=sample_rate / 2,
        power_to_db=False,  # its decibels depend on the loudest sample of a batch
    )


def frame_length(sample_rate: int) -> int:
    """Samples of a frame: the power of two next to 32 ms.

    Example:

    >>> frame_length(16000), frame_length(8000)
    (512, 256)
    """
    return int(2 ** round(np.log2(0.032 * sample_rate)))
