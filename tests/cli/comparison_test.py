"""Methods against baselines, on runs with made-up numbers."""

import pathlib

import numpy as np
import pytest

from hypermask_tf.cli.comparison import compare, problem
from hypermask_tf.cli.naming import title
from hypermask_tf.cli.runs import Run, group
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix

FLAGS = {
    "benchmark": "split_digits",
    "target": "mlp",
    "hidden": "24,24",
    "granularity": "unit",
    "sparsity": "90",
    "mask_scale": "width",
    "reuse": "auto",
    "protection": "used",
    "hypernetwork": "mlp",
    "steps_per_task": "100",
    "batch_size": "32",
}


def _run(learned, seed=1, measured_on="test", **flags):
    """A run that forgets nothing."""
    matrix = AccuracyMatrix(len(learned))
    for after in range(len(learned)):
        for task in range(after + 1):
            matrix.record(after, task, learned[task])
    results = {
        "benchmark": "split_digits",
        "seed": seed,
        "num_tasks": len(learned),
        "measured_on": measured_on,
        "train_seconds_per_task": [1.0] * len(learned),
        **matrix.to_dict(),
    }
    chosen = {**FLAGS, "seed": str(seed), **flags}
    return Run(pathlib.Path("x"), chosen, results)


def test_transfer_is_the_gain_over_the_mean_baseline():
    rng = np.random.default_rng(0)
    alone, tuned, ours = rng.uniform(0.5, 1.0, (3, 4, 5))
    runs = [
        *(_run(row, i, baseline="alone") for i, row in enumerate(alone)),
        *(_run(row, i, baseline="finetune") for i, row in enumerate(tuned)),
        *(_run(row, i) for i, row in enumerate(ours)),
    ]
    entries = {entry.name.split(":")[0]: entry for entry in compare(runs)}
    assert len(entries) == 3
    own = entries["unit masks, 90 %, protection used"]
    for found, baseline in ((own.over_alone, alone), (own.over_finetune, tuned)):
        expected = (ours - baseline.mean(axis=0))[:, 1:].mean(axis=1)
        np.testing.assert_allclose(found, expected)
    assert entries["alone"].over_alone == []
    np.testing.assert_allclose(
        entries["alone"].over_finetune,
        (alone - tuned.mean(axis=0))[:, 1:].mean(axis=1),
    )


def test_a_baseline_of_another_budget_does_not_count():
    runs = [_run([0.9, 0.9]), _run([0.8, 0.8], baseline="alone", steps_per_task="200")]
    assert [entry.over_alone for entry in compare(runs)] == [[], []]


def test_of_several_baselines_the_best_counts():
    runs = [_run([0.9, 0.9])]
    for accuracy, rate in ((0.5, "1"), (0.8, "2"), (0.6, "3")):
        runs.append(_run([accuracy] * 2, baseline="alone", learning_rate=rate))
    own = next(e for e in compare(runs) if e.name.startswith("unit"))
    assert own.over_alone == [pytest.approx(0.1)]


def test_methods_of_one_name_say_what_tells_them_apart():
    runs = [_run([0.9], seed, beta=beta) for beta in ("0", "1") for seed in (1, 2)]
    entries = compare(runs)
    assert [len(entry.runs) for entry in entries] == [2, 2]
    assert [entry.name.split(", ")[-1] for entry in entries] == ["beta 0", "beta 1"]


def test_problems_are_kept_apart():
    runs = [
        _run([0.9]),
        _run([0.9], hidden="8"),
        _run([0.9], limit_train="50"),
        _run([0.9], measured_on="validation"),
    ]
    titles = [title(found) for found in group(runs, problem)]
    assert len(set(titles)) == 4
    assert "validation" in titles[3]
    assert "first 50" in titles[2]


def test_across_networks_names_say_which_and_a_baseline_may_have_another():
    runs = [
        _run([0.9, 0.9], hidden="240,240", sparsity="90"),
        _run([0.8, 0.8], sparsity="90"),
        _run([0.7, 0.7], baseline="alone"),
        _run([0.9], benchmark="split_mnist"),
    ]
    same, other = group(runs, lambda run: problem(run, across_networks=True))
    assert (len(same), len(other)) == (3, 1)
    assert title(same) == "split_digits, 2 tasks, measured on test data"
    entries = {entry.name: entry.over_alone for entry in compare(same)}
    assert entries == {
        "alone: a dense network each, mlp 24-24": [],
        "unit masks, 90 %, protection used, mlp 24-24": [pytest.approx(0.1)],
        "unit masks, 90 %, protection used, mlp 240-240": [pytest.approx(0.2)],
    }


def test_a_run_from_before_there_was_a_flag_is_of_the_same_experiment():
    older, newer = _run([0.9]), _run([0.9], seed=2, hyper_rate="1.0")
    assert older.settings == newer.settings
    assert older.settings != _run([0.9], hyper_rate="0.1").settings


@pytest.mark.parametrize("flag", ["data", "window", "split_seed", "group_column"])
def test_own_data_are_another_problem_by_what_they_are_and_how_they_are_read(flag):
    one, other = (_run([0.9], **{"data": "a", flag: value}) for value in ("1", "2"))
    assert problem(one) != problem(other)
    assert problem(one) == problem(_run([0.5], **{"data": "a", flag: "1"}))
