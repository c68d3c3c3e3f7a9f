"""Whether other programs took the processors that a measurement of time needed for itself."""

import os
import time

NEEDED = 0.8
"""Share of a program's threads that must find a processor free of others, for its time to be its own."""

BUSY = ("user", "nice", "system", "irq", "softirq", "steal", "interrupt", "dpc")
"""What the systems call the kinds of time in which a processor works."""


class OtherPrograms:
    """Counts the processor time of other programs from now on."""

    def __init__(self) -> None:
        self._since, self._before = time.perf_counter(), _seconds_of_others()

    def disturb(self, threads: int) -> bool:
        """Return whether they have left too few processors free so far for this many threads."""
        seconds = time.perf_counter() - self._since
        taken = (_seconds_of_others() - self._before) / seconds
        return (os.cpu_count() or 1) - taken < NEEDED * threads


def _seconds_of_others() -> float:
    """Return the processor seconds that all other programs have taken since the machine started."""
    import psutil

    times = psutil.cpu_times()
    return sum(getattr(times, kind, 0.0) for kind in BUSY) - time.process_time()
