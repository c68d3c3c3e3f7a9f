"""Errors for inputs and settings that cannot be used, in the words that the user reads."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path


class BadInput(Exception):
    """An input or a setting that cannot be used; the command line ends with exit code 2.

    Parameters
    ----------
    problem : str
        What is wrong, naming the file or setting.
    found, expected : str, optional
        What was there, and what should have been there.
    cure : str, optional
        What to do next, as an imperative sentence.
    """

    def __init__(
        self, problem: str, *, found: str | None = None, expected: str | None = None, cure: str | None = None
    ) -> None:
        self.problem, self.found, self.expected, self.cure = problem, found, expected, cure
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [
            ("", self.problem),
            ("found: ", self.found),
            ("expected: ", self.expected),
            ("→ ", self.cure),
        ]
        return "\n  ".join(label + text for label, text in parts if text)

    def in_file(self, path: object) -> "BadInput":
        """Return the same error with the file named in front of the problem."""
        return BadInput(f"{path}: {self.problem}", found=self.found, expected=self.expected, cure=self.cure)

    def __reduce__(self) -> tuple:  # so that it can be pickled between processes
        return (_rebuild, (self.problem, self.found, self.expected, self.cure))


def _rebuild(problem: str, found: str | None, expected: str | None, cure: str | None) -> BadInput:
    return BadInput(problem, found=found, expected=expected, cure=cure)


class DamagedFile(BadInput):
    """A file of images, labels or weights that exists but whose content cannot be used.

    Parameters
    ----------
    path : path-like
        The file.
    found : str or Exception
        What is wrong with its content; a library's error is formatted by `short`.
    problem : str
        What is wrong with the file, without its name.
    expected, cure : str, optional
        What should have been there, and what to do next.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        found: str | Exception,
        *,
        problem: str = "is damaged or incomplete",
        expected: str | None = "a complete file",
        cure: str | None = "export it again, or copy it again",
    ) -> None:
        self.path = os.fspath(path)
        text = short(found) if isinstance(found, Exception) else found
        super().__init__(f"{path}: {problem}", found=text, expected=expected, cure=cure)
        self._again = partial(DamagedFile, self.path, text, problem=problem, expected=expected, cure=cure)

    def in_file(self, path: object) -> BadInput:
        """Return the error itself: it names its file already."""
        return self

    def __reduce__(self) -> tuple:
        return (self._again, ())


def short(error: Exception) -> str:
    """Format a library's error as its class and its first line, in at most 300 characters."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}"[:300] if first else type(error).__name__


@dataclass(frozen=True)
class Problem:
    """A problem with one file, or with one image and its mask.

    Parameters
    ----------
    file : str
        Names of the files concerned, as the user knows them.
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
        """Make a row from an error; a leading path, one of `paths`, is dropped since `file` already names it."""
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
        The folder and a summary, for example ``"ground_truth: 2 problems"``.
    rows : iterable of Problem
        One per file concerned.

    Attributes
    ----------
    rows : list of dict
        The same rows as data, with keys ``file, problem, found, expected, cure``.
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
