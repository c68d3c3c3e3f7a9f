"""The one place where a TIFF is opened, and where a page of it is decoded: both are checked first."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.images.tiff.ifd_chain import check_complete
from cpretrain.images.tiff.integrity import check_coded, check_page


def open_tiff(
    path: str | os.PathLike,
    check: Callable[[str | os.PathLike], object] | None = check_complete,
    **how: Any,
) -> tifffile.TiffFile:
    """Open a TIFF whose directories have been followed; use it in a ``with`` statement.

    Parameters
    ----------
    path : path-like
        The file.
    check : callable, optional
        `check_complete` also refuses directories beyond the end of the file, `check_directories` lets them be; None
        where only pages are read whose places an index names.
    **how
        Passed on to ``tifffile.TiffFile``.

    Raises
    ------
    BadInput
        When its directories are damaged; ``tifffile.TiffFileError`` when it is no TIFF.
    """
    if check is not None:
        check(path)
    return tifffile.TiffFile(path, **how)


def read_page(path: str | os.PathLike, page: Any) -> NDArray[Any]:
    """Decode a page, as it is stored.

    Parameters
    ----------
    path : path-like
        The file.
    page : tifffile.TiffPage
        A page of it.

    Returns
    -------
    ndarray
        Axes as ``page.axes`` says.

    Raises
    ------
    BadInput
        When its header says more than the file holds, or than an image in it does. Codecs raise errors of their own.
    """
    check_page(path, page)
    check_coded(path, page)
    return np.asarray(page.asarray())
