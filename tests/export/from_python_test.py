"""A learner at hand and arrays of one's own become verified files."""

import hashlib
import json

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.cli import bundle
from hypermask_tf.export import convert_worker, task_maker
from hypermask_tf.export.convert import Conversion
from hypermask_tf.export.from_python import export as export_stage
from hypermask_tf.export.interpreter import make_interpreter, run_tflite, tensors
from hypermask_tf.export.write.metadata import read_description, read_labels
from tests import commands

layers, losses = keras.layers, keras.losses
OF_LOGITS = losses.SparseCategoricalCrossentropy(from_logits=True)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(64, 6)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


@pytest.fixture(scope="module", autouse=True)
def _in_this_process():
    """Converts without a child process, which takes seconds to start."""

    def convert_files(jobs):
        for job in jobs:
            values = job.to_json()
            content, error = convert_worker._convert(
                values["model_path"], values["input_shape"], values["interface"]
            )
            job.tflite_path.write_bytes(content)
            yield Conversion(job, error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_maker, "convert_files", convert_files)
        yield


def learner(target, loss, x, y, head="per_task", tasks=1, **arguments):
    keras.utils.set_random_seed(0)
    masks = arguments.pop("masks", hm.UnitMasks(sparsity=25))
    model = hm.HyperMask(target, 2, masks, head=head, **arguments)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    for task in range(tasks):
        model.fit(x, y, task=task, verbose=0, batch_size=32)
    return model


def mlp(outputs=2, activation=None, name="said"):
    return keras.Sequential(
        [
            keras.Input((6,), name="sensor"),
            layers.Dense(12, "relu", name="hidden"),
            layers.Dense(outputs, activation, name=name),
        ]
    )


def export(model, folder, validation, task=0, **arguments):
    arguments = {"latency": False, **arguments}
    return hm.export.export_task(
        model, task, folder, validation=validation, **arguments
    )


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def content(folder, name="task_00.tflite"):
    return (folder / name).read_bytes()


@pytest.fixture(scope="module")
def two_classes():
    model = learner(mlp(), OF_LOGITS, X, Y, tasks=2)
    model.rename_task(0, "door")
    return model


@pytest.fixture(scope="module")
def exported(two_classes, tmp_path_factory):
    """Two tasks in one folder, the first as float32 and int8; and the report."""
    folder = tmp_path_factory.mktemp("out")
    report = export(
        two_classes,
        folder,
        (X[:40], Y[:40]),
        test=(X[40:], Y[40:]),
        representative=X[:20],
        labels=["off", "on"],
        preprocessing={"scale": 0.5, "offset": -1.0, "unit": "g"},
        task="door",
        quantizations=["int8", "float32"],
        max_drop=0.2,
        latency=True,
    )
    return folder, report


def test_a_file_for_each_way_with_what_it_says_of_itself(exported, two_classes):
    folder, report = exported
    names = ("task_00.tflite", "task_00.int8.tflite")
    assert report.written == names and report.passed and not report.rejected
    assert sorted(state(folder)) == sorted(
        [*names, "task_00.json", "task_00.int8.json", "report.json"]
    )
    for name in names:
        beside = json.loads((folder / name).with_suffix(".json").read_text())
        assert beside["sha256"] == hashlib.sha256(content(folder, name)).hexdigest()
        assert beside["task"] == {"index": 0, "name": "door"}
        assert [label["name"] for label in beside["labels"]] == ["off", "on"]
        assert beside["preprocessing"]["unit"] == "g"
        assert (
            beside["input"]["name"] == "sensor" and beside["output"]["name"] == "said"
        )
        assert beside["gate"]["split"] == "validation"
        assert beside["gate"]["examples"] == 40
        assert beside["verification"]["examples"] == 24
        assert "split" not in beside["verification"]
        assert beside["latency"]["median_us"] > 0
        assert read_description(content(folder, name))["task"]["name"] == "door"
        assert read_labels(content(folder, name)) == ["off", "on"]
    logits = np.asarray(two_classes.predict(X, task=0, verbose=0))
    found = run_tflite(content(folder), X)
    np.testing.assert_allclose(found, logits, rtol=1e-4, atol=1e-4)
    assert beside["verification"]["keras_accuracy"] == np.mean(
        logits[40:].argmax(-1) == Y[40:]
    )


