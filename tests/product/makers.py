"""Small runs on one's own data, as `hypermask train` leaves them."""

import pathlib

import keras
import numpy as np
from keras import layers

import hypermask_tf as hm
from hypermask_tf import scenarios
from hypermask_tf.training import RunFolder, TaskSequence
from hypermask_tf.training.run_scenario import run_scenario

NAMES = ("ann", "bob", "cy")
STEPS = {
    "steps_per_task": 2,
    "epoch_steps": 1,
    "batch_size": 8,
    "measure_unseen": False,
}


def arrays(tasks, each=40, seed=0):
    """Samples of two classes that a line separates, in tasks of these names."""
    random = np.random.default_rng(seed)
    y = np.arange(each * len(tasks)) % 2
    x = random.normal(size=(len(y), 5)) + 3 * y[:, None]
    return {"x": x, "y": np.array(["no", "yes"])[y], "task": np.repeat(tasks, each)}


def learner(num_tasks):
    """A learner whose finished tasks are frozen."""
    keras.utils.set_random_seed(0)
    dense = layers.Dense
    target = keras.Sequential([keras.Input((5,)), dense(16, "relu"), dense(2)])
    masks = hm.UnitMasks(75, activation="binary")
    model = hm.HyperMask(target, num_tasks, masks)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.Adam(1e-2), loss, metrics=["accuracy"], run_eagerly=True
    )
    return model


def product(folder: pathlib.Path, names=NAMES) -> RunFolder:
    """A run that has learned a task of each name from `folder/data.npz`."""
    np.savez(folder / "data.npz", **arrays(names))
    scenario = scenarios.from_path(folder / "data.npz")
    run = RunFolder.create(folder / "run")
    data_dir = str(folder / "data.npz")
    run.write_manifest({"scenario": scenario.manifest(), "data_dir": data_dir})
    learn(run, scenario)
    return run


def learn(run, scenario, **options):
    """Learns what a run has not learned yet."""
    sequence = TaskSequence(
        learner(scenario.num_tasks), scenario, run, **{**STEPS, **options}
    )
    sequence.restore()
    sequence.learn()
    return sequence


def learn_later(run, **options):
    """Learns the tasks that a run's manifest has and its checkpoint has not."""
    first = max(run.checkpoints.positions()).task
    count = len(run.manifest()["scenario"]["tasks"])
    new = set(range(first, count))
    return learn(run, run_scenario(run.manifest(), tasks=new), **options)


def everything(run):
    """All files of a run that say something, by name."""
    return {
        str(path.relative_to(run.path)): path.read_bytes()
        for path in run.path.rglob("*")
        if path.is_file() and path.name != ".lock"
    }
