"""What all choices of a learner have in common: small objects that can be saved."""

import inspect
from typing import Any, TypeVar

import keras

_S = TypeVar("_S", bound="Spec")


class Spec:
    """A choice, made of plain values and of further choices.

    A subclass keeps its arguments as attributes of their names, lists them in
    `get_config`, and is registered with `keras.saving.register_keras_serializable`.
    """

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an object like this one."""
        return {}

    @classmethod
    def from_config(cls: type[_S], config: dict[str, Any]) -> _S:
        """An object from what `get_config` returned, saved or not."""
        return cls(**{key: revived(value) for key, value in config.items()})

    def replace(self: _S, **changes: Any) -> _S:
        """An object like this one, but for `changes`."""
        return type(self)(**{**self.get_config(), **changes})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Spec)
            and type(self) is type(other)
            and self.get_config() == other.get_config()
        )

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        """The call that makes it; what is default is not said."""
        known = inspect.signature(type(self)).parameters
        said = [
            f"{name}={value!r}"
            for name, value in self.get_config().items()
            if name not in known or value != known[name].default
        ]
        return f"{type(self).__name__}({', '.join(said)})"


def revived(value: Any) -> Any:
    """An argument as it was before it was saved; what was not is as it is."""
    if isinstance(value, dict) and "class_name" in value:
        return keras.saving.deserialize_keras_object(value)
    return value
