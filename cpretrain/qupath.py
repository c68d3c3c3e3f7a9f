"""Ground truth from QuPath, and predictions back to it: what other programs import from here."""

from cpretrain.geojson import read_geojson, write_geojson
from cpretrain.imagej_roi import read_rois, write_rois
from cpretrain.label_image import LabelImage, read_label_image, relabel
from cpretrain.masks import MasksResult, import_masks, write_labels
from cpretrain.vector_file import read_outlines

__all__ = [
    "LabelImage",
    "MasksResult",
    "import_masks",
    "read_geojson",
    "read_label_image",
    "read_outlines",
    "read_rois",
    "relabel",
    "write_geojson",
    "write_labels",
    "write_rois",
]
