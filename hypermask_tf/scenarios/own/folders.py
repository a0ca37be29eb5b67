"""Reading the files of a folder: samples by task, and how they become inputs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from hypermask_tf.scenarios.own.groups import groups_of, mirrored
from hypermask_tf.scenarios.own.images import read_images
from hypermask_tf.scenarios.own.listing import OwnFile
from hypermask_tf.scenarios.own.recordings import read_recordings
from hypermask_tf.scenarios.own.samples import OwnSamples, Rows
from hypermask_tf.scenarios.own.sounds import read_sounds
from hypermask_tf.scenarios.own.tasks import Describe, channel_scaling
from hypermask_tf.scenarios.own.windows import windowed
from hypermask_tf.scenarios.preprocessing import preprocess

Read = tuple[dict[str, OwnSamples], Describe]


def read_folder(
    kind: str,
    found: Sequence[OwnFile],
    config: dict[str, Any],
    first: bool = True,
) -> Read:
    """Reads files, as `from_folder` describes.

    Args:
        kind: What they are.
        found: The files, sorted.
        config: The choices; what is read off the files is filled in.
        first: Whether they are the first data of their kind.
    """
    if kind == "recording":
        return _recordings(found, config, first)
    return _images(found, config) if kind == "image" else _sounds(found, config)


def _by_task(found: Sequence[OwnFile]) -> dict[str, list[int]]:
    """Positions of the files of each task."""
    tasks: dict[str, list[int]] = {}
    for i, file in enumerate(found):
        tasks.setdefault(file.task, []).append(i)
    return tasks


def _images(found: Sequence[OwnFile], config: dict[str, Any]) -> Read:
    pixels, config["color_mode"] = read_images(
        found, config["image_size"], config["color_mode"]
    )
    config["image_size"] = list(pixels.shape[1:3])
    groups = groups_of(found, config["group_pattern"])
    samples = {
        task: OwnSamples(
            labels=np.array([found[i].label for i in rows]),
            groups=np.array([groups[i] for i in rows]),
            splits=np.array([found[i].split for i in rows]),
            take=partial(np.take, pixels[rows[0] : rows[-1] + 1], axis=0),
        )
        for task, rows in _by_task(found).items()
    }
    steps = {
        "kind": "image",
        "scale": 1 / 255,
        "offset": 0.0,
        "raw_dtype": "uint8",
        "raw_range": [0, 255],
        "color_mode": config["color_mode"],
    }
    return samples, lambda samples, rows: steps


def _recordings(found: Sequence[OwnFile], config: dict[str, Any], first: bool) -> Read:
    arrays, channels = read_recordings(found)
    # Those that come later need not have been made on both sides.
    arrays = mirrored(found, arrays, channels, config["mirror"], required=first)
    steps = {"kind": "window", "channels": channels, "raw_dtype": "float32"}
    if config["mirror"] is not None:
        steps["mirror"] = config["mirror"]
    return _windows(found, arrays, config), partial(_scaled, steps)


def _sounds(found: Sequence[OwnFile], config: dict[str, Any]) -> Read:
    waves, config["sample_rate"] = read_sounds(found, config["sample_rate"])
    config["window"] = config["window"] or config["sample_rate"]
    steps: dict[str, Any] = {
        "kind": "sound",
        "sample_rate": config["sample_rate"],
        "raw_dtype": "float32",
        "raw_range": [-1.0, 1.0],
    }
    if config["features"] == "log_mel":
        steps["log_mel"] = {"sample_rate": config["sample_rate"]}
    return _windows(found, waves, config, pad=True), partial(_scaled, steps)


def _windows(
    found: Sequence[OwnFile],
    arrays: Sequence[np.ndarray],
    config: Mapping[str, Any],
    pad: bool = False,
) -> dict[str, OwnSamples]:
    groups = groups_of(found, config["group_pattern"])
    return {
        task: windowed(
            [found[i] for i in rows],
            [arrays[i] for i in rows],
            [groups[i] for i in rows],
            window=config["window"],
            overlap=config["overlap"],
            pad=pad,
        )
        for task, rows in _by_task(found).items()
    }


def _scaled(
    steps: Mapping[str, Any],
    samples: Mapping[str, OwnSamples],
    rows: Mapping[str, Rows],
) -> dict[str, Any]:
    """The steps, and scaling learned from the training rows of the first task."""
    first = next(iter(samples))
    raw = samples[first].take(rows[first])
    return {**steps, **channel_scaling(preprocess(raw, steps))}
