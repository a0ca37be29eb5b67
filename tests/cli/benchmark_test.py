"""The benchmark, as a user calls it, and what it is made of."""

import json

import keras
import pytest

from hypermask_tf.cli.benchmarks import machine
from hypermask_tf.cli.benchmarks.measure import compare, summary, take_turns
from hypermask_tf.cli.benchmarks.peer import Peer
from tests.commands import forked, fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
COMMAND = ("apps/benchmark.py", "--flagfile=apps/recipes/split_digits.flags")


def test_times_a_recipe_and_writes_numbers_and_a_picture(tmp_path):
    done = fresh(
        *COMMAND,
        "--hidden=16",
        "--nojit_compile",
        "--tasks=0,2",
        "--samples=6",
        "--loops=device",
        "--whole",
        f"--output={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "benchmark.json").read_text())
    assert [row["task"] for row in results["tasks"]] == [0, 2]
    for row in results["tasks"]:
        side = row["sides"]["device"]
        assert side["samples"] >= 6 and 0 < side["min_ms"] <= side["median_ms"]
        assert side["first_step_ms"] > side["median_ms"]
        assert row["ratio_to_floor"] == pytest.approx(
            side["median_ms"] / row["floor_ms"], rel=0.1
        )
        assert len(row["parts"]) == 3
        assert row["over"].keys() == {"device, whole"}
    assert results["growth"].keys() == {"device", "device, whole"}
    assert results["peak_memory_bytes"]["own"] > 2**26
    assert (tmp_path / "benchmark.png").stat().st_size > 1000


@pytest.mark.parametrize(
    "wrong",
    ["--tasks=7", "--loops=cuda", "--peer", "--samples=1", "--whole --nonarrow"],
)
def test_a_mistake_is_one_line_and_status_two(wrong):
    done = forked(*COMMAND, *wrong.split())
    assert done.returncode == 2
    assert done.stderr.startswith("benchmark: ") and done.stderr.count("\n") == 1


def test_sides_take_turns_until_each_has_its_samples():
    order = []

    def side(name):
        return lambda count: order.append(name) or [(1.0, 2.0)] * count

    taken = take_turns({"a": side("a"), "b": side("b")}, 13, 60.0, lambda: None)
    assert order[:4] == ["a", "b", "a", "b"]
    assert 13 <= len(taken["a"]) == len(taken["b"]) <= 18


def test_a_slow_side_ends_early_with_five_samples():
    taken = take_turns({"a": lambda n: [(1.0, 2.0)] * n}, 60, 0.0, lambda: None)
    assert 5 <= len(taken["a"]) < 60


def test_floor_is_seven_passes_over_the_weights():
    assert machine.floor_ms(10**9, 28e9) == pytest.approx(1000)


def test_bandwidth_counts_bytes_read_and_written():
    bandwidth = machine.CopyBandwidth()
    bandwidth.measure(2)
    assert 1e8 < bandwidth.bytes_per_second < 1e13


def test_ratios_are_to_the_first_side():
    own = summary([(10.0, 20.0), (12.0, 22.0), (11.0, 21.0)], 99.0)
    sides = {"fit": own, "peer": summary([(44.0, 63.0)] * 3, 9.0)}
    ratios = compare(sides, 5.5, "fit")
    assert ratios["over"] == {"peer": [4, 3]} and ratios["ratio_to_floor"] == 2


def test_a_peer_that_is_not_installed_is_told_how_to_install(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no module named torch >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(ImportError, match=r"requirements-peer.txt.*no module"):
        Peer(str(python), {})
    with pytest.raises(ValueError, match="peer_python"):
        Peer(str(tmp_path / "absent"), {})
