"""Bytes as sent against accuracy, over exported runs."""

import json

import pytest

from hypermask_tf.cli.runs import read_run
from hypermask_tf.cli.size_plot import plot_sizes
from hypermask_tf.cli.size_rows import size_rows
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix

FLAGS = {
    "benchmark": "split_digits",
    "target": "mlp",
    "hidden": "24",
    "mask_scale": "width",
    "protection": "used",
    "hypernetwork": "mlp",
    "steps_per_task": "100",
    "batch_size": "32",
}


def _file(task, weights, sent, accuracy, parameters=100, zeros=0):
    return {
        "task": {"index": task},
        "quantization": weights,
        "zstd_bytes": sent,
        "bytes": 2 * sent,
        "macs": 10 * (parameters - zeros),
        "gate": {"tflite_accuracy": accuracy},
        "keras_weights": {"parameters": parameters, "zeros": zeros},
    }


def _run(path, files, seed=1, **flags):
    matrix = AccuracyMatrix.from_dict({"accuracy_matrix": [[0.9] * 2] * 2})
    results = {
        "benchmark": "split_digits",
        "seed": seed,
        "num_tasks": 2,
        "train_seconds_per_task": [1.0, 1.0],
        **matrix.to_dict(),
    }
    (path / "export").mkdir(parents=True)
    (path / "manifest.json").write_text("{}")
    flags = {**FLAGS, "granularity": "unit", "sparsity": "90", **flags, "seed": seed}
    (path / "flags.txt").write_text("\n".join(f"--{k}={v}" for k, v in flags.items()))
    (path / "results.json").write_text(json.dumps(results))
    (path / "export" / "report.json").write_text(json.dumps({"files": files}))
    return read_run(path)


def test_rows_are_means_over_tasks_of_the_smaller_file(tmp_path):
    files = [
        _file(0, "float32", 1000, 0.8, zeros=40),
        _file(0, "float32", 600, 0.8, zeros=40),
        _file(1, "float32", 400, 0.9, zeros=60),
        _file(0, "int8", 300, 0.7),
        _file(1, "int8", 100, 0.9),
    ]
    runs = [_run(tmp_path / str(seed), files, seed) for seed in (2, 1)]
    full, int8 = size_rows(runs).itertuples()
    assert (full.weights, int8.weights) == ("float32", "int8")
    assert full.seeds == [1, 2]
    assert full.sent == 500
    assert full.accuracy == pytest.approx([0.85, 0.85])
    assert full.stored == 1000
    assert full.parameters == 50
    assert full.macs == 500
    assert int8.sent == 200


def test_a_way_that_a_seed_lacks_makes_no_row(tmp_path):
    whole = [_file(0, "float32", 10, 0.5), _file(0, "int8", 5, 0.5)]
    runs = [_run(tmp_path / "a", whole, 1), _run(tmp_path / "b", whole[:1], 2)]
    assert size_rows(runs)["weights"].tolist() == ["float32"]


def test_lines_join_sparsities_of_one_kind_of_mask(tmp_path):
    runs = [
        _run(tmp_path / "a", [_file(0, "float32", 100, 0.5)]),
        _run(tmp_path / "b", [_file(0, "float32", 200, 0.6)], sparsity="80"),
        _run(tmp_path / "c", [_file(0, "float32", 300, 0.7)], granularity="weight"),
    ]
    rows = size_rows(runs)
    assert rows["sparsity"].tolist() == ["80", "90", "90"]
    first, second, third = rows["family"]
    assert first == second != third
    path = plot_sizes(rows, tmp_path / "x.png", "digits")
    assert path.stat().st_size > 10_000


def test_a_run_that_was_not_exported_is_named(tmp_path):
    run = _run(tmp_path / "a", [])
    (tmp_path / "a" / "export" / "report.json").unlink()
    with pytest.raises(FileNotFoundError, match="export_tflite"):
        size_rows([run])
