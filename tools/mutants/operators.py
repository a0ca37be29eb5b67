"""Kinds of faults that Cosmic Ray does not know: those of array programs."""

from collections.abc import Iterable, Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator

Position = tuple[tuple[int, int], tuple[int, int]]

_PAIRS = (
    ("max", "min"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("ceil", "floor"),
    ("any", "all"),
    ("logical_and", "logical_or"),
    ("ones", "zeros"),
    ("ones_like", "zeros_like"),
    ("equal", "not_equal"),
)
_OTHER = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_DROPPED = frozenset(
    "stop_gradient abs copy logical_not sign round square sqrt reversed sorted".split()
)
_ADDING = frozenset(("+=", "-=", "*=", "/=", "|=", "&="))
_TASKS = ("task", "current", "finished", "source")
# Arguments without which a call does the same, or fails at once.
_KEPT = frozenset("dtype name strict stacklevel initializer verbose key kind".split())


class _AtNodes(Operator):
    """An operator that mutates some nodes in one way each."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if self.suits(node):
            yield node.start_pos, node.end_pos

    def suits(self, node: Any) -> bool:
        """Whether this node can be mutated."""
        raise NotImplementedError

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return ()


class SwapFunction(_AtNodes):
    """`max` for `min`, `ceil` for `floor`, `any` for `all`, and so on."""

    def suits(self, node: Any) -> bool:
        return node.type == "name" and node.value in _OTHER and _is_called(node)

    def mutate(self, node: Any, index: int) -> Any:
        node.value = _OTHER[node.value]
        return node


class DropFunction(_AtNodes):
    """`x` for `stop_gradient(x)`, `abs(x)`, `copy(x)`, and so on."""

    def suits(self, node: Any) -> bool:
        return (
            node.type in ("atom_expr", "power")
            and len(node.children) >= 2
            and _is_call(node.children[-1])
            and (len(node.children[-1].children) == 3 or _is_copy(node))
            and _last_name(node.children[-2]) in _DROPPED
        )

    def mutate(self, node: Any, index: int) -> Any:
        callee, call = node.children[:-1], node.children[-1]
        if _is_copy(node):
            text = "".join(child.get_code() for child in callee[:-1])
            return _code(node, text.strip())
        inner = call.children[1].get_code()
        return _code(node, f"(lambda it, *_, **__: it)({inner})")


class SwapBranches(_AtNodes):
    """`where(c, b, a)` for `where(c, a, b)`."""

    def suits(self, node: Any) -> bool:
        return (
            node.type == "arglist"
            and _last_name(_before(node.parent)) == "where"
            and len(node.children) in (5, 6)
        )

    def mutate(self, node: Any, index: int) -> Any:
        first, second = node.children[2], node.children[4]
        node.children[2] = _code(first, second.get_code(include_prefix=False))
        node.children[4] = _code(second, first.get_code(include_prefix=False))
        return node


class RemoveCall(_AtNodes):
    """`pass` for a statement that is nothing but a call, or adds to a variable."""

    def suits(self, node: Any) -> bool:
        if node.type != "simple_stmt":
            return False
        first = node.children[0]
        if first.type in ("atom_expr", "power"):
            return _is_call(first.children[-1])
        # `+=` and its like; what is only named with `=` would fail at once.
        return first.type == "expr_stmt" and _text(first.children[1]) in _ADDING

    def mutate(self, node: Any, index: int) -> Any:
        node.children[0] = _code(node.children[0], "pass")
        return node


class DropArgument(_AtNodes):
    """The default for an argument that is given by name."""

    def suits(self, node: Any) -> bool:
        return (
            node.type == "argument"
            and node.parent.type == "arglist"
            and len(node.children) == 3
            and node.children[1].value == "="
            and node.children[0].value not in _KEPT
        )

    def mutate(self, node: Any, index: int) -> Any:
        return _code(node, "**{}")


class SwapTask(Operator):
    """One task for another, where a function knows several: `current` for `task`."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        for _ in self._others(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.value = self._others(node)[index]
        return node

    def _others(self, node: Any) -> list[str]:
        if node.type != "name" or node.value not in _TASKS or node.is_definition():
            return []
        function: Any = parso.tree.search_ancestor(node, "funcdef")
        if function is None or node.parent.type in ("trailer", "param", "argument"):
            return []
        known = {p.name.value for p in function.get_params()}
        return [name for name in _TASKS if name in known and name != node.value]

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return ()


OWN: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        SwapFunction,
        DropFunction,
        SwapBranches,
        RemoveCall,
        DropArgument,
        SwapTask,
    )
}


def _code(node: Any, text: str) -> Any:
    """A node that reads `text` where `node` stood."""
    prefix = node.get_first_leaf().prefix
    return parso.python.tree.Name(text, node.start_pos, prefix)


def _is_call(trailer: Any) -> bool:
    return trailer.type == "trailer" and trailer.children[0].value == "("


def _is_called(name: Any) -> bool:
    node = name.parent if name.parent.type == "trailer" else name
    after = node.get_next_sibling()
    return after is not None and after.type == "trailer" and _is_call(after)


def _before(trailer: Any) -> Any:
    return trailer.get_previous_sibling() if trailer.type == "trailer" else None


def _is_copy(node: Any) -> bool:
    """Whether it ends with `.copy()`."""
    return len(node.children) > 2 and _text(node)[-7:] == ".copy()"


def _last_name(node: Any) -> str:
    if node is None:
        return ""
    if node.type == "trailer" and node.children[0].value == ".":
        return str(node.children[1].value)
    return str(node.value) if node.type == "name" else ""


def _text(node: Any) -> str:
    return str(node.get_code(include_prefix=False))
