import gzip
import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cpretrain.errors import BadInput
from cpretrain.labels.geojson import read_geojson, write_geojson
from cpretrain.labels.label_image import relabel
from cpretrain.labels.outline_file import read_outlines
from cpretrain.settings.masks import MaskSettings
from tests.support.qupath_data import GEOJSON, SIZE, ious, true_labels, variant

SQUARE = [[[1, 1], [4, 1], [4, 4], [1, 4], [1, 1]]]
HOLE = [[6, 6], [7, 6], [7, 7], [6, 7], [6, 6]]
AROUND = [[5, 5], [8, 5], [8, 8], [5, 8], [5, 5]]


def polygon(*rings, **more):
    return {"type": "Polygon", "coordinates": list(rings), **more}


def box(left, top, right, bottom):
    return polygon([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])


def feature(geometry, class_name=None, kind="annotation", **more):
    properties = {"objectType": kind}
    if class_name:
        properties["classification"] = {"name": class_name, "color": [1, 2, 3]}
    return {"type": "Feature", "geometry": geometry, "properties": properties, **more}


def read(tmp_path: Path, root, **options):
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(root))
    return read_geojson(path, (10, 12), MaskSettings(**options))


@pytest.mark.parametrize("path", [GEOJSON, variant("_classified_array.geojson")])
def test_real_annotations_agree_with_the_labels(path):
    image = read_outlines(path, SIZE)
    found = ious(true_labels(), image.labels)
    assert image.objects == 19
    assert found.mean() >= 0.97
    assert found.min() >= 0.9
    assert (image.notes, image.overlapping, image.in_pieces) == ((), 0, 1)


def test_real_classes_and_names_are_kept():
    image = read_outlines(variant("_classified_array.geojson"), SIZE)
    assert image.classes[:3] == ("Negative", "Positive", "Negative")
    assert image.names[:3] == ("n0", "n1", "n2")


@pytest.mark.parametrize(
    "root",
    [
        {"type": "FeatureCollection", "features": [feature(polygon(*SQUARE))]},
        [feature(polygon(*SQUARE))],
        feature(polygon(*SQUARE)),
        polygon(*SQUARE),
        [polygon(*SQUARE)],
        {"type": "MultiPolygon", "coordinates": [SQUARE]},
        {"type": "GeometryCollection", "geometries": [polygon(*SQUARE), {"type": "Point", "coordinates": [1, 1]}]},
        {"type": "Feature", "geometry": polygon(*SQUARE), "properties": None},
        {"type": "Feature", "geometry": polygon(*SQUARE), "properties": {"object_type": "annotation"}},
        [feature(polygon(SQUARE[0][:-1]))],
        [feature(polygon([[x, y, 0] for x, y in SQUARE[0]], plane={"c": -1, "z": 2, "t": 1}, isEllipse=True))],
    ],
    ids=[
        "collection", "array", "feature", "geometry", "geometries", "multi", "mixed", "null", "old", "open", "plane"
    ],
)  # fmt: skip
def test_a_3_by_3_square_is_9_pixels_in_every_root_form(tmp_path, root):
    labels = read(tmp_path, root).labels
    assert labels.sum() == 9
    assert (labels[1:4, 1:4] == 1).all()


