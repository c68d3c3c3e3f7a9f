"""Label images and ROIs in Fiji. Jython; belongs into Fiji's folder jars/Lib."""

from java.awt import GraphicsEnvironment
from java.io import BufferedInputStream, ByteArrayOutputStream, File, FileInputStream
from java.util.zip import ZipInputStream
from ij import IJ
from ij.gui import Overlay
from ij.io import RoiDecoder
from ij.macro import Interpreter
from ij.plugin.frame import RoiManager
from ij.process import LUT
from jarray import array, zeros

COLOURS = 256
SPREAD = 0x13C6F1  # as in the pictures that cpretrain writes: neighbouring numbers get colours that are far apart
OVERLAY, MANAGER = "as an overlay", "in the ROI Manager"


def open_labels(path, virtual=False):
    """Open a label image, with a look-up table that gives neighbouring objects colours that are far apart."""
    image = (IJ.openVirtual if virtual else IJ.openImage)(unicode(path))
    if image is not None:
        coloured(image)
    return image


def coloured(image):
    """Give a label image such a look-up table: black is background."""
    image.setLut(LUT(*[array([signed(number, shift) for number in range(COLOURS)], "b") for shift in (0, 7, 14)]))
    shared = 1 + int(highest(image)) // COLOURS  # objects that share a colour, above 255 of them
    image.setDisplayRange(0, shared * COLOURS - 1)
    return image


def highest(image):
    """The largest number in a label image; of a virtual one that of the frame shown."""
    stack = image.getStack()
    planes = [image.getCurrentSlice()] if stack.isVirtual() else range(1, stack.getSize() + 1)
    return max([stack.getProcessor(plane).getStats().max for plane in planes])


def signed(number, shift):
    """One part of the colour of a number, as Java's byte."""
    level = 128 + ((number * SPREAD % 2 ** 21) >> shift) % 128 if number else 0
    return level - 256 if level > 127 else level


def can_show():
    """Whether images can be shown: on a screen, or in a macro's batch mode."""
    return Interpreter.isBatchMode() or not GraphicsEnvironment.isHeadless()


def show_image(image):
    """Show an image: on a screen, or as the current one of a macro's batch mode; else there is nobody to see it."""
    if can_show():
        image.show()


def label_images(folder):
    """The TIFFs in a folder, by name."""
    return sorted(file.getPath() for file in File(unicode(folder)).listFiles() if file.getName().endswith(".tif"))


def show_labels(*paths):
    """Open label images of movies, each as a virtual stack."""
    if GraphicsEnvironment.isHeadless():
        return
    for path in paths:
        if File(unicode(path)).isFile():
            open_labels(path, virtual=True).show()


def put_rois(image, archive, where):
    """Put the ROIs of an archive onto an image, each on its own frame and plane.

    Parameters
    ----------
    image : ij.ImagePlus
        The image that they are of.
    archive : java.io.File
        A RoiSet.zip.
    where : unicode
        ``"as an overlay"`` or ``"in the ROI Manager"``.
    """
    rois = read_rois(archive)
    for roi in rois:
        z, t = max(1, roi.getZPosition()), max(1, roi.getTPosition())
        if image.getStackSize() == 1:
            roi.setPosition(0)
        elif image.isHyperStack():
            roi.setPosition(0, z, t)  # in all channels
        else:
            roi.setPosition(image.getStackIndex(1, z, t))
    manager = roi_manager() if where == MANAGER else None
    if where == MANAGER and manager is None:
        IJ.log(u"There is no ROI Manager without a screen: the ROIs are an overlay.")
    into = Overlay() if manager is None else manager
    for roi in rois:
        (into.add if manager is None else into.addRoi)(roi)
    if manager is None:
        image.setOverlay(into)
    return rois


def roi_manager():
    """The ROI Manager, in batch mode that of the macro; None where there is none, without a screen."""
    if GraphicsEnvironment.isHeadless():
        return None
    return Interpreter.getBatchModeRoiManager() or RoiManager.getRoiManager()


def read_rois(archive):
    """The ROIs of a RoiSet.zip."""
    rois = []
    stream = ZipInputStream(BufferedInputStream(FileInputStream(archive)))
    try:
        entry = stream.getNextEntry()
        while entry is not None:
            rois.append(RoiDecoder(read(stream), entry.getName()[: -len(".roi")]).getRoi())
            entry = stream.getNextEntry()
    finally:
        stream.close()
    return rois


def read(stream):
    """The bytes of the entry that a stream is at."""
    into, buffer = ByteArrayOutputStream(), zeros(1 << 16, "b")
    count = stream.read(buffer)
    while count > 0:
        into.write(buffer, 0, count)
        count = stream.read(buffer)
    return into.toByteArray()
