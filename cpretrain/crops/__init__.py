"""Step 2: cut training crops at random places."""

from cpretrain.crops.cutting import CropsResult as CropsResult
from cpretrain.crops.cutting import cut_crops as cut_crops
