from .crops_table import Crop as Crop
from .crops_table import read_crops as read_crops
from .pairs import Pair as Pair
from .splitting import Split as Split
from .splitting import read_split as read_split
from .splitting import write_split as write_split
