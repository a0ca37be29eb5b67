"""Everything `fit` takes and logs."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="needs the TensorFlow backend"
)
_TERMS = {"task_loss", "output_regularization", "weight_regularization"}


def test_it_learns_and_does_not_forget():
    model = builders.learner(
        hm.targets.mlp((builders.FEATURES,), (40, 40), builders.CLASSES),
        granularity="unit",
        lam=1.0,
        beta=1.0,
        hypernetwork=hm.MLPHypernetwork(16, (16,), seed=1),
        compile=builders.COMPILED,
    )
    for task in range(2):
        builders.learn(model, task, passes=25)
    for task in range(2):
        logs = model.evaluate(
            *builders.data(task), task=task, verbose=0, return_dict=True
        )
        assert logs["accuracy"] > 0.9  # chance is 1 in 3


def test_a_task_that_begins_is_the_one_that_runs():
    model = builders.learner(granularity="unit")
    for task in range(2):
        model.begin_task(task)
        assert model.active_task == task


def test_logs():
    model = builders.learner(protection="all", lam=0.1, compile=builders.COMPILED)
    first = builders.learn(model, 0, validation_data=builders.data(5)).history
    assert first.keys() == {
        *_TERMS,
        "loss",
        "accuracy",
        "mask_sparsity",
        "val_loss",
        "val_accuracy",
    }
    assert first["output_regularization"] == first["weight_regularization"] == [0.0]
    second = builders.learn(model, 1).history
    assert second["output_regularization"][0] > 0
    assert second["weight_regularization"][0] > 0
    # As they stand in the loss, beta and lambda included.
    parts = sum(second[name][0] for name in _TERMS)
    assert second["loss"][0] == pytest.approx(parts, rel=1e-5)


def test_mask_sparsity_is_that_of_the_mask():
    model = builders.learner(sparsity=70)
    logged = builders.learn(model, 0).history["mask_sparsity"][0]
    masks = model.mask(0).values()
    zeros = sum(np.sum(mask == 0) for mask in masks)
    assert logged == pytest.approx(zeros / sum(mask.size for mask in masks))
    assert logged == pytest.approx(0.7, abs=0.02)


def test_an_evaluation_has_no_regularisers():
    model = builders.learner(protection="all", lam=10.0)
    builders.learn(model, 0)
    builders.learn(model, 1)
    x, y = builders.data(0)
    logs = model.evaluate(x, y, task=0, verbose=0, return_dict=True)
    assert logs.keys() == {"loss", "accuracy"}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = float(loss(y, model.predict(x, task=0, verbose=0)))
    assert logs["loss"] == pytest.approx(expected, rel=1e-4)
    assert model.active_task == 1


def test_callbacks_find_the_mask_in_their_logs():
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["mask_sparsity"])
    )
    model = builders.learner()
    builders.learn(model, 0, epochs=2, callbacks=[callback])
    builders.learn(model, 0, callbacks=callback)
    x, y = builders.data(0)
    model.fit(x, y, 32, 1, 0, [callback])
    assert len(seen) == 4


def test_class_weight_sample_weight_and_validation_split():
    x, y = builders.data(0)
    weights = np.where(y == 2, 0.0, 1.0).astype("float32")
    losses = []
    for options in (
        {"class_weight": {0: 1.0, 1: 1.0, 2: 0.0}},
        {"sample_weight": weights},
    ):
        model = builders.learner()
        # Seeds of Keras go on counting; the weights must be those of the first run.
        builders.shake(model.target.variables)
        builders.shake(model.hypernetwork.stack.variables, 1)
        history = model.fit(
            x, y, batch_size=32, shuffle=False, verbose=0, task=0, **options
        )
        losses.append(history.history["loss"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    history = builders.learn(model, 0, validation_split=0.5).history
    assert "val_loss" in history and not any(
        f"val_{name}" in history for name in _TERMS
    )


def test_a_data_set():
    tf = pytest.importorskip("tensorflow")
    x, y = builders.data(0)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
    results = []
    for inputs in ((x, y), (dataset,)):
        keras.utils.set_random_seed(0)
        model = builders.learner()
        batch = {"batch_size": 32, "shuffle": False} if len(inputs) == 2 else {}
        model.fit(*inputs, task=0, verbose=0, validation_data=dataset, **batch)
        results.append(builders.values(model))
    builders.assert_same(*results)


@pytest.mark.parametrize(
    ("granularity", "compiled"), [("weight", builders.COMPILED), ("unit", {})]
)
def test_the_same_seed_gives_the_same_result(granularity, compiled):
    results = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        model = builders.learner(
            builders.normalised(),
            granularity=granularity,
            hypernetwork=hm.MLPHypernetwork(4, (8,)),
            sampled_tasks=1,
            compile=compiled,
        )
        for task in range(2):
            builders.learn(model, task, shuffle=True)
        results.append(builders.values(model))
    builders.assert_same(*results)


@pytest.fixture(scope="module")
def compiled_outputs():
    return _outputs(builders.COMPILED)


def _outputs(compile_options):
    # Without dropout, whose numbers are others under XLA.
    keras.utils.set_random_seed(0)
    model = builders.learner(compile=compile_options)
    for task in range(2):
        builders.learn(model, task)
    return model.predict(builders.data(1)[0], verbose=0)


@on_tensorflow
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"jit_compile": True}, marks=pytest.mark.slow),
        {"steps_per_execution": 2},
        {"run_eagerly": True},
    ],
    ids=lambda options: next(iter(options)),
)
def test_ways_to_run_agree(options, compiled_outputs):
    found = _outputs({**builders.COMPILED, **options})
    np.testing.assert_allclose(found, compiled_outputs, atol=2e-3)


def test_compiled_by_xla():
    model = builders.learner(
        builders.normalised(), compile={**builders.COMPILED, "jit_compile": True}
    )
    history = builders.learn(model, 0, epochs=2).history["loss"]
    assert history[1] < history[0]


def test_nothing_is_traced_anew_for_another_task():
    traces = []

    class Counting(hm.MLPHypernetwork):
        def emit(self, embeddings):
            traces.append(embeddings.shape[0])
            return super().emit(embeddings)

    model = builders.learner(hypernetwork=Counting(4, (8,)), compile=builders.COMPILED)
    builders.learn(model, 0)
    once = traces.count(1 + builders.TASKS)
    builders.learn(model, 1)
    builders.learn(model, 2)
    assert traces.count(1 + builders.TASKS) == once


@pytest.mark.parametrize(
    ("policy", "compiled"),
    [
        ("mixed_bfloat16", {}),
        ("mixed_float16", {}),
        pytest.param("mixed_float16", builders.COMPILED, marks=pytest.mark.slow),
    ],
)
def test_mixed_precision(policy, compiled, tmp_path):
    keras.config.set_dtype_policy(policy)
    try:
        target = builders.normalised()
    finally:
        keras.config.set_dtype_policy("float32")
    model = builders.learner(target, compile=compiled)
    assert {str(v.dtype) for v in model.trainable_variables} == {"float32"}
    for task in range(2):
        history = builders.learn(model, task, epochs=2).history["loss"]
        assert np.isfinite(history).all()
    x, _ = builders.data(0)
    assert str(keras.ops.convert_to_numpy(model(x)).dtype) == policy.removeprefix(
        "mixed_"
    )
    assert model.dtype_policy.name == policy
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(x, task=0, verbose=0), model.predict(x, task=0, verbose=0)
    )
    assert loaded.dtype_policy.name == policy
    builders.learn(loaded, 2)


@pytest.mark.parametrize(
    "hypernetwork",
    [
        hm.ChunkedHypernetwork(4, (8,), chunk_size=50, chunk_embedding_dim=3),
        hm.MaskBank(),
    ],
    ids=lambda h: type(h).__name__,
)
def test_other_hypernetworks(hypernetwork):
    model = builders.learner(
        hypernetwork=hypernetwork,
        protection="used",
        lam=1.0,
        compile=builders.COMPILED,
    )
    for task in range(2):
        loss = builders.learn(model, task, epochs=2, passes=5).history["task_loss"]
        assert loss[-1] < loss[0]


@pytest.mark.parametrize(
    "build", [builders.shared_layer, builders.subclassed, builders.normalised]
)
def test_other_targets(build):
    model = builders.learner(build())
    for task in range(2):
        loss = builders.learn(model, task, epochs=3).history["task_loss"]
        assert loss[-1] < loss[0]


def test_augmentation_acts_in_training_only():
    shift = keras.layers.GaussianNoise(1.0, seed=1)
    model = builders.learner(augmentation=shift)
    builders.learn(model, 0)
    x, _ = builders.data(0)
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), model.predict(x, verbose=0)
    )
    baked = keras.ops.convert_to_numpy(model.bake(0)(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), baked, atol=1e-5)


@pytest.mark.parametrize("kind", ["kernel_regularizer", "activity_regularizer"])
def test_a_penalty_of_the_target_counts_once(kind):
    inputs = keras.Input((8,))
    hidden = keras.layers.Dense(6, name="hidden", **{kind: "l2"})
    outputs = keras.layers.Dense(3)(hidden(inputs))
    model = builders.learner(keras.Model(inputs, outputs), beta=0.0, lam=0.0)
    x, y = builders.data(0, 32)
    model.begin_task(0)
    # Both are of the masked network.
    kernel, bias = (keras.ops.convert_to_numpy(v) for v in hidden.trainable_variables)
    kernel = kernel * model.mask(0)["hidden/kernel"]
    activity = x @ kernel + bias
    expected = 0.01 * np.sum(kernel**2)
    if kind == "activity_regularizer":
        expected = 0.01 * np.sum(activity**2) / len(x)
    logs = model.train_on_batch(x, y, return_dict=True)
    assert logs["loss"] - logs["task_loss"] == pytest.approx(expected, rel=1e-3)


def test_the_ramp_belongs_to_the_first_task():
    model = builders.learner(sparsity=80, ramp_steps=4)
    sparsities = builders.learn(model, 0, epochs=3).history["mask_sparsity"]
    # Two steps an epoch: half way, at the top, there still.
    np.testing.assert_allclose(sparsities, [0.4, 0.8, 0.8], atol=0.02)
    assert builders.learn(model, 1).history["mask_sparsity"][0] == pytest.approx(
        0.8, 0.02
    )
