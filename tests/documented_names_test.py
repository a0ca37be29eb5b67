"""Every name that the documents give a reader exists."""

import importlib
import pathlib
import pkgutil
import re

import pytest

import hypermask_tf as hm

ROOT = pathlib.Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
_DOTTED = re.compile(r"(?<![\w./-])(?:hm|hypermask_tf|export|apps)(?:\.[A-Za-z_]\w*)+")
_IMPORT = re.compile(
    r"(?:^|\")from ((?:hypermask_tf|export|apps)[\w.]*) import ([\w, ]+)"
)
_METHOD = re.compile(r"\b(?:model|learner)\.([a-z_]\w*)")
# Of a Keras model, which a learner is.
_ATTRIBUTES = {"optimizer", "layers", "weights"}


def names(text):
    """The names in a line: what Python would be asked for."""
    for dotted in _DOTTED.findall(text):
        if dotted.rpartition(".")[2] not in ("py", "json", "md", "toml"):
            yield dotted
    for module, listed in _IMPORT.findall(text):
        yield from (f"{module}.{name.strip()}" for name in listed.split(","))
    for method in _METHOD.findall(text):
        if method not in _ATTRIBUTES:
            yield f"hm.HyperMask.{method}"


def resolve(name):
    """What a name stands for.

    Raises:
        AttributeError, ImportError: If there is nothing of that name.
    """
    first, *parts = name.split(".")
    if first != "hm":
        return pkgutil.resolve_name(name)
    # What another test has imported is an attribute as well, and not a user's.
    if parts[0] not in hm.__all__ and parts[0] != "__version__":
        raise AttributeError(f"{parts[0]} is not in hypermask_tf.__all__")
    found = hm
    for part in parts:
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(
    "path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)
def test_every_name_in_a_document_exists(path):
    wrong = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        for name in names(line):
            try:
                resolve(name)
            except (AttributeError, ImportError) as error:
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {name}: {error}")
    assert not wrong, "\n".join(wrong)


def test_names_are_found_in_every_way_they_are_written():
    text = "`hm.training.distribute(x)`, from hypermask_tf import a\nmodel.bake(0)"
    assert list(names(text)) == ["hm.training.distribute", "hm.HyperMask.bake"]
    text = "from hypermask_tf.training import RunFolder, TaskSequence"
    assert "hypermask_tf.training.TaskSequence" in list(names(text))
    assert list(names("apps/train.py export/bundle.py docs/hm.md")) == []
    seen = {name for path in DOCUMENTS for name in names(path.read_text("utf-8"))}
    assert {"hm.training.distribute", "hm.HyperMask.grow"} <= seen


@pytest.mark.parametrize("name", ["hm.trainin", "hm.files", "hypermask_tf.no.such"])
def test_what_does_not_exist_is_told(name):
    with pytest.raises((AttributeError, ImportError)):
        resolve(name)


def test_what_the_package_lists_is_there():
    for name in hm.__all__:
        assert getattr(hm, name) is not None
    for room in ("inference", "outliers", "scenarios", "targets", "training"):
        module = importlib.import_module(f"hypermask_tf.{room}")
        assert getattr(hm, room) is module
        for name in module.__all__:
            assert getattr(module, name) is not None
