"""One of the authors' recorded trajectories, and a learner that can follow it.

PyTorch keeps dense kernels as [out, in] and convolutions as [out, in, h, w]; the
hypernetwork's outputs are laid out likewise. Here both are brought into Keras's
order, the last layer of the hypernetwork row by row.
"""

import json
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np

import hypermask_tf as hm
from hypermask_tf import files
from tests.golden.torch_adam import TorchAdam
from tests.learners import hyper_mask

_FOLDER = pathlib.Path(__file__).parents[1] / "data" / "golden"
_STEPS, _BATCH, TASKS = 6, 8, 3
# Axes of a PyTorch tensor in Keras's order, by rank.
_AXES = {1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}


class Deviation(NamedTuple):
    """Largest deviations after a task; of tensors, what nine in ten values keep."""

    first_loss: float
    losses: float
    logits: float
    target: float
    hypernetwork: float


class GoldenCase:
    """Arrays of `<name>.npz` in Keras's layout.

    Args:
        name: `"mlp"` or `"resnet"`.
        build: Makes the target.
        normalization: Names of its normalisation variables, as the file has them.
        maskable: Names of its kernels and biases, as the file has them.
    """

    def __init__(
        self,
        name: str,
        build: Callable[[], keras.Model],
        normalization: list[str],
        maskable: list[str],
    ) -> None:
        self.name = name
        self.arrays = files.read_arrays(_FOLDER / f"{name}.npz")
        self.settings = json.loads((_FOLDER / f"{name}.json").read_text())
        self._build = build
        self._names = normalization + maskable
        starts, position = {}, 0
        for variable in maskable:
            shape = self.arrays[f"init_t{self._names.index(variable)}"].shape
            starts[variable] = np.arange(np.prod(shape)).reshape(shape) + position
            position += np.prod(shape)
        order = [v.path for v in build().trainable_variables]
        # Keras's place of a score → its place in PyTorch.
        self._places = np.concatenate(
            [_turned(starts[path]).ravel() for path in order if path in starts]
        )

    def learner(self) -> hm.HyperMask:
        """The learner with the case's settings, not begun; weights are not yet its."""
        settings = self.settings
        masked = settings["norm_regularizer_masking"]
        model = hyper_mask(
            self._build(),
            TASKS,
            hm.MLPHypernetwork(5, (8, 6)),
            granularity="weight",
            sparsity=settings["sparsity_parameter"],
            mask_scale=1,
            ramp_steps=_STEPS,
            protection="current" if masked else "all",
            beta=settings["beta"],
            lam=settings["lambda"],
            output_reduction="authors",
            normalization="shared",
        )
        model.compile(
            TorchAdam(settings["learning_rate"]),
            keras.losses.CategoricalCrossentropy(from_logits=True),
            jit_compile=keras.backend.backend() == "jax",
        )
        return model

    def values(self, when: str) -> dict[str, np.ndarray]:
        """All tensors at `"init"` or `"after0"` …, by name, in Keras's layout."""
        files = self.arrays
        values = {
            name: _turned(files[f"{when}_t{i}"]) for i, name in enumerate(self._names)
        }
        values["embeddings"] = np.stack([files[f"{when}_h{i}"] for i in range(TASKS)])
        for layer in range(3):
            kernel, bias = (files[f"{when}_h{3 + 2 * layer + i}"] for i in (0, 1))
            if layer == 2:  # which both sides store as (scores, hidden)
                kernel, bias = kernel[self._places], bias[self._places]
            values[f"kernel_{layer}"] = kernel if layer == 2 else kernel.T
            values[f"bias_{layer}"] = bias
        return values

    @staticmethod
    def variables(model: hm.HyperMask) -> dict[str, keras.Variable]:
        """The learner's variables under the names of `values`."""
        stack = model.hypernetwork.stack
        return {
            **{v.path: v for v in model.target.trainable_variables},
            "embeddings": model.hypernetwork.embeddings,
            **{f"kernel_{i}": kernel for i, kernel in enumerate(stack.kernels)},
            **{f"bias_{i}": bias for i, bias in enumerate(stack.biases)},
        }

    def load(self, model: hm.HyperMask, when: str) -> None:
        """Gives the learner the tensors of a moment."""
        values, variables = self.values(when), self.variables(model)
        assert values.keys() == variables.keys()
        for name, variable in variables.items():
            variable.assign(values[name])

    def learn(self, model: hm.HyperMask, task: int) -> list[float]:
        """Begins a task, takes its six steps, and returns the loss before each."""
        x, y = self.arrays[f"x{task}"], self.arrays[f"y{task}"]
        model.begin_task(task)
        losses = []
        for step in range(_STEPS):
            rows = np.arange(_BATCH * step, _BATCH * (step + 1)) % len(x)
            model.reset_metrics()
            losses.append(
                model.train_on_batch(x[rows], y[rows], return_dict=True)["loss"]
            )
        return losses

    def loss_deviation(self, losses: list[float], task: int) -> float:
        """Largest deviation of losses from those of the file."""
        expected = self.arrays[f"loss_task{task}"][: len(losses)]
        return float(np.max(np.abs(np.asarray(losses) - expected)))

    def logit_deviation(self, model: hm.HyperMask, after: int) -> float:
        """Largest deviation of all logits on the validation samples."""
        deviation = 0.0
        for task in range(after + 1):
            x = self.arrays[f"vx{task}"]
            logits = model.predict(x, task=task, batch_size=len(x), verbose=0)
            expected = self.arrays[f"logits_after{after}_task{task}"]
            deviation = max(deviation, float(np.max(np.abs(logits - expected))))
        return deviation

    def tensor_deviation(self, model: hm.HyperMask, after: int) -> list[np.ndarray]:
        """By how much each value is off, first the target's, then the rest's."""
        values = self.values(f"after{after}")
        parts: list[list[np.ndarray]] = [[], []]
        for name, variable in self.variables(model).items():
            off = np.abs(keras.ops.convert_to_numpy(variable.value) - values[name])
            rest = name.startswith(("kernel_", "bias_", "embeddings"))
            parts[rest].append(off.ravel())
        return [np.concatenate(part) for part in parts]

    def follow(self, restart: bool) -> list[Deviation]:
        """Learns all tasks with a new learner and measures after each.

        Args:
            restart: Whether each task begins from the recorded tensors.
        """
        model, rows = self.learner(), []
        for task in range(TASKS):
            if restart or task == 0:
                self.load(model, f"after{task - 1}" if task else "init")
            losses = self.learn(model, task)
            target, hypernetwork = self.tensor_deviation(model, task)
            rows.append(
                Deviation(
                    self.loss_deviation(losses[:1], task),
                    self.loss_deviation(losses, task),
                    self.logit_deviation(model, task),
                    float(np.quantile(target, 0.9)),
                    float(np.quantile(hypernetwork, 0.9)),
                )
            )
            print(
                f"\n{self.name}, {'restarted' if restart else 'free'}, task {task}: "
                + ", ".join(f"{k} {v:.1e}" for k, v in rows[-1]._asdict().items())
                + f"; at most {target.max():.1e} and {hypernetwork.max():.1e}"
            )
        return rows


def check(rows: list[Deviation], limits: list[tuple[float, ...]]) -> None:
    """Compares deviations with their limits, task by task."""
    for task, (row, limit) in enumerate(zip(rows, limits, strict=True)):
        for name, value, most in zip(row._fields, row, limit, strict=True):
            assert value <= most, f"task {task}: {name} is off by {value:.2e}"


def _turned(tensor: np.ndarray) -> np.ndarray:
    return np.transpose(tensor, _AXES[tensor.ndim])
