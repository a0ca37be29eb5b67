"""One small fault, and where a room has room for one."""

import ast
import dataclasses
import difflib
import pathlib
import random
from collections.abc import Iterator, Sequence
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tools.mutants.exempt import exempt_spans
from tools.mutants.kinds import operators


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A file with one small change.

    Attributes:
        file: Path within the tree.
        line: Where the change is.
        operator: Its kind, a name in `operators()`.
        occurrence: Which one of that kind in the file.
        before: The changed lines as they are.
        after: As the mutant has them.
    """

    file: str
    line: int
    operator: str
    occurrence: int
    before: str
    after: str

    @property
    def key(self) -> str:
        """What tells it from all others, whatever moves around it."""
        return f"{self.file} | {self.before} -> {self.after}"

    def source(self, original: str) -> str:
        """The whole file with the change."""
        mutated = mutate_code(original, operators()[self.operator], self.occurrence)
        if mutated is None:
            raise ValueError(f"The file has changed: there is no place for {self.key}")
        return str(mutated)


def sample(
    tree: pathlib.Path, sources: Sequence[str], count: int, seed: int
) -> list[Mutant]:
    """So many mutants, drawn at random, on as many lines.

    Args:
        tree: Root of a checkout.
        sources: Files and folders within it.
        count: How many; fewer where there are not so many lines.
        seed: The same seed and files give the same mutants.
    """
    places: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for path in _files(tree, sources):
        name = path.relative_to(tree).as_posix()
        for line, operator, occurrence in _places(path.read_text("utf-8")):
            places.setdefault((name, line), []).append((operator, occurrence))
    generator = random.Random(seed)
    lines = sorted(places)
    generator.shuffle(lines)
    mutants: list[Mutant] = []
    for name, line in lines:
        if len(mutants) == count:
            break
        kind = generator.choice(places[name, line])
        if mutant := _make(tree / name, name, line, *kind):
            mutants.append(mutant)
    return mutants


def _files(tree: pathlib.Path, sources: Sequence[str]) -> Iterator[pathlib.Path]:
    for source in sources:
        path = tree / source
        if not path.exists():
            raise ValueError(
                "A room names files that are not there: mend `rooms.py`. "
                f"Received: {source}"
            )
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _places(source: str) -> Iterator[tuple[int, str, int]]:
    """Line, operator and occurrence of all mutants of a file that may matter."""
    spans, tree = exempt_spans(source), get_ast(source)
    nodes = list(ast_nodes(tree))
    for name, operator in operators().items():
        positions = (p for node in nodes for p in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            if not any(first <= start and end <= last for first, last in spans):
                yield start[0], name, occurrence


def _make(
    path: pathlib.Path, name: str, line: int, operator: str, occurrence: int
) -> Mutant | None:
    """The mutant, or None where the change is none or no Python."""
    original = path.read_text("utf-8")
    mutated: Any = mutate_code(original, operators()[operator], occurrence)
    try:
        ast.parse(mutated)
    except SyntaxError:
        return None
    before, after = original.splitlines(), mutated.splitlines()
    changes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    spans = [change[1:] for change in changes if change[0] != "equal"]
    if not spans:
        return None
    (a, _, c, _), (_, b, _, d) = spans[0], spans[-1]
    return Mutant(
        name, line, operator, occurrence, _joined(before[a:b]), _joined(after[c:d])
    )


def _joined(lines: Sequence[str]) -> str:
    return " ".join(line.strip() for line in lines)
