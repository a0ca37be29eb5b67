"""Made-up inputs of a network, to compare it with another one."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.units.keras_graph import graph_of, is_graph

# What sizes that are left open are tried at.
OPEN_SIZES = (8, 32)
SAMPLES = 4


def make_sample(model: keras.Model, open_size: int = OPEN_SIZES[0]) -> Any:
    """Inputs like those that a model declares; the same at every call.

    Floats come in four sizes, one a sample: within -1..1, within 0..1, around zero, and
    as large as the levels of an image, so that layers that scale are seen to scale.

    Args:
        model: A built model.
        open_size: For axes of any size.

    Returns:
        Arrays in the structure of the model's inputs, `SAMPLES` of each; None if the
        model does not say what it takes.

    Raises:
        ValueError: If `open_size` is too small for a layer.
    """
    if is_graph(model):
        declared = graph_of(model).input
        _check_size(model, open_size)
    else:
        shape = (model.get_build_config() or {}).get("input_shape")
        if not isinstance(shape, tuple | list) or not all(
            isinstance(size, int | None) for size in shape
        ):
            return None
        declared = keras.KerasTensor(tuple(shape))
    random = np.random.RandomState(0)  # its draws never change
    return keras.tree.map_structure(
        lambda tensor: _sample(random, tensor, open_size), declared
    )


def fitting_size(model: keras.Model) -> int:
    """The first of `OPEN_SIZES` that no layer of a graph finds too small.

    Raises:
        ValueError: If there is none.
    """
    *smaller, largest = OPEN_SIZES
    for size in smaller:
        try:
            _check_size(model, size)
        except ValueError:
            continue
        return size
    _check_size(model, largest)
    return largest


def _check_size(model: keras.Model, open_size: int) -> None:
    """Asks Keras, since running the model would not tell.

    TensorFlow's convolution gives any numbers for an input smaller than its kernel.
    """
    declared = graph_of(model).input
    if any(None in tensor.shape[1:] for tensor in keras.tree.flatten(declared)):
        shapes = keras.tree.map_structure(
            lambda t: (SAMPLES, *(size or open_size for size in t.shape[1:])), declared
        )
        graph_of(model).compute_output_shape(shapes)


def _sample(random: Any, tensor: Any, open_size: int) -> np.ndarray:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    shape = [size or open_size for size in tensor.shape[1:]]
    if dtype == "string":
        return np.full([SAMPLES, *shape], "a", dtype=object)
    if "float" not in dtype:
        # Any number of classes or words is at least two.
        return random.randint(0, 2, [SAMPLES, *shape]).astype(dtype)
    rows = [
        random.uniform(-1, 1, shape),
        random.uniform(0, 1, shape),
        random.normal(0, 3, shape),
        random.uniform(0, 255, shape),
    ]
    return np.stack(rows).astype("float32")
