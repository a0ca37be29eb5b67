"""The table that `HyperMask.summary` prints."""

import math
from typing import Any

import numpy as np

from hypermask_tf.hypernetworks.budget import training_bytes


def describe(model: Any) -> str:
    """Sizes of a learner: parameters, scores, bytes, and zeros per learned task.

    Args:
        model: A `HyperMask`.
    """
    target, layout = model.target, model.state.layout
    begun = f"{model.num_learned_tasks} of {model.num_tasks} tasks begun"
    lines = [f"HyperMask {model.name!r}: {begun}"]
    if model.base is not None:
        return "\n".join([*lines, *_base(model)])
    lines += [*_masks(model), "", _row("variable", "shape", *_tasks(model))]
    masks = [model.mask_arrays(task) for task in model.state.tasks]
    for i, variable in enumerate(target.trainable_variables):
        kept = [_kept(mask[i]) for mask in masks]
        shape = " x ".join(map(str, variable.shape))
        lines.append(_row(variable.path, shape, *kept))
    counts = [model.state.num_outputs(task) for task in model.state.tasks]
    if any(counts):
        width = model.state.bank.head_width
        outputs = [str(count or width) for count in counts]
        lines += ["", _row("outputs", str(width), *outputs)]
    lines += ["", _totals(model, masks)]
    graph = getattr(layout, "graph", None)
    if graph is not None and graph.opaque:
        lines.append(f"  dense by rule  layers without unit rule: {graph.opaque}")
    return "\n".join(lines)


def _masks(model: Any) -> list[str]:
    target, layout = model.target, model.state.layout
    weights = sum(math.prod(v.shape) for v in target.trainable_variables)
    hyper = model.hypernetwork.num_parameters(model.num_tasks, layout.num_scores)
    size = training_bytes(model.hypernetwork, model.num_tasks, layout.num_scores)
    return [
        f"  target         {target.name}, {weights:,} trainable parameters",
        f"  masks          {layout.num_scores:,} scores in {len(layout.group_sizes)} "
        f"groups, {_percent(layout)} % off: {model.masks!r}",
        f"  a step         computes {_computed(model, weights)}",
        f"  hypernetwork   {type(model.hypernetwork).__name__}, {hyper:,} parameters "
        f"({size / 2**20:,.1f} MiB with optimizer moments)",
        f"  protection     {model.protection!r}",
    ]


def _base(model: Any) -> list[str]:
    target, own = model.target, {id(v) for v, _ in model.state.bank.rows()}
    sizes = {False: 0, True: 0}
    for variable in target.variables:
        sizes[id(variable) in own] += math.prod(variable.shape)
    return [
        f"  target         {target.name} on {model.base!r}",
        f"  shared         {sizes[False]:,} parameters, frozen",
        f"  each task's    {sizes[True]:,} values",
    ]


def _computed(model: Any, weights: int) -> str:
    if model.dense_fallback_reason:
        return f"all {weights:,} parameters: {model.dense_fallback_reason}"
    compact = model.state.network.compact.model
    own = sum(math.prod(v.shape) for v in compact.trainable_variables)
    return f"{own:,} of them, for the units that are on"


def _percent(layout: Any) -> str:
    values = layout.counts.sparsities
    if len(set(values)) == 1:
        values = values[:1]
    return ", ".join(f"{value:g}" for value in values)


def _tasks(model: Any) -> list[str]:
    given = model.state.names.given()
    return [_short(given.get(i, f"task {i}")) for i in model.state.tasks]


def _short(name: str) -> str:
    return name if len(name) < 10 else f"{name[:8]}…"


def _row(name: str, shape: str, *cells: str) -> str:
    columns = "".join(f"{cell:>10}" for cell in cells)
    return f"  {name[-38:]:<38} {shape:>18}{columns}"


def _kept(mask: np.ndarray | None) -> str:
    return "all" if mask is None else f"{np.count_nonzero(mask):,}"


def _totals(model: Any, masks: list[list[np.ndarray | None]]) -> str:
    cells = []
    for mask in masks:
        kept = sum(
            math.prod(v.shape) if m is None else np.count_nonzero(m)
            for v, m in zip(model.target.trainable_variables, mask, strict=True)
        )
        cells.append(f"{kept:,}")
    total = sum(math.prod(v.shape) for v in model.target.trainable_variables)
    return _row("non-zero parameters", f"{total:,}", *cells)
