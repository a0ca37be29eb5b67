import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from hypermask_tf.export import mistakes
from hypermask_tf.export import task_files as module
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.task_data import TaskData, task_data
from hypermask_tf.export.task_files import Rejection, TaskRequest, make_task_files
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.variant import VariantOptions, make_variant

INFO = TaskInfo(2, "task_02", ({"index": 0, "name": "a"},) * 3, (8, 8, 1), 3, {}, {})


@pytest.fixture
def request_(converted):
    case = converted["mlp"]
    labels = case.logits.argmax(-1)
    data = TaskData(case.x, (case.x, labels), "validation", (case.x, labels))
    return TaskRequest(
        INFO,
        case.files["float32"],
        data,
        (case.logits, case.logits),
        QUANTIZATIONS,
        VariantOptions(max_accuracy_drop=0.5),
    )


def test_every_recipe_is_made_and_verified(request_):
    outcome = make_task_files(request_)
    assert [v.quantization for v in outcome.variants] == list(QUANTIZATIONS)
    assert outcome.rejected == ()
    for variant in outcome.variants:
        assert variant.failures == ()
        assert variant.gate.examples == variant.verification.examples == 40
        assert variant.inspection.custom_ops == ()
    sizes = {v.quantization: len(v.content) for v in outcome.variants}
    assert sizes["int4"] < sizes["dynamic_int8"] < sizes["float16"] < sizes["float32"]


def _fake(bad, monkeypatch):
    """Replaces `make_variant` by one whose named recipes are not good."""
    made = []

    def make(content, name, *rest):
        made.append(name)
        if name == "mixed":
            raise ValueError("no such\nkernel")
        failures = ("too much lost",) if name in bad else ()
        return _Variant(name, failures)

    monkeypatch.setattr(module, "make_variant", make)
    monkeypatch.setattr(module, "Variant", _Variant)
    return made


@dataclasses.dataclass(frozen=True)
class _Variant:
    quantization: str
    failures: tuple[str, ...]


def test_the_next_safer_recipe_takes_its_place(request_, monkeypatch):
    made = _fake({"int4", "int8"}, monkeypatch)
    request_ = dataclasses.replace(request_, quantizations=("dynamic_int8", "int4"))
    outcome = make_task_files(request_)
    assert [v.quantization for v in outcome.variants] == ["dynamic_int8"]
    assert outcome.stands_for == {"dynamic_int8": ("dynamic_int8", "int4")}
    assert outcome.rejected == (
        Rejection(2, "int4", ("too much lost",), "dynamic_int8"),
    )
    assert "dynamic_int8 instead" in str(outcome.rejected[0])
    assert made == ["dynamic_int8", "int4", "mixed"]  # each once


def test_where_nothing_is_good_nothing_is_given(request_, monkeypatch):
    _fake(set(QUANTIZATIONS), monkeypatch)
    outcome = make_task_files(dataclasses.replace(request_, quantizations=("mixed",)))
    assert outcome.variants == ()
    (rejection,) = outcome.rejected
    assert rejection.replaced_by == "" and rejection.reasons == ("no such kernel",)


def test_a_fault_of_ours_is_no_reason_to_reject(request_, monkeypatch):
    monkeypatch.setattr("hypermask_tf.export.variant.activation_bytes", int)
    with pytest.raises(ValueError, match="invalid literal") as caught:
        make_task_files(dataclasses.replace(request_, quantizations=("float32",)))
    assert not mistakes.is_users(caught.value)


def test_only_the_gate_decides(request_):
    """A file that is bad on the test set alone is reported, not refused."""
    data = request_.data
    wrong = (data.test[0], (data.test[1] + 1) % 3)
    variant = make_variant(
        request_.content,
        "float32",
        INFO,
        dataclasses.replace(data, test=wrong),
        request_.keras,
        VariantOptions(max_accuracy_drop=0.0),
    )
    assert variant.verification.tflite_accuracy == 0.0 and variant.failures == ()
    better = np.eye(3, dtype="float32")[data.gate[1]]
    labels = (data.gate[1] + 1) % 3
    variant = make_variant(
        request_.content,
        "float16",
        INFO,
        dataclasses.replace(data, gate=(data.gate[0], labels)),
        (np.roll(better, 1, axis=1), request_.keras[1]),
        VariantOptions(max_accuracy_drop=0.5),
    )
    assert "more than 0.5 below" in variant.failures[0]


def test_what_is_not_finite_on_the_test_set_is_not_good(request_):
    """However good it is on the data of the gate."""
    data, logits = request_.data, request_.keras[0]
    far = np.full_like(data.test[0], np.inf)
    variant = make_variant(
        request_.content,
        "float32",
        INFO,
        dataclasses.replace(data, test=(far, data.test[1])),
        (logits, logits),
        VariantOptions(max_accuracy_drop=0.5),
    )
    assert variant.gate.passed and not variant.verification.passed
    assert variant.failures == ("test set: 40 of 40 file outputs are not finite",)


def test_outputs_of_other_tasks_decide_nothing(request_):
    """Two labels of three outputs: the third is no choice, on either set of data."""
    data = request_.data
    wide = request_.keras[0] + np.float32([0, 0, 1000])
    labels = request_.keras[0][:, :2].argmax(-1)
    variant = make_variant(
        request_.content,
        "float16",
        dataclasses.replace(INFO, labels=INFO.labels[:2]),
        TaskData(data.calibration, (data.gate[0], labels), "", (data.test[0], labels)),
        (wide, wide),
        VariantOptions(max_accuracy_drop=0.05),
    )
    for found in (variant.gate, variant.verification):
        assert found.keras_accuracy == 1.0 and found.tflite_accuracy > 0.95
    assert variant.failures == ()


def test_zeros_are_left_out_only_when_asked(converted):
    case = converted["thin"]
    labels = case.logits.argmax(-1)
    data = TaskData(case.x, (case.x, labels), "validation", (case.x, labels))
    made = {
        sparse: make_variant(
            case.files["float32"],
            "float32",
            dataclasses.replace(INFO, input_shape=(12, 12, 4)),
            data,
            (case.logits, case.logits),
            VariantOptions(sparse=sparse),
        )
        for sparse in (True, False)
    }
    assert made[True].sparse and not made[False].sparse
    assert len(made[True].content) < 0.5 * len(made[False].content)
    assert made[True].gate == made[False].gate
    assert made[True].inspection.num_zeros == made[False].inspection.num_zeros


def test_without_validation_data_training_data_decide():
    x, y = np.zeros((600, 2), np.float32), np.zeros(600, np.int32)
    splits = {"validation": (x[:0], y[:0]), "test": (x[:5], y[:5])}
    task = SimpleNamespace(train=(x, y), **splits, number=None)
    data = task_data(task)
    assert data.gate_split == "train" and len(data.gate[0]) == 600
    assert len(data.calibration) == 256
    for size in (1, 9):
        task.validation = (x[:size], y[:size])
        data = task_data(task)
        assert data.gate_split == "validation" and len(data.gate[0]) == size


@pytest.mark.parametrize("size", [1, 255, 256, 257, 5000])
def test_examples_for_the_ranges_are_spread_over_the_training_data(size):
    x = np.arange(size, dtype="float32")
    task = SimpleNamespace(train=(x, x), validation=(x, x), test=(x, x), number=None)
    chosen = task_data(task).calibration
    assert len(chosen) == len(set(chosen)) == min(size, 256)
    assert chosen[0] == 0 and chosen[-1] == size - 1
    assert (np.diff(chosen) <= size // 255 + 1).all()
