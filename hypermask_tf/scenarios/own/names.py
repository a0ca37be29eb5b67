"""Names of tasks and classes: each is one thing."""

from collections.abc import Iterable


def check_names(what: str, names: Iterable[str]) -> None:
    """Refuses names that a reader, or a file system, takes for the same.

    Args:
        what: What they name, in the singular.
        names: The names.

    Raises:
        ValueError: If two differ in case or blanks only, or one is empty.

    Example:

    >>> check_names("task", ["left", "right"])
    """
    seen: dict[str, str] = {}
    for name in names:
        key = " ".join(name.split()).casefold()
        if not key:
            raise ValueError(
                f"Expected every {what} to have a name. Received: {name!r}. Give it "
                "one."
            )
        if key in seen:
            raise ValueError(
                f"Expected a name of its own for every {what}. Received: "
                f"{seen[key]!r} and {name!r}. Rename one, or put both together."
            )
        seen[key] = name
