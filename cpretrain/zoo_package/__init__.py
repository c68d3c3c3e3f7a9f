"""Pack a model for the BioImage Model Zoo."""

from cpretrain.zoo_package.exporting import Exported, export_model

__all__ = ["Exported", "export_model"]
