"""`apps/train.py` in processes that are really killed.

All are forked, as in `tests/commands.py`.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import sys

from tests.commands import PROCESSES

TINY = (
    "--num_tasks=3",
    "--steps_per_task=12",
    "--epoch_steps=4",
    "--steps_per_execution=4",
    "--batch_size=32",
    "--hidden=16",
    "--sparsity=50",
    "--learning_rate=1e-2",
    "--embedding_dim=8",
    "--hyper_hidden=8",
    "--checkpoint_epochs=1",
    "--nomeasure_unseen",
    # Such short runs take longer to compile than to run.
    "--nojit_compile",
)


def train(*arguments, output, at=0, send=signal.SIGKILL):
    """Runs the command; returns its exit status, -9 if it was killed.

    Args:
        *arguments: What stands behind `apps/train.py`.
        output: File for what it prints.
        at: The moment at which it gets a signal; 0 for never.
        send: The signal.
    """
    process = start(*arguments, output=output, at=at, send=send)
    process.join(600)
    if process.exitcode is None:
        process.kill()
    return process.exitcode


def start(*arguments, output, at=0, send=signal.SIGKILL):
    """As `train`, and does not wait for the end of the process."""
    process = PROCESSES.Process(
        target=_run, args=(list(arguments), str(output), at, send)
    )
    process.start()
    return process


def moments(output):
    """How many moments a process that was not killed has passed."""
    return int(pathlib.Path(output).read_text().rpartition("moments: ")[2])


def fingerprint(folder):
    """Every bit of the last learner, and all results but the times."""
    from hypermask_tf.training import RunFolder

    run = RunFolder.open(folder)
    model, digest = run.load_model(), hashlib.sha256()
    for variable in (*model.weights, *model.random_state, *model.optimizer.variables):
        digest.update(variable.numpy().tobytes())
    results = run.results()
    del results["train_seconds_per_task"]
    logs = {path.name: path.read_text() for path in run.logs_dir.glob("*.csv")}
    return digest.hexdigest(), json.dumps(results), logs


def _run(arguments, output, at, send):
    with open(output, "w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["apps/train.py", *arguments]
    counted = _count_moments(at, send)
    from absl import flags

    from hypermask_tf.cli import command, train

    with contextlib.suppress(flags.Error):
        flags.FLAGS(sys.argv)
        status = command.guard(train.main)([sys.argv[0]])
        print(f"moments: {counted()}")
        sys.exit(status)
    sys.exit(command.USER_MISTAKE)


def _count_moments(at, send):
    """Has a signal sent at one of the moments at which a process may well die."""
    from hypermask_tf import files
    from hypermask_tf.learner.finite_guard import FiniteGuard

    count = 0

    def pass_one():
        nonlocal count
        count += 1
        if count == at:
            os.kill(os.getpid(), send)

    def around(function, before, after):
        def watched(*args, **kwargs):
            if before:
                pass_one()
            result = function(*args, **kwargs)
            if after:
                pass_one()
            return result

        return watched

    # Before and after a file gets its name, in the middle of writing one, in a step.
    files.os.replace = around(os.replace, True, True)
    files.os.fsync = around(os.fsync, True, False)
    FiniteGuard.on_train_batch_end = around(FiniteGuard.on_train_batch_end, False, True)
    return lambda: count
