"""What a learner is made of: its parts, its counters, its metrics."""

from typing import Any

import keras
from keras import ops

from hypermask_tf import checks, regularizers
from hypermask_tf.choice_checks import check_choices
from hypermask_tf.hypernetworks import Hypernetwork, MLPHypernetwork
from hypermask_tf.hypernetworks.budget import GIB, check_budget
from hypermask_tf.label_range import LabelRange
from hypermask_tf.masked_target import MaskedTarget
from hypermask_tf.masks import (
    WIDTH,
    MaskScale,
    Sparsity,
    UnitLayout,
    find_roles,
    make_layout,
)
from hypermask_tf.masks.quota import default_reuse
from hypermask_tf.masks.roles import Maskable
from hypermask_tf.memory import TaskMemory
from hypermask_tf.narrow import NarrowTarget, NotNarrowError, make_narrow
from hypermask_tf.normalization import NormalizationBank
from hypermask_tf.optimizer_reset import OptimizerReset
from hypermask_tf.replicated_model import ReplicatedModel
from hypermask_tf.surgery.clone import check_remakable
from hypermask_tf.task_masks import TaskMasks

Tensor = Any

HEADS = ("shared", "per_task")


class LearnerState(ReplicatedModel):
    """State of a learner; `Learner` computes with it, `HyperMask` adds tasks to it.

    Args:
        All as in `HyperMask`, where they are explained.
    """

    def __init__(
        self,
        target: keras.Model,
        num_tasks: int,
        hypernetwork: Hypernetwork | None = None,
        *,
        granularity: str = "unit",
        sparsity: Sparsity = 90.0,
        threshold: str = "layer",
        floor: float = 1.0,
        activation: str = "abs_tanh",
        mask_scale: MaskScale = WIDTH,
        ramp_steps: int = 0,
        protection: str = "used",
        beta: float = 1e-3,
        lam: float = 1.0,
        reuse: Sparsity | None = None,
        borrow: Sparsity = 1.0,
        read: Sparsity = 0.0,
        head: str = "shared",
        output_reduction: str = "mean",
        sampled_tasks: int | None = None,
        normalization: str = "per_task",
        augmentation: keras.Layer | None = None,
        outliers: keras.Layer | None = None,
        maskable: Maskable = None,
        reset_optimizer: bool = True,
        memory_limit: int = 2 * GIB,
        narrow: bool = True,
        **kwargs: Any,
    ) -> None:
        checks.check_target(target)
        check_remakable(target)  # else tasks could be learned, and never baked
        # Masks stay float32; the target's layers cast for themselves.
        kwargs = {"dtype": target.dtype_policy, "autocast": False, **kwargs}
        super().__init__(**kwargs)
        self.target = target
        self.num_tasks = checks.check_positive("num_tasks", num_tasks)
        self.hypernetwork = hypernetwork or MLPHypernetwork()
        self.granularity = granularity
        self.sparsity = checks.as_plain(sparsity)
        self.threshold = threshold
        self.floor = floor
        self.activation = activation
        word = isinstance(mask_scale, str)
        self.mask_scale = mask_scale if word else checks.as_plain(mask_scale)
        self.ramp_steps = checks.check_positive("ramp_steps", ramp_steps, 0)
        self.protection = checks.check_choice(
            "protection", protection, regularizers.PROTECTIONS
        )
        self.beta = checks.check_weight("beta", beta)
        self.lam = checks.check_weight("lam", lam)
        if reuse is None:
            reuse = default_reuse(granularity, protection)
        self.reuse = checks.as_plain(reuse)
        self.borrow = checks.as_plain(borrow)
        self.read = checks.as_plain(read)
        self.head = checks.check_choice("head", head, HEADS)
        if self.head == "per_task":
            checks.check_one_output(target)
        self.output_reduction = checks.check_choice(
            "output_reduction", output_reduction, regularizers.REDUCTIONS
        )
        if sampled_tasks is not None:
            sampled_tasks = checks.check_positive("sampled_tasks", sampled_tasks)
        self.sampled_tasks = sampled_tasks
        check_choices(
            protection=protection,
            threshold=threshold,
            hypernetwork=self.hypernetwork,
            reuse=reuse,
            borrow=borrow,
            read=read,
            floor=floor,
            sampled_tasks=sampled_tasks,
            output_reduction=output_reduction,
        )
        self.normalization = normalization
        self.augmentation = augmentation
        self.outliers = outliers
        self.reset_optimizer = bool(reset_optimizer)
        self.memory_limit = int(memory_limit)
        self.narrow = bool(narrow)
        self._create_state(maskable)
        self.built = True

    def _create_state(self, maskable: Maskable) -> None:
        self._roles = find_roles(self.target, maskable)
        self._layout = make_layout(
            self.granularity,
            self.target,
            self._roles,
            self.sparsity,
            self.activation,
            self.mask_scale,
            threshold=self.threshold,
            floor=self.floor,
            reuse=self.reuse,
            borrow=self.borrow,
            read=self.read,
        )
        scores = self._layout.num_scores
        check_budget(self.hypernetwork, self.num_tasks, scores, self.memory_limit)
        self.hypernetwork.create(self.num_tasks, scores)
        hard = self.protection == "hard"
        if hard:
            checks.check_nothing_shared(self._roles, self.normalization)
        # Where masks are held as they were, drift of the hypernetwork is harmless.
        checks.warn_of_constraints(self.target, self.protection)
        self._drifts = self.hypernetwork.shared and self.beta > 0 and not hard
        own_head = self.head == "per_task"
        self._bank = NormalizationBank(
            self.target,
            self._roles,
            self.num_tasks,
            self.normalization,
            own_head,
            name="norms",
        )
        self._memory = TaskMemory(
            self.target,
            [
                not (norm or (head and own_head))
                for norm, head in zip(
                    self._roles.normalization, self._roles.head, strict=True
                )
            ],
            self.num_tasks,
            scores,
            keep_scores=self._drifts or hard,
            keep_support=self.granularity == "unit",
            keep_use=self.protection in ("used", "hard"),
            hard=hard,
            lam=0.0 if hard else self.lam,
            name="memory",
        )
        self._masked = MaskedTarget(
            self.target,
            self._memory,
            self._bank,
            self._roles.statistics,
            self._make_narrow(),
        )
        self._task_masks = TaskMasks(
            self.hypernetwork,
            self._layout,
            self._memory,
            self.output_reduction,
            self.sampled_tasks,
        )
        self._optimizer_reset = OptimizerReset(self)
        self._random = keras.random.SeedGenerator(name="task_sampling")
        self._active = self._counter("active_task", 0)
        self._current = self._counter("current_task", -1)
        self._finished = self._counter("finished_tasks", 0)
        self._first_steps = self._counter("first_task_steps", 0)
        self._steps = self._counter("task_steps", 0)
        self._written = self._counter("written_tasks", 0)
        self._labels = LabelRange()
        self._task_loss = keras.metrics.Mean(name="task_loss")
        self._output_term = keras.metrics.Mean(name="output_regularization")
        self._weight_term = keras.metrics.Mean(name="weight_regularization")
        self._outlier_term = None
        if self.outliers is not None:
            self._outlier_term = keras.metrics.Mean(name="outlier_loss")
        self._evaluating = False

    @property
    def is_narrow(self) -> bool:
        """Whether a step computes only the units that are on; `why_whole`, if not."""
        return self._masked.narrow is not None

    def _make_narrow(self) -> NarrowTarget | None:
        self.why_whole = ""
        try:
            layout = self._layout
            if not self.narrow:
                raise NotNarrowError("`narrow` is off")
            if not isinstance(layout, UnitLayout):
                raise NotNarrowError("masks are not over units")
            if self.ramp_steps:
                raise NotNarrowError("the sparsity rises over `ramp_steps`")
            counts = layout.quota.fixed_counts()
            if counts is None:
                raise NotNarrowError("`borrow`, `read` or one threshold vary the width")
            return make_narrow(self.target, layout, counts)
        except NotNarrowError as reason:
            self.why_whole = str(reason)
            return None

    def _counter(self, name: str, value: int) -> Any:
        return self.add_weight(
            (),
            initializer=keras.initializers.Constant(value),
            # 64 bits on TensorFlow: it keeps 32-bit integers off the GPU.
            dtype="int",
            trainable=False,
            name=name,
        )

    @property
    def compute_dtype(self) -> str:
        """float32 under any policy: it is what masks and regularisers need.

        The target's layers cast for themselves. Were this bfloat16, Keras would
        read θ, θ* and the scores of earlier tasks rounded (`autocast=False` does
        not stop it from that in a model that is called from outside).
        """
        return "float32"

    def build(self, input_shape: Any = None) -> None:
        """Nothing: all variables exist since construction."""


def int32(variable: Any) -> Tensor:
    """Value of a counter as an int32 tensor."""
    return ops.cast(variable.value, "int32")
