"""Times the training step of a recipe, beside what memory allows and beside a peer.

    python apps/benchmark.py --flagfile=apps/recipes/paper_split_mnist.flags --peer

Takes the flags of `apps/train.py`. Tasks before the measured ones are begun, not
trained: that costs a step as much. All sides take turns in one run, so the ratios hold
on a busy machine too; milliseconds do not. The floor is the time in which the machine
copies what one step of Adam must touch, measured between the turns.
"""

import datetime
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
from absl import flags
from rich.console import Console

from hypermask_tf import HyperMask, files
from hypermask_tf.cli import command, paths
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.accelerators import accelerators
from hypermask_tf.cli.benchmarks import accelerator, machine
from hypermask_tf.cli.benchmarks.measure import compare, summary, take_turns
from hypermask_tf.cli.benchmarks.parts import part_functions, timed
from hypermask_tf.cli.benchmarks.peer import Peer
from hypermask_tf.cli.benchmarks.peer_settings import peer_settings
from hypermask_tf.cli.benchmarks.plot import plot_benchmark
from hypermask_tf.cli.benchmarks.show import show
from hypermask_tf.cli.benchmarks.step_timer import Sample, StepTimer
from hypermask_tf.cli.build import build_model, build_scenario
from hypermask_tf.cli.manifest import hardware
from hypermask_tf.scenarios import Scenario
from hypermask_tf.training import LOOPS

