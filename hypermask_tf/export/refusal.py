"""Says why a network cannot become a file, and what to do about it."""

import re
from typing import Any

# The place of an operation: its kind, and the layers that it lies in.
_PLACE = re.compile(r'fused\["(\w+):", "([^"@]+)[^"]*"\]')
_REFUSED = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex")


def explain(error: Exception) -> str:
    r"""Returns one line that says why a conversion failed.

    Example:

    >>> explain(ValueError("no\nsuch layer"))
    'ValueError: no'
    """
    ops = sorted(set(_REFUSED.findall(str(error))))
    if ops:
        places = _layers(str(error), ops)
        where = f" They are in {', '.join(places)}." if places else ""
        return (
            "the model needs TensorFlow ops that are not LiteRT builtins and cannot "
            f"run on the device: {', '.join(ops)}.{where} Replace the layers "
            "that use them, or compute what they do before the model."
        )
    lines = str(error).split("\n")
    return f"{type(error).__name__}: {lines[0].strip()[:500] or 'no message'}"


def _layers(text: str, ops: list[str]) -> list[str]:
    """Names of layers that operations of these kinds lie in."""
    found = set()
    for kind, path in _PLACE.findall(text):
        scopes = path.split("/")[1:-1]  # without the model's own
        if kind in ops and scopes:
            # A scope that is opened again gets a number behind its name.
            found.add(repr(re.sub(r"_\d+$", "", scopes[0])))
    return sorted(found)


def check_numbers_only(model: Any) -> None:
    """Refuses a network that takes text, or looks words and numbers up in a table.

    Raises:
        ValueError: naming the layers and what to do.
    """
    import keras

    from hypermask_tf.keras_private import all_layers
    from hypermask_tf.units.keras_graph import graph_of, is_graph

    kinds = keras.layers
    tables = (
        kinds.TextVectorization,
        kinds.StringLookup,
        kinds.IntegerLookup,
        kinds.Hashing,
        kinds.HashedCrossing,
    )
    found = [
        f"layer {layer.name!r} ({type(layer).__name__})"
        for layer in all_layers(model)
        if isinstance(layer, tables)
    ]
    if is_graph(model):
        found += [
            f"an input of text, {layer.name!r}"
            for layer in graph_of(model).layers
            if isinstance(layer, kinds.InputLayer) and layer.dtype == "string"
        ]
    if found:
        raise ValueError(
            "Expected a network of numbers: LiteRT's builtin ops know no text and no "
            "tables to look things up in. Take these layers out of the target, apply "
            "them to the data before `fit` (`tokens = layer(texts)`), and give the "
            "target an integer Input. Received: " + ", ".join(found)
        )
