"""Learns two small tasks as one of `DISTRIBUTIONS` says, and writes down all that came.

    python tests/training/shared_learning.py FOLDER KIND:DISTRIBUTION ...

A program of its own, since devices are set up before the first computation.
"""

import os
import pathlib
import sys

import keras
import numpy as np

import hypermask_tf as hm
from hypermask_tf.training import batch_rows, distribute, task_batches
from tests.learners import hyper_mask

BATCH, STEPS, TASKS = 16, 4, 2


def _target(kind):
    layers = keras.layers
    inputs = keras.Input((6,))
    if kind == "weight":
        x = layers.Dense(8, "relu", kernel_regularizer="l2")(inputs)
        x = layers.Dense(8, "relu", activity_regularizer="l2")(x)
    else:
        # A bias before batch norm gets no gradient but rounding, which Adam enlarges.
        x = layers.Dense(8, use_bias=False)(inputs)
        # JAX has no other kind of batch norm than over the whole batch.
        whole = kind == "unit" and keras.backend.backend() == "tensorflow"
        x = layers.BatchNormalization(momentum=0.9, synchronized=whole)(x)
        x = layers.ReLU()(x)
    return keras.Model(inputs, layers.Dense(4)(x))


def hypernetwork():
    return hm.MLPHypernetwork(4, (5,), seed=1)


def learner(kind):
    keras.utils.set_random_seed(1)
    choices = {"head": "per_task", "sparsity": 50.0}
    if kind == "weight":
        choices = {
            "granularity": "weight",
            "protection": "current",
            "ramp_steps": 3,
            "sparsity": 40.0,
            "sampled_tasks": 1,
        }
    elif kind == "hard":
        choices |= {"protection": "hard", "reuse": 0.0}
    model = hyper_mask(_target(kind), 3, hypernetwork(), lam=0.1, beta=0.1, **choices)
    model.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=3,  # does not divide the steps of an epoch
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


def learn(kind, scope):
    """Everything a user sees of a learner after two tasks, by name."""
    with scope:
        model = learner(kind)
    random, seen, probe = np.random.default_rng(0), {}, ()
    for task in range(TASKS):
        x = random.normal(size=(48, 6)).astype("float32")
        y = random.integers(0, 4, 48)
        probe = (x, y) if task == 0 else probe
        batches = task_batches(x, y, batch_rows(48, BATCH, STEPS, 1, task))
        history = model.fit(
            batches, task=task, steps_per_epoch=STEPS, shuffle=False, verbose=0
        )
        seen |= {f"log {task} {k}": v for k, v in history.history.items()}
        # 48 is no multiple of 20: the last batch is smaller.
        scores = model.evaluate(*probe, batch_size=20, task=0, verbose=0)
        seen[f"evaluation {task}"] = scores
        seen[f"prediction {task}"] = model.predict(probe[0], 20, task=0, verbose=0)
        kept = model.bake(0).get_weights()
        seen |= {f"kept {task} {i}": value for i, value in enumerate(kept)}
    seen["baked"] = keras.ops.convert_to_numpy(model.bake(0)(probe[0]))
    longer = model.extend(5)
    seen["extended"] = longer.predict(probe[0], 20, task=1, verbose=0)
    variables = (*model.weights, *model.optimizer.variables)
    for i, variable in enumerate(variables):
        seen[f"variable {i:02d}"] = keras.ops.convert_to_numpy(variable.value)
    seen["apart"] = max(_apart(variable) for variable in variables)
    return model, {name: np.asarray(value) for name, value in seen.items()}


def _apart(variable):
    """How far the copies of a variable in this process are from each other."""
    copies = getattr(variable.value, "values", (0.0,))
    first, *others = [np.asarray(copy, "float64") for copy in copies]
    return max((np.abs(other - first).max(initial=0) for other in others), default=0)


def main(folder, *runs):
    names = {run.partition(":")[2] for run in runs}
    shared = {}
    for name in sorted(names & {"mirrored", "multi_worker"}):
        devices = 2 if name == "mirrored" else 0
        shared[name] = distribute(name, virtual_devices=devices)
    for run in runs:
        kind, _, name = run.partition(":")
        if keras.backend.backend() == "jax":
            keras.distribution.set_distribution(None)  # that of the run before
        here = shared.get(name) or distribute(name, hypernetwork)
        model, seen = learn(kind, here.scope())
        seen["replicas"] = np.asarray(here.replicas)
        kernel = model.hypernetwork.weights[-2].value
        if keras.backend.backend() == "jax":
            parts = {shard.data.shape for shard in kernel.addressable_shards}
            seen["parts"] = np.asarray(sorted(parts))
        place = pathlib.Path(folder) / f"{kind}_{name}_{os.environ.get('PROCESS', 0)}"
        np.savez(place.with_suffix(".npz"), **seen)


if __name__ == "__main__":
    main(*sys.argv[1:])
