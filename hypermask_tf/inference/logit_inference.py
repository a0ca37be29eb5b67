"""What methods that look at logits only have in common."""

from typing import Any

from hypermask_tf.inference.task_inference import TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any


class LogitInference(TaskInference):
    """A method whose evidence is a function of each task's logits.

    Args:
        networks: All learned tasks' networks.
        temperature: Whether evidence is that of logits divided by each task's
            temperature. If not, nothing has to be fitted; what `fit` writes down makes
            probabilities of evidence and scores, and tells what is unusual.
    """

    def __init__(self, networks: TaskNetworks, temperature: bool = False) -> None:
        super().__init__(networks)
        self.temperature = bool(temperature)
        self.needs_fit = self.temperature

    def of_logits(self, logits: Tensor) -> Tensor:
        """From `(n, tasks, classes)` to `(n, tasks)`."""
        raise NotImplementedError

    def evidence_of(self, outputs: TaskOutputs) -> Tensor:
        logits = outputs.logits
        if self.temperature:
            scale = 1.0 / self.temperatures(logits.shape[1])
            logits = logits * scale[None, :, None]
        return self.of_logits(logits)

    def get_config(self) -> dict[str, Any]:
        return {"temperature": self.temperature}
