"""The outputs of a user's network: what they are called, judged by and held against."""

import dataclasses
from typing import Any

import numpy as np

from hypermask_tf.export import gate_rules, loss_kinds
from hypermask_tf.export.from_python import given_arrays
from hypermask_tf.export.from_python.choices import GateChoice, by_output
from hypermask_tf.export.interface import Port
from hypermask_tf.export.judge import Judge


@dataclasses.dataclass(frozen=True)
class GivenOutputs:
    """The outputs of a network.

    Args:
        keys: what the user calls them, in the order in which Keras flattens them.
        ports: what the file calls them, and their shapes.
        losses: what each was learned with; `None` for nothing.
        labels: names of the values of each; `None` where nobody has given any.
        gate: what decides.
    """

    keys: tuple[str, ...]
    ports: tuple[Port, ...]
    losses: tuple[Any, ...]
    labels: tuple[tuple[str, ...] | None, ...]
    gate: GateChoice

    def judged(
        self, y: Any, examples: int, decides: bool = True
    ) -> tuple[dict[str, Judge], list[np.ndarray]]:
        """Returns what judges each output, and targets in the form that it takes.

        Args:
            y: nested targets.
            examples: how many there should be.
            decides: whether they decide, or are only reported.

        Raises:
            ValueError: when targets do not fit, or nothing says how to judge.
        """
        drops = by_output(self.gate.max_drop, self.keys, "max_drop", shared=True)
        judges, targets = {}, []
        for i, part in enumerate(given_arrays.parts(y, self.keys, "targets")):
            _check_numbers(part, examples, self.keys[i])
            judge, target = self._judge(i, part)
            targets.append(target)
            if judge is None:
                continue
            if decides and judge.metric == "r2_score":
                _check_varied(target)
            judges[self.ports[i].name] = dataclasses.replace(judge, max_drop=drops[i])
        return judges, targets

    def label_entries(self, y: Any) -> tuple[dict[str, Any], ...]:
        """Returns what files say of the outputs' values.

        Classes that nobody has named are named by their numbers.
        """
        entries = []
        for i, part in enumerate(given_arrays.parts(y, self.keys, "targets")):
            names = self.labels[i]
            if names is None:
                names = self._numbered(i, part)
            own = {"output": self.ports[i].name} if len(self.ports) > 1 else {}
            entries += [
                {"index": index, "class": index, "name": name, **own}
                for index, name in enumerate(names)
            ]
        return tuple(entries)

    def _numbered(self, i: int, y: np.ndarray) -> tuple[str, ...]:
        if not loss_kinds.decides(self.losses[i], y, self._outputs(i, y)):
            return ()
        width = self.ports[i].shape[-1]
        return tuple(map(str, range(2 if width == 1 else width)))

    def _judge(self, i: int, y: np.ndarray) -> tuple[Judge | None, np.ndarray]:
        outputs, names = self._outputs(i, y), self.labels[i]
        classes = None if names is None else len(names)
        metric = by_output(self.gate.metric, self.keys, "metric")[i]
        if metric is not None:
            better, loss = self.gate.higher_is_better, self.losses[i]
            return gate_rules.by_metric(metric, better, loss, y, outputs, classes)
        if self.losses[i] is not None:
            return gate_rules.by_loss(self.losses[i], y, outputs, classes)
        if not any(loss is not None for loss in self.losses):
            raise ValueError(
                "Expected a compiled learner, whose loss says what decides, or "
                "`metric`, for instance metric='accuracy'. Received: a learner that "
                "is not compiled, and metric=None"
            )
        return None, y

    def _outputs(self, i: int, y: np.ndarray) -> np.ndarray:
        """An array of the shape that the outputs have, without memory of its own."""
        return np.broadcast_to(np.float32(0), (len(y), *self.ports[i].shape))


def _check_numbers(y: np.ndarray, examples: int, key: str) -> None:
    if y.dtype.kind not in "fiub" or not np.isfinite(y).all():
        raise ValueError(
            f"Expected finite numbers as targets of {key!r}. Received: "
            f"{y.dtype} with {y.ravel()[:1]}, or NaN among them"
        )
    if len(y) != examples or not examples:
        raise ValueError(
            "Expected at least one example, and a target for each. Received: "
            f"{examples} examples and {len(y)} targets of {key!r}"
        )


def _check_varied(y: np.ndarray) -> None:
    if np.ptp(y.astype("float64"), axis=0).max() == 0:
        raise ValueError(
            "Expected targets that differ: R², which judges regression, has no value "
            f"otherwise. Received: {len(y)} equal targets. Give more, or choose "
            "metric='mae'"
        )
