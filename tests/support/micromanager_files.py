"""Files as written by Micro-Manager: stacks with an index at their start, and NDTiff with an index beside it."""

import json
import struct
from pathlib import Path

import numpy as np
import tifffile

Plane = tuple[int, int, int, int]
"""Channel, slice, frame, position."""


def summary(frames: int, channels: int = 1, slices: int = 1, positions: int = 1) -> dict:
    """Return the header of a recording."""
    return {
        "MicroManagerVersion": "2.0.1", "Prefix": "e", "Frames": frames, "Channels": channels, "Slices": slices,
        "Positions": positions, "TimeFirst": False, "SlicesFirst": True,
    }  # fmt: skip


def write_stack(path: Path, planes: dict[Plane, np.ndarray], header: dict) -> Path:
    """Write a file of a stack: its header, a directory and pixels for each plane, then the index."""
    text = json.dumps(header).encode()
    data = bytearray(
        struct.pack("<2sHI", b"II", 42, 0) + bytes(24) + struct.pack("<II", 2355492, len(text)) + text
    )
    data += bytes(len(data) % 2)
    rows, link = [], 4
    for place, pixels in planes.items():
        struct.pack_into("<I", data, link, len(data))
        rows.append((*place, len(data)))
        height, width = pixels.shape
        size = 2 + 13 * 12 + 4
        tags = [
            (254, 4, 1, 0), (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8 * pixels.itemsize), (259, 3, 1, 1),
            (262, 3, 1, 1), (273, 4, 1, len(data) + size + 8), (277, 3, 1, 1), (278, 4, 1, height),
            (279, 4, 1, pixels.nbytes), (282, 3, 1, 1), (283, 3, 1, 1),
            (51123, 2, 8, len(data) + size),
        ]  # fmt: skip
        link = len(data) + size - 4
        data += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
        data += b"{}".ljust(8, b"\0") + pixels.tobytes()
    index = struct.pack("<II", 3453623, len(rows)) + b"".join(struct.pack("<5I", *row) for row in rows)
    end = len(data) + len(index)
    struct.pack_into("<6I", data, 8, 54773648, len(data), 483765892, end, 99384722, end + 8)
    data += index + struct.pack("<II", 347834724, 0) + struct.pack("<II", 84720485, 0)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    with tifffile.TiffFile(path) as file:
        assert file.is_mmstack
    return path


def write_ndtiff(folder: Path, planes: list[tuple[dict, np.ndarray]], in_a_file: int = 3) -> list[Path]:
    """Write an NDTiff of several files, each plane with its axes, for example time, channel, position."""
    folder.mkdir(exist_ok=True)
    index, files = b"", []
    for start in range(0, len(planes), in_a_file):
        name = f"NDTiffStack_{start // in_a_file}.tif" if start else "NDTiffStack.tif"
        part = planes[start : start + in_a_file]
        header = struct.pack("<2sHI4I", b"II", 42, 30, 483729, 3, 3, 2355492) + struct.pack("<I", 2) + b"{}"
        body = bytearray(header)
        link = 4
        for axes, pixels in part:
            struct.pack_into("<I", body, link, len(body))
            height, width = pixels.shape
            size = 2 + 9 * 12 + 4
            tags = [
                (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1),
                (273, 4, 1, len(body) + size + 8), (277, 3, 1, 1), (279, 4, 1, pixels.nbytes),
                (51123, 2, 8, len(body) + size),
            ]  # fmt: skip
            link = len(body) + size - 4
            body += (
                struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
            )
            body += b"{}".ljust(8, b"\0")
            text = json.dumps(axes).encode()
            index += struct.pack("<I", len(text)) + text + struct.pack("<I", len(name)) + name.encode()
            index += struct.pack("<IiiiiIii", len(body), width, height, 1, 0, 0, 0, 0)
            body += pixels.tobytes()
        (folder / name).write_bytes(body)
        files.append(folder / name)
    (folder / "NDTiff.index").write_bytes(index)
    with tifffile.TiffFile(files[0]) as file:
        assert file.is_ndtiff
    return files
