"""Kill steps at random moments, repeat them, and compare the results with those of an undisturbed run.

    python -m tests.faults [--kills 100] [--seed 0] [--steps drift "drift on workers" predict run]

Each time, a step is started in a child process, and after a random time the child, or one of its workers, is killed;
then the step is repeated. Children are forked after everything is imported, so that a kill costs no import. Prints
one JSON object: for each step the number of runs that were really killed, and the differences.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import Any

import psutil

from cpretrain.runtime.console import set_output
from tests.faults.steps import STEPS, Step, contents

SECONDS_TO_END = 60
"""Time limit for the end of processes whose parent was killed."""


def start(work: Callable[[], None]) -> psutil.Process:
    """Start work in a child process."""
    number = os.fork()
    if number == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return psutil.Process(number)


def ended(child: psutil.Process) -> int:
    """Wait for a child, and return its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])


def disturb(child: psutil.Process, seconds: float, random: Random) -> bool:
    """Kill the child or one of its descendants after the given time, and return whether one was left to kill."""
    time.sleep(seconds)
    family = child.children(recursive=True)
    workers = [one for one in family if "spawn_main" in " ".join(one.cmdline())]
    alive = child.status() != psutil.STATUS_ZOMBIE
    with suppress(psutil.NoSuchProcess):
        random.choice([child, *workers]).send_signal(signal.SIGKILL)
    ended(child)
    _, left = psutil.wait_procs(family, timeout=SECONDS_TO_END)
    if left:
        raise SystemExit(f"processes live on: {[' '.join(one.cmdline()) for one in left]}")
    return alive


def differences(step: Step, kills: int, folder: Path, random: Random) -> dict[str, Any]:
    """Kill a step several times, and return how many runs were really killed, and the differences afterwards."""
    if ended(start(step.make_data)):
        raise SystemExit("there is no data")
    begun = time.monotonic()
    if ended(start(partial(step, folder / "whole"))):
        raise SystemExit("the undisturbed run failed")
    length = time.monotonic() - begun
    expected, killed, found = contents(folder / "whole"), 0, []
    for number in range(kills):
        out = folder / f"killed {number}"
        killed += disturb(start(partial(step, out)), random.uniform(0, length), random)
        code = ended(start(partial(step, out)))
        written = contents(out)
        differing = sorted(name for name, _ in expected.items() ^ written.items())
        found += [f"exit code {code}"] * bool(code) + differing
        print(f"{step.folder.parent.name}: {number + 1} of {kills}: {differing or 'equal'}", file=sys.stderr)
        if not differing:
            rmtree(out)
    return {"kills": kills, "killed": killed, "seconds": round(length, 2), "different": found}


def main() -> None:
    """Print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100, help="how often, of all steps in turn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    asked = parser.parse_args()
    steps = asked.steps
    kills = {name: len(range(number, asked.kills, len(steps))) for number, name in enumerate(steps)}
    import_all(with_cellpose=any(kills.get(name) for name in ("predict", "run")))
    set_output(quiet=True)
    random = Random(asked.seed)
    found = {}
    folder = Path(tempfile.mkdtemp(prefix="cpretrain faults "))
    for name in steps:
        if kills[name]:
            (folder / name).mkdir()
            found[name] = differences(STEPS[name](folder / name / "data"), kills[name], folder / name, random)
    print(json.dumps(found))
    if any(one["different"] for one in found.values()):
        raise SystemExit(f"what differs is in {folder}")
    rmtree(folder)


def import_all(with_cellpose: bool) -> None:
    """Import the modules that steps import late, without starting a thread."""
    import distributed  # noqa: F401
    import laptrack  # noqa: F401
    import zarr  # noqa: F401

    import cpretrain.batch.cluster
    import cpretrain.registration.previous_frame

    if with_cellpose:
        import torch._inductor  # noqa: F401
        from cellpose import models, train  # noqa: F401

        import cpretrain.training  # noqa: F401


if __name__ == "__main__":
    main()
