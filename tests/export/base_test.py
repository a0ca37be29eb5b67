"""Files of tasks that stand on one trained network."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.export.write.flatbuffer import unpack
from tests.base import networks

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="export needs TensorFlow"
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Two tasks with normalisation of their own, in int8 and in one file."""
    keras.utils.set_random_seed(0)
    network = networks.mobile()
    model = hm.HyperMask(network, 2, base=hm.FrozenBase(rank=2))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-2), loss, run_eagerly=True)
    x, y = networks.samples(network, 48)
    for task in range(2):
        model.fit(x, (y + task) % 3, task=task, epochs=3, verbose=0)
    folder = tmp_path_factory.mktemp("files")
    told = hm.export.export_tasks(
        model,
        {task: {"validation": (x, (y + task) % 3)} for task in range(2)},
        folder,
        quantizations=("int8", "dynamic_int8"),
        max_drop=1.0,
        latency=False,
        one_file=True,
    )
    return folder, told


def _constant(path, shape):
    """The int8 kernel of a shape, of which a file has one."""
    model = unpack(path.read_bytes())
    (found,) = (
        model.buffers[tensor.buffer].data
        for tensor in model.subgraphs[0].tensors
        if tuple(tensor.shape) == shape
        and model.buffers[tensor.buffer].data is not None
    )
    return np.asarray(found)


@pytest.mark.parametrize("kind", ["int8", "dynamic_int8"])
def test_what_is_frozen_is_the_same_bytes_in_every_file(exported, kind):
    folder, _ = exported
    shapes = {(8, 3, 3, 3), (24, 1, 1, 8), (1, 3, 3, 24), (8, 1, 1, 24)}
    kernels = [
        {
            shape: _constant(folder / f"task_{task:02d}.{kind}.tflite", shape)
            for shape in shapes
        }
        for task in range(2)
    ]
    for shape in shapes:
        np.testing.assert_array_equal(kernels[0][shape], kernels[1][shape])
    heads = [
        _constant(folder / f"task_{task:02d}.{kind}.tflite", (3, 8)) for task in (0, 1)
    ]
    assert (heads[0] != heads[1]).any()


@pytest.mark.parametrize("kind", ["int8", "dynamic_int8"])
def test_one_file_for_both_holds_it_once(exported, kind):
    folder, _ = exported
    separate = [(folder / f"task_{t:02d}.{kind}.tflite").stat().st_size for t in (0, 1)]
    together = (folder / f"all_tasks.{kind}.tflite").stat().st_size
    assert together < sum(separate) - 8 * 27 - 24 * 8 - 9 * 24 - 8 * 24
