"""From flags to how the tasks of a run are learned and measured."""

from typing import Any

from hypermask_tf.cli import train_flags as f
from hypermask_tf.training import CheckpointPlan


def sequence_choices() -> dict[str, Any]:
    """The choices of `SequenceOptions` that the flags make, by name."""
    return {
        "steps_per_task": f.STEPS.value,
        "batch_size": f.BATCH.value,
        "seed": f.SEED.value,
        "epoch_steps": f.EPOCH_STEPS.value,
        "measure_unseen": f.MEASURE_UNSEEN.value,
        "measure": f.MEASURE.value,
        "limit_train": f.LIMIT_TRAIN.value,
        "inherit": f.INHERIT.value if f.BASELINE.value == "none" else "none",
        "grow": f.GROW.value,
        "restart": f.BASELINE.value == "alone",
        "select": f.SELECT.value,
        "plateau": f.PLATEAU.value,
        "patience": f.PATIENCE.value,
        "class_weight": f.CLASS_WEIGHT.value,
        "loop": f.LOOP.value,
        "checkpoints": CheckpointPlan(
            f.CHECKPOINT_EPOCHS.value,
            f.CHECKPOINT_MINUTES.value,
            f.KEEP_CHECKPOINTS.value,
        ),
    }
