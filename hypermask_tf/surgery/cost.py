"""What a plain Keras model costs to keep and to run."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from hypermask_tf.keras_private import functional_graph

_CONVOLUTIONS = (
    layers.Conv1D,
    layers.Conv2D,
    layers.Conv3D,
    layers.DepthwiseConv1D,
    layers.DepthwiseConv2D,
    layers.SeparableConv1D,
    layers.SeparableConv2D,
)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
# They hold arrays of two axes or more, and multiply no matrix with them.
_WITHOUT_MACS = (layers.PReLU, layers.Embedding)


@dataclasses.dataclass(frozen=True)
class Cost:
    """Sizes of a model, and the work of one prediction at batch 1.

    Args:
        parameters: Numbers in all weights, each weight counted once however often
            its layer is called. Moving mean and variance of normalisation layers
            are among them, as in `model.count_params()`; states of random
            generators are not.
        nonzero: How many of them are not exactly zero.
        macs: Multiply-accumulates of dense and convolution kernels, counted for
            every call of a layer. Positions in the padding count; biases,
            normalisation, activations, pooling and merges do not.
        nonzero_macs: The part of `macs` that multiplies by a weight that is not
            zero: what a runtime would do that skips every single zero.
    """

    parameters: int
    nonzero: int
    macs: int
    nonzero_macs: int


def cost(model: keras.Model) -> Cost:
    """Counts parameters and multiply-accumulates of a Functional or Sequential model.

    Args:
        model: A built model, for instance one that `HyperMask.bake` gave. Models
            inside it are followed; shared layers are counted once for parameters and
            once per call for multiply-accumulates.

    Returns:
        A `Cost`.

    Raises:
        ValueError: If the model has no graph, an axis besides the batch has no
            fixed length, or a layer multiplies in a way that is not known here.

    Example:

    >>> x = keras.Input((28, 28, 1))
    >>> y = layers.Conv2D(8, 3)(x)
    >>> y = layers.Dense(10)(layers.Flatten()(y))
    >>> cost(keras.Model(x, y)).macs == 26 * 26 * 8 * 9 + 26 * 26 * 8 * 10
    True
    """
    weights = [keras.ops.convert_to_numpy(w.value) for w in model.weights]
    counter = _Counter()
    graph = _graph(model)
    counter.walk(graph, [_spec(tensor) for tensor in graph.inputs])
    return Cost(
        parameters=sum(w.size for w in weights),
        nonzero=sum(int(np.count_nonzero(w)) for w in weights),
        macs=counter.macs,
        nonzero_macs=counter.nonzero_macs,
    )


class _Counter:
    """Sums the multiply-accumulates of all calls in a graph."""

    def __init__(self) -> None:
        self.macs = 0
        self.nonzero_macs = 0
        self._nonzero: dict[int, int] = {}

    def walk(self, graph: Any, inputs: Any) -> Any:
        # Shapes only: no tensor is computed, and no call is added to the layers.
        return graph._run_through_graph(inputs, operation_fn=self._counted)

    def _counted(self, operation: Any) -> Callable[..., Any]:
        if isinstance(operation, keras.Model):
            inner = _graph(operation)
            return lambda inputs, *args, **kwargs: self.walk(inner, inputs)

        def call(*args: Any, **kwargs: Any) -> Any:
            outputs = operation.compute_output_spec(*args, **kwargs)
            if isinstance(operation, keras.Layer) and operation.weights:
                self._add(operation, args[0], outputs)
            return outputs

        return call

    def _add(self, layer: Any, inputs: Any, outputs: Any) -> None:
        for kernel in _kernels(layer):
            times = _positions(layer, inputs, outputs)
            if id(kernel) not in self._nonzero:
                value = keras.ops.convert_to_numpy(kernel)
                self._nonzero[id(kernel)] = int(np.count_nonzero(value))
            self.macs += times * math.prod(kernel.shape)
            self.nonzero_macs += times * self._nonzero[id(kernel)]


def _kernels(layer: Any) -> list[Any]:
    """The arrays of a layer that are multiplied with its input at every position."""
    if isinstance(layer, (layers.SeparableConv1D, layers.SeparableConv2D)):
        return [layer.depthwise_kernel, layer.pointwise_kernel]
    if isinstance(layer, (layers.Dense, *_CONVOLUTIONS, *_TRANSPOSED)):
        return [layer.kernel]
    matrices = [w.path for w in layer.weights if len(w.shape) > 1]
    if matrices and not isinstance(layer, _WITHOUT_MACS):
        raise ValueError(
            "Expected dense and convolution layers, whose multiply-accumulates can "
            f"be counted. Received: {type(layer).__name__} {layer.name!r} with "
            f"{matrices}. Replace it, or count its part by hand."
        )
    return []


def _positions(layer: Any, inputs: Any, outputs: Any) -> int:
    """How often one call uses each element of a kernel."""
    # A transposed convolution spreads every input position over the kernel; the
    # others collect every output position through it.
    shape = inputs.shape if isinstance(layer, _TRANSPOSED) else outputs.shape
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    return math.prod(shape[2:] if channels_first else shape[1:-1])


def _spec(tensor: Any) -> keras.KerasTensor:
    shape = (1, *tensor.shape[1:])
    if None in shape:
        raise ValueError(
            "Expected inputs of fixed shape, for the work grows with it. Received: "
            f"shape={tuple(tensor.shape)}. Build the model with a full input shape."
        )
    return keras.KerasTensor(shape, dtype=tensor.dtype)


def _graph(model: keras.Model) -> Any:
    """The Functional graph of a model: Keras has no public way to walk its calls."""
    graph = functional_graph(model)
    if not hasattr(graph, "_run_through_graph"):
        raise ValueError(
            "Expected a built Functional or Sequential model, whose calls can be "
            f"counted. Received: {type(model).__name__} {model.name!r}. Build it with "
            "keras.Model(inputs, outputs)."
        )
    return graph
