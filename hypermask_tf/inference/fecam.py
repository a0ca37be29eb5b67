"""Class prototypes and covariances on each task's own features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.inference import prototypes
from hypermask_tf.inference.input_density import by_class, by_task, check_mode
from hypermask_tf.inference.task_inference import Arrays, TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any


class FeCAM(TaskInference):
    """Mahalanobis distances to class prototypes, as the paper uses them.

    Features are the input of the last layer, of each class under its own task's mask.
    The covariance of a class is shrunk, C + a·mean(diagonal)·I + b·mean(off-diagonal
    entries that are not 0)·(1 − I), and turned into a correlation matrix R. The
    distance of an input is δᵀ·R⁺·δ, δ being its feature less the prototype, each
    divided by its length. Evidence for a task is minus the least distance to its
    classes. A mask that drifts may switch off other units later; features are matched
    by unit, and one that is no longer computed counts as 0.

    Args:
        networks: All learned tasks' networks.
        mode: `"class"`: the nearest class of all; `"task"`: the class is what the
            network of the nearest class's task says.
        tukey: Power that non-negative features are raised to first, 0.5 in FeCAM;
            None to leave them, as HyperMask's authors do.
        shrinkage: `(a, b)`.

    Raises:
        ValueError: If an argument is out of range, or a class has no sample, or
            `tukey` meets a negative feature.

    Example:

    ```python
    method = hm.inference.FeCAM(hm.inference.TaskNetworks(model), tukey=0.5)
    method.fit(0, *task.train, validation_data=task.validation)
    prediction = method.predict(x)
    ```

    Source: Goswami et al. 2023, "FeCAM: exploiting the heterogeneity of class
    distributions in exemplar-free continual learning", equations 2 to 8, in the form of
    HyperMask's authors, arXiv 2310.00113.
    """

    name = "fecam"
    needs_fit = True

    def __init__(
        self,
        networks: TaskNetworks,
        mode: str = "class",
        tukey: float | None = None,
        shrinkage: Sequence[float] = (1.0, 1.0),
    ) -> None:
        check_mode(mode)
        if tukey is not None and not 0.0 < tukey <= 1.0:
            raise ValueError(
                "Expected `tukey` to be None or a power above 0, up to 1. "
                f"Received: tukey={tukey}"
            )
        if len(shrinkage) != 2 or min(shrinkage) < 0:
            raise ValueError(
                "Expected `shrinkage` to be two numbers that are not negative. "
                f"Received: shrinkage={shrinkage}"
            )
        super().__init__(networks)
        self.mode, self.tukey = mode, tukey
        self.shrinkage = (float(shrinkage[0]), float(shrinkage[1]))

    def evidence_of(self, outputs: TaskOutputs) -> Tensor:
        return ops.max(-self.distances(outputs), axis=-1)

    def label_scores(self, outputs: TaskOutputs) -> Tensor:
        return -self.distances(outputs) if self.mode == "class" else outputs.logits

    def distances(self, outputs: TaskOutputs) -> Tensor:
        """To every class of every task, `(n, tasks, classes)`."""
        known = [self.statistics[task] for task in sorted(self.statistics)]
        known = known[: self.networks.num_tasks]
        parts, counts = [], []
        for task, (statistics, features) in enumerate(
            zip(known, outputs.features, strict=False)
        ):
            features = prototypes.matched(
                features,
                self.networks.networks[task].positions,
                statistics["positions"],
            )
            unit = prototypes.unit_length(self._transformed(features))
            means = statistics["prototypes"]
            counts.append(len(means))
            inverses = self.derived(
                task,
                statistics["correlations"],
                lambda packed: [prototypes.pseudo_inverse(row) for row in packed],
            )
            for mean, inverse in zip(means, inverses, strict=True):
                # float32 in, float32 out: a mean of length 1, then differences.
                delta = unit - prototypes.normalised(mean)
                product = ops.matmul(delta, inverse)
                parts.append(ops.sum(product * delta, axis=-1))
        return -by_task(-ops.stack(parts, axis=1), counts)

    def _transformed(self, features: Tensor) -> Tensor:
        if self.tukey is None:
            return features
        return ops.power(ops.maximum(features, 0.0), self.tukey)

    def fit_task(self, task: int, x: np.ndarray, y: np.ndarray) -> Arrays:
        features, _ = self.networks.task_features(task, x)
        if self.tukey is not None and features.min() < 0:
            raise ValueError(
                "Tukey's transform is for features that are not negative, behind ReLU "
                f"for instance. Received: features down to {features.min():.3g}. "
                "Use tukey=None."
            )
        rows = by_class(features, y, self.networks.classes[task], task)
        if self.tukey is not None:
            rows = [part**self.tukey for part in rows]
        return {
            "positions": self.networks.networks[task].positions.astype("uint32"),
            "prototypes": np.stack([part.mean(axis=0) for part in rows]),
            "correlations": np.stack(
                [prototypes.correlation(part, self.shrinkage) for part in rows]
            ),
        }

    def get_config(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "tukey": self.tukey,
            "shrinkage": list(self.shrinkage),
        }
