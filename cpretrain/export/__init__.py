"""Pack a model for the BioImage Model Zoo."""

from cpretrain.export.bioimageio import Exported, export_model

__all__ = ["Exported", "export_model"]
