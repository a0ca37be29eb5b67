"""What a callback needs to go on where it stopped."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

# A state for each callback, and the arrays of all of them by name.
CallbackStates = tuple[list[Any], dict[str, np.ndarray]]


@runtime_checkable
class Resumable(Protocol):
    """A callback whose state belongs into a checkpoint."""

    def state(self) -> dict[str, Any]:
        """What it remembers, ready for JSON."""

    def arrays(self) -> list[np.ndarray]:
        """The weights it keeps."""

    def restore(self, state: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> None:
        """Takes both back at the next start of training."""


class Remembering:
    """Part of a callback of Keras that counts epochs: takes its counts back.

    It stands before the callback's class, whose `on_train_begin` sets all to zero.

    Attributes:
        REMEMBERED: Names of the attributes that a checkpoint holds.
    """

    REMEMBERED: tuple[str, ...] = ()
    _restored: Mapping[str, Any] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts, or goes on where it stopped."""
        super().on_train_begin(logs)  # type: ignore[misc]
        for name, value in (self._restored or {}).items():
            setattr(self, name, value)
        self._restored = None

    def state(self) -> dict[str, Any]:
        """See `Resumable`."""
        values = {name: getattr(self, name) for name in self.REMEMBERED}
        return {
            n: None if v is None else np.asarray(v).item() for n, v in values.items()
        }

    def arrays(self) -> list[np.ndarray]:
        """See `Resumable`."""
        return []

    def restore(self, state: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> None:
        """See `Resumable`."""
        del arrays
        self._restored = {name: state[name] for name in self.REMEMBERED}


def collect(callbacks: Sequence[Any]) -> CallbackStates:
    """States and arrays of all callbacks, in their order.

    Args:
        callbacks: Callbacks of a task; those that remember nothing count with None.

    Returns:
        One state per callback, and arrays named after its index and theirs.
    """
    states: list[Any] = []
    arrays: dict[str, np.ndarray] = {}
    for i, callback in enumerate(callbacks):
        known = isinstance(callback, Resumable)
        states.append(callback.state() if known else None)
        for j, array in enumerate(callback.arrays() if known else []):
            arrays[f"{i}_{j}"] = array
    return states, arrays


def restore_callbacks(callbacks: Sequence[Any], kept: CallbackStates) -> None:
    """Gives callbacks what `collect` took from others of the same order.

    Raises:
        ValueError: If they are not of the same kinds.
    """
    states, arrays = kept
    for i, callback in enumerate(callbacks):
        state = states[i] if i < len(states) else None
        if isinstance(callback, Resumable) != (state is not None):
            raise ValueError(
                "Expected the callbacks that the checkpoint was saved with. Received: "
                f"{type(callback).__name__} as number {i}, "
                f"{'without' if state is None else 'with'} a state saved for it"
            )
        if isinstance(callback, Resumable):
            own = [name for name in arrays if name.startswith(f"{i}_")]
            ordered = sorted(own, key=lambda name: int(name.partition("_")[2]))
            callback.restore(state or {}, [arrays[name] for name in ordered])
