"""Pack a model for the BioImage Model Zoo."""

import lazy_loader

from cpretrain.runtime.renamed import with_old_names

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__getattr__ = with_old_names(
    __name__,
    __getattr__,
    {"Exported": "cpretrain.export.ExportResult"},
)
