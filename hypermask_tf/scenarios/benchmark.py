"""What the class-wise benchmarks share: a name, and statistics of pixels."""

from collections.abc import Mapping
from typing import Any

from hypermask_tf.scenarios.from_tfds import from_tfds
from hypermask_tf.scenarios.scenario import Scenario


def split_tfds(
    dataset: str,
    statistics: Mapping[str, tuple[Any, Any]],
    normalization: str,
    own: Mapping[str, Any] | None = None,
    **options: Any,
) -> Scenario:
    """A benchmark of one TFDS data set, with its pixels normalised by name.

    Args:
        dataset: Its name in TFDS; the scenario is called `split_<dataset>`.
        statistics: Mean and deviation of pixels in 0..1 by name of normalisation.
        normalization: One of these names, or `"unit"` for pixels in 0..1.
        own: Arguments of the benchmark that `from_tfds` does not know.
        **options: See `from_tfds`.

    Raises:
        ValueError: If the normalisation is unknown.
    """
    known = {**statistics, "unit": (0.0, 1.0)}
    if normalization not in known:
        raise ValueError(
            f"Expected `normalization` to be one of {list(known)}. Received: "
            f"normalization={normalization!r}. Use `from_tfds` for a mean and a "
            "deviation of your own."
        )
    mean, std = known[normalization]
    base = from_tfds(dataset, mean=mean, std=std, **options)
    return named(base, f"split_{dataset}", normalization=normalization, **(own or {}))


def named(base: Scenario, name: str, **own: Any) -> Scenario:
    """Returns the scenario under its benchmark's name, with that one's arguments."""
    shared = (
        "classes_per_task",
        "num_tasks",
        "seed",
        "validation_size",
        "validation_from",
    )
    config = base.get_config()
    return Scenario(
        name,
        base.tasks,
        input_shape=base.input_shape,
        preprocessing=base.preprocessing,
        config={key: config[key] for key in shared} | own,
    )
