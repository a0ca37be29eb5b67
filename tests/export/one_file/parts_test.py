"""Which files are put together, and what is said where one is missing."""

import pytest

from hypermask_tf.export.one_file.parts import parts_of, signature_of


def entry(index, name, quantization="int8", stands_for=(), **task):
    return {
        "task": {"index": index, "name": name, **task},
        "quantization": quantization,
        "stands_for": [quantization, *stands_for],
    }


def test_files_of_a_kind_by_the_name_of_their_task_in_order():
    ann, bob = entry(0, "ann"), entry(1, "bob")
    again = entry(12, "ann", version=2)
    other = entry(0, "ann", "float32")
    found = parts_of([again, bob, other, ann], "int8")
    assert list(found.items()) == [("ann", ann), ("bob", bob), ("ann@2", again)]
    assert signature_of(again["task"]) == "ann@2"


def test_a_missing_file_is_named_with_what_took_its_place_and_what_to_do():
    files = [
        entry(0, "task_00", "int4"),
        entry(0, "task_00", "int8"),
        entry(1, "bob", "mixed", stands_for=["int4"]),
        entry(1, "bob", "int8"),
    ]
    with pytest.raises(ValueError, match="Expected a file of int4") as caught:
        parts_of(files, "int4")
    said = str(caught.value)
    assert "none for task 1, 'bob' (mixed took its place)" in said
    assert "All tasks have int8: use that" in said
    with pytest.raises(ValueError, match="none for task 0, task 1, 'bob'"):
        parts_of(files, "float16")
    with pytest.raises(ValueError, match="in a way that each of them can take"):
        parts_of(files[::3], "int4")


def test_one_task_is_no_case_for_it():
    with pytest.raises(ValueError, match="Received: files of 1"):
        parts_of([entry(0, "ann"), entry(0, "ann", "float32")], "int8")


def test_two_tasks_of_one_name_are_refused():
    with pytest.raises(ValueError, match="'ann', the name of tasks 0 and 3"):
        parts_of([entry(0, "ann"), entry(3, "ann")], "int8")
