"""Which tests belong to which part of the code."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Room:
    """A part of the code, and the fast tests that must see a fault in it.

    Attributes:
        sources: Files and folders that are mutated.
        tests: What pytest gets, the likeliest to fail first.
    """

    sources: tuple[str, ...]
    tests: tuple[str, ...]


def _library(*names: str) -> tuple[str, ...]:
    return tuple(f"hypermask_tf/{name}" for name in names)


def _tests(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/{name}" for name in names)


ROOMS: dict[str, Room] = {
    "masks": Room(
        _library("masks"),
        _tests("masks", "learner/extension_test.py", "hypermask/units_taken_test.py"),
    ),
    "protection": Room(
        _library(
            "protection", "hypernetworks/drift_penalty.py", "tasks/task_memory.py"
        ),
        _tests(
            "hypermask/protection_test.py",
            "hypermask/soft_threshold_test.py",
            "hypermask/hard_protection_test.py",
            "hypermask/drift_test.py",
            "hypermask/use_test.py",
            "hypermask/forget_test.py",
        ),
    ),
    "task_order": Room(
        _library(
            "tasks/learner_state.py",
            "tasks/task_masks.py",
            "tasks/masked_target.py",
            "learner/forward.py",
            "learner/task_order.py",
            "learner/capacity.py",
        ),
        _tests(
            "hypermask/fit_test.py",
            "hypermask/protection_test.py",
            "hypermask/capacity_test.py",
            "hypermask/ramp_test.py",
            "hypermask/head_test.py",
            "hypermask/drift_test.py",
            "strangers/later_tasks_test.py",
        ),
    ),
    "growth": Room(
        _library(
            "learner/grow.py",
            "learner/grow_places.py",
            "learner/extend.py",
            "learner/copies.py",
        ),
        _tests(
            "hypermask/grow_test.py",
            "hypermask/grow_counts_test.py",
            "hypermask/grow_refusals_test.py",
            "hypermask/extend_test.py",
            "hypermask/equivalence_test.py",
            "hypermask/copies_test.py",
        ),
    ),
    "own_width": Room(
        _library("own_width"), _tests("own_width", "hypermask/forward_and_bake_test.py")
    ),
    "transfer": Room(_library("transfer"), _tests("transfer")),
    "replicas": Room(
        _library("distribution", "training/plateau.py"),
        _tests(
            "training/distribution_test.py",
            "training/replicas_test.py",
            "training/resume_test.py",
        ),
    ),
    "units": Room(_library("units"), _tests("units", "compaction")),
    "compaction": Room(_library("compaction"), _tests("compaction")),
    "export": Room(
        _library(
            "export/quantize",
            "export/router.py",
            "export/drift.py",
            "export/exporter.py",
            "export/variant.py",
            "export/verify.py",
        ),
        _tests(
            "export/quantize",
            "export/router_test.py",
            "export/export_router_test.py",
            "export/drift_test.py",
            "export/verify_test.py",
            "export/exporter_test.py",
            "export/export_options_test.py",
        ),
    ),
    "readers": Room(
        _library("export/bundle_reader", "export/bundling"),
        _tests("export/bundling"),
    ),
}
