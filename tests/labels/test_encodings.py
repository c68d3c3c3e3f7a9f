import time

import numpy as np
import pytest
import tifffile
from PIL import Image

from cpretrain.errors import BadInput
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.label_image import relabel
from tests.support.qupath_data import IMAGE, LABELS, same_objects, true_labels, variant


def cells() -> np.ndarray:
    """Three round cells, two of them touching, numbered 1 to 3; uint16 (40, 60)."""
    y, x = np.mgrid[:40, :60]
    labels = np.zeros((40, 60), np.uint16)
    for number, (row, column) in enumerate([(12, 14), (12, 30), (27, 45)], start=1):
        labels[(y - row) ** 2 + (x - column) ** 2 < 81] = number
    return labels


def rgb(ids: np.ndarray) -> np.ndarray:
    return np.stack([ids >> 16 & 255, ids >> 8 & 255, ids & 255], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("suffix", "encoding"),
    [
        (".ome.tif", "uint16"),
        ("_16bit.tif", "uint16"),
        ("_8bit_palette-labelled.tif", "palette indices, uint8"),
        ("_float32.tif", "whole numbers in float32"),
        ("_uint32_gaps.tif", "uint32"),
        ("_rgb_coloured.tif", "colours"),
    ],
)
def test_every_encoding_gives_the_objects_that_were_drawn(suffix, encoding):
    read = read_label_image(variant(suffix))
    assert read.encoding == encoding
    assert read.objects == 19
    assert read.in_pieces == 1
    assert read.labels.dtype == np.uint16
    assert sorted(np.unique(read.labels)) == list(range(20))
    assert same_objects(read.labels, true_labels())


def test_binary_mask_becomes_its_pieces_with_a_warning():
    read = read_label_image(variant("_binary255.tif"))
    assert (read.encoding, read.objects) == ("binary mask", 21)
    assert "touching cells are merged" in read.notes[0]
    assert ((read.labels > 0) == (true_labels() > 0)).all()


@pytest.mark.parametrize(
    ("suffix", "text"), [("_binary255.tif", "binary"), ("_rgb_coloured.tif", "coloured")]
)
def test_strict_refuses_what_needs_a_guess(suffix, text):
    with pytest.raises(BadInput, match=text) as error:
        read_label_image(variant(suffix), strict=True)
    assert ".useInstanceLabels()" in str(error.value.cure)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([[0, 5], [5, 9]], [[0, 1], [1, 2]]),
        ([[3000, 0], [0, 4_000_000_000]], [[1, 0], [0, 2]]),
        ([[7, 7], [7, 7]], [[1, 1], [1, 1]]),
        ([[0, 0]], [[0, 0]]),
    ],
)
def test_relabel(ids, expected):
    found = relabel(np.array(ids, np.uint32))
    assert found.tolist() == expected
    assert found.dtype == np.uint16


def test_relabel_widens_above_65535_objects():
    ids = np.arange(70_001).reshape(1, -1) * 11
    assert relabel(ids).dtype == np.uint32
    assert relabel(ids).max() == 70_000


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (cells().astype(np.uint8), {}),
        (cells() * 1000, {"compression": "lzw", "predictor": True}),
        (cells().astype(np.uint32) * 1_000_000_007, {"compression": "zlib"}),
        (cells().astype(np.int32), {"byteorder": ">"}),
        (cells().astype(np.float64) * 77, {"bigtiff": True}),
        (cells(), {"tile": (16, 16), "compression": "deflate"}),
        (cells()[None], {"imagej": True}),
        (rgb(cells().astype(np.uint32) * 70_000), {"photometric": "rgb"}),
        (
            rgb(cells().astype(np.uint32) * 70_000).transpose(2, 0, 1),
            {"photometric": "rgb", "planarconfig": 2},
        ),
        (np.repeat(cells().astype(np.uint8)[..., None] * 80, 3, -1), {"photometric": "rgb"}),
        (cells(), {"ome": True, "metadata": {"axes": "YX"}}),
    ],
    ids=[
        "8bit",
        "lzw",
        "uint32",
        "bigendian",
        "bigtiff",
        "tiled",
        "imagej",
        "packed",
        "planar",
        "greyrgb",
        "ome",
    ],
)
def test_any_tiff(tmp_path, pixels, options):
    path = tmp_path / "-a [1] ü.tif"
    tifffile.imwrite(path, pixels, **options)
    read = read_label_image(path, strict=True)
    assert read.labels.tolist() == cells().tolist()
    assert read.notes == ()


