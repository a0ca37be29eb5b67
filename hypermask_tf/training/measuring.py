"""What is measured of all tasks, before and after each is learned."""

from collections.abc import Callable
from typing import Any

from hypermask_tf.scenarios import Scenario, Task
from hypermask_tf.scenarios.recorded_task import RecordedTask
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.evaluation import Errors, Scores, measured
from hypermask_tf.training.measure import of_scenario
from hypermask_tf.training.sequence_options import SequenceOptions


class Measuring:
    """Fills an accuracy matrix as the options of a sequence say.

    Args:
        scenario: The tasks.
        options: Which of them are measured, and on what.
        pause: Called before each measurement; may raise, to end it.
    """

    def __init__(
        self, scenario: Scenario, options: SequenceOptions, pause: Callable[[], None]
    ) -> None:
        self._scenario, self._options, self._pause = scenario, options, pause
        # What starts anew with each task knows nothing of those to come.
        self._measure = of_scenario(scenario)
        self._unseen = options.measure_unseen and not options.restart

    def before(self, model: Any, matrix: AccuracyMatrix) -> None:
        """Measures what was not learned at all yet."""
        if self._unseen:
            for task in self._scenario:
                self._pause()
                matrix.record_initial(
                    task.index, self._figure(self._scores(model, task))
                )

    def after(
        self, model: Any, task: Task, matrix: AccuracyMatrix
    ) -> list[Scores | Errors | None]:
        """Fills the row of a task that was learned.

        Returns:
            All scores of the tasks learned so far; None for one left as it was.
        """
        learned: list[Scores | Errors | None] = []
        for other in self._scenario:
            self._pause()
            if isinstance(other, RecordedTask) or (
                self._options.restart and other.index < task.index
            ):
                # Its network is as it was.
                _carry(matrix, task.index, other.index)
                learned.append(None)
            elif other.index <= task.index or self._unseen:
                scores = self._scores(model, other)
                matrix.record(task.index, other.index, self._figure(scores))
                if other.index <= task.index:
                    learned.append(scores)
        return learned

    def _scores(self, model: Any, task: Task) -> Scores | Errors:
        x, y = task.test if self._options.measure == "test" else task.validation
        return measured(model, task, x, y)

    def _figure(self, scores: Scores | Errors) -> float:
        return float(getattr(scores, self._measure.name))

    def validation(self, model: Any, task: Task) -> float | None:
        """The measure on the validation data of a task, if it has any."""
        x, y = task.validation
        return self._figure(measured(model, task, x, y)) if len(x) else None


def _carry(matrix: AccuracyMatrix, after: int, task: int) -> None:
    """Notes what was measured of a task when it was learned."""
    if task not in matrix.forgotten:
        matrix.record(after, task, matrix.matrix[task, task])
