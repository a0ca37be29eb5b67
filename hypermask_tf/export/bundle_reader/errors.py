"""The one error of this package."""


class BundleError(ValueError):
    """A bundle or an update cannot be read: foreign, newer, damaged or out of bounds.

    The text says what was expected and what was received.
    """
