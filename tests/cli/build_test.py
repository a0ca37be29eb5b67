"""What the flags build, in processes of their own: flags belong to one command."""

import keras
import pytest

from tests.commands import forked

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
BUILD = """
import sys
from absl import flags
from hypermask_tf.cli import train_flags
flags.FLAGS(["train", "--num_tasks=2", "--nojit_compile", *sys.argv[1:]])
import keras, numpy as np
keras.utils.set_random_seed(3)
from hypermask_tf.cli.build import build_model, build_scenario
scenario = build_scenario()
model = build_model(scenario)
"""
# The baseline's network and a plain Keras model see the same batches.
PLAIN = """
def ones():
    arrays = [model.mask_arrays(task) for task in range(2)]
    return all(a is None or (a == 1).all() for task in arrays for a in task)

def learn(network, x, y, **kwargs):
    options = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0}
    network.fit(x[:64], y[:64], **options, **kwargs)

plain = keras.models.clone_model(model.target)
plain.set_weights(model.target.get_weights())
assert ones()
for task in scenario:
    x, y = task.train
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    plain.compile(keras.optimizers.Adam(1e-3), loss, jit_compile=False)
    learn(plain, x, y)
    learn(model, x, y, task=task.index)
    for own, expected in zip(model.target.get_weights(), plain.get_weights()):
        np.testing.assert_allclose(own, expected, atol=2e-6)
    assert ones()
"""


def test_a_baseline_is_the_plain_network():
    done = forked(
        "-c",
        BUILD + PLAIN,
        "--baseline=finetune",
        "--target=convnet",
        "--hidden=4,6,8",
        "--steps_per_execution=1",
        "--normalization=shared",
        "--learning_rate=1e-3",
        # All of this is about masks, and does not matter.
        "--granularity=weight",
        "--sparsity=90",
        "--lambda=7",
    )
    assert done.returncode == 0, done.stderr


def test_flags_of_data_and_network_reach_them():
    code = BUILD + (
        "print([t.num_classes for t in scenario], model.target.output_shape[-1],"
        " [layer.name for layer in model.augmentation.layers])\n"
        "from hypermask_tf.cli import train_flags as f\n"
        "from hypermask_tf.cli.build import _target_options\n"
        "flags.FLAGS.target = 'zenkenet'; print(_target_options())"
    )
    done = forked(
        "-c",
        code,
        "--classes_per_task=5,3,2",
        "--augment_padding=1",
        "--augment_policy=autoaugment_cifar10",
        "--nodropout",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")[-3:-1]
    assert lines[0].startswith("[5, 3] 5 ['random_crop_with_padding")
    assert "'auto_augment" in lines[0]
    assert lines[1] == "{'dropout': False}"


def test_flags_reach_the_learner():
    code = BUILD + ("print(model.head, model.masks, model.protection, sep='|')")
    done = forked(
        "-c",
        code,
        "--head=per_task",
        "--sparsity=70,50.5",
        "--reuse=0.25",
        "--protection=hard",
        "--mask_scale=3,1.5",
        "--hidden=16,16",
    )
    assert done.returncode == 0, done.stderr
    expected = (
        "per_task|UnitMasks(sparsity=[70.0, 50.5], scale=[3.0, 1.5], "
        "allocation=FreeUnitsFirst(reuse=0.25))|Freeze()"
    )
    assert done.stdout.split("\n")[-2] == expected


def test_outliers_reach_the_learner():
    code = BUILD + (
        "print(model.outliers and (type(model.outliers).__name__,"
        " model.outliers.weight))"
    )
    for arguments, expected in (
        ([], "None"),
        (["--outliers=0.25"], "('SelfMadeOutliers', 0.25)"),
    ):
        done = forked("-c", code, "--hidden=16,16", *arguments)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split("\n")[-2] == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--nonarrow",), "False"),
        ((), "True"),
        (("--nonarrow", "--jit_compile"), "True"),
        # A large hypernetwork outweighs the convolutions.
        (("--granularity=weight", "--hyper_hidden=12000"), "True"),
        (("--granularity=weight", "--hyper_hidden=12"), "False"),
    ],
)
def test_xla_compiles_convolutions_on_a_cpu_where_it_pays(arguments, expected):
    code = BUILD.replace(', "--nojit_compile"', "") + "print(model.jit_compile)"
    small = ("--target=convnet", "--hidden=4,16")
    done = forked("-c", code, *small, *arguments)
    assert done.stdout.split("\n")[-2] == expected, done.stderr


def test_free_units_come_first_unless_told_otherwise():
    code = BUILD + "print(model.state.layout.counts.allocation)"
    for argument, expected in (
        ("--verbose", "FreeUnitsFirst()"),
        ("--reuse=1", "AnyUnits()"),
        ("--reuse=0,0.5", "FreeUnitsFirst(reuse=[0.0, 0.5])"),
    ):
        done = forked("-c", code, "--hidden=16,16", argument)
        assert done.stdout.split("\n")[-2] == expected, done.stderr
    done = forked("-c", code, "--reuse=some")
    assert done.returncode and "Expected auto, or shares from 0 to 1" in done.stderr


def test_mask_values_have_the_scale_of_the_width_unless_told_otherwise():
    code = BUILD + "print(model.masks.scale)"
    for arguments, expected in (([], "width"), (["--mask_scale=1"], "1.0")):
        done = forked("-c", code, "--hidden=16,16", *arguments)
        assert done.stdout.split("\n")[-2] == expected, done.stderr
    for wrong in ("wide", "0", "1,wide"):
        done = forked("-c", code, f"--mask_scale={wrong}")
        assert done.returncode and "Expected width, or positive numbers" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--class_order=fecam"], "needs --benchmark=split_cifar100"),
        (["--learning_rate=nan"], "--learning_rate=nan: Expected a finite number"),
        (["--lambda=inf"], "--lambda=inf: Expected a finite number"),
        (["--seed=4294967296"], "--seed=4294967296"),
        (["--granularity=weight", "--reuse=0"], "`reuse` needs masks of units"),
        (["--granularity=weight", "--grow=2"], "`grow` needs `UnitMasks()`"),
        (["--borrow=4"], "--borrow=4: Gone"),
        (["--threshold=network"], "--threshold=network: Gone"),
    ],
    ids=str,
)
def test_mistakes_are_told_before_anything_is_learned(arguments, message, tmp_path):
    run = tmp_path / "run"
    call = ("apps/train.py", "--benchmark=split_digits", f"--run_dir={run}")
    done = forked(*call, *arguments)
    assert done.returncode == 2 and message in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and not run.exists()


def test_retired_flags_that_ask_for_nothing_are_read():
    done = forked(
        "-c",
        BUILD + "print(model.masks)",
        *("--threshold=layer", "--floor=1.0", "--borrow=1", "--read=0", "--nonarrow"),
        "--hidden=16,16",
    )
    assert done.stdout.split("\n")[-2] == "UnitMasks(compact_forward=False)"
