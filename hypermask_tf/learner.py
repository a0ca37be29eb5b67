"""The masked network and its loss: what one training step computes."""

from typing import Any

import keras
from keras import ops

from hypermask_tf import checks, regularizers, replicas
from hypermask_tf.hypernetworks import Hypernetwork, MLPHypernetwork
from hypermask_tf.hypernetworks.budget import GIB, check_budget
from hypermask_tf.masked_target import MaskedTarget
from hypermask_tf.masks import Sparsity, find_roles, make_layout
from hypermask_tf.masks.roles import Maskable
from hypermask_tf.memory import TaskMemory
from hypermask_tf.normalization import NormalizationBank
from hypermask_tf.optimizer_reset import OptimizerReset
from hypermask_tf.replicated_model import ReplicatedModel
from hypermask_tf.task_masks import TaskMasks

Tensor = Any

HEADS = ("shared", "per_task")
# What a loss is made of, in the logs of training.
_TERMS = (
    "task_loss",
    "output_regularization",
    "weight_regularization",
    "outlier_loss",
)


class Learner(ReplicatedModel):
    """State, forward pass and loss of a learner; `HyperMask` adds tasks to it.

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
        ramp_steps: int = 0,
        protection: str = "used",
        beta: float = 1e-3,
        lam: float = 1.0,
        reuse: Sparsity = 1.0,
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
        **kwargs: Any,
    ) -> None:
        checks.check_target(target)
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
        self.ramp_steps = checks.check_positive("ramp_steps", ramp_steps, 0)
        self.protection = checks.check_choice(
            "protection", protection, regularizers.PROTECTIONS
        )
        self.beta = checks.check_weight("beta", beta)
        self.lam = checks.check_weight("lam", lam)
        self.reuse = checks.as_plain(reuse)
        self.borrow = checks.as_plain(borrow)
        self.read = checks.as_plain(read)
        self.head = checks.check_choice("head", head, HEADS)
        self.output_reduction = checks.check_choice(
            "output_reduction", output_reduction, regularizers.REDUCTIONS
        )
        if sampled_tasks is not None:
            sampled_tasks = checks.check_positive("sampled_tasks", sampled_tasks)
        self.sampled_tasks = sampled_tasks
        self.normalization = normalization
        self.augmentation = augmentation
        self.outliers = outliers
        self.reset_optimizer = bool(reset_optimizer)
        self.memory_limit = int(memory_limit)
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
            name="memory",
        )
        self._masked = MaskedTarget(
            self.target, self._memory, self._bank, self._roles.statistics
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
        self._task_loss = keras.metrics.Mean(name="task_loss")
        self._output_term = keras.metrics.Mean(name="output_regularization")
        self._weight_term = keras.metrics.Mean(name="weight_regularization")
        if self.outliers is not None:
            self._outlier_term = keras.metrics.Mean(name="outlier_loss")
        self._evaluating = False

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

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        task, current = int32(self._active), int32(self._current)
        if not training:
            masks = self._masks_at(task)
            return self._masked.run(inputs, masks, task, current, training=False)[0]
        if self.augmentation is not None:
            inputs = self.augmentation(inputs, training=True)
        self._count_step()
        scores, output_term = self._scores_and_drift(task, current)
        masks = self._task_masks.masks(
            scores, task, int32(self._finished), self._ramp(task)
        )
        outputs, losses = self._masked.run(inputs, masks, task, current, training=True)
        outside = self._outside(inputs, masks, task, current)
        if replicas.count() > 1:
            # Replicas on one machine take turns where they wait for each other, as in
            # the target just now, and share this list.
            self._clear_losses()
        self.add_loss(self.beta * output_term)
        self.add_loss(self.lam * self._weight_drift(scores, masks))
        if self.outliers is not None:
            self.add_loss(self.outliers.penalty(outputs, outside))
        for loss in losses:
            # A tensor of its own: on JAX Keras knows losses by identity, and would
            # count this one again as the target's.
            self.add_loss(loss + 0.0)
        return outputs

    def _outside(
        self, inputs: Tensor, masks: list[Tensor | None], task: Tensor, current: Tensor
    ) -> Tensor | None:
        """What the task's network says of inputs that are of no task, if any are made.

        It runs as it will be asked, so they leave no trace in statistics of batches.
        """
        if self.outliers is None:
            return None
        made = self.outliers(inputs)
        return self._masked.run(made, masks, task, current, training=False)[0]

    def _count_step(self) -> None:
        self._steps.assign(self._steps.value + 1)
        if self.ramp_steps:
            first = ops.cast(self._current.value <= 0, self._first_steps.dtype)
            self._first_steps.assign(self._first_steps.value + first)

    def _ramp(self, task: Tensor) -> Tensor | None:
        """Share of the sparsity that `task` has, or None where it never changes.

        It belongs to the first task for good: if that ended before the ramp did, its
        mask must not change when the next one begins.
        """
        if not self.ramp_steps:
            return None
        steps = ops.cast(ops.maximum(int32(self._first_steps), 1), "float32")
        risen = ops.minimum(steps / self.ramp_steps, 1.0)
        return ops.where(ops.equal(task, 0), risen, 1.0)

    def _masks_at(self, task: Tensor) -> list[Tensor | None]:
        finished = int32(self._finished)
        scores = self._task_masks.scores(task, finished)
        return self._task_masks.masks(scores, task, finished, self._ramp(task))

    def _scores_and_drift(self, task: Tensor, current: Tensor) -> tuple[Tensor, Tensor]:
        if not self._drifts:
            nothing = ops.zeros((), dtype="float32")
            return self._task_masks.scores(task, int32(self._finished)), nothing
        return self._task_masks.scores_and_drift(
            task, current, self._steps.value <= 1, self._random
        )

    def _weight_drift(self, scores: Tensor, masks: list[Tensor | None]) -> Tensor:
        if self.lam == 0 or self.protection == "hard":
            return ops.zeros((), dtype="float32")
        memory, variables = self._memory, self.target.trainable_variables
        use: list[Any] = [None] * len(memory.indices)
        if self.protection == "used":
            use = [variable.value for variable in memory.used]
        elif self.protection == "current":
            factors = self._layout.current_use(scores, masks)
            use = [factors[i] for i in memory.indices]
        drift = regularizers.weight_regularizer(
            [variables[i].value for i in memory.indices],
            [variable.value for variable in memory.reference],
            use,
        )
        # The first task has nothing to protect.
        return ops.where(self._current.value > 0, drift, 0.0)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        total = super().compute_loss(x, y, y_pred, sample_weight, training=training)
        if training:
            terms = self.losses
            self._output_term.update_state(terms[0])
            self._weight_term.update_state(terms[1])
            if self.outliers is not None:
                self._outlier_term.update_state(terms[2])
            # Keras divides by the number of replicas, whose gradients it adds up.
            self._task_loss.update_state(total * replicas.count() - sum(terms))
        return total

    def get_metrics_result(self) -> dict[str, Any]:
        logs = super().get_metrics_result()
        if self._evaluating:
            # Regularisers are not part of an evaluation; zeros would mislead.
            logs = {k: v for k, v in logs.items() if k not in _TERMS}
        return logs


def int32(variable: Any) -> Tensor:
    """Value of a counter as an int32 tensor."""
    return ops.cast(variable.value, "int32")
