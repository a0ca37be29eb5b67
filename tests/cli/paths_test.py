"""`~` is the home folder in every path that a command takes."""

import argparse
import pathlib
import re

import keras
import pytest

import hypermask
import hypermask_tf as hm
from hypermask_tf import files
from hypermask_tf.cli import bundle
from hypermask_tf.cli.paths import expanded
from hypermask_tf.training import Checkpoints, RunFolder
from tests.commands import ROOT, forked

on_default_backend = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
# Texts that are no paths; `tfds:NAME` and the like start with no `~` either.
NO_PATHS = {
    *("activation", "augment_policy", "baseline", "benchmark"),
    *("group_column", "group_pattern", "ignore_columns", "image_size", "mirror"),
    *("label_column", "split_column", "task_column"),
    *("classes_per_task", "grid", "hidden", "hyper_hidden", "loops", "mask_scale"),
    *("method", "methods", "quantization", "reuse", "seeds", "space"),
    *("sparsity", "storage", "target", "target_weights", "task", "tasks", "unknown"),
}
# Flags of one name are defined by several commands, which share no process otherwise.
WALK = """
import importlib, sys
from absl import flags
F = flags.FLAGS
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    getattr(module, "define_flags", lambda: None)()
    rooms = ("hypermask_tf", "export")
    ours = [f for f in F if F.find_module_defining_flag(f).startswith(rooms)]
    retired = "hypermask_tf.cli.train_flags.retired"
    ours = [f for f in ours if F.find_module_defining_flag(f) != retired]
    for flag in ours:
        kind = F[flag].parser.flag_type()
        if kind == "path":
            print(flag, F[flag].parser.parse("~/x"))
        elif kind == "comma separated list of paths":
            print(flag, *F[flag].parser.parse("~/x,y/~z"))
        elif "string" in kind and not hasattr(F[flag].parser, "enum_values"):
            print(flag, "text")
    own = (name, "hypermask_tf.cli.export_flags")
    F.remove_flag_values([f for f in ours if F.find_module_defining_flag(f) in own])
"""
# These share the flags of training, and come last; `bundle` has no flags of absl.
TRAINING = ("train", "benchmark", "sweep", "add", "update")
OTHERS = [name for name in hypermask.COMMANDS if name not in (*TRAINING, "bundle")]
COMMANDS = [f"hypermask_tf.cli.{hypermask.COMMANDS[name].module}" for name in OTHERS]
COMMANDS.append("export.web.server")
COMMANDS += [f"hypermask_tf.cli.{name}" for name in TRAINING]


def test_every_command_can_be_started_from_a_checkout():
    started = {
        name
        for folder in ("apps", "export")
        for path in (ROOT / folder).glob("*.py")
        for name in re.findall(r'    start\("(.*)"\)', path.read_text("utf-8"))
    }
    assert started == set(hypermask.COMMANDS)


@on_default_backend
def test_every_flag_that_is_a_path_takes_a_home_folder(tmp_path):
    done = forked("-c", WALK, *COMMANDS, HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    home, paths = str(tmp_path / "x"), set()
    for line in done.stdout.splitlines():
        flag, *values = line.split()
        if values == ["text"]:
            assert flag in NO_PATHS, f"is --{flag} a path?"
        else:
            assert values in ([home], [home, "y/~z"]), line
            paths.add(flag)
    assert paths == {
        *("run_dir", "run_dirs", "runs", "sweep_dir", "data", "data_dir", "output"),
        *("bundle", "drift_against", "peer_python"),
    }


def _actions(parser):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)
        else:
            yield parser, action


def test_every_path_of_the_bundle_command_takes_a_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    texts = set()
    for parser, action in _actions(bundle.parser()):
        if action.type is None:
            texts.add(action.dest)
        else:
            found = parser._get_value(action, "~/x")
            assert found == pathlib.Path("/home/me/x"), action.dest
    assert texts == {
        *("help", "debug", "json", "smallest", "overwrite"),
        *("file", "pattern"),  # of names in a folder, or in a bundle
    }


@on_default_backend
def test_commands_look_in_the_home_folder(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "few.flags").write_text("--run_dirs=~/x\n")
    done = forked(
        *(ROOT / "export" / "show_report.py", "--flagfile=~/few.flags"),
        cwd=tmp_path,
        HOME=str(home),
    )
    assert done.returncode == 2 and f"Received: {home / 'x'}, without" in done.stderr
    done = forked(
        *(ROOT / "apps" / "train.py", "--run_dir=~/few.flags"),
        cwd=tmp_path,
        HOME=str(home),
    )
    assert done.returncode == 2 and f"train: {home / 'few.flags'} exists" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_only_a_leading_tilde_counts(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    for given, wanted in {
        "~": "/home/me",
        "~/x": "/home/me/x",
        "./~/x": "./~/x",
        "a~": "a~",
        "~nobody-of-this-name/x": "~nobody-of-this-name/x",
        "$HOME/x": "$HOME/x",
        "": "",
    }.items():
        assert expanded(given) == wanted
        assert files.expanded(given) == pathlib.Path(wanted)


def test_the_library_takes_a_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create("~/run")
    run.write_manifest({})
    assert RunFolder.open("~/run").path == run.path == tmp_path / "run"
    with pytest.raises(FileExistsError, match="--overwrite"):
        RunFolder.check_free("~/run")
    assert Checkpoints("~/c").folder == tmp_path / "c"
    files.write_text("~/note.txt", "mine")
    assert (tmp_path / "note.txt").read_text() == "mine"
    for make in (hm.scenarios.split_mnist, hm.scenarios.split_tiny_imagenet):
        with pytest.raises(FileNotFoundError) as error:
            make(data_dir="~/data")
        assert str(tmp_path / "data") in str(error.value)
    assert not (tmp_path / "~").exists()
