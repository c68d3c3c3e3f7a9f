from .bioimageio import ExportResult as ExportResult
from .bioimageio import export_model as export_model
