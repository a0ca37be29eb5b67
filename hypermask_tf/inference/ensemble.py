"""Evidence of several methods, added up."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hypermask_tf.inference.entropy import Entropy
from hypermask_tf.inference.input_density import InputDensity
from hypermask_tf.inference.task_inference import Arrays, TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any


class Ensemble(TaskInference):
    """The density of the input, and how sure the tasks' networks are.

    Evidence is a·log density − b·entropy. The weights are fitted whenever a task was
    learned, on its validation data: they are those under which its samples are told
    apart best from the tasks before it, and their geometric mean over tasks counts.

    Args:
        networks: All learned tasks' networks.
        shrinkage: As in `InputDensity`.

    Example:

    ```python
    method = hm.inference.Ensemble(hm.inference.TaskNetworks(model))
    method.fit(0, *task.train, validation_data=task.validation)
    prediction = method.predict(x)
    ```

    Source: this library's own; weighted sums of log probabilities are logarithmic
    opinion pools, Genest and Zidek 1986.
    """

    name = "ensemble"
    needs_fit = True

    def __init__(self, networks: TaskNetworks, shrinkage: float = 0.01) -> None:
        self._density = InputDensity(networks, shrinkage)
        self._entropy = Entropy(networks)
        super().__init__(networks)
        self.shrinkage = self._density.shrinkage

    def terms(self, outputs: TaskOutputs) -> Sequence[Tensor]:
        self._density.networks = self.networks
        self._density.statistics = self.statistics
        [density], [entropy] = (
            self._density.terms(outputs),
            self._entropy.terms(outputs),
        )
        return [density, entropy[:, : density.shape[1]]]

    def fit_task(self, task: int, x: np.ndarray, y: np.ndarray) -> Arrays:
        self._density.networks = self.networks
        return self._density.fit_task(task, x, y)

    def get_config(self) -> dict[str, Any]:
        return {"shrinkage": self.shrinkage}
