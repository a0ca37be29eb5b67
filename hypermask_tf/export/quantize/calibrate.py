"""The ranges of activations, seen over examples of a task."""

import warnings
from typing import Any

from hypermask_tf.export.saved_model import SIGNATURE


def activation_ranges(
    content: bytes, rules: Any, examples: list[dict[str, Any]]
) -> dict[str, Any]:
    """Returns the smallest and largest value of every tensor over all examples.

    The quantizer's own default is a moving average over examples, which forgets
    the extremes of the first ones and clips logits.

    Args:
        content: a float32 `.tflite` file.
        rules: the quantizer's recipe, which says what needs ranges.
        examples: inputs by name, one dictionary an example.

    Raises:
        ValueError: when the runtime keeps some of them to itself.
    """
    from litert_quantizer import calibrator, recipe_manager
    from litert_quantizer.utils import qsv_utils

    manager = recipe_manager.RecipeManager()
    manager.load_quantization_recipe(rules)
    with warnings.catch_warnings():
        # It keeps every tensor to look at it; that this takes memory is known.
        warnings.simplefilter("ignore", UserWarning)
        tool = calibrator.Calibrator(
            content, num_threads=1, qsv_update_func=qsv_utils.min_max_update
        )
    try:
        tool.calibrate({SIGNATURE: examples}, manager)
    except ValueError as error:
        raise ValueError(
            "the ranges of some activations cannot be seen, as those inside of "
            f"recurrent layers ({error})"
        ) from error
    ranges: dict[str, Any] = tool.get_model_qsvs()
    return ranges
