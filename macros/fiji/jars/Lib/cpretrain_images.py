"""What goes in from Fiji and what is shown in it. Jython; belongs into Fiji's folder jars/Lib."""

import re

from cpretrain_python import Failed
from ij import IJ, WindowManager
from ij.io import FileSaver
from ij.plugin import FolderOpener
from java.awt import GraphicsEnvironment
from java.io import File


def save_open_image(folder):
    """Save the open image as a TIFF in `folder`/raw, with its axes and pixel size, and return the file."""
    image = WindowManager.getCurrentImage()
    if image is None:
        raise Failed(u"No image is open. Open a time-lapse, or choose a folder of them.")
    path = File(File(folder, "raw"), file_name(image))
    if path.exists():
        raise Failed(u"%s already exists.\nChoose another folder; or to work on that file, choose \"all movies in "
                     u"the folder\" and the folder %s." % (path, path.getParent()))
    path.getParentFile().mkdirs()
    return save_image(image, path.getParentFile())


def file_name(image):
    """The name of the TIFF that an image is saved as."""
    return re.sub(r'[\\/:*?"<>|]+', u"_", re.sub(r"(?i)\.(ome\.)?tiff?$", u"", image.getTitle())) + ".tif"


def save_image(image, folder):
    """Save an image as a TIFF in `folder`, with its axes and pixel size, and return the file; its window stays as it is."""
    path = File(folder, file_name(image))
    title, changed, origin = image.getTitle(), image.changes, image.getOriginalFileInfo()
    saver = FileSaver(image)
    if not (saver.saveAsTiffStack(path.getPath()) if image.getStackSize() > 1 else saver.saveAsTiff(path.getPath())):
        raise Failed(u"%s could not be written" % path)
    image.setTitle(title)
    image.changes = changed
    if origin is not None:
        image.setFileInfo(origin)
    return path


def show(*paths):
    """Open images, and tables in the Results window; what is not there is left out. Without a screen: nothing."""
    if GraphicsEnvironment.isHeadless():
        return
    for path in [unicode(path) for path in paths]:
        if not File(path).exists():
            continue
        if path.endswith(".html"):
            IJ.runPlugIn("ij.plugin.BrowserLauncher", File(path).toURI().toString())
        elif path.endswith(".tif") and not File(path).isDirectory():
            IJ.openVirtual(path).show()
        elif File(path).isDirectory():
            FolderOpener.open(path, "virtual filter=.tif").show()
        else:
            IJ.open(path)


def log_precision(result):
    """Write what an evaluation says, and the average precision of each model, to the Log window."""
    verdict = result.get("verdict") or {}
    sentences = [verdict.get(name) for name in ("sentence", "people", "frames")]
    for sentence in sentences + list(verdict.get("warnings", [])):
        if sentence:
            IJ.log(sentence)
    IJ.log(u"average precision, mean over %s images" % result["images"])
    for model, levels in sorted(result["average_precision"].items()):
        shown = [u"%s at IoU %s" % (levels[level], level) for level in ("0.5", "0.75", "0.9") if level in levels]
        IJ.log(u"    %s: %s" % (model, u", ".join(shown)))
