"""Read damaged inputs by the thousand: ``python -m tests.fuzz --inputs 20000`` or ``--minutes 10``."""

import argparse
import sys
import time
from pathlib import Path

from cpretrain.runtime.console import progress
from tests.fuzz.campaign import Campaign, repeat
from tests.fuzz.readers import TURNS


def main() -> int:
    """Run from the command line; exit code 1 if anything was found."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--inputs", type=int, default=10**6, help="how many at most")
    options.add_argument("--minutes", type=float, default=10.0, help="stop after so many minutes")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--readers", default=",".join(TURNS), help="these only, with commas")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument(
        "--keep", type=Path, default=Path("fuzz-findings"), help="folder for inputs that fail"
    )
    options.add_argument("--repeat", nargs=2, metavar=("READER", "PATH"), help="read one input again")
    given = options.parse_args()
    if given.repeat:
        repeat(given.repeat[0], Path(given.repeat[1]))
        return 0
    began = time.monotonic()
    campaign = Campaign(given.seed, given.readers.split(","), given.keep.resolve())
    with progress("fuzz", given.inputs) as campaign.on_input:
        campaign.run(given.inputs, given.processes, 60 * given.minutes)
    print("\n".join(campaign.findings))
    for name, counted in campaign.counts.items():
        print(
            f"{name:16} {counted.total():6}  "
            + ", ".join(f"{n} {kind}" for kind, n in sorted(counted.items()))
        )
    total = sum(counted.total() for counted in campaign.counts.values())
    print(
        f"{total} inputs in {time.monotonic() - began:.0f} s, slowest {campaign.slowest[0]:.1f} s "
        f"(number {campaign.slowest[1]}), peak memory of a child {campaign.peak / 2**20:.0f} MiB, "
        f"{len(campaign.findings)} findings"
    )
    return 1 if campaign.findings else 0


if __name__ == "__main__":
    sys.exit(main())
