"""Files that Bio-Formats reads in a real Fiji: the pixels of other readers, in the same Java as the plugin."""

from pathlib import Path

import numpy as np
import pytest

from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images.discovery import list_movies
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.curve import DriftCurve
from cpretrain.runtime.process_cache import close_cached
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import find_fiji, shared
from fiji_bridge.bioformats import BioFormatsMovie, is_available
from tests.support.movies import write_movie

pytestmark = pytest.mark.fiji
REAL = Path(__file__).parents[1] / "data" / "microscopes"


@pytest.fixture(autouse=True)
def bioformats():
    if not is_available():
        pytest.skip("needs a Fiji with Bio-Formats in FIJI_HOME")
    yield
    close_cached()


def write_ics(path: Path, pixels: np.ndarray) -> Path:
    """An ICS of version 1: a header as text, and a file of pixels beside it (axes t, y, x)."""
    frames, height, width = pixels.shape
    lines = [
        "ics_version\t1.0", f"filename\t{path.stem}", "layout\tparameters\t4", "layout\torder\tbits\tx\ty\tt",
        f"layout\tsizes\t16\t{width}\t{height}\t{frames}", "layout\tsignificant_bits\t16",
        "representation\tformat\tinteger", "representation\tsign\tunsigned",
        "representation\tcompression\tuncompressed",
        "representation\tbyte_order\t1\t2", "parameter\tscale\t1\t0.5\t0.5\t3", "parameter\tunits\tbits\tum\tum\ts",
    ]  # fmt: skip
    path.write_text("\t\n" + "\n".join(lines) + "\n")
    path.with_suffix(".ids").write_bytes(pixels.astype("<u2").tobytes())
    return path


@pytest.mark.parametrize("name", ["cluster.nd2", "xyz__multiple_images.czi", "test.oib"])
def test_pixels_are_those_of_the_other_readers(name):
    for path in list_movies(REAL / name):
        theirs = BioFormatsMovie(path)
        with TimeLapse(path) as ours:
            assert theirs.images == ours.images
            assert theirs.calibration.pixel_size[1:] == pytest.approx(
                ours.calibration.pixel_size[1:], rel=1e-3
            )
            for t in range(ours.shape[0]):
                assert np.array_equal(theirs.read(t).reshape(ours.shape[1:]), ours.frame(t))


def test_a_movie_that_only_bioformats_reads_is_corrected_by_the_plugin_in_the_same_java(
    tmp_path, monkeypatch
):
    frames = write_movie(tmp_path / "grey" / "a.tif")
    (tmp_path / "raw").mkdir()
    path = write_ics(tmp_path / "raw" / "exp.ics", frames)
    sessions = []
    start = shared.FijiSession.start
    monkeypatch.setattr(shared.FijiSession, "start", lambda self: (sessions.append(self), start(self))[1])
    assert list_movies(tmp_path / "raw") == [path]
    with TimeLapse(path) as movie:
        assert movie.calibration.pixel_size[1:] == (0.5, 0.5)
        assert "it is read by Bio-Formats in Fiji, as Image Cytometry Standard" in movie.notes
        np.testing.assert_array_equal([movie.frame(t)[0, 0] for t in range(len(frames))], frames)
    [done] = correct_drift(path, settings=DriftSettings(engine="fiji")).done
    assert isinstance(done.curve, DriftCurve) and done.engine == "fiji"
    assert len(set(map(id, sessions))) == 1 and sessions[0].starts == 1


def test_a_damaged_file_is_named_and_the_next_one_is_read(tmp_path):
    (tmp_path / "a.ics").write_text("ics_version\t1.0\nfilename\ta\n")
    with pytest.raises(BadInput, match=r"a\.ics"):
        TimeLapse(tmp_path / "a.ics")
    path = write_ics(tmp_path / "b.ics", np.ones((2, 20, 30), np.uint16))
    with TimeLapse(path) as movie:
        assert movie.shape == (2, 1, 1, 20, 30)
    assert find_fiji().home
