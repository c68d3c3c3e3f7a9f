/*
 * Export the drawn objects of an image as a label TIFF, one number for each object, for `cpretrain masks`.
 *
 * In QuPath: Automate > Script editor, open this file, then Run > Run for project to do all images of a project.
 * The files land in the folder "ground_truth" of the project, named after the images:
 *     NAME-labels.tif     for an image with objects
 *     NAME.geojson        for an image without any (an empty collection: a valid training image)
 * and are read with
 *     cpretrain masks PROJECT/ground_truth --images TRAINING_IMAGES --out MASKS
 */
import qupath.lib.images.servers.LabeledImageServer

// What to change -------------------------------------------------------------------------------------------------
def folderName = 'ground_truth'
def objectsAre = 'annotations'   // 'annotations', 'detections', 'cells', or 'nuclei' (of cells)
def asGeoJson = false            // true: NAME.geojson instead of the label image; keeps classes and overlaps
// ----------------------------------------------------------------------------------------------------------------

def imageData = getCurrentImageData()
def name = GeneralTools.getNameWithoutExtension(getProjectEntry().getImageName())
def folder = buildFilePath(PROJECT_BASE_DIR, folderName)
mkdirs(folder)

def objects
if (objectsAre == 'annotations')
    objects = getAnnotationObjects()
else if (objectsAre == 'detections')
    objects = getDetectionObjects()
else
    objects = getCellObjects()

if (objects.isEmpty() || asGeoJson) {
    def path = buildFilePath(folder, name + '.geojson')
    new File(buildFilePath(folder, name + '-labels.tif')).delete()   // of an earlier export: one file for an image
    exportObjectsToGeoJson(objects, path, 'FEATURE_COLLECTION')
    println objects.size() + ' objects written to ' + path
    return
}

def builder = new LabeledImageServer.Builder(imageData)
    .backgroundLabel(0)          // 0 is background
    .downsample(1)               // the size of the image, pixel for pixel
    .useInstanceLabels()         // a number for each object, not for each class
    .multichannelOutput(false)   // one channel that holds all of them

if (objectsAre == 'detections')
    builder = builder.useDetections()
else if (objectsAre == 'cells')
    builder = builder.useCells()
else if (objectsAre == 'nuclei')
    builder = builder.useCellNuclei()

def path = buildFilePath(folder, name + '-labels.tif')
new File(buildFilePath(folder, name + '.geojson')).delete()
writeImage(builder.build(), path)
println objects.size() + ' objects written to ' + path
