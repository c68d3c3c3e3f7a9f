"""Damaged ground truth gives a clear error or a right result, never a traceback.

``CPRETRAIN_MUTATIONS=2000 pytest tests/masks/test_mutated.py`` makes more of them.
"""

import functools
import gzip
import os
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cpretrain.errors import BadInput
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.pairing import NamedMatch
from cpretrain.masks.reading import read_ground_truth
from cpretrain.settings.masks import MaskSettings
from tests.support.qupath_data import GEOJSON, IMAGE, LABELS, NAME, SIZE, same_objects, true_labels, variant

MUTATIONS = int(os.environ.get("CPRETRAIN_MUTATIONS", "200"))
LONGEST = 5.0  # seconds of processor time for one file
JUNK = [b"null", b"-1", b"1e999", b"NaN", b'"x"', b"[]", b"{}", b"[[[]]]", b"true", b"12345678901234567890"]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    """Files of every format that is read, small enough that a flipped bit matters."""
    folder = tmp_path_factory.mktemp("sound")
    labels = true_labels()
    tifffile.imwrite(folder / "lzw.tif", labels, compression="lzw", rowsperstrip=16)
    tifffile.imwrite(folder / "packbits.tif", labels.astype(np.uint8), compression="packbits")
    tifffile.imwrite(folder / "tiled.tif", labels, compression="zstd", tile=(64, 64), bigtiff=True)
    Image.fromarray(labels.astype(np.uint8)).save(folder / "labels.png")
    (folder / "gz.geojson.gz").write_bytes(gzip.compress(GEOJSON.read_bytes()))
    with zipfile.ZipFile(folder / "zip.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(GEOJSON, "a.geojson")
    with zipfile.ZipFile(variant("_RoiSet.zip")) as archive:
        (folder / "one.roi").write_bytes(archive.read("nucleus_001.roi"))
    given = [LABELS, GEOJSON, variant("_RoiSet.zip"), variant(".ome.tif"), variant("_rgb_coloured.tif")]
    given += [
        variant("_8bit_palette-labelled.tif"),
        variant("_float32.tif"),
        variant("_classified_array.geojson"),
    ]
    return given + sorted(folder.iterdir())


@functools.cache
def sound(path: Path) -> LabelImage:
    return read(path)


def read(path: Path) -> LabelImage:
    return read_ground_truth(NamedMatch(IMAGE, (path,), "same name"), SIZE, 2, MaskSettings())


def read_or_refuse(path: Path) -> LabelImage | BadInput:
    try:
        return read(path)
    except BadInput as error:
        return error


def mutate(random: np.random.Generator, kind: str, path: Path, others: list[Path]) -> bytes:
    data = bytearray(path.read_bytes())
    if kind == "truncated":
        return bytes(data[: random.integers(len(data))])
    if kind == "other":
        return others[random.integers(len(others))].read_bytes()
    if kind == "junk":
        tokens = (
            list(re.finditer(rb'-?\d+\.?\d*|"[^"]*"|[\[\]{}]', data)) if path.suffix == ".geojson" else []
        )
        if tokens:
            token = tokens[random.integers(len(tokens))]
            return bytes(data[: token.start()] + JUNK[random.integers(len(JUNK))] + data[token.end() :])
        kind = "block"
    if kind == "block":
        start = random.integers(len(data))
        data[start : start + 64] = random.bytes(min(64, len(data) - start))
        return bytes(data)
    near = len(data) if random.integers(2) else min(len(data), 600)  # headers are where it hurts
    for place in random.integers(near, size=random.integers(1, 9)):
        data[place] ^= 1 << random.integers(8)
    return bytes(data)


def test_damaged_files_give_clear_errors_or_right_results(files, tmp_path):
    random = np.random.default_rng(20)
    refused = 0
    for number in range(MUTATIONS):
        path = files[number % len(files)]
        kind = ("flipped", "truncated", "block", "junk", "flipped", "other")[random.integers(6)]
        bad = tmp_path / f"{NAME} {number}{path.suffix}"
        bad.write_bytes(mutate(random, kind, path, files))
        start = time.process_time()
        outcome = read_or_refuse(bad)
        assert time.process_time() - start < LONGEST, (kind, path)
        if isinstance(outcome, BadInput):
            refused += 1
            assert str(bad) in outcome.problem, (kind, path)
            assert outcome.cure or outcome.expected or outcome.found, (kind, path)
        else:
            labels = outcome.labels
            assert (labels.shape, labels.dtype) == (SIZE, np.uint16), (kind, path)
            assert (np.unique(np.append(labels, 0)) == np.arange(outcome.objects + 1)).all(), (kind, path)
            assert kind != "truncated" or same_objects(labels, sound(path).labels), path
        bad.unlink()
    assert refused > MUTATIONS / 2
