"""Targets that are not registered: of keras.applications, a file, or a function."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from hypermask_tf import checks, files
from hypermask_tf.keras_private import all_layers

APPLICATIONS = "applications:"


def is_own(name: str) -> bool:
    """Whether a name is written as one of a target that is not registered.

    Example:

    >>> is_own("applications:MobileNetV3Small"), is_own("mlp")
    (True, False)
    """
    return name.endswith(".keras") or ":" in name.strip(":")


def build_own(
    name: str,
    input_shape: Sequence[int],
    classes: int,
    *,
    preprocessing: Mapping[str, Any] | None = None,
    weights: str | None = None,
    pixels: bool = False,
) -> keras.Model:
    """Builds a target that is not registered.

    `applications:MobileNetV3Small` is that network of `keras.applications` without its
    head. In front stands what makes the pixels it was made for of inputs, so that it
    is part of what is exported. A `.keras` file is loaded without running code of it
    (`safe_mode`); if it has another number of outputs, its last dense layer is
    replaced. `package.module:function` is called with `input_shape` and `classes`; the
    working folder is looked in, too.

    Args:
        name: One of these.
        input_shape: Shape of one sample.
        classes: Number of outputs, which are logits.
        preprocessing: How raw samples became inputs, `scale` and `offset`; for
            `keras.applications`.
        weights: For `keras.applications`: a file of weights without the head, or
            `"imagenet"`, which is downloaded; None for none.
        pixels: Whether a network of a file or a function takes pixels of 0 to 255. What
            makes them of inputs then stands in front of it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be built, or does not fit the samples.

    Example:

    >>> model = build_own("applications:MobileNetV2", (32, 32, 3), classes=4)
    >>> model.output_shape
    (None, 4)
    """
    if weights is not None and not name.startswith(APPLICATIONS):
        raise ValueError(
            f"Expected weights for {APPLICATIONS}NAME only. Received: "
            f"target={name!r}, weights={weights!r}. Leave them out."
        )
    shape = tuple(input_shape)
    if name.startswith(APPLICATIONS):
        if pixels:
            raise ValueError(
                f"Networks of {APPLICATIONS} are given pixels already. Leave it out. "
                "Received: pixels=True"
            )
        model = _application(name, shape, classes, preprocessing or {}, weights)
        return _checked(model, name, shape, classes)
    if name.endswith(".keras"):
        model = _file(name, classes)
    else:
        model = _called(name, shape, classes)
    model = _checked(model, name, shape, classes)
    if pixels:
        return _from_pixels(model, preprocessing or {})
    if _divides(model):
        checks.warn(
            f"{name} divides its inputs as if they were pixels of 0 to 255, and our "
            "samples are scaled already: pass --target_pixels (`pixels=True`)."
        )
    return model


def _application(
    name: str,
    shape: tuple[int, ...],
    classes: int,
    preprocessing: Mapping[str, Any],
    weights: str | None,
) -> keras.Model:
    build = getattr(keras.applications, name.removeprefix(APPLICATIONS), None)
    if not callable(build):
        known = sorted(n for n, f in vars(keras.applications).items() if callable(f))
        raise ValueError(
            f"Expected a network of keras.applications. Received: {name!r}. Known: "
            f"{', '.join(known)}."
        )
    if len(shape) != 3 or shape[-1] != 3:
        raise ValueError(
            "Expected colour pictures (height, width, 3) for keras.applications. "
            f"Received: samples of shape {shape}. Pass --color_mode=rgb for pictures."
        )
    if weights not in (None, "imagenet"):
        weights = str(files.expanded(weights))
    inputs = keras.Input(shape, name="image")
    x = _pixels(preprocessing)(inputs)
    family: Any = getattr(
        keras.applications, str(build.__module__).rpartition(".")[2], None
    )
    if hasattr(family, "preprocess_input"):
        x = family.preprocess_input(x)
    try:
        body = build(include_top=False, weights=weights, input_tensor=x, pooling="avg")
    except (ValueError, OSError) as error:
        raise ValueError(
            f"Expected {name} to be built for samples of shape {shape}, with weights "
            f"{weights or 'none'}. Received: {' '.join(str(error).split())}"
        ) from error
    outputs = layers.Dense(classes, name="logits")(body.output)
    return keras.Model(inputs, outputs, name=body.name)


def _from_pixels(model: keras.Model, preprocessing: Mapping[str, Any]) -> keras.Model:
    """A network of pixels as one of samples."""
    inputs = keras.Input(model.input_shape[1:], name="image")
    return keras.Model(inputs, model(_pixels(preprocessing)(inputs)), name="on_pixels")


def _divides(model: keras.Model) -> bool:
    """Whether a network scales its inputs down, as one of pixels does."""
    scales = [
        np.max(layer.scale)
        for layer in all_layers(model)
        if isinstance(layer, layers.Rescaling)
    ]
    return any(abs(scale) < 1 / 32 for scale in scales)


def _pixels(preprocessing: Mapping[str, Any]) -> keras.Layer:
    """What makes pixels of 0 to 255 of samples."""
    scale, offset = preprocessing.get("scale", 1 / 255), preprocessing.get("offset", 0)
    return layers.Rescaling(*_inverse(scale, offset), name="raw_pixels")


def _inverse(scale: Any, offset: Any) -> tuple[Any, Any]:
    """Scale and offset that undo others: back to raw pixels."""
    if isinstance(scale, list):
        pairs = list(zip(scale, offset, strict=True))
        return [1 / s for s, _ in pairs], [-o / s for s, o in pairs]
    return 1 / scale, 0.0 - offset / scale


def _file(name: str, classes: int) -> keras.Model:
    path = files.expanded(name)
    if not path.is_file():
        raise FileNotFoundError(f"Expected a .keras file. Received: no {path}")
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what its layers raise
        raise ValueError(
            f"Expected a model that Keras loads without running code of the file. "
            f"Received: {path} ({' '.join(str(error).split())[:300]}). Register "
            "objects of your own in a module, and name a function of it: "
            "--target=package.module:function."
        ) from error
    last = model.layers[-1] if getattr(model, "layers", None) else None
    if getattr(model, "output_shape", (None,))[-1] == classes:
        return model
    if not isinstance(last, layers.Dense) or not isinstance(model, keras.Model):
        raise ValueError(
            f"Expected a model of {classes} outputs, or one that ends in a dense "
            f"layer, which is then replaced. Received: {path} with output shape "
            f"{getattr(model, 'output_shape', None)} and {type(last).__name__} at its "
            "end."
        )
    taken = {layer.name for layer in model.layers}
    head = "logits" if "logits" not in taken - {last.name} else "task_logits"
    outputs = layers.Dense(classes, name=head)(last.input)
    return keras.Model(model.inputs, outputs, name=model.name)


def _called(name: str, shape: tuple[int, ...], classes: int) -> Any:
    module, _, function = name.partition(":")
    build = _function(name, module, function)
    try:
        return build(shape, classes=classes)
    except TypeError as error:
        raise ValueError(
            f"Expected {name} to take input_shape and classes: def {function}"
            f"(input_shape, classes). Received: {error}"
        ) from error


def _function(name: str, module: str, function: str) -> Callable[..., Any]:
    """The function, of a module that may lie in the working folder."""
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ImportError as error:
        raise ValueError(
            f"Expected a module that can be imported, here or installed. Received: "
            f"target={name!r} ({error})."
        ) from error
    finally:
        sys.path.remove(here)
    if not callable(found):
        raise ValueError(
            f"Expected a function that builds a model in {module}. Received: "
            f"target={name!r}, and {module} has no function {function!r}."
        )
    result: Callable[..., Any] = found
    return result


def _checked(
    model: Any, name: str, shape: tuple[int, ...], classes: int
) -> keras.Model:
    if not isinstance(model, keras.Model) or not model.built:
        raise ValueError(
            f"Expected a built Keras model. Received: {name} gives "
            f"{type(model).__name__}. Begin it with keras.Input."
        )
    given: Any = getattr(model, "input_shape", None)
    fits = isinstance(given, tuple) and len(given) == len(shape) + 1
    if not fits or any(
        g not in (None, s) for g, s in zip(given[1:], shape, strict=True)
    ):
        raise ValueError(
            f"Expected a model that takes samples of shape {shape}. Received: {name} "
            f"takes {given[1:] if isinstance(given, tuple) else given}. Bring the data "
            "to that shape (--image_size, --color_mode, --window), or build another."
        )
    if model.output_shape != (None, classes):
        raise ValueError(
            f"Expected a model with {classes} outputs, one a class of the largest "
            f"task. Received: {name} with output shape {model.output_shape}."
        )
    last = model.layers[-1]
    activation = getattr(last, "activation", None)
    if isinstance(last, layers.Softmax) or activation is keras.activations.softmax:
        raise ValueError(
            f"Expected logits, since the loss takes the softmax. Received: {name} ends "
            "in a softmax. Build its last layer without an activation."
        )
    return model
