"""Learning the tasks of a run, with what is told meanwhile and when it breaks off."""

import traceback

from rich.progress import Progress

from hypermask_tf.cli import command, resume, task_logs
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.progress import TaskProgress, summary
from hypermask_tf.cli.stop_signals import stop_signals
from hypermask_tf.training import NonFiniteLossError, RunFolder, TrainingStopped
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.task_sequence import TaskSequence


def watchers(run: RunFolder, progress: Progress, task: int) -> list[object]:
    """Callbacks that show a task on the terminal, and log it."""
    return [
        TaskProgress(progress, f"task {task}", f.STEPS.value),
        *task_logs.loggers(run, task, f.TENSORBOARD.value),
    ]


def learn(sequence: TaskSequence, run: RunFolder, progress: Progress) -> int:
    """Learns what is left; returns an exit status."""

    def ask(name: str) -> None:
        sequence.stop_asked = True
        command.say(f"{name}: the run stops at the end of its epoch.")

    with stop_signals(ask) as signals:
        try:
            sequence.learn(
                lambda task, matrix: progress.console.print(
                    f"{task.name}: {summary(matrix)}"
                )
            )
        except TrainingStopped as stopped:
            command.say(
                f"Stopped after {resume.place(stopped.position)}. Go on with: "
                f"{command.name()} --resume --run_dir={run.path}"
            )
            return signals.status
        except NonFiniteLossError as error:
            return _broken(run, sequence.matrix, error)
        except Exception:
            # Past the set-up an error is not the user's: it keeps its traceback.
            traceback.print_exc()
            return _broken(run, sequence.matrix, "Training broke off.")
    return 0


def _broken(run: RunFolder, matrix: AccuracyMatrix, error: object) -> int:
    done = matrix.num_finished
    kept = f"task_{done - 1:02d}.keras" if done else "none"
    command.mistake(f"{error} Last good checkpoint in {run.checkpoints_dir}: {kept}")
    return command.FAILED
