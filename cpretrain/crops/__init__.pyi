from .arrays import DrawnCrops as DrawnCrops
from .arrays import draw_crops as draw_crops
from .cutting import CropsResult as CropsResult
from .cutting import cut_crops as cut_crops
