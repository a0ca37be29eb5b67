"""Data that come later than those a network has begun to learn from."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

# What a network cannot take otherwise than it has learned it.
_FIXED = ("kind", "raw_dtype", "channels", "sample_rate", "color_mode", "log_mel")


@dataclasses.dataclass(frozen=True)
class Later:
    """What is known of data from before; nothing, for those that come first.

    Args:
        steps: How raw samples become inputs; None to learn it from these.
        forgotten: Names of tasks that are left out, whether or not they are there.
    """

    steps: Mapping[str, Any] | None = None
    forgotten: Collection[str] = ()

    def kept(self, tasks: Sequence[str]) -> list[str]:
        """The tasks that are not forgotten.

        Raises:
            ValueError: If none is left.
        """
        kept = [task for task in tasks if task not in self.forgotten]
        if not kept:
            raise ValueError(
                "Expected a task that is not forgotten. Received: forgotten="
                f"{sorted(self.forgotten)} of {list(tasks)}."
            )
        return kept

    def check_kind(self, kind: str, path: Path) -> None:
        """Raises a ValueError if files are of another kind than before.

        Args:
            kind: Kind of files, as `OWN` in `options` calls it.
            path: One of them.
        """
        before = (self.steps or {}).get("kind")
        known = "recording" if before == "window" else before
        if self.steps is not None and kind != known:
            raise ValueError(
                f"Expected files of kind {known}, like those that were learned. "
                f"Received: files of kind {kind}, such as {path}."
            )

    def preprocessing(self, found: dict[str, Any]) -> dict[str, Any]:
        """The steps of before, or those found now if there were none.

        Raises:
            ValueError: If samples are of another kind than before.
        """
        if self.steps is None:
            return found
        for name in _FIXED:
            if found.get(name) != self.steps.get(name):
                raise ValueError(
                    "Expected samples like those that were learned, with "
                    f"{name}={self.steps.get(name)!r}. Received: samples with "
                    f"{name}={found.get(name)!r}. Bring them to it, or train a new run."
                )
        return dict(self.steps)

    def check_width(self, raw: npt.NDArray[Any]) -> None:
        """Raises a ValueError if samples have more or fewer channels than before."""
        steps = self.steps or {}
        scale = steps.get("scale")
        if not isinstance(scale, list) or "log_mel" in steps:
            return
        if raw.shape[-1] != len(scale):
            raise ValueError(
                f"Expected samples of {len(scale)} channels, their last axis, like "
                f"those that were learned. Received: samples of shape {raw.shape[1:]}."
            )
