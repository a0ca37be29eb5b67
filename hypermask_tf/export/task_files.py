"""All files of one task: each recipe asked for, or the next safer one that is good."""

import dataclasses

from hypermask_tf.export import mistakes
from hypermask_tf.export.examples import Examples
from hypermask_tf.export.quantize.recipe import fallbacks
from hypermask_tf.export.task_data import TaskData
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.variant import Variant, VariantOptions, make_variant


@dataclasses.dataclass(frozen=True)
class TaskRequest:
    """What one task is exported from.

    Args:
        task: what its files classify.
        content: the float32 `.tflite` file as the converter wrote it.
        data: the examples of the task.
        keras: outputs of its Keras model on the gate's data and on the test set.
        quantizations: the recipes asked for.
        options: how files are made, and how good they must be.
    """

    task: TaskInfo
    content: bytes = dataclasses.field(repr=False)
    data: TaskData = dataclasses.field(repr=False)
    keras: tuple[Examples, Examples] = dataclasses.field(repr=False)
    quantizations: tuple[str, ...]
    options: VariantOptions


@dataclasses.dataclass(frozen=True)
class Rejection:
    """A recipe that was asked for and not used, and what took its place.

    Args:
        task: number of the task.
        quantization: name of the recipe.
        reasons: why its file is not good.
        replaced_by: name of the safer recipe used instead; empty where none is good.
    """

    task: int
    quantization: str
    reasons: tuple[str, ...]
    replaced_by: str

    def __str__(self) -> str:
        instead = f"{self.replaced_by} instead" if self.replaced_by else "nothing"
        return (
            f"task {self.task}: {self.quantization} is not good enough "
            f"({'; '.join(self.reasons)}), {instead}"
        )


@dataclasses.dataclass(frozen=True)
class TaskOutcome:
    """The good files of a task, safest recipe first, and what was rejected.

    Args:
        variants: the good files.
        stands_for: by recipe of a good file, the recipes asked for that it serves.
        rejected: recipes that were asked for and are not good.
    """

    task: TaskInfo
    variants: tuple[Variant, ...]
    stands_for: dict[str, tuple[str, ...]]
    rejected: tuple[Rejection, ...]


def make_task_files(request: TaskRequest) -> TaskOutcome:
    """Makes the files of a task, falling back where one is not good.

    Whether a file is good is decided on validation data only; the test set is
    reported. Runs without TensorFlow, so several tasks fit side by side in memory.
    """
    tried = _Tried(request)
    good: dict[str, Variant] = {}
    stands_for: dict[str, tuple[str, ...]] = {}
    rejected = []
    for wanted in request.quantizations:
        chain = fallbacks(wanted)
        used = next((name for name in chain if not tried.failures(name)), "")
        if used:
            good[used] = tried.variant(used)
            stands_for[used] = (*stands_for.get(used, ()), wanted)
        if used != wanted:
            reasons = tried.failures(wanted)
            rejected.append(Rejection(request.task.index, wanted, reasons, used))
    return TaskOutcome(request.task, tuple(good.values()), stands_for, tuple(rejected))


class _Tried:
    """Makes each variant once, when it is first asked about."""

    def __init__(self, request: TaskRequest) -> None:
        self._request = request
        self._made: dict[str, Variant | tuple[str, ...]] = {}

    def variant(self, name: str) -> Variant:
        made = self._make(name)
        if not isinstance(made, Variant):
            raise ValueError(f"Expected a good file. Received: {name!r}: {made}")
        return made

    def failures(self, name: str) -> tuple[str, ...]:
        made = self._make(name)
        return made.failures if isinstance(made, Variant) else made

    def _make(self, name: str) -> Variant | tuple[str, ...]:
        if name not in self._made:
            request = self._request
            try:
                self._made[name] = make_variant(
                    request.content,
                    name,
                    request.task,
                    request.data,
                    request.keras,
                    request.options,
                )
            except ValueError as error:
                if mistakes.is_fault(error):
                    raise
                self._made[name] = (" ".join(str(error).split()),)
        return self._made[name]
