import math

import keras
import numpy as np
import pytest
from keras import ops

from hypermask_tf import ChunkedHypernetwork, MaskBank, MLPHypernetwork

_TASKS = 3
_KINDS = {
    "mlp": lambda: MLPHypernetwork(4, (6, 5), seed=1),
    "one layer": lambda: MLPHypernetwork(4, (), seed=1),
    "chunked": lambda: ChunkedHypernetwork(4, (6,), 30, 3, seed=1),
    "one chunk": lambda: ChunkedHypernetwork(4, (6,), 1000, 3, seed=1),
    "bank": lambda: MaskBank(seed=1),
}
kinds = pytest.mark.parametrize("kind", _KINDS)


def _created(kind, num_tasks=_TASKS, num_scores=100):
    hypernetwork = _KINDS[kind]()
    hypernetwork.create(num_tasks, num_scores)
    return hypernetwork


def _scores(hypernetwork, *tasks):
    return ops.convert_to_numpy(hypernetwork(ops.convert_to_tensor(tasks, "int32")))


# REFERENCE, "Sizes": the authors' models, read off their own objects.
@pytest.mark.parametrize(
    ("embedding_dim", "hidden", "num_tasks", "num_scores", "expected"),
    [
        pytest.param(128, (25, 25), 5, 475_202, 12_359_767, id="split mnist"),
        pytest.param(24, (100, 100), 10, 2_036_010, 205_649_850, id="permuted mnist"),
        pytest.param(48, (100,), 10, 1_070_250 - 2_720, 107_825_910, id="resnet"),
        pytest.param(48, (100,), 10, 1_250_858, 126_342_038, id="zenkenet"),
    ],
)
def test_sizes_are_those_of_the_authors(
    embedding_dim, hidden, num_tasks, num_scores, expected
):
    hypernetwork = MLPHypernetwork(embedding_dim, hidden)
    assert hypernetwork.num_parameters(num_tasks, num_scores) == expected
    assert not hypernetwork.weights


@kinds
def test_the_predicted_number_of_parameters_is_the_real_one(kind):
    hypernetwork = _created(kind)
    real = sum(math.prod(v.shape) for v in hypernetwork.trainable_variables)
    assert hypernetwork.num_parameters(_TASKS, 100) == real


@kinds
def test_one_row_of_scores_per_task(kind):
    hypernetwork = _created(kind)
    together = _scores(hypernetwork, 2, 0, 1, 0)
    assert together.shape == (4, 100) and together.dtype == "float32"
    for row, task in zip(together, (2, 0, 1, 0), strict=True):
        np.testing.assert_allclose(row, _scores(hypernetwork, task)[0], atol=1e-6)
    assert np.std(together) > 0.05


@kinds
def test_more_tasks_begin_with_the_same_rows(kind):
    few, many = _created(kind), _created(kind, 7)
    name = "bank" if kind == "bank" else "embeddings"
    rows = ops.convert_to_numpy(getattr(many, name).value)
    np.testing.assert_array_equal(
        rows[:_TASKS], ops.convert_to_numpy(getattr(few, name).value)
    )
    assert len(np.unique(rows[:, 0])) == 7


@kinds
def test_config_round_trip(kind):
    config = keras.saving.serialize_keras_object(_KINDS[kind]())
    copy = keras.saving.deserialize_keras_object(config)
    assert keras.saving.serialize_keras_object(copy) == config
    copy.create(_TASKS, 100)


@kinds
def test_it_belongs_to_one_model(kind):
    hypernetwork = _created(kind)
    with pytest.raises(ValueError, match="already belongs to a model"):
        hypernetwork.create(_TASKS, 100)


@kinds
def test_scores_stay_float32_under_a_mixed_policy(kind):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert _scores(_created(kind), 0).dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(("scores", "chunks"), [(29, 1), (30, 1), (31, 2), (100, 4)])
def test_the_last_chunk_is_cut(scores, chunks):
    hypernetwork = _created("chunked", num_scores=scores)
    assert hypernetwork.num_chunks(scores) == chunks
    assert hypernetwork.chunk_embeddings.shape == (chunks, 3)
    assert _scores(hypernetwork, 0, 1).shape == (2, scores)


