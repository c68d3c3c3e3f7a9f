"""What other packages make of an OME-Zarr: one says whether it is valid, one reads it with a zarr of its own."""

import numpy as np


def validated(path):
    """What is said of an image or of label images, checked by the models of ome-zarr-models."""
    import ome_zarr_models
    import zarr

    return ome_zarr_models.open_ome_zarr(zarr.open_group(path, mode="r")).ome_attributes


def levels_of_ngff_zarr(path):
    """Pixels of every level, read by ngff-zarr, which has its own zarr (in Rust)."""
    import ngff_zarr

    return [np.asarray(image.data) for image in ngff_zarr.from_ngff_zarr(str(path), validate=True).images]
