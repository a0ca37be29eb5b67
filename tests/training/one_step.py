"""One step of plain descent on one device or two: where each weight goes.

    python tests/training/one_step.py FILE DISTRIBUTION LAMBDA ...

A program of its own, since devices are set up before the first computation.
"""

import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

import hypermask_tf as hm
from hypermask_tf.training import distribute
from tests.learners import hyper_mask

ROWS = 16


def _learner(lam):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6,))
    x = keras.layers.Dense(8, "relu")(inputs)
    target = keras.Model(inputs, keras.layers.Dense(4)(x))
    model = hyper_mask(
        target,
        3,
        hm.MLPHypernetwork(4, (5,), seed=1),
        sparsity=50.0,
        protection="used",
        reuse=1.0,
        lam=lam,
        beta=0.5,
        narrow=False,
    )
    model.compile(
        keras.optimizers.SGD(1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return model


def _values(model):
    return [keras.ops.convert_to_numpy(v.value) for v in model.target.weights]


def _steps(model):
    return int(keras.ops.convert_to_numpy(model.optimizer.iterations.value))


def main(file, name, *lams):
    random = np.random.default_rng(0)
    x = (3 * random.normal(size=(ROWS, 6))).astype("float32")
    # Labels that the network knows nothing of, so that gradients are large.
    y = random.integers(0, 4, ROWS)
    here, seen = distribute(name, virtual_devices=2 if name == "mirrored" else 0), {}
    for lam in lams:
        with here.scope():
            model = _learner(float(lam))
        model.begin_task(0)
        model.begin_task(1)
        before = _values(model)
        for step in range(3):
            logs = model.fit(
                *(x, y), batch_size=ROWS, shuffle=False, verbose=0, task=1
            ).history
            seen |= {f"{lam} {step} {key}": v for key, v in logs.items()}
            for i, (old, new) in enumerate(zip(before, _values(model), strict=True)):
                seen[f"{lam} {step} moved {i}"] = new - old
        seen |= {
            f"{lam} used {i}": keras.ops.convert_to_numpy(used.value)
            for i, used in enumerate(model._memory.used)
        }
        # Of a length that nobody knows before its end.
        data = tf.data.Dataset.from_tensor_slices((x, y)).batch(ROWS // 2)
        steps = _steps(model)
        model.fit(data.filter(lambda *_: True), epochs=2, verbose=0, task=1)
        seen[f"{lam} steps"] = _steps(model) - steps
    np.savez(file, replicas=here.replicas, **seen)


if __name__ == "__main__":
    main(*sys.argv[1:])