def test_a_folder_of_files_becomes_a_bundle(exported, tmp_path, capsys):
    folder, _ = exported
    assert bundle.run(["create", str(tmp_path / "edge.hmb"), str(folder)]) == 0
    assert "2 files" in capsys.readouterr().out


def test_what_fails_leaves_the_folder_as_it_was(exported, two_classes, monkeypatch):
    folder, _ = exported
    before = state(folder)
    calls = {
        FileExistsError: {},
        ValueError: {"labels": ["a", "b", "c"], "overwrite": True},
    }
    for kind, arguments in calls.items():
        with pytest.raises(kind):
            export(two_classes, folder, (X, Y), **arguments)
        assert state(folder) == before
    with pytest.raises(ValueError, match="Nothing was written"):
        export(two_classes, folder, (X, Y), overwrite=True, budget_bytes=10)
    assert state(folder) == before

    replace, done = export_stage.os.replace, []

    def full(source, destination):
        done.append(destination)
        if len(done) == 6:
            raise OSError("No space left on device")
        replace(source, destination)

    monkeypatch.setattr(export_stage.os, "replace", full)
    monkeypatch.setattr(export_stage, "publish", lambda *_: None)
    with pytest.raises(OSError, match="No space left"):
        export(two_classes, folder, (X, Y), overwrite=True, max_drop=1)
    assert state(folder) == before


def test_tasks_side_by_side_and_one_that_is_replaced(two_classes, tmp_path):
    tasks = {1: (X, Y), 0: {"validation": (X, Y), "labels": ["a", "b"]}}
    options = {"latency": False, "max_drop": 1.0}
    hm.export.export_tasks(two_classes, tasks, tmp_path, **options)
    first = state(tmp_path)
    assert json.loads(first["task_01.json"])["verification"]["split"] == "validation"
    assert [e["name"] for e in json.loads(first["task_01.json"])["labels"]] == [*"01"]
    report = export(
        two_classes,
        tmp_path,
        (X, Y),
        overwrite=True,
        quantizations="dynamic_int8",
        max_drop=1,
    )
    assert [entry["file"] for entry in report.files] == [
        "task_00.dynamic_int8.tflite",
        "task_01.tflite",
    ]
    after = state(tmp_path)
    made = ["task_00.dynamic_int8", "task_01"]
    files = {name + end for name in made for end in (".json", ".tflite")}
    assert after.keys() == {*files, "report.json"}
    assert all(after[n] == first[n] for n in after if n.startswith("task_01"))
    saved = json.loads(after["report.json"])
    assert saved["selected"] == {"0": report.files[0]["file"], "1": "task_01.tflite"}


def test_nothing_is_replaced_unasked(two_classes, tmp_path):
    said = np.asarray(two_classes.predict(X, task=0, verbose=0))
    data = (X, said.argmax(-1))
    export(two_classes, tmp_path, data, max_drop=1)
    export(two_classes, tmp_path, data, quantizations="float16", max_drop=1)
    before = state(tmp_path)
    assert {"task_00.tflite", "task_00.float16.tflite"} < before.keys()
    assert len(json.loads(before["report.json"])["files"]) == 2
    # Worse than any file can be: the safest takes its place, which is there already.
    with pytest.raises(FileExistsError, match=r"Received: task_00\.(float16\.)?tfl"):
        export(
            two_classes,
            tmp_path,
            (X, said),
            quantizations="int4",
            metric=keras.metrics.MeanSquaredError(),
            max_drop=1e-9,
        )
    assert state(tmp_path) == before


