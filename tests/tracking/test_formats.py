"""Tracks in other programs' formats, read by others: TrackMate's XML, GEFF, ImageJ's ROIs, napari's layer."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import roifile
import tifffile

from cpretrain import TimeLapse, track
from cpretrain.linking import edges_of, lineages_of, napari_tracks, read_tracks

DIMENSIONS = {
    *("NONE", "QUALITY", "COST", "INTENSITY", "INTENSITY_SQUARED", "POSITION", "VELOCITY", "LENGTH", "AREA"),
    *("TIME", "ANGLE", "RATE", "ANGLE_RATE", "STRING"),
}
"""What TrackMate knows."""


@pytest.fixture(scope="module")
def written(made, tmp_path_factory):
    """Folder of the tracks, and their table."""
    (movie,) = track(made.predictions, images=made.corrected, out=tmp_path_factory.mktemp("tracks")).done
    return movie.table.parent, read_tracks(movie.table)


def test_links_lead_forward_within_tracks_and_from_mother_to_daughter(written):
    _, table = written
    edges = edges_of(table)
    earlier, later = (table.iloc[column].reset_index(drop=True) for column in edges.T)
    assert (earlier["frame"] < later["frame"]).all()
    same = earlier["track"] == later["track"]
    assert (same | (later["parent"] == earlier["track"])).all()
    assert (
        len(edges)
        == len(table) - table["track"].nunique() + table.loc[table["parent"] > 0, "track"].nunique()
    )
    assert (lineages_of(table)[edges[:, 0]] == lineages_of(table)[edges[:, 1]]).all()


def test_trackmate_xml_holds_spots_edges_and_families(written, made):
    folder, table = written
    root = ET.parse(folder / "nuclei.trackmate.xml").getroot()
    model = root.find("Model")
    assert (root.tag, model.get("spatialunits"), model.get("timeunits")) == ("TrackMate", "micron", "sec")
    spots = {spot.get("ID"): spot for spot in model.iter("Spot")}
    assert len(spots) == int(model.find("AllSpots").get("nspots")) == len(table)
    for frame in model.iter("SpotsInFrame"):
        for spot in frame:
            row = table.iloc[int(spot.get("ID"))]
            assert (int(spot.get("FRAME")), int(spot.get("TRACK"))) == (row["frame"], row["track"])
            assert frame.get("frame") == spot.get("FRAME")
            assert float(spot.get("POSITION_X")) == pytest.approx(row["x"] * 0.645, rel=1e-3)
            assert float(spot.get("RADIUS")) == pytest.approx(0.645 * np.sqrt(row["area"] / np.pi), rel=1e-3)
            assert float(spot.get("RAW_Y")) == pytest.approx(row["raw_y"], rel=1e-5)
    edges = {
        (int(edge.get("SPOT_SOURCE_ID")), int(edge.get("SPOT_TARGET_ID"))) for edge in model.iter("Edge")
    }
    assert edges == {tuple(edge) for edge in edges_of(table).tolist()}
    families = [{*edge.attrib.values()} for edge in model.iter("TrackID")]
    assert len(families) == len(model.find("AllTracks"))
    image = root.find("Settings/ImageData")
    assert (image.get("filename"), image.get("folder")) == ("nuclei.tif", str(made.corrected.resolve()))


def test_every_feature_of_the_xml_is_declared(written):
    folder, _ = written
    root = ET.parse(folder / "nuclei.trackmate.xml").getroot()
    assert {"Log", "Model", "Settings", "GUIState", "DisplaySettings"} == {part.tag for part in root}
    for feature in root.iter("Feature"):
        assert {*feature.attrib} == {"feature", "name", "shortname", "dimension", "isint"}
        assert feature.get("dimension") in DIMENSIONS
    declared = {
        group: {one.get("feature") for one in root.find(f"Model/FeatureDeclarations/{group}")}
        for group in ("SpotFeatures", "EdgeFeatures", "TrackFeatures")
    }
    for tag, group, own in (
        ("Spot", "SpotFeatures", {"ID", "name"}),
        ("Edge", "EdgeFeatures", set()),
        ("Track", "TrackFeatures", {"name"}),
    ):
        used = {name for one in root.iter(tag) for name in one.attrib} - own
        assert used and used <= declared[group]


def test_the_detector_has_the_parameters_that_trackmate_knows(written):
    """TrackMate 8 refuses unknown ones, and then the whole file counts as not well read."""
    folder, _ = written
    detector = ET.parse(folder / "nuclei.trackmate.xml").getroot().find("Settings/DetectorSettings")
    assert detector.attrib == {"DETECTOR_NAME": "MANUAL_DETECTOR", "RADIUS": "1.0"}


def test_movies_without_objects_or_links_are_written_in_every_format(tmp_path):
    """The XML had ended with an error where there were no links at all."""
    labels = np.zeros((3, 16, 16), np.uint8)
    (tmp_path / "segmented").mkdir()
    for name in ("leer", "ein Objekt"):
        tifffile.imwrite(
            tmp_path / "segmented" / f"{name}.tif", labels, imagej=True, metadata={"axes": "TYX"}
        )
        labels[1, 4:8, 4:8] = 1
    for movie in track(tmp_path / "segmented").done:
        folder, name = movie.table.parent, movie.source.stem
        root = ET.parse(folder / f"{name}.trackmate.xml").getroot()
        assert len([*root.iter("Spot")]) == movie.numbers["objects"] == (name != "leer")
        assert not [*root.iter("Track")]
        assert (folder / f"{name}.geff").is_dir()
        assert movie.picture.is_file()


def test_geff_is_valid_and_holds_the_same_graph(written):
    geff = pytest.importorskip("geff")
    folder, table = written
    graph, facts = geff.read(folder / "nuclei.geff", structure_validation=True)
    assert facts.directed
    assert [axis.name for axis in facts.axes] == ["t", "z", "y", "x"]
    assert {tuple(map(int, edge)) for edge in graph.edges} == {
        tuple(edge) for edge in edges_of(table).tolist()
    }
    for number, node in graph.nodes(data=True):
        row = table.iloc[int(number)]
        assert (node["t"], node["track"], node["area"]) == (row["frame"], row["track"], row["area"])
        assert node["x"] == pytest.approx(row["x"] * 0.645, rel=1e-3)
        assert node["raw_x"] == pytest.approx(row["raw_x"], rel=1e-5)


def test_tracklets_and_lineages_of_the_geff_are_what_the_format_says(written):
    validate = pytest.importorskip("geff.validate.tracks")
    folder, _ = written
    import zarr

    group = zarr.open_group(str(folder / "nuclei.geff"), mode="r")
    ids, edges = group["nodes/ids"][:], group["edges/ids"][:]
    tracks, lineages = (group[f"nodes/props/{name}/values"][:] for name in ("track", "lineage"))
    assert validate.validate_tracklets(ids, edges, tracks) == (True, [])
    assert validate.validate_lineages(ids, edges, lineages) == (True, [])


def test_rois_are_named_after_tracks(written):
    folder, table = written
    rois = roifile.roiread(folder / "nuclei_RoiSet.zip")
    assert {roi.name for roi in rois} == {
        f"track{track:04} t{frame:04}" for track, frame in table[["track", "frame"]].itertuples(index=False)
    }
    with TimeLapse(folder / "nuclei.tif") as labels:
        for roi in rois[:40]:
            inside = labels.frame(roi.t_position - 1)[0, 0] == int(roi.name[5:9])
            rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
            assert (roi.top, roi.bottom, roi.left, roi.right) == (
                *(rows[0], rows[-1] + 1),
                *(columns[0], columns[-1] + 1),
            )


@pytest.mark.parametrize("raw", [False, True])
def test_the_layer_for_napari(written, raw):
    _, table = written
    layer = napari_tracks(table, raw=raw)
    assert layer["data"].shape == (len(table), 5)
    assert np.array_equal(layer["data"][:, 4], table["raw_x" if raw else "x"])
    assert {(track, *parent) for track, parent in layer["graph"].items()} == {
        (track, parent) for track, parent in zip(table["track"], table["parent"], strict=True) if parent
    }
    assert len(layer["features"]) == len(table)
