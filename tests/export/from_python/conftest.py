"""What tests of the export from Python share."""

import pytest

from hypermask_tf.export import convert_worker, task_maker
from hypermask_tf.export.convert import Conversion
from tests.export.from_python.learners import (
    OF_LOGITS,
    X,
    Y,
    learner,
    mlp,
)


@pytest.fixture(scope="module", autouse=True)
def _in_this_process():
    """Converts without a child process, which takes seconds to start."""

    def convert_files(jobs):
        for job in jobs:
            values = job.to_json()
            content, error = convert_worker._convert(
                values["model_path"], values["input_shape"], values["interface"]
            )
            job.tflite_path.write_bytes(content)
            yield Conversion(job, error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_maker, "convert_files", convert_files)
        yield


@pytest.fixture(scope="module")
def two_classes():
    model = learner(mlp(), OF_LOGITS, X, Y, tasks=2)
    model.rename_task(0, "door")
    return model
