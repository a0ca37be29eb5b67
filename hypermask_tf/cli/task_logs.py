"""The growing logs of a run, one CSV file per task."""

import keras

from hypermask_tf import files
from hypermask_tf.training import Position, RunFolder


def loggers(
    run: RunFolder, task: int, tensorboard: bool
) -> list[keras.callbacks.Callback]:
    """Callbacks that log a task; they go on at the end of what is there."""
    run.logs_dir.mkdir(exist_ok=True)
    name = f"task_{task:02d}"
    chosen = [keras.callbacks.CSVLogger(str(run.logs_dir / f"{name}.csv"), append=True)]
    if tensorboard:
        chosen.append(keras.callbacks.TensorBoard(str(run.logs_dir / name)))
    return chosen


def cut_back(run: RunFolder, position: Position) -> None:
    """Removes what was logged behind the place where a run goes on.

    Args:
        run: The run.
        position: The next thing to do.
    """
    for path in run.logs_dir.glob("task_*.csv"):
        task = int(path.stem.removeprefix("task_"))
        if task > position.task or (task == position.task and not position.running):
            path.unlink()
        elif task == position.task:
            lines = path.read_text("utf-8").splitlines(keepends=True)
            files.write_text(path, "".join(lines[: 1 + position.epoch]))
