"""Tasks from a folder of pictures, sounds or recordings."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from hypermask_tf import files
from hypermask_tf.scenarios.own import options
from hypermask_tf.scenarios.own.fingerprint import checked, of_files
from hypermask_tf.scenarios.own.folders import read_folder
from hypermask_tf.scenarios.own.later import Later
from hypermask_tf.scenarios.own.listing import list_files
from hypermask_tf.scenarios.own.tasks import own_scenario
from hypermask_tf.scenarios.scenario import Scenario


def from_folder(
    path: str | os.PathLike[str],
    *,
    image_size: Sequence[int] | None = None,
    color_mode: str | None = None,
    window: int | None = None,
    overlap: float | None = None,
    sample_rate: int | None = None,
    features: str | None = None,
    mirror: str | None = None,
    group_pattern: str | None = None,
    num_tasks: int | None = None,
    seed: int = options.SEED,
    test_size: float = options.TEST_SIZE,
    validation_size: float = options.VALIDATION_SIZE,
    fingerprint: Mapping[str, str] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    forgotten: Sequence[str] = (),
) -> Scenario:
    r"""Makes a scenario of a folder `task/class/file`; its names are those of folders.

    Files are pictures (`.png`, `.jpg`, read by `keras.utils.load_img`), sounds
    (`.wav`), or recordings of sensors (`.csv`: a first line of names, a row a
    moment). Tasks, in the order of their names, may have different classes. Without a
    level of tasks, the folder is one task.

    A level `train`, `validation`, `test`, above the tasks or in each of them, is
    honoured. Else every class gives whole files to the test set and to validation, by
    `seed`: windows of one recording are never divided between training and test. A
    class of two recordings is learned from one and tested on the other; validation
    is then the last part of the former, and windows that overlap with it are left out.

    Pixels become 0..1. Windows and features are scaled per channel to mean 0 and
    deviation 1 of the training samples of the first task, so that what is measured
    with later tasks changes nothing of earlier ones.

    Args:
        path: The folder.
        image_size: Pictures: height and width to bring all to. Not needed where they
            have one size.
        color_mode: Pictures: `"grayscale"`, `"rgb"` or `"rgba"`. Defaults to grayscale
            where all are grey, else rgb.
        window: Sounds, recordings: samples of a window. Defaults to a second of
            sound, and to 100 rows of a recording.
        overlap: Sounds, recordings: share of a window that the next has too. Defaults
            to 0.5.
        sample_rate: Sounds: samples a second to bring all to. Not needed where they
            have one rate.
        features: Sounds: `"log_mel"`, the default, see
            `hypermask_tf.scenarios.log_mel`; or `"raw"` waves.
        mirror: Recordings: such as `"right:ax,wy,wz"`; in files with `right` in their
            names, these channels change their sign, since the sensor is worn as in a
            mirror.
        group_pattern: Regular expression: files in whose names it finds the same are
            one group, over classes too, and groups stay whole. Each file is one by
            default.
        num_tasks: Keep only so many tasks from the start. Defaults to all.
        seed: Seed of the split.
        test_size: Share of each class that is the test set.
        validation_size: Share of what is left for validation; 0 for none.
        fingerprint: What `get_config()` holds of the data of each task, to be told
            when they have changed. Defaults to not asking.
        preprocessing: That of an earlier scenario, for data that come later: nothing
            is learned from these then, so that its network takes them as they are.
            Defaults to the steps above.
        forgotten: Names of tasks to leave out. Their data may be gone; the others are
            divided as before.

    Output shape:
        Pictures `(n, height, width, channels)`; recordings `(n, window, channels)`;
        sounds `(n, frames, bands)`, or `(n, window, 1)` raw. float32.

    Returns:
        A `Scenario` named `"data:<folder>"`. All samples are held in memory, pictures
        as bytes.

    Raises:
        FileNotFoundError: If there is no such folder.
        ImportError: If Pillow, for pictures, or pandas, for recordings, is missing.
        ValueError: If files or folders are not as described, or have changed.

    Example:

    >>> import pathlib, tempfile
    >>> from hypermask_tf.scenarios import from_folder
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> for task in ("ann", "bob"):
    ...     for movement in ("rest", "walk"):
    ...         (root / task / movement).mkdir(parents=True)
    ...         for i in range(3):
    ...             text = "ax,ay\n" + "0.1,0.2\n" * 60
    ...             _ = (root / task / movement / f"{i}.csv").write_text(text)
    >>> scenario = from_folder(root, window=20)
    >>> scenario[1].name, scenario[1].class_names, scenario[1].train[0].shape
    ('bob', ('rest', 'walk'), (10, 20, 2))
    """
    root = files.expanded(path).resolve()
    kind, found = list_files(root)
    later = Later(preprocessing, forgotten)
    later.check_kind(kind, found[0].path)
    own = options.folder_config(
        kind,
        image_size=None if image_size is None else [int(n) for n in image_size],
        color_mode=color_mode,
        window=window,
        overlap=overlap,
        sample_rate=sample_rate,
        features=features,
        mirror=mirror,
    )
    config = {
        **own,
        **options.shared_config(seed, test_size, validation_size, num_tasks),
        "group_pattern": group_pattern,
        "fingerprint": checked(of_files(root, found), fingerprint, forgotten, root),
    }
    found = [file for file in found if file.task not in forgotten]
    samples, describe = read_folder(kind, found, config, preprocessing is None)
    return own_scenario(f"data:{root.name}", samples, describe, config, later)
