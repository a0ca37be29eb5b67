import pytest

from hypermask_tf.export import preparation
from hypermask_tf.export.preparation import check_packages


def test_missing_packages_are_told_before_work_begins(monkeypatch):
    check_packages(("float32", "int4"))
    monkeypatch.setattr(preparation, "find_spec", lambda name: None)
    with pytest.raises(
        ImportError, match=r"pip install ai-edge-litert==\S+ zstandard==\S+$"
    ):
        check_packages(("float32",))
    with pytest.raises(ImportError, match="litert-quantizer=="):
        check_packages(("float32", "int4"))
