"""Segment Movies in both languages: what comes out is what the command line makes, and it is shown on the image."""

import numpy as np
import pytest
import tifffile

from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.labels.colour_png import colours_of
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline.demo import DATA
from cpretrain.prediction import predict
from cpretrain.settings.prediction import PredictSettings
from tests.support.fiji_scripts import both
from tests.support.paths import FIELDS

pytestmark = [
    pytest.mark.cellpose,
    pytest.mark.skipif(cellpose_major() != 3, reason="the demo's model is of Cellpose 3"),
]
MODEL = DATA / "base_nuclei"
FOLDER, OPEN_IMAGE = "all movies in the folder", "the open image"
SCRIPTS = both("Segment Movies")


def write(path, frames):
    """Write frames, shape (T, C, Y, X), as an ImageJ hyperstack."""
    t, c, y, x = frames.shape
    write_frames(
        path,
        iter(frames[:, np.newaxis]),
        (t, 1, c, y, x),
        frames.dtype,
        Calibration((1.0, 0.5, 0.5), "µm", 60.0),
    )
    return path


@pytest.fixture(scope="module")
def frames():
    """Two frames of nuclei, shape (T, Y, X)."""
    field = tifffile.imread(FIELDS / "images" / "IXMtest_A16_s2.tif")
    return np.stack([field[place : place + 80, 60 + place : 160 + place] for place in (60, 69)])


@pytest.fixture
def movie(request, frames, tmp_path):
    """A time-lapse of one channel, or, as its parameter says, beside an empty one."""
    channels = [frames, np.full_like(frames, 7)][: getattr(request, "param", 1)]
    return write(tmp_path / "Zelle 1 ü.tif", np.stack(channels, axis=1))


@pytest.fixture(scope="module")
def expected(frames, tmp_path_factory):
    """The label images, shape (T, Y, X), as predict makes them of the channel of nuclei."""
    folder = tmp_path_factory.mktemp("by command")
    movie = write(folder / "movie.tif", frames[:, np.newaxis])
    done = predict(MODEL, movie, out=folder / "out", settings=PredictSettings(channel=1, device="cpu"))
    with TimeLapse(done.done[0].labels) as labels:
        return np.stack([labels.frame(t)[0, 0] for t in range(labels.shape[0])])


def temporary_folders(languages):
    return [path.name for path in (languages.folder / "java").glob("cpretrain*")]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    ("movie", "rois"), [(1, "as an overlay"), (2, "in the ROI Manager"), (2, "none")], indirect=["movie"]
)
def test_the_open_image_is_segmented_frame_by_frame(run, languages, movie, expected, script, rois):
    told = run(script, image=movie, what=OPEN_IMAGE, model=MODEL, channel=1, rois=rois)
    assert told["error"] == ""
    (made,) = told["made"]
    assert made["title"] == f"labels of {movie.name}"
    assert made["shape"] == [100, 80, 1, 1, 2]
    assert made["unit"] in ("µm", "micron")
    np.testing.assert_array_equal(np.reshape(made["pixels"], expected.shape), expected)
    places = [t + 1 for t, frame in enumerate(expected) for _ in range(frame.max())]
    assert [t or position for _, _, t, position in told["overlay"]] == (places if rois != "none" else [])
    assert all(c == 0 for c, *_ in told["overlay"])  # in every channel
    assert ("There is no ROI Manager without a screen" in told["shown"]) == (rois == "in the ROI Manager")
    assert len(set(places)) == 2
    assert f"{movie.name}: {len(places)} objects" in told["shown"]
    assert (told["title"], told["changes"]) == (movie.name, False)
    assert temporary_folders(languages) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_labels_have_the_colours_of_the_pictures_and_black_is_background(run, movie, script):
    (made,) = run(script, image=movie, what=OPEN_IMAGE, model=MODEL, channel=1, rois="none")["made"]
    assert made["range"] == [0, 255]  # each number is its own colour
    np.testing.assert_array_equal(made["colours"], colours_of(np.arange(256)))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_folder_is_segmented_beside_it(run, frames, tmp_path, script):
    folder = tmp_path / "Filme [1] ü"
    for number in range(2):
        write(folder / f"Film {number}.tif", np.roll(frames, 5 * number, axis=2)[:, np.newaxis])
    (folder / "broken.tif").write_bytes(b"II*")
    told = run(script, what=FOLDER, folder=folder, model=MODEL, rois="as an overlay", geojson=True)
    assert told["error"] == ""
    assert "broken.tif: cannot be read as a TIFF" in told["shown"]
    out = tmp_path / "segmented"
    for number in range(2):
        assert tifffile.imread(out / f"Film {number}.tif").max() > 0
        assert (out / f"Film {number}_RoiSet.zip").is_file()
        assert (out / f"Film {number}.geojson").is_file()
    assert not list(folder.glob("*Roi*"))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"what": OPEN_IMAGE, "model": MODEL}, "No image is open"),
        ({"what": FOLDER, "model": MODEL}, "Choose a folder of movies"),
        ({"what": FOLDER, "model": DATA, "folder": FIELDS / "images"}, "is not a model folder"),
        ({"what": FOLDER, "model": MODEL, "folder": MODEL.parent, "flow_threshold": "much"}, "flow"),
    ],
    ids=["no image", "no folder", "no model", "no number"],
)
def test_what_is_missing_is_said(run, script, given, said):
    told = run(script, **given)
    assert said in told["error"]
    assert told["exception"] == ""
    assert "Traceback" not in told["error"]


def test_the_function_for_scripts_of_ones_own(languages, fiji_folder, movie, expected, tmp_path):
    script = tmp_path / "own.py"
    script.write_text(
        "from cpretrain_fiji import segment\n"
        "labels = segment(model=model, channel=1)\n"
        "labels.show()\n"
        "try:\n    segment(model='/nowhere', channel=1)\nexcept Exception as failure:\n    print(failure)\n"
    )
    told = languages.call("run_script", script=str(script), inputs={"model": str(MODEL)}, image=str(movie))
    assert told["exception"] == ""
    (made,) = told["made"]
    np.testing.assert_array_equal(np.ravel(made["pixels"]), expected.ravel())
    assert "no such file, and no model of that name" in told["error"] + told["shown"]
