"""Imports run downwards: a room uses those above it in this list, and no other."""

import ast
from pathlib import Path

import hypermask_tf

ROOT = Path(hypermask_tf.__file__).parent
# From the ground up; CONTRIBUTING.md draws it. Rooms in one line do not use each other.
FLOORS = (
    ("keras_private",),
    ("checks", "files", "spec"),
    ("scenarios", "units"),
    ("masks", "hypernetworks", "distribution"),
    ("normalization", "protection"),
    ("targets", "surgery", "outliers", "compiling"),
    ("compaction",),
    ("base",),
    ("own_width", "inference"),
    ("tasks",),
    ("transfer",),
    ("learner",),
    ("training",),
    ("plots",),
    ("export",),
    ("product",),
    ("cli",),
)
FLOOR = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}


def _imports(path):
    """Rooms that a module uses, wherever the import stands in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "hypermask_tf":
            names = [f"hypermask_tf.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("hypermask_tf."):
                yield name.split(".")[1]


def test_imports_run_downwards():
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        room = path.relative_to(ROOT).with_suffix("").parts[0]
        if room == "__init__":
            continue
        assert room in FLOOR, f"{room} is not on any floor"
        wrong += [
            f"{path.relative_to(ROOT)} uses {other}"
            for other in _imports(path)
            # What begins with a capital is the public interface.
            if other != room and other.islower() and FLOOR[other] >= FLOOR[room]
        ]
    assert not wrong


def test_few_modules_stand_at_the_root():
    modules = {path.name for path in ROOT.glob("*.py")} - {"__init__.py"}
    assert len(modules) <= 5, modules
