"""Arrays with many zeros in the sparse form of the TensorFlow Lite schema."""

from typing import Any

import numpy as np


def sparsity_parameters(values: np.ndarray) -> Any:
    """Returns the `SparsityParametersT` of an array: rows compressed, the rest dense.

    All axes but the last are traversed in full; of the last only the positions of
    values that are not zero are kept, in the smallest integers that hold them.
    """
    from ai_edge_litert import schema_py_generated as schema

    parameters = schema.SparsityParametersT()
    parameters.traversalOrder = np.arange(values.ndim, dtype=np.int32)
    parameters.blockMap = None
    parameters.dimMetadata = []
    for size in values.shape[:-1]:
        dense = schema.DimensionMetadataT()
        dense.format, dense.denseSize = schema.DimensionType.DENSE, int(size)
        parameters.dimMetadata.append(dense)
    segments, positions = row_segments(values)
    sparse = schema.DimensionMetadataT()
    sparse.format = schema.DimensionType.SPARSE_CSR
    sparse.arraySegmentsType, sparse.arraySegments = _index_vector(segments)
    sparse.arrayIndicesType, sparse.arrayIndices = _index_vector(positions)
    parameters.dimMetadata.append(sparse)
    return parameters


def row_segments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns where each row begins among the kept values, and their positions.

    Example:

    >>> row_segments(np.array([[0, 5, 0], [7, 0, 9]]))
    (array([0, 1, 3]), array([1, 0, 2]))
    """
    rows = values.reshape(-1, values.shape[-1])
    counts = np.count_nonzero(rows, axis=1)
    return np.concatenate([[0], np.cumsum(counts)]), np.nonzero(rows)[1]


def sparse_bytes(values: np.ndarray) -> int:
    """Returns how many bytes the values and their places take in sparse form."""
    segments, positions = row_segments(values)
    kept = len(positions) * values.dtype.itemsize
    return kept + sum(
        len(array) * _index_type(array).itemsize for array in (segments, positions)
    )


def dense_values(tensor: Any, kept: np.ndarray) -> np.ndarray:
    """Returns the array of a tensor in the form of `sparsity_parameters`."""
    rows = np.zeros(
        (int(np.prod(tensor.shape[:-1])), int(tensor.shape[-1])), kept.dtype
    )
    sparse = tensor.sparsity.dimMetadata[-1]
    segments = np.asarray(sparse.arraySegments.values).astype(int)
    positions = np.asarray(sparse.arrayIndices.values).astype(int)
    rows[np.repeat(np.arange(len(rows)), np.diff(segments)), positions] = kept
    return rows.reshape(tuple(tensor.shape))


def _index_type(indices: np.ndarray) -> Any:
    largest = int(indices.max(initial=0))
    for kind in (np.uint8, np.uint16):
        if largest <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.int32)


def _index_vector(indices: np.ndarray) -> tuple[int, Any]:
    from ai_edge_litert import schema_py_generated as schema

    kind = _index_type(indices)
    union = schema.SparseIndexVector
    number, vector = {
        "uint8": (union.Uint8Vector, schema.Uint8VectorT()),
        "uint16": (union.Uint16Vector, schema.Uint16VectorT()),
        "int32": (union.Int32Vector, schema.Int32VectorT()),
    }[kind.name]
    vector.values = indices.astype(kind)
    return number, vector
