"""Scripts and documentation pages that come with the package."""

from pathlib import Path


def shipped(name: str) -> Path:
    """Return the path of a file or folder that comes with the package, however it was installed.

    Parameters
    ----------
    name : str
        Path from the root of the project, with slashes: ``macros/fiji``, or a page below ``docs``.

    Returns
    -------
    pathlib.Path
        Path inside the package if it was installed from a wheel, else in the checkout.
    """
    package = Path(__file__).parents[1]
    installed = package / name
    return installed if installed.exists() else package.parent / name
