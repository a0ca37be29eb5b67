"""The README's script does what the README says."""

import pathlib
import re

import keras

README = pathlib.Path(__file__).parents[1] / "README.md"


def test_script_on_own_model_and_arrays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    first, *others = blocks
    lines = [line for line in first.splitlines() if line.strip()]
    assert len(lines) <= 15
    names: dict = {}
    for block in (first, *others):
        exec(compile(block, str(README), "exec"), names)
    assert min(names["accuracies"]) > 0.95, names["accuracies"]
    baked = keras.models.load_model(tmp_path / "task_0.keras")
    assert type(baked).__module__.startswith("keras.")
    written = [tmp_path / "out" / name for name in names["report"].written]
    assert len(written) == 6 and all(path.is_file() for path in written)
