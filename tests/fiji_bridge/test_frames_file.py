import gc
import weakref

import numpy as np
import pytest

from fiji_bridge.frames_file import map_frames, write_frames


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", ">u2", ">f4"])
def test_frames_come_back_as_they_were_in_native_order(tmp_path, dtype):
    pixels = np.random.default_rng(0).integers(0, 255, (3, 4, 2, 5, 6)).astype(dtype)
    write_frames(tmp_path / "frames", pixels)
    native = np.dtype(dtype).newbyteorder("=")
    back = map_frames(tmp_path / "frames", native.name, pixels.shape)
    assert back.dtype == native
    np.testing.assert_array_equal(back, pixels)
    assert (tmp_path / "frames").stat().st_size == pixels.nbytes


def test_frames_that_are_not_contiguous(tmp_path):
    pixels = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 1, 1, 4, 3).transpose(0, 1, 2, 4, 3)
    write_frames(tmp_path / "frames", pixels)
    np.testing.assert_array_equal(map_frames(tmp_path / "frames", "uint16", pixels.shape), pixels)


def test_one_frame_is_held_at_a_time(tmp_path):
    class Counted(np.ndarray):
        pass

    alive, most = [], 0

    def frames():
        nonlocal most
        for _ in range(5):
            frame = np.zeros((1, 1, 8, 8), np.uint8).view(Counted)
            alive.append(weakref.ref(frame))
            gc.collect()
            most = max(most, sum(each() is not None for each in alive))
            yield frame
            del frame

    write_frames(tmp_path / "frames", frames())
    assert most <= 2


def test_what_is_mapped_outlives_its_name(tmp_path):
    write_frames(tmp_path / "frames", np.full((1, 1, 1, 4, 4), 7, np.uint8))
    pixels = map_frames(tmp_path / "frames", "uint8", (1, 1, 1, 4, 4))
    (tmp_path / "frames").unlink()
    assert pixels.sum() == 7 * 16