def test_compressed_files(tmp_path):
    text = json.dumps([feature(polygon(*SQUARE))]).encode()
    (tmp_path / "a.geojson.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("__MACOSX/._a.geojson", b"\0\5\26\7")
        archive.writestr("some folder/a.geojson", b"\xef\xbb\xbf" + text)
    for path in tmp_path.iterdir():
        assert read_outlines(path, (10, 12)).labels.sum() == 9


def test_holes_and_several_polygons_are_one_object(tmp_path):
    parts = {"type": "MultiPolygon", "coordinates": [SQUARE, [AROUND, HOLE]]}
    image = read(tmp_path, feature(parts))
    assert (image.objects, image.in_pieces, image.labels.sum()) == (1, 1, 9 + 8)
    assert image.labels[6, 6] == 0


def test_of_two_that_overlap_the_smaller_one_wins_and_it_is_reported(tmp_path):
    image = read(tmp_path, [feature(polygon(*SQUARE)), feature(polygon([[2, 2], [6, 2], [6, 3], [2, 3]]))])
    assert image.labels[2].tolist() == [0, 1, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0]
    assert image.overlapping == 1
    assert image.notes == ("1 of 2 objects is covered in part or whole by a smaller one",)


def test_objects_that_leave_no_pixel_are_said(tmp_path):
    triangle = polygon([[1, 1], [3, 1], [1, 3]])
    upper = polygon([[1, 1], [4, 1], [4, 4]])
    image = read(tmp_path, [feature(upper), feature(triangle), feature(box(7.1, 7.1, 7.2, 7.2))])
    assert image.objects == 2
    assert "1 object leaves no pixel" in image.notes[1]


def test_points_and_lines_are_counted_and_left_out(tmp_path):
    others = [
        {"type": "Point", "coordinates": [1, 1]},
        {"type": "MultiPoint", "coordinates": [[1, 1]]},
        {"type": "LineString", "coordinates": [[1, 1], [2, 2]]},
    ]
    image = read(tmp_path, [feature(one) for one in others] + [feature(polygon(*SQUARE))])
    assert image.objects == 1
    assert image.notes == ("1 line left out", "2 points left out")
    with pytest.raises(BadInput, match="no outlines"):
        read(tmp_path, [feature(one) for one in others])


CELL = feature(polygon(AROUND), "Tumor", "cell", nucleusGeometry=polygon(HOLE))


def test_cells_and_their_nuclei(tmp_path):
    assert read(tmp_path, CELL).labels.sum() == 9
    assert read(tmp_path, CELL, nuclei=True).labels.sum() == 1
    image = read(tmp_path, [CELL, feature(polygon(*SQUARE), kind="cell")], nuclei=True)
    assert image.notes == ("1 cell without a nucleus left out",)


@pytest.mark.parametrize(
    ("classification", "classes", "objects"),
    [
        ({"name": "Nucleus"}, ("Nucleus",), 1),
        ({"name": "Nucleus"}, ("nucleus", "Other"), 1),
        ({"names": ["Tumor", "Positive"]}, ("Positive",), 1),
        ({"names": ["Tumor", "Positive"]}, ("Tumor: Positive",), 1),
        ("Nucleus", ("Nucleus",), 1),
        ({"name": "Nucleus"}, ("Nucle",), 0),
        ({}, ("Nucleus",), 0),
        (None, (), 1),
    ],
)
def test_classes_select(tmp_path, classification, classes, objects):
    one = feature(polygon(*SQUARE))
    one["properties"]["classification"] = classification
    image = read(tmp_path, one, classes=classes)
    assert image.objects == objects
    assert bool(objects) != any("left out by class" in note for note in image.notes)


@pytest.mark.parametrize(
    ("regions", "objects"),
    [
        ([feature(box(0, 0, 12, 10), "Training")], 2),
        ([feature(box(9, 0, 12, 3), "Validation")], 2),
        ([feature(polygon([[0, 0], [12, 0], [11, 9], [0, 10]]), "Region*")], 2),
        ([feature(polygon([[9, 0], [12, 0], [11, 3]]), "Ignore*")], 2),
        ([feature(box(0, 0, 12, 10))], 2),
        ([feature(polygon([[0, 0], [12, 0], [11, 9], [0, 10]]))], 2),
        ([feature(polygon([[0, 0], [12, 0], [11, 9], [0, 10]]), "Tissue")], 3),
        ([feature(box(9, 0, 12, 3))], 3),
        ([feature(polygon([[9, 0], [12, 0], [11, 3]]), "Training")], 2),
        ([feature(polygon([[9, 0], [12, 0], [11, 3]]), "Necrosis*")], 2),
        ([feature(polygon([[9, 0], [12, 0], [11, 3]]), "Region*: Tumor")], 2),
        ([feature(polygon([[9, 0], [12, 0], [11, 3]]), "Test")], 3),
        ([feature(box(9, 0, 12, 3), "Test")], 2),
        ([feature(box(0, 0, 12, 10), kind="tma_core")], 2),
        ([feature(box(0, 0, 12, 5), kind="tmaCore")], 2),
    ],
    ids=[
        "training",
        "validation",
        "region",
        "ignore",
        "frame",
        "freehand",
        "classed",
        "rectangle",
        "shape",
        "star",
        "derived",
        "test",
        "test rectangle",
        "core",
        "core since 0.4",
    ],
)
def test_regions_are_not_cells(tmp_path, regions, objects):
    cells = [feature(polygon(*SQUARE), "Cell"), feature(polygon(AROUND), "Cell")]
    image = read(tmp_path, [*regions, *cells])
    assert image.objects == objects
    told = any("left out" in note or note.startswith("ignored") for note in image.notes)
    assert told == (objects == 2)


def test_an_annotation_that_detections_were_made_in_is_a_region(tmp_path):
    freehand = feature(polygon([[0, 0], [12, 0], [11, 9], [0, 10]]))
    cells = [feature(polygon(*SQUARE), kind="detection"), feature(polygon(AROUND), kind="detection")]
    assert read(tmp_path, [freehand, *cells]).notes == ("1 region around other objects left out",)


NUCLEUS, SECOND = feature(polygon(*SQUARE), "Nucleus"), feature(polygon(AROUND), "Nucleus")
TWO_CLICKS, ON_A_LINE = (
    feature(polygon([[1, 1], [2, 2]])),
    feature(polygon([[1, 1], [2, 2], [5.5, 5.5], [3, 3]])),
)


HOOK = [[0, 0], [12, 0], [12, 1], [9, 1], [9, 9], [8, 9], [8, 1], [0, 1]]


def parent(*children, name="childObjects", kind="annotation", shape=None, class_name="Tissue"):
    one = feature(shape or polygon([[0, 0], [11, 0], [10, 9], [1, 9]]), class_name, kind)
    one["properties"][name] = list(children)
    return one


@pytest.mark.parametrize(
    ("root", "objects", "note"),
    [
        (parent(NUCLEUS, SECOND), 2, "1 region around other objects left out"),
        ([parent(NUCLEUS, SECOND, name="children")], 2, "1 region around other objects left out"),
        (parent(parent(NUCLEUS, SECOND)), 2, "1 object drawn twice in the same place: taken once"),
        (parent(NUCLEUS), 2, "1 of 2 objects is covered in part or whole by a smaller one"),
        ([feature(polygon(HOOK)), NUCLEUS, SECOND], 3, ""),
        (parent(NUCLEUS, kind="root", shape={}), 1, ""),
        (parent(NUCLEUS, kind="tmaCore"), 1, "1 TMA core left out"),
        ([feature(box(0, 0, 12, 10), kind="tmaCore")], 0, "1 TMA core left out"),
        ([feature(box(0, 0, 12, 5), kind="tile"), NUCLEUS], 1, "1 tile left out"),
        ([NUCLEUS, [SECOND], {"type": "FeatureCollection", "features": []}], 2, ""),
        ([NUCLEUS, NUCLEUS, SECOND], 2, "1 object drawn twice in the same place: taken once"),
        ([NUCLEUS, TWO_CLICKS], 1, "1 outline without area left out"),
        ([TWO_CLICKS, ON_A_LINE], 0, "2 outlines without area left out"),
        ([NUCLEUS, feature(polygon())], 1, "1 outline without area left out"),
        ([NUCLEUS, feature({})], 1, "1 feature without a geometry left out"),
        (feature({"type": "MultiPolygon", "coordinates": [SQUARE, [[[7, 7], [8, 8]]]]}), 1, ""),
        (feature(polygon(SQUARE[0], [[2, 2], [3, 3]])), 1, ""),
        ([feature(box(0, 0, 12, 10))], 0, "1 annotation of the whole image left out"),
        ([feature(polygon([[0, 0], [6, 0], [12, 0], [12, 10], [0, 10]]))], 0, "of the whole image left out"),
        ([feature(polygon(box(0, 0, 12, 10)["coordinates"][0], SQUARE[0]))], 0, "of the whole image left out"),
        ([{**feature(box(0, 0, 12, 5)), "id": "TMACoreObject", "properties": {}}], 0, "1 TMA core left out"),
        ([{**feature(polygon(*SQUARE)), "id": "PathDetectionObject", "properties": {}}], 1, ""),
    ],
    ids=[
        "children", "children of 0.2", "grandchildren", "one child", "beside it", "root", "children of a core", "core",
        "tile", "nested lists", "twice", "two clicks", "only lines", "no corners", "no geometry", "piece without area",
        "hole without area", "whole image", "whole image, five corners", "inverse", "core of 0.2", "detection of 0.2",
    ],
)  # fmt: skip
def test_what_is_an_object(tmp_path, root, objects, note):
    image = read(tmp_path, root)
    assert image.objects == objects
    assert (
        any(note in text for text in image.notes)
        if note
        else image.notes in ((), ("no objects in this image",))
    )


def test_pieces_that_overlap_cut_no_hole_into_each_other(tmp_path):
    parts = [polygon(*SQUARE), polygon([[2, 2], [6, 2], [6, 6], [2, 6], [2, 2]])]
    several = {"type": "MultiPolygon", "coordinates": [part["coordinates"] for part in parts]}
    for geometry in (several, {"type": "GeometryCollection", "geometries": parts}):
        assert read(tmp_path, feature(geometry)).labels.sum() == 9 + 16 - 4


def test_regions_of_another_plane_are_no_obstacle(tmp_path):
    cells = [
        feature(polygon(*rings, plane={"c": -1, "z": 0, "t": 3}), "Nucleus") for rings in (SQUARE, [AROUND])
    ]
    assert read(tmp_path, [feature(box(0, 0, 12, 10)), *cells]).objects == 2


def test_a_class_that_is_named_is_taken_whatever_it_means(tmp_path):
    root = [feature(polygon(*SQUARE), "Ignore*"), SECOND]
    assert read(tmp_path, root).classes == ("Nucleus",)
    assert read(tmp_path, root, classes=("Ignore*",)).classes == ("Ignore*",)


@pytest.mark.parametrize(("take", "kinds"), [("all", 3), ("annotations", 1), ("detections", 1), ("cells", 1)])
def test_types_are_taken(tmp_path, take, kinds):
    boxes = [(0, 0, 3, 3), (4, 0, 7, 3), (8, 0, 11, 3)]
    types = ("annotation", "detection", "cell")
    root = [feature(box(*place), kind, kind) for place, kind in zip(boxes, types, strict=True)]
    image = read(tmp_path, root, take=take)
    assert image.objects == kinds
    assert take == "all" or image.classes == (take[:-1],)


@pytest.mark.parametrize(
    ("root", "problem", "found"),
    [
        ([feature(box(20, 1, 25, 5))], "outside the image", "to x 25, y 5"),
        ([feature(box(-9, 1, -2, 5))], "outside the image", "from x -9"),
        (
            [feature(polygon(*SQUARE)), feature(polygon(*SQUARE, plane={"z": 1, "t": 0}))],
            "several planes",
            "1 at z=0, t=0, 1 at z=1, t=0",
        ),
        ({"some": "thing"}, "not GeoJSON", "some"),
        (7, "not GeoJSON", "int"),
        ([7], "feature 1 cannot be read", "TypeError"),
        ([feature({"type": "Circle"})], "feature 1 cannot be read", "Circle"),
        ([feature(polygon([[1, 1], [2, 2], ["a", 3]]))], "feature 1 cannot be read", "ValueError"),
        ([feature(polygon([[1, 1], [2, 2], [float("nan"), 3]]))], "feature 1 cannot be read", "not a number"),
        ([feature(polygon([[1, 1], [2, 2], [1e300, 3]]))], "feature 1 cannot be read", "beyond any image"),
        ([{"type": "Feature"}], "feature 1 cannot be read", "geometry"),
    ],
)
def test_refused(tmp_path, root, problem, found):
    with pytest.raises(BadInput) as error:
        read(tmp_path, root)
    assert problem in error.value.problem
    assert found in error.value.found
    assert error.value.cure


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[" * 100_000, b"\xff\xfe\x00", b"II*\0", b"\x1f\x8b\x08", b"PK\3\4"]
)
def test_no_geojson_inside(tmp_path, text):
    (tmp_path / "a.geojson").write_bytes(text)
    with pytest.raises(BadInput):
        read_outlines(tmp_path / "a.geojson", (10, 12))


def test_no_objects_are_a_valid_image(tmp_path):
    image = read(tmp_path, {"type": "FeatureCollection", "features": []})
    assert (image.objects, image.labels.shape) == (0, (10, 12))


def test_written_as_qupath_opens_it(tmp_path):
    labels = np.zeros((10, 12), np.uint16)
    labels[1:4, 1:4] = 1
    labels[5:8, 5:8] = 2
    labels[6, 6] = 0
    labels[9, 11] = 2
    path = tmp_path / "ä [1].geojson"
    write_geojson(path, labels, "Zelle: groß", plane=(3, 7))
    root = json.loads(path.read_text("utf-8"))
    assert root["type"] == "FeatureCollection"
    assert [one["geometry"]["type"] for one in root["features"]] == ["Polygon", "MultiPolygon"]
    for one in root["features"]:
        assert one["type"] == "Feature"
        assert len(one["id"]) == 36
        assert one["geometry"]["plane"] == {"c": -1, "z": 3, "t": 7}
        assert one["properties"]["objectType"] == "annotation"
        assert one["properties"]["isLocked"] is False
        assert one["properties"]["classification"]["name"] == "Zelle: groß"
        assert len(one["properties"]["classification"]["color"]) == 3
    assert root["features"][0]["geometry"]["coordinates"] == [SQUARE[0][::-1]]
    image = read_geojson(path, labels.shape)
    assert image.labels.tolist() == labels.tolist()
    assert image.classes == ("Zelle: groß",) * 2


def test_default_plane_and_no_class_are_left_out(tmp_path):
    write_geojson(tmp_path / "a.geojson", np.ones((2, 2), np.uint8))
    (one,) = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert set(one["geometry"]) == {"type", "coordinates"}
    assert one["properties"] == {"objectType": "annotation", "isLocked": False}


def test_real_labels_survive_the_round_trip(tmp_path):
    write_geojson(tmp_path / "a.geojson", true_labels(), "Nucleus")
    assert (read_geojson(tmp_path / "a.geojson", SIZE).labels == true_labels()).all()


@given(arrays(np.uint8, st.tuples(st.integers(3, 12), st.integers(3, 12)), elements=st.integers(0, 4)))
@settings(max_examples=100, deadline=None)
def test_any_labels_survive_the_round_trip(tmp_path_factory, labels):
    labels = relabel(np.pad(labels, 2))  # what covers the whole image would be a region
    path = tmp_path_factory.mktemp("round") / "a.geojson"
    write_geojson(path, labels, "Cell")
    image = read_geojson(path, labels.shape)
    assert image.labels.tolist() == labels.tolist()


def test_ten_thousand_objects(tmp_path):
    y, x = np.mgrid[:2048, :2048]
    disks = (y % 20 - 10) ** 2 + (x % 20 - 10) ** 2 < 81
    labels = relabel(np.where(disks, (y // 20) * 103 + x // 20 + 1, 0))
    write_geojson(tmp_path / "a.geojson", labels)
    start = time.process_time()
    image = read_geojson(tmp_path / "a.geojson", labels.shape)
    assert time.process_time() - start < 4  # about 1 s on a free core
    assert (image.labels == labels).all()
