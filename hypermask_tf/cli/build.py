"""From flags to a scenario and a compiled learner."""

from collections.abc import Mapping
from typing import Any

import keras
from absl import flags

import hypermask_tf as hm
from hypermask_tf import scenarios
from hypermask_tf.cli import own_data
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.accelerators import accelerators
from hypermask_tf.cli.flagfiles import AUTO
from hypermask_tf.hypernetworks.budget import GIB
from hypermask_tf.learner import choices
from hypermask_tf.masks import WIDTH
from hypermask_tf.training import synchronize_normalization
from hypermask_tf.training.measure import of_scenario

# Weights of a hypernetwork whose update takes as long as a small convolutional network.
_LARGE = 10_000_000


def build_scenario() -> scenarios.Scenario:
    """The scenario that the flags name.

    Raises:
        FileNotFoundError: If its data set is not prepared, or own data are not there.
        ValueError: If flags do not fit together, or own data cannot be learned.
    """
    own_data.check_source(flags.FLAGS)
    if f.DATA.value is not None:
        return own_data.own_scenario(flags.FLAGS)
    options: dict[str, Any] = {
        "data_dir": f.DATA_DIR.value,
        "download": f.DOWNLOAD.value,
    }
    if f.NUM_TASKS.value:
        options["num_tasks"] = f.NUM_TASKS.value
    sizes = [int(size) for size in f.CLASSES.value]
    if any(sizes):
        options["classes_per_task"] = sizes[0] if len(sizes) == 1 else sizes
    if f.CLASS_SEED.value is not None:
        options["seed"] = f.CLASS_SEED.value
    if f.CLASS_ORDER.value != "natural":
        if f.BENCHMARK.value != "split_cifar100":
            raise ValueError(
                "--class_order is an order of the classes of CIFAR-100: it needs "
                f"--benchmark=split_cifar100. Received: "
                f"--class_order={f.CLASS_ORDER.value}, --benchmark={f.BENCHMARK.value}"
            )
        options |= {"order": f.CLASS_ORDER.value, "normalization": "cifar"}
    return scenarios.get(f.BENCHMARK.value, **options)


def build_model(scenario: scenarios.Scenario, **changes: Any) -> hm.HyperMask:
    """A compiled learner for `scenario`.

    Args:
        scenario: The tasks.
        **changes: Arguments of the learner that are not as the flags say.

    Raises:
        ValueError: If the flags do not fit together.
    """
    # The target draws its weights first, whatever masks it.
    target = _target(scenario)
    method = _dense() if f.BASELINE.value != "none" else _method()
    model = hm.HyperMask(
        target,
        scenario.num_tasks,
        augmentation=_augmentation(scenario),
        outliers=_outliers(),
        reset_optimizer=f.RESET.value,
        **{**method, **changes},
    )
    rate: Any = f.LEARNING_RATE.value
    if f.SCHEDULE.value == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, f.STEPS.value)
    loss: keras.Loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if scenario.predicts_numbers:
        loss = keras.losses.MeanSquaredError()
    model.compile(
        keras.optimizers.Adam(rate),
        loss,
        metrics=[of_scenario(scenario).name],
        steps_per_execution=f.STEPS_PER_CALL.value,
        jit_compile=_use_xla(model) if f.JIT.value is None else f.JIT.value,
    )
    return model


def _method() -> dict[str, Any]:
    """What the flags say of a base, or of masks and of what stops forgetting."""
    if f.BASE.value == "frozen":
        return {"base": hm.FrozenBase(f.BASE_RANK.value, f.BASE_OWN.value)}
    protection = choices.protection(f.PROTECTION.value, f.LAMBDA.value)
    masks = choices.masks(
        f.GRANULARITY.value,
        _numbers(f.SPARSITY.value),
        f.ACTIVATION.value,
        _numbers(f.MASK_SCALE.value, {WIDTH: WIDTH}),
        f.STEPS.value if f.RAMP.value else 0,
        _numbers(f.REUSE.value, {AUTO: None}),
        f.COMPACT_FORWARD.value,
    )
    drift = None if protection.freezes else _drift()
    hypernetwork = build_hypernetwork(drift)
    return {
        "masks": masks,
        "protection": protection,
        "hypernetwork": hypernetwork,
        **_own_parts(),
    }


def _own_parts() -> dict[str, Any]:
    return {"head": f.HEAD.value, "normalization": f.NORMALIZATION.value}


def _drift() -> hm.DriftPenalty:
    return hm.DriftPenalty(f.BETA.value, f.REDUCTION.value, f.SAMPLED.value or None)


