"""The picture of a unit graph."""

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.plots.unit_plot import plot_unit_graph
from hypermask_tf.units import UnitGraph

pytest.importorskip("matplotlib")


def _chain(length):
    inputs = x = keras.Input((6,))
    for place in range(length):
        x = layers.Dense(4, "relu", name=f"dense_of_a_name_that_is_long_{place}")(x)
    return keras.Model(inputs, layers.Dense(3)(x))


def _busy():
    inputs = keras.Input((6, 6, 2))
    x = first = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(inputs))
    x = layers.Add()([layers.Conv2D(4, 1)(x), first])
    x = layers.Concatenate()([layers.LayerNormalization(name="norm")(x), inputs])
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    x = keras.ops.cumsum(layers.Dense(8, "softmax")(x), axis=-1)
    return keras.Model(inputs, layers.Dense(3)(x))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("model", [_chain(1), _chain(30), _busy()], ids=str)
def test_draws_a_picture(model, tmp_path):
    from matplotlib import image

    path = tmp_path / "plots" / "graph.png"
    assert plot_unit_graph(model, path, title="A model") == path
    pixels = image.imread(path)
    assert len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)) > 10
    # Nothing but the picture is left in the folder.
    assert [entry.name for entry in path.parent.iterdir()] == ["graph.png"]


def test_a_vector_picture_names_every_layer_and_group(tmp_path):
    model = _busy()
    text = plot_unit_graph(UnitGraph(model), tmp_path / "graph.svg").read_text()
    named = [layer.name for layer in model.layers if layer.weights]
    named = [name for name in named if "batch_normalization" not in name]
    for name in [*named, "group 0", "always on", "BatchNormalization", "Flatten"]:
        assert name in text, name
