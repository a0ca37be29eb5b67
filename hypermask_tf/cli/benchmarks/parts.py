"""Where the time of a step goes: parts of it, compiled and timed alone."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from hypermask_tf.cli.benchmarks.step_timer import Sample
from hypermask_tf.masks import TaskMask
from hypermask_tf.tasks.counters import int32

Tensor = Any


def part_functions(
    model: Any, x: np.ndarray, y: np.ndarray
) -> dict[str, Callable[[], Any]]:
    """Parts of a step of `model` on one batch; TensorFlow only.

    What they leave of a step is the gradient of the hypernetwork and the optimizer,
    which XLA makes one of, so that they cannot be timed apart.

    Args:
        model: A compiled `HyperMask` whose task has begun.
        x: One batch of samples.
        y: Their labels.
    """
    import tensorflow as tf

    compiled = tf.function(jit_compile=bool(model.jit_compile), autograph=False)
    samples, labels = tf.constant(x), tf.constant(y)
    state, counters = model.state, model.state.counters
    task, finished = int32(counters.active), int32(counters.finished)
    own = state.mask_at(task)

    @compiled
    def scores() -> Tensor:
        return state.task_masks.all_scores()

    @compiled
    def thresholds() -> Tensor:
        vector = tf.reshape(model.hypernetwork.embeddings, (-1,))[:1]
        vector = tf.tile(vector, (state.layout.num_scores,))
        vector += tf.linspace(0.0, 1.0, state.layout.num_scores)
        mask = state.task_masks.mask(vector, task, finished, state.ramp(task), finished)
        return [mask.on, [m for m in mask.masks if m is not None]]

    @compiled
    def target(scores: Tensor, on: Tensor, samples: Tensor, labels: Tensor) -> Tensor:
        current = int32(counters.current)
        with tf.GradientTape() as tape:
            tape.watch(scores)
            mask = TaskMask(state.layout, scores, on)
            outputs, _ = state.network.run(samples, mask, task, current, training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels, tf.cast(outputs, "float32")
                )
            )
        return tape.gradient(loss, [scores, model.target.trainable_variables])

    return {
        "scores of all tasks": scores,
        "threshold and masks": thresholds,
        "target, both ways": lambda: target(own.scores, own.on, samples, labels),
    }


def timed(part: Callable[[], Any]) -> Callable[[int], list[Sample]]:
    """A function that runs `part` so many times and returns the times of each.

    Args:
        part: Compiled when it is first called, which is now.
    """
    part()

    def take(times: int) -> list[Sample]:
        taken = []
        for _ in range(times):
            wall, cpu = time.perf_counter(), time.process_time()
            part()
            passed = time.perf_counter() - wall, time.process_time() - cpu
            taken.append((1e3 * passed[0], 1e3 * passed[1]))
        return taken

    return take
