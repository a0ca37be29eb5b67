"""The learner: one shared network, and a mask over it for every task."""

import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf import baking, checks, extension, model_summary, regularizers
from hypermask_tf.hypernetworks import Hypernetwork, MLPHypernetwork
from hypermask_tf.hypernetworks.budget import GIB, check_budget
from hypermask_tf.mask_monitor import with_mask_monitor
from hypermask_tf.masked_target import MaskedTarget
from hypermask_tf.masks import find_roles, make_layout
from hypermask_tf.masks.roles import Maskable
from hypermask_tf.memory import TaskMemory
from hypermask_tf.normalization import NormalizationBank
from hypermask_tf.optimizer_reset import OptimizerReset

Tensor = Any
# What the states of random generators are called in a saved file.
_RANDOM = "random_"


@keras.saving.register_keras_serializable("hypermask_tf")
class HyperMask(keras.Model):
    """Learns a stream of tasks in one network without forgetting any.

    All tasks share the weights θ of `target`. A hypernetwork turns each task's
    learned embedding into a mask m with exact zeros, and the task's network is
    the target with weights m ⊙ θ. While a task is learned, two penalties keep the
    earlier ones: their masks may not drift (`beta`), and the shared weights may
    not move away from where they were (`lam`). No old data is kept.

    It trains with plain `compile` and `fit`; `task` is state of the model, so data
    stay `(x, y)` and nothing is compiled anew for another task.

    Args:
        target: A built `keras.Model`: Functional, Sequential or subclassed
            (`granularity="weight"` only). The learner trains this object's own
            variables; it must not use layers of another learner.
        num_tasks: Capacity in tasks; `extend` makes room for more later.
        hypernetwork: A `Hypernetwork` of its own. Default: `MLPHypernetwork`.
        granularity: `"unit"`, a score per output unit or channel, so that a baked
            task is physically small; or `"weight"`, the paper's score per weight.
        sparsity: Percentage of each group of scores that is exactly zero, 0 to
            below 100.
        activation: Mask activation: `"abs_tanh"` (the paper's), `"tanh"`,
            `"binary"`.
        ramp_steps: Steps of the first task over which the sparsity rises linearly
            to its value; 0 for no ramp.
        protection: What `lam` protects: `"used"`, the weights that earlier tasks'
            masks let through; `"all"` weights; `"current"`, weighted by the mask
            being learned (the paper's masked form).
        beta: Weight of the output regulariser, per squared unit of score.
        lam: Weight λ of the L1 weight regulariser.
        output_reduction: `"mean"` over earlier tasks, `"authors"` (their code
            divides by their number twice) or `"sum"`.
        sampled_tasks: Regularise the outputs of so many random earlier tasks each
            step instead of all.
        normalization: Whose batch norm is: `"per_task"`, `"per_task_statistics"`
            or `"shared"`, see `NormalizationBank`.
        augmentation: A layer applied to inputs in training only; not baked.
        maskable: Override of which trainable variables are masked: a function
            from a variable to bool, or one bool per trainable variable.
        reset_optimizer: Whether every task starts from a fresh optimizer.
        memory_limit: Bytes allowed for the hypernetwork with optimizer moments.

    Call arguments:
        inputs: What the target takes; leading axis is the batch.
        training: Whether to apply augmentation and add the regularisers.

    Output: what the target returns, under the mask of the active task.

    Raises:
        ValueError: If an argument is out of range, the target is not built or does
            not suit the granularity, or the hypernetwork exceeds the limit.

    Example:

    >>> import numpy as np
    >>> target = keras.Sequential(
    ...     [keras.Input((8,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(2)]
    ... )
    >>> model = HyperMask(target, num_tasks=2, sparsity=50)
    >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
    >>> x, y = np.random.rand(64, 8), np.random.randint(0, 2, 64)
    >>> history = model.fit(x, y, task=0, verbose=0)
    >>> model.bake(task=0).count_params() == target.count_params()
    True

    Reference: HyperMask, arXiv 2310.00113; unit granularity and protection by use
    are this library's.
    """

    def __init__(
        self,
        target: keras.Model,
        num_tasks: int,
        hypernetwork: Hypernetwork | None = None,
        *,
        granularity: str = "unit",
        sparsity: float = 90.0,
        activation: str = "abs_tanh",
        ramp_steps: int = 0,
        protection: str = "used",
        beta: float = 1e-3,
        lam: float = 1.0,
        output_reduction: str = "mean",
        sampled_tasks: int | None = None,
        normalization: str = "per_task",
        augmentation: keras.Layer | None = None,
        maskable: Maskable = None,
        reset_optimizer: bool = True,
        memory_limit: int = 2 * GIB,
        **kwargs: Any,
    ) -> None:
        if not isinstance(target, keras.Model) or not target.built:
            raise ValueError(
                "`target` must be a built keras.Model: give it an Input, or call it "
                f"once on data. Received: {type(target).__name__}"
                f"{'' if getattr(target, 'built', False) else ', not built'}"
            )
        # Masks stay float32; the target's layers cast for themselves.
        kwargs = {"dtype": target.dtype_policy, "autocast": False, **kwargs}
        super().__init__(**kwargs)
        self.target = target
        self.num_tasks = checks.check_positive("num_tasks", num_tasks)
        self.hypernetwork = hypernetwork or MLPHypernetwork()
        self.granularity = granularity
        self.sparsity = sparsity
        self.activation = activation
        self.ramp_steps = checks.check_positive("ramp_steps", ramp_steps, 0)
        self.protection = checks.check_choice(
            "protection", protection, regularizers.PROTECTIONS
        )
        self.beta = checks.check_weight("beta", beta)
        self.lam = checks.check_weight("lam", lam)
        self.output_reduction = checks.check_choice(
            "output_reduction", output_reduction, regularizers.REDUCTIONS
        )
        if sampled_tasks is not None:
            sampled_tasks = checks.check_positive("sampled_tasks", sampled_tasks)
        self.sampled_tasks = sampled_tasks
        self.normalization = normalization
        self.augmentation = augmentation
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
        )
        scores = self._layout.num_scores
        check_budget(self.hypernetwork, self.num_tasks, scores, self.memory_limit)
        self.hypernetwork.create(self.num_tasks, scores)
        self._drifts = self.hypernetwork.shared and self.beta > 0
        self._bank = NormalizationBank(
            self.target, self._roles, self.num_tasks, self.normalization, name="norms"
        )
        self._memory = TaskMemory(
            self.target,
            self._roles,
            self.num_tasks,
            scores if self._drifts else 0,
            keep_use=self.protection == "used",
            name="memory",
        )
        self._masked = MaskedTarget(self.target, self._layout, self._bank)
        self._optimizer_reset = OptimizerReset(self)
        self._random = keras.random.SeedGenerator(name="task_sampling")
        self._active = self._counter("active_task", 0)
        self._current = self._counter("current_task", -1)
        self._first_steps = self._counter("first_task_steps", 0)
        self._steps = self._counter("task_steps", 0)
        self._task_loss = keras.metrics.Mean(name="task_loss")
        self._output_term = keras.metrics.Mean(name="output_regularization")
        self._weight_term = keras.metrics.Mean(name="weight_regularization")
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

    # ---- the forward pass and its loss ----

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
        task = _int32(self._active)
        if not training:
            scores = self.hypernetwork(ops.reshape(task, (1,)))[0]
            masks = self._layout.masks(scores, self._ramp(task))
            return self._run(inputs, masks, training=False)[0]
        if self.augmentation is not None:
            inputs = self.augmentation(inputs, training=True)
        self._steps.assign(self._steps.value + 1)
        if self.ramp_steps:
            first = ops.cast(self._current.value <= 0, self._first_steps.dtype)
            self._first_steps.assign(self._first_steps.value + first)
        scores, output_term = self._scores_and_drift(task)
        masks = self._layout.masks(scores, self._ramp(task))
        outputs, losses = self._run(inputs, masks, training=True)
        self.add_loss(self.beta * output_term)
        self.add_loss(self.lam * self._weight_drift(scores, masks))
        for loss in losses:
            # A tensor of its own: on JAX Keras knows losses by identity, and would
            # count this one again as the target's.
            self.add_loss(loss + 0.0)
        return outputs

    def _run(
        self, inputs: Tensor, masks: list[Tensor | None], training: bool
    ) -> tuple[Tensor, list[Tensor]]:
        return self._masked.run(
            inputs, masks, _int32(self._active), _int32(self._current), training
        )

    def _ramp(self, task: Tensor) -> Tensor | None:
        """Share of the sparsity that `task` has, or None where it never changes.

        It belongs to the first task for good: if that ended before the ramp did, its
        mask must not change when the next one begins.
        """
        if not self.ramp_steps:
            return None
        steps = ops.cast(ops.maximum(_int32(self._first_steps), 1), "float32")
        risen = ops.minimum(steps / self.ramp_steps, 1.0)
        return ops.where(ops.equal(task, 0), risen, 1.0)

    def _scores_and_drift(self, task: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the task being learned, and R_out, from one pass through H.

        Row 0 is the task itself, the rows behind it the tasks whose drift counts:
        all of them (future ones weigh 0, so shapes never change), or a sample.
        """
        current = _int32(self._current)
        rows = ops.reshape(task, (1,))
        if not self._drifts:
            return self.hypernetwork(rows)[0], ops.zeros((), dtype="float32")
        targets: Any = self._memory.scores.value  # type: ignore[union-attr]
        if self.sampled_tasks is None:
            others = ops.arange(self.num_tasks, dtype="int32")
            weights = regularizers.output_weights(
                self.num_tasks, current, self.output_reduction
            )
        else:
            others, weights = self._sample(current)
            targets = ops.take(targets, others, axis=0)
        scores = self.hypernetwork(ops.concatenate([rows, others]))
        drift = regularizers.output_regularizer(scores[1:], targets, weights)
        # At a task's first step nothing has drifted yet. What is left is rounding,
        # which Adam would turn into steps of full size.
        return scores[0], ops.where(self._steps.value > 1, drift, 0.0)

    def _sample(self, current: Tensor) -> tuple[Tensor, Tensor]:
        """Random earlier tasks, weighted so that the expectation is R_out."""
        count = self.sampled_tasks
        draws = keras.random.uniform((count,), seed=self._random)
        earlier = ops.cast(ops.maximum(current, 1), "float32")
        chosen = ops.minimum(ops.floor(draws * earlier), earlier - 1)
        factor = regularizers.reduction_factor(current, self.output_reduction)
        share = ops.where(current > 0, earlier * factor / count, 0.0)
        return ops.cast(chosen, "int32"), ops.broadcast_to(share, (count,))

    def _weight_drift(self, scores: Tensor, masks: list[Tensor | None]) -> Tensor:
        if self.lam == 0:
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
            self._task_loss.update_state(total - sum(terms))
        return total

    def get_metrics_result(self) -> dict[str, Any]:
        logs = super().get_metrics_result()
        if self._evaluating:
            # Regularisers are not part of an evaluation; zeros would mislead.
            own = (self._task_loss, self._output_term, self._weight_term)
            logs = {k: v for k, v in logs.items() if k not in {m.name for m in own}}
        return logs

    # ---- tasks ----

    @property
    def num_learned_tasks(self) -> int:
        """Tasks that have begun, the one being learned included."""
        return int(ops.convert_to_numpy(self._current.value)) + 1

    @property
    def active_task(self) -> int:
        """The task whose network `model(x)` runs; settable."""
        return int(ops.convert_to_numpy(self._active.value))

    @active_task.setter
    def active_task(self, task: int) -> None:
        self._active.assign(checks.check_task(task, self.num_tasks))

    def begin_task(self, task: int) -> None:
        """Closes the previous task and takes what protects it; `fit` calls it.

        Args:
            task: The next task in order.

        Raises:
            ValueError: If it is not the next one, or beyond capacity.
        """
        task = checks.check_task(task, self.num_tasks)
        learned = self.num_learned_tasks
        if task != learned:
            raise ValueError(
                f"The next task to begin is {learned}. Received: task={task}"
            )
        if task > 0:
            self._bank.archive(task - 1)
            # Masks drift a little: mark what every earlier one lets through now.
            for earlier in range(task):
                self._memory.mark_used(self._masks_of(earlier))
        self.hypernetwork.begin_task(task)
        scores = None
        if self._drifts:
            scores = self.hypernetwork(ops.arange(self.num_tasks, dtype="int32"))
        self._memory.begin([v.value for v in self.target.trainable_variables], scores)
        self._current.assign(task)
        self._active.assign(task)
        self._steps.assign(0)
        self._optimizer_reset.begin_task(task)

    def _enter(self, task: int | None) -> None:
        """Continues the task being learned, or begins the next."""
        if not self.compiled:
            raise ValueError("Call `compile()` before `fit()`: no optimizer is set.")
        self._optimizer_reset.remember()
        learned = self.num_learned_tasks
        task = max(learned - 1, 0) if task is None else task
        task = checks.check_task(task, self.num_tasks)
        checks.check_order(task, learned)
        if task == learned:
            self.begin_task(task)
        self.active_task = task

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *args: Any,
        task: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """`keras.Model.fit` on the data of one task.

        Args:
            x, y, and all others: As in `keras.Model.fit`.
            task: The task to learn: the next one, or the one being learned. Left
                out, learning of the latest goes on.

        Returns:
            A `History`; besides loss and metrics it holds `task_loss`,
            `output_regularization`, `weight_regularization`, `mask_sparsity`.

        Raises:
            ValueError: If the task is out of order or beyond capacity, or a label
                has no output in the head.
        """
        checks.check_labels(y, self.loss, self.target)
        self._enter(task)
        args, kwargs = with_mask_monitor(self, args, kwargs)
        return super().fit(x, y, *args, **kwargs)

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """`keras.Model.train_on_batch` on the task being learned."""
        self._enter(None)
        return super().train_on_batch(*args, **kwargs)

    def evaluate(self, *args: Any, task: int | None = None, **kwargs: Any) -> Any:
        """`keras.Model.evaluate` with the network of `task` (default: the active).

        The loss is the task's own, without the regularisers of the learner.
        """
        before = self.active_task
        if task is not None:
            self.active_task = task
        self._evaluating = True
        try:
            return super().evaluate(*args, **kwargs)
        finally:
            self._evaluating = False
            self.active_task = before

    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """`keras.Model.test_on_batch` with the network of the active task."""
        self._evaluating = True
        try:
            return super().test_on_batch(*args, **kwargs)
        finally:
            self._evaluating = False

    def predict(self, *args: Any, task: int | None = None, **kwargs: Any) -> Any:
        """`keras.Model.predict` with the network of `task` (default: the active)."""
        before = self.active_task
        if task is not None:
            self.active_task = task
        try:
            return super().predict(*args, **kwargs)
        finally:
            self.active_task = before

    # ---- masks, and what comes of them ----

    def _masks_of(self, task: int) -> list[Tensor | None]:
        scores = self.hypernetwork(ops.convert_to_tensor([task], dtype="int32"))[0]
        return self._layout.masks(scores, self._ramp(ops.convert_to_tensor(task)))

    def mask_arrays(self, task: int) -> list[np.ndarray | None]:
        """The masks of `task`, one per trainable variable of the target.

        Each is of its variable's shape; None where no mask touches it.
        """
        masks = self._masks_of(checks.check_task(task, self.num_tasks))
        return [
            None
            if mask is None
            else np.broadcast_to(ops.convert_to_numpy(mask), variable.shape).copy()
            for variable, mask in zip(
                self.target.trainable_variables, masks, strict=True
            )
        ]

    def mask(self, task: int) -> dict[str, np.ndarray]:
        """The mask of `task`: variable path to an array of the variable's shape.

        Variables that no mask touches are left out. Where two variables share a
        path, as nested models allow, the later ones get their index behind it.
        """
        named: dict[str, np.ndarray] = {}
        for i, mask in enumerate(self.mask_arrays(task)):
            if mask is not None:
                path = self.target.trainable_variables[i].path
                named[f"{path}#{i}" if path in named else path] = mask
        return named

    def task_values(self, task: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Values of a task's variables: m ⊙ θ, and its normalisation's state.

        Returns:
            Arrays for the target's `trainable_variables` and for its
            `non_trainable_variables`.
        """
        task = checks.check_task(task, self.num_tasks)
        trainable, fixed = self._masked.values(
            self._masks_of(task), ops.convert_to_tensor(task), _int32(self._current)
        )
        return (
            [ops.convert_to_numpy(value) for value in trainable],
            [ops.convert_to_numpy(value) for value in fixed],
        )

    def bake(self, task: int, dtype: str | None = None) -> keras.Model:
        """A plain Keras model of one task: no class of ours, zeros as true zeros.

        A task that has not begun is baked with a warning: its mask is as first drawn.

        Args:
            task: The task.
            dtype: Dtype policy of the result, for instance `"float32"`; None keeps
                the target's.

        Raises:
            ValueError: If the target normalises by batch statistics at test time.
        """
        task = checks.check_task(task, self.num_tasks)
        if task >= max(self.num_learned_tasks, 1):
            warnings.warn(f"Task {task} has not been learned yet.", stacklevel=2)
        return baking.bake(self, task, dtype)

    def extend(self, num_tasks: int) -> "HyperMask":
        """Returns a copy with room for more tasks; old ones predict the same.

        Args:
            num_tasks: The new capacity, above the present one.

        Returns:
            A new model with a target of its own, compiled like this one with a
            fresh optimizer. This one stays as it is: `model = model.extend(10)`.
        """
        return extension.extend(self, num_tasks)

    def summary(
        self, line_length: int | None = None, *args: Any, print_fn: Any = None
    ) -> None:
        """Prints sizes: target, hypernetwork, scores, and each learned task's.

        Args:
            line_length: Ignored, as are further ones of `keras.Model.summary`.
            print_fn: Takes the text instead of `print`.
        """
        del line_length, args
        (print_fn or print)(model_summary.describe(self))

    # ---- serialisation ----

    @property
    def random_state(self) -> list[Any]:
        """States of all random generators: dropout, augmentation, task sampling."""
        others = (*self.weights, *self.metrics_variables)
        known = {id(variable) for variable in others}
        return [v for v in self.variables if id(v) not in known]

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        # Keras saves no generators, but a resumed run must draw on, not anew.
        for i, state in enumerate(self.random_state):
            store[f"{_RANDOM}{i}"] = ops.convert_to_numpy(state.value)

    def load_own_variables(self, store: Any) -> None:
        names = set(store.keys())
        own = {name: store[name] for name in names if not name.startswith(_RANDOM)}
        super().load_own_variables(own)
        for i, state in enumerate(self.random_state):
            if f"{_RANDOM}{i}" in names:
                state.assign(np.asarray(store[f"{_RANDOM}{i}"]))

    def get_compile_config(self) -> dict[str, Any]:
        return self._optimizer_reset.compile_config(super().get_compile_config())

    def compile_from_config(self, config: dict[str, Any]) -> None:
        super().compile_from_config(config)
        self._optimizer_reset.remember()

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "target": serialize(self.target),
            "num_tasks": self.num_tasks,
            "hypernetwork": serialize(self.hypernetwork),
            "granularity": self.granularity,
            "sparsity": self.sparsity,
            "activation": self.activation,
            "ramp_steps": self.ramp_steps,
            "protection": self.protection,
            "beta": self.beta,
            "lam": self.lam,
            "output_reduction": self.output_reduction,
            "sampled_tasks": self.sampled_tasks,
            "normalization": self.normalization,
            "augmentation": serialize(self.augmentation),
            "maskable": list(self._roles.maskable),
            "reset_optimizer": self.reset_optimizer,
            "memory_limit": self.memory_limit,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "HyperMask":
        config = dict(config)
        for key in ("target", "hypernetwork", "augmentation", "dtype"):
            if isinstance(config.get(key), dict):
                config[key] = keras.saving.deserialize_keras_object(
                    config[key], custom_objects=custom_objects
                )
        return cls(**config)


def _int32(variable: Any) -> Tensor:
    return ops.cast(variable.value, "int32")
