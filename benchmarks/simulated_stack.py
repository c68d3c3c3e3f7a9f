"""Simulated stacks of nuclei whose shape is known in 3D."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation


@dataclass(frozen=True)
class How:
    """How stacks are simulated; lengths in pixels.

    Parameters
    ----------
    anisotropy : int
        Distance between planes.
    nuclei : int
        Number of nuclei that are placed, where there is room for them.
    blur : tuple of float
        Standard deviation of the point spread function along z and in the plane.
    photons : float
        Photons per pixel in a nucleus of mean brightness.
    size : tuple of int
        Size of a stack in pixels: z (a multiple of the anisotropy), y, x.
    radius : tuple of float
        Least and largest radius along an axis of a nucleus.
    """

    anisotropy: int
    nuclei: int
    blur: tuple[float, float]
    photons: float
    size: tuple[int, int, int] = (60, 104, 104)
    radius: tuple[float, float] = (8.0, 14.0)


HOWS = {
    "mild": How(anisotropy=3, nuclei=40, blur=(3.0, 1.0), photons=40),
    "dense": How(anisotropy=4, nuclei=60, blur=(4.5, 1.2), photons=25),
}


def simulate(how: How, seed: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Simulate a stack.

    Parameters
    ----------
    how : How
        Anisotropy, density, blur and noise.
    seed : int
        Seed of shapes, places, texture and noise.

    Returns
    -------
    ndarray of uint16, shape (Z, Y, X)
        The stack; each plane is the mean over its thickness.
    ndarray of uint16, shape (Z * anisotropy, Y, X)
        Labels at the resolution of a pixel in all directions.
    """
    rng = np.random.default_rng(seed)
    labels = _ellipsoids(how, rng)
    bright = np.append(0, rng.uniform(0.6, 1.4, labels.max()))[labels]
    texture = ndimage.gaussian_filter(rng.normal(size=labels.shape), 2.0)
    light = bright * (1 + 0.35 * texture / texture.std()).clip(0.1)
    seen = ndimage.gaussian_filter(light, (how.blur[0], how.blur[1], how.blur[1])) + 0.15
    planes = seen.reshape(-1, how.anisotropy, *seen.shape[1:]).mean(axis=1)
    return (100 + 10 * rng.poisson(planes * how.photons)).astype(np.uint16), labels


def _ellipsoids(how: How, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Place ellipsoids of random axes and directions one after the other, none over another by more than its edge."""
    labels = np.zeros(how.size, np.uint16)
    grid = np.stack(np.indices(how.size), axis=-1)
    number = 0
    for _ in range(20 * how.nuclei):
        centre = rng.uniform(0, how.size)
        turned = (grid - centre) @ Rotation.random(random_state=rng).as_matrix()
        inside = ((turned / rng.uniform(*how.radius, 3)) ** 2).sum(axis=-1) <= 1
        free = inside & (labels == 0)
        if inside.sum() > 400 and free.sum() > 0.92 * inside.sum():
            number += 1
            labels[free] = number
        if number == how.nuclei:
            break
    return labels