_TASKS = flags.DEFINE_list(
    "tasks", [], "Indices of the tasks to time; first, middle and last by default."
)
_SAMPLES = flags.DEFINE_integer(
    "samples", 30, "Timed calls of each side at each task; the median counts.", 5
)
_LIMIT = flags.DEFINE_float(
    "limit_seconds", 120.0, "Stop at five samples or more after so long at a task.", 0.0
)
_LOOPS = flags.DEFINE_list("loops", ["fit"], "Loops to time: fit, device, or both.")
_WHOLE = flags.DEFINE_bool(
    "whole",
    False,
    "With unit masks, time beside each loop the same step with --nocompact_forward: "
    "everything is computed, units that are off too.",
)
_PEER = flags.DEFINE_bool("peer", False, "Time PyTorch with hypnettorch beside it.")
_PEER_PYTHON = paths.define_path(
    "peer_python", None, "Interpreter that has them; by default the one that runs this."
)
_OUTPUT = paths.define_path(
    "output", None, "Folder for benchmark.json and benchmark.png; none: print only."
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    keras.utils.set_random_seed(f.SEED.value)
    scenario = build_scenario()
    tasks = _tasks(scenario.num_tasks)
    wanted = peer_settings(scenario) if _PEER.value else None
    models = {"": build_model(scenario)}
    model = models[""]
    if _WHOLE.value:
        if model.dense_fallback_reason:
            raise ValueError(
                "--whole needs a step that computes only the units that are on. "
                "Received: a recipe that computes everything: "
                f"{model.dense_fallback_reason}"
            )
        models[", whole"] = build_model(
            scenario, masks=model.masks.replace(compact_forward=False)
        )
    peer = None
    if wanted is not None:
        peer = Peer(_PEER_PYTHON.value or sys.executable, wanted)
    console, bandwidth = Console(), _bandwidth()
    results = _about(model, peer)
    for task in tasks:
        results["tasks"].append(_measure(models, scenario, task, peer, bandwidth))
        console.print(f"Timed task {task}.", style="dim")
    results["copy_gb_per_second"] = round(bandwidth.bytes_per_second / 1e9, 2)
    results["peak_memory_bytes"] = {"own": machine.peak_memory()}
    if accelerators():
        results["peak_memory_bytes"]["accelerator"] = accelerator.peak_memory()
    if peer is not None:
        results["peak_memory_bytes"]["peer"] = peer.close()
    first, last = (results["tasks"][i]["sides"] for i in (0, -1))
    results["growth"] = {
        name: round(last[name]["median_ms"] / first[name]["median_ms"], 2)
        for name in first
    }
    show(console, results)
    if _OUTPUT.value:
        folder = Path(_OUTPUT.value)
        folder.mkdir(parents=True, exist_ok=True)
        files.write_json(folder / "benchmark.json", results)
        plot_benchmark(results, folder / "benchmark.png")
        console.print(f"Written to {folder}")
    return 0


def _bandwidth() -> machine.Bandwidth:
    """Of the memory in which the steps are computed."""
    if accelerators():
        return accelerator.AcceleratorBandwidth()
    return machine.CopyBandwidth()


def _about(model: HyperMask, peer: Peer | None) -> dict[str, Any]:
    """What is known before anything is timed."""
    return {
        "benchmark": f.BENCHMARK.value,
        "date": datetime.date.today().isoformat(),
        "machine": {**machine.describe(), "device": hardware()},
        "backend": keras.backend.backend(),
        "dtype": f.DTYPE.value,
        "batch_size": f.BATCH.value,
        "steps_per_execution": f.STEPS_PER_CALL.value,
        "hypernetwork_weights": _weights(model),
        "peer": peer.about if peer else None,
        "tasks": [],
    }


def _tasks(num_tasks: int) -> list[int]:
    """The tasks to time, in order."""
    if not _TASKS.value:
        return sorted({0, num_tasks // 2, num_tasks - 1})
    tasks = sorted({int(task) for task in _TASKS.value})
    if not 0 <= tasks[0] <= tasks[-1] < num_tasks:
        raise ValueError(
            f"--tasks are indices from 0 to {num_tasks - 1}. "
            f"Received: --tasks={','.join(_TASKS.value)}"
        )
    return tasks


def _weights(model: HyperMask) -> int:
    """Weights of the hypernetwork."""
    scores = model.state.layout.num_scores
    return model.hypernetwork.num_parameters(model.num_tasks, scores)


def _measure(
    models: dict[str, HyperMask],
    scenario: Scenario,
    task: int,
    peer: Peer | None,
    bandwidth: machine.Bandwidth,
) -> dict[str, Any]:
    """Times all sides at one task; models by what is added to a loop's name."""
    for model in models.values():
        while model.num_learned_tasks <= task:
            model.begin_task(model.num_learned_tasks)
    x, y = scenario[task].train
    count = min(len(x), 64 * f.BATCH.value)
    x, y = x[:count], y[:count]
    sides: dict[str, Callable[[int], list[Sample]]] = {}
    first: dict[str, float] = {}
    for loop in _LOOPS.value:
        for added, model in models.items():
            timer, name = StepTimer(model, x, y, f.BATCH.value, loop), loop + added
            timer.warm_up()
            sides[name], first[name] = timer.take, timer.first_step_ms
    model = models[""]
    if peer is not None:
        sides["peer"], first["peer"] = peer.take, peer.begin(task)
    parts: dict[str, Callable[[int], list[Sample]]] = {}
    if keras.backend.backend() == "tensorflow":
        batch = x[: f.BATCH.value], y[: f.BATCH.value]
        parts = {k: timed(part) for k, part in part_functions(model, *batch).items()}
    taken = take_turns(
        {**sides, **parts}, _SAMPLES.value, _LIMIT.value, bandwidth.measure
    )
    measured = {name: summary(taken[name], first[name]) for name in sides}
    floor = machine.floor_ms(_weights(model), bandwidth.bytes_per_second)
    base = _LOOPS.value[0]
    return {
        "task": task,
        "sides": measured,
        **compare(measured, floor, base),
        "parts": {name: summary(taken[name], 0.0) for name in parts},
    }


flags.register_validator(
    "loops",
    lambda loops: bool(loops) and all(loop in LOOPS for loop in loops),
    message=f"Expected some of {', '.join(LOOPS)}",
)
flags.register_validator(
    "tasks",
    lambda tasks: all(task.strip().isdigit() for task in tasks),
    message="Expected indices of tasks, such as 0,4",
)
# One step a call, so that single steps are timed, unless the call says otherwise.
flags.set_default(f.STEPS_PER_CALL, 1)
# `--help` lists the flags of this module only.
flags.adopt_module_key_flags(f)
flags.adopt_module_key_flags(command)
