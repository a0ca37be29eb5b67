"""The library changes nothing that belongs to the whole process."""

import os
import pathlib
import random
import re
import warnings

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.scenarios.seeding import seeded
from hypermask_tf.training import Position, RunFolder, grow_when_full
from tests.hypermask import builders
from tests.training import interrupted

pytestmark = pytest.mark.backend
PACKAGE = pathlib.Path(hm.__file__).parent


def draws():
    """Numbers of every generator of the process."""
    return [
        random.random(),
        *np.random.random(2),
        *keras.ops.convert_to_numpy(keras.random.uniform((2,))).tolist(),
        *keras.ops.convert_to_numpy(keras.initializers.RandomNormal()((2,))).tolist(),
    ]


def _after(seed, action):
    """What a user who has set a seed draws after a call of the library."""
    keras.utils.set_random_seed(seed)
    first = draws()  # Keras makes its generator when it is first asked
    action()
    return [*first, *draws()]


def test_draws_after_a_seeded_block_are_as_without_it():
    def block():
        with seeded(5):
            draws()

    assert _after(3, block) == _after(3, lambda: None)


def test_an_error_in_the_block_changes_nothing_either():
    def block():
        with pytest.raises(KeyError), seeded(5):
            draws()
            raise KeyError

    assert _after(3, block) == _after(3, lambda: None)


def test_draws_in_the_block_depend_on_its_seed_alone():
    seen = []
    for user, seed in ((1, 5), (2, 5), (1, 6)):
        keras.utils.set_random_seed(user)
        draws()
        with seeded(seed):
            seen.append(draws())
    assert seen[0] == seen[1] and not set(seen[0]) & set(seen[2])


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5])
def test_a_seed_must_be_a_small_integer(seed):
    with pytest.raises(ValueError, match="Received: seed="), seeded(seed):
        pass


def _full():
    """A network that has no free units left."""
    model = builders.learner(granularity="unit", sparsity=60, tasks=6, reuse=0.0)
    for task in range(2):
        model.begin_task(task)
    assert model.capacity().full
    return model


def test_growing_leaves_a_users_draws_to_the_users_seed():
    model = _full()
    grown = _after(3, lambda: grow_when_full(model, 2.0, seed=1))
    assert grown == _after(3, lambda: None)
    assert not set(grown) & set(_after(4, lambda: grow_when_full(model, 2.0, seed=1)))


def own_normal(shape, dtype=None):
    return keras.random.normal(shape, dtype=dtype)


def test_new_units_are_drawn_alike_by_an_own_initializer_too():
    """One that asks Keras's generator, which counts every call."""
    wide = []
    for before in (0, 3):
        keras.utils.set_random_seed(before)
        inputs = keras.Input((6,))
        x = keras.layers.Dense(12, "relu", kernel_initializer=own_normal)(inputs)
        target = keras.Model(inputs, keras.layers.Dense(3)(x))
        for variable in target.weights:
            variable.assign(np.full(variable.shape, 0.1))
        model = builders.learner(
            target=target, granularity="unit", sparsity=60, tasks=4, reuse=0.0
        )
        for task in range(2):
            model.begin_task(task)
        for _ in range(before):
            draws()
        wide.append(grow_when_full(model, 2.0, seed=1).target.get_weights())
    for one, other in zip(*wide, strict=True):
        np.testing.assert_array_equal(one, other)


def test_going_on_with_more_tasks_leaves_a_users_draws_to_the_users_seed(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    plain = {"model": {"protection": "all"}, "steps_per_task": 1}
    interrupted.sequence(run, **plain).learn()
    seen, rows = {}, []
    for seed in (3, 4):
        longer = interrupted.sequence(run, interrupted.scenario(3), **plain)
        keras.utils.set_random_seed(seed)
        assert longer.restore() == Position(2)
        seen[seed] = draws()
        rows.append(longer.model.hypernetwork.get_weights())
    assert longer.model.num_tasks == 3 and not set(seen[3]) & set(seen[4])
    for one, other in zip(*rows, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_learners_life_changes_no_setting_of_the_process():
    def settings():
        return {
            "environment": dict(os.environ),
            "floatx": keras.config.floatx(),
            "policy": keras.config.dtype_policy().name,
            "warnings": list(warnings.filters),
            "threads": np.geterr(),
        }

    before = settings()
    model = _full()
    model = grow_when_full(model, 2.0)
    model.bake(0)
    model.extend(9)
    assert settings() == before


def test_no_module_sets_a_seed_for_the_whole_process():
    """`seeded` does, and takes it back; a command is the whole process."""
    word = re.compile(r"set_random_seed\(|(?<![\w.])random\.seed\(|np\.random\.seed\(")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if word.search(path.read_text("utf-8"))
    }
    library = {name for name in found if not name.startswith("cli/")}
    assert library == {"scenarios/seeding.py"}
