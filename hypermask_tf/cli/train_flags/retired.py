"""Flags of earlier versions: other names of present ones, and choices that are gone.

They are no key flags, so `--help` and the flagfiles of runs leave them out. A flagfile
of an earlier version is read all the same, unless it asks for something that is gone.
"""

from absl import flags

# By name, the value that asked for nothing.
RETIRED = {"threshold": "layer", "floor": "1", "borrow": "1", "read": "0"}

flags.DEFINE_alias("narrow", "compact_forward")


def _is_nothing(given: str, nothing: str) -> bool:
    try:
        return float(given) == float(nothing)
    except ValueError:
        return given == nothing


for _name, _nothing in RETIRED.items():
    flags.DEFINE_string(_name, _nothing, "Gone; see CHANGELOG.md.")
    flags.register_validator(
        _name,
        lambda given, nothing=_nothing: _is_nothing(given, nothing),
        message="Gone, since no measurement showed it to win. Leave it out",
    )
