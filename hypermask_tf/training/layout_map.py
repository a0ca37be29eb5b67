"""Which variables of a learner are shared out over devices, a part on each."""

from typing import Any

import keras

from hypermask_tf.hypernetworks import Hypernetwork, MaskBank, MLPHypernetwork


def hypernetwork_layout_map(
    device_mesh: Any, hypernetwork: Hypernetwork, axis: str = "model"
) -> Any:
    """A `keras.distribution.LayoutMap` that splits what has a row per score.

    With a score per weight the hypernetwork's last layer is many times larger than the
    target, with its two optimizer moments larger still. Each device then holds its part
    of the scores, and everything that belongs to them: kernel and bias of that layer,
    their moments, z* and the marks of what is on. All else is on every device.

    Args:
        device_mesh: A `keras.distribution.DeviceMesh`. The number of scores must be
            a multiple of the devices along `axis`.
        hypernetwork: One like the learner's, built or not.
        axis: Name of the axis of the mesh to split over.

    Raises:
        ValueError: If the hypernetwork has no row per score.

    Example:

    >>> from hypermask_tf import MLPHypernetwork
    >>> mesh = keras.distribution.DeviceMesh((1, 1), ("batch", "model"), ["cpu:0"])
    >>> layouts = hypernetwork_layout_map(mesh, MLPHypernetwork(hidden=(25, 25)))
    >>> layouts["stack/kernel_2"].axes
    ('model', None)

    Source: this library's own; the layer is the H x N one of arXiv 2310.00113.
    """
    layouts = keras.distribution.LayoutMap(device_mesh)
    if isinstance(hypernetwork, MLPHypernetwork):
        last = len(hypernetwork.hidden)
        layouts[f"(.*/)?stack/kernel_{last}"] = (axis, None)
        layouts[f"(.*/)?stack/bias_{last}"] = (axis,)
    elif isinstance(hypernetwork, MaskBank):
        layouts["(.*/)?mask_bank[_0-9]*/bank"] = (None, axis)
        layouts["(.*/)?mask_bank[_0-9]*/scores"] = (axis,)
    else:
        raise ValueError(
            "Scores are shared out by rows of the hypernetwork: expected an "
            f"MLPHypernetwork or a MaskBank. Received: {type(hypernetwork).__name__}"
        )
    layouts["(.*/)?memory/(scores|support)"] = (None, axis)
    return layouts
