"""What a learner says when it is used otherwise than it is meant to be."""

import pickle

import keras
import numpy as np
import pytest

from tests.learners import hyper_mask
from tests.strangers.strangers import LOSS, X, Y, dense, fit, learner, predict


def _dataset(x, y):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((x, y)).batch(32)


def _batches(x, y):
    for start in range(0, len(x), 32):
        yield x[start : start + 32], y[start : start + 32]


class _Sequence(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x) // 32

    def __getitem__(self, i):
        rows = slice(32 * i, 32 * i + 32)
        return self.x[rows], self.y[rows]


FEEDS = {
    "arrays": lambda x, y: (x, y),
    "data set": lambda x, y: (_dataset(x, y),),
    "generator": lambda x, y: (_batches(x, y),),
    "PyDataset": lambda x, y: (_Sequence(x, y),),
}


@pytest.mark.backend_more
@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("jit", [True, False])
def test_labels_without_an_output_are_told_from_any_feed(feed, jit):
    if not jit and keras.backend.backend() == "jax":
        pytest.skip("op by op, this takes long on JAX")
    model = learner(dense())
    model.compile("adam", LOSS, metrics=["accuracy"], jit_compile=jit)
    fit(model, 0)
    wrong = Y.copy()
    wrong[70] = 7
    with pytest.raises(ValueError, match=r"0\.\.1.*7"):
        model.fit(*FEEDS[feed](X, wrong), task=1, verbose=0)
    assert model.num_learned_tasks == 1
    with pytest.raises(ValueError, match=r"0\.\.1.*7"):
        model.evaluate(*FEEDS[feed](X, wrong), task=0, verbose=0)


@pytest.mark.backend_more
@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("task", [0, 1])
def test_another_width_is_told_from_any_feed_in_any_task(feed, task):
    model = learner(dense())
    for earlier in range(task):
        fit(model, earlier)
    with pytest.raises(ValueError, match=r"samples of shape \(8,\).*\(5,\)"):
        model.fit(*FEEDS[feed](X[:, :5], Y), task=task, verbose=0)


@pytest.mark.parametrize("call", ["fit", "train_on_batch", "evaluate"])
def test_a_learner_that_is_not_compiled_says_so(call):
    target = keras.Sequential([keras.Input((8,)), dense(), keras.layers.Dense(2)])
    model = hyper_mask(target, 2, sparsity=50)
    with pytest.raises(ValueError, match=r"`compile\(\)`"):
        getattr(model, call)(X, Y)


def test_a_class_to_ignore_is_no_label():
    target = keras.Sequential([keras.Input((8,)), dense(), keras.layers.Dense(2)])
    model = hyper_mask(target, 2, sparsity=50)
    loss = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=-1)
    model.compile("adam", loss)
    y = np.where(np.arange(256) % 5, Y, -1)
    model.fit(X, y, task=0, verbose=0)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        model.fit(X, y - 1, task=0, verbose=0)


@pytest.mark.parametrize("thaw", [True, False])
def test_a_layer_that_is_frozen_after_wrapping_is_told(thaw):
    layer = dense(trainable=not thaw)
    model = learner(keras.layers.Dense(8, "relu"), layer)
    fit(model, 0)
    layer.trainable = thaw
    calls = (
        lambda: fit(model, 0),
        lambda: predict(model, 0),
        lambda: model.evaluate(X, Y, verbose=0),
        lambda: model.bake(0),
        lambda: model.extend(4),
    )
    for call in calls:
        with pytest.raises(ValueError, match="frozen or thawed"):
            call()
    layer.trainable = not thaw
    fit(model, 0)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="an export of TensorFlow's"
)
def test_a_learner_exports_the_network_of_a_task(tmp_path):
    import tensorflow as tf

    model = learner(dense())
    fit(model, 0)
    fit(model, 1, y=1 - Y)
    model.export(tmp_path / "task", task=0, verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "task"))
    served = loaded.serve(X)
    np.testing.assert_allclose(served, predict(model, 0), rtol=1e-4, atol=1e-4)


def test_a_learner_is_not_quantised():
    model = learner(dense())
    fit(model, 0)
    with pytest.raises(ValueError, match=r"bake\(task\)\.quantize"):
        model.quantize("int8")
    predict(model, 0)
    baked = model.bake(0)
    baked.quantize("int8")
    assert np.isfinite(predict(baked)).all()


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"expand_nested": True},
        {"line_length": 80, "show_trainable": True, "expand_nested": True},
        {"positions": [0.3, 0.6, 0.7, 1.0]},
    ],
)
def test_summary_takes_what_that_of_keras_takes(arguments):
    lines = []
    learner(dense()).summary(print_fn=lambda text, **_: lines.append(text), **arguments)
    text = "\n".join(lines)
    assert "hypernetwork" in text
    assert ("hidden (Dense)" in text) == bool(arguments.get("expand_nested"))


def test_pickles_and_weights():
    model = learner(dense())
    fit(model, 0)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_allclose(predict(again, 0), predict(model, 0), rtol=1e-5)
    other = learner(dense())
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(predict(other, 0), predict(model, 0), rtol=1e-5)


def test_clones_of_keras_are_learners_that_begin_anew():
    model = learner(dense())
    fit(model, 0)
    clone = keras.models.clone_model(model)
    assert clone.num_learned_tasks == 0
    clone.compile("adam", LOSS)
    fit(clone, 0)
    assert model.num_learned_tasks == 1


def test_words_as_inputs_are_told_of_when_there_is_no_network_for_them():
    with pytest.raises(ValueError, match=r"samples of shape \(8,\)"):
        fit(learner(dense()), 0, X[:, 0])
