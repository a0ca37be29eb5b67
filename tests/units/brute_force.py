"""What the unit graph says of a model, and what the model does."""

import keras
import numpy as np
from keras import ops

from hypermask_tf.units import UnitGraph


def fill(model, seed):
    """Weights of mixed signs, none near zero; all that is a variance is positive."""
    generator = np.random.default_rng(seed)
    for variable in model.weights:
        if not keras.backend.is_float_dtype(variable.dtype):
            continue
        values = generator.uniform(0.3, 1.0, variable.shape)
        if variable.trainable:
            values = values * generator.choice([-1.0, 1.0], variable.shape)
        # Wide layers must not drive what follows into saturation.
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 1
        variable.assign(values / np.sqrt(fan_in))


def spread(values, axes, rank):
    shape = [1] * rank
    for axis, size in zip(axes, values.shape, strict=True):
        shape[axis] = size
    return values.reshape(shape)


def alive_array(graph, off):
    """1 per unit, 0 for those in `off`; the last place is that of FIXED, -1."""
    alive = np.ones(graph.num_units + 1)
    alive[off] = 0
    return alive


def makers(graph, variable, alive):
    """1 where the weights that make alive units are, 0 for those of dead ones."""
    spec = graph.units_of(variable)
    mask = np.ones(variable.shape)
    if spec is not None:
        mask = mask * spread(alive[spec.out_units], spec.out_axes, mask.ndim)
    return mask


def readers(graph, variable, alive):
    """1 where the weights that read alive units are, 0 for those of dead ones."""
    spec = graph.units_of(variable)
    mask = np.ones(variable.shape)
    if spec is not None and spec.reads[1]:
        axes, calls = spec.reads
        rows = np.max([alive[units] for units in calls], axis=0)
        mask = mask * spread(rows, axes, mask.ndim)
    return mask


class Probe:
    """Runs a model with changed weights and shows every tensor between its layers.

    Args:
        model: A Functional model, or a Sequential one.
        seed: Of weights, inputs and the units that are switched off.
    """

    def __init__(self, model, seed=0):
        fill(model, seed)
        self.graph = UnitGraph(model)
        self._steps = [
            step for step in self.graph.steps if "/" not in step.name and step.sources
        ]
        self._model = keras.Model(
            model.inputs, [tensor for step in self._steps for tensor in step.tensors]
        )
        self._generator = np.random.default_rng(seed + 1)
        self._inputs = [self._input(tensor) for tensor in model.inputs]

    def _input(self, tensor):
        shape = (3, *(size or 5 for size in tensor.shape[1:]))
        if "int" in tensor.dtype:
            return self._generator.integers(0, 5, shape).astype(tensor.dtype)
        return self._generator.normal(size=shape).astype("float32")

    def some_units(self):
        """About half of the units that nobody sees once their readers are cut."""
        units = np.flatnonzero(self.graph.removable)
        return self._generator.permutation(units)[: max(len(units) // 2, 1)]

    def run(self, change):
        """Values of all tensors, with weights w replaced by change(variable, w)."""

        def values(variables):
            return [
                ops.convert_to_tensor(
                    change(v, ops.convert_to_numpy(v)).astype(v.dtype)
                    if keras.backend.is_float_dtype(v.dtype)
                    else v
                )
                for v in variables
            ]

        outputs, _ = self._model.stateless_call(
            values(self._model.trainable_variables),
            values(self._model.non_trainable_variables),
            self._inputs,
        )
        return [
            ops.convert_to_numpy(x) for x in (outputs if len(self) > 1 else [outputs])
        ]

    def __len__(self):
        return len(self._model.outputs)

    def check_where_units_are(self, exactly=True):
        """Changing what makes a set of unread units changes their positions only.

        Not exactly: a position of theirs may stay as it is, as behind a ReLU.
        """
        off = self.some_units()
        alive = alive_array(self.graph, off)

        def cut(variable, weights):
            return weights * readers(self.graph, variable, alive)

        def cut_and_changed(variable, weights):
            made = makers(self.graph, variable, alive)
            return cut(variable, weights) * (1.6 - 0.6 * made)

        before, after = self.run(cut), self.run(cut_and_changed)
        position = 0
        for step in self._steps:
            for units in step.outputs:
                one, other = before[position], after[position]
                position += 1
                if one.ndim > 1 and units.size == one.shape[-1]:
                    changed = (one != other).reshape(-1, units.size).any(axis=0)
                else:
                    changed = (one != other).any(keepdims=True).ravel()
                    units = units[:1]
                expected = np.isin(units, off)
                np.testing.assert_array_equal(
                    changed,
                    expected if exactly else changed & expected,
                    err_msg=f"after {step.name}",
                )
        assert position == len(before)

    def check_that_no_other_row_is_cut(self):
        """Whatever reads a unit without makers multiplies zeros."""
        alive = alive_array(self.graph, self.some_units())

        def unmade(variable, weights):
            return weights * makers(self.graph, variable, alive)

        def unmade_and_cut(variable, weights):
            return unmade(variable, weights) * readers(self.graph, variable, alive)

        for one, other in zip(self.run(unmade), self.run(unmade_and_cut), strict=True):
            np.testing.assert_array_equal(one, other)
