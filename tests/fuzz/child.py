"""Code of a child process: makes inputs from their numbers, reads them within limits, and reports the outcomes."""

import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.fuzz.containers import mutate
from tests.fuzz.readers import READERS, Reader
from tests.fuzz.samples import Sample

LONGEST = 10
"""Seconds of processor time that a reader may take for one input."""

MEMORY = 2 * 2**30
"""Bytes that a reader may take, above what the process had before."""

SOUND = ("read", "refused")
"""Permitted outcomes of an input; every other outcome is a finding."""

Outcome = tuple[int, str, str, float]
"""Number of the input, its outcome, traceback of a finding, seconds."""


DONE = "done"
"""The last that a child says."""
_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts memory."""


class Peak(NamedTuple):
    """Peak memory of a child so far."""

    bytes: int


class Hang(BaseException):
    """Reading took longer than `LONGEST`."""


def damaged(seed: int, number: int, reader: Reader) -> Sample:
    """Make an input, always the same for the same seed and number."""
    rng = random.Random(f"{seed}-{number}")
    sample = rng.choice(_samples(reader))
    name = rng.choice(sorted(sample.files))
    content = sample.files[name]
    for _ in range(rng.choice((1, 1, 1, 2))):
        content = mutate(rng, content)
    return Sample(sample.entry, sample.files | {name: content})


def write(sample: Sample, folder: Path) -> Path:
    """Write an input to a folder, and return the path for the reader."""
    for name, content in sample.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / sample.entry


def work(
    connection: Connection, scratch: Path, seed: int, names: Sequence[str], numbers: Sequence[int]
) -> None:
    """Read inputs one after the other; report each number before, and its outcome after.

    Each has a folder in `scratch`, which is kept if it was a finding.
    """
    os.chdir(scratch)
    with _silence():
        for name in dict.fromkeys(names):  # everything is imported and compiled before it is measured
            for index, sample in enumerate(_samples(READERS[name])):
                READERS[name].read(write(sample, scratch / f"{name}{index}"))
        limit = psutil.Process().memory_info().vms + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        connection.send(None)
        for number in numbers:
            name = names[number % len(names)]
            sample = damaged(seed, number, READERS[name])
            path = write(sample, scratch / str(number))
            connection.send(number)
            began = time.process_time()
            kind, text = read_within_limits(READERS[name], path)
            connection.send((number, kind, text, time.process_time() - began))
            connection.send(Peak(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT))
            if kind in SOUND:
                shutil.rmtree(scratch / str(number))
        connection.send(DONE)


def read_within_limits(reader: Reader, path: Path) -> tuple[str, str]:
    """Read one input, and return its outcome, and the traceback of a finding."""
    from cpretrain.errors import BadInput

    try:
        with _alarm():
            reader.read(path)
    except BadInput as error:
        hidden = _memory_in(error)
        return ("memory", hidden) if hidden else ("refused", "")
    except Hang:
        return "hang", traceback.format_exc()
    except MemoryError:
        return "memory", traceback.format_exc()
    except BaseException:
        return "traceback", traceback.format_exc()
    return "read", ""


def _memory_in(error: BaseException | None) -> str:
    """Return the traceback of an error due to too little memory, however it is wrapped; empty if there is none."""
    while error is not None:
        if isinstance(error, MemoryError):
            return "".join(traceback.format_exception(error))
        error = error.__cause__ or error.__context__
    return ""


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def _silence() -> Iterator[None]:
    """Suppress the readers' messages to the user."""
    from cpretrain.runtime.console import set_output

    set_output(quiet=True)
    with open(os.devnull, "w") as nothing, redirect_stderr(nothing), warnings.catch_warnings(action="ignore"):
        yield


_MADE: dict[Reader, list[Sample]] = {}


def _samples(reader: Reader) -> list[Sample]:
    if reader not in _MADE:
        _MADE[reader] = reader.samples()
    return _MADE[reader]
