"""What the texts in a list may be."""

from collections.abc import Callable, Sequence

WIDTHS = "Expected positive layer widths such as 400,400"


def are_widths(texts: Sequence[str]) -> bool:
    """Whether all are positive whole numbers."""
    return all(text.strip().isdigit() and int(text) > 0 for text in texts)


def are_within(lowest: float, highest: float) -> Callable[[Sequence[str]], bool]:
    """A function that says whether there are texts, all of them numbers in a range."""

    def check(texts: Sequence[str]) -> bool:
        try:
            numbers = [float(text) for text in texts]
        except ValueError:
            return False
        return bool(numbers) and all(lowest <= n <= highest for n in numbers)

    return check