def test_every_chunk_comes_from_its_own_embedding():
    hypernetwork = _created("chunked")
    before = _scores(hypernetwork, 0, 1)
    embeddings = ops.convert_to_numpy(hypernetwork.chunk_embeddings.value).copy()
    embeddings[1] += 1.0
    hypernetwork.chunk_embeddings.assign(embeddings)
    moved = np.any(_scores(hypernetwork, 0, 1) != before, axis=0)
    np.testing.assert_array_equal(np.flatnonzero(moved), np.arange(30, 60))


def test_tasks_of_a_bank_are_independent():
    bank = _created("bank")
    assert not bank.shared
    first = _scores(bank, 0)
    np.testing.assert_array_equal(first[0], ops.convert_to_numpy(bank.scores.value))
    bank.scores.assign(bank.scores + 1.0)
    learned, others = _scores(bank, 0), _scores(bank, 1, 2)
    np.testing.assert_allclose(learned, first + 1.0)
    bank.begin_task(0)  # beginning again changes nothing
    np.testing.assert_array_equal(_scores(bank, 0), learned)
    bank.begin_task(1)
    np.testing.assert_array_equal(_scores(bank, 0), learned)
    np.testing.assert_array_equal(_scores(bank, 1, 2), others)
    bank.scores.assign(bank.scores - 5.0)
    np.testing.assert_array_equal(_scores(bank, 0), learned)
    np.testing.assert_array_equal(_scores(bank, 2), others[1:])
    np.testing.assert_allclose(_scores(bank, 1), others[:1] - 5.0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MLPHypernetwork(0), "`embedding_dim` must be at least 1"),
        (lambda: MLPHypernetwork(4, (3, 0)), "`hidden` must hold positive"),
        (lambda: ChunkedHypernetwork(chunk_size=0), "`chunk_size` must be positive"),
        (
            lambda: ChunkedHypernetwork(chunk_embedding_dim=-1),
            "`chunk_embedding_dim` must be positive",
        ),
    ],
)
def test_arguments_out_of_range(build, message):
    with pytest.raises(ValueError, match=message):
        build()


_RATED = {
    "mlp": lambda rate: MLPHypernetwork(4, (6, 5), seed=1, rate=rate),
    "chunked": lambda rate: ChunkedHypernetwork(4, (6,), 30, 3, seed=1, rate=rate),
    "bank": lambda rate: MaskBank(seed=1, rate=rate),
}


def _learn(kind, rate, learning_rate):
    """Scores of task 0 before and after some steps of Adam."""
    keras.utils.set_random_seed(0)
    hypernetwork = _RATED[kind](rate)
    hypernetwork.create(_TASKS, 100)
    tasks = keras.Input(batch_shape=(4,), dtype="int32")
    model = keras.Model(tasks, hypernetwork(tasks))
    # No epsilon: else the size of gradients would count a little.
    adam = keras.optimizers.Adam(learning_rate, epsilon=1e-30)
    model.compile(adam, "mse", jit_compile=False)
    before = _scores(hypernetwork, 0)
    wanted = np.random.default_rng(0).normal(size=(16, 100)).astype("float32")
    model.fit(np.zeros(16, "int32"), wanted, 4, shuffle=False, verbose=0)
    return before, _scores(hypernetwork, 0)


@pytest.mark.parametrize("kind", _RATED)
def test_a_rate_multiplies_that_of_the_optimizer(kind):
    before, after = zip(_learn(kind, 1.0, 1e-3), _learn(kind, 0.1, 1e-2), strict=True)
    np.testing.assert_allclose(*before, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(*after, rtol=1e-3, atol=1e-5)
    assert np.abs(after[0] - before[0]).max() > 1e-3


@pytest.mark.parametrize("kind", ["mlp", "bank"])
def test_scores_shift_as_far_whatever_the_rate(kind):
    hypernetwork = _RATED[kind](0.1)
    hypernetwork.create(_TASKS, 100)
    before = _scores(hypernetwork, 0)
    hypernetwork.shift_scores(np.full(100, 0.5, "float32"))
    np.testing.assert_allclose(_scores(hypernetwork, 0), before + 0.5, atol=1e-5)


@pytest.mark.parametrize("kind", _RATED)
def test_a_rate_must_be_positive(kind):
    for rate in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="`rate` must be positive"):
            _RATED[kind](rate)
