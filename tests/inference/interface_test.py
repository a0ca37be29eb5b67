"""What holds for every method."""

import numpy as np
import pytest
from scipy.special import softmax

import hypermask_tf as hm
from hypermask_tf import inference
from hypermask_tf.inference import TaskNetworks, evidence
from tests.hypermask import builders
from tests.inference.conftest import fitted

pytestmark = pytest.mark.backend
ALL = pytest.mark.parametrize("name", inference.METHODS)


@ALL
def test_batch_1_is_batch_n(methods, x, name):
    whole = methods[name].predict(x)
    single = methods[name].predict(x, batch_size=1)
    np.testing.assert_array_equal(whole.task, single.task)
    np.testing.assert_array_equal(whole.index, single.index)
    np.testing.assert_allclose(whole.confidence, single.confidence, atol=1e-4)


@ALL
def test_pooled_evidence_is_the_sum(methods, x, name):
    method = methods[name]
    found = evidence.run(method.as_model(), x, 1000)
    pooled = method.predict(x, pooled=True)
    wanted = softmax(found.total.sum(axis=0))
    np.testing.assert_allclose(pooled.posterior, np.tile(wanted, (len(x), 1)))
    assert set(pooled.task) == {wanted.argmax()}


@ALL
def test_a_prediction_is_coherent(methods, networks, x, name):
    said = methods[name].predict(x)
    assert len(said) == len(x)
    np.testing.assert_allclose(said.posterior.sum(axis=1), 1)
    np.testing.assert_array_equal(said.task, said.posterior.argmax(axis=1))
    np.testing.assert_array_equal(said.index, networks.offsets[said.task] + said.label)
    assert (said.confidence >= 0).all()
    assert (said.confidence <= said.posterior.max(axis=1) + 1e-9).all()
    assert ((said.typicality >= 0) & (said.typicality <= 1)).all()


@ALL
def test_evidence_of_the_model_is_that_of_the_outputs(methods, networks, x, name):
    compiled = evidence.run(methods[name].as_model(), x, 1000)
    plain = evidence.from_outputs(methods[name], networks(x))
    for one, other in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_all_tasks_run_in_one_call(methods, networks, learner, x, monkeypatch):
    model = methods["density"].as_model()
    calls = []
    run = model.predict_on_batch
    monkeypatch.setattr(
        model, "predict_on_batch", lambda batch: calls.append(len(batch)) or run(batch)
    )
    methods["density"].predict(x)
    assert calls == [32]  # 21 inputs, filled up
    logits = networks(x).logits
    for task in range(3):
        alone = np.asarray(learner.bake(task)(x))
        np.testing.assert_allclose(logits[:, task], alone, rtol=1e-4, atol=1e-4)


def test_evidence_needs_no_fit_where_the_paper_needs_none(networks, x):
    said = inference.get("entropy", networks).predict(x)
    assert np.isnan(said.typicality).all()
    with pytest.raises(ValueError, match="Call `fit`"):
        inference.get("entropy", networks).accepts(said)


def test_accepts_the_share_that_was_asked_for(networks):
    method = fitted("density", networks)
    own = [method.predict(builders.data(task, 96)[0]) for task in range(3)]
    for coverage in (0.5, 0.9, 1.0):
        kept = np.mean([method.accepts(part, coverage).mean() for part in own])
        assert coverage - 0.12 < kept <= 1.0
    far = method.predict(builders.data(0)[0] + 50)
    assert not method.accepts(far, 0.9).any()
    with pytest.raises(ValueError, match="coverage=0"):
        method.accepts(far, 0.0)


def test_a_task_with_fewer_classes(learner, x):
    networks = TaskNetworks(learner, classes=[3, 2, 1])
    assert networks.offsets.tolist() == [0, 3, 5]
    for name in ("entropy", "fecam", "density"):
        said = fitted(name, networks).predict(np.concatenate([x, x * 4]))
        assert (said.label < np.array([3, 2, 1])[said.task]).all()
        assert np.isfinite(said.confidence).all()
    with pytest.raises(ValueError, match="none of"):
        method = inference.get("density", networks)
        method.fit(0, *(part[:2] for part in builders.data(0)))
    assert not method.statistics


def test_tasks_are_fitted_in_order(networks):
    method = inference.get("density", networks)
    with pytest.raises(ValueError, match="in order"):
        method.fit(1, *builders.data(1))
    method.fit(0, *builders.data(0))
    with pytest.raises(ValueError, match="all 3 tasks"):
        method.predict(builders.data(0)[0])
    with pytest.raises(ValueError, match="labels"):
        method.fit(1, builders.data(1)[0], np.full(64, 7))


def test_a_further_task_keeps_what_is_known(learner, networks, x):
    method = inference.get("density", TaskNetworks(learner, 1))
    method.fit(0, *builders.data(0, 96))
    for task in (1, 2):
        method.networks = TaskNetworks(learner, task + 1)
        method.fit(task, *builders.data(task, 96))
    wanted = fitted("density", networks).predict(x)
    np.testing.assert_allclose(method.predict(x).posterior, wanted.posterior, atol=1e-5)


def test_a_learner_that_learned_nothing_is_refused():
    with pytest.raises(ValueError, match="Learn a task first"):
        TaskNetworks(builders.learner())


def test_a_subclassed_target_has_logits_for_features():
    model = builders.learner(builders.subclassed())
    model.begin_task(0)
    with pytest.raises(ValueError, match="input_shape"):
        TaskNetworks(model)
    networks = TaskNetworks(model, input_shape=(builders.FEATURES,))
    outputs = networks(builders.data(0)[0])
    np.testing.assert_array_equal(outputs.features[0], outputs.logits[:, 0])
    assert hm.inference.get("fecam", networks).needs_fit
