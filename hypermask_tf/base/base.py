"""The common base of the ways in which tasks stand on a trained network."""

import keras

from hypermask_tf.masks import Masks
from hypermask_tf.spec import Spec


class Base(Spec):
    """Says what tasks share of a network that knows something, and what each owns.

    A subclass defines both methods.
    """

    def prepare(self, target: keras.Model) -> keras.Model:
        """The network that a learner works with: it computes what `target` does.

        A network that was prepared before, and saved, comes back as it is.

        Args:
            target: The trained network. It is left as it is.

        Raises:
            ValueError: If it does not suit.
        """
        raise NotImplementedError

    def masks(self) -> Masks:
        """What a task's mask switches off."""
        raise NotImplementedError
