"""From the flags of a recipe to what the peer builds its model from."""

from typing import Any

from hypermask_tf.cli import train_flags as f
from hypermask_tf.scenarios import Scenario


def peer_settings(scenario: Scenario) -> dict[str, Any]:
    """What the peer builds its model from.

    Raises:
        ValueError: If it has no step of this kind.
    """
    kind = (f.TARGET.value, f.GRANULARITY.value, f.HYPERNETWORK.value)
    if kind != ("mlp", "weight", "mlp") or f.PROTECTION.value != "current":
        raise ValueError(
            "--peer has the paper's step on an MLP: it needs --target=mlp, "
            "--granularity=weight, --hypernetwork=mlp and --protection=current. "
            f"Received: {', '.join(kind)} and {f.PROTECTION.value}"
        )
    height, width, channels = scenario.input_shape
    hidden = [int(units) for units in f.HIDDEN.value]
    return {
        "widths": [height * width * channels, *hidden, scenario.max_classes],
        "num_tasks": scenario.num_tasks,
        "embedding_dim": f.EMBEDDING.value,
        "hyper_hidden": [int(units) for units in f.HYPER_HIDDEN.value],
        "sparsity": float(f.SPARSITY.value[0]),
        "beta": f.BETA.value,
        "lam": f.LAMBDA.value,
        "batch_size": f.BATCH.value,
        "learning_rate": f.LEARNING_RATE.value,
    }
