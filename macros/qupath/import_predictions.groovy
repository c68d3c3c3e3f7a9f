/*
 * Open the predictions of a retrained model as annotations that can be corrected.
 *
 * First:      cpretrain predict MODEL IMAGES --out PREDICTIONS --geojson, and File > Save (Ctrl+S) in QuPath.
 * In QuPath:  Automate > Script editor, open this file, set the folder below, Run > Run for project, move the images to
 *             the right with », OK. "Refresh open images?": Yes shows the predictions in the image that is open.
 * For each image NAME.tif the file NAME.geojson is read; images without one are left as they are. Run again, it adds
 * only what is new: what you corrected stays corrected, and what you deleted stays deleted.
 */

// What to change -------------------------------------------------------------------------------------------------
def folderName = 'predictions'   // from the folder of the project; or ['images A': 'predicted A', 'images B': 'predicted B']
def replace = false              // true: first remove the outlines that are there, drawn and corrected ones too
// ----------------------------------------------------------------------------------------------------------------

def entry = getProjectEntry()
if (entry == null) {
    println 'ERROR: this is no image of a project: open a project, then Run > Run for project'
    return
}
def folder = folderFor(entry, folderName)
if (folder == null) {
    println entry.getImageName() + ': left as it is, no folder of predictions is named for it'
    return
}
def file = new File(folder, GeneralTools.stripExtension(entry.getOriginalImageName()) + '.geojson')
def key = 'cpretrain imported'   // kept with the image: what was read before, so that what was deleted since is known
if (getCurrentImageData().getImageType().name() == 'UNSET' && !getCurrentServer().isRGB())
    setImageType('OTHER')   // or QuPath asks for it when the image is opened, image by image
if (!entry.hasImageData())
    getCurrentImageData().setProperty(key, 'nothing')   // the export warns then: Run for project saves it unseen
if (!file.isFile()) {
    println entry.getImageName() + ': left as it is, there is no ' + file
    return
}
if (hasUnsavedChanges(entry)) {
    println 'ERROR: ' + entry.getImageName() + ' is open and has unsaved changes: File > Save (Ctrl+S), then run ' +
        'again. Nothing was read.'
    return
}
def predicted
try {
    predicted = readAll(file)   // before anything is removed
} catch (Exception e) {
    println 'ERROR: ' + file + ' is damaged: predict again. Nothing was changed in ' + entry.getImageName() + '. (' +
        (e.getMessage() ?: e.getClass().getSimpleName()) + ')'
    return
}

def hierarchy = getCurrentHierarchy()
def drawn = outlinesOf(getAnnotationObjects(), getCurrentServer())
hierarchy.removeObjects(replace ? drawn : [], true)   // true: what lies inside them stays

def idsOf = { objects -> objects.collect { it.getID().toString() } }
def earlier = (getCurrentImageData().getProperty(key) ?: '').toString().tokenize()
def sorted = sortOut(idsOf(predicted), idsOf(hierarchy.getAllObjects(false)), replace ? [] : earlier)
hierarchy.addObjects(predicted.findAll { it.getID().toString() in sorted.added })
getCurrentImageData().setProperty(key, (earlier - 'nothing' + sorted.added).unique().join(' '))
println entry.getImageName() + ': ' + told(sorted, replace ? drawn.size() : 0) + ', from ' + file
def others = (idsOf(drawn) - idsOf(predicted)).size()
if (!replace && others && sorted.added)
    println 'WARNING: ' + others + ' other outlines were there before: where a cell has two now, delete one of them'


/** Return the folder named for an image: the one for all, or that of the folder in which the image lies; null if none. */
File folderFor(entry, named) {
    def inProject = { new File(buildFilePath(PROJECT_BASE_DIR, it)).getCanonicalFile() }
    if (!(named instanceof Map))
        return inProject(named)
    def images = new File(entry.getURIs()[0]).getCanonicalFile().getParentFile()
    def found = named.find { inProject(it.key) == images }
    return found == null ? null : inProject(found.value)
}

/** Tell whether an image is open in the window and differs from what is saved; false where there is no window. */
boolean hasUnsavedChanges(entry) {
    def gui = null
    try {
        gui = Class.forName('qupath.lib.gui.QuPathGUI', true, getClass().getClassLoader()).getInstance()
    } catch (ClassNotFoundException | LinkageError ignored) { }
    def open = gui == null ? [] : gui.getAllViewers()*.getImageData()
    def others = open.findAll { it != null && !it.is(getCurrentImageData()) }
    return others.any { it.isChanged() && getProject().getEntry(it) == entry }
}

/** Read all objects of a file, or fail: QuPath takes an empty file for one without objects. */
List readAll(File file) {
    def root = GsonTools.getInstance().fromJson(file.getText('UTF-8'), Object)
    def features = root instanceof Map ? root.features : root
    if (!(features instanceof List))
        throw new IOException('it holds no list of features')
    def objects = PathIO.readObjects(file)
    if (objects.size() != features.size())
        throw new IOException(objects.size() + ' of ' + features.size() + ' features can be read')
    return objects
}

/** Keep the annotations that stand for cells: areas, but no regions, and not the whole image. */
List outlinesOf(annotations, server) {
    return annotations.findAll {
        def roi = it.getROI()
        def covers = roi.getArea() >= 0.99 * server.getWidth() * server.getHeight()
        roi.isArea() && !covers && !isRegion(it.getPathClass()?.toString() ?: '')
    }
}

// From here on plain values only, nothing of QuPath --------------------------------------------------------------

/** Tell whether a class marks regions: as QuPath has it, with * at the end, or by a name that regions have. */
boolean isRegion(String className) {
    def parts = className.tokenize(':')*.trim()*.toLowerCase()
    return parts.any() && parts[-1].endsWith('*') ||
        parts.any { it in ['training', 'validation', 'region', 'ignore', 'roi'] }
}

/** Divide the identities of predicted objects by what is there already and what was imported earlier. */
Map sortOut(List predicted, List there, List earlier) {
    def here = predicted.findAll { it in there }
    def deleted = (predicted - here).findAll { it in earlier }
    return [added: (predicted - here - deleted).unique(), here: here, deleted: deleted]
}

/** Put into words what was done with an image. */
String told(Map sorted, int removed) {
    def parts = [sorted.added.size() + ' objects read']
    if (sorted.here)
        parts << sorted.here.size() + ' are there already'
    if (sorted.deleted)
        parts << sorted.deleted.size() + ' were deleted here and stay deleted'
    if (removed)
        parts << removed + ' removed before'
    return parts.join(', ')
}
