"""Every registered target runs on a device: builtin ops only, and equal numbers."""

import keras
import numpy as np
import pytest

from hypermask_tf.export.convert import FLOAT32, ConversionJob, convert_files
from hypermask_tf.export.verify import FLOAT32_LOGIT_TOLERANCE, run_tflite
from tests.targets.builds import BUILDS, samples, shake

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the converter is TensorFlow's"
)


@pytest.fixture(scope="module")
def tflite_files(tmp_path_factory):
    """The targets and their files, from one child process; text is an error."""
    folder = tmp_path_factory.mktemp("tflite")
    models, jobs = {}, []
    for i, (name, build) in enumerate(BUILDS.items()):
        models[name] = shake(build())
        models[name].save(folder / f"{i}.keras")
        paths = (folder / f"{i}.keras", folder / f"{i}.tflite")
        jobs.append(ConversionJob(*paths, FLOAT32, build.input_shape))
    results = [
        result.error or result.job.tflite_path.read_bytes()
        for result in convert_files(jobs)
    ]
    return models, dict(zip(models, results, strict=True))


@pytest.mark.parametrize("name", BUILDS)
def test_its_tflite_file_equals_keras_without_flex_ops(name, tflite_files):
    models, files = tflite_files
    # The converter is set to builtin ops only: an error would be text here.
    assert isinstance(files[name], bytes), files[name]
    x = samples(BUILDS[name])
    expected = keras.ops.convert_to_numpy(models[name](x))
    tolerance = FLOAT32_LOGIT_TOLERANCE * max(1.0, np.abs(expected).max())
    outputs = run_tflite(files[name], x)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance)
