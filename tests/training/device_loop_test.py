import types

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.cli.accelerators import accelerators
from hypermask_tf.scenarios import RandomCropWithPadding
from hypermask_tf.training import (
    LevelCodes,
    SequenceOptions,
    batch_rows,
    fit_task,
    on_device,
)
from tests.learners import hyper_mask

pytestmark = pytest.mark.backend
_TENSORFLOW = keras.backend.backend() == "tensorflow"

_SHAPE, _BATCH, _STEPS = (6, 6, 1), 8, 12


def _mlp():
    return hm.targets.mlp(_SHAPE, hidden=(12, 8), classes=3)


def _convnet():
    x = inputs = keras.Input(_SHAPE)
    # A bias ahead of batch norm has a gradient of rounding alone, which Adam blows up.
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Activation("relu")(x)
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(x)
    x = keras.layers.Dropout(0.2, seed=3)(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(3)(x))


def _learner(target, jit, **options):
    keras.utils.set_random_seed(5)
    model = hyper_mask(
        target(),
        2,
        hm.MLPHypernetwork(4, (6,)),
        augmentation=RandomCropWithPadding(1, value=-0.5, seed=2),
        **{"granularity": "unit", "sparsity": 50, "beta": 0.1, **options},
    )
    model.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=3,
        # On JAX the alternative is to run every operation by itself.
        jit_compile=jit or not _TENSORFLOW,
    )
    return model


def _data(task, samples=40):
    rng = np.random.default_rng(task)
    x = rng.integers(0, 256, (samples, *_SHAPE)).astype("uint8")
    y = (x[:, :3].mean((1, 2, 3)) // 86).astype("int32")
    return x.astype("float32") * np.float32(1 / 255) - np.float32(0.5), y


def _learn(model, loop, task, epochs=(0, 2), callbacks=(), validation=None):
    x, y = _data(task, 40 + 9 * task)
    rows = batch_rows(len(x), _BATCH, _STEPS, seed=1, task=task)
    history = keras.callbacks.History()
    per_epoch = _STEPS // 2
    fit_task(
        model,
        x,
        y,
        rows[: epochs[1] * per_epoch],
        task=task,
        epoch_steps=per_epoch,
        initial_epoch=epochs[0],
        callbacks=[*callbacks, history],
        validation_data=validation,
        loop=loop,
    )
    return history.history


def _assert_same(one, other, most):
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_allclose(
            np.asarray(a), np.asarray(b), rtol=most, atol=most, err_msg=a.path
        )


@pytest.mark.parametrize(
    ("target", "granularity"), [(_mlp, "weight"), (_convnet, "unit")]
)
def test_weights_are_those_of_fit(target, granularity):
    kind = {"granularity": granularity, "protection": "current"}
    models = [_learner(target, False, **kind) for _ in range(2)]
    for task in range(2):
        logs = [
            _learn(m, loop, task, validation=_data(9, 24))
            for m, loop in zip(models, ("fit", "device"), strict=True)
        ]
        assert logs[0].keys() == logs[1].keys() and "val_accuracy" in logs[1]
        for name in logs[0]:
            np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-5)
    # Optimizer, counters, moving statistics and random generators are among them.
    _assert_same(*models, most=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("target", [_mlp, _convnet])
def test_weights_are_those_of_fit_under_xla(target):
    kind = {"granularity": "weight", "protection": "current"}
    models = [_learner(target, True, **kind) for _ in range(2)]
    for task in range(2):
        for model, loop in zip(models, ("fit", "device"), strict=True):
            _learn(model, loop, task)
    _assert_same(*models, most=2e-4)


def test_goes_on_in_the_middle_of_a_task():
    whole, halves = _learner(_mlp, False), _learner(_mlp, False)
    _learn(whole, "device", 0)
    _learn(halves, "device", 0, epochs=(0, 1))
    _learn(halves, "device", 0, epochs=(1, 2))
    _assert_same(whole, halves, most=0)


def test_nothing_is_compiled_anew_for_a_task_with_more_samples():
    model = _learner(_mlp, False)
    traces = []
    step = model.train_step
    model.train_step = lambda *args: traces.append(0) or step(*args)
    _learn(model, "device", 0)
    first = len(traces)
    _learn(model, "device", 1)
    assert first >= 1 and len(traces) == first


def test_fit_is_as_before_afterwards():
    model = _learner(_mlp, False)
    _learn(model, "device", 0)
    x, y = _data(0)
    assert len(model.fit(x, y, task=0, epochs=2, verbose=0).history["loss"]) == 2


def test_callbacks_stop_it_and_lower_its_rate():
    model = _learner(_mlp, False)
    plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=1e9)
    _learn(model, "device", 0, callbacks=[plateau])
    assert float(model.optimizer.learning_rate) < 1e-2

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            assert "loss" in logs
            self.model.stop_training = True

    logs = _learn(model, "device", 1, callbacks=[Stop()])
    assert len(logs["loss"]) == 1


