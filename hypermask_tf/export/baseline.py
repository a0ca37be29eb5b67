"""The dense network that a task's files are held against: no mask, float32."""

import dataclasses
from pathlib import Path
from typing import Any

from hypermask_tf.export.bake import count_macs, count_weights
from hypermask_tf.export.convert import ConversionJob, convert_files
from hypermask_tf.export.interpreter import make_interpreter
from hypermask_tf.export.measure.kernels import kernels
from hypermask_tf.export.measure.latency import Latency
from hypermask_tf.export.measure.sizes import zstd_bytes
from hypermask_tf.export.quantize.recipe import FLOAT32
from hypermask_tf.export.write.flatbuffer import pack, unpack
from hypermask_tf.export.write.slim import slim


@dataclasses.dataclass(frozen=True)
class Baseline:
    """The unmasked target of a run as a float32 file.

    Args:
        content: the bytes of the file.
        parameters: how many numbers its weights are.
        macs: multiply-accumulates of one prediction.
        latency: time of a prediction, once measured.
    """

    content: bytes = dataclasses.field(repr=False)
    parameters: int
    macs: int | None
    latency: Latency | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {
            "quantization": FLOAT32,
            "bytes": len(self.content),
            "zstd_bytes": zstd_bytes(self.content),
            "parameters": self.parameters,
            "macs": self.macs,
            "kernels": kernels(make_interpreter(self.content)).to_json(),
            "latency": None if self.latency is None else self.latency.to_json(),
        }


def dense_baseline(target: Any, folder: Path) -> Baseline:
    """Converts the target of a run with its weights as they are.

    Args:
        target: the Keras model that masks are laid over.
        folder: where working files go.

    Raises:
        ValueError: when it cannot be converted.
    """
    path = folder / "baseline.keras"
    target.save(path)
    shape = tuple(target.inputs[0].shape[1:])
    job = ConversionJob(path, folder / "baseline.tflite", FLOAT32, shape)
    for conversion in convert_files([job]):
        if conversion.error:
            raise ValueError(f"The dense baseline: {conversion.error}")
    model = unpack(job.tflite_path.read_bytes())
    slim(model)
    return Baseline(pack(model), count_weights(target).parameters, count_macs(target))
