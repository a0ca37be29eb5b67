"""What `fit` of a learner adds to the callbacks it is given."""

from typing import Any

import keras

from hypermask_tf.learner.finite_guard import FiniteGuard
from hypermask_tf.learner.mask_monitor import MaskMonitor

# Position of `callbacks` in `keras.Model.fit(x, y, batch_size, epochs, verbose, …)`
# behind x and y.
_CALLBACKS = 3


def with_callbacks(
    model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of `fit` with a learner's own callbacks before all others.

    Callbacks see the same logs one after the other, so those of the user find
    `mask_sparsity` like any metric.
    """
    own: list[keras.callbacks.Callback] = [
        FiniteGuard(model.state.names.label(model.num_learned_tasks - 1)),
        MaskMonitor(),
    ]
    positional = len(args) > _CALLBACKS
    given = args[_CALLBACKS] if positional else kwargs.get("callbacks")
    if isinstance(given, keras.callbacks.CallbackList):
        given.callbacks[:] = [
            *own,
            *(
                c
                for c in given.callbacks
                if not isinstance(c, FiniteGuard | MaskMonitor)
            ),
        ]
        for callback in own:
            callback.set_model(model)
        return args, kwargs
    listed = [*own, *_as_list(given)]
    if positional:
        return (*args[:_CALLBACKS], listed, *args[_CALLBACKS + 1 :]), kwargs
    return args, {**kwargs, "callbacks": listed}


def _as_list(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
