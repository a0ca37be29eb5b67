"""What a replay of a run says about inference of unknown tasks, as numbers."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf.inference import Prediction, Replayed, TaskInference
from hypermask_tf.inference import evidence as evidences
from hypermask_tf.inference.measures import (
    Reliability,
    accuracy_at_coverage,
    confusion,
    reliability,
)

Data = tuple[np.ndarray, np.ndarray]
COVERAGES = np.linspace(0.05, 1.0, 20)
# Inputs whose evidence is pooled, and inputs of a timed call.
POOL, TIMED = 16, 1000


@dataclasses.dataclass(frozen=True)
class Answers:
    """What one method said of the inputs of every task, and what was true."""

    predictions: list[Prediction]
    pooled: list[Prediction]
    labels: list[np.ndarray]

    @property
    def task_accuracy(self) -> list[float]:
        """Share of each task's inputs whose task was inferred."""
        return [_mean(p.task == t) for t, p in enumerate(self.predictions)]

    @property
    def accuracy(self) -> list[float]:
        """Share of each task's inputs whose task and class are right."""
        return [_mean(right) for right in self.right]

    @property
    def pooled_task_accuracy(self) -> float:
        """Share of batches whose task was inferred, mean over tasks."""
        return float(np.mean([_mean(p.task == t) for t, p in enumerate(self.pooled)]))

    @property
    def right(self) -> list[np.ndarray]:
        pairs = zip(self.predictions, self.labels, strict=True)
        return [(p.task == t) & (p.label == y) for t, (p, y) in enumerate(pairs)]

    @property
    def all_right(self) -> np.ndarray:
        return np.concatenate(self.right)

    @property
    def confidence(self) -> np.ndarray:
        return np.concatenate([p.confidence for p in self.predictions])

    @property
    def reliability(self) -> Reliability:
        return reliability(self.confidence, self.all_right)

    @property
    def curve(self) -> np.ndarray:
        """Class-incremental accuracy at each of `COVERAGES`."""
        return accuracy_at_coverage(self.confidence, self.all_right, COVERAGES)

    @property
    def confusion(self) -> np.ndarray:
        true = np.repeat(np.arange(len(self.labels)), [len(y) for y in self.labels])
        inferred = np.concatenate([p.task for p in self.predictions])
        return confusion(true, inferred, len(self.labels))


class AfterEachTask:
    """Accuracies of every method after every task; every task counts the same.

    Args:
        names: The methods.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._known: list[float] = []
        self._accuracy: dict[str, list[float]] = {name: [] for name in names}
        self._task: dict[str, list[float]] = {name: [] for name in names}

    def add(self, answers: Mapping[str, Answers], known: Sequence[float]) -> None:
        """What was said after a further task, and accuracies with the task known."""
        self._known.append(float(np.mean(known)))
        for name, said in answers.items():
            self._accuracy[name].append(float(np.mean(said.accuracy)))
            self._task[name].append(float(np.mean(said.task_accuracy)))

    def results(self) -> dict[str, Any]:
        """For `results.json`, without the prefix of the keys."""
        return {
            "known_task_accuracy": self._known,
            "accuracy": self._accuracy,
            "task_accuracy": self._task,
        }


def ask(step: Replayed, data: Sequence[Data]) -> tuple[dict[str, Answers], list[float]]:
    """Every method about the data of the tasks so far; all networks run once.

    Returns:
        Answers by method, and the accuracy on every task with its identity known.
    """
    answers = {name: Answers([], [], []) for name in step.methods}
    known = []
    for task, (x, y) in enumerate(data):
        outputs = list(step.networks.batches(x))
        logits = np.concatenate([part.logits[:, task] for part in outputs])
        known.append(_mean(logits.argmax(axis=-1) == y))
        for name, method in step.methods.items():
            found = evidences.joined(
                [evidences.from_outputs(method, part) for part in outputs]
            )
            answers[name].predictions.append(method.decide(found))
            answers[name].pooled.append(method.decide(_pooled(found)))
            answers[name].labels.append(np.asarray(y))
    return answers, known


def _pooled(found: evidences.Evidence) -> evidences.Evidence:
    """Evidence summed over groups of `POOL` inputs; the rest is left out."""
    pool = min(POOL, len(found.total))
    count = len(found.total) // pool
    total = found.total[: count * pool].reshape(count, pool, -1).sum(axis=1)
    return found._replace(
        total=total, own=found.own[:count], scores=found.scores[:count]
    )


def abstention(method: TaskInference, x: np.ndarray, coverage: float) -> float:
    """Share of inputs that the method does not answer at that coverage."""
    return 1.0 - _mean(method.accepts(method.predict(x), coverage))


def kept(answers: Answers, method: TaskInference, coverage: float) -> dict[str, float]:
    """What is answered at the stated coverage, and how well."""
    accepted = np.concatenate(
        [method.accepts(p, coverage) for p in answers.predictions]
    )
    right = answers.all_right[accepted]
    return {
        "kept": _mean(accepted),
        "accuracy_of_kept": _mean(right) if len(right) else 0.0,
    }


def milliseconds(model: Any, x: np.ndarray) -> float:
    """Of one input in a compiled call on `TIMED`, the fastest of five calls."""
    batch = np.resize(x, (TIMED, *x.shape[1:]))
    model.predict_on_batch(batch)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        model.predict_on_batch(batch)
        times.append(time.perf_counter() - start)
    return 1000 * min(times) / TIMED


def noise_like(data: Sequence[Data], seed: int = 0) -> np.ndarray:
    """A thousand inputs of independent noise with the data's mean and deviation."""
    x = np.concatenate([part[:200] for part, _ in data])
    random = np.random.default_rng(seed)
    return random.normal(x.mean(), x.std(), (1000, *x.shape[1:])).astype("float32")


def final_results(
    step: Replayed,
    answers: Mapping[str, Answers],
    unknown: Mapping[str, np.ndarray],
    coverage: float,
    x: np.ndarray,
) -> dict[str, Any]:
    """For `results.json`: the methods after the last task; keys without prefix."""
    methods, tasks = step.methods, step.networks.num_tasks
    each = {name: (answers[name], method) for name, method in methods.items()}
    return {
        "per_task": {
            name: {"task_accuracy": a.task_accuracy, "accuracy": a.accuracy}
            for name, a in answers.items()
        },
        "calibration_error": {name: a.reliability.error for name, a in answers.items()},
        "pooled": {
            "inputs": POOL,
            "task_accuracy": {n: a.pooled_task_accuracy for n, a in answers.items()},
        },
        "coverage": {
            "wanted": coverage,
            **{name: kept(a, method, coverage) for name, (a, method) in each.items()},
        },
        "accuracy_at_coverage": {
            "coverage": COVERAGES.tolist(),
            **{name: a.curve.tolist() for name, a in answers.items()},
        },
        "abstention": {
            name: {k: abstention(method, v, coverage) for k, v in unknown.items()}
            for name, method in methods.items()
        },
        "ms_per_input": {
            "networks": milliseconds(step.networks.model, x),
            **{n: milliseconds(m.as_model(), x) for n, m in methods.items()},
        },
        "bytes_per_task": {
            name: method.nbytes / tasks for name, method in methods.items()
        },
    }


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values))
