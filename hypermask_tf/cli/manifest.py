"""What a run must know about itself to be believed and repeated."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
from typing import Any

import keras

import hypermask_tf as hm
from hypermask_tf import scenarios
from hypermask_tf.cli.accelerators import accelerators

_PACKAGES = ("tensorflow", "keras", "numpy", "tensorflow-datasets", "jax")


def make_manifest(
    scenario: scenarios.Scenario,
    model: hm.HyperMask,
    seed: int,
    data_dir: str | None = None,
    **choices: Any,
) -> dict[str, Any]:
    """Benchmark, class order per task, seed, sizes, versions, backend and device.

    Args:
        scenario: What is learned.
        model: What learns.
        seed: Seed of the run.
        data_dir: Where prepared data sets lie.
        **choices: What else a reader of the results must know, ready for JSON.
    """
    return {
        "schema_version": 1,
        "benchmark": scenario.name,
        "scenario": scenario.manifest(),
        "seed": seed,
        **choices,
        # Where a later command finds the data again.
        "data_dir": os.path.abspath(data_dir) if data_dir else None,
        "started": datetime.datetime.now(datetime.timezone.utc).isoformat(
            timespec="seconds"
        ),
        "target_parameters": model.target.count_params(),
        "hypernetwork_parameters": model.hypernetwork.count_params(),
        "versions": {
            "hypermask_tf": hm.__version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in _PACKAGES},
        },
        "backend": keras.backend.backend(),
        "device": _device(),
        "hardware": hardware(),
        "platform": platform.platform(),
    }


def differences(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """In what a run was made otherwise than it would be now, one line each.

    Args:
        then: Its manifest.
        now: A manifest of today.
    """
    pairs = [
        (name, then["versions"].get(name), version)
        for name, version in now["versions"].items()
    ]
    pairs += [(name, then[name], now[name]) for name in ("backend", "device")]
    return [
        f"The run began with {name} {old or 'missing'}, now it is {new or 'missing'}"
        for name, old, new in pairs
        if old != new
    ]


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def hardware() -> str:
    """The accelerators that Keras computes on, by their names; else the CPU's."""
    found = accelerators()
    if found:
        return ", ".join(found)
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count()
    return f"{cores} cores of {_processor()}"


def _processor() -> str:
    """The model of the CPU, as the system calls it."""
    listing = pathlib.Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _device() -> str:
    devices = keras.distribution.list_devices()
    return ", ".join(devices)
