"""The one error of this package."""


class BundleError(ValueError):
    """A bundle or an update is damaged, foreign, of another version or too large."""
