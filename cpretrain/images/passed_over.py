"""Files in a folder that look like images and are not read."""

from collections.abc import Iterable
from pathlib import Path

from cpretrain.runtime.listing import first_names

_ENDINGS = (
    "png jpg jpeg bmp gif webp jp2 svs ndpi scn mrxs czi lif lsm stk nd2 nd oib oif vsi ims dv r3d mvd2 h5 hdf5 npy "
    "mrc dcm nii avi mp4 mov mkv"
)
OTHER_IMAGES = frozenset(f".{ending}" for ending in _ENDINGS.split())


def passed_over(folder: Path, taken: Iterable[Path]) -> list[str]:
    """Return a one-sentence warning about images in a folder that are not read; none if all are.

    Parameters
    ----------
    folder : pathlib.Path
        The folder. Pictures named after an image that is read, as this tool writes them, do not count.
    taken : iterable of pathlib.Path
        Files that are read.
    """
    if not folder.is_dir():
        return []
    known = {path.name.split(".")[0] for path in taken}
    others = sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() in OTHER_IMAGES
        and not path.name.startswith(".")
        and path.name.split(".")[0] not in known
        and not path.stem.endswith("_seg")
    )
    if not others:
        return []
    return [
        f"{folder}: {len(others)} images in other formats are skipped: {first_names(others)}; save them as TIFF"
    ]
