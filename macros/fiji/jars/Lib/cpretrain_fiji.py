"""cpretrain in Fiji, for the scripts of the menu and for your own. Jython; belongs into Fiji's folder jars/Lib.

    from cpretrain_fiji import segment
    labels = segment(IJ.getImage(), "models/my cells")
    labels.show()

`segment`, `start_round`, `finish_round`, `combine`, `track`, `agree` and `doctor` are steps; `Job` runs any other command. What
goes wrong is an exception of the class `Failed`, with a text for a person, or `Cancelled`.
"""

from cpretrain_images import log_precision, save_open_image, show
from cpretrain_job import Cancelled, Job
from cpretrain_labels import coloured, label_images, open_labels, put_rois, show_image, show_labels
from cpretrain_python import Failed, chosen, fiji_folder
from cpretrain_steps import agree, combine, doctor, finish_round, segment, start_round, track
from ij import IJ
from java.io import File

__all__ = [
    "Cancelled", "Failed", "File", "IJ", "Job", "agree", "chosen", "coloured", "combine", "doctor", "fiji_folder",
    "finish_round", "label_images", "log_precision", "open_labels", "put_rois", "save_open_image", "segment",
    "show", "show_image", "show_labels", "start_round", "track",
]
