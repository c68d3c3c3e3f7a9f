"""Twenty movies in a row through one Fiji, three of them bad."""

from itertools import cycle, islice
from pathlib import Path

import numpy as np
import psutil
import pytest
import recorded
import tifffile

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.timelapse import ArrayFrames, TimeLapse
from cpretrain.settings.drift import DriftSettings
from fiji_bridge.errors import FijiError
from fiji_bridge.session import FijiSession

pytestmark = [pytest.mark.fiji, pytest.mark.slow]
GOOD = ("syn1", "pc12", "syn2", "mitocheck", "syn6")


def truncated(folder: Path) -> Path:
    path = folder / "corrupt.tif"
    tifffile.imwrite(
        path, np.random.default_rng(0).integers(0, 255, (9, 64, 64), np.uint8), compression="zlib"
    )
    path.write_bytes(path.read_bytes()[:-9000])
    return path


@pytest.mark.timeout(900)
def test_seventeen_results_three_errors_and_nothing_left(fiji, tmp_path):
    known = {entry["case"]: entry for entry in reversed(recorded.entries())}
    work: list = [known[case] for case in islice(cycle(GOOD), 17)]
    work.insert(3, "corrupt")
    work.insert(9, "fails in the plugin")
    work.insert(14, "too large for the memory")
    overflow = np.random.default_rng(0).uniform(1e38, 3e38, (4, 1, 1, 64, 64)).astype(np.float32)
    large = ArrayFrames(np.zeros((6, 1, 1, 6000, 6000), np.uint16))
    right, failed, heaps = 0, [], []
    with FijiSession(fiji, memory=400, jobs=Path(__file__).with_name("jobs_in_fiji.py")) as session:
        pids = {session.pid}
        for movie in work:
            try:
                if movie == "corrupt":
                    with TimeLapse(truncated(tmp_path)) as opened:
                        session.correct_drift(opened, DriftSettings())
                elif movie == "fails in the plugin":
                    session.correct_drift(ArrayFrames(overflow), DriftSettings())
                elif movie == "too large for the memory":
                    session.correct_drift(large, DriftSettings())
                else:
                    done = session.correct_drift(recorded.movie(movie), recorded.settings(movie))
                    right += recorded.sha256(done.pixels) == movie["output_sha256"]
                    heaps.append(session.call("level")["heap"])
            except BadInput as error:
                failed.append(error)
            pids.add(session.pid)
        starts = session.starts
    assert right == 17
    assert [type(error) for error in failed] == [DamagedFile, FijiError, FijiError]
    corrupt, in_plugin, of_memory = map(str, failed)
    assert "corrupt.tif" in corrupt
    assert "Exception" in in_plugin
    assert "out of memory" in of_memory
    assert starts == 2
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    assert not session.folder.exists()
    first = heaps[:12]
    assert max(first[5:]) < min(first[2:5]) * 1.2  # before the restart: no growth from movie to movie
