"""Audit of every registered scenario: who sees which image, under which label.

Every image of a source is unique, and preprocessing can be undone, so each image of a
task is traced back to its row in the source. Data sets are stood in for by random
images; where the real ones are prepared, their published sizes are checked.
"""

from pathlib import Path

import numpy as np
import pytest

from hypermask_tf.scenarios import registry, tfds_arrays, tiny_imagenet_files
from hypermask_tf.scenarios.digits import load_digits
from hypermask_tf.scenarios.raw_data import RawData
from hypermask_tf.scenarios.task import SPLITS

# Shape of the images, number of classes; training and test images of each class.
_STAND_INS = {
    "mnist": ((28, 28, 1), 10, 30, 8),
    "fashion_mnist": ((28, 28, 1), 10, 30, 8),
    "cifar100": ((32, 32, 3), 100, 10, 3),
    "tiny_imagenet": ((64, 64, 3), 200, 5, 1),
}
# What a scenario is made from; a newly registered one must be entered here.
_SOURCES = {
    "permuted_digits": "digits",
    "permuted_mnist": "mnist",
    "split_cifar100": "cifar100",
    "split_digits": "digits",
    "split_fashion_mnist": "fashion_mnist",
    "split_mnist": "mnist",
    "split_tiny_imagenet": "tiny_imagenet",
}
_FEW_TASKS = {"permuted_digits": 3, "permuted_mnist": 3}
# FeCAM's order of classes, in the splits that are reported; they take no seed.
_FECAM = {
    "split_cifar100 fecam 5x20": 20,
    "split_cifar100 fecam 50+5x10": [50] + [10] * 5,
    "split_cifar100 fecam 50+10x5": [50] + [5] * 10,
    "split_cifar100 fecam 40+20x3": [40] + [3] * 20,
}

_names = pytest.mark.parametrize("name", registry.names())
_all_names = pytest.mark.parametrize("name", [*registry.names(), *_FECAM])
_seeds = pytest.mark.parametrize("seed", [None, 0, 7])
_choices = pytest.mark.parametrize("validation_from", ["first", "random"])
pytestmark = pytest.mark.filterwarnings("ignore:No validation sample has label")


def _stand_in(name):
    shape, classes, train, test = _STAND_INS[name]
    generator = np.random.default_rng(len(name))
    arrays = []
    for each in (train, test):
        images = generator.integers(0, 256, (classes * each, *shape), "uint8")
        arrays += [images, np.arange(classes * each) % classes]
    return RawData.from_arrays(*arrays, [f"{name} {i}" for i in range(classes)])


@pytest.fixture(scope="module")
def sources():
    made = {name: _stand_in(name) for name in _STAND_INS}
    return {**made, "digits": RawData.from_arrays(*load_digits())}


@pytest.fixture
def build(monkeypatch, sources):
    """Builds a registered scenario, on stand-ins where it reads files."""
    monkeypatch.setattr(
        tfds_arrays, "find_prepared", lambda name, data_dir=None: Path(name)
    )
    monkeypatch.setattr(
        tfds_arrays, "_read", lambda folder, train, test: sources[folder]
    )
    monkeypatch.setattr(
        tiny_imagenet_files,
        "load_tiny_imagenet",
        lambda data_dir=None: sources["tiny_imagenet"],
    )

    def make(name, seed=None, **arguments):
        if name in _FECAM:
            if seed is not None:
                pytest.skip("an order of its own takes no seed")
            arguments |= {"classes_per_task": _FECAM[name], "order": "fecam"}
            name = name.split()[0]
        arguments = {"validation_size": 0.2, "validation_from": "first", **arguments}
        if name in _FEW_TASKS:
            arguments = {"num_tasks": _FEW_TASKS[name], **arguments}
        if seed is not None:
            arguments["seed"] = seed
        return registry.get(name, **arguments)

    return make


