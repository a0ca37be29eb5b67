"""The learner of a checkpoint, with room for the tasks that are asked for."""

import warnings
from typing import Any

from hypermask_tf.compaction import rebuild
from hypermask_tf.distribution import replicas
from hypermask_tf.learner import copies
from hypermask_tf.learner.configs import settings_like
from hypermask_tf.learner.old_configs import upgraded
from hypermask_tf.scenarios.seeding import derived_seed, seeded
from hypermask_tf.training.checkpoint import Checkpoint
from hypermask_tf.training.same_parts import check_same, saved_widths


def load_learner(saved: Checkpoint, built: Any, num_tasks: int, seed: int) -> Any:
    """A learner in the state of a checkpoint; with more room for a longer scenario.

    It is made of what `built` is made of and was compiled with, as objects. The file
    gives values, widths and settings that are numbers or words: no code of it is run,
    and nothing needs to be registered.

    Args:
        saved: The checkpoint.
        built: The learner as it was built, compiled. It stays as it is.
        num_tasks: Tasks of the scenario.
        seed: Seed of the run: new rows are drawn alike, whatever this process has
            drawn before.

    Raises:
        ValueError: If the saved learner has room for more tasks than there are, is
            not made of the same parts, or `built` is not compiled.
    """
    config = saved.config()
    config["config"] = upgraded(config["config"])
    known = config["config"]["num_tasks"]
    if known > num_tasks:
        raise ValueError(
            "A run cannot lose tasks. Received: a scenario of "
            f"{num_tasks}, and a checkpoint of a learner of {known}"
        )
    if not built.compiled:
        raise ValueError(
            "A run goes on with what the learner is compiled with: call `compile()` "
            "as the run was begun."
        )
    model = _like(built, config["config"])
    copies.compile_like(model, built)
    check_same(model, config)
    _take_values(model, saved)
    if model.num_tasks < num_tasks:
        with seeded(derived_seed(seed, num_tasks)):
            model = model.extend(num_tasks)
    return model


def _like(built: Any, config: dict[str, Any]) -> Any:
    """A learner of the parts of `built`, as wide as the saved one."""
    changes = settings_like(built, config)
    widths = saved_widths(built.target, config["target"])
    if widths:
        with replicas.scope(built):
            changes["target"] = rebuild(built.target, widths)
    return copies.clone_learner(built, **changes)


def _take_values(model: Any, saved: Checkpoint) -> None:
    """Values of all variables, those of optimizer and generators included."""
    with replicas.scope(model), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.load_weights(saved.path)
    for warning in caught:
        # Keras goes on without the optimizer's state where it does not fit.
        if model.num_learned_tasks and "Skipping variable" in str(warning.message):
            raise ValueError(
                "Expected a learner compiled with the optimizer of the run. "
                f"Received: {type(model.optimizer).__name__}. {warning.message}"
            )
        warnings.warn_explicit(
            warning.message, warning.category, warning.filename, warning.lineno
        )
