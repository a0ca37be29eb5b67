"""Run a `.tflite` file in LiteRT, example by example."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.examples import Examples, by_name, count, single
from hypermask_tf.export.quiet import quiet_stderr
from hypermask_tf.export.saved_model import SIGNATURE


def run_tflite(content: bytes | str | Path, x: Examples) -> Any:
    """Runs a `.tflite` file over examples, one at a time on one thread.

    Args:
        content: the bytes of the file, or its path.
        x: examples, shape `(examples, ...)`, by name where the file has several
            inputs.

    Returns:
        The file's only output, shape `(examples, ...)`, or all outputs by name.
        Numbers are real, float32, whatever types input and output have inside the
        file; those that are whole there and stand for nothing else stay as they are.

    Raises:
        ValueError: when an example's shape is not what the file takes.
    """
    interpreter = make_interpreter(content)
    inputs, outputs = tensors(interpreter)
    arrays = _checked(by_name(x, list(inputs)), inputs)
    found = {
        name: np.empty((count(x), *tensor["shape"][1:]), _real_type(tensor))
        for name, tensor in outputs.items()
    }
    for index in range(count(x)):
        for name, tensor in inputs.items():
            example = arrays[name][index : index + 1]
            interpreter.set_tensor(tensor["index"], stored(example, tensor))
        interpreter.invoke()
        for name, tensor in outputs.items():
            values = interpreter.get_tensor(tensor["index"])[0]
            found[name][index] = _real(values, tensor)
    return single(found)


def tensors(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns inputs and outputs as LiteRT describes them, by name in the signature.

    A file without a signature has the names of its tensors.
    """
    if SIGNATURE in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(SIGNATURE)
        return runner.get_input_details(), runner.get_output_details()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    return {t["name"]: t for t in inputs}, {t["name"]: t for t in outputs}


def _checked(
    arrays: Mapping[str, np.ndarray], inputs: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """The arrays of all inputs, of a type that they are stored from."""
    found = {}
    for name, tensor in inputs.items():
        if name not in arrays:
            raise ValueError(
                f"Expected examples for the inputs {sorted(inputs)}. Received: "
                f"examples for {sorted(arrays)}"
            )
        values, shape = arrays[name], tuple(int(n) for n in tensor["shape"][1:])
        if values.shape[1:] != shape:
            raise ValueError(
                f"Expected examples of shape {shape}, "
                f"which the file takes. Received: x.shape={values.shape}"
            )
        found[name] = np.asarray(values, _real_type(tensor))
    return found


def _is_plain(tensor: Any) -> bool:
    """Whether numbers are stored as they are: floats, tokens, classes."""
    return bool(tensor["dtype"] == np.float32 or not tensor["quantization"][0])


def _real_type(tensor: Any) -> Any:
    return tensor["dtype"] if _is_plain(tensor) else np.float32


def make_interpreter(content: bytes | str | Path) -> Any:
    """Returns a LiteRT interpreter on one thread, ready to run.

    Args:
        content: the bytes of a `.tflite` file, or its path.

    Raises:
        RuntimeError, ValueError: what LiteRT raises on a file it cannot run.
    """
    from ai_edge_litert.interpreter import Interpreter

    source = (
        {"model_content": content}
        if isinstance(content, bytes)
        else {"model_path": str(content)}
    )
    with quiet_stderr():
        interpreter = Interpreter(**source, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


def stored(values: np.ndarray, tensor: Any) -> np.ndarray:
    """Returns real numbers as a tensor holds them."""
    if _is_plain(tensor):
        return values
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    numbers = np.round(values / scale) + zero_point
    return np.clip(numbers, limits.min, limits.max).astype(tensor["dtype"])


def _real(values: np.ndarray, tensor: Any) -> np.ndarray:
    """Returns the real numbers that a tensor holds."""
    if _is_plain(tensor):
        return values
    scale, zero_point = tensor["quantization"]
    return (values.astype(np.float32) - zero_point) * np.float32(scale)
