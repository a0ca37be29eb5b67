from rich.console import Console

from hypermask_tf.export.bundle_reader import Bundle, layout
from hypermask_tf.export.bundle_reader.files import sidecar_text
from hypermask_tf.export.bundling.sizes import (
    cost_table,
    file_costs,
    layout_table,
    layouts,
)


def test_costs_add_up_to_the_file(bundle_path, ten_tasks):
    with Bundle(bundle_path) as bundle:
        costs = file_costs(bundle)
    fixed = layout.HEADER.size + layout.FOOTER.size
    assert sum(cost.added for cost in costs) + fixed == bundle_path.stat().st_size
    assert [cost.bytes for cost in costs] == [len(s.content) for s in ten_tasks]
    assert costs[0].shared == 0 and all(cost.shared for cost in costs[1:])
    assert costs[3].task == "task_03" and costs[3].labels == ("digit ä 3",)


def test_sharing_pays(bundle_path, ten_tasks):
    with Bundle(bundle_path) as bundle:
        costs, sizes = file_costs(bundle), layouts(bundle)
    json_bytes = sum(len(sidecar_text(source.sidecar)) for source in ten_tasks)
    assert sizes.raw == json_bytes + sum(len(source.content) for source in ten_tasks)
    assert sizes.bundle == bundle_path.stat().st_size
    # Half of the units come from a common base, of which later tasks find more.
    assert costs[-1].added < 0.9 * costs[0].added
    assert sizes.bundle < sizes.separate < sizes.raw


def test_tables_hold_the_numbers(bundle_path):
    with Bundle(bundle_path) as bundle:
        costs, sizes = file_costs(bundle), layouts(bundle)
    console = Console(width=100)
    with console.capture() as capture:
        console.print(cost_table(costs))
        console.print(layout_table(sizes, len(costs)))
    text = capture.get()
    assert f"{costs[-1].added:,}" in text and f"{sizes.stream:,}" in text
    assert "digit ä 3" in text and "10 files and their JSON" in text


def test_sidecars_without_task_and_labels_do(small, tmp_path):
    from hypermask_tf.export.bundling.sources import SourceFile
    from hypermask_tf.export.bundling.writer import create_bundle

    create_bundle(tmp_path / "b", [SourceFile("x.tflite", small.tflite(), {"task": 3})])
    with Bundle(tmp_path / "b") as bundle:
        (cost,) = file_costs(bundle)
    assert cost.task == "" and cost.labels == ()
