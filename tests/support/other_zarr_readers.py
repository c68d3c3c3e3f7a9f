"""OME-Zarr in other packages: one validates it, one reads it with its own zarr implementation."""

import numpy as np
import pytest


def validated(path):
    """Return the metadata of an image or of label images, validated by ome-zarr-models."""
    ome_zarr_models = pytest.importorskip("ome_zarr_models")
    import zarr
    from ome_zarr_models.v05.labels import LabelsAttrs

    group = zarr.open_group(path, mode="r")
    if (
        "labels" in group.attrs["ome"]
    ):  # the list alone: 1.6 trips over label images without colours in a list
        return LabelsAttrs.model_validate(group.attrs["ome"])
    return ome_zarr_models.open_ome_zarr(group).ome_attributes


def levels_of_ngff_zarr(path):
    """Return the pixels of every level, read by ngff-zarr, which has its own zarr (in Rust)."""
    ngff_zarr = pytest.importorskip("ngff_zarr")

    return [np.asarray(image.data) for image in ngff_zarr.from_ngff_zarr(str(path), validate=True).images]
