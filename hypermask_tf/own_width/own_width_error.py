"""Why everything is computed."""


class OwnWidthError(Exception):
    """There is no network of a task's width that computes the same.

    No error for the user, only no gain: it says why, in a few words.
    """
