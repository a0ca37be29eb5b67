import keras
import numpy as np
import pytest

from hypermask_tf.training import grow_when_full
from tests.hypermask import builders


def _learner(**options):
    return builders.learner(
        granularity="unit", sparsity=60, tasks=6, **{"reuse": 0.0, **options}
    )


def test_a_model_with_free_units_is_left_alone():
    model = _learner()
    model.begin_task(0)
    assert grow_when_full(model, 2.0) is model


@pytest.mark.parametrize("factor", [1.1, 2.0])
def test_every_task_finds_units_of_its_own(factor):
    model = _learner()
    taken = []
    for task in range(5):
        model = grow_when_full(model, factor)
        model.begin_task(task)
        taken.append(model.units_on(task).sum())
        assert not model.capacity().groups[0].free < 0
    masks = np.array([model.units_on(task) for task in range(5)])
    assert masks.sum(0).max() == 1
    assert len(set(taken)) == 1


def test_an_embedding_gets_room_too():
    inputs = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(10, 8, name="table")(inputs)
    x = keras.layers.Dense(3)(keras.layers.GlobalMaxPooling1D()(x))
    model = _learner(target=keras.Model(inputs, x))
    for task in range(2):
        model.begin_task(task)
    wider = grow_when_full(model, 2.0)
    assert wider.target.get_layer("table").output_dim == 16


def test_use_must_be_tracked():
    with pytest.raises(ValueError, match="Capacity needs"):
        grow_when_full(_learner(protection="all", reuse=1.0), 2.0)


def test_new_units_are_drawn_alike_whatever_was_drawn_before():
    wide = []
    for draws in (0, 3):
        keras.utils.set_random_seed(0)
        model = _learner()
        for task in range(3):
            model = grow_when_full(model, 2.0, seed=5)
            for _ in range(draws):
                keras.initializers.GlorotUniform()((2, 2))
            model.begin_task(task)
        wide.append(model.target.get_weights())
    for one, other in zip(*wide, strict=True):
        np.testing.assert_array_equal(one, other)
