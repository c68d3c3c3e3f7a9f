"""Tracks as XML that TrackMate opens in Fiji (*Plugins > Tracking > Load a TrackMate file*).

A track of TrackMate is a whole family: all tracks that descend from one. Its spots are named after our tracks.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np

from cpretrain import __version__
from cpretrain.images.timelapse import TimeLapse
from cpretrain.linking.graph import edges_of, lineages_of
from cpretrain.linking.tracks import Tracks
from cpretrain.storage.atomic import write_aside

if TYPE_CHECKING:
    import pandas as pd

VERSION = "7.14.0"
"""Version of TrackMate whose form of the file this is."""
_SPOT_FEATURES = (
    ("QUALITY", "Quality", "QUALITY", False),
    ("POSITION_X", "X", "POSITION", False),
    ("POSITION_Y", "Y", "POSITION", False),
    ("POSITION_Z", "Z", "POSITION", False),
    ("POSITION_T", "T", "TIME", False),
    ("FRAME", "Frame", "NONE", True),
    ("RADIUS", "R", "LENGTH", False),
    ("VISIBILITY", "Visibility", "NONE", True),
    ("TRACK", "Track", "NONE", True),
    ("LABEL", "Label", "NONE", True),
    ("PIXELS", "Pixels", "NONE", True),
    ("RAW_X", "Raw X / pixels", "NONE", False),
    ("RAW_Y", "Raw Y / pixels", "NONE", False),
    ("RAW_Z", "Raw Z / pixels", "NONE", False),
)
_EDGE_FEATURES = (
    ("SPOT_SOURCE_ID", "Source ID", "NONE", True),
    ("SPOT_TARGET_ID", "Target ID", "NONE", True),
    ("LINK_COST", "Cost", "COST", False),
)
_TRACK_FEATURES = (("TRACK_INDEX", "Index", "NONE", True), ("TRACK_ID", "ID", "NONE", True))


def write_trackmate(path: Path, tracks: Tracks, image: Path) -> None:
    """Write the tracks of a movie for TrackMate, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        The file. Positions are on `image`, in µm if it states its pixel size; those in the raw movie are features of
        the spots.
    tracks : Tracks
        The tracks.
    image : pathlib.Path
        Movie that TrackMate opens with them: the one that was segmented, or the label images.
    """
    with write_aside(path) as aside, open(aside, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in _lines(tracks, image))


def _lines(tracks: Tracks, image: Path) -> Iterator[str]:
    in_um = tracks.scale.unit == "um"
    units = {
        "spatialunits": "micron" if in_um else "pixel",
        "timeunits": "sec" if tracks.scale.interval else "frame",
    }
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<TrackMate version="{VERSION}">'
    yield f"  <Log>Tracked with cpretrain {__version__}.</Log>"
    yield f"  {_opened('Model', units)}"
    yield from _declarations(tracks.table)
    yield from _spots(tracks)
    yield from _families(tracks)
    yield "  </Model>"
    yield from _settings(tracks, image)
    yield '  <GUIState state="ConfigureViews" />'
    yield "  <DisplaySettings />"  # empty: the user's own
    yield "</TrackMate>"


def _declarations(table: "pd.DataFrame") -> Iterator[str]:
    grey = [(name.upper(), f"Mean ch{name[6:]}", "INTENSITY", False) for name in _means(table)]
    groups = {
        "SpotFeatures": (*_SPOT_FEATURES, *grey),
        "EdgeFeatures": _EDGE_FEATURES,
        "TrackFeatures": _TRACK_FEATURES,
    }
    yield "    <FeatureDeclarations>"
    for group, features in groups.items():
        yield f"      <{group}>"
        for feature, name, dimension, whole in features:
            facts = {"feature": feature, "name": name, "shortname": name, "dimension": dimension}
            yield f"        {_closed('Feature', facts | {'isint': str(whole).lower()})}"
        yield f"      </{group}>"
    yield "    </FeatureDeclarations>"


def _means(table: "pd.DataFrame") -> list[str]:
    return [name for name in map(str, table) if name.startswith("mean_c")]


def _spots(tracks: Tracks) -> Iterator[str]:
    """Yield the objects frame by frame; the ID of each is its row in the table."""
    table, (dz, dy, dx) = tracks.table, tracks.scale.spacing
    flat = not table["z"].any()
    size = table["area"] * dx * dy
    radius = np.sqrt(size / np.pi) if flat else np.cbrt(3 * size * dz / (4 * np.pi))
    spots = {
        "FRAME": table["frame"],
        "POSITION_X": table["x"] * dx,
        "POSITION_Y": table["y"] * dy,
        "POSITION_Z": table["z"] * dz,
        "POSITION_T": table["frame"] * (tracks.scale.interval or 1.0),
        "RADIUS": radius,
        "TRACK": table["track"],
        "LABEL": table["label"],
        "PIXELS": table["area"],
        **{name.upper(): table[name] for name in ("raw_x", "raw_y", "raw_z", *_means(table))},
    }
    pattern = " ".join(f'{name}="%.8g"' for name in spots)
    values = np.column_stack([*spots.values()])
    order = np.argsort(table["frame"], kind="stable")
    starts = np.searchsorted(table["frame"].to_numpy()[order], np.arange(tracks.frames + 1))
    yield f'    <AllSpots nspots="{len(table)}">'
    for t in range(tracks.frames):
        yield f'      <SpotsInFrame frame="{t}">'
        for row in order[starts[t] : starts[t + 1]].tolist():
            name = f"track {int(values[row, 6])}"
            fixed = f'ID="{row}" name="{name}" QUALITY="1" VISIBILITY="1"'
            yield f"        <Spot {fixed} {pattern % tuple(values[row].tolist())} />"
        yield "      </SpotsInFrame>"
    yield "    </AllSpots>"


def _families(tracks: Tracks) -> Iterator[str]:
    edges, founder = edges_of(tracks.table), lineages_of(tracks.table)
    places = tracks.table[["z", "y", "x"]].to_numpy() * np.array(tracks.scale.spacing)
    cost = ((places[edges[:, 0]] - places[edges[:, 1]]) ** 2).sum(axis=1)
    family = founder[edges[:, 0]]
    order = np.argsort(family, kind="stable")
    names, starts = np.unique(family[order], return_index=True)
    yield "    <AllTracks>"
    for index, (name, (start, end)) in enumerate(zip(names, pairwise([*starts, len(order)]), strict=True)):
        yield f'      <Track name="family of track {name}" TRACK_ID="{index}" TRACK_INDEX="{index}">'
        for row in order[start:end].tolist():
            earlier, later = edges[row].tolist()
            yield f'        <Edge SPOT_SOURCE_ID="{earlier}" SPOT_TARGET_ID="{later}" LINK_COST="{cost[row]:.6g}" />'
        yield "      </Track>"
    yield "    </AllTracks>"
    yield "    <FilteredTracks>"
    for index in range(len(names)):
        yield f'      <TrackID TRACK_ID="{index}" />'
    yield "    </FilteredTracks>"


def _settings(tracks: Tracks, image: Path) -> Iterator[str]:
    with TimeLapse(image) as movie:
        frames, planes, _, height, width = movie.shape
    dz, dy, dx = tracks.scale.spacing
    facts = {"filename": image.name, "folder": f"{image.resolve().parent}", "width": width, "height": height}
    facts |= {"nslices": planes, "nframes": frames, "pixelwidth": dx, "pixelheight": dy, "voxeldepth": dz}
    ends = {"x": width, "y": height, "z": planes, "t": frames}
    box = {f"{axis}start": 0 for axis in ends} | {f"{axis}end": length - 1 for axis, length in ends.items()}
    yield "  <Settings>"
    yield f"    {_closed('ImageData', facts | {'timeinterval': tracks.scale.interval or 1.0})}"
    yield f"    {_closed('BasicSettings', box)}"
    yield '    <DetectorSettings DETECTOR_NAME="MANUAL_DETECTOR" RADIUS="1.0" />'
    yield '    <InitialSpotFilter feature="QUALITY" value="0.0" isabove="true" />'
    yield "    <SpotFilterCollection />"
    yield '    <TrackerSettings TRACKER_NAME="MANUAL_TRACKER" />'
    yield "    <TrackFilterCollection />"
    yield "    <AnalyzerCollection><SpotAnalyzers /><EdgeAnalyzers /><TrackAnalyzers /></AnalyzerCollection>"
    yield "  </Settings>"


def _opened(name: str, attributes: dict[str, Any]) -> str:
    return f"<{name} {' '.join(f'{key}={quoteattr(str(value))}' for key, value in attributes.items())}>"


def _closed(name: str, attributes: dict[str, Any]) -> str:
    return f"{_opened(name, attributes)[:-1]} />"
