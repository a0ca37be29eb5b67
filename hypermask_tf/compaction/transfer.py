"""From a model's layers to their smaller ones."""

from typing import Any

import numpy as np

from hypermask_tf.surgery.state import copy_other_state


def transfer(old: Any, new: Any, weights: dict[str, np.ndarray]) -> None:
    """Gives `new` the variables of `old`, but for those in `weights`."""
    changed = {id(getattr(new, name)) for name in weights}
    for name, values in weights.items():
        getattr(new, name).assign(values)
    kept = [v for v in new.variables if id(v) not in changed]
    replaced = {id(getattr(old, name, None)) for name in weights}
    for source, variable in zip(
        [v for v in old.variables if id(v) not in replaced], kept, strict=True
    ):
        variable.assign(source)
    copy_other_state(old, new)
