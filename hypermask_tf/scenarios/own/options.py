"""Choices of sources of one's own data, checked."""

from collections.abc import Mapping
from typing import Any

from hypermask_tf.checks import check_choice
from hypermask_tf.scenarios.own.images import COLOR_MODES

FEATURES = ("log_mel", "raw")
# What each kind of files takes, with defaults, besides the choices of all. None: what
# fits the files.
OWN: Mapping[str, Mapping[str, Any]] = {
    "image": {"image_size": None, "color_mode": None},
    "sound": {
        "window": None,
        "overlap": 0.5,
        "sample_rate": None,
        "features": "log_mel",
    },
    "recording": {"window": 100, "overlap": 0.5, "mirror": None},
}
TEST_SIZE, VALIDATION_SIZE, SEED = 0.2, 0.15, 1


def shared_config(
    seed: int, test_size: float, validation_size: float, num_tasks: int | None
) -> dict[str, Any]:
    """What all of them write down, checked.

    Raises:
        ValueError: If a share is not one.
    """
    shares = {"test_size": test_size, "validation_size": validation_size}
    for name, share in shares.items():
        lowest = name == "test_size"
        if not (0.0 < share < 1.0 if lowest else 0.0 <= share < 1.0):
            raise ValueError(
                f"Expected `{name}` to be a share of each class, "
                f"{'above' if lowest else 'from'} 0 and below 1. Received: "
                f"{name}={share}. {'0.2 is usual.' if lowest else '0 is for none.'}"
            )
    return {"seed": seed, "num_tasks": num_tasks, **shares}


def folder_config(kind: str, **given: Any) -> dict[str, Any]:
    """What a folder of that kind of files is read with.

    Args:
        kind: Kind of its files.
        **given: Choices of all kinds; None for those not made.

    Raises:
        ValueError: If one says nothing of these files, or is out of range.
    """
    for name, value in given.items():
        if value is not None and name not in OWN.get(kind, ()):
            kinds = " or ".join(other for other, own in OWN.items() if name in own)
            raise ValueError(
                f"Expected `{name}` with files of kind {kinds} only. Received: "
                f"{name}={value!r} for files of kind {kind}. Leave it out."
            )
    config = {
        name: default if given[name] is None else given[name]
        for name, default in OWN[kind].items()
    }
    _check(config)
    return config


def _check(config: Mapping[str, Any]) -> None:
    size = config.get("image_size")
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise ValueError(
            "Expected `image_size` to be height and width. Received: "
            f"image_size={size}. 64,64 is a start."
        )
    for name in ("window", "sample_rate"):
        value = config.get(name)
        if value is not None and value < 1:
            raise ValueError(
                f"Expected `{name}` to be a positive number of samples. Received: "
                f"{name}={value}."
            )
    overlap = config.get("overlap", 0.0)
    if not 0.0 <= overlap < 1.0:
        raise ValueError(
            "Expected `overlap` to be a share of a window, from 0 and below 1. "
            f"Received: overlap={overlap}. 0.5 is usual."
        )
    for name, known in (("color_mode", COLOR_MODES), ("features", FEATURES)):
        if config.get(name) is not None:
            check_choice(name, config[name], known)
