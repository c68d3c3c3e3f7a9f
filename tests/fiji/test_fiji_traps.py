"""Traps of running the plugin headless through PyImageJ, each with the real Fiji."""

import dataclasses
import os
import socket
import threading

import numpy as np
import psutil
import pytest
import recorded

from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import ArrayFrames, TimeLapse
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import available, doctor
from fiji_bridge.errors import FijiError
from fiji_bridge.frames_file import write_frames
from fiji_bridge.session import FijiSession

pytestmark = [pytest.mark.fiji, pytest.mark.slow]


def entry_of(case: str, **options) -> dict:
    return next(
        entry
        for entry in recorded.entries()
        if entry["case"] == case and options.items() <= entry["options"].items() and not entry["roi"]
    )


def check(session, entry) -> None:
    done = session.correct_drift(recorded.movie(entry), recorded.settings(entry))
    assert recorded.sha256(done.pixels) == entry["output_sha256"]


def run_plugin(session, pixels: np.ndarray, options: str):
    """Run the plugin, bypassing the checks."""
    path = session.folder / "unchecked.raw"
    write_frames(path, pixels)
    return session.call(
        "drift",
        movie=str(path),
        dtype=pixels.dtype.name,
        shape=pixels.shape,
        calibration={},
        options=options,
        roi=None,
        corrected=str(session.folder / "unchecked_corrected.raw"),
    )


def test_starting_a_local_fiji_makes_no_network_call(fiji, monkeypatch):
    server, connections = socket.create_server(("127.0.0.1", 0)), []

    def take() -> None:
        while True:
            try:
                connections.append(server.accept())
            except OSError:
                return

    threading.Thread(target=take, daemon=True).start()
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{server.getsockname()[1]}")
    with FijiSession(fiji) as session:
        ports = [link for link in psutil.Process(session.pid).net_connections("inet") if link.raddr]
        assert session.ping()["imagej"].endswith(fiji.imagej)
        check(session, entry_of("pc12"))
    server.close()
    assert not connections
    assert not ports


def test_jars_from_the_endpoint_run_without_a_fiji_folder(fiji):
    with FijiSession(dataclasses.replace(fiji, home=None, endpoint="sc.fiji:fiji:2.17.0")) as session:
        check(session, entry_of("pc12"))


def test_what_is_found_is_what_runs(session, fiji):
    told = session.ping()
    assert told["java"] == fiji.java_version
    assert told["imagej"].endswith(f"/{fiji.imagej}")
    facts = doctor()
    assert facts["fiji"].what == str(fiji.home)
    assert all(facts[key].found for key in ("java", "fiji", "imagej", "plugin"))
    assert available()[0] == fiji


def test_the_plugin_called_as_one_would_at_first_ends_java_and_that_is_an_error(session):
    session.start()
    with pytest.raises(FijiError, match="exit code 0"):
        session.call("without_batch_mode")
    check(session, entry_of("pc12"))


@pytest.mark.parametrize("forgetting", [False, True])
def test_images_left_on_threads_are_not_corrected_in_place_of_the_one_given(session, forgetting):
    check(session, entry_of("syn1"))  # so that the pool has threads
    session.call("leave_behind", options="")
    told = session.call("careless", forgetting=forgetting)
    assert told["size"] == ([64, 64] if forgetting else [32, 32])


def test_neither_images_nor_options_left_on_threads_matter_to_the_bridge(session):
    for entry in (entry_of("syn1"), entry_of("pc12"), entry_of("syn2")):
        session.call(
            "leave_behind", options="channel=1 only=0 lowest=1 highest=1 max_shift_x=1 max_shift_y=1"
        )
        check(session, entry)


def test_nothing_stays_open_and_threads_do_not_pile_up(session):
    check(session, entry_of("syn1"))
    before = session.call("level")
    for _ in range(5):
        check(session, entry_of("syn1"))
        with pytest.raises(FijiError):
            run_plugin(session, np.zeros((1, 1, 1, 32, 32), np.uint8), "channel=1 only=0 lowest=1 highest=1")
    after = session.call("level")
    assert after["images"] == before["images"] == 0
    assert after["threads"] <= before["threads"] + 3


@pytest.mark.parametrize(
    ("pixels", "options", "said"),
    [
        (np.zeros((1, 1, 1, 32, 32), np.uint8), "channel=1 lowest=1 highest=1", "only one time frame"),
        (np.zeros((3, 1, 1, 32, 32), np.uint8), "channel=1 lowest=2 highest=5", "adapt your z-range"),
        (
            np.full((3, 1, 1, 32, 32), np.nan, np.float32),
            "channel=1 lowest=1 highest=1",
            "NullPointerException",
        ),
        (np.zeros((3, 1, 1, 32, 32), np.uint8), "", "needs options"),
    ],
    ids=["one frame", "z range", "exception in the script", "no options"],
)
def test_what_the_plugin_only_prints_is_an_error_with_its_text(session, pixels, options, said):
    before = session.ping()["pid"]
    with pytest.raises(FijiError, match=said):
        run_plugin(session, pixels, options)
    assert session.ping()["pid"] == before
    check(session, entry_of("pc12"))


