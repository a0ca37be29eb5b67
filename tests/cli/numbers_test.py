"""A number of a table, from the command line to verified files and after."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.commands import ROOT, forked

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
FEW = ("--steps_per_task=200", "--epoch_steps=20", "--nojit_compile")
FEW += ("--hidden=16,16", "--learning_rate=0.02")


def houses(rows=160, dear=1.0):
    random = np.random.default_rng(0)
    area, age = random.uniform(40, 160, rows), random.uniform(0, 50, rows)
    town = np.where(np.arange(rows) % 2, "north", "south")
    price = (900 + 12.5 * area - 7.5 * age) * np.where(town == "north", 2, 1) * dear
    return pd.DataFrame({"area": area, "age": age, "town": town, "price": price})


def command(script, *flags, status=0):
    done = forked(ROOT / script, *flags)
    assert done.returncode == status, done.stderr
    return done


def told(path):
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("houses")
    houses().to_csv(root / "houses.csv", index=False)
    columns = ("--task_column=town", "--label_column=price", "--patience=3")
    data = f"--data={root / 'houses.csv'}"
    run = root / "run"
    done = command("apps/train.py", data, *columns, *FEW, f"--run_dir={run}")
    assert "north: a number (price) of mean" in done.stdout
    assert "MAE of the training mean" in done.stdout
    assert "accuracy" not in done.stdout
    recipes = "--quantization=float32,int8"
    flags = ("--nolatency", "--workers=1", "--max_mae_rise=100", recipes)
    command("export/export_tflite.py", f"--run_dir={run}", *flags)
    return run


def test_results_and_pictures_are_of_errors(run):
    results = told(run / "results.json")
    assert all(
        error < 0.5 * mean
        for error, mean in zip(
            results["mae_matrix"][-1], results["mean_mae"], strict=True
        )
    )
    names = {path.name for path in (run / "plots").iterdir()}
    assert names == {"mae_matrix.png", "task_curves.png", "capacity.png"}


@pytest.mark.parametrize("name", ["task_00", "task_00.int8"])
def test_a_file_speaks_in_the_unit_of_the_data(run, name):
    sidecar = told(run / "export" / f"{name}.json")
    assert sidecar["output"]["name"] == "price" and sidecar["labels"] == []
    (check,) = sidecar["gate"]["outputs"]
    assert (check["metric"], check["higher_is_better"]) == ("mae", False)
    recorded = told(run / "results.json")["mae_matrix"][1][0]
    (check,) = sidecar["verification"]["outputs"]
    assert check["keras"] == pytest.approx(recorded, rel=1e-4)
    path = run / "export" / f"{name}.tflite"
    signature = Interpreter(model_path=str(path)).get_signature_runner("serve")
    rows = houses()
    rows = rows[rows.town == "north"].head(20)
    how = sidecar["preprocessing"]["columns"]
    x = np.stack([(rows[c["name"]] - c["mean"]) / c["std"] for c in how], axis=1)
    x = x.astype("float32")
    found = [signature(image=row[None])["price"].item() for row in x]
    # A network that speaks on its own scale would be off by thousands.
    assert np.mean(np.abs(found - rows.price)) < 4 * recorded


def test_files_are_verified_again(run):
    done = command("export/verify.py", f"--run_dir={run}")
    assert "exported MAE" in done.stdout
    report = run / "export" / "report.json"
    before = report.read_text()
    entry = told(report)
    recorded = entry["files"][0]["verification"]["outputs"][0]["tflite"]
    entry["files"][0]["verification"]["outputs"][0]["tflite"] = 0.9 * recorded
    report.write_text(json.dumps(entry))
    done = command("export/verify.py", f"--run_dir={run}", status=1)
    assert "MAE rose from" in done.stderr
    command("export/verify.py", f"--run_dir={run}", "--max_mae_rise=20")
    report.write_text(before)


def test_a_dearer_town_is_added(run):
    later = houses(dear=10.0)
    later = later[later.town == "north"].drop(columns="town")
    later.to_csv(run.parent / "west.csv", index=False)
    flags = ("--nolatency", "--max_mae_rise=100")
    data = f"--data={run.parent / 'west.csv'}"
    before = (run / "export" / "task_00.tflite").read_bytes()
    done = command("apps/add.py", f"--run_dir={run}", data, *flags)
    assert "mae" in done.stdout and "accuracy %" not in done.stdout
    assert (run / "export" / "task_00.tflite").read_bytes() == before
    listed = json.loads(command("apps/status.py", f"--run_dir={run}", "--json").stdout)
    assert [entry["task"] for entry in listed] == ["north", "south", "west"]
    assert listed[2]["mae"] < 0.5 * told(run / "results.json")["mean_mae"][2]
    assert "test MAE" in command("apps/status.py", f"--run_dir={run}").stdout


@pytest.mark.parametrize("script", ["apps/evaluate.py", "export/export_router.py"])
def test_which_task_an_input_is_of_cannot_be_told_from_numbers(run, script):
    done = command(script, f"--run_dir={run}", status=2)
    assert done.stderr.count("\n") == 1
    assert "classes" in done.stderr or "checkpoint after each" in done.stderr


def test_accuracies_of_runs_are_not_compared(run):
    done = command("apps/report.py", f"--runs={run}", status=2)
    assert "which predicts numbers" in done.stderr
