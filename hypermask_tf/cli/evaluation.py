"""What a replay of a run says about inference of unknown tasks, as numbers."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf.cli.answers import COVERAGES, Answers
from hypermask_tf.cli.evaluation_data import Data
from hypermask_tf.inference import Replayed, TaskInference
from hypermask_tf.inference import evidence as evidences

# Inputs whose evidence is pooled, and inputs of a timed call.
POOL, TIMED = 16, 1000


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
