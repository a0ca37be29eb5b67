"""Puts the sparsity of the mask being learned into the logs."""

from typing import Any

import keras
import numpy as np

# Position of `callbacks` in `keras.Model.fit(x, y, batch_size, epochs, verbose, …)`
# behind x and y.
_CALLBACKS = 3


class MaskMonitor(keras.callbacks.Callback):
    """Logs `mask_sparsity`, the share of masked weights that are zero, per epoch."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            arrays = self.model.mask_arrays(self.model.active_task)
            masks = [mask for mask in arrays if mask is not None]
            zeros = sum(int(np.count_nonzero(mask == 0)) for mask in masks)
            logs["mask_sparsity"] = zeros / max(sum(mask.size for mask in masks), 1)


def with_mask_monitor(
    model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of `fit` with a `MaskMonitor` before all other callbacks.

    Callbacks see the same logs one after the other, so those of the user find
    `mask_sparsity` like any metric.
    """
    positional = len(args) > _CALLBACKS
    given = args[_CALLBACKS] if positional else kwargs.get("callbacks")
    if isinstance(given, keras.callbacks.CallbackList):
        if not any(isinstance(c, MaskMonitor) for c in given.callbacks):
            monitor = MaskMonitor()
            monitor.set_model(model)
            given.callbacks.insert(0, monitor)
        return args, kwargs
    listed = [MaskMonitor(), *_as_list(given)]
    if positional:
        return (*args[:_CALLBACKS], listed, *args[_CALLBACKS + 1 :]), kwargs
    return args, {**kwargs, "callbacks": listed}


def _as_list(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