def _raw(task, split):
    """The raw images of a split: preprocessing undone, step by step."""
    steps, (x, _) = task.preprocessing, getattr(task, split)
    shape = x.shape
    raw = (x - np.asarray(steps["offset"])) / np.asarray(steps["scale"])
    np.testing.assert_allclose(raw, raw.round(), atol=1e-2)
    raw = raw.round().astype("uint8")
    if "permutation" in steps:
        pixels = raw.reshape(shape[0], -1, shape[3])
        raw = pixels[:, np.argsort(steps["permutation"])].reshape(shape)
    border = steps.get("padding", 0)
    if border:
        inside = raw[:, border:-border, border:-border]
        assert inside.sum(dtype=int) == raw.sum(dtype=int)
        raw = inside
    return raw


class _Trace:
    """Rows of a source by the bytes of their images."""

    def __init__(self, source):
        self.source = source
        self.rows = {}
        for part, images in (("train", source.x_train), ("test", source.x_test)):
            for row, image in enumerate(images):
                self.rows[image.tobytes()] = (part, row)
        assert len(self.rows) == len(source.x_train) + len(source.x_test)

    def __call__(self, task, split):
        return [self.rows[image.tobytes()] for image in _raw(task, split)]

    def label(self, place):
        part, row = place
        return (self.source.y_train if part == "train" else self.source.y_test)[row]


@pytest.fixture
def traces(sources):
    return lambda name: _Trace(sources[_SOURCES[name.split()[0]]])


def test_every_registered_scenario_is_audited():
    assert set(_SOURCES) == set(registry.names())


@_all_names
@_seeds
@_choices
def test_no_image_is_where_it_must_not_be(build, traces, name, seed, validation_from):
    scenario, trace = build(name, seed, validation_from=validation_from), traces(name)
    seen = {split: [trace(task, split) for task in scenario] for split in SPLITS}
    by_task = [
        [place for split in SPLITS for place in seen[split][task.index]]
        for task in scenario
    ]
    for task, places in zip(scenario, by_task, strict=True):
        assert len(places) == len(set(places)) == sum(task.sizes.values())
        for split in SPLITS:
            part = "test" if split == "test" else "train"
            assert {place[0] for place in seen[split][task.index]} == {part}
    # Held out from one task is held out from all, earlier and later ones.
    learned = set().union(*seen["train"])
    assert not learned & set().union(*seen["validation"], *seen["test"])
    if name.startswith("split_"):
        assert sum(map(len, by_task)) == len(set().union(*by_task))
    else:
        assert all(set(places) == set(by_task[0]) for places in by_task)
    # Nothing is lost.
    assert set().union(*by_task) == set(trace.rows.values())


@_all_names
@_seeds
def test_labels_are_bijections_onto_the_classes(build, traces, name, seed):
    scenario, trace = build(name, seed), traces(name)
    for task in scenario:
        assert len(set(task.classes)) == len(task.classes) == task.num_classes
        expected = tuple(trace.source.class_names[label] for label in task.classes)
        assert task.class_names == expected
        for split in SPLITS:
            y = getattr(task, split)[1]
            assert set(y.tolist()) == set(range(task.num_classes))
            original = [trace.label(place) for place in trace(task, split)]
            np.testing.assert_array_equal(np.array(task.classes)[y], original)
    every = [label for task in scenario for label in task.classes]
    if name.startswith("split_"):
        assert sorted(every) == list(trace.source.labels)
    else:
        assert all(task.classes == trace.source.labels for task in scenario)


def _orders(scenario):
    return [
        (task.classes, tuple(task.preprocessing.get("permutation", ())))
        for task in scenario
    ]


@_names
def test_orders_come_from_the_seed_and_nothing_else(build, name):
    np.random.seed(1)
    first = _orders(build(name, 3))
    np.random.seed(2)
    assert _orders(build(name, 3, validation_from="random")) == first
    assert _orders(build(name, 3, num_tasks=2)) == first[:2]
    others = [_orders(build(name, seed)) for seed in (4, 5, 6)]
    assert all(other != first for other in others)
    if name.startswith("permuted_"):
        permutations = [p for order in (first, *others) for _, p in order]
        assert len(set(permutations)) == len(permutations)
        identity = tuple(range(len(permutations[0])))
        assert all(tuple(sorted(p)) == identity != p for p in permutations)


