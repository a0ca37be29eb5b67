"""How large a hypernetwork will be, known before anything is allocated."""

from hypermask_tf.hypernetworks.chunked_hypernetwork import ChunkedHypernetwork
from hypermask_tf.hypernetworks.hypernetwork import GIB, Hypernetwork
from hypermask_tf.hypernetworks.mlp_hypernetwork import MLPHypernetwork

# The weight itself and Adam's two moments, float32.
BYTES_PER_PARAMETER = 3 * 4


def training_bytes(hypernetwork: Hypernetwork, num_tasks: int, num_scores: int) -> int:
    """Bytes of the hypernetwork with the moments of Adam and its tasks' scores."""
    parameters = hypernetwork.num_parameters(num_tasks, num_scores)
    state = hypernetwork.state_bytes(num_tasks, num_scores)
    return BYTES_PER_PARAMETER * parameters + state


def check_budget(hypernetwork: Hypernetwork, num_tasks: int, num_scores: int) -> None:
    """Refuses a hypernetwork that would not fit.

    Args:
        hypernetwork: One whose weights are not made yet.
        num_tasks: Capacity in tasks.
        num_scores: Scores it has to emit.

    Raises:
        ValueError: If weights, two optimizer moments and kept scores need more than its
            `memory_limit`; names the bytes and a chunk size that fits.
    """
    limit = hypernetwork.memory_limit
    needed = training_bytes(hypernetwork, num_tasks, num_scores)
    if needed <= limit:
        return
    raise ValueError(
        f"{type(hypernetwork).__name__} for {num_scores:,} scores needs "
        f"{needed:,} bytes ({needed / GIB:.2f} GiB) with optimizer moments and the "
        f"scores of {num_tasks} tasks, above "
        f"the limit of {limit:,} bytes. "
        f"{_advice(hypernetwork, num_tasks, num_scores, limit)} "
        f"Or raise it: {type(hypernetwork).__name__}(memory_limit={needed}). "
        f"Received: memory_limit={limit}"
    )


def _advice(
    hypernetwork: Hypernetwork, num_tasks: int, num_scores: int, limit: int
) -> str:
    dim = hypernetwork.embedding_dim if hypernetwork.shared else 32
    hidden = (
        hypernetwork.hidden
        if isinstance(hypernetwork, MLPHypernetwork | ChunkedHypernetwork)
        else (100,)
    )
    size = 1 << (num_scores.bit_length() - 1)
    while size >= 1:
        chunked = ChunkedHypernetwork(dim, hidden, chunk_size=size, seed=0)
        if training_bytes(chunked, num_tasks, num_scores) <= limit:
            return (
                f"Use ChunkedHypernetwork(embedding_dim={dim}, hidden={hidden}, "
                f"chunk_size={size}), which fits, or masks=UnitMasks()."
            )
        size //= 2
    return "Use masks=UnitMasks(), or fewer hidden units."
