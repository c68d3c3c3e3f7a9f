/* Label images and ROIs in Fiji. Belongs into Fiji's folder jars/Lib; cpretrain_appose.groovy loads it. */
import groovy.transform.Field
import ij.IJ
import ij.ImagePlus
import ij.gui.Overlay
import ij.gui.Roi
import ij.io.RoiDecoder
import ij.macro.Interpreter
import ij.plugin.frame.RoiManager
import ij.process.LUT
import java.awt.GraphicsEnvironment
import java.util.zip.ZipFile

@Field COLOURS = 256
@Field SPREAD = 0x13C6F1   // as in the pictures that cpretrain writes: neighbouring numbers get colours that are far apart

/** Open a label image, with a look-up table that gives neighbouring objects colours that are far apart. */
ImagePlus open(String path, boolean virtual) {
    def image = virtual ? IJ.openVirtual(path) : IJ.openImage(path)
    return image ? coloured(image) : null
}

/** Give a label image such a look-up table: black is background. */
ImagePlus coloured(ImagePlus image) {
    def parts = [0, 7, 14].collect { shift -> (0..<COLOURS).collect { colour(it, shift) } as byte[] }
    image.lut = new LUT(*parts)
    int shared = 1 + (highest(image) as int).intdiv(COLOURS)   // objects that share a colour, above 255 of them
    image.setDisplayRange(0, shared * COLOURS - 1)
    return image
}

/** The largest number in a label image; of a virtual one that of the frame shown. */
double highest(ImagePlus image) {
    def planes = image.getStack().isVirtual() ? [image.currentSlice] : (1..image.stackSize)
    planes.collect { image.getStack().getProcessor(it).stats.max }.max()
}

/** One part of the colour of a number. */
byte colour(int number, int shift) {
    number ? (byte) (128 + (((number * (long) SPREAD) % (1 << 21)) >> shift) % 128) : 0
}

/** Show an image: on a screen, or as the current one of a macro's batch mode; else there is nobody to see it. */
def showImage(ImagePlus image) {
    if (Interpreter.batchMode || !GraphicsEnvironment.headless)
        image.show()
}

/** Put the ROIs of an archive onto an image, each on its own frame and plane: as an overlay or in the ROI Manager. */
List<Roi> putRois(ImagePlus image, File archive, String where) {
    def rois = readRois(archive)
    rois.each { roi ->
        def (z, t) = [Math.max(1, roi.ZPosition), Math.max(1, roi.TPosition)]
        if (image.stackSize == 1)
            roi.setPosition(0)
        else if (image.hyperStack)
            roi.setPosition(0, z, t)   // in all channels
        else
            roi.setPosition(image.getStackIndex(1, z, t))
    }
    def managed = where == 'in the ROI Manager'
    def manager = managed ? roiManager() : null
    if (managed && !manager)
        IJ.log('There is no ROI Manager without a screen: the ROIs are an overlay.')
    if (manager) {
        rois.each { manager.addRoi(it) }
    } else {
        def overlay = new Overlay()
        rois.each { overlay.add(it) }
        image.overlay = overlay
    }
    return rois
}

/** The ROI Manager, in batch mode that of the macro; null where there is none, without a screen. */
RoiManager roiManager() {
    GraphicsEnvironment.headless ? null : Interpreter.batchModeRoiManager ?: RoiManager.roiManager
}

/** The ROIs of a RoiSet.zip. */
List<Roi> readRois(File archive) {
    new ZipFile(archive).withCloseable { zip ->
        zip.entries().collect { new RoiDecoder(zip.getInputStream(it).bytes, it.name - ~/\.roi$/).roi }
    }
}
