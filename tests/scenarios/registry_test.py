import pytest

from hypermask_tf import scenarios
from hypermask_tf.scenarios import registry


def test_names_are_those_of_the_functions():
    assert registry.names() == tuple(sorted(registry.names()))
    for name in registry.names():
        assert callable(getattr(scenarios, name))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("split_digits", {"classes_per_task": [3, 7], "seed": 2, "test_size": 0.5}),
        ("permuted_digits", {"num_tasks": 2, "padding": 1, "seed": 4}),
    ],
)
def test_config_rebuilds_the_scenario(name, arguments):
    scenario = registry.get(name, **arguments)
    assert scenario.name == name
    again = registry.get(scenario.name, **scenario.get_config())
    assert again.manifest() == scenario.manifest()
    for one, other in zip(scenario, again, strict=True):
        assert one.preprocessing == other.preprocessing
        for split in ("train", "validation", "test"):
            for mine, theirs in zip(
                getattr(one, split), getattr(other, split), strict=True
            ):
                assert mine.tobytes() == theirs.tobytes()


def test_machine_arguments_are_left_out_where_there_are_no_files():
    assert len(registry.get("split_digits", data_dir="x", download=True)) == 5


def test_machine_arguments_are_passed_on_where_there_are_files(tmp_path):
    for name in ("split_mnist", "permuted_mnist"):
        with pytest.raises(FileNotFoundError, match=str(tmp_path)):
            registry.get(name, data_dir=tmp_path)


def test_any_tfds_data_set_has_a_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="kmnist"):
        registry.get("tfds:kmnist", classes_per_task=2, data_dir=tmp_path)
    with pytest.raises(ValueError, match=r"missing: \['classes_per_task'\]"):
        registry.get("tfds:kmnist", data_dir=tmp_path)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"name='mnist'.*split_digits, .*split_mnist"):
        registry.get("mnist")


def test_unknown_argument_is_named():
    with pytest.raises(ValueError, match=r"Unknown: \['padding'\]"):
        registry.get("split_digits", padding=2)
