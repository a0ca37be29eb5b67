"""Exports one verified `.tflite` file that tells task, class and confidence by itself.

    python export/export_router.py --run_dir=runs/x

Writes `export/router.tflite` and `export/router.json`. The file takes one input and
returns four numbers: the task, the class within it, the confidence in both, and the
evidence for the task. The JSON names tasks and classes, and for each task the least
confidence and evidence below which the caller should abstain. All tasks' networks and
the statistics of the method are inside, builtin ops only. The file has been run in
LiteRT, at batch 1, over the test sets of all tasks and held against Keras; otherwise
it is not written and the exit status is 1. A mistake in the call gives one line on
standard error and exit status 2.

Statistics are those that `apps/evaluate.py` left in the run; without them, the run's
checkpoints are replayed first.
"""

from collections.abc import Sequence
from typing import Any

from absl import flags
from rich.console import Console

from hypermask_tf.cli import command, paths
from hypermask_tf.export.convert import FLOAT32, QUANTIZATIONS
from hypermask_tf.export.quiet import quiet_stderr, start_backend


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the run to export.")
    flags.DEFINE_string(
        "method", None, "How the task is inferred; the library's default by default."
    )
    flags.DEFINE_enum(
        "quantization", FLOAT32, list(QUANTIZATIONS), "How weights are stored."
    )
    flags.DEFINE_float(
        "coverage",
        0.95,
        "Share of validation data that the thresholds in the JSON keep.",
        lower_bound=0.01,
        upper_bound=1.0,
    )
    flags.DEFINE_float(
        "max_accuracy_drop",
        0.002,
        "How much accuracy the file may lose against Keras, as a fraction.",
        lower_bound=0.0,
        upper_bound=1.0,
    )
    flags.DEFINE_bool("overwrite", False, "Replace a router.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    with quiet_stderr():
        from hypermask_tf.export.router import router_name
        from hypermask_tf.training import FolderLock, RunFolder

        start_backend()

    chosen = _chosen_method()
    run = RunFolder.open(flags.FLAGS.run_dir or "")
    name = router_name(flags.FLAGS.quantization)
    taken = run.export_dir / f"{name}.tflite"
    if taken.exists() and not flags.FLAGS.overwrite:
        raise FileExistsError(f"{taken} exists. Pass --overwrite to replace it.")
    with FolderLock(run.export_dir):
        described = _export(run, chosen, name)
    if described is None:
        return command.FAILED
    check = described["verification"]
    Console().print(
        f"{taken}: {described['bytes'] / 1000:.1f} kB, accuracy "
        f"{100 * check['tflite_accuracy']:.2f} % (Keras "
        f"{100 * check['keras_accuracy']:.2f} %) with unknown task, "
        f"{check['examples']} inputs"
    )
    return 0


def _export(run: Any, chosen: str, name: str) -> dict[str, Any] | None:
    """Writes the file; returns its JSON, or None after saying why there is none."""
    from hypermask_tf import inference
    from hypermask_tf.export import router

    scenario = run.load_scenario(flags.FLAGS.data_dir)
    console = Console()
    with console.status("reading the run"):
        method = _method(run, scenario, chosen)
    with console.status("converting and verifying"):
        try:
            return router.export_router(
                inference.decision_model(method),
                _facts(method, scenario),
                router.TestSet.of(scenario.tasks[: method.networks.num_tasks]),
                flags.FLAGS.quantization,
                run.export_dir,
                name,
                flags.FLAGS.max_accuracy_drop,
            )
        except router.RouterError as error:
            command.say(str(error))
            return None


def _chosen_method() -> str:
    from hypermask_tf import inference

    name = flags.FLAGS.method or inference.DEFAULT
    if name not in inference.NAMES:
        raise ValueError(
            f"Expected one of the methods {', '.join(inference.NAMES)}. Received: "
            f"--method={name}"
        )
    return str(name)


def _method(run: Any, scenario: Any, name: str) -> Any:
    """The fitted method: as `apps/evaluate.py` left it, or from a replay."""
    from hypermask_tf import inference

    run.check_shared(whole=True)
    path = run.inference_dir / f"{name}.npz"
    if path.is_file():
        model = run.load_model()
        classes = [task.num_classes for task in scenario]
        networks = inference.TaskNetworks(
            model, classes=classes, input_shape=scenario.input_shape
        )
        method = inference.load(path, networks)
        if len(method.statistics) >= model.num_learned_tasks:
            return method
    *_, last = inference.replay(run, scenario, [name])
    method = last.methods[name]
    method.save(path)
    return method


def _facts(method: Any, scenario: Any) -> dict[str, Any]:
    """What the caller must know besides the file itself."""
    from hypermask_tf.export.router_facts import router_facts

    tasks = [
        {
            "index": task.index,
            "name": task.name,
            "labels": [
                {"label": i, "class": c, "name": n}
                for i, (c, n) in enumerate(
                    zip(task.classes, task.class_names, strict=True)
                )
            ],
        }
        for task in scenario
    ]
    return router_facts(
        method,
        tasks,
        flags.FLAGS.coverage,
        scenario.input_shape,
        scenario.preprocessing,
        {"benchmark": scenario.name},
    )
