"""Scripts and pages of the documentation that come with the package."""

from pathlib import Path


def shipped(name: str) -> Path:
    """Return a file or folder that comes with the package, wherever it was installed from.

    Parameters
    ----------
    name : str
        Path with slashes from the root of the project: ``macros/fiji``, or a page below ``docs``.

    Returns
    -------
    pathlib.Path
        Inside the package where a wheel was installed, in the checkout otherwise.
    """
    package = Path(__file__).parents[1]
    installed = package / name
    return installed if installed.exists() else package.parent / name