def _use_xla(model: hm.HyperMask) -> bool:
    """XLA on a CPU makes products of matrices faster, and wide convolutions slower.

    A large hypernetwork outweighs these: its gradient is then never in memory. XLA does
    not compile what replicas exchange. JAX without it is op by op.
    """
    if keras.backend.backend() == "jax":
        return True
    if f.replicated():
        return False
    return (
        f.TARGET.value == "mlp"
        or not model.dense_fallback_reason
        or model.hypernetwork.count_params() > _LARGE
        or accelerators() != []
    )


def _numbers(values: list[str], words: Mapping[str, Any] | None = None) -> Any:
    """One number, or one per group, or what one of `words` stands for."""
    if len(values) == 1 and values[0] in (words or {}):
        return (words or {})[values[0]]
    numbers = [float(value) for value in values]
    return numbers[0] if len(numbers) == 1 else numbers


def _dense() -> dict[str, Any]:
    """A learner that is the plain network: every mask is 1, nothing is protected."""
    return {
        "masks": hm.UnitMasks(0.0, activation="binary"),
        "protection": hm.WeightPenalty(0.0, on="all"),
        "hypernetwork": hm.MaskBank(),
        **_own_parts(),
    }


def _target(scenario: scenarios.Scenario) -> keras.Model:
    keras.config.set_dtype_policy(f.DTYPE.value)
    try:
        if hm.targets.is_own(f.TARGET.value):
            target = hm.targets.build_own(
                f.TARGET.value,
                scenario.input_shape,
                scenario.max_classes,
                preprocessing=scenario.preprocessing,
                weights=f.TARGET_WEIGHTS.value,
                pixels=f.TARGET_PIXELS.value,
            )
        elif f.TARGET_PIXELS.value:
            raise ValueError(
                "--target_pixels is for a .keras file or a function. Received: "
                f"--target={f.TARGET.value}"
            )
        else:
            target = hm.targets.get(f.TARGET.value)(
                scenario.input_shape, classes=scenario.max_classes, **_target_options()
            )
        if f.replicated():
            synchronize_normalization(target)
        return target
    finally:
        keras.config.set_dtype_policy("float32")


def _target_options() -> dict[str, Any]:
    """What the flags say of the chosen target beyond its input and output."""
    widths = [int(width) for width in f.HIDDEN.value]
    if f.TARGET.value == "conv1d":
        return {"filters": widths}
    if f.TARGET.value == "convnet":
        if len(widths) < 2:
            raise ValueError(
                "A convnet needs at least one stage and a dense layer. "
                f"Received: --hidden={','.join(f.HIDDEN.value)}"
            )
        return {"filters": widths[:-1], "hidden": widths[-1]}
    options: dict[str, Any] = {}
    if f.INITIALIZER.value:
        options["initializer"] = f.INITIALIZER.value
    if f.TARGET.value == "mlp":
        options["hidden"] = widths
    if f.TARGET.value == "zenkenet":
        options["dropout"] = f.DROPOUT.value
    if f.TARGET.value == "resnet":
        options["blocks"] = f.RESNET_BLOCKS.value
        options["widening"] = f.RESNET_WIDENING.value
        options["norm"] = _norm()
    return options


def _norm() -> str:
    if not f.BATCH_NORM.value:
        return "none"
    return "transductive" if f.TRANSDUCTIVE.value else "batch"


def build_hypernetwork(drift: hm.DriftPenalty | None = None) -> hm.Hypernetwork:
    """The hypernetwork that the flags name, without variables yet."""
    hidden = [int(width) for width in f.HYPER_HIDDEN.value]
    options: dict[str, Any] = {
        "rate": f.HYPER_RATE.value,
        "memory_limit": int(f.MEMORY_GIB.value * GIB),
    }
    if f.HYPERNETWORK.value == "mask_bank":
        return hm.MaskBank(**options)
    if f.HYPERNETWORK.value == "chunked":
        return hm.ChunkedHypernetwork(
            f.EMBEDDING.value,
            hidden,
            chunk_size=f.CHUNK_SIZE.value,
            chunk_embedding_dim=f.CHUNK_EMBEDDING.value,
            drift=drift,
            **options,
        )
    return hm.MLPHypernetwork(f.EMBEDDING.value, hidden, drift=drift, **options)


def _outliers() -> keras.Layer | None:
    """What networks learn to tell from their task; none for 0."""
    if not f.OUTLIERS.value:
        return None
    return hm.outliers.SelfMadeOutliers(f.OUTLIERS.value)


def _augmentation(scenario: scenarios.Scenario) -> keras.Layer | None:
    return scenarios.augmentation(
        scenario.preprocessing,
        padding=f.AUGMENT.value,
        flip=f.FLIP.value,
        brightness=f.BRIGHTNESS.value,
        policy=None if f.POLICY.value == "none" else f.POLICY.value,
        bands=f.BANDS.value,
    )
