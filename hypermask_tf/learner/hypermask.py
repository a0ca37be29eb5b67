"""The learner: one shared network, and a mask over it for every task."""

import weakref
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf import checks, compaction
from hypermask_tf.base import Base
from hypermask_tf.compiling import compile_arguments, first_step, saved_compile
from hypermask_tf.compiling.compile_arguments import CompileArguments
from hypermask_tf.compiling.optimizer_reset import OptimizerReset
from hypermask_tf.distribution import replicas
from hypermask_tf.distribution.replicated_model import ReplicatedModel
from hypermask_tf.hypernetworks import Hypernetwork, MaskBank, MLPHypernetwork
from hypermask_tf.keras_private import clear_losses
from hypermask_tf.learner import (
    capacity,
    configs,
    copies,
    data_checks,
    head_size,
    learner_checks,
    model_summary,
    old_arguments,
)
from hypermask_tf.learner import extend as extension
from hypermask_tf.learner import forget as forgetting
from hypermask_tf.learner import grow as growth
from hypermask_tf.learner.call_guard import CallGuard
from hypermask_tf.learner.capacity import Capacity
from hypermask_tf.learner.finite_guard import check_finite
from hypermask_tf.learner.fit_callbacks import with_callbacks
from hypermask_tf.learner.forward import DRIFT, OUTLIERS, PENALTY, Forward
from hypermask_tf.learner.label_range import LabelRange
from hypermask_tf.learner.saved_values import load_values, save_values
from hypermask_tf.learner.task_order import TaskOrder
from hypermask_tf.masks import Masks, UnitMasks
from hypermask_tf.masks.roles import Maskable
from hypermask_tf.normalization.normalization_bank import MODES
from hypermask_tf.protection import Freeze, Protection
from hypermask_tf.surgery import bake
from hypermask_tf.surgery.clone import check_remakable
from hypermask_tf.surgery.witness import Witness
from hypermask_tf.tasks import LearnerState
from hypermask_tf.tasks.counters import int32, number
from hypermask_tf.tasks.task_names import TaskLike

Tensor = Any

HEADS = ("per_task", "shared")


