"""Split digits: the smallest benchmark, with data of its own."""

from collections.abc import Sequence

from hypermask_tf.scenarios.benchmark import named
from hypermask_tf.scenarios.digits import load_digits
from hypermask_tf.scenarios.from_arrays import from_arrays
from hypermask_tf.scenarios.scenario import Scenario


def split_digits(
    classes_per_task: int | Sequence[int] = 2,
    *,
    num_tasks: int | None = None,
    seed: int | None = None,
    validation_size: int | float = 0.1,
    validation_from: str = "first",
    test_size: float = 0.25,
    split_seed: int = 0,
) -> Scenario:
    """Split digits: five tasks of two classes, from scikit-learn's own 8x8 digits.

    Small enough (1,797 images, no download) for tests and first steps. The data
    set has no test set, so a stratified part of it is set aside.

    Args:
        classes_per_task: Number of classes of every task, or one number per task.
        num_tasks: Keep only that many tasks from the start. Defaults to all.
        seed: `None` for classes in natural order; an integer shuffles them.
        validation_size: Number or fraction of training samples to set aside.
        validation_from: `"first"` or `"random"`.
        test_size: Fraction of the samples that make the test set.
        split_seed: Seed of the choice of test samples.

    Output shape:
        `(n, 8, 8, 1)`, pixels in 0..1.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If sizes do not fit.

    Example:

    >>> from hypermask_tf.scenarios import split_digits
    >>> x, y = split_digits()[0].test
    >>> x.shape, float(x.max())
    ((91, 8, 8, 1), 1.0)

    Source: E. Alpaydin and C. Kaynak,
    [Optical Recognition of Handwritten Digits](https://doi.org/10.24432/C50P49).
    """
    base = from_arrays(
        *load_digits(test_size, split_seed),
        classes_per_task,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        scale=1 / 16,
        raw_range=(0, 16),
    )
    return named(base, "split_digits", test_size=test_size, split_seed=split_seed)
