"""Detect files that change while being read, for example because a microscope is still writing them."""

from collections.abc import Iterable
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.storage.hashing import files_in


class FileSnapshot:
    """Sizes and times of files, to compare once they have been read.

    Parameters
    ----------
    files : iterable of pathlib.Path
        Files, and folders with all their contents.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = list(files)
        self._before = self._now()

    def check(self) -> None:
        """Check that no file has changed since; call it before a result is moved into place.

        Raises
        ------
        BadInput
            When a file has changed or is gone.
        """
        now = self._now()
        changed = [file for file, facts in self._before.items() if now.get(file) != facts]
        if changed or now.keys() != self._before.keys():
            name = (changed or sorted(now.keys() - self._before.keys()))[0]
            raise BadInput(
                f"{name}: changed while being read; no result was written",
                cure="wait until it is complete (a microscope or a copy may still be writing it), and run this again",
            )

    def _now(self) -> dict[Path, tuple[int, int]]:
        return {
            file: (facts.st_size, facts.st_mtime_ns)
            for path in self._files
            for file in files_in(path)
            if file.exists()
            for facts in [file.stat()]
        }