def test_inputs_and_outputs_by_name_and_whole_numbers(tmp_path):
    place = keras.Input((3,), dtype="int32", name="place")
    speed = keras.Input((4,), name="speed")
    known = layers.Flatten()(layers.Embedding(9, 2)(place))
    hidden = layers.Dense(8, "relu")(layers.Concatenate()([speed, known]))
    target = keras.Model(
        {"speed": speed, "place": place},
        {"far": layers.Dense(2)(hidden), "kind": layers.Dense(3)(hidden)},
    )
    x = {
        "speed": RANDOM.normal(size=(40, 4)).astype("float32"),
        "place": RANDOM.integers(0, 9, (40, 3)),
    }
    y = {"far": x["speed"][:, :2], "kind": x["place"][:, 0] % 3}
    loss = {"far": "mse", "kind": OF_LOGITS}
    model = learner(target, loss, x, y, head="shared")
    report = export(
        model,
        tmp_path,
        (x, y),
        quantizations=["float32", "int8"],
        labels={"kind": ["a", "b", "c"]},
        max_drop={"far": 0.5, "kind": 0.3},
    )
    for entry in report.files:
        inputs = {port["name"]: port for port in entry["inputs"]}
        assert inputs["place"]["dtype"] == "int32" and inputs["place"]["shape"] == [
            1,
            3,
        ]
        assert [port["name"] for port in entry["outputs"]] == ["far", "kind"]
        checks = {check["output"]: check for check in entry["gate"]["outputs"]}
        assert checks["kind"]["metric"] == "accuracy" and checks["kind"]["agreement"]
        assert checks["far"]["metric"] == "r2_score"
        assert {label["output"] for label in entry["labels"]} == {"kind"}
        found = run_tflite(content(tmp_path, entry["file"]), x)
        said = model.predict(x, task=0, verbose=0)
        for name in ("far", "kind"):
            np.testing.assert_allclose(found[name], said[name], atol=0.2)
    signatures = make_interpreter(content(tmp_path)).get_signature_list()
    assert signatures["serve"]["outputs"] == ["far", "kind"]
    with pytest.raises(ValueError, match=r"`metric` by names of outputs.*'mae'"):
        export(model, tmp_path, (x, y), overwrite=True, metric="mae")
    with pytest.raises(ValueError, match=r"inputs for .*Received: .*'place'"):
        export(model, tmp_path, ({"place": x["place"]}, y), overwrite=True)


def test_tokens_stay_whole_numbers_and_one_logit_says_yes_or_no(tmp_path):
    tokens = keras.Input((8,), dtype="int32", name="tokens")
    mean = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(tokens))
    target = keras.Model(
        tokens, layers.Dense(1, name="spam")(layers.Dense(8, "relu")(mean))
    )
    x = RANDOM.integers(0, 20, (48, 8))
    y = (x[:, 0] > 9).astype("int32")
    model = learner(target, losses.BinaryCrossentropy(from_logits=True), x, y)
    report = export(
        model,
        tmp_path,
        (x, y),
        labels=["fine", "spam"],
        quantizations=["float32", "dynamic_int8"],
        max_drop=0.2,
    )
    for entry in report.files:
        assert entry["input"] == {"name": "tokens", "shape": [1, 8], "dtype": "int32"}
        (check,) = entry["verification"]["outputs"]
        said = np.asarray(model.predict(x, task=0, verbose=0))
        assert check["metric"] == "binary_accuracy"
        assert check["keras"] == pytest.approx(np.mean((said[:, 0] > 0) == y))
        assert read_labels(content(tmp_path, entry["file"])) == ["spam"]
    with pytest.raises(ValueError, match="whole numbers that fit int32"):
        export(model, tmp_path, (x + 0.5, y), overwrite=True)


def test_regression_falls_back_to_a_safer_way(tmp_path):
    model = learner(mlp(1), "mse", X, 3 * X[:, 0] + X[:, 1])
    # Of these, which Keras gets right, every rounding takes something away.
    y = np.asarray(model.predict(X, task=0, verbose=0))[:, 0]
    with pytest.warns(UserWarning, match="int4 is not good enough .r2_score"):
        report = export(model, tmp_path, (X, y), quantizations="int4", max_drop=1e-5)
    (rejected,) = report.rejected
    assert rejected.quantization == "int4" and report.passed
    assert report.written == (f"task_00.{rejected.replaced_by}.tflite",)
    (entry,) = report.files
    assert entry["labels"] == [] and entry["stands_for"] == ["int4"]
    (check,) = entry["gate"]["outputs"]
    assert check["metric"] == "r2_score" and check["agreement"] is None
    assert check["keras"] == pytest.approx(1, abs=1e-5) and check["tflite"] < 1
    saved = json.loads((tmp_path / "report.json").read_text())
    assert saved["rejected"][0]["quantization"] == "int4"
    with pytest.raises(ValueError, match="Expected targets that differ"):
        export(model, tmp_path, (X, 0 * y), overwrite=True)


def test_several_labels_at_a_time(tmp_path):
    y = (X[:, :3] > 0).astype("float32")
    model = learner(mlp(3, "sigmoid"), "binary_crossentropy", X, y)
    report = export(model, tmp_path, (X, y), labels=["dog", "cat", "rain"])
    (check,) = report.files[0]["gate"]["outputs"]
    said = np.asarray(model.predict(X, task=0, verbose=0))
    assert check["metric"] == "binary_accuracy"
    assert check["keras"] == pytest.approx(np.mean((said > 0.5) == y))
    assert read_labels(content(tmp_path)) == ["dog", "cat", "rain"]


