"""One saved state of a run."""

import dataclasses
import json
import pathlib
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from hypermask_tf import files
from hypermask_tf.compiling.saved_compile import UNSAVED
from hypermask_tf.training.position import Position


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose files are the ones that were written.

    Args:
        position: Where in the run it was saved.
        folder: Where its files lie.
        state: What the run knew then, besides the model.
    """

    position: Position
    folder: pathlib.Path
    state: dict[str, Any]

    def load_model(
        self, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
    ) -> Any:
        """The learner with its optimizer.

        If it was compiled with objects that a file cannot hold, such as a
        `functools.partial`, it comes without them, and a warning says so.

        Args:
            custom_objects: Classes and functions of your own, by name, that it is made
                of or was compiled with. What is registered need not be given.
            safe_mode: Whether to refuse code from the file: that of a `Lambda` layer,
                or a lambda it was compiled with.

        Raises:
            ValueError: If an object of your own is missing, or code is refused.
        """
        unsaved = self.config().get("compile_config", {}).get(UNSAVED)
        if unsaved:
            warnings.warn(
                "The learner was compiled with objects that a file cannot hold: "
                f"compile it again before you train it. Received: {unsaved}",
                stacklevel=2,
            )
        try:
            return keras.models.load_model(
                self.path, dict(custom_objects or {}), not unsaved, safe_mode
            )
        except (TypeError, ValueError) as error:
            raise ValueError(_advice(str(error))) from error

    @property
    def path(self) -> pathlib.Path:
        """The file of the model."""
        return self.folder / f"{self.position.stem}.keras"

    def config(self) -> dict[str, Any]:
        """What the file of the model says of its parts; plain data, nothing is run."""
        with zipfile.ZipFile(self.path) as archive:
            return dict(json.loads(archive.read("config.json")))

    def load_arrays(self) -> dict[str, np.ndarray]:
        """What callbacks keep, by name; mostly nothing."""
        path = self.folder / f"{self.position.stem}.npz"
        if not path.is_file():
            return {}
        return files.read_arrays(path)


def _advice(message: str) -> str:
    """What to do about an error of Keras, and the error itself."""
    advice = ""
    if "Could not locate" in message:
        advice = (
            "The learner has a class or a function of your own: pass it, as in "
            "`load_model(custom_objects={'MyLayer': MyLayer})`, or import what "
            "registers it. "
        )
    elif "safe_mode" in message:
        advice = (
            "The learner holds code, such as that of a `Lambda` layer. If you trust "
            "the file, pass `load_model(safe_mode=False)`. "
        )
    return f"{advice}{message}"