@pytest.mark.parametrize(
    ("change", "pixels", "said"),
    [
        ({"channel": 2}, np.zeros((3, 1, 1, 32, 32), np.uint8), "channel 2"),
        ({"z_range": (1, 5)}, np.zeros((3, 1, 1, 32, 32), np.uint8), "z planes 1 to 5"),
        ({}, np.zeros((1, 1, 1, 32, 32), np.uint8), "one frame"),
        ({}, np.zeros((1, 9, 1, 32, 32), np.uint8), 'axes="TYX"'),
        ({}, np.zeros((3, 2, 1, 32, 32), np.uint8), "only_xy=True"),
        ({}, np.zeros((3, 1, 1, 32, 32), np.int16), "int16"),
        ({}, np.zeros((3, 1, 1, 32, 32), np.float64), "float64"),
        ({"roi": (20, 20, 20, 20)}, np.zeros((3, 1, 1, 32, 32), np.uint8), "ROI"),
        ({}, np.full((3, 1, 1, 32, 32), np.inf, np.float32), "NaN or infinite"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_the_call(session, change, pixels, said):
    session.call("level")
    before = session.journal.path.stat().st_size
    with pytest.raises(BadInput, match=said):
        session.correct_drift(ArrayFrames(pixels), DriftSettings(**change))
    assert session.journal.path.stat().st_size == before


def test_rgb_is_refused_before_the_call(session, tmp_path):
    import tifffile

    tifffile.imwrite(tmp_path / "rgb.tif", np.zeros((3, 16, 16, 3), np.uint8), photometric="rgb")
    with TimeLapse(tmp_path / "rgb.tif") as movie, pytest.raises(BadInput, match="RGB"):
        session.correct_drift(movie, DriftSettings())


@pytest.mark.parametrize("shape", [(4, 1, 1), (4, 5, 1), (4, 1, 3), (4, 5, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_channel_and_plane_moves_by_the_shift_of_the_measured_one(session, shape, dtype):
    """A sharp random pattern moved by known whole pixels is restored to its place, in each channel and plane."""
    _, z, c = shape
    moves = [(0, 0), (2, -3), (-1, 4), (5, 0)]
    world = np.random.default_rng(3).integers(1, 200, (z, c, 80, 90)).astype(dtype)
    pixels = np.stack([world[:, :, 10 - y : 70 - y, 10 - x : 80 - x] for y, x in moves])
    done = session.correct_drift(
        ArrayFrames(pixels, Calibration((2.0, 0.5, 0.25), "µm", 60.0)), DriftSettings(channel=c)
    )
    assert done.pixels.dtype == dtype
    np.testing.assert_array_equal(done.drift[:, 1:], moves)
    assert not done.drift[:, 0].any()
    _, _, _, height, width = done.pixels.shape
    assert (height, width) == (60 + 6, 70 + 7)
    for at, (y, x) in enumerate(moves):
        top, left = 5 - y, 4 - x
        np.testing.assert_array_equal(done.pixels[at, :, :, top : top + 60, left : left + 70], pixels[at])
        assert done.pixels[at].sum(dtype=float) == pixels[at].sum(dtype=float)


def test_frames_are_reported_while_it_works(session):
    entry = entry_of("mitocheck")
    seen: list[int] = []
    session.correct_drift(recorded.movie(entry), recorded.settings(entry), on_frame=seen.append)
    frames = entry["input_shape_tzcyx"][0]
    assert seen[: frames - 1] == list(range(1, frames))
    assert seen[-frames:] == list(range(frames))


def test_a_result_stays_when_the_next_one_comes_and_when_the_session_ends(fiji):
    first, second = entry_of("pc12"), entry_of("syn1")
    with FijiSession(fiji) as session:
        done = session.correct_drift(recorded.movie(first), recorded.settings(first))
        check(session, second)
    assert recorded.sha256(done.pixels) == first["output_sha256"]
    assert not session.folder.exists()


def test_fijis_own_folder_is_left_as_it_was(fiji):
    def listing() -> dict[str, float]:
        return {
            str(path): path.stat().st_mtime_ns for path in fiji.home.rglob("*") if not os.path.islink(path)
        }

    before = listing()
    with FijiSession(fiji) as session:
        check(session, entry_of("pc12"))
    assert listing() == before
