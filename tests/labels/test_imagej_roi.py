import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cpretrain.errors import BadInput
from cpretrain.labels.imagej_roi import write_rois
from cpretrain.labels.label_image import relabel
from cpretrain.labels.outline_file import read_outlines
from cpretrain.settings.masks import MaskSettings
from tests.support.paths import FAULTS
from tests.support.qupath_data import SIZE, ious, true_labels, variant

IMAGEJ = FAULTS / "imagej_rois"
SQUARE = np.array([[1, 1], [4, 1], [4, 4], [1, 4]])


def roi(kind="POLYGON", points=SQUARE, **facts) -> roifile.ImagejRoi:
    one = roifile.ImagejRoi.frompoints(points)
    one.roitype = roifile.ROI_TYPE[kind]
    for name, value in facts.items():
        setattr(one, name, value)
    return one


def boxed(kind, left, top, right, bottom) -> roifile.ImagejRoi:
    one = roifile.ImagejRoi()
    one.roitype = roifile.ROI_TYPE[kind]
    one.left, one.top, one.right, one.bottom = left, top, right, bottom
    return one


def zipped(path: Path, rois: dict[str, roifile.ImagejRoi | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, one in rois.items():
            archive.writestr(name, one if isinstance(one, bytes) else one.tobytes())
    return path


def test_real_roi_set_agrees_with_the_labels():
    image = read_outlines(variant("_RoiSet.zip"), SIZE)
    found = ious(true_labels(), image.labels)
    assert (image.objects, image.in_pieces) == (19, 1)
    assert found.mean() >= 0.97
    assert found.min() >= 0.9
    assert image.names[16:] == ("nucleus_017", "nucleus_018", "nucleus_019")
    assert image.notes == ("2 ROIs joined to others of the same name as pieces of one object",)


@pytest.mark.parametrize(
    ("one", "pixels"),
    [
        (roi("POLYGON"), 9),
        (roi("FREEHAND"), 9),
        (roi("TRACED"), 9),
        (roi("POLYGON", SQUARE + 0.25), 9),
        (boxed("RECT", 1, 1, 4, 4), 9),
        (boxed("OVAL", 1, 1, 5, 5), 12),
        (boxed("OVAL", 0, 0, 3, 3), 9),
    ],
    ids=["polygon", "freehand", "traced", "subpixel", "rectangle", "oval", "small_oval"],
)
def test_areas(tmp_path, one, pixels):
    path = tmp_path / "a.roi"
    path.write_bytes(one.tobytes())
    assert read_outlines(path, (10, 12)).labels.sum() == pixels


def test_lines_points_and_text_are_counted_and_left_out(tmp_path):
    others = {
        "line.roi": boxed("LINE", 1, 1, 4, 4),
        "poly.roi": roi("POLYLINE"),
        "free.roi": roi("FREELINE"),
        "point.roi": roi("POINT"),
    }
    path = zipped(tmp_path / "a.zip", others | {"cell.roi": roi()})
    image = read_outlines(path, (10, 12))
    assert image.objects == 1
    assert image.notes == ("3 lines left out", "1 point left out")
    with pytest.raises(BadInput, match="no outlines"):
        read_outlines(zipped(tmp_path / "b.zip", others), (10, 12))


def test_what_macos_adds_does_not_reject_the_archive(tmp_path):
    path = zipped(
        tmp_path / "a.zip",
        {
            "cell.roi": roi(),
            "__MACOSX/._cell.roi": b"\0\5\26\7",
            ".DS_Store": b"Bud1",
            "../../up.roi": roi(points=SQUARE + 5),
        },
    )
    assert read_outlines(path, (10, 12)).objects == 2
    assert sorted(tmp_path.iterdir()) == [path]


with np.load(IMAGEJ / "pixels.npz") as _file:
    OF_IMAGEJ = dict(_file)


@pytest.mark.parametrize("name", OF_IMAGEJ)
def test_every_kind_of_roi_gives_the_pixels_that_imagej_fills(tmp_path, name):
    """Splines, rounded corners, fractional boxes, composites with curves; nothing for lines, angles, arrows, text."""
    with zipfile.ZipFile(IMAGEJ / "rois.zip") as archive:
        path = zipped(
            tmp_path / "a.zip", {"a.roi": archive.read(f"{name}.roi"), "b.roi": roi(points=SQUARE + 58)}
        )
    found = read_outlines(path, (64, 64)).labels
    alone = found.copy()
    alone[59:62, 59:62] = 0
    expected = OF_IMAGEJ[name] > 0
    expected[59:62, 59:62] = 0
    assert ((alone > 0) == expected).all()


@pytest.mark.parametrize(
    "one",
    [
        boxed("RECT", 3, 3, 3, 9),
        boxed("OVAL", 3, 3, 3, 3),
        roi(points=SQUARE[:2]),
        roi("FREEHAND", SQUARE[[0, 0, 0]]),
    ],
)
def test_rois_without_area_are_left_out(tmp_path, one):
    image = read_outlines(zipped(tmp_path / "a.zip", {"a.roi": roi(), "b.roi": one}), (10, 12))
    assert (image.objects, image.notes) == (1, ("1 outline without area left out",))
    assert read_outlines(zipped(tmp_path / "b.zip", {"b.roi": one}), (10, 12)).objects == 0


def of_qupath(class_name: str, kind: str = "annotation", points=SQUARE) -> roifile.ImagejRoi:
    text = f"qupath.object.classification: {class_name}\nqupath.object.id: 0\nqupath.object.type: {kind}\n"
    return roi(points=points, props=text)


def test_what_qupath_writes_has_classes_and_types(tmp_path):
    rois = {
        "a.roi": of_qupath("Tumor: Positive", "detection"),
        "b.roi": of_qupath("Ignore*", points=SQUARE + 5),
        "c.roi": of_qupath("Nucleus", points=np.add(SQUARE, (5, 0))),
    }
    path = zipped(tmp_path / "a.zip", rois)
    assert read_outlines(path, (10, 12)).classes == ("Tumor: Positive", "Nucleus")
    assert read_outlines(path, (10, 12), MaskSettings(classes=("Positive",))).objects == 1
    assert read_outlines(path, (10, 12), MaskSettings(take="detections")).classes == ("Tumor: Positive",)
    with pytest.raises(BadInput, match="neither annotations"):
        read_outlines(zipped(tmp_path / "b.zip", {"a.roi": roi()}), (10, 12), MaskSettings(take="cells"))


@pytest.mark.parametrize(
    ("names", "objects"),
    [
        (["cell_001", "cell_002_0", "cell_002_1"], 2),
        (["cell_0", "cell_1", "cell_2"], 3),
        (["1_0", "1_1", "2_0"], 3),
        (["0001-0003", "0001-0003-1", "0002-0002"], 3),
    ],
)
def test_pieces_are_joined_by_name_only_beside_plain_names(tmp_path, names, objects):
    rois = {f"{name}.roi": roi(points=SQUARE[:, ::-1] // 2 + 4 * k) for k, name in enumerate(names)}
    assert read_outlines(zipped(tmp_path / "a.zip", rois), (20, 20)).objects == objects


@pytest.mark.parametrize("place", [{"position": 2}, {"z_position": 2}, {"t_position": 2}])
def test_several_planes_are_refused(tmp_path, place):
    path = zipped(tmp_path / "a.zip", {"a.roi": roi(), "b.roi": roi(**place)})
    with pytest.raises(BadInput, match="several planes"):
        read_outlines(path, (10, 12))
    assert read_outlines(zipped(tmp_path / "b.zip", {"b.roi": roi(**place)}), (10, 12)).objects == 1


def test_classes_cannot_be_selected(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.roi": roi()})
    with pytest.raises(BadInput, match="no classes"):
        read_outlines(path, (10, 12), MaskSettings(classes=("Cell",)))


@pytest.mark.parametrize("length", [0, 3, 50, 63, 70, 100])
def test_truncated_roi_is_refused(tmp_path, length):
    data = roi(points=np.array([[k, k * k % 7] for k in range(20)])).tobytes()[:length]
    with pytest.raises(BadInput):
        read_outlines(zipped(tmp_path / "a.zip", {"a.roi": data}), (10, 12))


def test_composite_with_hole_and_pieces(tmp_path):
    labels = np.zeros((10, 12), np.uint16)
    labels[1:6, 1:6] = 1
    labels[3, 3] = 0
    labels[8, 8] = 1
    labels[9, 10] = 2
    write_rois(tmp_path / "a.zip", labels, "Zelle ä/1", plane=(2, 0))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["Zelle ä_1 0001.roi", "Zelle ä_1 0002.roi"]
        first = roifile.ImagejRoi.frombytes(archive.read("Zelle ä_1 0001.roi"))
    assert (first.composite, first.name, first.z_position, first.t_position) == (True, "Zelle ä/1 0001", 3, 1)
    assert read_outlines(tmp_path / "a.zip", labels.shape).labels.tolist() == labels.tolist()


def test_real_labels_survive_the_round_trip(tmp_path):
    write_rois(tmp_path / "a.zip", true_labels())
    assert (read_outlines(tmp_path / "a.zip", SIZE).labels == true_labels()).all()


@given(arrays(np.uint8, st.tuples(st.integers(3, 12), st.integers(3, 12)), elements=st.integers(0, 4)))
@settings(max_examples=100, deadline=None)
def test_any_labels_survive_the_round_trip(tmp_path_factory, labels):
    labels = relabel(np.pad(labels, 2))  # what covers the whole image would be a region
    path = tmp_path_factory.mktemp("round") / "a.zip"
    write_rois(path, labels, "Cell")
    assert read_outlines(path, labels.shape).labels.tolist() == labels.tolist()


def test_coordinates_beyond_16_bits_are_refused(tmp_path):
    labels = np.zeros((1, 40_000), np.uint8)
    labels[0, -1] = 1
    with pytest.raises(BadInput, match="too far out"):
        write_rois(tmp_path / "a.zip", labels)
