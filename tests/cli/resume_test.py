"""Runs that are killed for real, and go on."""

import json
import signal

import keras
import numpy as np
import pytest

from tests.cli.killed import TINY, fingerprint, moments, train

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)


# Kills of one run in a row.
KILLS = 7
CHOICES = {
    "as by default": ("--jit_compile",),
    "chosen on validation data": ("--select=best", "--plateau", "--sampled_tasks=1"),
    "growing and inheriting": (
        "--reuse=0",
        "--grow=1.5",
        "--inherit=latest",
        "--noreset_optimizer",
        "--augment_padding=1",
    ),
}


def _whole(folder, *choices):
    """A run that nothing interrupted, its fingerprint, and its moments."""
    output = folder / "output.txt"
    status = train(*TINY, *choices, f"--run_dir={folder / 'run'}", output=output)
    assert status == 0, output.read_text()
    return folder / "run", fingerprint(folder / "run"), moments(output)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return _whole(tmp_path_factory.mktemp("whole"))


def _resume(folder, output, *choices, **signals):
    chosen = [f"--run_dir={folder}", "--resume"]
    if not (folder / "flags.txt").is_file():
        # Killed before there was anything to go on with.
        chosen = [f"--run_dir={folder}", "--overwrite", *TINY, *choices]
    return train(*chosen, output=output, **signals)


def _killed_again_and_again(folder, points, *choices):
    """A run that is killed at each of some points, then left to end."""
    output = folder.with_suffix(".txt")
    first = (*TINY, *choices, f"--run_dir={folder}")
    ends = [train(*first, output=output, at=points[0])]
    ends += [_resume(folder, output, *choices, at=at) for at in points[1:]]
    assert ends == [-signal.SIGKILL] * len(points), output.read_text()
    assert _resume(folder, output, *choices) == 0, output.read_text()
    return fingerprint(folder)


def test_a_run_that_is_killed_ends_with_the_same_bits(whole, tmp_path):
    _, expected, count = whole
    points = [count // 2]
    assert _killed_again_and_again(tmp_path / "run", points) == expected


def _exported(folder):
    """SHA-256 of the edge models of a run."""
    from hypermask_tf import files
    from hypermask_tf.export.exporter import ExportOptions, export_run
    from hypermask_tf.export.variant import VariantOptions
    from hypermask_tf.training import RunFolder

    # So short a training leaves samples on the border.
    options = ExportOptions(variant=VariantOptions(max_accuracy_drop=0.1))
    report = export_run(RunFolder.open(folder), options)
    assert len(report.written) == 3, report.failed
    return [files.sha256(folder / "export" / name) for name in report.written]


@pytest.mark.slow
@pytest.mark.parametrize("choices", CHOICES.values(), ids=list(CHOICES))
def test_killed_at_21_random_points_all_runs_end_with_the_same_bits(choices, tmp_path):
    """Three runs of seven kills each."""
    _, expected, count = _whole(tmp_path, *choices)
    seed = list(CHOICES.values()).index(choices)
    # So few that a run is never done before its last kill.
    points = np.random.default_rng(seed).integers(1, count // (KILLS + 1) + 1, KILLS)
    found = _killed_again_and_again(tmp_path / "killed", points.tolist(), *choices)
    assert found == expected
    assert _exported(tmp_path / "killed") == _exported(tmp_path / "run")


def test_sigterm_saves_and_says_how_to_go_on(whole, tmp_path):
    _, expected, count = whole
    folder, output = tmp_path / "run", tmp_path / "output.txt"
    status = train(
        *TINY,
        "--checkpoint_epochs=0",
        f"--run_dir={folder}",
        output=output,
        at=count // 6,  # it saves less often than the whole one, so passes fewer
        send=signal.SIGTERM,
    )
    assert status == 128 + signal.SIGTERM
    assert f"--resume --run_dir={folder}" in output.read_text()
    assert _resume(folder, output) == 0, output.read_text()
    assert "Going on after" in output.read_text()
    assert fingerprint(folder) == expected


def test_a_finished_run_says_so_and_can_be_extended(whole, tmp_path):
    folder, _, _ = whole
    output = tmp_path / "output.txt"
    assert _resume(folder, output) == 0
    assert "nothing is left" in output.read_text()
    before = json.loads((folder / "results.json").read_text())
    extend = ("--resume", f"--run_dir={folder}")
    assert train(*extend, "--extend_tasks=2", output=output) == 0, output.read_text()
    after = json.loads((folder / "results.json").read_text())
    first = [row[:3] for row in after["accuracy_matrix"][:3]]
    assert first == before["accuracy_matrix"]
    assert None not in after["accuracy_matrix"][4]
    assert after["units_kept"][:3] == before["units_kept"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert len(manifest["scenario"]["tasks"]) == 5
    assert "--num_tasks=5\n" in (folder / "flags.txt").read_text()
    # Ten classes make no sixth task of two.
    assert train(*extend, "--extend_tasks=1", output=output) == 2
    assert "num_tasks" in output.read_text()
