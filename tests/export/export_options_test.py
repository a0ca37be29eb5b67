"""What an export is asked for."""

import dataclasses

import pytest

from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.variant import VariantOptions


@pytest.mark.parametrize("options", [ExportOptions(), VariantOptions()])
def test_what_was_asked_for_does_not_change_meanwhile(options):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(options, dataclasses.fields(options)[0].name, None)
    assert hash(options) == hash(type(options)())