def test_segmentation_is_judged_pixel_by_pixel(tmp_path):
    image = keras.Input((8, 8, 1), name="photo")
    fine = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    coarse = layers.Conv2D(4, 3, padding="same", activation="relu")(
        layers.MaxPooling2D()(fine)
    )
    both = layers.Concatenate()([layers.UpSampling2D()(coarse), fine])
    target = keras.Model(image, layers.Conv2D(2, 1, name="mask")(both))
    x = RANDOM.normal(size=(32, 8, 8, 1)).astype("float32")
    y = (x > 0).astype("int32")
    model = learner(target, OF_LOGITS, x, y)
    report = export(model, tmp_path, (x, y), labels=["ground", "road"])
    said = np.asarray(model.predict(x, task=0, verbose=0)).argmax(-1)
    assert report.files[0]["gate"]["tflite_accuracy"] == pytest.approx(
        np.mean(said == y[..., 0]), abs=0.01
    )
    assert report.files[0]["output"]["shape"] == [1, 8, 8, 2]


def test_sequences_of_any_length_get_that_of_the_data(tmp_path):
    target = keras.Sequential(
        [
            keras.Input((None, 2), name="steps"),
            layers.GRU(4, return_sequences=True),
            layers.Dense(8, "relu"),
            layers.Dense(1, name="level"),
        ]
    )
    x = RANDOM.normal(size=(16, 5, 2)).astype("float32")
    y = np.cumsum(x[..., :1], axis=1)
    model = learner(target, "mae", x, y)
    with pytest.warns(UserWarning, match="int8 is not good enough"):
        report = export(
            model,
            tmp_path,
            (x, y),
            quantizations=["float32", "mixed", "int8"],
            max_drop=0.1,
        )
    for entry in report.files:
        assert entry["input"]["shape"] == [1, 5, 2]
        assert entry["output"]["shape"] == [1, 5, 1]
        assert entry["activation_bytes"] > 0
    found = run_tflite(content(tmp_path), x)
    said = np.asarray(model.predict(x, task=0, verbose=0))
    np.testing.assert_allclose(found, said, atol=1e-5)


class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


