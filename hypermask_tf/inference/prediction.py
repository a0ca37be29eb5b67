"""What is said of an input whose task nobody named."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Prediction:
    """Task, class, and how sure, for each of n inputs.

    Attributes:
        task: int `(n,)`; `np.array(model.task_names)[prediction.task]` are names.
        label: int `(n,)`: the class within the task.
        index: int `(n,)`: the class among the classes of all tasks, in order.
        confidence: float `(n,)` in 0..1: probability of this task and class, under
            the assumption that the input comes from one of the learned tasks.
        typicality: float `(n,)` in 0..1: share of the task's own validation data on
            which the evidence for the task is no stronger; near 0 for inputs from no
            task. NaN where the method was not fitted.
        posterior: float `(n, tasks)`: probability of each task.
    """

    task: np.ndarray
    label: np.ndarray
    index: np.ndarray
    confidence: np.ndarray
    typicality: np.ndarray
    posterior: np.ndarray

    def __len__(self) -> int:
        return len(self.task)
