"""What inference of unknown tasks is measured on."""

from collections.abc import Sequence

import numpy as np

from hypermask_tf import scenarios

Data = tuple[np.ndarray, np.ndarray]
# Inputs of another data set that are tried.
_MOST_UNKNOWN = 2000


def measured(task: scenarios.Task, split: str) -> Data:
    """Test or validation data of a task.

    Raises:
        ValueError: If it has none.
    """
    x, y = task.test if split == "test" else task.validation
    if not len(x):
        raise ValueError(f"{task.name} has no {split} data to measure on")
    return x, y


def unknown_inputs(
    scenario: scenarios.Scenario, names: Sequence[str], data_dir: str | None
) -> dict[str, np.ndarray]:
    """Test inputs of other benchmarks, by their names.

    Raises:
        ValueError: If their shape is not that of the scenario.
    """
    found = {}
    for name in names:
        other = scenarios.get(name, data_dir=data_dir, download=False)
        if other.input_shape != scenario.input_shape:
            raise ValueError(
                f"Expected inputs of shape {scenario.input_shape}, as the run has. "
                f"Received: --unknown={name} of shape {other.input_shape}"
            )
        share = -(-_MOST_UNKNOWN // other.num_tasks)
        parts = [task.test[0][:share] for task in other]
        found[name] = np.concatenate(parts)[:_MOST_UNKNOWN]
    return found


def noise_like(data: Sequence[Data], seed: int = 0) -> np.ndarray:
    """A thousand inputs of independent noise with the data's mean and deviation."""
    x = np.concatenate([part[:200] for part, _ in data])
    random = np.random.default_rng(seed)
    return random.normal(x.mean(), x.std(), (1000, *x.shape[1:])).astype("float32")
