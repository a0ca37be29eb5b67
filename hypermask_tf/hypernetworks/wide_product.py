"""The product that a step's time goes into: few rows times a very tall kernel."""

from typing import Any

from keras import ops

Tensor = Any

# Above so many rows one product of matrices beats a sum of outer ones.
MOST_ROWS = 32


def wide_product(kernel: Tensor, rows: Tensor, fused: bool) -> Tensor:
    """`rows · kernelᵀ` for a kernel that holds nearly all of a model's weights.

    The gradient of the kernel is as large as the kernel. As a product of matrices it
    is written to memory and read again by the optimizer. As a sum of outer products,
    one per row, it is elementwise: XLA computes it inside the loop that updates the
    weights, and it never exists in memory.

    Args:
        kernel: `(scores, hidden)`.
        rows: `(tasks, hidden)`.
        fused: Whether XLA compiles the step. Without it the sum would be slow, and
            the gradient is a product of matrices.

    Returns:
        `(tasks, scores)`.
    """
    if not fused or rows.shape[0] > MOST_ROWS:
        return _product(kernel, rows)
    # A tensor, and no copy: TensorFlow's custom gradients take no variables.
    return _few_rows(ops.reshape(kernel, kernel.shape), rows)


def _product(kernel: Tensor, rows: Tensor) -> Tensor:
    # This way round the kernel is read in order, forwards and backwards.
    return ops.transpose(ops.matmul(kernel, ops.transpose(rows)))


@ops.custom_gradient
def _few_rows(kernel: Tensor, rows: Tensor) -> tuple[Tensor, Any]:
    def backwards(*args: Tensor, upstream: Tensor = None) -> tuple[Tensor, Tensor]:
        if upstream is None:
            (upstream,) = args
        inner = ops.matmul(upstream, kernel)
        # Nothing is added. But XLA must not think that the kernel can be updated while
        # this product still reads it: it would work on a copy, made in every step.
        after = rows + 0.0 * inner
        outer = sum(
            ops.expand_dims(upstream[i], 1) * after[i] for i in range(rows.shape[0])
        )
        return outer, inner

    return _product(kernel, rows), backwards


def whole_gradient(tensor: Tensor, one: Tensor) -> Tensor:
    """`tensor`, whose gradient XLA computes once and keeps.

    A gradient that goes to every row of a matrix is cheap to store and dear to compute.
    Left alone, XLA computes it again for each row, inside the loop that uses it. It
    does not look into a loop whose number of turns it does not know.

    Args:
        tensor: Any.
        one: An int32 scalar that is 1, which XLA must not know.
    """

    @ops.custom_gradient
    def same(tensor: Tensor) -> tuple[Tensor, Any]:
        def backwards(*args: Tensor, upstream: Tensor = None) -> Tensor:
            if upstream is None:
                (upstream,) = args
            unit = ops.cast(one, upstream.dtype)
            _, gradient = ops.while_loop(
                lambda i, gradient: i < one,
                lambda i, gradient: (i + 1, gradient * unit),
                (ops.zeros((), dtype="int32"), upstream),
            )
            return gradient

        return ops.reshape(tensor, tensor.shape), backwards

    return same(tensor)
