"""Step 5: evaluate retraining: models and people scored on the same images, with intervals and a verdict."""

import lazy_loader

from cpretrain.runtime.renamed import with_old_names

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__getattr__ = with_old_names(
    __name__,
    __getattr__,
    {
        "Scores": "cpretrain.metrics.Scores",
        "average_precision": "cpretrain.metrics.average_precision",
    },
)
