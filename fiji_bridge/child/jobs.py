"""Jobs of the child: functions by name, with arguments and results that JSON can represent."""

from collections.abc import Callable
from typing import Any

Job = Callable[..., dict[str, Any]]
JOBS: dict[str, Job] = {}


def job(function: Job) -> Job:
    """Register `function` under its own name."""
    JOBS[function.__name__] = function
    return function


@job
def ping() -> dict[str, Any]:
    """Return the versions of ImageJ and Java, and the heap in use."""
    import os

    import scyjava

    system, runtime = scyjava.jimport("java.lang.System"), scyjava.jimport("java.lang.Runtime").getRuntime()
    return {
        "imagej": str(scyjava.jimport("ij.IJ").getVersion()),
        "java": str(system.getProperty("java.version")),
        "heap_used": int(runtime.totalMemory() - runtime.freeMemory()),
        "heap_limit": int(runtime.maxMemory()),
        "pid": os.getpid(),
    }


@job
def describe_recording(path: str, series: int) -> dict[str, Any]:
    """Describe one series of a file; see `fiji_bridge.child.bioformats.describe`."""
    from fiji_bridge.child.bioformats import describe

    return describe(path, series)


@job
def read_recording(path: str, series: int, t: int, z: int, out: str) -> dict[str, Any]:
    """Write all channels of a plane to a file; see `fiji_bridge.child.bioformats.read_planes`."""
    from fiji_bridge.child.bioformats import read_planes

    return read_planes(path, series, t, z, out)


@job
def drift(**parameters: Any) -> dict[str, Any]:
    """Correct the drift of one movie; see `fiji_bridge.child.plugin.correct`."""
    from fiji_bridge.child.plugin import correct

    return correct(**parameters)
