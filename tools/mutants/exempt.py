"""Places where a fault cannot matter: annotations, messages, names."""

import ast
from collections.abc import Iterator

Position = tuple[int, int]

_NO_MATTER = frozenset(("strict", "stacklevel", "name", "dtype", "verbose"))
_TEXT = frozenset(("__str__", "__repr__"))


def exempt_spans(source: str) -> list[tuple[Position, Position]]:
    """Where no mutant is made, as pairs of line and column; columns are characters."""
    lines = source.splitlines()

    def position(line: int, offset: int) -> Position:
        # `ast` counts bytes.
        return line, len(lines[line - 1].encode()[:offset].decode())

    return [
        (
            position(node.lineno, node.col_offset),
            position(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )
        for node in _exempt(ast.parse(source))
    ]


def _exempt(tree: ast.Module) -> Iterator[ast.expr | ast.stmt | ast.keyword]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and _is_alias(statement):
            yield statement
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            if node.returns:
                yield node.returns
            if node.name in _TEXT:
                yield from node.body
            yield from node.decorator_list
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.Call):
            if _name(node.func) in ("warn", "isinstance"):
                yield from node.args
            yield from (k for k in node.keywords if k.arg in _NO_MATTER)
        elif isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert | ast.Delete):
            yield node


def _is_alias(statement: ast.Assign) -> bool:
    """Whether it names a type, or what a module exports."""
    names = [_name(target) for target in statement.targets]
    return any(name == "__all__" or name[:1].isupper() for name in names) and not any(
        name.isupper() for name in names
    )


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
