"""The learner: one shared network, and a mask over it for every task."""

import warnings
from typing import Any

import keras

from hypermask_tf import (
    checks,
    compaction,
    compile_arguments,
    copies,
    data_checks,
    extension,
    first_step,
    growth,
    model_summary,
)
from hypermask_tf.compile_arguments import CompileArguments
from hypermask_tf.fit_callbacks import with_callbacks
from hypermask_tf.saved_learner import SavedLearner
from hypermask_tf.surgery import bake

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class HyperMask(SavedLearner):
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
            task is physically small; `"weight"`, the paper's score per weight; or
            `"block4"`, a score per four weights along the input axis.
        sparsity: Percentage of each group of scores that is exactly zero, 0 to
            below 100: one number, or one per group (`summary` lists them).
        threshold: `"layer"`: a threshold for every group of scores; `"network"`: one
            for all, so that layers share what is on.
        floor: With `threshold="network"`, the percentage of each group that stays
            on in any case.
        activation: Mask activation: `"abs_tanh"` (the paper's), `"tanh"`,
            `"binary"`.
        mask_scale: What mask values that are on are multiplied by: `"width"`, which is
            1/√(share that is on), so that a task's network starts and learns as one
            of its own width does; or a number, or one per group. 1 is the paper's.
        ramp_steps: Steps of the first task over which the sparsity rises linearly
            to its value; 0 for no ramp.
        protection: What `lam` protects: `"used"`, the weights that earlier tasks'
            masks let through; `"all"` weights; `"current"`, weighted by the mask
            being learned (the paper's masked form). `"hard"` holds what earlier
            tasks use, and their scores, exactly: nothing is forgotten, to the last
            bit, and `lam` and `beta` are not needed.
        beta: Weight of the output regulariser, per squared unit of score.
        lam: Weight λ of the L1 weight regulariser.
        reuse: With unit masks, the share of a task's units, 0 to 1, that may be
            units of earlier tasks while free ones last: 1 lets scores alone decide,
            0 takes free units first. One number, or one per group. Default: 0 where
            units are masked and `protection` knows which are taken ("used", "hard"),
            else 1.
        borrow: With `reuse` below 1, how many taken units stand in for each free one
            that a task asks for and does not find, at least 1: more make up with
            numbers for what the task may not change, and make its network larger.
            One number, or one per group.
        read: With unit masks, the share, 0 to 1, of the units taken by earlier tasks
            that a task uses besides its own, as they are. What earlier tasks learned
            costs no room, and helps where tasks are alike; networks get larger from
            task to task. One number, or one per group.
        head: `"shared"`: all tasks use the last layer; `"per_task"`: each has one of
            its own, which starts afresh and needs no protection. The target must have
            one output then, made by its last layer.
        output_reduction: `"mean"` over earlier tasks, `"authors"` (their code
            divides by their number twice) or `"sum"`.
        sampled_tasks: Regularise the outputs of so many random earlier tasks each
            step instead of all.
        normalization: Whose batch norm is: `"per_task"`, `"per_task_statistics"`
            or `"shared"`, see `NormalizationBank`.
        augmentation: A layer applied to inputs in training only; not baked.
        outliers: Teaches the network of a task, while it is learned, what is none of
            its inputs; see `outliers.SelfMadeOutliers`. The target must return logits.
        maskable: Override of which trainable variables are masked: a function
            from a variable to bool, or one bool per trainable variable.
        reset_optimizer: Whether every task starts from a fresh optimizer.
        memory_limit: Bytes allowed for the hypernetwork with optimizer moments.
        narrow: With unit masks, whether to compute only the units that are on. The
            outcome is the same, apart from rounding, and the time a fraction; layers
            that cannot follow are computed whole, and `why_whole` says why where all
            is. It needs a number of units that is
            the same for every task: no ramp, no `borrow`, no `read`, and a threshold
            per layer.

    Call arguments:
        inputs: What the target takes; leading axis is the batch.
        training: Whether to apply augmentation and add the regularisers.

    Output: what the target returns, under the mask of the active task.

    Raises:
        ValueError: If an argument is out of range, the target is not built, does not
            suit the granularity or the head, or holds functions without a name or
            two parts of one name; if the hypernetwork exceeds the limit; or if
            `compile` gets a loss of probabilities where `outliers` need logits.

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

    # What copies of this model are compiled with.
    compile_arguments: CompileArguments | None = None
    # Steps that `training.on_device` has compiled.
    device_loop: Any = None
    # Whether `first_step` has made what metrics keep.
    metrics_made: bool = False

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """`keras.Model.compile`; the optimizer is what every task starts from.

        Where it raises, the model stays as it was.

        Raises:
            ValueError: If there is no optimizer, loss or metric of a name, or a loss
                takes probabilities where `outliers` need logits.
        """
        arguments = compile_arguments.bound(args, kwargs)
        if self.outliers is not None:
            checks.check_logits(arguments.get("loss"))
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
        task: int | None = None,
        inherit: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """`keras.Model.fit` on the data of one task.

        Args:
            x, y, and all others: As in `keras.Model.fit`.
            task: The task to learn: the next one, or the one being learned. Left
                out, learning of the latest goes on.
            inherit: An earlier task whose network the new one starts from: what it
                knows is copied into the new task's own units (unit masks with
                `protection` "used" or "hard"; see `hypermask_tf.transfer`).

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
        with self._learning(x, y):
            if not self._on_device():
                data_checks.check_data(x, y, self.loss, self.target)
                self._note_data(task, x, y)
            with self._ask_lock:
                self._enter(task, inherit)
            args, kwargs = with_callbacks(self, args, kwargs)
            first_step.prepare(self, x, y)
            if not self._on_device():
                x = data_checks.checked(x, self.target)
            return super().fit(x, y, *args, **kwargs)

    def train_on_batch(self, x: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """`keras.Model.train_on_batch` on the task being learned.

        Raises:
            NonFiniteLossError: If the loss is NaN or infinite; the task is undone.
        """
        data_checks.check_arguments("train_on_batch", kwargs)
        with self._learning_batch(x, y):
            data_checks.check_data(x, y, self.loss, self.target)
            self._enter(None)
            first_step.prepare(self, x, y)
            return super().train_on_batch(x, y, *args, **kwargs)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        *args: Any,
        task: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """`keras.Model.evaluate` with the network of `task` (default: the active).

        The loss is that of the task's own network, as if its baked model were
        evaluated: penalties are of masked weights, and the regularisers of the learner
        are no part of it.
        """
        data_checks.check_arguments("evaluate", kwargs)
        with self._evaluating_task(task, x, y):
            data_checks.check_data(x, y, self.loss, self.target)
            first_step.prepare(self, x, y, training=False)
            return super().evaluate(
                data_checks.checked(x, self.target), y, *args, **kwargs
            )

    def test_on_batch(
        self, x: Any, y: Any = None, *args: Any, task: int | None = None, **kwargs: Any
    ) -> Any:
        """`keras.Model.test_on_batch` with the network of `task` (default: the active).

        The loss is that of `evaluate`.
        """
        with self._evaluating_task(task, x, y):
            return super().test_on_batch(x, y, *args, **kwargs)

    def predict(self, *args: Any, task: int | None = None, **kwargs: Any) -> Any:
        """`keras.Model.predict` with the network of `task` (default: the active)."""
        data_checks.check_arguments("predict", kwargs)
        with self._asking(task):
            return super().predict(*args, **kwargs)

    def predict_on_batch(self, x: Any, task: int | None = None) -> Any:
        """`predict_on_batch` with the network of `task` (default: the active)."""
        with self._asking(task):
            return super().predict_on_batch(x)

    def bake(
        self, task: int, dtype: str | None = None, compact: bool = False
    ) -> keras.Model:
        """A plain Keras model of one task: no class of ours, zeros as true zeros.

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
        task = checks.check_task(task, self.num_tasks)
        self.refresh()
        if task >= max(self.num_learned_tasks, 1):
            warnings.warn(f"Task {task} has not been learned yet.", stacklevel=2)
        baked = bake.bake(self, task, dtype)
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

    def export(
        self, filepath: Any, *args: Any, task: int | None = None, **kwargs: Any
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
            "`model.bake(task).quantize(...)`, or `python export/export_tflite.py` for "
            f"verified int8 and int4 files. Received: quantize{(*args, *kwargs)}"
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
