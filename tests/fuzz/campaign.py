"""Many damaged inputs in a few child processes; a child that hangs or dies is a finding, and is replaced."""

import multiprocessing
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.child import DONE, LONGEST, SOUND, Outcome, Peak, damaged, work
from tests.fuzz.readers import READERS

PATIENCE, START = 6 * LONGEST, 600
"""Seconds after which a child that says nothing is ended, while it reads and while it starts."""


@dataclass
class Campaign:
    """Result of a campaign.

    Parameters
    ----------
    seed : int
        Together with its number, it determines an input.
    names : sequence of str
        The readers, which take turns.
    folder : pathlib.Path
        Folder for inputs that were findings.
    """

    seed: int
    names: Sequence[str]
    folder: Path
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)
    peak: int = 0
    on_input: Callable[[str], object] = lambda _: None

    def run(self, inputs: int, children: int = 2, seconds: float = float("inf")) -> None:
        """Read this many inputs, or as many as there is time for."""
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(children) as pool:
            list(pool.map(lambda first: self._share(range(first, inputs, children), until), range(children)))

    def _share(self, numbers: range, until: float) -> None:
        while numbers and time.monotonic() < until:
            numbers = self._until_it_dies(numbers, until)

    def _until_it_dies(self, numbers: range, until: float) -> range:
        """Let a new child read, and return the remaining numbers after an input that made it hang or die."""
        context = multiprocessing.get_context("spawn")
        scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
        ours, theirs = context.Pipe()
        child = context.Process(
            target=work, args=(theirs, scratch, self.seed, self.names, numbers), daemon=True
        )
        child.start()
        theirs.close()
        at, told, patience = numbers.start, None, START
        try:
            while time.monotonic() < until:
                if not ours.poll(patience):
                    return self.lost(scratch, numbers, at, told, "hang")
                told, patience = ours.recv(), PATIENCE
                if isinstance(told, int):
                    at = told
                elif isinstance(told, Peak):
                    self.peak = max(self.peak, told.bytes)
                elif told not in (None, DONE):
                    self._note(scratch, told)
            return numbers[:0]
        except EOFError:
            return numbers[:0] if told == DONE else self.lost(scratch, numbers, at, told, "death")
        finally:
            child.kill()
            child.join()
            shutil.rmtree(scratch)

    def lost(self, scratch: Path, numbers: range, at: int, told: object, kind: str) -> range:
        """Record the input that made a child hang or die, and return the remaining numbers."""
        if not isinstance(told, int):
            raise RuntimeError(f"a child gave no answer: {kind} near input {at} (after {told})")
        self._note(scratch, (at, kind, f"the child process ended by {kind}", 0.0))
        return numbers[numbers.index(at) + 1 :]

    def _note(self, scratch: Path, outcome: Outcome) -> None:
        number, kind, text, seconds = outcome
        name = self.names[number % len(self.names)]
        self.counts[name][kind] += 1
        self.on_input(name)
        self.slowest = max(self.slowest, (seconds, number))
        if kind not in SOUND:
            folder = self.folder / f"{name}-{self.seed}-{number}"
            shutil.copytree(scratch / str(number), folder, dirs_exist_ok=True)
            path = folder / damaged(self.seed, number, READERS[name]).entry
            last = text.strip().splitlines()[-1][:200]
            self.findings.append(f"{kind}: {last}\n  python -m tests.fuzz --repeat {name} '{path}'")
            (folder / "FOUND.txt").write_text(text, "utf-8")


def repeat(name: str, path: Path, show: Callable[[str], object] = print) -> None:
    """Read one input in this process, with its traceback."""
    show(f"{name} {path}")
    READERS[name].read(path)
