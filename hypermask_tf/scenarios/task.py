"""One task of a continual-learning scenario."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from hypermask_tf.scenarios.number import Number

Samples = npt.NDArray[Any]
Labels = npt.NDArray[Any]
Arrays = tuple[Samples, Labels]

SPLITS = ("train", "validation", "test")


class Task:
    """One problem of a sequence, with arrays made on demand: classes, or a number.

    A task knows which original labels it holds and how to make its arrays, but
    does not keep them: ten permuted tasks of 60,000 padded images take 2.5 GB as
    floats, and a run needs one of them at a time. While somebody else holds the
    arrays, further accesses return the same objects; they are read-only, so that
    no holder can change the data of another.

    Args:
        index: Position of the task in its scenario, from 0.
        classes: Original labels. The new label `i` stands for `classes[i]`, so
            new labels run from 0 to `num_classes - 1`.
        load: Function from `"train"`, `"validation"` or `"test"` to a pair
            `(x, y)` of fresh arrays, `y` in new labels. It must return equal
            arrays at every call.
        sizes: Number of samples of each of the three splits.
        preprocessing: JSON-able description of how raw samples become `x`; see
            `hypermask_tf.scenarios.preprocess`.
        class_names: One name per class. Defaults to the original labels as text.
        name: Name of the task. Defaults to `"task_00"` for index 0, and so on.
        raw: Function from a split to the samples before `preprocessing`, in the order
            of `x`. Defaults to none, where they are not kept.
        number: Scale of the number that is predicted; `y` is then that number, in its
            own unit, and the only class has its name. Defaults to none, for classes.

    Attributes:
        train: Pair `(x, y)`: samples of shape `(n, ...)`, float32 or, where they are
            tokens, int32; and int32 of shape `(n,)`, or float32 where it is a number.
        validation: As `train`. Disjoint from it.
        test: As `train`. Disjoint from both.

    Raises:
        ValueError: If there are no classes, or a class occurs twice, or there is
            not one name per class.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios import Task
    >>> def load(split):
    ...     return np.ones((2, 4, 4, 1), "float32"), np.array([0, 1], "int32")
    >>> task = Task(0, (7, 3), load, sizes={"train": 2, "validation": 2, "test": 2})
    >>> x, y = task.train
    >>> x.shape, task.num_classes, task.classes[y[0]]
    ((2, 4, 4, 1), 2, 7)
    """

    def __init__(
        self,
        index: int,
        classes: Sequence[int],
        load: Callable[[str], Arrays],
        *,
        sizes: Mapping[str, int],
        preprocessing: Mapping[str, Any] | None = None,
        class_names: Sequence[str] | None = None,
        name: str | None = None,
        raw: Callable[[str], Samples] | None = None,
        number: Number | None = None,
    ) -> None:
        self.number = number
        self.index = int(index)
        self.name = name or f"task_{self.index:02d}"
        self.classes = tuple(int(label) for label in classes)
        if not self.classes or len(set(self.classes)) != len(self.classes):
            raise ValueError(
                "Expected `classes` to be one or more different labels. Received: "
                f"classes={tuple(classes)}. Name each label of the task once."
            )
        names = [str(label) for label in self.classes]
        self.class_names = tuple(names if class_names is None else class_names)
        if len(self.class_names) != len(self.classes):
            raise ValueError(
                f"Expected one name for each of the {len(self.classes)} classes. "
                f"Received: class_names={self.class_names}. Leave it out to name the "
                "classes by their labels."
            )
        self.sizes = {split: int(sizes[split]) for split in SPLITS}
        self._preprocessing = dict(preprocessing or {})
        self._load = load
        self._raw = raw
        self._alive: dict[str, tuple[weakref.ref[Samples], weakref.ref[Labels]]] = {}

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    @property
    def preprocessing(self) -> dict[str, Any]:
        return dict(self._preprocessing)

    @property
    def train(self) -> Arrays:
        return self._arrays("train")

    @property
    def validation(self) -> Arrays:
        return self._arrays("validation")

    @property
    def test(self) -> Arrays:
        return self._arrays("test")

    def placed(self, index: int, name: str, classes: Sequence[int]) -> "Task":
        """The same task at another place of a sequence.

        Args:
            index: Its position.
            name: Its name there.
            classes: What its classes are numbered there.
        """
        return Task(
            index,
            classes,
            self._load,
            sizes=self.sizes,
            preprocessing=self._preprocessing,
            class_names=self.class_names,
            name=name,
            raw=self._raw,
            number=self.number,
        )

    def raw(self, split: str) -> Samples:
        """Raw samples: `preprocess(task.raw("test"), task.preprocessing)` is `x`.

        Args:
            split: `"train"`, `"validation"` or `"test"`.

        Raises:
            ValueError: If the task does not know them.
        """
        if self._raw is None:
            raise ValueError(
                f"Expected a task with raw samples. Received: {self!r}. Tasks made by "
                "`from_folder` have them."
            )
        return self._raw(split)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{split}={n}" for split, n in self.sizes.items())
        return f"<Task {self.index} {self.name!r} classes={self.classes} {sizes}>"

    def _arrays(self, split: str) -> Arrays:
        if split in self._alive:
            x_ref, y_ref = self._alive[split]
            x, y = x_ref(), y_ref()
            if x is not None and y is not None:
                return x, y
        x, y = self._load(split)
        x.flags.writeable = False
        y.flags.writeable = False
        self._alive[split] = (weakref.ref(x), weakref.ref(y))
        return x, y