@keras.saving.register_keras_serializable("hypermask_tf")
class HyperMask(ReplicatedModel):
    """Learns a stream of tasks in one network without forgetting any.

    All tasks share the weights θ of `target`. A hypernetwork turns each task's learned
    embedding into a mask m with exact zeros, and the task's network is the target with
    weights m ⊙ θ. `protection` keeps earlier tasks as they were. No old data is kept.

    It trains with plain `compile` and `fit`; `task` is state of the model, so data
    stay `(x, y)` and nothing is compiled anew for another task.

    Args:
        target: A built `keras.Model`: Functional, Sequential or, with `WeightMasks`,
            subclassed. The learner trains this object's own variables; it must not use
            layers of another learner.
        num_tasks: Capacity in tasks; `extend` makes room for more later.
        masks: What a mask switches off: `UnitMasks()`, the default, whole units, so
            that a baked task is physically small; `WeightMasks()`, the paper's, single
            weights.
        protection: What keeps earlier tasks: `Freeze()`, the default, what they use
            stays to the last bit; `WeightPenalty()`, the paper's, moves are penalised.
        hypernetwork: What emits the scores, a `Hypernetwork` of its own:
            `MLPHypernetwork()`, the default, `ChunkedHypernetwork()` or `MaskBank()`.
            Its `drift` is the output regulariser.
        head: `"per_task"`: each task has a last layer of its own, which starts afresh
            and needs no protection; the target must have one output then, made by its
            last layer. `"shared"`: all tasks use the last layer.
        normalization: Whose statistics, gamma and beta of normalisation are:
            `"per_task"` or `"shared"`, where nothing protects them.
        augmentation: A layer applied to inputs in training only; not baked.
        outliers: Teaches the network of a task, while it is learned, what is none of
            its inputs; see `outliers.SelfMadeOutliers`. The target must return logits.
        maskable: Override of which trainable variables are masked: a function
            from a variable to bool, or one bool per trainable variable.
        reset_optimizer: Whether every task starts from a fresh optimizer.
        base: For a target that was trained before, what tasks share of it and what each
            of them owns: `FrozenBase()`. It stands in place of `masks`, `protection`
            and `hypernetwork`; `target` is left as it is. Without it a trained network
            is a start for the first task, and later ones do not find it.

    Call arguments:
        inputs: What the target takes; leading axis is the batch.
        training: Whether to apply augmentation and add the loss terms of learning.

    Output: what the target returns, under the mask of the active task.

    Attributes:
        state: The parts of the learner, see `tasks.LearnerState`.

    Raises:
        ValueError: If an argument is out of range, contradicts another one, or does not
            suit the target; if the hypernetwork exceeds its memory limit; or if
            `compile` gets a loss of probabilities where `outliers` need logits.

    Example:

    >>> import numpy as np
    >>> target = keras.Sequential(
    ...     [keras.Input((8,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(2)]
    ... )
    >>> model = HyperMask(target, num_tasks=2, masks=UnitMasks(sparsity=50))
    >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
    >>> x, y = np.random.rand(64, 8), np.random.randint(0, 2, 64)
    >>> history = model.fit(x, y, task=0, verbose=0)
    >>> model.bake(task=0).count_params() == target.count_params()
    True

    Reference: HyperMask, arXiv 2310.00113; masks of units and freezing by use are this
    library's.
    """

    # What copies of this model are compiled with.
    compile_arguments: CompileArguments | None = None
    # Steps that `training.on_device` has compiled.
    device_loop: Any = None
    # Whether `first_step` has made what metrics keep.
    metrics_made: bool = False
    # Whether steps belong to an evaluation.
    is_evaluating: bool = False

    def __init__(
        self,
        target: keras.Model,
        num_tasks: int,
        masks: Masks | None = None,
        protection: Protection | None = None,
        hypernetwork: Hypernetwork | None = None,
        head: str = "per_task",
        *,
        normalization: str = "per_task",
        augmentation: keras.Layer | None = None,
        outliers: keras.Layer | None = None,
        maskable: Maskable = None,
        reset_optimizer: bool = True,
        base: Base | None = None,
        **kwargs: Any,
    ) -> None:
        old_arguments.check(kwargs)
        learner_checks.check_target(target)
        self.base = base
        if base is not None:
            given = {
                "masks": masks,
                "protection": protection,
                "hypernetwork": hypernetwork,
                "maskable": maskable,
            }
            learner_checks.check_base(base, given, head, normalization)
            target = base.prepare(target)
            masks, hypernetwork = base.masks(), MaskBank(trainable=False)
        check_remakable(target)  # else tasks could be learned, and never baked
        # Masks stay float32; the target's layers cast for themselves.
        kwargs = {"dtype": target.dtype_policy, "autocast": False, **kwargs}
        super().__init__(**kwargs)
        self.target = target
        self.num_tasks = checks.check_positive("num_tasks", num_tasks)
        self.hypernetwork = checks.check_part(
            "hypernetwork", hypernetwork or MLPHypernetwork(), Hypernetwork
        )
        self.masks = checks.check_part("masks", masks or UnitMasks(), Masks)
        self.protection = checks.check_part(
            "protection", protection or Freeze(), Protection
        )
        self.head = checks.check_choice("head", head, HEADS)
        if self.head == "per_task":
            learner_checks.check_one_output(target)
        learner_checks.check_drift(self.hypernetwork, self.protection)
        self.normalization = checks.check_choice("normalization", normalization, MODES)
        self.augmentation, self.outliers = augmentation, outliers
        self.reset_optimizer = bool(reset_optimizer)
        learner_checks.warn_of_constraints(target, self.protection)
        self.state = LearnerState(
            target,
            self.num_tasks,
            self.masks,
            self.protection,
            self.hypernetwork,
            self.head == "per_task",
            normalization,
            maskable,
            self.add_weight,
            base,
        )
        self._create_parts()
        self.built = True

    def _create_parts(self) -> None:
        # Under these names Keras saves them.
        self._bank, self._memory = self.state.bank, self.state.memory
        self._random = keras.random.SeedGenerator(name="task_sampling")
        self._forward = Forward(
            self.state, self.augmentation, self.outliers, self._random
        )
        self.optimizer_reset = OptimizerReset(self)
        self.order = TaskOrder(self.state, self.optimizer_reset)
        self._labels = LabelRange()
        self._task_loss = keras.metrics.Mean(name="task_loss")
        self._output_term = keras.metrics.Mean(name=DRIFT)
        self._weight_term = keras.metrics.Mean(name=PENALTY)
        self._outlier_term = None
        if self.outliers is not None:
            self._outlier_term = keras.metrics.Mean(name=OUTLIERS)
        self.guard = CallGuard(self)
        self._witness = Witness(weakref.ref(self))

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

    # The forward pass and the loss.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self.guard.stepping():
            return super().__call__(*args, **kwargs)

    def train_step(self, *args: Any, **kwargs: Any) -> Any:
        """Keras's, from the forward pass to the loss without another call between."""
        with self.guard.stepping():
            return super().train_step(*args, **kwargs)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        data_checks.check_shapes(inputs, self.target)
        if not training:
            outputs, losses = self._forward.infer(inputs)
            terms: list[Tensor] = []
        else:
            outputs, named, losses = self._forward.train(inputs)
            terms = [named[name] for name in self._forward.term_names]
            if replicas.count() > 1:
                # Replicas on one machine take turns where they wait for each other, as
                # in the target just now, and share this list.
                clear_losses(self)
        for term in terms:
            self.add_loss(term)
        for loss in losses:
            # A tensor of its own: on JAX Keras knows losses by identity, and would
            # count this one again as the target's.
            self.add_loss(loss + 0.0)
        return outputs

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        total = super().compute_loss(x, y, y_pred, sample_weight, training=training)
        limit = self._label_limit(training)
        if limit is not None and y is not None and not keras.tree.is_nested(y):
            total = total + self._labels.update_state(y, limit)
        if training:
            losses = self.losses
            terms = dict(zip(self._forward.term_names, losses, strict=False))
            for name, metric in self._term_metrics().items():
                metric.update_state(terms[name])
            # Keras divides by the number of replicas, whose gradients it adds up.
            self._task_loss.update_state(total * replicas.count() - sum(losses))
        return total

    def _label_limit(self, training: bool) -> tuple[Tensor, int | None] | None:
        limit = data_checks.label_limit(self.loss, self.target)
        counters = self.state.counters
        task = int32(counters.current if training else counters.active)
        own = self.state.bank.num_outputs(ops.maximum(task, 0))
        if limit is None or own is None:
            return limit
        return ops.minimum(own, limit[0]), limit[1]

    def _term_metrics(self) -> dict[str, Any]:
        metrics = (self._output_term, self._weight_term, self._outlier_term)
        return {metric.name: metric for metric in metrics if metric is not None}

    def get_metrics_result(self) -> dict[str, Any]:
        logs = super().get_metrics_result()
        logs.pop(self._labels.name, None)
        if self.is_evaluating:
            # Loss terms of learning are not part of an evaluation; zeros would mislead.
            own = {self._task_loss.name, *self._term_metrics()}
            logs = {k: v for k, v in logs.items() if k not in own}
        return logs

    # What Keras documents.

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """`keras.Model.compile`; the optimizer is what every task starts from.

        Where it raises, the model stays as it was.

        Raises:
            ValueError: If there is no optimizer, loss or metric of a name, or a loss
                takes probabilities where `outliers` need logits.
        """
        arguments = compile_arguments.bound(args, kwargs)
        if self.outliers is not None:
            learner_checks.check_logits(arguments.get("loss"))
        with compile_arguments.unchanged_on_error(self):
            super().compile(**arguments)
        self.compile_arguments = CompileArguments.of(arguments)
        self.hypernetwork.compiled_by_xla(bool(self.jit_compile))
        self.device_loop = None
        self.metrics_made = False

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *args: Any,
        task: TaskLike | None = None,
        inherit: TaskLike | None = None,
        num_classes: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """`keras.Model.fit` on the data of one task.

        Args:
            x, y, and all others: As in `keras.Model.fit`.
            task: The task to learn, by index or name: the next one, or the one being
                learned. A new name begins the next task, which is called so from then
                on (see `task_names`). Left out, learning of the latest goes on.
            inherit: An earlier task, by index or name, whose network the new one starts
                from: what it knows is copied into the new task's own units
                (`UnitMasks` with a protection that tracks use; see
                `hypermask_tf.transfer`).
            num_classes: Classes of a new task, where it has fewer than the target's
                last layer has outputs (`head="per_task"`, a cross-entropy over
                classes). Its baked network has so many outputs; `predict` returns all
                of the target's, of which those that the task does not have are -3e4,
                or 0 behind a softmax.

        A task begins with a fresh optimizer, unless `reset_optimizer` is off. Its
        learning rate is the one that was compiled, or set by hand since between two
        calls (`model.optimizer.learning_rate = 1e-4`), which holds for all tasks to
        come and for copies. What callbacks do to the rate ends with the task. So a
        rate that is set to the very value that a callback left counts as the
        callback's.

        Returns:
            A `History`; besides loss and metrics it holds `task_loss`,
            `output_regularization`, `weight_regularization`, `mask_sparsity`, and with
            outliers `outlier_loss`.

        Raises:
            ValueError: If the task is out of order or beyond capacity, samples have
                another shape than the target takes, or a label has no output.
            NonFiniteLossError: If a loss, gradient or weight became NaN or infinite.

        Whatever it raises, the learner is as before the call; only an interrupt from
        the keyboard leaves what was learned so far.
        """
        data_checks.check_arguments("fit", kwargs)
        learner_checks.check_compiled(self)
        # What changes the learning rate in here is a callback, not the user.
        with self.guard.learning(x, y):
            index = self.order.check(task, inherit, num_classes)
            classes = self._check_classes(index, num_classes)
            if not self._on_device():
                data_checks.check_data(x, y, self.loss, self.target, classes)
                self.guard.note_data(task, x, y)
            with self.guard.ask_lock:
                self._enter(index, task, inherit, num_classes)
            args, kwargs = with_callbacks(self, args, kwargs)
            first_step.prepare(self, x, y)
            if not self._on_device():
                x = data_checks.checked(x, self.target)
            with self.optimizer_reset.training():
                return super().fit(x, y, *args, **kwargs)

    def train_on_batch(self, x: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """`keras.Model.train_on_batch` on the task being learned.

        Raises:
            NonFiniteLossError: If the loss is NaN or infinite; the task is undone.
        """
        data_checks.check_arguments("train_on_batch", kwargs)
        learner_checks.check_compiled(self)
        with self.guard.learning_batch(x, y):
            index = self.order.check(None, None)
            classes = self._check_classes(index)
            data_checks.check_data(x, y, self.loss, self.target, classes)
            self._enter(index)
            first_step.prepare(self, x, y)
            return super().train_on_batch(x, y, *args, **kwargs)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        *args: Any,
        task: TaskLike | None = None,
        **kwargs: Any,
    ) -> Any:
        """`keras.Model.evaluate` with the network of `task` (default: the active).

        The loss is that of the task's own network, as if its baked model were
        evaluated: penalties are of masked weights, and the loss terms of learning
        are no part of it.
        """
        data_checks.check_arguments("evaluate", kwargs)
        with self.guard.evaluating(task, x, y):
            classes = self.state.num_outputs(self.active_task)
            data_checks.check_data(x, y, self.loss, self.target, classes)
            first_step.prepare(self, x, y, training=False)
            return super().evaluate(
                data_checks.checked(x, self.target), y, *args, **kwargs
            )

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        *args: Any,
        task: TaskLike | None = None,
        **kwargs: Any,
    ) -> Any:
        """`keras.Model.test_on_batch` with the network of `task` (default: the active).

        The loss is that of `evaluate`.
        """
        with self.guard.evaluating(task, x, y):
            return super().test_on_batch(x, y, *args, **kwargs)

    def predict(self, *args: Any, task: TaskLike | None = None, **kwargs: Any) -> Any:
        """`keras.Model.predict` with the network of `task` (default: the active)."""
        data_checks.check_arguments("predict", kwargs)
        with self.guard.asking(task):
            return super().predict(*args, **kwargs)

    def predict_on_batch(self, x: Any, task: TaskLike | None = None) -> Any:
        """`predict_on_batch` with the network of `task` (default: the active)."""
        with self.guard.asking(task):
            return super().predict_on_batch(x)

    def export(
        self, filepath: Any, *args: Any, task: TaskLike | None = None, **kwargs: Any
    ) -> Any:
        """`keras.Model.export` of the network of `task` (default: the active).

        Args:
            filepath, and all others: As in `keras.Model.export`.
            task: The task.
        """
        task = self.active_task if task is None else task
        return self.bake(task).export(filepath, *args, **kwargs)

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Not of a learner: its weights are shared, and go on to change.

        Raises:
            ValueError: Always; it says what to do.
        """
        raise ValueError(
            "A learner is not quantised, only the network of a task: "
            "`model.bake(task).quantize(...)`, or `hm.export.export_task` for verified "
            f"int8 and int4 files. Received: quantize{(*args, *kwargs)}"
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints sizes: target, hypernetwork, scores, and each learned task's.

        Args:
            print_fn: Takes the text instead of `print`.
            expand_nested: Whether the target's own summary follows, with the arguments
                of `keras.Model.summary`; those are used for nothing else.
        """
        (print_fn or print)(model_summary.describe(self))
        if expand_nested:
            self.target.summary(
                line_length, positions, print_fn, True, show_trainable, layer_range
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **configs.to_config(self)}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "HyperMask":
        return cls(**configs.from_config(config, custom_objects))

    def get_compile_config(self) -> dict[str, Any]:
        return saved_compile.to_config(self)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        saved_compile.compile_by(self, config)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        save_values(self, store)

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(load_values(self, store))
        self.guard.loaded()

    # Tasks.

    @property
    def num_learned_tasks(self) -> int:
        """Tasks that have begun, the one being learned included."""
        return self.state.num_learned_tasks

    @property
    def num_finished_tasks(self) -> int:
        """Tasks that are closed: all but the one being learned."""
        return self.state.num_finished_tasks

    @property
    def task_names(self) -> tuple[str, ...]:
        """Names of the tasks that have begun, in the order of their indices.

        A name goes wherever an index goes: `fit(x, y, task="bottles")` begins the next
        task under a new name, `predict(x, task="bottles")` asks for it. A task without
        a name of its own is called `task_00` at index 0, and so on. Names are those of
        files: of up to 64 characters, without `/`, `:` and the like, no number, and
        no two that differ in capitals only. That of a forgotten task is empty here.
        """
        names, there = self.state.names, self.state.tasks
        learned = range(self.num_learned_tasks)
        return tuple(names.of(task) if task in there else "" for task in learned)

    def rename_task(self, task: TaskLike, name: str) -> None:
        """Gives a task another name, one that is yet to begin included.

        Args:
            task: The task, by index or name.
            name: Its name from now on.

        Raises:
            ValueError: If it is no name of a task, or that of another one.
        """
        self.state.names.give(self.state.index(task), name)

    @property
    def active_task(self) -> int:
        """The task whose network `model(x)` runs; settable."""
        return number(self.state.counters.active)

    @active_task.setter
    def active_task(self, task: TaskLike) -> None:
        self.state.counters.active.assign(self.state.index(task))

    def begin_task(
        self,
        task: TaskLike,
        inherit: TaskLike | None = None,
        num_classes: int | None = None,
    ) -> None:
        """Closes the previous task and takes what protects it; `fit` calls it.

        Args:
            task: The next task in order, by its index, or by a new name.
            inherit: An earlier task, by either, to start from a copy of, see `fit`.
            num_classes: Classes of the task, see `fit`; by default as many as the
                target's last layer has outputs.

        Raises:
            ValueError: If it is not the next one, or beyond capacity, or cannot
                inherit or have so many classes.
        """
        self.refresh()
        if self.num_learned_tasks > self.num_finished_tasks:
            check_finite(self, self.state.names.label(self.num_learned_tasks - 1))
        with self.guard.beginning():
            self.order.begin(task, inherit, num_classes)

    def undo_task(self) -> None:
        """Gives up the task being learned: all is as before it began.

        The task before it is open again. Of a learner that was loaded from a file, or
        made by `extend` or `grow`, only tasks that began since can be undone.

        Raises:
            ValueError: If no task has begun since.
        """
        self.guard.undo_task()

    def forget(self, task: TaskLike) -> None:
        """Removes a task, and with it all that was learned from its data alone.

        Its scores, head, normalisation and statistics are gone, and every weight that
        no other task uses is drawn anew, from the hypernetwork's seed, as are the
        hypernetwork and the optimizer. What the task took is free again. All other
        tasks stay as they are, to the last bit, and keep their indices; the index of
        the removed one is not used again, its name may be. The task being learned is
        closed, and `undo_task` does not bring anything back.

        If the task was the latest, nothing in the learner depends on its data any
        more. What was learned after it may still do: in units it shares with the task,
        and because it began where that had left free weights, scores and normalisation.

        Args:
            task: The task, by index or name.

        Raises:
            ValueError: If there is no such task, or the learner has no unit masks or
                a protection that does not freeze.

        Example:

        >>> import keras, hypermask_tf as hm
        >>> dense = keras.layers.Dense
        >>> target = keras.Sequential([keras.Input((4,)), dense(8, "relu"), dense(2)])
        >>> model = hm.HyperMask(target, num_tasks=3, masks=hm.UnitMasks(sparsity=50))
        >>> for name in ("bottles", "cans"):
        ...     model.begin_task(name)  # `fit(..., task=name)` begins and learns it
        >>> model.forget("cans")
        >>> model.task_names
        ('bottles', '')
        """
        self.refresh()
        forgetting.check(self.state)
        index = self.state.index(task)
        if index >= self.num_learned_tasks:
            raise ValueError(f"Task {index} has not begun. Received: task={task!r}")
        with self.guard.forgetting():
            latest = self.num_learned_tasks - 1
            if latest >= self.num_finished_tasks and latest != index:
                check_finite(self, self.state.names.label(latest))
            self.order.close()
            forgetting.forget(self, index)

    def refresh(self) -> None:
        """Notices what was changed from outside since the last call.

        Raises:
            ValueError: If layers were frozen, or a layer was changed that finished
                tasks of a protection that freezes compute with.
        """
        self.guard.refresh()

    def forget_compiled_steps(self) -> None:
        """Has steps compiled anew, which hold what layers were."""
        self.train_function = self.test_function = self.predict_function = None
        self.device_loop = None

    def _check_classes(self, index: int, num_classes: int | None = None) -> int | None:
        """Outputs of the head of a task that is to be learned; None for all."""
        classes = num_classes or self.state.num_outputs(index)
        if classes is not None:
            head_size.check_loss(self.loss)
        return classes

    def _enter(
        self,
        index: int,
        task: TaskLike | None = None,
        inherit: TaskLike | None = None,
        num_classes: int | None = None,
    ) -> None:
        """Continues the task being learned, or begins the next."""
        if index == self.num_learned_tasks:
            self.begin_task(index if task is None else task, inherit, num_classes)
        self.active_task = index

    def _on_device(self) -> bool:
        """Whether `fit` gets which samples to take; these are on the device already."""
        return self.device_loop is not None and self.train_function is self.device_loop

    # What the masks are.

    @property
    def dense_fallback_reason(self) -> str:
        """Why a step computes the whole target; "" if only the units that are on."""
        return self.state.dense_fallback_reason

    @property
    def random_state(self) -> list[Any]:
        """States of all random generators: dropout, augmentation, task sampling."""
        others = (*self.weights, *self.metrics_variables)
        known = {id(variable) for variable in others}
        return [v for v in self.variables if id(v) not in known]

    def units_on(self, task: TaskLike) -> np.ndarray:
        """Which scores of `task` are on; boolean `(scores,)`, in the order of groups.

        With unit masks these are its units, group by group.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        return self.state.units_on(self.state.index(task))

    def capacity(self) -> Capacity:
        """How much of the shared network the learned tasks take.

        Raises:
            ValueError: If the protection does not track use, or there is a base.
        """
        return capacity.capacity(self.state)

    def mask_arrays(self, task: TaskLike) -> list[np.ndarray | None]:
        """The masks of `task`, one per trainable variable of the target.

        Each is of its variable's shape; None where no mask touches it.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        return self.state.mask_arrays(self.state.index(task))

    def mask(self, task: TaskLike) -> dict[str, np.ndarray]:
        """The mask of `task`: variable path to an array of the variable's shape.

        Variables that no mask touches are left out. Where two variables share a
        path, as nested models allow, the later ones get their index behind it.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        named: dict[str, np.ndarray] = {}
        for i, mask in enumerate(self.mask_arrays(task)):
            if mask is not None:
                path = self.target.trainable_variables[i].path
                named[f"{path}#{i}" if path in named else path] = mask
        return named

    def task_values(self, task: TaskLike) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Values of a task's variables: m ⊙ θ, and its normalisation's state.

        Returns:
            Arrays for the target's `trainable_variables` and for its
            `non_trainable_variables`.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        return self.state.task_values(self.state.index(task))

    # Networks made of this one.

    def bake(
        self, task: TaskLike, dtype: str | None = None, compact: bool = False
    ) -> keras.Model:
        """A plain Keras model of one task: no class of ours, zeros as true zeros.

        It has as many outputs as the task has classes (`num_classes` of `fit`).
        A task that has not begun is baked with a warning: its mask is as first drawn.

        Args:
            task: The task.
            dtype: Dtype policy of the result, for instance `"float32"`; None keeps
                the target's.
            compact: Whether to remove what the mask switches off, and all that dies
                with it; see `hypermask_tf.compact`.

        Raises:
            ValueError: If the target normalises by batch statistics at test time, or
                the baked model does not compute what the learner does (it is tried).
        """
        task = self.state.index(task)
        self.refresh()
        if task >= max(self.num_learned_tasks, 1):
            checks.warn(f"Task {task} has not been learned yet.")
        baked = bake.bake(self.state, task, dtype)
        count = self.state.num_outputs(task)
        if count is not None:
            head = baked.trainable_variables[self.state.bank.head_indices[0]]
            baked = compaction.fewer_outputs(baked, head, count)
        return compaction.compact(baked) if compact else baked

    def extend(self, num_tasks: int) -> "HyperMask":
        """Returns a copy with room for more tasks; old ones predict the same.

        Args:
            num_tasks: The new capacity, above the present one.

        Returns:
            A new model with a target of its own, compiled like this one with a
            fresh optimizer. This one stays as it is: `model = model.extend(10)`.

        Raises:
            ValueError: If the capacity would not grow, or the copy does not compute
                what this learner does (it is tried).
        """
        self.refresh()
        return extension.extend(self, num_tasks)

    def grow(self, widths: dict[str, int]) -> "HyperMask":
        """Returns a copy with more units; old tasks compute the same.

        Args:
            widths: New width by name of the layer of the target. Layers that a
                residual connection ties together must grow together.

        Returns:
            A new model, compiled like this one with a fresh optimizer.

        Raises:
            ValueError: If masks are not over units, a name is unknown, a layer would
                shrink, or new units would count in old tasks though they are off.
        """
        self.refresh()
        return growth.grow(self, widths)

    def __deepcopy__(self, memo: Any) -> "HyperMask":
        """A learner of its own that goes on as this one would."""
        self.refresh()
        return copies.duplicate(self)
