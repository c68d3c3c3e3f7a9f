"""Read a file of outlines of either kind, which is recognized by its content and not by its name."""

from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.labels.archive import MOST_BYTES, entries, gunzip
from cpretrain.labels.geojson import read_geojson
from cpretrain.labels.imagej_roi import read_rois
from cpretrain.labels.label_image import LabelImage
from cpretrain.runtime.terminal import check_name
from cpretrain.settings.masks import MaskSettings

_GEOJSON = (".geojson", ".json")


def read_outlines(
    path: Path, size: tuple[int, int], settings: MaskSettings | None = None, border: int = 0
) -> LabelImage:
    """Read GeoJSON (plain, gzip or zip) or ImageJ ROIs (single or zip) into a label image.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    size : tuple of int
        Height and width of the image in pixels.
    settings : MaskSettings, optional
        ``take``, ``classes`` and ``nuclei`` are used.
    border : int
        Width of the edge of zeros around the image.

    Raises
    ------
    BadInput
        When it is damaged or is neither of the two.
    """
    settings = settings or MaskSettings()
    check_name(path)
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(
            f"{path}: is too large for the outlines of one image", found=f"{path.stat().st_size} bytes"
        )
    data = path.read_bytes()
    if data.startswith(b"PK"):
        return _archive(path, data, size, settings, border)
    if data.startswith(b"Iout"):
        return read_rois(path, size, [(path.name, data)], settings, border)
    if data.startswith(b"\x1f\x8b"):
        data = gunzip(path, data)
    return read_geojson(path, size, settings, border, data=data)


def looks_like_geojson(path: Path) -> bool:
    """Return whether a JSON file is GeoJSON, judged by its beginning."""
    with open(path, "rb") as file:
        start = file.read(2**16)
    return any(word in start for word in (b'"coordinates"', b'"geometry"', b'"FeatureCollection"')) or (
        start.strip() in (b"[]", b"")
    )


def _archive(
    path: Path, data: bytes, size: tuple[int, int], settings: MaskSettings, border: int
) -> LabelImage:
    files = entries(path, data)
    rois = [(name, content) for name, content in files if name.lower().endswith(".roi")]
    features = [content for name, content in files if name.lower().endswith(_GEOJSON)]
    if (rois and not features) or not files:
        return read_rois(path, size, rois, settings, border)
    if len(features) == 1 and not rois:
        return read_geojson(path, size, settings, border, data=features[0])
    names = ", ".join(name for name, _ in files[:5]) + (" …" if len(files) > 5 else "")
    raise BadInput(
        f"{path}: is an archive of other files",
        found=names,
        expected="ImageJ ROIs (.roi), or one GeoJSON file",
        cure="unpack it, and put its files into the folder under the names of their images",
    )