class Net(keras.Model):
    """A model without a graph, which takes a dictionary."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.hidden, self.last = layers.Dense(8, "relu"), layers.Dense(2)

    def call(self, x):
        return {"left": self.last(self.hidden(x["pulse"]))}


@pytest.mark.parametrize("kind", ["layer", "model"])
def test_classes_of_ones_own_need_not_be_known_where_it_converts(tmp_path, kind):
    if kind == "layer":
        said = keras.Input((6,), name="pulse")
        hidden = Doubled()(layers.Dense(8, lambda v: keras.ops.relu(v) * 2)(said))
        model = learner(
            keras.Model(said, layers.Dense(2, name="left")(hidden)), OF_LOGITS, X, Y
        )
        x, y = X, Y
    else:
        x, y = {"pulse": X}, {"left": Y}
        net = Net()
        net(x)
        model = learner(
            net, {"left": OF_LOGITS}, x, y, "shared", masks=hm.WeightMasks()
        )
    report = export(model, tmp_path, (x, y))
    assert report.files[0]["input"]["name"] == "pulse"
    assert report.files[0]["output"]["name"] == "left"
    said = model.predict(x, task=0, verbose=0)
    said = said["left"] if isinstance(said, dict) else said
    np.testing.assert_allclose(run_tflite(content(tmp_path), X), said, atol=1e-4)


def test_what_cannot_be_converted_is_refused_with_the_layer(tmp_path):
    words = layers.TextVectorization(
        vocabulary=["a", "b"], output_sequence_length=4, name="words"
    )
    text = keras.Input((1,), dtype="string", name="text")
    known = layers.Flatten()(layers.Embedding(5, 4)(words(text)))
    target = keras.Model(text, layers.Dense(2)(layers.Dense(4, "relu")(known)))
    model = hm.HyperMask(target, 1)
    model.begin_task(0)
    with pytest.raises(ValueError, match=r"layer 'words' \(TextVec.*'text'"):
        export(model, tmp_path / "no", (np.array([["a"]]), np.array([0])))
    assert not (tmp_path / "no").exists()

    class Inverse(layers.Layer):
        def call(self, x):
            return keras.ops.linalg.inv(x)

    matrix = keras.Input((3, 3))
    flat = layers.Flatten()(Inverse(name="inverter")(matrix))
    target = keras.Model(matrix, layers.Dense(2)(layers.Dense(4, "relu")(flat)))
    x = (np.eye(3) + 0.1 * RANDOM.normal(size=(8, 3, 3))).astype("float32")
    y = np.arange(8) % 2
    model = learner(target, OF_LOGITS, x, y)
    with pytest.raises(ValueError, match=r"MatrixInverse.*in 'inverter'"):
        export(model, tmp_path / "no", (x, y))
    assert not (tmp_path / "no").exists()


def test_data_sets_are_read_to_the_end(two_classes, tmp_path):
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(10)
    report = export(two_classes, tmp_path, data, max_drop=1)
    assert report.files[0]["gate"]["examples"] == len(X)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": 2}, "task=2"),
        ({"task": "dor"}, "Did you mean 'door'"),
        ({"validation": X}, r"`validation` to be `\(x, y\)`.*Received: ndarray"),
        ({"validation": (X, Y[:-1])}, "63 targets"),
        ({"validation": (X, Y + 1)}, r"class numbers in 0\.\.1.*from 1 to 2"),
        ({"validation": (X[:, :5], Y)}, "shape"),
        ({"test": (X[:0], Y[:0])}, "at least one example"),
        ({"representative": X[:, :5]}, "representative data"),
        ({"labels": "ab"}, "at most 2 labels"),
        ({"quantizations": "int3"}, "quantization must be one of"),
        ({"quantizations": ()}, "Expected some of"),
        ({"metric": lambda y, p: p[:, 0]}, "higher_is_better"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(
    two_classes, tmp_path, arguments, message
):
    arguments = {"validation": (X, Y), **arguments}
    with pytest.raises(ValueError, match=message):
        export(two_classes, tmp_path / "no", **arguments)
    assert not (tmp_path / "no").exists()


def test_a_head_of_fewer_outputs_is_what_the_file_has(tmp_path):
    model = learner(mlp(5), OF_LOGITS, X, Y)
    model.fit(X, Y, task="coins", num_classes=3, verbose=0)
    report = hm.export.export_tasks(
        model, {"coins": (X, Y), 0: (X, Y)}, tmp_path, latency=False
    )
    assert report.written == ("task_00.tflite", "task_01.tflite")
    assert [entry["task"]["name"] for entry in report.files] == ["task_00", "coins"]
    assert [len(entry["labels"]) for entry in report.files] == [5, 3]
    found = run_tflite(content(tmp_path, "task_01.tflite"), X)
    expected = model.predict(X, task="coins", verbose=0)[:, :3]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="task 1 twice"):
        hm.export.export_tasks(model, {"coins": (X, Y), 1: (X, Y)}, tmp_path)


def test_a_forgotten_task_has_no_file(tmp_path):
    model = learner(mlp(), OF_LOGITS, X, Y, tasks=2)
    model.forget(0)
    with pytest.raises(ValueError, match="Task 0 was forgotten"):
        export(model, tmp_path, (X, Y))
    assert export(model, tmp_path, (X, Y), task=1).written == ("task_01.tflite",)


def test_a_misspelt_part_of_a_task_is_told(two_classes, tmp_path):
    with pytest.raises(TypeError, match="validatoin"):
        hm.export.export_tasks(two_classes, {0: {"validatoin": (X, Y)}}, tmp_path)
    with pytest.raises(TypeError, match="`model` must be of HyperMask"):
        export(two_classes.target, tmp_path, (X, Y))


def test_whole_numbers_of_a_file_are_read_as_they_are(exported):
    folder, _ = exported
    inputs, outputs = tensors(make_interpreter(content(folder)))
    assert list(inputs) == ["sensor"] and list(outputs) == ["said"]


@pytest.mark.slow
def test_the_library_is_imported_without_litert():
    code = (
        "import sys, hypermask_tf as hm; "
        "late = {'ai_edge_litert', 'hypermask_tf.export.from_python.api'}; "
        "assert not late & {*sys.modules}; "
        "hm.export.export_task"
    )
    assert commands.fresh("-c", code).returncode == 0
