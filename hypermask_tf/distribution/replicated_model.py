"""`fit` and `evaluate` under `tf.distribute`, on one machine and on several."""

from collections.abc import Callable
from typing import Any

import keras

from hypermask_tf.distribution import replicas

Logs = dict[str, Any]


class ReplicatedModel(keras.Model):
    """A model whose steps run on all replicas of the strategy it was made under.

    Keras does so itself where one machine takes one step a call. It breaks off on
    several machines, whose logs it reduces along an axis that they lack, and with
    `steps_per_execution` above 1, where replicas cannot wait for each other inside its
    loop (seen with Keras 3.15.1 and TensorFlow 2.21). Without a strategy, and on JAX,
    this is `keras.Model`.
    """

    def _get_regularization_losses(self) -> list[Any]:
        # Keras adds up the penalties of whole weights. Those of a target are penalties
        # of the network of a task, and `call` adds them.
        target = {id(v) for v in self.target.trainable_variables}
        penalised = [v for v in self.trainable_weights if v.regularizer is not None]
        losses = super()._get_regularization_losses()
        return [
            loss
            for variable, loss in zip(penalised, losses, strict=True)
            if id(variable) not in target
        ]

    # Set by Keras, which carries no types.
    train_function: Any
    test_function: Any

    def make_train_function(self, force: bool = False) -> Any:
        if replicas.of(self) == 1:
            return super().make_train_function(force)
        if self.train_function is None or force:
            self.train_function = _on_replicas(self, self.train_step)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        if replicas.of(self) == 1:
            return super().make_test_function(force)
        if self.test_function is None or force:
            self.test_function = _on_replicas(self, self.test_step)
        return self.test_function

    def _maybe_symbolic_build(
        self, iterator: Any = None, data_batch: Any = None
    ) -> Any:
        # Called on TensorFlow only. Keras asks all replicas for the shape of a batch,
        # which again it cannot on several machines; the first one here knows it.
        if iterator is not None and replicas.of(self) > 1:
            batch = next(batches for _, _, batches in iterator)
            local = self.distribute_strategy.experimental_local_results
            data_batch = keras.tree.map_structure(lambda v: local(v)[0], next(batch))
            iterator = None
        return super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)


def _on_replicas(model: Any, step: Callable[[Any], Logs]) -> Callable[[Any], Logs]:
    """A function for Keras's loops: the steps of one call; returns the last one's logs.

    Args:
        model: Made under a strategy.
        step: What one replica does with its share of a batch.
    """
    import tensorflow as tf

    strategy = model.distribute_strategy

    def on_data(data: Any) -> Logs:
        logs = strategy.run(step, args=(data,))
        mean = tf.distribute.ReduceOp.MEAN
        # In one order everywhere: machines meet in each of them.
        return {
            key: strategy.reduce(mean, logs[key], axis=None) for key in sorted(logs)
        }

    def on_iterator(iterator: Any) -> Logs:
        return on_data(iterator.get_next())

    if not model.run_eagerly:
        on_data = tf.function(on_data, reduce_retracing=True)
        on_iterator = tf.function(on_iterator, reduce_retracing=True)
    iterators = (tf.data.Iterator, tf.distribute.DistributedIterator)

    def steps_of_a_call(iterator: Any) -> Logs:
        logs: Logs = {}
        for _ in range(model.steps_per_execution):
            try:
                if isinstance(iterator, iterators):
                    logs = on_iterator(iterator)
                else:  # `train_on_batch`
                    logs = on_data(next(iterator))
            except (StopIteration, tf.errors.OutOfRangeError):
                if not logs:
                    raise
                break
        return logs

    return steps_of_a_call
