"""The steps from a wave to the input of a network, as a graph for the converter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.front_end.fourier import Fourier
from hypermask_tf.export.saved_model import SIGNATURE
from hypermask_tf.scenarios.log_mel import FLOOR, frame_length, mel_spectrogram

INPUT_NAME = "wave"
OUTPUT_NAME = "features"
# More frames at a time take more working memory, fewer a larger file: of a second at
# 16 kHz, all 63 frames take 418 kB in TensorFlow Lite Micro, 16 take 196 kB, 8 take
# 171 kB, in files of 60, 68 and 78 kB. In LiteRT all are equally fast.
FRAMES_AT_A_TIME = 16


def write_log_mel(folder: Path, window: int, preprocessing: Mapping[str, Any]) -> None:
    """Writes a SavedModel from a wave, `(1, window)`, to `(1, frames, bands)`.

    Keras's layer converts too, but to complex numbers (`RFFT2D`), which TensorFlow
    Lite Micro does not know; it takes twice as long in LiteRT. These are real numbers.

    Args:
        folder: Where to.
        window: Samples of a wave.
        preprocessing: Steps of `scenarios.preprocess`: `log_mel`, and `scale` and
            `offset` where they are there.
    """
    import tensorflow as tf

    features = _LogMel(**preprocessing["log_mel"])
    scale, offset = (
        np.asarray(preprocessing.get(name, default), np.float32)
        for name, default in (("scale", 1.0), ("offset", 0.0))
    )

    def serve(wave: Any) -> dict[str, Any]:
        return {OUTPUT_NAME: features(wave)[None] * scale + offset}

    module = tf.Module()
    module.serve = tf.function(
        serve,
        input_signature=[tf.TensorSpec((1, window), tf.float32, name=INPUT_NAME)],
    )
    signatures = {SIGNATURE: module.serve}
    tf.saved_model.save(module, str(folder), signatures=signatures)


class _LogMel:
    """What `scenarios.log_mel` computes, for one wave."""

    def __init__(self, **options: Any) -> None:
        length = frame_length(options["sample_rate"])
        layer = mel_spectrogram(**options)
        mel = layer.linear_to_mel_weight_matrix(
            num_mel_bins=layer.num_mel_bins,
            num_spectrogram_bins=length // 2 + 1,
            sampling_rate=layer.sampling_rate,
            lower_edge_hertz=layer.min_freq,
            upper_edge_hertz=layer.max_freq,
        )
        self._hop = length // 2
        # As Keras makes it: 0 at the first sample, not at the last.
        self._hann = np.hanning(length + 1)[:-1].astype(np.float32)
        self._fourier = Fourier(length)
        self._mel = self._fourier.in_order(np.asarray(mel))

    def __call__(self, wave: Any) -> Any:
        import tensorflow as tf

        hop, at_a_time = self._hop, FRAMES_AT_A_TIME
        count = wave.shape[1] // hop + 1
        # Frames are centred: the wave is mirrored at both ends.
        padded = tf.pad(wave, [[0, 0], [hop, hop]], mode="REFLECT")
        halves = tf.reshape(padded[:, : (count + 1) * hop], (count + 1, hop))
        parts = [
            self._energies(halves[i : min(i + at_a_time, count) + 1])
            for i in range(0, count, at_a_time)
        ]
        return tf.math.log(tf.concat(parts, axis=0) + np.float32(FLOOR))

    def _energies(self, halves: Any) -> Any:
        """Mel energies of frames, each of two halves in a row."""
        import tensorflow as tf

        frames = tf.concat([halves[:-1], halves[1:]], axis=1) * self._hann
        return tf.matmul(self._fourier.power(frames), self._mel)
