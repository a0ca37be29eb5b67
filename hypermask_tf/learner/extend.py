"""Room for more tasks than first planned."""

from typing import Any

from hypermask_tf.learner import copies


def extend(model: Any, num_tasks: int) -> Any:
    """A copy of `model` with a capacity of `num_tasks` tasks.

    Every variable that has a row per task keeps its rows and gets new ones; all
    others are copied, so old tasks predict the same to the last bit of their
    weights.

    Raises:
        ValueError: If the capacity would not grow.
    """
    if num_tasks <= model.num_tasks:
        raise ValueError(
            f"`num_tasks` must be above the present capacity of {model.num_tasks}. "
            f"Received: num_tasks={num_tasks}"
        )
    longer = copies.clone_learner(model, num_tasks=num_tasks)
    copies.assign_all(model, longer)
    if model.num_finished_tasks < model.num_tasks:
        # The copy holds what was learned: further heads start as the first ones did.
        longer.state.bank.start_heads_as(model.num_finished_tasks, model.num_tasks)
    copies.check_tasks(model, longer, "`extend`")
    copies.compile_like(longer, model)
    return longer
