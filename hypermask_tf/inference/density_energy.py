"""What the input looks like, and whether the task's network takes it for its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.inference import calibration
from hypermask_tf.inference.input_density import InputDensity
from hypermask_tf.inference.task_inference import Arrays
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any


class DensityEnergy(InputDensity):
    """Asks the density of the input, and each task's network whether it is its own.

    Evidence for a task is log density + a · log p, where p = Σ exp logits / (1 + Σ exp
    logits) is the chance that an input is of the task and not of none, as a network
    sees it that was learned with `SelfMadeOutliers`. As p is at most 1, a network can
    speak against an input, but hardly for it. Networks learned without say little.
    The factor a is fitted on a task's validation data when it was learned: the one
    under which these are told apart best from the tasks before, and of all tasks the
    geometric mean.

    Args:
        networks: All learned tasks' networks.
        shrinkage: Share of the covariances that is mean(variance)·I, 0 to 1.
        mode: `"task"`: the class is that of the chosen task's network; `"class"`: the
            class of the highest density.

    Raises:
        ValueError: If `shrinkage` or `mode` is out of range, or a class of the task
            has no sample.

    Example:

    ```python
    method = hm.inference.DensityEnergy(hm.inference.TaskNetworks(model))
    method.fit(0, *task.train, validation_data=task.validation)
    prediction = method.predict(x)
    ```

    Source: this library's own; the energy is that of Liu et al. 2020, "Energy-based
    out-of-distribution detection", equation 4.
    """

    name = "density_energy"

    @property
    def share(self) -> float:
        """The factor a; 1 while there is only one task."""
        fitted = [s["share"] for task, s in self.statistics.items() if task > 0]
        return float(np.exp(np.mean(np.log(fitted)))) if fitted else 1.0

    def evidence_of(self, outputs: TaskOutputs) -> Tensor:
        density, own = self._parts(outputs)
        return density + self.share * own

    def fit_outputs(self, task: int, outputs: Sequence[TaskOutputs]) -> Arrays:
        if task == 0:  # nothing to be told apart from
            return {"share": np.array(1.0, "float32")}
        found = [self._parts(part) for part in outputs]
        both = [
            np.concatenate([ops.convert_to_numpy(part) for part in parts])
            for parts in zip(*found, strict=True)
        ]
        upto = [part[:, : task + 1].astype("float64") for part in both]
        weights = calibration.fit_weights(upto, task)
        return {"share": np.array(weights[1] / weights[0], "float32")}

    def _parts(self, outputs: TaskOutputs) -> tuple[Tensor, Tensor]:
        """Density and log p, `(n, tasks)` each; of the tasks fitted so far."""
        density = super().evidence_of(outputs)
        energy = ops.logsumexp(outputs.logits, axis=-1)[:, : density.shape[1]]
        # Against "none of mine", whose logit is 0; an operation that LiteRT has.
        pair = ops.stack([energy, ops.zeros_like(energy)], axis=-1)
        return density, ops.log_softmax(pair, axis=-1)[..., 0]
