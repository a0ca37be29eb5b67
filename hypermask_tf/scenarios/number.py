"""A number that a task predicts, and the scale on which networks learn it."""

import dataclasses

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Number:
    """The scale of a number that is predicted: mean 0, deviation 1 in training.

    Data, results and exported files speak in the unit of the data. Only networks, from
    their head to their loss, speak on this scale, on which one learning rate suits
    prices and temperatures.

    Args:
        mean: Mean of the training data; what a model without inputs would predict.
        std: Their standard deviation.
    """

    mean: float
    std: float

    @classmethod
    def of(cls, values: npt.NDArray[np.floating], name: str) -> "Number":
        """The scale of a task's training data.

        Args:
            values: What is to be predicted, `(n,)`.
            name: The task, for the message.

        Raises:
            ValueError: If all of them are the same.
        """
        values = np.asarray(values, np.float64)
        if np.ptp(values) <= 1e-12 * np.abs(values).max(initial=0.0):
            raise ValueError(
                f"Expected numbers to predict that differ. Received: {name}, whose "
                f"{len(values)} training samples all have {float(values[0]):g}. Remove "
                "the task, or add samples."
            )
        return cls(float(values.mean()), float(values.std()))

    def to_scale(self, values: Values) -> Values:
        """Values in the unit of the data, as networks learn them.

        Example:

        >>> Number(mean=20.0, std=5.0).to_scale(np.array([20, 30], "float32")).tolist()
        [0.0, 2.0]
        """
        return ((values - self.mean) / self.std).astype(np.float32)

    def to_unit(self, outputs: Values) -> Values:
        """Outputs of a network, in the unit of the data.

        Example:

        >>> Number(mean=20.0, std=5.0).to_unit(np.array([0, 2], "float32")).tolist()
        [20.0, 30.0]
        """
        return (outputs * self.std + self.mean).astype(np.float32)
