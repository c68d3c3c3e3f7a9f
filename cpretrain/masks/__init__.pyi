from .importing import import_masks as import_masks
from .result import MasksResult as MasksResult