def test_pyramid_of_an_ome_tiff_is_one_plane(tmp_path):
    path = tmp_path / "a.ome.tif"
    big = np.kron(cells(), np.ones((8, 8), np.uint16))
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(big, subifds=1, metadata={"axes": "YX"})
        file.write(big[::2, ::2], subfiletype=1)
    assert read_label_image(path).labels.tolist() == big.tolist()


@pytest.mark.parametrize("mode", ["P", "L", "I;16", "RGB", "RGBA"])
def test_png(tmp_path, mode):
    if mode == "P":
        image = Image.fromarray(cells().astype(np.uint8), "L").convert("P")
        image.putdata(cells().astype(np.uint8).ravel().tolist())
        image.putpalette([0, 0, 0, 9, 200, 3, 250, 1, 1, 8, 8, 250] + [0] * 756)
    elif mode.startswith("RGB"):
        image = Image.fromarray(rgb(cells().astype(np.uint32) * 70_000)).convert(mode)
    else:
        image = Image.fromarray(cells().astype(np.uint8 if mode == "L" else np.uint16))
    image.save(tmp_path / "a.png")
    assert read_label_image(tmp_path / "a.png").labels.tolist() == cells().tolist()


def test_empty_image_is_valid(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 6), np.uint8))
    read = read_label_image(tmp_path / "a.tif", strict=True)
    assert (read.objects, read.notes) == (0, ("no objects in this image",))


def test_one_object_in_one_piece_is_an_object(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", (cells() == 3).astype(np.uint8))
    read = read_label_image(tmp_path / "a.tif", strict=True)
    assert (read.objects, read.notes) == (1, ())


def test_object_in_pieces_stays_one_and_is_counted(tmp_path):
    labels = cells()
    labels[2:4, 50:55] = 3
    tifffile.imwrite(tmp_path / "a.tif", labels)
    read = read_label_image(tmp_path / "a.tif")
    assert (read.objects, read.in_pieces) == (3, 1)


def class_mask() -> np.ndarray:
    y, x = np.mgrid[:80, :80]
    disks = (y % 20 - 10) ** 2 + (x % 20 - 10) ** 2 < 49
    return (disks * (1 + (x > 40))).astype(np.uint8)


def test_class_mask_is_refused_or_split_on_request(tmp_path):
    path = tmp_path / "classes.tif"
    tifffile.imwrite(path, class_mask())
    with pytest.raises(BadInput, match="class mask") as error:
        read_label_image(path)
    assert "replace .addLabel('CLASS', n) by .useInstanceLabels()" in str(error.value.cure)
    read = read_label_image(path, components=True)
    assert (read.objects, read.encoding) == (16, "class mask")


def pieces(counts: list[int], numbers: list[int]) -> np.ndarray:
    """Return squares of 5 × 5 pixels, with `counts` squares of each number."""
    labels = np.zeros((8, 8 * sum(counts)), np.uint8)
    for place, number in enumerate(np.repeat(numbers, counts)):
        labels[1:6, 8 * place + 1 : 8 * place + 6] = number
    return labels


@pytest.mark.parametrize(
    ("counts", "numbers", "encoding"),
    [
        ([1, 1, 1], [1, 2, 3], "uint8"),
        ([2, 1, 1], [1, 2, 3], "uint8"),
        ([3, 1, 1], [1, 2, 3], "uint8"),
        ([3, 1], [1, 2], "class mask"),
        ([3, 1], [31, 117], "uint8"),
        ([3, 3], [31, 117], "class mask"),
        ([2], [1], "binary mask"),
        ([2], [77], "uint8"),
        ([3], [77], "class mask"),
        ([1], [255], "binary mask"),
        ([1], [1], "uint8"),
    ],
)
def test_instances_classes_and_binary_masks_are_told_apart(tmp_path, counts, numbers, encoding):
    tifffile.imwrite(tmp_path / "a.tif", pieces(counts, numbers))
    read = read_label_image(tmp_path / "a.tif", components=True)
    assert read.encoding == encoding
    assert read.objects == (len(numbers) if encoding == "uint8" else sum(counts))


PHOTO = np.random.default_rng(0).integers(0, 4000, (60, 60)).astype(np.uint16)
EDGES = np.kron(rgb(cells().astype(np.uint32) * 5_000_001), np.ones((2, 2, 1))).astype(np.uint8)
SMOOTH = (
    EDGES[1:, 1:] // 2 + EDGES[:-1, :-1] // 2 + np.arange(EDGES.shape[1] - 1)[None, :, None] % 7
).astype(np.uint8)


@pytest.mark.parametrize(
    ("pixels", "options", "problem", "cure"),
    [
        (cells() + 0.5, {}, "fractions", "LabeledImageServer"),
        (np.where(cells() > 0, np.nan, 0).astype(np.float32), {}, "undefined", "LabeledImageServer"),
        (cells().astype(np.int16) - 1, {}, "negative", "LabeledImageServer"),
        (cells().astype(np.complex64), {}, "type complex64", "LabeledImageServer"),
        (np.where(cells() == 0, 9, cells()), {}, "no background", ".backgroundLabel(0)"),
        (np.full((9, 9), 4, np.uint8), {}, "no background", ".backgroundLabel(0)"),
        (PHOTO, {}, "not a label image", "image itself"),
        ((PHOTO >> 8).astype(np.uint8), {}, "class mask", "useInstanceLabels"),
        (SMOOTH, {"photometric": "rgb"}, "coloured picture", "rendered view"),
        (
            np.stack([cells() == k for k in (1, 2)]).astype(np.uint8),
            {"photometric": "minisblack"},
            "2 planes",
            "remove .multichannelOutput(true)",
        ),
        (
            np.stack([cells() == k for k in (1, 2)], -1).astype(np.uint8),
            {"photometric": "minisblack", "planarconfig": "contig"},
            "2 channels",
            "remove .multichannelOutput(true)",
        ),
        (np.stack([cells(), cells() * 2]), {"imagej": True}, "2 planes", "one plane"),
        (cells().astype(np.uint8), {"compression": "jpeg"}, "lossy compression", "without JPEG"),
    ],
    ids=[
        "fraction",
        "nan",
        "negative",
        "complex",
        "background",
        "filled",
        "photo",
        "grey",
        "screenshot",
        "channels",
        "samples",
        "stack",
        "jpeg",
    ],
)
def test_refused_with_the_cure(tmp_path, pixels, options, problem, cure):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, **options)
    with pytest.raises(BadInput) as error:
        read_label_image(path)
    assert problem in error.value.problem
    assert str(path) in error.value.problem
    assert cure in str(error.value.cure)
    assert error.value.found or problem.startswith("type")


