"""Left-out pixels (dust, borders, padding): the measured drift is the sample's, not theirs."""

import numpy as np
import pytest
import tifffile
from skimage.registration import phase_cross_correlation

from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration.frame_image import drift_image, kept_pixels
from cpretrain.registration.inpainting import fill_in
from cpretrain.registration.phase_correlation.masked_correlation import masked_correlation
from cpretrain.registration.pixel_mask import read_mask
from cpretrain.registration.previous_frame import measure_frames
from cpretrain.settings.drift import DriftSettings
from tests.support.textures import moving_window, textured

CORNERS = np.array([(0, 10, 10), (0, 13, 6), (0, 15, 9), (0, 12, 14)])
DRIFT = CORNERS[0] - CORNERS


def dust(shape=(80, 90), seed=0, specks=15):
    """Return specks of dust on the camera: a mask (Y, X) and their grey values."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    seen = np.zeros(shape, np.uint16)
    for _ in range(specks):
        at_y, at_x, radius = rng.integers((0, 0, 2), (*shape, 6))
        seen[(y - at_y) ** 2 + (x - at_x) ** 2 < radius**2] = rng.integers(20_000, 60_000)
    return seen > 0, seen


def dusty(smooth=1.0, dtype="uint16", depth=1, contrast=1.0):
    """Return a sample that moves by DRIFT under static dust, and the mask of the dust."""
    ground = textured((depth, 110, 120), 3, (0, smooth, smooth) if depth == 1 else smooth)
    movie = moving_window(ground * contrast * 4000 / 65535, (depth, 80, 90), CORNERS, "uint16")
    mask, seen = dust()
    movie.pixels[..., mask] = seen[mask]
    if dtype == "uint8":
        movie.pixels = movie.pixels // 256 + movie.pixels % 256 * (~mask)
    return ArrayFrames(movie.pixels.astype(dtype)), mask


def saved(folder, mask):
    tifffile.imwrite(folder / "mask.tif", mask.astype(np.uint8) * 255, photometric="minisblack")
    return folder / "mask.tif"


@pytest.mark.parametrize("smooth", [0.7, 2, 4])
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_dust_holds_the_frames_and_with_a_mask_it_does_not(tmp_path, smooth, dtype):
    movie, mask = dusty(smooth, dtype)
    assert not measure_frames(movie).drift.any()  # the dust, which stays
    curve = measure_frames(movie, DriftSettings(mask=saved(tmp_path, mask)))
    np.testing.assert_array_equal(curve.drift, DRIFT)
    for t in range(1, 4):  # Padfield's masked correlation says the same
        frames = movie.frame(t)[0, 0].astype(float), movie.frame(t - 1)[0, 0].astype(float)
        step, *_ = phase_cross_correlation(*frames, reference_mask=~mask, moving_mask=~mask)
        np.testing.assert_array_equal(step, (DRIFT[t] - DRIFT[t - 1])[1:])


@pytest.mark.parametrize("reference", ["first", "mean"])
def test_against_a_reference(tmp_path, reference):
    movie, mask = dusty()
    curve = measure_frames(movie, DriftSettings(mask=saved(tmp_path, mask), reference=reference))
    np.testing.assert_array_equal(curve.drift, DRIFT)
    assert curve.uncertain_pairs == ()


@pytest.mark.parametrize(
    "options",
    [{"edge_enhance": True}, {"threshold": 300}, {"roi": (15, 12, 60, 55)}, {"multi_time_scale": True}],
)
def test_with_other_options(tmp_path, options):
    movie, mask = dusty()
    assert not measure_frames(movie, DriftSettings(**options)).drift.any()
    curve = measure_frames(movie, DriftSettings(mask=saved(tmp_path, mask), **options))
    np.testing.assert_array_equal(curve.drift, DRIFT)


@pytest.mark.parametrize("options", [{}, {"only_xy": True}, {"z_range": (2, 4)}])
@pytest.mark.parametrize("planes", [1, 5])
def test_planes(tmp_path, options, planes):
    movie, mask = dusty(depth=5)
    path = saved(tmp_path, np.broadcast_to(mask, (planes, *mask.shape)))
    assert not measure_frames(movie, DriftSettings(**options)).drift[:, 1:].any()
    curve = measure_frames(movie, DriftSettings(mask=path, **options))
    np.testing.assert_array_equal(curve.drift, DRIFT)


@pytest.mark.parametrize("reference", ["previous", "first", "mean"])
def test_padding_that_moves_with_the_frame(reference):
    """A movie with an earlier, wrong correction: black borders whose edges hold the frames instead of the sample."""
    movie = moving_window(textured((1, 120, 130), 5), (1, 100, 110), CORNERS, "uint16")
    for t in range(4):
        movie.pixels[t, :, :, : 10 + t] = 0
        movie.pixels[t, :, :, :, -12 - 2 * t :] = 0
    settings = DriftSettings(ignore_padding=True, reference=reference)
    np.testing.assert_array_equal(measure_frames(movie, settings).drift, DRIFT)


def test_an_empty_frame_is_uncertain_with_ignore_padding():
    movie = moving_window(textured((1, 60, 60), 4), (1, 50, 50), [(0, 2, 1)] * 3, "uint16")
    movie.pixels[1] = 0
    curve = measure_frames(movie, DriftSettings(ignore_padding=True))
    assert curve.uncertain_pairs == ((0, 1), (1, 2))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_filled_in_pixels_are_smooth_and_the_others_stay(dtype):
    y, x = np.mgrid[:64, :75]
    slope = (10 + y + 2 * x).astype(dtype)[np.newaxis]
    holes = dust((64, 75), 1)[0][np.newaxis]
    seen = np.where(holes, np.array(250, dtype), slope)
    filled = fill_in(seen, holes)
    assert filled.dtype == dtype
    assert np.array_equal(filled[~holes], slope[~holes])
    assert (
        np.abs(filled.astype(float) - slope)[holes].max() < 15
    )  # of a range of 211; at the image border nothing lies beyond
    assert np.array_equal(seen[holes], np.full(holes.sum(), 250, dtype))  # what was given stays as it was


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 9), (1, 16, 16), (1, 5, 37)])
def test_filling_in_all_or_all_but_one(shape):
    image = np.full(shape, 7, np.uint16)
    everything = np.ones(shape, bool)
    assert not fill_in(image, everything).any()
    everything[0, -1, -1] = False
    assert (fill_in(image, everything)[0] == 7).all()


def test_masked_correlation_is_pearsons_of_what_both_keep():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 3, 20, 21)).astype(np.float32)
    kept_a, kept_b = rng.random((2, 3, 20, 21)) < 0.7
    for shift in [(0, 0, 0), (1, -4, 7), (-2, 16, 0)]:
        on_a, on_b = (
            tuple(slice(max(s, 0), n + min(s, 0)) for s, n in zip(way, a.shape, strict=True))
            for way in (shift, [-s for s in shift])
        )
        both = kept_a[on_a] & kept_b[on_b]
        score, pixels = masked_correlation(a, b, kept_a, kept_b, shift, 0.5, 0.4, 9)
        assert pixels == both.sum()
        assert score == pytest.approx(np.corrcoef(a[on_a][both], b[on_b][both])[0, 1], abs=1e-9)
    assert masked_correlation(a, b, kept_a, kept_b, (0, 17, 20), 0.5, 0.4, 9) == (0, 0)
    assert masked_correlation(a, b, kept_a, kept_b, (0, 25, 0), 0.5, 0.4, 9) == (0, 0)
    assert masked_correlation(np.ones_like(a), b, kept_a, kept_b, (0, 0, 0), 0.0, 0.4, 9)[0] == 0


@pytest.mark.parametrize("options", [{}, {"edge_enhance": True}, {"only_xy": True}, {"threshold": 9}])
def test_kept_pixels_owe_nothing_to_those_left_out(options):
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 200, (4, 1, 30, 30)).astype(np.uint8)
    left_out = rng.random((4, 30, 30)) < 0.01
    other = frame.copy()
    other[:, 0][left_out] ^= 255
    settings = DriftSettings(**options)
    kept = kept_pixels(left_out, settings)
    assert 0.3 < kept.mean() < 1
    ours, theirs = (drift_image(each, settings) for each in (frame, other))  # not even filled in
    assert np.array_equal(ours[kept], theirs[kept])


@pytest.mark.parametrize(
    ("shape", "found", "expected"),
    [
        ((10, 13), "1 × 10 × 13", r"1 × 10 × 12, or 4 × 10 × 12"),
        ((3, 10, 12), "3 × 10 × 12", r"1 × 10 × 12, or 4 × 10 × 12"),
    ],
)
def test_masks_of_another_size(tmp_path, shape, found, expected):
    path = saved(tmp_path, np.ones(shape, bool))
    with pytest.raises(BadInput, match=r"mask\.tif: the mask differs in size") as caught:
        read_mask(path, (4, 10, 12))
    assert (caught.value.found, caught.value.expected) == (f"{found} pixels (z, y, x)", expected)


def test_a_mask_that_leaves_nothing_is_refused(tmp_path):
    movie, mask = dusty()
    with pytest.raises(BadInput, match="leaves nothing to measure"):
        measure_frames(movie, DriftSettings(mask=saved(tmp_path, np.ones_like(mask))))
    mask[:20, :20] = True
    with pytest.raises(BadInput, match="leaves nothing to measure"):
        measure_frames(movie, DriftSettings(mask=saved(tmp_path, mask), roi=(2, 3, 15, 15)))


def test_a_mask_that_is_not_there(tmp_path):
    movie, _ = dusty()
    for path in (tmp_path / "none.tif", tmp_path):
        with pytest.raises(BadInput, match="no such mask"):
            measure_frames(movie, DriftSettings(mask=path))
    with pytest.raises(BadInput, match="no such mask"):
        correct_drift(tmp_path, settings=DriftSettings(mask=tmp_path / "none.tif"))


def test_a_changed_mask_is_measured_with_anew_and_recorded(tmp_path):
    movie, mask = dusty()
    (tmp_path / "raw").mkdir()
    tifffile.imwrite(tmp_path / "raw" / "a.tif", movie.pixels[:, 0, 0], imagej=True, metadata={"axes": "TYX"})
    settings = DriftSettings(engine="native", mask=saved(tmp_path, np.zeros_like(mask)))
    [first] = correct_drift(tmp_path / "raw", settings=settings).done
    saved(tmp_path, mask)
    [second] = correct_drift(tmp_path / "raw", settings=settings).done
    [third] = correct_drift(tmp_path / "raw", settings=settings).done
    assert not first.curve.drift.any()
    assert np.array_equal(second.curve.drift, DRIFT)
    assert third.engine == "unchanged"
    assert f"{tmp_path.name}/mask.tif" in (tmp_path / "corrected" / "a.json").read_text()
