/*
 * Open the predictions of a retrained model as annotations that can be corrected.
 *
 * First:      cpretrain predict MODEL IMAGES --out PREDICTIONS --geojson
 * In QuPath:  set the folder below, then Automate > Script editor > Run > Run for project.
 * For each image NAME.tif the file NAME.geojson is read; images without one are left as they are.
 */

// What to change -------------------------------------------------------------------------------------------------
def folder = buildFilePath(PROJECT_BASE_DIR, 'predictions')
def replace = false              // true: remove the annotations that are there before
// ----------------------------------------------------------------------------------------------------------------

def name = GeneralTools.getNameWithoutExtension(getProjectEntry().getImageName())
def file = new File(folder, name + '.geojson')
if (!file.exists()) {
    println 'no predictions for ' + name + ' in ' + folder
    return
}

if (replace)
    removeObjects(getAnnotationObjects(), false)

def before = getAnnotationObjects().size()
importObjectsFromFile(file.getPath())
println((getAnnotationObjects().size() - before) + ' objects read from ' + file.getPath())
