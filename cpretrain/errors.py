"""What a person is told when an input or a setting cannot be used."""


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
        """Return the same, said of a file."""
        return BadInput(f"{path}: {self.problem}", found=self.found, expected=self.expected, cure=self.cure)

    def __reduce__(self) -> tuple:  # so that it travels between processes
        return (_rebuild, (self.problem, self.found, self.expected, self.cure))


def _rebuild(problem: str, found: str | None, expected: str | None, cure: str | None) -> BadInput:
    return BadInput(problem, found=found, expected=expected, cure=cure)


def short(error: Exception) -> str:
    """Name an error of a library in at most 300 characters, for `BadInput.found`."""
    return f"{type(error).__name__}: {error}"[:300]


class SomeFailed(Exception):
    """Some inputs failed and the others went through; the command line ends with exit code 1."""
