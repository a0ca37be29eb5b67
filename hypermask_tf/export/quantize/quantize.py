"""Quantise a float32 `.tflite` file with LiteRT's quantizer; TensorFlow stays out."""

import contextlib
import io
import logging
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from hypermask_tf.export.examples import Examples, by_name, count
from hypermask_tf.export.quantize.recipe import (
    DYNAMIC_INT8,
    FLOAT16,
    FLOAT32,
    INT4,
    INT8,
    MIXED,
    WEIGHT_INT8,
    get,
)
from hypermask_tf.export.write import flatbuffer

# A dense layer with fewer weights gains less in int4 than it risks.
SMALL_LAYER = 4096


def quantize(
    content: bytes,
    quantization: str,
    calibration: Examples | None = None,
    integer_io: bool = False,
) -> bytes:
    """Returns the file with weights, and perhaps activations, in fewer bits.

    Weights are stored symmetrically, one scale per output unit, so a weight that is
    0 stays exactly 0.

    Args:
        content: a float32 `.tflite` file with the signature `serve`.
        quantization: one of `QUANTIZATIONS`.
        calibration: examples of the task, for recipes that quantise activations;
            shape `(examples, ...)`, by name where there are several inputs. Ranges
            are the smallest and largest values seen.
        integer_io: whether inputs and outputs of `"int8"` that are floats are int8 as
            well.

    Raises:
        ValueError: when the recipe is unknown, needs examples and got none, or
            cannot be applied to the network.
        ImportError: when `litert-quantizer` is missing.

    Example:

    >>> import keras
    >>> from hypermask_tf.export.convert import convert
    >>> model = keras.Sequential([keras.Input((99,)), keras.layers.Dense(99)])
    >>> content = convert(model)
    >>> len(quantize(content, "int4")) < len(quantize(content, "dynamic_int8"))
    True
    """
    recipe = get(quantization)
    if quantization == FLOAT32:
        return content
    examples = [] if calibration is None else _one_by_one(content, calibration)
    if recipe.calibrated and not examples:
        raise ValueError(
            f"Expected examples to calibrate {quantization!r} with. "
            f"Received: calibration={calibration!r}"
        )
    from hypermask_tf.export.quantize.calibrate import activation_ranges

    with _silence():
        tool = _quantizer_package()
        rules = _rules(tool, content, quantization, integer_io)
        quantizer = tool.quantizer.Quantizer(content, rules)
        ranges = None
        try:
            if recipe.calibrated:
                ranges = activation_ranges(content, rules, examples)
            result = quantizer.quantize(ranges, enable_progress_report=False)
        except (RuntimeError, ValueError, KeyError, IndexError) as error:
            raise ValueError(
                f"litert-quantizer cannot apply {quantization!r}: {error}"
            ) from error
    return bytes(result.quantized_model)


def _one_by_one(content: bytes, examples: Examples) -> list[dict[str, np.ndarray]]:
    """Examples as the quantizer takes them: a dictionary for each."""
    model = flatbuffer.unpack(content)
    arrays = by_name(examples, flatbuffer.input_names(model))
    return [
        {name: values[i : i + 1] for name, values in arrays.items()}
        for i in range(count(examples))
    ]


def _quantizer_package() -> Any:
    try:
        import litert_quantizer
        import litert_quantizer.quantizer
        import litert_quantizer.recipe_manager
    except ImportError as error:
        raise ImportError(
            "Every quantization but float32 needs litert-quantizer: "
            f"pip install litert-quantizer==0.11.0 ({error})"
        ) from error
    return litert_quantizer


def _rules(tool: Any, content: bytes, quantization: str, integer_io: bool) -> Any:
    """Returns the quantizer's recipe; a later rule wins where several fit."""
    manager = tool.recipe_manager.RecipeManager()
    ops = tool.qtyping.TFLOperationName
    if quantization == FLOAT16:
        return [_float16_rule()]
    if quantization == WEIGHT_INT8:
        manager.add_weight_only_config(".*", ops.ALL_SUPPORTED, 8)
    if quantization in (DYNAMIC_INT8, MIXED, INT4):
        manager.add_dynamic_config(".*", ops.ALL_SUPPORTED, 8)
    if quantization == INT4:
        # What has no int4 kernel (depthwise convolutions) keeps the rule above.
        for op in (ops.FULLY_CONNECTED, ops.CONV_2D):
            manager.add_dynamic_config(".*", op, 4)
    if quantization == MIXED:
        for name in _large_dense_layers(content):
            pattern = f"^{re.escape(name)};?$"
            manager.add_dynamic_config(pattern, ops.FULLY_CONNECTED, 4)
    if quantization == INT8:
        manager.add_static_config(".*", ops.ALL_SUPPORTED, 8, 8)
        if not integer_io:
            none = tool.algorithm_manager.AlgorithmName.NO_QUANTIZE
            for op in (ops.INPUT, ops.OUTPUT):
                manager.add_quantization_config(".*", op, algorithm_key=none)
    return manager.get_quantization_recipe()


def _float16_rule() -> dict[str, Any]:
    return {
        "regex": ".*",
        "operation": "*",
        "algorithm_key": "float_casting",
        "op_config": {
            "weight_tensor_config": {"num_bits": 16, "dtype": "FLOAT"},
            "compute_precision": "FLOAT",
            "explicit_dequantize": True,
            "skip_checks": False,
            "min_weight_elements": 0,
        },
    }


def _large_dense_layers(content: bytes) -> Sequence[str]:
    """Returns the names of dense layers worth int4: large, and not the output."""
    from ai_edge_litert import schema_py_generated as schema

    model = flatbuffer.unpack(content)
    names = []
    for graph, op in ((g, op) for g in model.subgraphs for op in g.operators or ()):
        code = flatbuffer.builtin_code(model, op)
        if code != schema.BuiltinOperator.FULLY_CONNECTED:
            continue
        size = int(np.prod(graph.tensors[op.inputs[1]].shape))
        if size >= SMALL_LAYER and op.outputs[0] not in graph.outputs:
            names.append(flatbuffer.text(graph.tensors[op.outputs[0]].name))
    return names


@contextlib.contextmanager
def _silence() -> Any:
    """Keeps the quantizer's progress bars and notes from the user's terminal."""
    from hypermask_tf.export.quiet import quiet_stderr

    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with quiet_stderr(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(level)
