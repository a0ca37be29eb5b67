"""Puts the sparsity of the mask being learned into the logs."""

from typing import Any

import keras
import numpy as np


class MaskMonitor(keras.callbacks.Callback):
    """Logs `mask_sparsity`, the share of masked weights that are zero, per epoch."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            arrays = self.model.mask_arrays(self.model.num_learned_tasks - 1)
            masks = [mask for mask in arrays if mask is not None]
            zeros = sum(int(np.count_nonzero(mask == 0)) for mask in masks)
            logs["mask_sparsity"] = zeros / max(sum(mask.size for mask in masks), 1)
