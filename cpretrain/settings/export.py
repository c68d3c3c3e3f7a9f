"""Settings for packing a model for the BioImage Model Zoo."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cpretrain.settings.base import Settings, _listed


class ExportSettings(Settings):
    """Description that goes into a model's package."""

    title: str = Field(
        "", description="name of the model in the zoo (default: Cellpose retrained for its cell type)"
    )
    authors: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (), description="names of the people who made it, separated by commas"
    )
    licence: str = Field(
        "",
        description="SPDX identifier of its licence, for example CC-BY-NC-4.0 (default: the base model's, where known)",
    )