@_all_names
def test_the_arrays_of_a_task_give_access_to_nothing_else(build, sources, name):
    source = sources[_SOURCES[name.split()[0]]]
    scenario = build(name)
    held = [getattr(task, split) for task in scenario for split in SPLITS]
    for position, (x, y) in enumerate(held):
        assert not x.flags.writeable and not y.flags.writeable
        for array in (x, y):
            owner = array
            while isinstance(owner.base, np.ndarray):
                owner = owner.base
            assert owner.nbytes == array.nbytes
        for raw in (source.x_train, source.x_test, source.y_train, source.y_test):
            assert not np.may_share_memory(x, raw) and not np.may_share_memory(y, raw)
        for other, _ in held[:position]:
            assert not np.may_share_memory(x, other)


_MNIST_TRAIN = (12_665, 12_089, 11_263, 12_183, 11_800)
_MNIST_TEST = (2_115, 2_042, 1_874, 1_986, 1_983)
# Training and validation images, validation images, test images, task by task.
_PUBLISHED = {
    "split_mnist": (_MNIST_TRAIN, 1000, _MNIST_TEST),
    "split_fashion_mnist": ((12_000,) * 5, 1000, (2_000,) * 5),
    "split_cifar100": ((5_000,) * 10, 500, (1_000,) * 10),
    "permuted_mnist": ((60_000,) * 10, 5_000, (10_000,) * 10),
}


@pytest.mark.parametrize("name", _PUBLISHED)
def test_published_sizes(require_dataset, name):
    require_dataset(_SOURCES[name])
    train, validation, test = _PUBLISHED[name]
    for task, learned, tested in zip(registry.get(name), train, test, strict=True):
        assert task.sizes["train"] + task.sizes["validation"] == learned
        assert (task.sizes["validation"], task.sizes["test"]) == (validation, tested)


@pytest.mark.parametrize("name", _FECAM)
def test_published_sizes_in_fecam_s_order(require_dataset, name):
    require_dataset("cifar100")
    sizes = _FECAM[name]
    scenario = registry.get("split_cifar100", classes_per_task=sizes, order="fecam")
    counts = [20] * 5 if sizes == 20 else sizes
    assert [task.num_classes for task in scenario] == counts
    for task, count in zip(scenario, counts, strict=True):
        assert task.sizes["train"] + task.sizes["validation"] == 500 * count
        assert (task.sizes["validation"], task.sizes["test"]) == (500, 100 * count)


def test_published_sizes_of_tiny_imagenet(monkeypatch):
    """From the numbers of images in the archive: 500 and 50 of each class."""
    train, test = np.repeat(np.arange(200), 500), np.repeat(np.arange(200), 50)
    # One black image, seen 110,000 times without a copy.
    images = [np.broadcast_to(np.uint8(0), (len(y), 64, 64, 3)) for y in (train, test)]
    data = RawData.from_arrays(images[0], train, images[1], test)
    monkeypatch.setattr(
        tiny_imagenet_files, "load_tiny_imagenet", lambda data_dir=None: data
    )
    scenario = registry.get("split_tiny_imagenet")
    assert (scenario.num_tasks, scenario.input_shape) == (40, (64, 64, 3))
    sizes = {"train": 2_250, "validation": 250, "test": 250}
    assert all(task.sizes == sizes and task.num_classes == 5 for task in scenario)


@pytest.mark.parametrize(
    ("name", "twins"), [("mnist", 0), ("fashion_mnist", 0), ("cifar100", 10)]
)
def test_twins_among_the_real_images(require_dataset, name, twins):
    """CIFAR-100 itself holds ten images in training and in test, some mislabelled."""
    require_dataset(name)
    data = tfds_arrays.load_tfds(name)
    parts = [
        {image.tobytes() for image in images} for images in (data.x_train, data.x_test)
    ]
    assert len(parts[0] & parts[1]) == twins
