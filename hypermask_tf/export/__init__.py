"""From a learner, or a run, to verified LiteRT files.

`export_task`, `export_tasks`, and `export_router` for one file of all tasks.

Importing this package loads neither TensorFlow nor LiteRT; each module imports what
it needs when it is called.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypermask_tf.export.from_python.api import export_task, export_tasks
    from hypermask_tf.export.from_python.router import export_router

__all__ = ["export_router", "export_task", "export_tasks"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hypermask_tf.export.from_python import api, router

    return getattr(router if name == "export_router" else api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
