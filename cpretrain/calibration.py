"""What a pixel and a frame are worth."""

from dataclasses import dataclass


@dataclass
class Calibration:
    """What a pixel and a frame are worth.

    Parameters
    ----------
    pixel_size : tuple of float
        Size of a voxel in z, y, x, in `unit`; 1.0 where the file does not say.
    unit : str
        Unit of length, for example ``"µm"``, or ``"pixel"``.
    frame_interval : float
        Seconds between frames; 0.0 where the file does not say.
    """

    pixel_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    unit: str = "pixel"
    frame_interval: float = 0.0
