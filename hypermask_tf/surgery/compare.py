"""Whether a network that was made anew is the network it was made from."""

import warnings
from typing import Any

import keras
import numpy as np

from hypermask_tf.keras_private import all_layers
from hypermask_tf.surgery.network import Network
from hypermask_tf.surgery.sample import OPEN_SIZES, make_sample

# Of the largest output. The same operations on the same values differ by nothing.
SAME = 1e-5
# Sums of other lengths, as behind layers that got wider or narrower.
REORDERED = 1e-3
# Another precision.
HALF = 0.1


class DifferentNetworkError(ValueError):
    """A network made anew computes something else than the one it was made from."""


def check_same(
    original: Network, remade: Network, what: str, tolerance: float = SAME
) -> None:
    """Runs both networks on a made-up sample.

    Where the sample does not suit the original, or this does not give the same twice,
    there is nothing to compare, and a warning says so.

    Args:
        original: The network.
        remade: The one made from it.
        what: What made it, for the message.
        tolerance: Of the largest number among the original's outputs.

    Raises:
        DifferentNetworkError: If the outputs differ; the first layer that differs is
            named.
    """
    sample, expected = run_on_sample(original)
    if expected is None:
        warnings.warn(
            f"{what} could not be compared with the network it was made from: that "
            "does not run on made-up inputs.",
            stacklevel=4,
        )
        return
    try:
        received = remade.outputs(sample)
    except Exception as error:  # each backend has its own kinds
        raise DifferentNetworkError(
            f"{what} made a network that fails where the original does not: {error}"
        ) from error
    if _first_gap(expected, received, tolerance) is None:
        return
    again = original.outputs(sample)
    if _first_gap(expected, again, tolerance) is not None:
        return  # random at inference: nothing that can be compared
    raise DifferentNetworkError(_message(original, remade, sample, what, tolerance))


def run_on_sample(network: Network) -> tuple[Any, list[np.ndarray] | None]:
    """A made-up sample and the outputs for it; None where the network runs on none."""
    for size in OPEN_SIZES:
        try:
            sample = make_sample(network.model, size)
            if sample is not None:
                return sample, network.outputs(sample)
        except Exception:  # each backend has its own kinds
            continue
    return None, None


def _first_gap(
    expected: list[np.ndarray], received: list[np.ndarray], tolerance: float
) -> tuple[float, float] | None:
    """The largest difference and the largest number of the first pair that differs."""
    if len(expected) != len(received):
        return np.inf, len(expected)
    for a, b in zip(expected, received, strict=True):
        gap = gap_between(a, b)
        if gap is None:
            return np.inf, 0.0
        size = float(np.abs(a[np.isfinite(a)]).max(initial=0)) if _numeric(a) else 1.0
        if gap > tolerance * size:
            return gap, size
    return None


def gap_between(a: np.ndarray, b: np.ndarray) -> float | None:
    """The largest difference; None if shapes differ or other numbers are not finite."""
    if a.shape != b.shape:
        return None
    if not _numeric(a):
        return float(not np.array_equal(a, b))
    finite = np.isfinite(a)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return None
    gap = np.abs(a[finite] - b[finite]).max(initial=0)
    return float(gap) if np.isfinite(gap) else None


def _numeric(array: np.ndarray) -> bool:
    return array.dtype.kind in "fiub"


def _message(
    original: Network, remade: Network, sample: Any, what: str, tolerance: float
) -> str:
    name, found = _first_layer(original, remade, sample, tolerance)
    by = (
        f"by {found[0]:.3g}, of numbers up to {found[1]:.3g}" if found else "in outputs"
    )
    return (
        f"{what} made a network that computes something else than the original: the "
        f"first layer that differs is {name}, {by}. What a layer computes must follow "
        "from `get_config`, from its variables and, where it derives from these, from "
        "`finalize_state`. Mend that layer, or report it if it is one of Keras's."
    )


def _first_layer(
    original: Network, remade: Network, sample: Any, tolerance: float
) -> tuple[str, tuple[float, float] | None]:
    before, after = original.layers(sample), remade.layers(sample)
    try:
        for (path, expected), (_, received) in zip(before, after, strict=False):
            if [a.shape for a in expected] != [b.shape for b in received]:
                continue  # one of another width
            if found := _first_gap(expected, received, tolerance):
                return repr(path), found
    except ValueError as error:
        return str(error), None
    return f"one inside {original.model.name!r}", None


def tolerance_for(*models: keras.Model, least: float = SAME) -> float:
    """What rounding may make of the outputs of models, in the dtypes they compute in.

    Args:
        *models: The models that are compared.
        least: For single precision.
    """
    dtypes = [
        [getattr(layer, "compute_dtype", None) for layer in all_layers(model)]
        for model in models
    ]
    if not any({"float16", "bfloat16"} & set(each) for each in dtypes):
        return least
    same = least == SAME and all(each == dtypes[0] for each in dtypes)
    return SAME if same else HALF
