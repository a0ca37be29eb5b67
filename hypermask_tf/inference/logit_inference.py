"""What methods that look at logits only have in common."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hypermask_tf.inference.calibration import fit_temperature
from hypermask_tf.inference.task_inference import Arrays, Data, TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any


class LogitInference(TaskInference):
    """A method whose evidence is a function of each task's logits.

    Args:
        networks: All learned tasks' networks.
        temperature: Whether each task's logits are divided by a temperature that is
            fitted on its validation data. If not, nothing has to be fitted; what
            `fit` writes down makes probabilities of the evidence.
    """

    def __init__(self, networks: TaskNetworks, temperature: bool = False) -> None:
        super().__init__(networks)
        self.temperature = bool(temperature)
        self.needs_fit = self.temperature

    def evidence_of(self, logits: Tensor) -> Tensor:
        """From `(n, tasks, classes)` to `(n, tasks)`."""
        raise NotImplementedError

    def terms(self, outputs: TaskOutputs) -> Sequence[Tensor]:
        return [self.evidence_of(self.label_scores(outputs))]

    def label_scores(self, outputs: TaskOutputs) -> Tensor:
        if not self.temperature:
            return outputs.logits
        known = [self.statistics[t]["temperature"] for t in sorted(self.statistics)]
        known = known[: outputs.logits.shape[1]]
        scale = 1.0 / np.stack(known).astype("float32")
        return outputs.logits[:, : len(known)] * scale[None, :, None]

    def fit_task(
        self, task: int, x: np.ndarray, y: np.ndarray, held_out: Data
    ) -> Arrays:
        if not self.temperature:
            return {}
        parts = [part.logits[:, task] for part in self.networks.batches(held_out[0])]
        logits = np.concatenate(parts)[:, : self.networks.classes[task]]
        found = fit_temperature(logits.astype("float64"), np.asarray(held_out[1]))
        return {"temperature": np.float32(found)[...]}

    def get_config(self) -> dict[str, Any]:
        return {"temperature": self.temperature}
