"""Rounds of annotation and retraining, from a first model to a good one."""

import lazy_loader

from cpretrain.runtime.renamed import with_old_names

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__getattr__ = with_old_names(
    __name__,
    __getattr__,
    {"Started": "cpretrain.rounds.StartResult", "Finished": "cpretrain.rounds.FinishResult"},
)
