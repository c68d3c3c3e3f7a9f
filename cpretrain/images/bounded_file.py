"""A file for libraries that trust the sizes in it: a read asks for no more than there is."""

import io
import os


class BoundedFile(io.FileIO):
    """A file opened for reading; Python would allocate as many bytes as are asked for, however short the file is.

    Parameters
    ----------
    path : path-like
        The file.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        super().__init__(os.fspath(path), "rb")
        self._length = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1) -> bytes:
        """Read so many bytes, or all that are left."""
        left = max(0, self._length - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left)) or b""
