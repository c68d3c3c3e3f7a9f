from .cutting import CropsResult as CropsResult
from .cutting import cut_crops as cut_crops
