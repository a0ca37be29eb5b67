"""A network whose layers stay as they are, with low-rank paths beside them."""

from collections.abc import Set
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.base.int8_ties import off_ties
from hypermask_tf.keras_private import all_layers
from hypermask_tf.surgery.builder import Builder
from hypermask_tf.surgery.clone import without_class
from hypermask_tf.surgery.compare import check_same
from hypermask_tf.surgery.network import Network
from hypermask_tf.surgery.state import copy_state
from hypermask_tf.units.flat_graph import FlatGraph

_CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
_DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)
_WITH_CHANNELS = (keras.layers.Dense, *_CONVOLUTIONS, *_DEPTHWISE)
# What a path's first layer has from the convolution beside it.
_WINDOW = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")


def frozen_with_paths(network: keras.Model, own: Set[int], rank: int) -> keras.Model:
    """A frozen copy of a network, with a trainable low-rank path beside each layer.

    A path reads what its layer reads, comes down to `rank` channels and up again, and
    is added to what the layer makes, behind the batch normalisation that follows it:
    so layer and normalisation stay one operation on a device. It starts at zero: the
    result computes what `network` does.

    Dense layers and convolutions without groups get one, in nested models, too, unless
    it would be as large as the layer.

    Args:
        network: A Functional or Sequential model. It is left as it is.
        own: Identities of the layers that stay trainable, and get no path.
        rank: Channels of a path; 0 for no paths.

    Raises:
        ValueError: If the network has no graph, or cannot be made anew.

    Source: low-rank adaptation, Hu et al. 2021 (arXiv 2106.09685); paths beside
    convolutions, Rebuffi et al. 2018 (arXiv 1803.10082).
    """
    builder = _PathBuilder(network, own, rank)
    built = builder.build(without_class(network))
    for old, new in builder.made.values():
        if isinstance(old, keras.Layer) and not isinstance(old, keras.Model):
            copy_state(old, new)
            if not new.trainable and isinstance(new, _WITH_CHANNELS):
                _leave_ties(new)
    check_same(Network(network), Network(built), "Adding low-rank paths")
    return built


def _leave_ties(layer: Any) -> None:
    """Has a frozen kernel become the same integers in every task's int8 file."""
    kernel = ops.convert_to_numpy(layer.kernel)
    depthwise = isinstance(layer, _DEPTHWISE)
    channels = range(kernel.ndim - 2 if depthwise else kernel.ndim - 1, kernel.ndim)
    layer.kernel.assign(off_ties(kernel, channels))


def has_paths(network: keras.Model) -> bool:
    """Whether `frozen_with_paths` made the paths of a network, perhaps a saved one."""
    layers = {layer.name: layer for layer in all_layers(network)}
    return any(
        not layer.trainable and {f"{name}_down", f"{name}_up"} <= layers.keys()
        for name, layer in layers.items()
    )


class _PathBuilder(Builder):
    """Builds a model again, frozen and with paths.

    Args:
        network: The model.
        own: Identities of layers that are neither frozen nor get a path.
        rank: Channels of a path.
    """

    def __init__(self, network: keras.Model, own: Set[int], rank: int) -> None:
        self._rank = rank
        # The layer a path stands beside, by what it is added behind; what it reads.
        self._beside: dict[int, Any] = {}
        self._read: dict[int, Any] = {}
        graph = FlatGraph(network)
        changes: dict[int, dict[str, Any]] = {}
        calls = graph.calls()
        for steps in calls.values():
            layer = steps[0].operation
            if not steps[0].is_layer or id(layer) in own or not layer.weights:
                continue
            changes[id(layer)] = {"trainable": False}
            if rank and len(steps) == 1 and _has_path(layer, rank):
                # The activation comes behind the sum.
                changes[id(layer)]["activation"] = None
                after = _normalization_behind(graph, calls, steps[0])
                self._beside[id(after or layer)] = layer
        super().__init__(changes)

    def build(self, model: keras.Model, inputs: Any = None) -> keras.Model:
        if isinstance(model, keras.Sequential):  # a path is no sequence
            model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
        return super().build(model, inputs)

    def _call(self, pending: Any, *args: Any, **kwargs: Any) -> Any:
        old = pending.operation
        made = super()._call(pending, *args, **kwargs)
        self._read[id(old)] = args[0] if args else None
        layer = self._beside.get(id(old))
        if layer is None:
            return made
        x = self._read[id(layer)]
        for part in _path(layer, self._rank, biased=old is layer):
            x = part(x)
        made = keras.layers.Add(name=f"{layer.name}_sum")([made, x])
        if layer.activation is not keras.activations.linear:
            name = f"{layer.name}_activation"
            made = keras.layers.Activation(layer.activation, name=name)(made)
        return made


def _has_path(layer: Any, rank: int) -> bool:
    """Whether a path of `layer` is known, and smaller than it."""
    if type(layer) is not keras.layers.Dense and (
        type(layer) not in _CONVOLUTIONS or layer.groups > 1
    ):
        return False
    *window, inputs, outputs = layer.kernel.shape
    read = int(np.prod(window)) * inputs
    return rank * (read + outputs) < read * outputs


def _normalization_behind(graph: FlatGraph, calls: Any, step: Any) -> Any:
    """The batch normalisation that alone reads what a linear layer makes, or None."""
    (output,), layer = step.outputs, step.operation
    readers = [other for other in graph.steps if output in other.inputs]
    if len(readers) != 1 or output in graph.outputs:
        return None
    found = readers[0].operation
    alone = layer.activation is keras.activations.linear and len(calls[id(found)]) == 1
    is_normalization = isinstance(found, keras.layers.BatchNormalization)
    return found if alone and is_normalization else None


def _path(layer: Any, rank: int, biased: bool) -> list[keras.Layer]:
    """Down to `rank` channels, in the window of `layer`, and up from zero."""
    known = {"dtype": layer.dtype_policy}
    up = {**known, "kernel_initializer": "zeros", "use_bias": biased}
    down = {**known, "use_bias": False}
    names = f"{layer.name}_down", f"{layer.name}_up"
    width = layer.kernel.shape[-1]
    if isinstance(layer, keras.layers.Dense):
        return [
            keras.layers.Dense(rank, name=names[0], **down),
            keras.layers.Dense(width, name=names[1], **up),
        ]
    window = {name: getattr(layer, name) for name in _WINDOW}
    kind = next(kind for kind in _CONVOLUTIONS if isinstance(layer, kind))
    return [
        kind(rank, name=names[0], **window, **down),
        kind(width, 1, data_format=layer.data_format, name=names[1], **up),
    ]