def test_labels_without_an_output_are_refused():
    model = _learner(_mlp, False)
    x, y = _data(0)
    rows = batch_rows(len(x), _BATCH, 6, seed=1)
    with pytest.raises(ValueError, match="label"):
        fit_task(model, x, y + 3, rows, task=0, epoch_steps=6, loop="device")


def test_an_eager_model_is_refused():
    model = _learner(_mlp, False)
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    with pytest.raises(ValueError, match="run_eagerly"):
        _learn(model, "device", 0)
    with pytest.raises(ValueError, match="run_eagerly"):
        SequenceOptions(loop="device").check(model, [])


@pytest.mark.skipif(not _TENSORFLOW, reason="JAX has no replicas")
def test_replicas_are_refused():
    strategy = types.SimpleNamespace(num_replicas_in_sync=2)
    model = types.SimpleNamespace(
        run_eagerly=False, distribute_strategy=strategy, device_loop=None
    )
    with (
        pytest.raises(ValueError, match=r"one device.*2 replicas"),
        on_device(model, *_data(0)),
    ):
        pass
    with pytest.raises(ValueError, match=r"one device.*2 replicas"):
        SequenceOptions(loop="device").check(model, [])


@pytest.mark.skipif(_TENSORFLOW, reason="about JAX")
def test_a_distribution_is_refused():
    model = _learner(_mlp, True)
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    try:
        with pytest.raises(ValueError, match=r"one device.*DataParallel over 1"):
            SequenceOptions(loop="device").check(model, [])
    finally:
        keras.distribution.set_distribution(None)


@pytest.mark.skipif(_TENSORFLOW, reason="about JAX")
@pytest.mark.parametrize(("target", "scans"), [(_mlp, True), (_convnet, False)])
def test_a_cpu_takes_convolutions_step_by_step(target, scans):
    if accelerators():
        pytest.skip("about a CPU")
    model = _learner(target, True)
    with on_device(model, *_data(0)) as loop:
        assert (loop._scan is not None) == scans


@pytest.mark.parametrize("channels", [1, 3])
def test_codes_give_back_every_bit(channels):
    raw = np.random.default_rng(0).integers(0, 256, (70, 5, 4, channels))
    scale = np.float32(1 / (255 * np.linspace(0.2, 0.3, channels)))
    x = raw.astype("float32") * scale + np.float32(-0.485 / 0.229)
    packed = LevelCodes.of(x)
    assert packed.codes.dtype == np.uint8
    back = packed.table[packed.codes + 256 * np.arange(channels)]
    assert back.tobytes() == x.tobytes()


def test_samples_with_many_values_stay_floats():
    x = np.random.default_rng(0).normal(size=(300, 2, 2, 1)).astype("float32")
    assert LevelCodes.of(x) is None
    assert LevelCodes.of(np.zeros((3, 2), "float64")) is None
