"""Arguments of `HyperMask` that an earlier version had, and where they are now."""

from collections.abc import Iterable

_NOW = {
    "granularity": "masks=UnitMasks() or masks=WeightMasks()",
    "sparsity": "masks=UnitMasks(sparsity=...)",
    "activation": "masks=UnitMasks(activation=...)",
    "mask_scale": "masks=UnitMasks(scale=...)",
    "ramp_steps": "masks=UnitMasks(ramp_steps=...)",
    "reuse": "masks=UnitMasks(allocation=FreeUnitsFirst(reuse=...))",
    "narrow": "masks=UnitMasks(compact_forward=...)",
    "lam": "protection=WeightPenalty(strength=...)",
    "beta": "hypernetwork=MLPHypernetwork(drift=DriftPenalty(strength=...))",
    "output_reduction": (
        "hypernetwork=MLPHypernetwork(drift=DriftPenalty(reduction=...))"
    ),
    "sampled_tasks": (
        "hypernetwork=MLPHypernetwork(drift=DriftPenalty(sampled_tasks=...))"
    ),
    "memory_limit": "hypernetwork=MLPHypernetwork(memory_limit=...)",
}
_GONE = ("threshold", "floor", "borrow", "read")


def check(names: Iterable[str]) -> None:
    """Raises a TypeError that says where an argument of an earlier version is now."""
    for name in names:
        if name in _NOW:
            raise TypeError(f"`{name}` is now said by `{_NOW[name]}`.")
        if name in _GONE:
            raise TypeError(
                f"`{name}` is gone, since no measurement showed it to win; see "
                "CHANGELOG.md. Leave it out."
            )
