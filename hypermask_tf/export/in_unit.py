"""Networks that predict a number, made to speak in the unit of the data."""

from typing import Any


def in_unit(model: Any, number: Any) -> Any:
    """Returns a network with one step behind it, from its scale to the data's unit.

    The converter makes that step part of a last dense layer.

    Args:
        model: a plain Keras model.
        number: scale of the number that it predicts, as the scenario's task has it.

    Example:

    >>> import keras, numpy as np
    >>> from hypermask_tf.scenarios.number import Number
    >>> inputs = keras.Input((1,))
    >>> model = keras.Model(inputs, keras.layers.Identity()(inputs))
    >>> round(float(in_unit(model, Number(mean=20.0, std=5.0))(np.ones((1, 1)))[0, 0]))
    25
    """
    import keras

    outputs = keras.layers.Rescaling(number.std, number.mean, name="in_unit")(
        model.outputs[0]
    )
    return keras.Model(model.input, outputs, name=model.name)
