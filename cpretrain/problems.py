"""Everything that is wrong with a folder, said in one go: a row per file, as text and as data."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cpretrain.errors import BadInput


@dataclass(frozen=True)
class Problem:
    """What is wrong with one file, or with one image and its mask.

    Parameters
    ----------
    file : str
        Names of the files concerned, as a person knows them.
    problem : str
        What is wrong, without the file's name.
    found, expected, cure : str
        What was there, what should have been there, what to do; may be empty.
    """

    file: str
    problem: str
    found: str = ""
    expected: str = ""
    cure: str = ""

    @classmethod
    def of(cls, file: str, error: BadInput, paths: Iterable[Path] = ()) -> "Problem":
        """Make a row of an error, leaving the path at its beginning, one of `paths`, to `file`."""
        problem = error.problem
        for path in paths:
            problem = problem.removeprefix(f"{path}: ").removeprefix(f"{path.name}: ")
        return cls(file, problem, error.found or "", error.expected or "", error.cure or "")

    def __str__(self) -> str:
        lines = [f"{self.file}: {self.problem}"]
        lines += [f"  found: {self.found}"] if self.found else []
        lines += [f"  expected: {self.expected}"] if self.expected else []
        lines += [f"  → {self.cure}"] if self.cure else []
        return "\n".join(lines)


class BadFolder(BadInput):
    """All problems of a folder at once.

    Parameters
    ----------
    problem : str
        The folder and what it is about, for example ``"ground_truth: 2 problems"``.
    rows : iterable of Problem
        One for each file concerned.

    Attributes
    ----------
    rows : list of dict
        The same as data, with keys ``file, problem, found, expected, cure``.
    """

    def __init__(self, problem: str, rows: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(rows)
        self.rows = [asdict(row) for row in self.problems]
        super().__init__(problem)

    def __str__(self) -> str:
        listed = "\n".join(str(row) for row in self.problems)
        return "\n  ".join([self.problem, *listed.splitlines()])

    def __reduce__(self) -> tuple:
        return (BadFolder, (self.problem, self.problems))
