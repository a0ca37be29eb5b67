import pytest

from hypermask_tf.export.quantize.recipe import FLOAT32, QUANTIZATIONS, fallbacks, get


@pytest.mark.parametrize("name", QUANTIZATIONS)
def test_every_chain_ends_at_the_safest_and_only_goes_safer(name):
    chain = fallbacks(name)
    places = [QUANTIZATIONS.index(entry) for entry in chain]
    assert chain[0] == name and chain[-1] == FLOAT32
    assert places == sorted(places, reverse=True) and len(set(places)) == len(places)


def test_unknown_recipes_are_refused():
    with pytest.raises(ValueError, match="Received: quantization='int3'"):
        get("int3")


def test_what_takes_the_place_of_what():
    chains = {name: fallbacks(name)[1:] for name in QUANTIZATIONS}
    assert chains == {
        "float32": (),
        "float16": ("float32",),
        "weight_int8": ("float16", "float32"),
        "dynamic_int8": ("float16", "float32"),
        "int8": ("dynamic_int8", "float16", "float32"),
        "mixed": ("dynamic_int8", "float16", "float32"),
        "int4": ("mixed", "dynamic_int8", "float16", "float32"),
    }
    assert [name for name in QUANTIZATIONS if get(name).calibrated] == ["int8"]
