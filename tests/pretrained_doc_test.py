"""What docs/pretrained.md says in Python works."""

import re

import pytest

from tests.commands import ROOT

TEXT = (ROOT / "docs" / "pretrained.md").read_text("utf-8")


@pytest.mark.slow
def test_its_blocks_run_one_after_the_other():
    said = {}
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 2
    for code in blocks:
        exec(compile(code, "docs/pretrained.md", "exec"), said)
    small, trained = said["small"], said["trained"]
    assert small.count_params() < 0.5 * trained.count_params()
