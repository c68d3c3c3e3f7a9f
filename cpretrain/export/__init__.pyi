from .bioimageio import Exported as Exported
from .bioimageio import export_model as export_model
