"""What compaction removed."""

import dataclasses

import keras

from hypermask_tf.units.flat_graph import FlatGraph


@dataclasses.dataclass(frozen=True)
class CompactionReport:
    """Sizes of a model before and after compaction.

    Attributes:
        parameters: Number of parameters, before and after.
        units: Units or filters of each dense layer and convolution, before and
            after, under the layer's path.

    Example:

    >>> print(CompactionReport((210, 57), {"hidden": (16, 4), "logits": (2, 2)}))
    layer   units  left
    hidden     16     4
    logits      2     2
    parameters: 210 to 57 (27.1 %)
    """

    parameters: tuple[int, int]
    units: dict[str, tuple[int, int]]

    def __str__(self) -> str:
        wide = max(map(len, ["layer", *self.units]))
        lines = [f"{'layer':{wide}}  units  left"]
        lines += [f"{p:{wide}}  {b:5}  {a:4}" for p, (b, a) in self.units.items()]
        before, after = self.parameters
        share = 100 * after / max(before, 1)
        lines.append(f"parameters: {before:,} to {after:,} ({share:.1f} %)")
        return "\n".join(lines)


def compaction_report(before: keras.Model, after: keras.Model) -> CompactionReport:
    """Compares a model with its compaction.

    Args:
        before: A built Functional or Sequential model.
        after: What `compact` made of it.

    Raises:
        ValueError: If the layers of the two have different names.

    Example:

    >>> x = keras.Input((8,))
    >>> model = keras.Model(x, keras.layers.Dense(2, name="logits")(x))
    >>> compaction_report(model, model).units
    {'logits': (2, 2)}
    """
    widths = [_widths(model) for model in (before, after)]
    if widths[0].keys() != widths[1].keys():
        raise ValueError(
            "Expected a model and its compaction, with layers of the same names. "
            f"Received: {sorted(widths[0].keys() ^ widths[1].keys())} in one only"
        )
    return CompactionReport(
        (before.count_params(), after.count_params()),
        {path: (width, widths[1][path]) for path, width in widths[0].items()},
    )


def _widths(model: keras.Model) -> dict[str, int]:
    """Output widths of the dense layers and convolutions, by path."""
    return {
        step.path: int(step.output_shapes[0][-1] or 1)
        for step in FlatGraph(model).steps
        if step.is_layer
        and (hasattr(step.operation, "units") or hasattr(step.operation, "filters"))
    }
