"""Sound files of every format that is read, each so small that a flipped bit matters."""

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import roifile
import tifffile
from PIL import Image
from yaozarrs import DimSpec, v05
from yaozarrs.write.v05 import write_bioformats2raw, write_plate

from cpretrain.dataset.crops_table import Crop, write_crops
from cpretrain.images.metadata import Calibration
from cpretrain.images.ome_zarr_labels import write_labels
from cpretrain.images.writer import write_frames
from cpretrain.labels.geojson import write_geojson
from cpretrain.labels.imagej_roi import write_rois
from cpretrain.models.folder import ModelFolder
from cpretrain.models.weights import cellpose_major
from tests.support.micromanager_files import summary, write_ndtiff, write_stack
from tests.support.microscope_files import write_czi, write_lif, write_nd2, write_oif
from tests.support.movie_files import (
    write_ome_set,
    write_single_frames,
    write_zarr,
    write_zarr_plate,
    write_zarr_series,
)
from tests.support.qupath_data import IMAGE, LABELS

SIZE = (20, 24)
MICROSCOPES = Path(__file__).parents[1] / "data" / "microscopes"
FOLDER = ModelFolder(Path())


@dataclass(frozen=True)
class Sample:
    """Files of one input by their name in its folder, and the path for the reader ("" for the folder)."""

    entry: str
    files: dict[str, bytes]


@cache
def pixels() -> np.ndarray:
    """Return three frames cut from a real image, uint16 (3, 20, 24)."""
    plane = tifffile.imread(IMAGE)[0].astype(np.uint16)
    return np.stack([plane[y : y + SIZE[0], y : y + SIZE[1]] for y in (100, 103, 105)])


@cache
def labels() -> np.ndarray:
    """Return real objects, reduced eightfold, uint16 (20, 24)."""
    small = tifffile.imread(LABELS)[::20, ::20][: SIZE[0], : SIZE[1]]
    return np.unique(small, return_inverse=True)[1].reshape(SIZE).astype(np.uint16)


def _tiff(array: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)  # type: ignore[arg-type]
    return file.getvalue()


