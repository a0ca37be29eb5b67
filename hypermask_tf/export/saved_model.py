"""Stage: a plain Keras model → a SavedModel with a static batch of 1."""

from collections.abc import Sequence
from typing import Any

from hypermask_tf.export.interface import Interface

SIGNATURE = "serve"


def write_saved_model(
    model: Any, interface: Interface, folder: str, structure: Any = None
) -> None:
    """Writes a model whose signature has the names and types of an interface.

    Going through `keras.export.ExportArchive` matters: `from_concrete_functions`
    given the Keras 3 model itself writes a file with uninitialised variables.

    Args:
        model: a Keras model on the TensorFlow backend.
        interface: what goes in and out.
        folder: where to.
        structure: nested examples, how a model without a graph takes its inputs.
    """
    import keras
    import tensorflow as tf

    names = [port.name for port in interface.outputs]

    def serve(*tensors: Any) -> dict[str, Any]:
        outputs = model(packed(model, tensors, structure), training=False)
        return dict(zip(names, keras.tree.flatten(outputs), strict=True))

    specs = [
        tf.TensorSpec((1, *port.shape), port.dtype, name=port.name)
        for port in interface.inputs
    ]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, serve, input_signature=specs)
    archive.write_out(folder, verbose=False)


def packed(model: Any, tensors: Sequence[Any], structure: Any = None) -> Any:
    """Returns inputs as the model takes them: one, a list, a dictionary.

    Args:
        model: a Keras model.
        tensors: its inputs, in the order in which Keras flattens them.
        structure: nested values of anything, for a model without a graph.
    """
    import keras

    from hypermask_tf.units.keras_graph import graph_of, is_graph

    if is_graph(model):
        structure = graph_of(model).input
    if structure is None:
        (tensor,) = tensors
        return tensor
    return keras.tree.pack_sequence_as(structure, list(tensors))
