"""The learner of a checkpoint, with room for the tasks that are asked for."""

from typing import Any

import keras

from hypermask_tf import replicas
from hypermask_tf.scenarios.seeding import derived_seed, seeded
from hypermask_tf.training.checkpoint import Checkpoint


def load_learner(saved: Checkpoint, built: Any, num_tasks: int, seed: int) -> Any:
    """Loads a learner; extends it where the scenario has become longer.

    Args:
        saved: The checkpoint.
        built: The learner as it was built: plain functions among its losses and
            metrics are taken from it.
        num_tasks: Tasks of the scenario.
        seed: Seed of the run: new rows are drawn alike, whatever this process has
            drawn before.

    Raises:
        ValueError: If the saved learner has room for more tasks than there are.
    """
    functions = dict(built.compiled_functions)
    with keras.saving.custom_object_scope(functions), replicas.scope(built):
        model = saved.load_model()
    if model.num_tasks > num_tasks:
        raise ValueError(
            "A run cannot lose tasks. Received: a scenario of "
            f"{num_tasks}, and a checkpoint of a learner of {model.num_tasks}"
        )
    if model.num_tasks < num_tasks:
        with seeded(derived_seed(seed, num_tasks)):
            model = model.extend(num_tasks)
    return model
