"""Small files in microscopes' own formats, written according to the formats, with known pixels."""

import struct
import zlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import tifffile

MAGIC = 0x0ABECEDA
LOOPS = {"T": 1, "P": 2, "Z": 4}
DIMENSIONS = {"X": 1, "Y": 2, "Z": 3, "T": 4, "M": 10}


def some(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    """Return pixels that differ everywhere."""
    return np.random.default_rng(0).integers(0, 250, shape).astype(dtype)


# --- ND2 ---


def _variant(name: str, value: object) -> bytes:
    """Encode a value for ND2's metadata: kind, name, value."""
    label = (name + "\0").encode("utf-16-le")
    kind, data = {
        bool: (1, lambda: struct.pack("B", value)),
        int: (3, lambda: struct.pack("I", value)),
        float: (6, lambda: struct.pack("d", value)),
        str: (8, lambda: (value + "\0").encode("utf-16-le")),  # type: ignore[operator]
        dict: (11, lambda: b""),
    }[type(value)]
    head = struct.pack("BB", kind, len(label) // 2) + label
    if not isinstance(value, dict):
        return head + data()
    inner = b"".join(_variant(key, one) for key, one in value.items())
    return head + struct.pack("<IQ", len(value), len(head) + 12 + len(inner)) + inner + bytes(8 * len(value))


def _loop(axes: str, lengths: dict[str, int]) -> dict:
    axis, *others = axes
    count = lengths[axis]
    facts: dict[str, dict] = {
        "T": {"uiCount": count, "dStart": 0.0, "dPeriod": 2000.0, "dDuration": 0.0, "dAvgPeriodDiff": 2500.0},
        "P": {"uiCount": count, "Points": {f"i{n:010}": {"dPosX": float(n)} for n in range(count)}},
        "Z": {"uiCount": count, "dZStep": 0.5, "dZLow": 0.0, "dZHigh": 1.0},
    }
    inner = {"ppNextLevelEx": {"i0000000000": _loop("".join(others), lengths)}} if others else {}
    return {"eType": LOOPS[axis], "uLoopPars": facts[axis], **inner}


def write_nd2(
    path: Path,
    pixels: np.ndarray,
    loops: str = "TPZ",
    packed: bool = False,
    frames: int | None = None,
    rgb: bool = False,
) -> Path:
    """Write an ND2 of version 3; `pixels` has the axes of `loops` (from TPZ), y, x, channels; `frames` truncates it."""
    *outer, height, width, count = pixels.shape
    planes = pixels.reshape(-1, height, width, count)
    dyes = [{"uiColor": 0xFF << 8 * n, "sDescription": f"dye {n}"} for n in range(1 if rgb else count)]
    kind = {"uiCompCount": 3 if rgb else 1, "pFluorescentProbe": {"m_sName": ""}}
    plane = {f"a{n}": kind | dye for n, dye in enumerate(dyes)}
    facts = {
        b"ImageAttributesLV!": {"SLxImageAttributes": {
            "uiWidth": width, "uiHeight": height, "uiWidthBytes": width * count * pixels.itemsize, "uiComp": count,
            "uiBpcInMemory": 8 * pixels.itemsize, "uiBpcSignificant": 8 * pixels.itemsize,
            "uiSequenceCount": len(planes), "eCompression": 0 if packed else 2,
        }},
        b"ImageMetadataLV!": {"SLxExperiment": _loop(loops, dict(zip(loops, outer, strict=True)))},
        b"ImageMetadataSeqLV|0!": {"SLxPictureMetadata": {
            "dCalibration": 0.25, "bCalibrated": True, "sPicturePlanes": {"uiCount": len(plane), "sPlaneNew": plane},
        }},
    }  # fmt: skip
    data = bytearray(struct.pack("<IIQ32s64s", MAGIC, 32, 64, b"ND2 FILE SIGNATURE CHUNK NAME01!", b"Ver3.0"))
    places: dict[bytes, tuple[int, int]] = {}

    def add(name: bytes, content: bytes) -> None:
        length = 4072 if name.startswith(b"ImageDataSeq") else len(name)
        places[name] = len(data), len(content)
        data.extend(struct.pack("<IIQ", MAGIC, length, len(content)) + name.ljust(length, b"\0") + content)

    for name, fact in facts.items():
        add(name, b"".join(_variant(key, value) for key, value in fact.items()))
    for number, one in enumerate(planes[:frames]):
        add(
            f"ImageDataSeq|{number}!".encode(),
            bytes(8) + (zlib.compress(one.tobytes()) if packed else one.tobytes()),
        )
    listed = b"".join(name + struct.pack("<QQ", *place) for name, place in places.items())
    start = len(data)
    add(
        b"ND2 FILEMAP SIGNATURE NAME 0001!",
        listed + b"ND2 CHUNK MAP SIGNATURE 0000001!" + struct.pack("<Q", start),
    )
    path.write_bytes(data)
    return path


# --- LIF ---


def write_lif(path: Path, images: dict[str, tuple[str, np.ndarray]]) -> Path:
    """Write a LIF of version 2 from the axes (letters of TZCYXM) and pixels of each image, by name."""
    elements, blocks = "", b""
    for number, (name, (axes, pixels)) in enumerate(images.items()):
        steps = dict(zip(axes, pixels.strides, strict=True))
        channels = "".join(
            f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="{8 * pixels.itemsize}" '
            f'NameOfMeasuredQuantity="" Min="0" Max="1" Unit="" LUTName="{table}" IsLUTInverted="0" '
            f'BytesInc="{c * steps.get("C", 0)}" BitInc="0"/>'
            for c, table in enumerate(
                ("Green", "Red", "Gray")[: dict(zip(axes, pixels.shape, strict=True)).get("C", 1)]
            )
        )
        units = {"T": ("s", 10.0), "M": ("", 0.0)}
        dimensions = "".join(
            f'<DimensionDescription DimID="{DIMENSIONS[axis]}" NumberOfElements="{length}" Origin="0" '
            f'Length="{units.get(axis, ("m", 1e-6))[1] * (length - 1)}" Unit="{units.get(axis, ("m", 0))[0]}" '
            f'BitInc="0" BytesInc="{steps[axis]}"/>'
            for axis, length in reversed(list(zip(axes, pixels.shape, strict=True))) if axis != "C"
        )  # fmt: skip
        elements += (
            f'<Element Name="{name}"><Data><Image><ImageDescription><Channels>{channels}</Channels>'
            f"<Dimensions>{dimensions}</Dimensions></ImageDescription></Image></Data>"
            f'<Memory Size="{pixels.nbytes}" MemoryBlockID="MemBlock_{number}"/><Children/></Element>'
        )
        label = f"MemBlock_{number}".encode("utf-16-le")
        blocks += (
            struct.pack("<IIBQBI", 0x70, 0, 0x2A, pixels.nbytes, 0x2A, len(label) // 2)
            + label
            + pixels.tobytes()
        )
    text = (
        f'<LMSDataContainerHeader Version="2"><Element Name="{path.name}"><Data/><Memory Size="0" MemoryBlockID=""/>'
        f"<Children>{elements}</Children></Element></LMSDataContainerHeader>"
    ).encode("utf-16-le")
    path.write_bytes(struct.pack("<IIBI", 0x70, 0, 0x2A, len(text) // 2) + text + blocks)
    return path


# --- CZI and OIF ---


def czi_library() -> ModuleType:
    """Import ZEISS's own library; a test is skipped where there is none."""
    return pytest.importorskip("pylibCZIrw.czi", reason="pylibCZIrw has no wheel for this Python")


def write_czi(
    path: Path,
    pixels: np.ndarray,
    scenes: int = 1,
    missing: tuple[int, ...] = (),
    packing: str = "uncompressed:",
) -> Path:
    """Write a CZI with ZEISS's own library; `pixels` has the axes s (if there are several), t, z, c, y, x and RGB."""
    with czi_library().create_czi(str(path), exist_ok=True, compression_options=packing) as file:
        for (s, t, z, c), plane in _planes(
            pixels.reshape(scenes, *pixels.shape[-(6 if pixels.shape[-1] == 3 else 5) :])
        ):
            if t not in missing:
                file.write(plane[..., ::-1] if plane.ndim == 3 else plane[..., np.newaxis],
                           plane={"T": t, "Z": z, "C": c}, scene=s, location=(1000 * s, 0))  # fmt: skip
        file.write_metadata(
            "name", channel_names={0: "DAPI", 1: "GFP"}, scale_x=2.5e-7, scale_y=2.5e-7, scale_z=1e-6
        )
    return path


def _planes(pixels: np.ndarray):
    for place in np.ndindex(pixels.shape[:4]):
        yield place, np.ascontiguousarray(pixels[place])


def write_oif(path: Path, pixels: np.ndarray) -> Path:
    """Write an OIF: settings as text, and a folder of TIFFs, one per channel, plane and frame (axes t, z, c, y, x)."""
    lengths = dict(zip("TZCYX", pixels.shape, strict=True))
    units = {"T": ("ms", 2000.0), "Z": ("nm", 500.0)}
    text = '[ProfileSaveInfo]\r\nName="a"\r\nVersion="1"\r\n[Version Info]\r\nFileVersion="1"\r\n'
    for number, axis in enumerate("XYCZT"):
        unit, step = units.get(axis, ("um", 1.0))
        text += (
            f'[Axis {number} Parameters Common]\r\nAxisCode="{axis}"\r\nMaxSize={lengths[axis]}\r\nPixUnit="{unit}"\r\n'
            f"StartPosition=0.0\r\nEndPosition={step * (lengths[axis] - 1)}\r\n"
        )
    text += (
        '[Reference Image Parameter]\r\nWidthConvertValue=0.25\r\nWidthUnit="um"\r\nHeightConvertValue=0.25\r\n'
        'HeightUnit="um"\r\n[Channel 1 Parameters]\r\nDyeName="DAPI"\r\n[Channel 2 Parameters]\r\nDyeName=""\r\n'
        'CH Name="CH2"\r\n'
    )
    path.write_bytes(text.encode("utf-16"))
    folder = path.with_name(f"{path.name}.files")
    folder.mkdir()
    for t, z, c in np.ndindex(pixels.shape[:3]):
        tifffile.imwrite(folder / f"s_C{c + 1:03}Z{z + 1:03}T{t + 1:03}.tif", pixels[t, z, c])
    return path
