"""Why an update does not fit a bundle: what the bundle is, and what it was."""

import hashlib
import io

from . import layout
from .index import read_records, read_rows
from .parts import stored_part

# Size and SHA-256 of a bundle.
State = tuple[int, bytes]


def state_of(content: bytes) -> State:
    """Returns size and SHA-256 of a bundle."""
    return len(content), hashlib.sha256(content).digest()


def why_not(content: bytes, base: State, target: State) -> str:
    """Returns why an update does not fit, for whoever wants to apply it.

    A bundle keeps its bytes when files are added, so it shows which bundles it was.

    Args:
        content: the bundle, which is not the one that the update belongs to.
        base: the state that the update belongs to.
        target: the state that the update gives.

    Raises:
        BundleError: when `content` is no bundle, or a damaged one.
    """
    if state_of(content) == target:
        return (
            "The update is already applied: the bundle is the one that it gives. "
            "There is nothing to do"
        )
    files, earlier = _earlier_states(content)
    if target in earlier:
        return (
            "The update is older than the bundle: it leads to the first "
            f"{earlier[target]} of the {files} files that are there. There is nothing "
            "to do"
        )
    if base in earlier:
        return (
            "The bundle has changed since: the update belongs to the first "
            f"{earlier[base]} of the {files} files that are there. Make an update from "
            "the bundle as it is now"
        )
    size, digest = state_of(content)
    return (
        "The update belongs to another bundle, or to this one after updates that it "
        f"lacks: expected SHA-256 {base[1].hex()}, {base[0]} bytes. Received: "
        f"{digest.hex()}, {size} bytes. Apply all updates in the order in which they "
        "were made"
    )


def _earlier_states(content: bytes) -> tuple[int, dict[State, int]]:
    """Returns how many files a bundle has, and what it was when it had fewer."""
    file = io.BytesIO(content)
    rows = read_rows(file)
    _, parts = read_records(file, rows)
    for number in range(len(parts)):
        stored_part(file, parts, number)  # a damaged bundle was never another
    states: dict[State, int] = {}
    body, end = hashlib.sha256(), 0
    ends = [layout.HEADER.size, *(row.offset + row.stored for row in rows[:-1])]
    for count, start in enumerate(ends if rows else []):
        body.update(content[end:start])
        end, tail, whole = start, layout.pack_end(start, rows[:count]), body.copy()
        whole.update(tail)
        states[start + len(tail), whole.digest()] = count
    return len(rows), states
