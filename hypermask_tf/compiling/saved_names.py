"""Functions and classes that a file knows by name."""

import inspect
from collections.abc import Iterator
from typing import Any

import keras

from hypermask_tf.compiling.fresh_optimizer import all_optimizers
from hypermask_tf.keras_private import LEARNING_RATE

PLAIN = (bool, int, float, str, type(None))


class SavedNames:
    """Whether names lead back to the objects that a learner was compiled with.

    Args:
        parts: What `compile` got: losses, metrics and the optimizer, nested.
    """

    def __init__(self, parts: Any) -> None:
        # The functions and classes of the user; Keras finds its own.
        self._own: dict[str, list[Any]] = {}
        for leaf in _leaves(parts):
            for code in _own_code(leaf):
                known = self._own.setdefault(_name(code), [])
                if not any(code is other for other in known):
                    known.append(code)

    def resolved(self, part: Any, config: Any) -> Any:
        """The configuration of `part`, with the module of each function of the user's.

        Keras writes "builtins" for all functions, and then finds its own of that name.

        Raises:
            ValueError: If a name in it stands for two things.
        """
        own = [code for leaf in _leaves([part]) for code in _own_code(leaf)]
        for code in own:
            self._check(_name(code))
        return self._with_modules(config, {_name(code) for code in own})

    def _check(self, name: str) -> None:
        if len(self._own[name]) > 1:
            raise ValueError(f"two objects are called {name!r}")

    def _with_modules(self, config: Any, own: set[str]) -> Any:
        if isinstance(config, list | tuple):
            return [self._with_modules(part, own) for part in config]
        if not isinstance(config, dict):
            return config
        if config.get("class_name") != "function":
            return {k: self._with_modules(part, own) for k, part in config.items()}
        name = str(config["config"])
        if name in own:
            return {**config, "module": str(self._own[name][0].__module__)}
        if name in self._own:
            raise ValueError(f"a function of Keras and another one are called {name!r}")
        return config


def _leaves(parts: Any) -> Iterator[Any]:
    if isinstance(parts, keras.optimizers.Optimizer):
        for one in all_optimizers(parts):
            yield one
            if callable(rate := vars(one)[LEARNING_RATE]):
                yield rate
    elif isinstance(parts, dict):
        yield from _leaves(list(parts.values()))
    elif isinstance(parts, list | tuple):
        for part in parts:
            yield from _leaves(part)
    elif not isinstance(parts, PLAIN):
        yield parts


def _own_code(leaf: Any) -> list[Any]:
    """The user's functions in `leaf`, and its class if that is the user's."""
    held = [leaf, *getattr(leaf, "__dict__", {}).values()]
    found: list[Any] = [value for value in held if inspect.isfunction(value)]
    if not inspect.isfunction(leaf):
        found.append(type(leaf))
    return [c for c in found if c.__name__ != "<lambda>" and not _is_of_keras(c)]


def _name(code: Any) -> str:
    return str(keras.saving.get_registered_name(code))


def _is_of_keras(code: Any) -> bool:
    return str(code.__module__).startswith(("keras.", "builtins"))
