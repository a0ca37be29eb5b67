"""What a learner's file holds besides the variables that Keras saves."""

import json
from typing import Any

import numpy as np
from keras import ops

# Places of counters among a learner's own variables.
_FINISHED, _WRITTEN = "2", "5"
# What the states of random generators, and learning rates as the user set them, are
# called in a file.
_RANDOM = "random_"
_RATES = "learning_rates"
# Names of tasks by index, JSON as bytes; only where some were given.
_NAMES = "task_names"


def save_values(model: Any, store: Any) -> None:
    """Adds random generators, learning rates and names to what Keras has saved.

    Keras saves no generators, but a resumed run must draw on, not anew.
    """
    for i, state in enumerate(model.random_state):
        store[f"{_RANDOM}{i}"] = ops.convert_to_numpy(state.value)
    if (rates := model.optimizer_reset.state()) is not None:
        store[_RATES] = rates
    if names := model.state.names.given():
        store[_NAMES] = np.frombuffer(json.dumps(names).encode(), dtype="uint8")


def load_values(model: Any, store: Any) -> dict[str, Any]:
    """Takes these from a file; what is left is what Keras loads."""
    names = set(store.keys())
    further = {name for name in names if name.startswith((_RANDOM, _RATES, _NAMES))}
    own = {name: store[name] for name in names - further}
    if _WRITTEN not in own and _FINISHED in own:
        own[_WRITTEN] = own[_FINISHED]  # before this was counted
    for i, state in enumerate(model.random_state):
        if f"{_RANDOM}{i}" in names:
            state.assign(np.asarray(store[f"{_RANDOM}{i}"]))
    rates = np.asarray(store[_RATES]) if _RATES in names else None
    model.optimizer_reset.restore(rates)
    model.state.names.replace(_names(store) if _NAMES in names else {})
    return own


def _names(store: Any) -> dict[int, str]:
    text = np.asarray(store[_NAMES]).tobytes().decode()
    return {int(task): str(name) for task, name in json.loads(text).items()}
