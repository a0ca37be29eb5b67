"""Names of tasks, and the one place that turns a name or an index into an index."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from hypermask_tf import checks

TaskLike = int | str
_DEFAULT = re.compile(r"task_[0-9]{2,}")


class TaskNames:
    """What the tasks of a learner are called.

    A task that was given no name is called `task_00` at index 0, and so on, as the
    tasks of a scenario are.

    Args:
        num_tasks: Capacity in tasks.
    """

    def __init__(self, num_tasks: int) -> None:
        self.num_tasks = num_tasks
        self._given: dict[int, str] = {}

    def of(self, task: int) -> str:
        """The name of the task at an index."""
        return self._given.get(task, _default(task))

    def label(self, task: int) -> str:
        """Index of a task, and its name where it was given one, for messages."""
        given = self._given.get(task)
        return f"{task}" if given is None else f"{task} ({given!r})"

    def given(self) -> dict[int, str]:
        """Names that were given, by index."""
        return dict(self._given)

    def replace(self, given: Mapping[int, str]) -> None:
        """Takes the names of another learner, or of an earlier moment."""
        self._given = dict(given)

    def forget(self, task: int) -> None:
        """Frees the name of a task."""
        self._given.pop(task, None)

    def index(self, task: TaskLike, known: Callable[[], Sequence[int]]) -> int:
        """Index of a task within capacity.

        Args:
            task: Its index or its name.
            known: Gives the indices of tasks that have begun, for the message.

        Raises:
            TypeError: If it is neither.
            ValueError: If it is beyond capacity, or no task has that name.
        """
        if not isinstance(task, str):
            return checks.check_task(task, self.num_tasks)
        found = self.find(task)
        if found is None:
            raise self._unknown(task, known())
        return found

    def find(self, name: str) -> int | None:
        """Index of the task of a name; None if there is none."""
        name = unicodedata.normalize("NFC", name)
        for index, given in self._given.items():
            if given == name:
                return index
        index = int(name[5:]) if _DEFAULT.fullmatch(name) else -1
        free = index not in self._given and index < self.num_tasks
        return index if free and name == _default(index) else None

    def check_new(self, name: str, task: int) -> str:
        """Returns the name in the form that is kept, if `task` can have it.

        Raises:
            ValueError: If it is no name of a task, or that of another one.
        """
        name = checks.check_task_name(name)
        if _DEFAULT.fullmatch(name) and name != _default(task):
            raise ValueError(
                f"{name!r} is what a task at another index is called that was given "
                f"no name. Give task {task} another one. Received: {name!r}"
            )
        for index, given in self._given.items():
            if index != task and given.casefold() == name.casefold():
                raise ValueError(
                    "Two tasks must not have one name, nor names that differ in "
                    f"capitals only: they become names of files. Task {index} is "
                    f"called {given!r}. Received: {name!r}"
                )
        return name

    def give(self, task: int, name: str) -> None:
        """Names a task.

        Raises:
            ValueError: If it is no name of a task, or that of another one.
        """
        name = self.check_new(name, task)
        self._given.pop(task, None)
        if name != _default(task):
            self._given[task] = name

    def slip(self, name: str, known: Sequence[int]) -> str | None:
        """The known name that `name` may have been meant for: one letter is amiss."""
        names = map(self.of, known)
        return next((other for other in names if _is_slip(name, other)), None)

    def _unknown(self, name: str, known: Sequence[int]) -> ValueError:
        names = [self.of(task) for task in known]
        folded = {other.casefold(): other for other in names}
        close = difflib.get_close_matches(name.casefold(), folded, 1)
        hint = f" Did you mean {folded[close[0]]!r}?" if close else ""
        listed = ", ".join(map(repr, names)) or "none, for no task has begun"
        return ValueError(
            f"No task has this name.{hint} Known names: {listed}. "
            f"Received: task={name!r}"
        )


def _default(task: int) -> str:
    return f"task_{task:02d}"


def _is_slip(one: str, other: str) -> bool:
    """Whether a letter is missing, or two stand in each other's place."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    if len(short) < 4:
        return False
    if len(short) == len(long):
        places = [i for i, (a, b) in enumerate(zip(short, long, strict=True)) if a != b]
        letters = "".join(short[i] for i in places)
        swapped = "".join(long[i] for i in reversed(places))
        return len(places) == 2 and letters == swapped and letters.isalpha()
    missing = (i for i in range(len(long)) if long[:i] + long[i + 1 :] == short)
    place = next(missing, None)
    return len(short) + 1 == len(long) and place is not None and long[place].isalpha()
