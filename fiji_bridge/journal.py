"""Output of Fiji: the child's stdout and stderr go to one file, which outlives it."""

from pathlib import Path


class Journal:
    """The file that the child prints to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mark(self) -> "Passage":
        """Start a passage at the current end of the file."""
        try:
            return Passage(self.path, self.path.stat().st_size)
        except OSError:
            return Passage(self.path, 0)


class Passage:
    """Output since a mark."""

    def __init__(self, path: Path, start: int) -> None:
        self._path, self._start, self._returned = path, start, start

    def all(self) -> str:
        """Return everything since the mark."""
        return self._from(self._start).decode("utf-8", "replace")

    def news(self) -> str:
        """Return the complete lines since the last call."""
        new = self._from(self._returned)
        whole = new[: new.rfind(b"\n") + 1]
        self._returned += len(whole)
        return whole.decode("utf-8", "replace")

    def _from(self, start: int) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.read()
        except OSError:
            return b""
