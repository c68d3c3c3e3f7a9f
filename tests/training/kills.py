"""Train in child processes that are killed repeatedly, resume each time, and compare with an undisturbed run.

It runs as a separate process, because it forks after importing Cellpose and before torch has started any thread, so
that a kill costs no import. Prints one JSON object.

    python -m tests.training.kills IMAGES MASKS OUT KILLS [TrainSettings as JSON]
"""

import json
import os
import signal
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from random import Random

from cpretrain.models.weights import cellpose_major
from cpretrain.settings.training import TrainSettings
from tests.conftest import small_encoder

EPOCH = 0.4
"""About how long one takes, in seconds."""


def main() -> None:
    images, masks, out = map(Path, sys.argv[1:4])
    kills, settings = int(sys.argv[4]), TrainSettings.model_validate_json(sys.argv[5])
    import torch._inductor  # noqa: F401 (torch imports it late, and every child would again)
    from cellpose import models, train  # noqa: F401

    from cpretrain.training import checkpoint, retrain

    checkpoint.SHARE = float("inf")  # save after every epoch

    def child(folder: Path) -> int:
        number = os.fork()
        if number == 0:
            with small_encoder() if cellpose_major() == 4 else nullcontext():
                retrain(images, masks, settings=settings, out=folder, resume=True)
            os._exit(0)
        return number

    def saved(folder: Path) -> int:
        """Return when the last finished epoch was saved; 0 before the first."""
        state = folder / f".{settings.name}.unfinished" / "state.pt"
        return state.stat().st_mtime_ns if state.exists() else 0

    os.waitpid(child(out / "whole"), 0)
    random = Random(kills)
    killed_in_mid_run = 0
    for kill in range(kills):
        before, number = saved(out / "killed"), child(out / "killed")
        while kill and saved(out / "killed") == before:  # the first one dies before it has saved anything
            time.sleep(0.001)
        time.sleep(random.uniform(0, EPOCH))
        os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        killed_in_mid_run += os.WIFSIGNALED(status)
    os.waitpid(child(out / "killed"), 0)
    records = [
        json.loads((out / name / settings.name / "model.json").read_text(encoding="utf-8"))
        for name in ("whole", "killed")
    ]
    compared = ("weights_sha256", "curves", "kept_epoch")
    found = {
        "killed": killed_in_mid_run,
        "equal": all(records[0][name] == records[1][name] for name in compared),
        "left": sorted(path.name for path in (out / "killed").iterdir()),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
