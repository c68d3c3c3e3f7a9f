"""Read a pickled object from an untrusted source: only numpy arrays and plain values come out, and no code is run.

A pickle is a program, which Python's own reader executes. Here it can only name stand-ins for what numpy writes, and
these do nothing but keep their arguments.
"""

import pickle
import re
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile

LARGEST_FILE = 2**26
"""Size limit in bytes; a larger file is refused unread."""
_NUMBERS = re.compile(r"b1|[iu][1248]|f[248]")


class PlainArray:
    """A numpy array as found in the pickle, not yet built."""

    __slots__ = ("_state",)

    def __init__(self, *_: object) -> None:
        self._state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._state = state

    def item(self) -> Any:
        """Return the object in an array of one object."""
        _, shape, dtype, _, data = self._state
        if shape != () or dtype.code != "O8" or not isinstance(data, list) or len(data) != 1:
            raise ValueError("not a single object")
        return data[0]

    def numbers(self) -> NDArray[Any]:
        """Build an array of numbers."""
        _, shape, dtype, by_columns, data = self._state
        if not isinstance(data, bytes):
            raise ValueError("an array of objects instead of numbers")
        return np.frombuffer(data, dtype.numpy()).reshape(shape, order="F" if by_columns else "C")


class _Dtype:
    __slots__ = ("_order", "code")

    def __init__(self, code: str, *_: object) -> None:
        self.code, self._order = str(code), "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._order = {"<": "<", ">": ">"}.get(state[1], "=")

    def numpy(self) -> np.dtype:
        if not _NUMBERS.fullmatch(self.code):
            raise ValueError(f"elements of type {self.code} instead of numbers")
        return np.dtype(self._order + self.code)


class _Named:
    """Stand-in for names that a pickle may contain but not use: the array class, single numbers."""

    __slots__ = ()

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        raise ValueError("an unexpected state")


_STAND_INS: dict[tuple[str, str], type] = {("numpy", "ndarray"): _Named, ("numpy", "dtype"): _Dtype}
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _STAND_INS |= {(_module, "_reconstruct"): PlainArray, (_module, "scalar"): _Named}


class _Reader(pickle._Unpickler):  # in Python: the one in C can be made to exhaust the memory
    dispatch: ClassVar = {
        code: load for code, load in pickle._Unpickler.dispatch.items() if code != pickle.BYTEARRAY8[0]
    }
    """Python's own table without the opcode for byte arrays, which allocates before checking; numpy writes none."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise ValueError(f"{module}.{name}, which is neither an array nor a plain value") from None


def read_object(path: Path) -> Any:
    """Read the single object in an ``.npy`` file: plain values, and `PlainArray` for arrays.

    Parameters
    ----------
    path : pathlib.Path
        A file that ``numpy.save`` wrote for an object that is not an array.

    Raises
    ------
    BadInput
        When it is larger than `LARGEST_FILE`, is not such a file, or holds anything else.
    """
    expected = "a file saved by numpy that holds only numbers, texts and arrays of numbers"
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise BadInput(f"{path}: is too large", found=f"{size} bytes", expected=f"at most {LARGEST_FILE}")
    file = BytesIO(path.read_bytes())
    try:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"version {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if shape != () or dtype.kind != "O":
            raise ValueError(f"an array of shape {shape} and type {dtype}")
        return _Reader(file).load().item()
    except Exception as error:  # a damaged pickle can raise anything
        raise DamagedFile(
            path, error, problem="cannot be used; nothing in it was executed", expected=expected, cure=None
        ) from error
