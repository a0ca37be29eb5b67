"""The error that a folder has another writer."""


class FolderInUseError(OSError):
    """Another process writes to the folder.

    The text says which, since when, and what to do.
    """
