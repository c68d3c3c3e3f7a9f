"""Step 3: import ground truth as label images, and check it."""

from cpretrain.masks.importing import import_masks as import_masks
from cpretrain.masks.result import MasksResult as MasksResult
