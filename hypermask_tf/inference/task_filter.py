"""A running belief about the task of a stream."""

import numpy as np
from scipy import special

from hypermask_tf.inference import decisions, evidence
from hypermask_tf.inference.prediction import Prediction
from hypermask_tf.inference.task_inference import TaskInference


class TaskFilter:
    """Infers tasks of a stream in which the task rarely changes.

    The forward filter of a hidden Markov model: from one input to the next the task
    stays with probability `stay`, else it is any other. Evidence of past inputs
    counts until the task has probably changed. The belief is kept between calls.

    Args:
        method: A fitted `TaskInference`.
        stay: Probability that the next input comes from the same task, 0 to below 1.

    Raises:
        ValueError: If `stay` is out of range.

    Example:

    ```python
    stream = hm.inference.TaskFilter(method, stay=0.99)
    first = stream.predict(frames[:10])  # in the order in which they came
    next = stream.predict(frames[10:20])  # goes on from there
    stream.reset()
    ```

    Source: Rabiner 1989, "A tutorial on hidden Markov models", equations 19 and 20.
    """

    def __init__(self, method: TaskInference, stay: float = 0.95) -> None:
        if not 0.0 <= stay < 1.0:
            raise ValueError(
                "Expected `stay` to be a probability from 0 to below 1. "
                f"Received: stay={stay}"
            )
        self.method, self.stay = method, float(stay)
        self.reset()

    def reset(self) -> None:
        """Forgets the stream so far: every task is as likely as any other."""
        self._belief: np.ndarray | None = None

    def predict(self, x: np.ndarray, batch_size: int = 1000) -> Prediction:
        """Task, class and confidence of inputs in the order in which they came."""
        found = evidence.run(self.method.as_model(), x, batch_size)
        posterior = np.stack([self._update(row) for row in found.total])
        method = self.method
        return decisions.decide(
            found, posterior, method.networks.offsets, method.statistics
        )

    def _update(self, row: np.ndarray) -> np.ndarray:
        tasks = len(row)
        prior = np.full(tasks, 1.0 / tasks)
        belief = self._belief
        if belief is not None and tasks > 1:
            if len(belief) < tasks:  # a task was learned in the meantime
                belief = np.pad(belief, (0, tasks - len(belief)))
            prior = self.stay * belief + (1 - self.stay) * (1 - belief) / (tasks - 1)
        with np.errstate(divide="ignore"):
            self._belief = special.softmax(np.log(prior) + row)
        return self._belief
