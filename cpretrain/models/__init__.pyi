from .installed import install_model as install_model
from .installed import list_models as list_models
from .normalization import Normalization as Normalization
