"""The life of a product: tasks are added, learned again, forgotten, switched back."""

from hypermask_tf.product.changes import finish
from hypermask_tf.product.journal import Journal
from hypermask_tf.product.ledger import find, versions
from hypermask_tf.product.operations import forget, make_current, undo

__all__ = [
    "Journal",
    "find",
    "finish",
    "forget",
    "make_current",
    "undo",
    "versions",
]
