"""Fixtures shared by several test modules: real Cellpose models of both versions, small enough for a test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if workers := int(
    os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")
):  # each takes its share of the cores, not all
    for library in ("OMP", "OPENBLAS", "MKL"):  # which read it when they are loaded
        os.environ.setdefault(f"{library}_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

import numpy as np
import pytest
import tifffile
from hypothesis import settings

from cpretrain.models.weights import cellpose_major
from cpretrain.settings.batch import BatchSettings

settings.register_profile("same everywhere", deadline=None, derandomize=True)
settings.load_profile("same everywhere")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Weights file for the installed Cellpose, with random weights; for 4.2, of a network with a small encoder."""
    import torch

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "tiny"
    if cellpose_major() == 3:
        from cellpose.resnet_torch import CPnet

        CPnet([2, 32, 64, 128, 256], 3, sz=3).save_model(path)
        yield path
        return
    from cellpose import vit

    with small_encoder():
        vit.CPSAM().save_model(path)
        yield path


@contextmanager
def small_encoder() -> Iterator[None]:
    """Make the image encoder of Cellpose 4 small: one block of 64 channels instead of 305 million parameters.

    Everything else is Cellpose's own.
    """
    import segment_anything
    import torch

    def tiny_sam(_: object) -> torch.nn.Module:
        sam = torch.nn.Module()
        sam.image_encoder = segment_anything.modeling.ImageEncoderViT(
            depth=1, embed_dim=64, num_heads=2, out_chans=32, use_rel_pos=True, global_attn_indexes=(0,)
        )
        return sam

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(segment_anything.sam_model_registry, "vit_l", tiny_sam)
        yield


@pytest.fixture(scope="session")
def disks() -> tuple[np.ndarray, np.ndarray]:
    """Image, uint16 (100, 100), of nine bright disks on a dark background, and its labels."""
    y, x = np.mgrid[:100, :100]
    labels = np.zeros((100, 100), np.uint16)
    for number, (row, column) in enumerate(np.ndindex(3, 3), start=1):
        labels[(y - 18 - 32 * row) ** 2 + (x - 18 - 32 * column) ** 2 < 100] = number
    noise = np.random.default_rng(0).integers(80, 120, labels.shape)
    return (noise + 800 * (labels > 0)).astype(np.uint16), labels


@pytest.fixture
def training_folders(tmp_path: Path, disks: tuple[np.ndarray, np.ndarray]) -> tuple[Path, Path]:
    """Folders of six images and their masks, with awkward names."""
    return write_training_folders(tmp_path, disks)


def write_training_folders(folder: Path, disks: tuple[np.ndarray, np.ndarray]) -> tuple[Path, Path]:
    """Write six images and their masks, with awkward names."""
    images, masks = folder / "Bilder [1] ü", folder / "masks"
    images.mkdir()
    masks.mkdir()
    image, labels = disks
    for number in range(6):
        name = f"Zelle {number} [d=2].tif"
        tifffile.imwrite(images / name, np.roll(image, 3 * number, axis=0))
        tifffile.imwrite(masks / name, np.roll(labels, 3 * number, axis=0))
    return images, masks


@pytest.fixture(scope="module")
def one_worker() -> Iterator[BatchSettings]:
    """Settings that send work to a Dask worker in a separate process.

    It ends with the module: its scheduler takes memory in this process, which other tests measure.
    """
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": {}}),  # as many threads as in this process
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as running,
    ):
        yield BatchSettings(scheduler=running.scheduler_address)