def _written(*writers: Callable[[Path], object]) -> dict[str, bytes]:
    """Return the files that functions write to a folder."""
    with tempfile.TemporaryDirectory() as folder:
        for write in writers:
            write(Path(folder))
        files = [path for path in sorted(Path(folder).rglob("*")) if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _alone(suffix: str, *contents: bytes) -> list[Sample]:
    return [Sample(f"a{suffix}", {f"a{suffix}": content}) for content in contents]


def movies() -> list[Sample]:
    """TIFFs of all kinds, a multi-file OME-TIFF, single frames, OME-Zarr of both versions."""
    frames, grey = pixels(), {"photometric": "minisblack"}
    plain = [
        _tiff(frames, **grey),
        _tiff(frames, bigtiff=True, byteorder=">", **grey),
        _tiff(
            frames,
            imagej=True,
            resolution=(2, 2),
            metadata={"axes": "TYX", "unit": "um", "Labels": ["a", "b", "c"]},
            **grey,
        ),
        _tiff(
            frames,
            ome=True,
            metadata={"axes": "TYX", "PhysicalSizeX": 0.5, "Channel": {"Name": ["a"]}},
            **grey,
        ),
        _tiff(np.stack([frames, frames], 1), ome=True, compression="zlib", metadata={"axes": "TCYX"}, **grey),
        _tiff(frames, compression="lzw", rowsperstrip=5, metadata=None, **grey),
        _tiff(
            frames.astype(np.float32),
            compression="zstd",
            predictor=True,
            tile=(16, 16),
            metadata=None,
            **grey,
        ),
        _tiff(np.stack([frames.astype(np.uint8)] * 3, -1), photometric="rgb", metadata=None),
        *(_tiff(frames.astype(np.uint8), compression=how, metadata=None, **grey) for how in ("jpeg", "png")),
        _tiff(frames, compression="jpeg2000", metadata=None, **grey),
    ]
    zarrs = [_written(lambda f, v=v: write_zarr(f / "a.zarr", frames, "TYX", v)) for v in ("0.4", "0.5")]
    sets = _written(lambda f: write_ome_set(f, frames))
    single = _written(lambda f: write_single_frames(f, frames))
    return [
        *_alone(".tif", *plain),
        *(Sample("a.zarr", files) for files in zarrs),
        Sample("m_1.ome.tif", sets),
        Sample("img_*.tif", single),
        *_of_micromanager(frames),
    ]


def _of_micromanager(frames: np.ndarray) -> list[Sample]:
    """A stack in two files, and NDTiff in two files with their index."""

    def stack(folder: Path) -> None:
        for part, chosen in enumerate((frames[:2], frames[2:])):
            planes = {(0, 0, 2 * part + t, 0): plane for t, plane in enumerate(chosen)}
            write_stack(folder / f"e_MMStack{'_1' * part}.ome.tif", planes, summary(3))

    def ndtiff(folder: Path) -> None:
        planes = [({"time": t, "channel": "a"}, plane) for t, plane in enumerate(frames)]
        write_ndtiff(folder, planes, in_a_file=2)

    return [Sample("e_MMStack_1.ome.tif", _written(stack)), Sample("NDTiffStack.tif", _written(ndtiff))]


def nd2_files() -> list[Sample]:
    """Return ND2 files with positions, packed and not, one of RGB, and a real one."""
    grey, rgb = _stack((2, 2, 2), 2), _stack((2,), 3).astype(np.uint8)
    files = _written(
        lambda folder: write_nd2(folder / "a.nd2", grey, "TPZ"),
        lambda folder: write_nd2(folder / "b.nd2", grey, "PTZ", packed=True),
        lambda folder: write_nd2(folder / "c.nd2", rgb, "T", rgb=True),
    )
    return _alone(".nd2", *files.values(), (MICROSCOPES / "cluster.nd2").read_bytes())


def czi_files() -> list[Sample]:
    """Return CZI files with scenes, of grey values and RGB, packed and not."""
    grey, rgb = np.moveaxis(_stack((2, 2, 2), 2), -1, 3), _stack((2, 1, 1), 3).astype(np.uint8)
    files = _written(
        lambda folder: write_czi(folder / "a.czi", grey, scenes=2),
        lambda folder: write_czi(folder / "b.czi", rgb),
        lambda folder: write_czi(
            folder / "c.czi", grey[0], packing="zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack"
        ),
    )
    return _alone(".czi", *files.values())


def lif_files() -> list[Sample]:
    """Return a LIF file with several images, one of them of tiles."""
    images = {
        "a": ("TCYX", np.moveaxis(_stack((2,), 2), -1, 1)),
        "b": ("TMZYX", _stack((2, 2, 2), 1)[..., 0]),
    }
    return _alone(".lif", *_written(lambda folder: write_lif(folder / "a.lif", images)).values())


def oif_files() -> list[Sample]:
    """Return an OIF with its folder, and a real OIB."""
    planes = np.moveaxis(_stack((2, 2), 2), -1, 2)
    files = _written(lambda folder: write_oif(folder / "a.oif", planes))
    return [Sample("a.oif", files), *_alone(".oib", (MICROSCOPES / "test.oib").read_bytes())]


def _stack(outer: tuple[int, ...], channels: int) -> np.ndarray:
    """Return frames of these outer lengths, uint16, axes outer, y, x, c."""
    count = int(np.prod(outer)) * channels
    planes = np.stack([pixels()[number % 3] + number for number in range(count)])
    return np.moveaxis(planes.reshape(*outer, channels, *SIZE), -3, -1).astype(np.uint16)


def movie_folders() -> list[Sample]:
    """Folders in which one file of several stands for all."""
    return [sample for sample in movies() if len(sample.files) > 1]


def stores() -> list[Sample]:
    """OME-Zarrs of several movies, of both versions, and one of ours with label images beside its movie."""
    frames = pixels()
    dims = [DimSpec(name="t", unit="second"), DimSpec(name="y"), DimSpec(name="x")]
    image = v05.Image(multiscales=[v05.Multiscale.from_dims(dims)])

    def ours(folder: Path) -> None:
        shape, calibration = (len(frames), 1, 1, *SIZE), Calibration((1.0, 0.5, 0.5), "µm", 60.0)
        write_frames(folder / "a.zarr", iter(frames[:, None, None]), shape, frames.dtype, calibration)
        write_labels(
            folder / "a.zarr" / "labels" / "cells",
            iter(frames[:, None, None]),
            shape,
            frames.dtype,
            calibration,
            folder,
        )

    made = (
        lambda f: write_zarr_series(f / "a.zarr", [frames, frames], "TYX"),
        lambda f: write_zarr_plate(f / "a.zarr", {"A/1": [frames, frames], "B/2": [frames]}, "TYX"),
        lambda f: write_bioformats2raw(
            f / "a.zarr", {"0": (image, frames), "1": (image, frames)}, writer="zarr"
        ),
        lambda f: write_plate(f / "a.zarr", {("A", "1", "0"): (image, frames)}, writer="zarr"),
        ours,
    )
    return [Sample("a.zarr", _written(write)) for write in made]


def label_folders() -> list[Sample]:
    """A folder of a prediction whose label images lie beside their movie."""

    def predicted(folder: Path) -> None:
        for name, content in stores()[-1].files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        (folder / "out").mkdir()
        (folder / "out" / "a.json").write_text('{"step": "predict", "labels": "../a.zarr/labels/cells"}')
        (folder / "out" / "a.objects.csv").write_bytes(OBJECTS)

    return [Sample("out", _written(predicted))]


def label_images() -> list[Sample]:
    """Label images as TIFF and PNG, grey, palette and colours."""
    return [*_alone(".png", *_label_pngs()), *label_tiffs()]


def _label_pngs() -> list[bytes]:
    ids = labels()
    palette = Image.fromarray(ids.astype(np.uint8)).convert("P")
    pngs = []
    for image in (
        Image.fromarray(ids.astype(np.uint8)),
        palette,
        palette.convert("RGBA"),
        Image.fromarray(ids),
    ):
        file = io.BytesIO()
        image.save(file, "PNG")
        pngs.append(file.getvalue())
    return pngs


def label_tiffs() -> list[Sample]:
    """Label images as TIFF alone."""
    ids = labels()
    tiffs = [
        _tiff(ids, compression="zlib", metadata=None, photometric="minisblack"),
        _tiff(ids.astype(np.float32), tile=(16, 16), bigtiff=True),
        _tiff(ids.astype(np.uint8), photometric="palette", colormap=np.zeros((3, 256), np.uint16)),
        _tiff(
            np.stack([ids * 0, ids * 0, ids], -1).astype(np.uint8), photometric="rgb", compression="packbits"
        ),
        _tiff(ids, ome=True, metadata={"axes": "YX"}),
    ]
    return _alone(".tif", *tiffs)


def outlines() -> list[Sample]:
    """GeoJSON plain, gzipped and zipped; ImageJ ROIs single and in an archive."""
    files = _written(
        lambda f: write_geojson(f / "a.geojson", labels(), "Cell"),
        lambda f: write_rois(f / "a_RoiSet.zip", labels(), "Cell", (1, 2)),
    )
    geojson, rois = files["a.geojson"], files["a_RoiSet.zip"]
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.geojson"), geojson, zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(io.BytesIO(rois)) as archive:
        single = archive.read(archive.namelist()[0])
    oval = roifile.ImagejRoi(
        roitype=roifile.ROI_TYPE.OVAL, top=2, left=3, bottom=9, right=12, n_coordinates=0
    )
    ring = roifile.ImagejRoi.frompoints([[2.5, 3], [9, 4], [8.5, 11]], name="ring")
    packed = [geojson, gzip.compress(geojson, mtime=0), zipped.getvalue(), rois]
    return [*_alone(".geojson", packed[0], packed[1]), *_alone(".zip", *packed[2:]),
            *_alone(".roi", single, oval.tobytes(), ring.tobytes())]  # fmt: skip


def training_images() -> list[Sample]:
    """Training images with their table of crops."""
    planes = [
        (1, _tiff(pixels()[0], photometric="minisblack")),
        (3, _tiff(pixels(), imagej=True, metadata={"axes": "CYX"}, photometric="minisblack")),
        (1, _tiff(pixels()[0], ome=True, compression="zlib", metadata={"axes": "YX"})),
    ]
    found = []
    for channels, image in planes:
        crop = Crop("a.tif", "movie.tif", 0, 0, 1, 2, 16, 20, 2, 0, (3.0,) * channels, (99.5,) * channels)
        found.append(Sample("a.tif", {"a.tif": image, **_written(lambda f, c=crop: write_crops(f, [c]))}))
    return found


def training_folders() -> list[Sample]:
    """Images and masks in one folder."""
    files = {}
    for name, plane in zip("abc", pixels(), strict=True):
        files[f"{name}.tif"] = _tiff(plane, photometric="minisblack")
        files[f"{name}_masks.tif"] = _tiff(labels(), compression="zlib")
    return [Sample("", files)]


def crop_tables() -> list[Sample]:
    """``crops.csv`` in a folder."""
    crops = [
        Crop(f"{n}.tif", "movie, 1.tif", n, 0, 1, 2, 16, 20, 2, 0, (3.0, 1.0), (99.5, 8.0)) for n in range(4)
    ]
    return [Sample("", _written(lambda f: write_crops(f, crops)))]


SPLIT = b"""image,mask,group,set
images/a.tif,masks/a.tif,m1,train
images/b.tif,masks/b.tif,m2,validation
c.tif,c.tif,m3,test
"""
SHIFTS = b"""frame,drift_z,drift_y,drift_x,clipped,uncertain
0,0.0,0.0,0.0,False,
1,0.0,1.5,-2.25,True,False
2,0,3,4,False,True
"""
OBJECTS = b"""file,frame,label,class,area,z,y,x,cell_probability
m.tif,0,1,Cell,50,0,3.5,4.5,0.91
m.tif,0,2,Cell,9,0,1,2,0.5
m.tif,2,1,Cell,12,0,3.5,4.5,0.8
"""
LOSSES = b"epoch,training_loss,test_loss,test_average_precision\n0,0.9,0.8,\n5,0.5,0.6,0.4\n"
LOG = (
    b"Correct 3D drift\n  processing channel 1\nbetween frames 1 and 2\nToo large drift along dimension 0\n"
    b"    frame 2 correcting drift 1.0,-2.5,0\n  frame 1 correcting drift 0,0,0\nException in thread\n\tat ij.IJ\n"
    b"dx dy dz\n0 0 0\n1.5 -2 0\n"
)
EXPERIMENT = b"""raw = "raw"
ground_truth = "drawn"
frames = "f"
frame_masks = "g"
[drift]
engine = "native"
max_shift = [10, 10, 10]
[crops]
size = 100
seed = 3
[train]
base = "cyto3"
name = "m"
epochs = 5
learning_rate = 0.01
[evaluate]
thresholds = "0.5:0.95:0.05"
"""
PROFILE = b"""queue = "slurm"
jobs = 4
cores = 2
memory = "8GB"
[options]
walltime = "02:00:00"
job_extra_directives = ["--constraint=fast"]
"""
ROUND = {
    "step": "round",
    "settings": {"name": "m", "base": "../base", "crops": 2, "choose": "random", "seed": 3},
    "round": 1,
    "base_sha256": "0" * 64,
    "whole_movies": True,
}
ROUNDS = b"""round,chosen,crops,validation_crops,measure,average_precision,low_95,high_95
0,,0,9,at IoU 0.5,0.71,0.62,0.80
1,random,4,9,at IoU 0.5,0.83,0.75,0.9
"""
MODEL = {
    "step": "train",
    "base": {"name": "cyto3", "licence": "BSD"},
    "settings": {"channel": 1, "second_channel": None},
    "normalization": {"percentiles": [1.0, 99.0], "valid_pixels": True, "of": "frame"},
    "inputs": {"images/a.tif": "0" * 64},
    "cell_type": "HeLa",
}
TUNING = {
    "found": {
        name: {"flow_threshold": 0.4, "cellprob_threshold": 0.0, "diameter": 30.0, "weights_sha256": "0" * 64}
        for name in ("base", "retrained")
    }
}


def model_folders() -> list[Sample]:
    """``model.json`` and ``tuning.json``, without weights."""
    files = {
        FOLDER.record.name: json.dumps(MODEL, indent=2).encode(),
        FOLDER.tuning.name: json.dumps(TUNING, indent=2).encode(),
    }
    return [Sample("", files)]


def weights() -> list[Sample]:
    """Weights with the names of the installed Cellpose, in torch's present format and in its old one."""
    import torch

    name = "output.2.weight" if cellpose_major() == 3 else "W2"
    found = []
    for zipped in (True, False):
        file = io.BytesIO()
        state = {name: torch.ones(3, 4), "module.b": torch.arange(5)}
        torch.save(state, file, _use_new_zipfile_serialization=zipped)
        found.append(file.getvalue())
    return _alone("", *found)


def checkpoints() -> list[Sample]:
    """An interrupted training."""
    import torch

    state = io.BytesIO()
    torch.save({"epoch": 3, "net": {"a": torch.ones(2)}, "random": torch.arange(4)}, state)
    return [
        Sample(
            "m",
            {
                ".m.unfinished/state.pt": state.getvalue(),
                ".m.unfinished/run.json": json.dumps(MODEL).encode(),
            },
        )
    ]


def unfinished() -> list[Sample]:
    """Frames of an interrupted prediction."""
    frame = io.BytesIO()
    np.savez_compressed(frame, labels=labels()[np.newaxis].astype(np.uint32), objects=np.ones((2, 6)))
    return [
        Sample(
            "m",
            {
                ".m.unfinished/run.json": json.dumps(MODEL).encode(),
                ".m.unfinished/000000.npz": frame.getvalue(),
            },
        )
    ]


def window_files() -> list[Sample]:
    """Files saved by Cellpose's window: a pickled dictionary of arrays and plain values."""
    found = []
    for dtype in (np.uint16, np.int32):
        file = io.BytesIO()
        content = {
            "masks": labels().astype(dtype),
            "filename": "a.tif",
            "ismanual": np.ones(3, bool),
            "flow": [0.4],
        }
        np.save(file, np.array(content), allow_pickle=True)
        found.append(file.getvalue())
    return _alone("_seg.npy", *found)


def round_records() -> list[Sample]:
    """The first round and the validation set of a folder of rounds."""
    record = json.dumps(ROUND, indent=2).encode()
    return [
        Sample("", {"round_01/round.json": record, "validation/round.json": record, "rounds.csv": ROUNDS})
    ]


def text(suffix: str, content: bytes) -> Callable[[], list[Sample]]:
    """One text file."""
    return lambda: _alone(suffix, content)


def model_record() -> list[Sample]:
    """A record alone."""
    return _alone(".json", json.dumps(MODEL, indent=2).encode())
