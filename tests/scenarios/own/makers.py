"""Small folders and files of one's own data."""

import pathlib
from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd
from scipy.io import wavfile

TASKS, CLASSES = ("ann", "bob"), ("rest", "walk")


def save_picture(path: pathlib.Path, pixels: np.ndarray) -> None:
    """Writes pixels of 0 to 255, `(height, width, channels)`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    keras.utils.save_img(path, pixels, scale=False)


def picture_folder(root: pathlib.Path, each: int = 6) -> pathlib.Path:
    """Grey pictures whose pixels all have the number of the picture."""
    number = 0
    for task in TASKS:
        for label in CLASSES:
            for i in range(each):
                pixels = np.full((4, 5, 1), number)
                save_picture(root / task / label / f"{i}.png", pixels)
                number += 1
    return root


def recording_folder(
    root: pathlib.Path, each: int = 2, rows: int = 100, names: Sequence[str] = ()
) -> pathlib.Path:
    """Recordings whose first channel counts time, and whose second is their number."""
    number = 0
    for task in TASKS:
        for label in CLASSES:
            for i in range(each):
                path = root / task / label / f"{names[i] if names else i}.csv"
                path.parent.mkdir(parents=True, exist_ok=True)
                values = {"t": np.arange(rows), "n": np.full(rows, number)}
                pd.DataFrame(values).to_csv(path, index=False)
                number += 1
    return root


def sound_folder(
    root: pathlib.Path, each: int = 3, rate: int = 8000, seconds: float = 0.5
) -> pathlib.Path:
    """Tones of 400 or 1000 Hz, in a little noise."""
    random = np.random.default_rng(0)
    time = np.arange(int(rate * seconds)) / rate
    for task in TASKS:
        for label, pitch in zip(CLASSES, (400, 1000), strict=True):
            for i in range(each):
                path = root / task / label / f"{i}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                wave = np.sin(2 * np.pi * pitch * time)
                wave = 8000 * (wave + 0.1 * random.normal(size=len(time)))
                wavfile.write(path, rate, wave.astype("int16"))
    return root


def table(rows: int = 80) -> pd.DataFrame:
    """Two clinics, and what helped."""
    i = np.arange(rows)
    return pd.DataFrame(
        {
            "age": i.astype(float),
            "clinic": np.where(i % 2, "north", "south"),
            "patient": i // 4,
            "drug": np.array(["a", "b", "c"])[i % 3],
            "well": np.where(i // 2 % 2, "yes", "no"),
        }
    )
