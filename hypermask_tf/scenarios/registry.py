"""Scenarios by name, for command lines and run folders."""

import inspect
from collections.abc import Callable
from typing import Any

from hypermask_tf.scenarios.from_path import from_path
from hypermask_tf.scenarios.from_tfds import from_tfds
from hypermask_tf.scenarios.permuted import permuted_digits, permuted_mnist
from hypermask_tf.scenarios.scenario import Scenario
from hypermask_tf.scenarios.split_cifar100 import split_cifar100
from hypermask_tf.scenarios.split_digits import split_digits
from hypermask_tf.scenarios.split_mnist import split_fashion_mnist, split_mnist
from hypermask_tf.scenarios.split_tiny_imagenet import split_tiny_imagenet

_TFDS_PREFIX = "tfds:"
# Scenarios of one's own data; where these lie is in `data_dir`.
OWN_PREFIX = "data:"
_SCENARIOS: dict[str, Callable[..., Scenario]] = {
    function.__name__: function
    for function in (
        permuted_digits,
        permuted_mnist,
        split_cifar100,
        split_digits,
        split_fashion_mnist,
        split_mnist,
        split_tiny_imagenet,
    )
}


def names() -> tuple[str, ...]:
    """Returns the names of all registered scenarios, sorted.

    Example:

    >>> from hypermask_tf.scenarios import registry
    >>> "split_mnist" in registry.names()
    True
    """
    return tuple(sorted(_SCENARIOS))


def get(name: str, /, **kwargs: Any) -> Scenario:
    """Builds a scenario by name.

    `get(scenario.name, **scenario.get_config())` builds an equal scenario.

    Args:
        name: One of `names()`, `"tfds:<data set>"` for `from_tfds`, or
            `"data:<name>"` for one's own data, whose path is then `data_dir`.
        **kwargs: Arguments of the function of that name. `data_dir` and `download`
            may be given for every scenario; those without files leave them out.

    Raises:
        ValueError: If no scenario has that name, or it does not take an argument.

    Example:

    >>> from hypermask_tf.scenarios import registry
    >>> registry.get("split_digits", classes_per_task=5, data_dir="data")
    <Scenario 'split_digits' tasks=2 input=(8, 8, 1)>
    """
    if name.startswith(OWN_PREFIX):
        return _own(name, **kwargs)
    if name.startswith(_TFDS_PREFIX):
        function: Callable[..., Scenario] = from_tfds
        kwargs = {**kwargs, "name": name.removeprefix(_TFDS_PREFIX)}
    elif name in _SCENARIOS:
        function = _SCENARIOS[name]
    else:
        raise ValueError(
            f"Expected the name of a scenario. Received: name={name!r}. Known names: "
            f"{', '.join(names())}; or 'tfds:<data set>' for any TFDS data set."
        )
    parameters = inspect.signature(function).parameters
    for key in ("data_dir", "download"):
        if key not in parameters:
            kwargs.pop(key, None)
    unknown = sorted(set(kwargs) - set(parameters))
    missing = [
        key
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty and key not in kwargs
    ]
    if unknown or missing:
        raise ValueError(
            f"Expected arguments of {name!r} among {sorted(parameters)}. Received: "
            f"{sorted(kwargs)}. Unknown: {unknown}; missing: {missing}."
        )
    return function(**kwargs)


def _own(name: str, data_dir: Any = None, download: Any = None, **kwargs: Any) -> Any:
    del download  # what is one's own is there
    if data_dir is None:
        raise ValueError(
            f"Expected the path of the data {name.removeprefix(OWN_PREFIX)!r}. "
            "Received: none. Pass data_dir (--data_dir)."
        )
    return from_path(data_dir, **kwargs)
