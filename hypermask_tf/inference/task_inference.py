"""The interface of all methods that infer an input's task."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from scipy import special

from hypermask_tf.inference import decisions, evidence, fitting, storage
from hypermask_tf.inference.evidence import Evidence
from hypermask_tf.inference.prediction import Prediction
from hypermask_tf.inference.task_networks import TaskNetworks
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any
Arrays = dict[str, np.ndarray]
Data = tuple[np.ndarray, np.ndarray]


class TaskInference:
    """Says which task an input comes from, which class it has, and how sure that is.

    A method gives every task *evidence*, a number that is higher the better an input
    fits the task. `fit`, called right after a task was learned, writes down the
    statistics that the method needs, the temperature that makes probabilities of the
    classes' scores, and the weight that makes probabilities of evidence: the one under
    which this task's validation data are told apart best from the tasks before it.
    Statistics are all that is kept.

    Subclasses set `name`, say what evidence is with `evidence_of`, and perhaps what is
    to be written down with `fit_task` and what the classes' scores are with
    `label_scores`.

    Args:
        networks: All learned tasks' networks; an attribute, to be assigned anew after
            a further task was learned.

    Raises:
        ValueError: If tasks are not fitted in order, or not all are when `predict`
            needs them.

    Example:

    >>> import hypermask_tf as hm
    >>> dense = keras.layers.Dense
    >>> target = keras.Sequential([keras.Input((4,)), dense(8, "relu"), dense(2)])
    >>> model = hm.HyperMask(target, 2, hm.UnitMasks(sparsity=50))
    >>> x, y = np.random.rand(20, 4).astype("float32"), np.arange(20) % 2
    >>> model.begin_task(0)  # in real life: model.fit(x, y, task=0)
    >>> method = hm.inference.InputDensity(hm.inference.TaskNetworks(model))
    >>> method.fit(0, x, y)
    >>> model.begin_task(1)
    >>> method.networks = hm.inference.TaskNetworks(model)
    >>> method.fit(1, x + 5, y)
    >>> method.predict(x + 5).task.tolist() == [1] * 20
    True
    """

    name = ""
    # Whether statistics of every task are needed before anything can be said.
    needs_fit = False

    def __init__(self, networks: TaskNetworks) -> None:
        self.statistics: dict[int, Arrays] = {}
        self._derived: dict[Any, tuple[np.ndarray, Any]] = {}
        self.networks = networks

    # ---- what a method is; in `keras.ops`, so that it is compiled ----

    def evidence_of(self, outputs: TaskOutputs) -> Tensor:
        """Evidence for every task, `(n, tasks)`, before it is weighted."""
        raise NotImplementedError

    def label_scores(self, outputs: TaskOutputs) -> Tensor:
        """Scores of the classes of every task, `(n, tasks, classes)`."""
        return outputs.logits

    def fit_task(self, task: int, x: np.ndarray, y: np.ndarray) -> Arrays:
        """Statistics of a task by name."""
        del task, x, y
        return {}

    def fit_outputs(self, task: int, outputs: Sequence[TaskOutputs]) -> Arrays:
        """Further statistics, from what all networks say of its validation data."""
        del task, outputs
        return {}

    def get_config(self) -> dict[str, Any]:
        """The arguments, but for the networks, as JSON can hold them."""
        return {}

    # ---- what is the same for all ----

    @property
    def networks(self) -> TaskNetworks:
        """All learned tasks' networks."""
        return self._networks

    @networks.setter
    def networks(self, networks: TaskNetworks) -> None:
        self._networks, self._compiled = networks, None

    def fit(
        self,
        task: int | str,
        x: np.ndarray,
        y: np.ndarray,
        validation_data: Data | None = None,
    ) -> None:
        """Writes down the statistics of a task, right after it was learned.

        Args:
            task: The next task in order, or one fitted before, by index or name.
            x: Its training data, `(n, ...)`.
            y: Labels within the task, `(n,)`.
            validation_data: `(x, y)` that training did not see, for all that is
                calibrated. By default `x, y`, which makes it too confident.
        """
        task = self.networks.index(task)
        decisions.check_fit(self, task, x, y)
        x = np.asarray(x)
        held_out = (x, y) if validation_data is None else validation_data
        held_out = (np.asarray(held_out[0]), held_out[1])
        before = dict(self.statistics)
        try:
            self.statistics[task] = self.fit_task(task, x, y)
            outputs = self.networks.all_outputs(held_out[0])
            known = self.statistics[task]
            known |= self.fit_outputs(task, outputs)
            known["temperature"] = fitting.temperature(self, task, outputs, held_out[1])
            known |= fitting.calibrated(self, task, outputs)
        except Exception:
            self.statistics = before
            raise
        self._compiled = None

    @property
    def weight(self) -> float:
        """Factor on evidence: the geometric mean over tasks but the first."""
        fitted = [s["weight"] for task, s in self.statistics.items() if task > 0]
        return float(np.exp(np.mean(np.log(fitted)))) if fitted else 1.0

    def evidence(self, outputs: TaskOutputs) -> Evidence:
        """What the method makes of the networks' outputs."""
        own = self.evidence_of(outputs)
        return Evidence(self.weight * own, own, self.scores(outputs))

    def scores(self, outputs: TaskOutputs) -> Tensor:
        """`label_scores`, each task's divided by its temperature."""
        scores = self.label_scores(outputs)
        return scores * (1.0 / self.temperatures(scores.shape[1]))[None, :, None]

    def derived(
        self, key: Any, packed: np.ndarray, derive: Callable[[np.ndarray], Any]
    ) -> Any:
        """What `derive` makes of statistics, once, for it may invert matrices."""
        known = self._derived.get(key)
        if known is None or known[0] is not packed:
            known = self._derived[key] = (packed, derive(packed))
        return known[1]

    def temperatures(self, count: int) -> np.ndarray:
        """Temperatures of the first tasks, 1 where none was fitted; float32."""
        known = [self.statistics.get(task, {}) for task in range(count)]
        return np.array([s.get("temperature", 1.0) for s in known], "float32")

    def as_model(self) -> keras.Model:
        """A plain Keras model from inputs to the parts of `Evidence`."""
        decisions.check_fitted(self)
        if self._compiled is None:
            self._compiled = evidence.evidence_model(self)
        return self._compiled

    def predict(
        self, x: np.ndarray, pooled: bool = False, batch_size: int = 1000
    ) -> Prediction:
        """Task, class and confidence of every input.

        Args:
            x: Inputs, `(n, ...)`.
            pooled: Whether all of `x` is known to come from one task: evidence is then
                added up.
            batch_size: Inputs per compiled call.
        """
        return self.decide(evidence.run(self.as_model(), x, batch_size), pooled)

    def decide(self, found: Evidence, pooled: bool = False) -> Prediction:
        """The prediction that follows from evidence, as arrays."""
        total = found.total.sum(axis=0, keepdims=True) if pooled else found.total
        posterior = np.broadcast_to(special.softmax(total, axis=-1), found.total.shape)
        offsets = self.networks.offsets
        return decisions.decide(found, posterior, offsets, self.statistics)

    def accepts(self, prediction: Prediction, coverage: float = 0.95) -> np.ndarray:
        """Which predictions to keep, so that `coverage` of validation data are kept.

        Args:
            prediction: What `predict` said.
            coverage: Share to keep, above 0 and up to 1.

        Returns:
            bool `(n,)`; False is to abstain.
        """
        return decisions.accepted(prediction, self.statistics, coverage)

    def thresholds(self, coverage: float = 0.95) -> list[dict[str, float]]:
        """What `accepts` asks for: least `confidence` and `evidence` of every task."""
        decisions.check_fitted(self)
        return decisions.thresholds(self.statistics, coverage)

    @property
    def nbytes(self) -> int:
        """Bytes of all statistics."""
        return sum(a.nbytes for s in self.statistics.values() for a in s.values())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes arguments and statistics to one `.npz` file for `inference.load`."""
        storage.save(self, path)
