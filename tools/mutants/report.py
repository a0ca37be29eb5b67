"""The table of a session, and what survived with the reason why it may."""

import json
import pathlib
from collections.abc import Mapping, Sequence

from tools.mutants.mutant import Mutant
from tools.mutants.session import OUTCOMES, Session

_ARGUED = pathlib.Path(__file__).with_name("argued.json")


def argued() -> dict[str, str]:
    """Why a survivor cannot matter, by the key of the mutant."""
    rows: dict[str, str] = json.loads(_ARGUED.read_text("utf-8"))
    return rows


def report(session: Session, drawn: Mapping[str, Sequence[Mutant]]) -> str:
    """A Markdown table of the mutants drawn of each room, and all survivors.

    What timed out counts as killed: somebody would notice.
    """
    lines = [
        f"| room | mutants | {' | '.join(OUTCOMES)} | killed % |",
        "|---|---|---|---|---|---|",
    ]
    reasons, survivors = argued(), []
    totals = [0] * (len(OUTCOMES) + 1)
    for room, mutants in drawn.items():
        tried = [(m, o) for m in mutants if (o := session.get(room, m)) is not None]
        counts = [sum(o.outcome == name for _, o in tried) for name in OUTCOMES]
        lines.append(_row(room, [len(tried), *counts]))
        totals = [a + b for a, b in zip(totals, [len(tried), *counts], strict=True)]
        survivors += [m for m, outcome in tried if outcome.outcome == "survived"]
    lines += [_row("all", totals), ""]
    for mutant in survivors:
        reason = reasons.get(mutant.key, "not argued: a test is missing")
        lines.append(f"- `{mutant.file}:{mutant.line}` ({mutant.operator}): {reason}")
        lines += ["", f"      - {mutant.before}", f"      + {mutant.after}", ""]
    return "\n".join(lines)


def _row(name: str, counts: Sequence[int]) -> str:
    tried, *others = counts
    share = 100 * (tried - others[-1]) / tried if tried else 0.0
    return f"| {name} | {tried} | {' | '.join(map(str, others))} | {share:.0f} |"
