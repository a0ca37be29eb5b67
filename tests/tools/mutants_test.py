"""The tool that puts small faults into the code finds places, tries them, and reports.

It forks, so it is tried in a process without TensorFlow.
"""

import pathlib
import subprocess
import textwrap

import pytest
from cosmic_ray.mutating import mutate_code

from tests import commands
from tools.mutants.exempt import exempt_spans
from tools.mutants.kinds import operators
from tools.mutants.mutant import sample
from tools.mutants.rooms import ROOMS

SOURCE = '''
"""Numbers such as 1 and 2 in a text are no code."""

Number = int | float
__all__ = ["above", "shrink"]


def above(value: int | float, least: int = 3) -> bool:
    if value < 0:
        raise ValueError(f"expected {1 + 1}, not " + str(value - 1))
    return value >= least  # é, before what follows


def shrink(values: list[int]) -> int:
    while len(values) > 1:
        values.pop()
    return len(values)
'''
TEST = """
from code_here import above, shrink


def test_above():
    assert above(5) and not above(1)


def test_shrink():
    assert shrink([1, 2, 3]) == 1
"""


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "code_here.py").write_text(SOURCE, "utf-8")
    (tmp_path / "code_here_test.py").write_text(TEST, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath=.\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_mutants_are_small_changes_of_what_matters(tree):
    mutants = sample(tree, ["code_here.py"], 99, 1)
    lines = SOURCE.splitlines()
    # The default, both comparisons, what is returned, the loop and what is in it.
    texts = ["least: int", "value < 0", "value >=", "while", "values.pop"]
    assert sorted(lines[m.line - 1].strip() for m in mutants) == sorted(
        line.strip() for line in lines if any(text in line for text in texts)
    )
    for mutant in mutants:
        changed = mutant.source(SOURCE)
        assert changed != SOURCE and mutant.before in SOURCE
        assert mutant.after in changed or mutant.after == "pass"
    assert mutants == sample(tree, ["code_here.py"], 99, 1)
    assert {m.key for m in mutants} != {
        m.key for seed in range(2, 5) for m in sample(tree, ["code_here.py"], 99, seed)
    }
    assert len(sample(tree, ["code_here.py"], 2, 1)) == 2


def test_places_that_cannot_matter_are_known():
    spans = exempt_spans(SOURCE)
    lines = SOURCE.splitlines()
    exempt = {lines[a[0] - 1][a[1] : b[1]] for a, b in spans if a[0] == b[0]}
    assert {"Number = int | float", "int | float", "bool"} <= exempt
    assert '__all__ = ["above", "shrink"]' in exempt
    assert any(text.startswith("raise ValueError") for text in exempt)


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("SwapFunction", "ops.max(x)", "ops.min(x)"),
        ("DropFunction", "ops.stop_gradient(x)", "(lambda it, *_, **__: it)(x)"),
        ("DropFunction", "rows.copy()", "rows"),
        ("SwapBranches", "ops.where(c, a, b)", "ops.where(c, b, a)"),
        ("RemoveCall", "bank.archive(task)", "pass"),
        ("RemoveCall", "total += 1", "pass"),
        ("DropArgument", "keep(x, exact=True)", "keep(x, **{})"),
        ("SwapTask", "task < finished", "finished < finished"),
    ],
)
def test_faults_of_array_programs(operator, before, after):
    source = f"def f(task, finished):\n    {before}\n"
    changed = mutate_code(source, operators()[operator], 0)
    assert changed == f"def f(task, finished):\n    {after}\n"


def test_what_is_only_named_is_no_call():
    for operator, source in [
        ("RemoveCall", "total = 1"),
        ("SwapFunction", "f(max)"),
        ("DropArgument", "f(dtype=x)"),
    ]:
        assert mutate_code(source + "\n", operators()[operator], 0) is None


def test_every_room_names_what_is_there():
    root = pathlib.Path(__file__).parents[2]
    for room in ROOMS.values():
        for path in (*room.sources, *room.tests):
            assert (root / path).exists(), path
    assert len(sample(root, ROOMS["transfer"].sources, 3, 1)) == 3


def test_what_the_tests_see_is_killed_and_what_was_tried_is_known(tree):
    program = textwrap.dedent("""
        import pathlib, sys
        from tools.mutants.campaign import Campaign
        from tools.mutants.mutant import Mutant
        from tools.mutants.report import report
        from tools.mutants.rooms import Room
        from tools.mutants.session import Session

        root = pathlib.Path(sys.argv[1])
        rooms = {"here": Room(("code_here.py",), ("code_here_test.py",))}
        mutants = [
            Mutant("code_here.py", 9, "ReplaceComparisonOperator_Lt_LtE", 0, "a", "b"),
            Mutant("code_here.py", 15, "ReplaceComparisonOperator_Gt_GtE", 0, "c", "d"),
            Mutant("code_here.py", 16, "RemoveCall", 0, "e", "f"),
        ]
        session = Session(root / "session.json")
        campaign = Campaign(root, session, 2, lambda line: None, rooms, slack=1)
        campaign.run([("here", mutant) for mutant in mutants])
        session = Session(root / "session.json")
        for outcome in (session.get("here", mutant) for mutant in mutants):
            print(outcome.outcome, outcome.test)
        print(report(session, {"here": mutants}))
    """)
    done = commands.fresh("-c", program, tree)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:3] == [
        "survived ",
        "killed code_here_test.py::test_shrink",
        "timed out ",
    ]
    assert "| here | 3 | 1 | 1 | 1 | 67 |" in done.stdout
    assert "code_here.py:9" in done.stdout and "a test is missing" in done.stdout
    assert (tree / "code_here.py").read_text("utf-8") == SOURCE


def test_tests_that_fail_without_a_fault_are_named(tree):
    (tree / "code_here_test.py").write_text("def test_wrong():\n    assert 1 == 2\n")
    program = textwrap.dedent("""
        import pathlib, sys
        from tools.mutants.campaign import Campaign
        from tools.mutants.mutant import sample
        from tools.mutants.rooms import Room
        from tools.mutants.session import Session

        root = pathlib.Path(sys.argv[1])
        rooms = {"here": Room(("code_here.py",), ("code_here_test.py",))}
        session = Session(root / "session.json")
        mutants = sample(root, ["code_here.py"], 1, 1)
        Campaign(root, session, 1, print, rooms).run([("here", mutants[0])])
    """)
    done = commands.fresh("-c", program, tree)
    assert "without a fault first" in done.stderr
    assert "code_here_test.py::test_wrong" in done.stderr
