"""Tasks with different numbers of classes, from training to what a device is told."""

import json

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.export.bake import task_info
from hypermask_tf.training import RunFolder, TaskSequence
from tests.learners import hyper_mask

SPLITS = {
    "50+5x10": [50] + [10] * 5,
    "50+10x5": [50] + [5] * 10,
    "40+20x3": [40] + [3] * 20,
}


def _scenario(sizes, num_tasks=None):
    """A hundred classes of small images, each around a point of its own."""
    rng = np.random.default_rng(0)
    y = np.arange(800) % 100
    centres = rng.normal(0, 2, (100, 4, 4, 1))
    x = (centres[y] + rng.normal(0, 0.3, (800, 4, 4, 1))).astype("float32")
    names = [f"class {label}" for label in range(100)]
    return hm.scenarios.from_arrays(
        x[:600],
        y[:600],
        x[600:],
        y[600:],
        sizes,
        seed=1,
        class_names=names,
        num_tasks=num_tasks,
    )


def _learn(scenario, tmp_path, **options):
    keras.utils.set_random_seed(0)
    target = hm.targets.mlp(scenario.input_shape, (64,), classes=scenario.max_classes)
    model = hyper_mask(
        target,
        scenario.num_tasks,
        hypernetwork=hm.MLPHypernetwork(8, (8,)),
        sparsity=50,
        **options,
    )
    model.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=10,
        # XLA takes longer to compile this than to run it; JAX without it is eager.
        jit_compile=keras.backend.backend() == "jax",
    )
    run = RunFolder.create(tmp_path / "run")
    sequence = TaskSequence(
        model, scenario, run, steps_per_task=20, epoch_steps=20, batch_size=12
    )
    sequence.learn()
    return model, json.loads((run.path / "results.json").read_text())


@pytest.mark.parametrize(
    ("name", "num_tasks"),
    [
        *((name, 2) for name in SPLITS),
        *(pytest.param(name, None, marks=pytest.mark.slow) for name in SPLITS),
    ],
)
def test_a_split_runs_from_end_to_end(name, num_tasks, tmp_path):
    sizes = SPLITS[name][:num_tasks]
    scenario = _scenario(SPLITS[name], num_tasks)
    options = {"head": "per_task", "protection": "hard"}
    model, results = _learn(scenario, tmp_path, **options)
    assert results["classes_per_task"] == sizes
    assert np.isfinite(np.array(results["accuracy_matrix"], float)).all()
    # Small tasks are learned in few steps, and all are kept to the last bit.
    learned = np.diag(results["accuracy_matrix"])
    assert learned[1:].mean() > 1.5 / min(sizes) and results["forgetting"] == 0
    for task in (scenario[0], scenario[-1]):
        outputs = model.bake(task.index).predict(task.test[0], verbose=0)
        assert outputs.shape == (len(task.test[0]), task.num_classes)
        labels = task_info(task, scenario.input_shape, task.num_classes, {}).labels
        assert [label["name"] for label in labels] == [
            f"class {c}" for c in task.classes
        ]
        assert [label["index"] for label in labels] == list(range(task.num_classes))


def test_a_shared_head_as_in_the_paper(tmp_path):
    options = {"granularity": "weight", "protection": "current", "lam": 0.1}
    _, results = _learn(_scenario([40, 30, 20, 10]), tmp_path, **options)
    assert results["classes_per_task"] == [40, 30, 20, 10]
    assert np.diag(results["accuracy_matrix"])[-1] > 0.3
