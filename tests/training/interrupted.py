"""Small runs that are interrupted, and what they must come to all the same."""

import hashlib

import keras
import numpy as np
from keras import layers

import hypermask_tf as hm
from hypermask_tf.training import (
    CheckpointPlan,
    RunFolder,
    TaskSequence,
    TrainingStopped,
)
from tests.learners import hyper_mask


class Killed(BaseException):
    """The process ends here, as far as the test can have it."""


def scenario(tasks=2):
    """Tasks that a line separates."""
    rng, classes = np.random.default_rng(0), 2 * tasks
    y = np.arange(80 * classes) % classes
    x = (np.eye(classes, 6)[y] * 3 + rng.normal(0, 0.3, (len(y), 6))).astype("float32")
    x = x.reshape(-1, 1, 6, 1)
    cut = 60 * classes
    return hm.scenarios.from_arrays(x[:cut], y[:cut], x[cut:], y[cut:], 2)


def learner(num_tasks, **options):
    """A learner that draws random numbers at every step."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((1, 6, 1))
    x = layers.Dense(16, "relu", name="hidden")(layers.Flatten()(inputs))
    target = keras.Model(inputs, layers.Dense(2)(layers.Dropout(0.2)(x)))
    model = hyper_mask(target, num_tasks, **{"sparsity": 50, **options})
    model.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        # So few steps take less time than compiling one.
        run_eagerly=True,
    )
    return model


def sequence(run, data=None, plan=None, model=None, **options):
    """A sequence of three epochs a task, of one step each."""
    data = data or scenario()
    return TaskSequence(
        learner(data.num_tasks, **(model or {})),
        data,
        run,
        checkpoints=plan or CheckpointPlan(epochs=1),
        **{
            "steps_per_task": 3,
            "epoch_steps": 1,
            "batch_size": 16,
            "measure_unseen": False,
            **options,
        },
    )


def fingerprint(learned):
    """Every bit of a learner and its optimizer, and what was measured."""
    digest = hashlib.sha256()
    model = learned.model
    for variable in (
        *model.weights,
        *model.random_state,
        *model.optimizer.variables,
    ):
        value = np.asarray(keras.ops.convert_to_numpy(variable.value))
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    results = learned.results()
    del results["train_seconds_per_task"]
    return digest.hexdigest(), results


def go_on(path, make, limit=100, stop_between=False):
    """Starts a run again and again until it has learned everything.

    Args:
        path: Its folder.
        make: From the folder to a sequence.
        limit: Starts at most.
        stop_between: Whether to stop after every task, too.
    """
    for starts in range(1, limit + 1):
        try:
            if (path / "manifest.json").is_file():
                run = RunFolder.open(path)
            else:
                run = RunFolder.create(path)
                run.write_manifest({})
            learned = make(run)
            learned.restore()

            def end(task, matrix, learned=learned):
                learned.stop_asked = learned.stop_asked or stop_between

            learned.learn(end)
        except (Killed, TrainingStopped):
            continue
        return learned, starts
    raise AssertionError(f"not done after {limit} starts")