def test_the_image_itself_is_no_mask():
    with pytest.raises(BadInput, match="3 planes"):
        read_label_image(IMAGE)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "suffix", [".ome.tif", "_16bit.tif", "_float32.tif", "_uint32_gaps.tif", "_rgb_coloured.tif"]
)
def test_truncated_files_are_refused_unless_all_pixels_are_there(tmp_path, suffix, share):
    whole = variant(suffix).read_bytes()
    with tifffile.TiffFile(variant(suffix)) as file:
        page = file.pages[0]
        end = max(np.add(page.dataoffsets, page.databytecounts))
    path = tmp_path / "a.tif"
    path.write_bytes(whole[: int(share * len(whole))])
    if path.stat().st_size < end:
        with pytest.raises(BadInput, match=r"damaged|not a TIFF"):
            read_label_image(path)
    else:
        assert same_objects(read_label_image(path).labels, true_labels())


@pytest.mark.parametrize("compression", [None, "lzw", "packbits"])
def test_missing_strips_are_not_taken_for_background(tmp_path, compression):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, cells(), compression=compression, rowsperstrip=4)
    with tifffile.TiffFile(path) as file:
        last = max(file.pages[0].dataoffsets)
    path.write_bytes(path.read_bytes()[:last])
    with pytest.raises(BadInput, match="damaged"):
        read_label_image(path)


def test_ten_thousand_objects_take_less_than_two_seconds(tmp_path):
    y, x = np.mgrid[:2048, :2048]
    labels = np.where((y % 20 - 10) ** 2 + (x % 20 - 10) ** 2 < 81, (y // 20) * 103 + x // 20 + 1, 0)
    tifffile.imwrite(tmp_path / "a.tif", labels.astype(np.uint32) * 399_989)
    start = time.process_time()
    read = read_label_image(tmp_path / "a.tif")
    assert time.process_time() - start < 2
    assert read.objects == 10_609


def test_a_huge_id_costs_nothing(tmp_path):
    labels = true_labels().astype(np.uint32)
    labels[labels == 7] = 4_294_967_295
    tifffile.imwrite(tmp_path / "a.tif", labels)
    assert read_label_image(tmp_path / "a.tif").objects == 19
    assert same_objects(read_label_image(tmp_path / "a.tif").labels, read_label_image(LABELS).labels)
