from .making import ProjectResult as ProjectResult
from .making import make_qupath_project as make_qupath_project
