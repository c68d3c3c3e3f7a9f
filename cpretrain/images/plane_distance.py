"""Distance between the planes of a stack in pixels, as given or as the file says."""

from cpretrain.images.metadata import Calibration
from cpretrain.runtime.console import info, warning
from cpretrain.runtime.spelling import option


def plane_distance(name: str, known: Calibration, given: float | None) -> float:
    """Return the distance between neighbouring planes in pixels, and report where it is from.

    Parameters
    ----------
    name : str
        Name of the movie, for the report.
    known : Calibration
        What its file says.
    given : float or None
        The distance that the user gave, which counts more than the file.
    """
    if given is not None:
        return given
    if known.unit == "pixel" and known.pixel_size == (1.0, 1.0, 1.0):
        warning(
            f"{name}: states neither pixel size nor z step, so the planes count as one pixel apart; say the z step "
            f"divided by the pixel size with {option('anisotropy', '3.5')}"
        )
    elif not known.z_step_stated:
        warning(
            f"{name}: states the pixel size, {known.pixel_size[2]:.3g} {known.unit}, but not the z step, which is "
            f"taken to be 1 {known.unit}: planes count as {known.anisotropy:.3g} pixels apart (ImageJ writes no z step "
            f"of 1); if that is wrong, say the z step divided by the pixel size with {option('anisotropy', '3.5')}"
        )
    else:
        info(
            f"{name}: planes are {known.anisotropy:.3g} pixels apart (z step {known.pixel_size[0]:.3g}, pixel "
            f"{known.pixel_size[2]:.3g} {known.unit})"
        )
    return known.anisotropy
