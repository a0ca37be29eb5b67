"""Verified files of two networks of different inputs, and a learner's."""

import dataclasses

import numpy as np
import pytest

from hypermask_tf.export.quantize.quantize import quantize
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.write.write import write_file
from tests.export.from_python import conftest as from_python

# Conversion in this process, and a learner of the tasks "door" and "task_01".
_in_this_process = from_python._in_this_process
two_classes = from_python.two_classes

KINDS = ("float32", "float16", "dynamic_int8", "int8", "int4")
OF = {"door": "mlp", "window": "conv_net"}


def info(name, shape):
    labels = tuple({"index": i, "class": i, "name": str(i)} for i in range(3))
    return TaskInfo(list(OF).index(name), name, labels, shape, 3, {}, {}, "0123")


@dataclasses.dataclass(frozen=True)
class Parts:
    """Files by the name of their tasks, and examples for them."""

    files: dict[str, bytes]
    examples: dict[str, np.ndarray]


@pytest.fixture(scope="session")
def parts_of_kind(converted):
    """By way to store weights: the files of both networks."""

    def made(kind):
        files, examples = {}, {}
        for name, network in OF.items():
            case = converted[network]
            content = case.files["float32" if kind == "int8" else kind]
            if kind == "int8":
                content = quantize(content, kind, case.x)
            files[name] = write_file(content, info(name, case.x.shape[1:]))
            examples[name] = case.x
        return Parts(files, examples)

    return {kind: made(kind) for kind in KINDS}
