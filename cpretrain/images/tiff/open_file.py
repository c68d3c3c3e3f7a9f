"""Open TIFFs and decode their pages, in this one place, after checking them."""

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
    """Open a TIFF after checking its directories; use it in a ``with`` statement.

    Parameters
    ----------
    path : path-like
        The file.
    check : callable, optional
        `check_complete` also refuses directories beyond the end of the file, `check_directories` allows them; None if
        only pages listed in an index are read.
    **how
        Further arguments of ``tifffile.TiffFile``.

    Raises
    ------
    BadInput
        When its directories are damaged.
    tifffile.TiffFileError
        When it is not a TIFF.
    """
    if check is not None:
        check(path)
    return tifffile.TiffFile(path, **how)


def read_page(path: str | os.PathLike, page: Any) -> NDArray[Any]:
    """Decode the stored values of a page.

    Parameters
    ----------
    path : path-like
        The file.
    page : tifffile.TiffPage
        A page of it.

    Returns
    -------
    ndarray, shape `page.shape`
        Values with the axes ``page.axes``.

    Raises
    ------
    BadInput
        When its header states more than the file, or an image in it, holds. Codecs raise other exceptions.
    """
    check_page(path, page)
    check_coded(path, page)
    return np.asarray(page.asarray())
