"""Tracks as GEFF 1.1, the exchange format of tracking graphs: a Zarr that napari, Mastodon and other trackers read.

The format: https://liveimagetrackingtools.org/geff
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.linking.graph import edges_of, lineages_of
from cpretrain.linking.tracks import Tracks
from cpretrain.storage.atomic import folder_aside

VERSION = "1.1"


def write_geff(path: Path, tracks: Tracks) -> None:
    """Write the tracks of a movie as a graph, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Folder that becomes the GEFF. Positions are in pixels, or in µm if the movie states its pixel size, on the
        corrected movie; ``raw_z``, ``raw_y``, ``raw_x`` are in pixels of the raw one.
    tracks : Tracks
        The tracks.
    """
    import zarr

    nodes, edges = _nodes(tracks), edges_of(tracks.table)
    with folder_aside(path) as aside:
        group = zarr.open_group(str(aside), mode="w", zarr_format=2)
        group.create_array("nodes/ids", data=np.arange(len(tracks.table), dtype=np.uint64))
        group.create_array("edges/ids", data=edges.astype(np.uint64))
        for name, values in nodes.items():
            group.create_array(f"nodes/props/{name}/values", data=values)
        group.attrs["geff"] = _facts(tracks, nodes)


def _nodes(tracks: Tracks) -> dict[str, NDArray[Any]]:
    """Return the properties of the nodes."""
    table = tracks.table
    scale = np.array(tracks.scale.spacing)
    places = {axis: table[axis].to_numpy() * size for axis, size in zip("zyx", scale, strict=True)}
    other = [
        name for name in map(str, table) if name.startswith(("mean_", "raw_")) and not name.endswith("_um")
    ]
    return {
        "t": table["frame"].to_numpy(np.int64),
        **places,
        "track": table["track"].to_numpy(np.int64),
        "lineage": lineages_of(table),
        "label": table["label"].to_numpy(np.int64),
        "area": table["area"].to_numpy(np.int64),
        **{name: table[name].to_numpy(np.float64) for name in other},
    }


def _facts(tracks: Tracks, nodes: dict[str, NDArray[Any]]) -> dict[str, Any]:
    unit = "micrometer" if tracks.scale.unit == "um" else "pixel"
    axes = [{"name": "t", "type": "time", "unit": "frame"}]
    axes += [{"name": axis, "type": "space", "unit": unit} for axis in "zyx"]
    return {
        "geff_version": VERSION,
        "directed": True,
        "axes": axes,
        "node_props_metadata": {
            name: {"identifier": name, "dtype": str(values.dtype), "varlength": False}
            for name, values in nodes.items()
        },
        "edge_props_metadata": {},
        "track_node_props": {"lineage": "lineage", "tracklet": "track"},
        "extra": {"frame_interval_s": tracks.scale.interval},
    }
