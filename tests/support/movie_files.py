"""Movies as written by microscopes and other programs."""

import tifffile
import zarr

NAMES = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}


UNITS = {"T": "second", "Z": "micrometer", "Y": "micrometer", "X": "micrometer"}


SCALE = {"T": 30.0, "C": 1.0, "Z": 2.0, "Y": 0.5, "X": 0.25}


def write_zarr(path, pixels, axes, version="0.4"):
    group = zarr.open_group(str(path), mode="w", zarr_format=2 if version == "0.4" else 3)
    array = group.create_array(
        "0", shape=pixels.shape, dtype=pixels.dtype, chunks=(1,) * (pixels.ndim - 2) + (8, 8)
    )
    array[:] = pixels
    image = {
        "axes": [
            {"name": axis.lower(), "type": NAMES[axis]} | ({"unit": UNITS[axis]} if axis in UNITS else {})
            for axis in axes
        ],
        "datasets": [
            {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [SCALE[a] for a in axes]}]}
        ],
    }
    if version == "0.4":
        group.attrs["multiscales"] = [image | {"version": version}]
    else:
        group.attrs["ome"] = {"version": version, "multiscales": [image]}
    return path


def write_ome_set(folder, frames):
    """Write a multi-file OME-TIFF with one frame per file, as microscopes do."""
    folder.mkdir(exist_ok=True)
    names = [f"m_{t}.ome.tif" for t in range(len(frames))]
    ids = [f"urn:uuid:{t:08d}-0000-0000-0000-000000000000" for t in range(len(frames))]
    data = "".join(
        f'<TiffData FirstT="{t}" FirstC="0" FirstZ="0" IFD="0" PlaneCount="1">'
        f'<UUID FileName="{name}">{uuid}</UUID></TiffData>'
        for t, (name, uuid) in enumerate(zip(names, ids, strict=True))
    )
    height, width = frames.shape[1:]
    for name, uuid, frame in zip(names, ids, frames, strict=True):
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuid}"><Image ID="Image:0">'
            f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="{frame.dtype}" SizeX="{width}" SizeY="{height}" '
            f'SizeZ="1" SizeC="1" SizeT="{len(frames)}"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
            f"{data}</Pixels></Image></OME>"
        )
        tifffile.imwrite(folder / name, frame, description=text.encode(), metadata=None)
    return [folder / name for name in names]


def write_single_frames(folder, frames, name="img_{}.tif"):
    folder.mkdir(exist_ok=True)
    for t, frame in enumerate(frames):
        tifffile.imwrite(
            folder / name.format(t), frame, imagej=True, resolution=(2, 2), metadata={"unit": "micron"}
        )


def write_zarr_series(path, movies, axes, listed=True):
    """An OME-Zarr 0.4 of several images, as bioformats2raw writes it; with their list in OME or without."""
    root = zarr.open_group(str(path), mode="w", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    for number, pixels in enumerate(movies):
        write_zarr(path / str(number), pixels, axes)
    if listed:
        zarr.open_group(str(path / "OME"), mode="w", zarr_format=2).attrs["series"] = [
            str(number) for number in range(len(movies))
        ]
    return path


def write_zarr_plate(path, wells, axes):
    """An OME-Zarr 0.4 of a plate: for each well, such as ``A/1``, the movies of its fields."""
    root = zarr.open_group(str(path), mode="w", zarr_format=2)
    for well, movies in wells.items():
        for number, pixels in enumerate(movies):
            write_zarr(path / well / str(number), pixels, axes)
        zarr.open_group(str(path / well), mode="a", zarr_format=2).attrs["well"] = {
            "images": [{"path": str(number)} for number in range(len(movies))]
        }
    rows, columns = (sorted({well.split("/")[place] for well in wells}) for place in (0, 1))
    root.attrs["plate"] = {
        "rows": [{"name": row} for row in rows],
        "columns": [{"name": column} for column in columns],
        "wells": [
            {"path": well, "rowIndex": rows.index(well[0]), "columnIndex": columns.index(well.split("/")[1])}
            for well in wells
        ],
    }
    return path
