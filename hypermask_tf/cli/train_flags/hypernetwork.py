"""The hypernetwork."""

from absl import flags

from hypermask_tf.cli.train_flags.values import WIDTHS, are_widths

HYPERNETWORK = flags.DEFINE_enum(
    "hypernetwork",
    "mlp",
    ["mlp", "chunked", "mask_bank"],
    "What emits the scores; mask_bank: independent scores per task.",
)
HYPER_HIDDEN = flags.DEFINE_list(
    "hyper_hidden", ["25", "25"], "Widths of the hypernetwork's hidden layers."
)
EMBEDDING = flags.DEFINE_integer(
    "embedding_dim", 128, "Length of a task's embedding.", lower_bound=1
)
HYPER_RATE = flags.DEFINE_float(
    "hyper_rate",
    1.0,
    "How fast the hypernetwork learns: --learning_rate is multiplied by so much.",
    1e-9,
)
CHUNK_SIZE = flags.DEFINE_integer(
    "chunk_size", 4096, "Scores per chunk of a chunked hypernetwork.", lower_bound=1
)
CHUNK_EMBEDDING = flags.DEFINE_integer(
    "chunk_embedding_dim", 32, "Length of a chunk's embedding.", lower_bound=1
)
MEMORY_GIB = flags.DEFINE_float(
    "memory_limit_gib", 2.0, "Memory allowed for the hypernetwork in training.", 0.0
)

flags.register_validator("hyper_hidden", are_widths, message=WIDTHS)
