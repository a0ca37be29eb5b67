"""Whether a learner at hand is made of what a saved one was made of."""

import json
from collections.abc import Iterator
from typing import Any

import keras

from hypermask_tf.learner import configs

_WIDTHS = ("units", "filters", "output_dim")
_COMPILED = ("optimizer", "loss", "loss_weights")
# What differs between two that are built alike: names that Keras gives, seeds it draws
# where none was given, and how configurations refer to each other. A learning rate is
# taken from the file.
_OPEN = (
    "name seed module registered_name shared_object_id build_config "
    "compile_config inbound_nodes input_layers output_layers"
).split()
_Difference = tuple[str, Any, Any]


def saved_widths(
    target: keras.Model, config: dict[str, Any], prefix: str = ""
) -> dict[str, int]:
    """Widths of layers in a saved configuration that differ from those of `target`.

    Args:
        target: A model.
        config: What was saved of one like it, perhaps wider.
        prefix: Path of a nested model.

    Returns:
        Widths by path, as `rebuild` takes them.
    """
    widths: dict[str, int] = {}
    saved = config.get("config", {}).get("layers", [])
    layers = list(getattr(target, "layers", []))
    if len(saved) != len(layers):
        saved = _without_inputs(saved)
        layers = [p for p in layers if not isinstance(p, keras.layers.InputLayer)]
    if len(saved) != len(layers):  # of other parts, as `check_same` will say
        return widths
    for layer, part in zip(layers, saved, strict=True):
        if isinstance(layer, keras.Model):
            widths |= saved_widths(layer, part, f"{prefix}{layer.name}/")
            continue
        for key in _WIDTHS:
            width = part.get("config", {}).get(key)
            if isinstance(width, int) and width != getattr(layer, key, width):
                widths[f"{prefix}{layer.name}"] = width
    return widths


def check_same(model: Any, config: dict[str, Any]) -> None:
    """Raises a ValueError if a saved learner was made of other parts than `model`.

    Args:
        model: A compiled learner, as wide as the saved one.
        config: What was saved of the other.
    """
    own = {"class_name": type(model).__name__, "config": model.get_config()}
    compiled, own_compiled = config.get("compile_config"), model.get_compile_config()
    pairs: list[tuple[str, Any, Any]] = [
        ("learner", config["class_name"], own["class_name"]),
    ]
    for key in configs.objects(model):
        if key in config["config"]:  # some came later than the file
            pairs.append((key, config["config"][key], own["config"][key]))
    for key in _COMPILED:
        if compiled and key in compiled and key in own_compiled:
            pairs.append((key, compiled[key], own_compiled[key]))
    for name, saved, present in pairs:
        for path, expected, received in _differences(name, saved, _plain(present)):
            raise ValueError(
                "A run goes on with the learner that it was begun with. Build it "
                f"alike, or begin a new run. Expected: {path}={expected!r}, as saved. "
                f"Received: {received!r}"
            )


def _plain(config: Any) -> Any:
    """As a file gives it back."""
    return json.loads(json.dumps(config))


def _without_inputs(layers: list[Any]) -> list[Any]:
    """A Sequential model lists its input only once it has run."""
    return [
        part
        for part in layers
        if not (isinstance(part, dict) and part.get("class_name") == "InputLayer")
    ]


def _differences(path: str, saved: Any, present: Any) -> Iterator[_Difference]:
    if isinstance(saved, dict) and isinstance(present, dict):
        kinds = [str(part.get("class_name")) for part in (saved, present)]
        if "__lambda__" in kinds:
            return  # code looks otherwise in another version of Python
        if kinds[0].endswith("DTypePolicy") and saved["config"] != present["config"]:
            yield path, saved["config"], present["config"]
        for key in sorted(saved.keys() & present.keys()):
            rates = isinstance(saved[key], float) and isinstance(present[key], float)
            if key not in _OPEN and not (key == "learning_rate" and rates):
                yield from _differences(f"{path}.{key}", saved[key], present[key])
    elif isinstance(saved, list) and isinstance(present, list):
        if len(saved) != len(present):
            saved, present = _without_inputs(saved), _without_inputs(present)
        if len(saved) != len(present):
            yield f"len({path})", len(saved), len(present)
        for i, (one, other) in enumerate(zip(saved, present, strict=False)):
            yield from _differences(f"{path}[{i}]", one, other)
    elif saved != present:
        yield path, saved, present
