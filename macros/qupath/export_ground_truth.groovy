/*
 * Export the drawn objects of each image as GeoJSON, for `cpretrain masks`.
 *
 * First save what you drew: File > Save (Ctrl+S). Only what is saved is exported.
 * In QuPath: Automate > Script editor, open this file, Run > Run for project (without saving), move the images to the
 * right with », OK. Then read what is printed below the script: ERROR stands before an image that was not exported.
 *
 * The files land in the folder "ground_truth" of the project, NAME.geojson for each image, and are read with
 *     cpretrain masks PROJECT/ground_truth --images TRAINING_IMAGES --out MASKS
 * Areas are exported, large ones first, so that small ones lie on top. No cells are points, lines, and what marks a
 * region: the classes Training, Validation, Region and all that end in *, an annotation of the whole image, a rectangle
 * around other objects, an annotation in which cells were detected.
 * What is of class Ignore* or Region* is exported with the cells: `cpretrain masks` leaves areas of class Ignore* out of
 * training and scores, and with --undrawn ignore everything outside the areas of class Region* that is not drawn.
 * A file without objects stands for an image without cells. An image that was never saved in QuPath gets no file: if
 * there are no cells in it, open it and save it.
 */

// What to change -------------------------------------------------------------------------------------------------
def folderName = 'ground_truth'   // or one for each folder of images: ['images A': 'drawn A', 'images B': 'drawn B']
def objectsAre = 'annotations'   // 'annotations', 'detections', 'cells', or 'nuclei' (of cells)
// ----------------------------------------------------------------------------------------------------------------

def entry = getProjectEntry()
if (entry == null) {
    println 'ERROR: this is no image of a project: open a project, then Run > Run for project (without saving)'
    return
}
def kinds = [annotations: ['annotations'], detections: ['detections', 'cells'], cells: ['cells'], nuclei: ['nuclei']]
if (!kinds.containsKey(objectsAre)) {
    println "ERROR: objectsAre is '" + objectsAre + "': it has to be one of " + kinds.keySet().join(', ')
    return
}
def folder = folderFor(entry, folderName)
if (folder == null) {
    println 'ERROR: ' + entry.getImageName() + ' lies in none of the folders ' + folderName.keySet().join(', ') + ' beside ' +
        'the project: remove it from the project'
    return
}
def name = GeneralTools.stripExtension(entry.getOriginalImageName())
def refuse = { why ->
    println 'ERROR: ' + entry.getImageName() + ' ' + why + '. Nothing was written.'
    setAside(folder, [name + '.geojson', name + '-labels.tif'])
}

if (hasUnsavedChanges(entry)) {
    refuse('is open and has unsaved changes: File > Save (Ctrl+S), then run again')
    return
}
def namesakes = getProject().getImageList().count {
    GeneralTools.stripExtension(it.getOriginalImageName()) == name && folderFor(it, folderName) == folder
}
if (namesakes > 1) {
    refuse('has the name of another image of the project, so one would overwrite the other: remove one of them')
    return
}
def objects = objectsOf(getCurrentHierarchy(), objectsAre == 'nuclei')
if (!entry.hasImageData() && objects.isEmpty()) {
    println entry.getImageName() + ': left out, nothing was ever saved for it; no cells in it? Open it, and save it'
    getCurrentImageData().setProperty('cpretrain imported', 'nothing')   // so that it is known if this run saves it
    setAside(folder, [name + '.geojson', name + '-labels.tif'])
    return
}

def server = getCurrentServer()
def size = [server.getWidth(), server.getHeight()]
def found = choose(objects, kinds[objectsAre], size)
def others = (kinds.values().flatten().unique() - kinds[objectsAre]).findAll { choose(objects, [it], size).chosen }
def doubt = found.chosen ? null : whyNotEmpty(found.leftOut, others)
if (doubt) {
    refuse(doubt)
    return
}
folder.mkdirs()
def path = new File(folder, name + '.geojson').getPath()
exportObjectsToGeoJson((found.chosen + found.marks)*.object, path, 'FEATURE_COLLECTION')
println entry.getImageName() + ': ' + found.chosen.size() + ' objects written to ' + path +
    told('with', found.marks.countBy { 'of class ' + it.className }) + told('left out:', found.leftOut)
if (!found.chosen && getCurrentImageData().getProperty('cpretrain imported') == 'nothing')
    println 'WARNING: ' + entry.getImageName() + ' was saved by a script first, and nothing is drawn in it: if ' +
        'nobody looked for cells in it, delete ' + path
setAside(folder, [name + '-labels.tif'])   // of an earlier export: one file for an image


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

/** Rename what an earlier run left, so that it is not taken for the answer of this one. */
void setAside(folder, names) {
    names.collect { new File(folder, it) }.findAll { it.isFile() }.each {
        def old = new File(folder, it.getName() + '.old')
        old.delete()
        def now = it.renameTo(old) ? 'is now ' + old.getName() : 'is still there: delete it'
        println '    ' + it.getName() + ' of an earlier run ' + now
    }
}

/** List what is in an image as maps of plain values; for nuclei, the nucleus of each cell instead of the cell. */
List objectsOf(hierarchy, boolean nuclei) {
    return hierarchy.getAllObjects(false).findAll { it.hasROI() }.collect {
        def kind = it.isAnnotation() ? 'annotations' : it.isCell() ? 'cells' : it.isTile() ? 'tiles' :
            it.isDetection() ? 'detections' : 'TMA cores'
        def object = it
        if (nuclei && it.isCell()) {
            kind = it.getNucleusROI() == null ? 'cells without a nucleus' : 'nuclei'
            object = kind == 'nuclei' ? nucleusOf(it) : it
        }
        def roi = object.getROI()
        return [object: object, kind: kind, className: object.getPathClass()?.toString() ?: '',
                area: roi.isArea() ? roi.getArea() : 0.0d, x: roi.getBoundsX(), y: roi.getBoundsY(),
                width: roi.getBoundsWidth(), height: roi.getBoundsHeight()]
    }
}

/** Make an object of the nucleus of a cell, with the class, name and identity of the cell. */
def nucleusOf(cell) {
    def nucleus = PathObjects.createDetectionObject(cell.getNucleusROI(), cell.getPathClass())
    nucleus.setName(cell.getName())
    nucleus.setID(cell.getID())
    return nucleus
}

// From here on plain values only, nothing of QuPath ------------------------------------------------------------

/** Divide objects into the chosen ones, large ones first, marks of what is drawn, and a count of the others by reason. */
Map choose(List objects, List kinds, List size) {
    def (marks, rest) = objects.split { it.area > 0 && saysWhatIsDrawn(it.className) }
    def reasons = rest.collect { whyLeftOut(it, rest, kinds, size) }
    def chosen = [rest, reasons].transpose().findAll { it[1] == null }.collect { it[0] }
    return [chosen: chosen.sort(false) { -it.area }, marks: marks, leftOut: reasons.findAll().countBy { it }]
}

/** Tell whether a class marks what is not drawn (Ignore*) or where everything is (Region*). */
boolean saysWhatIsDrawn(String className) {
    return className.tokenize(':')*.trim()*.toLowerCase().any { it.replaceAll(/\*+$/, '') in ['ignore', 'region'] }
}

/** Tell what an object is if it is not to be exported; null if it is. */
String whyLeftOut(Map object, List objects, List kinds, List size) {
    if (!(object.kind in kinds))
        return object.kind
    if (!(object.area > 0))
        return 'points, lines or outlines without area'
    if (isRegion(object.className, isRectangle(object)))
        return 'of class ' + object.className
    if (object.kind != 'annotations')
        return null
    if (coversImage(object, size))
        return 'of the whole image'
    return isAround(object, objects) ? 'around other objects' : null
}

/** Tell whether a class marks regions: as QuPath has it, with * at the end, or by a name that regions have. */
boolean isRegion(String className, boolean rectangle) {
    def parts = className.tokenize(':')*.trim()*.toLowerCase()
    return parts.any() && parts[-1].endsWith('*') ||
        parts.any { it in ['training', 'validation', 'region', 'ignore', 'roi'] } ||
        rectangle && parts.any { it in ['train', 'val', 'test', 'testing'] }
}

/** Tell whether an outline is a rectangle with sides along x and y. */
boolean isRectangle(Map object) {
    return Math.abs(object.area - object.width * object.height) <= 1e-6 * object.area
}

/** Tell whether an outline covers the image: a rectangle nine in ten of its pixels, another shape 99 in a hundred. */
boolean coversImage(Map object, List size) {
    def width = Math.min(object.x + object.width, size[0]) - Math.max(object.x, 0)
    def height = Math.min(object.y + object.height, size[1]) - Math.max(object.y, 0)
    def most = (isRectangle(object) ? 0.9 : 0.99) * size[0] * size[1]
    return width > 0 && height > 0 && width * height >= most && object.area >= most
}

/** Tell whether an outline is drawn around others: a rectangle around two, or any shape around two detected ones. */
boolean isAround(Map object, List objects) {
    def inside = objects.findAll {
        def right = it.x + it.width / 2 - object.x
        def down = it.y + it.height / 2 - object.y
        it.area > 0 && it.area < object.area && right > 0 && right < object.width && down > 0 && down < object.height
    }
    return inside.size() > 1 && isRectangle(object) || inside.count { it.kind != 'annotations' } > 1
}

/** Tell why an image with nothing to export may have cells all the same; null where it has none. */
String whyNotEmpty(Map leftOut, List otherKinds) {
    if (otherKinds)
        return 'holds ' + otherKinds.join(' and ') + " only: set objectsAre = '" + otherKinds[0] + "'" +
            ('annotations' in otherKinds ? ', or give annotations that mark a region the class Region*' : '')
    if (leftOut['cells without a nucleus'])
        return "holds cells, but no cell has a nucleus: set objectsAre = 'cells'"
    if (leftOut['points, lines or outlines without area'])
        return 'holds points, lines or outlines without area only: draw the outline of each cell'
    return null
}

/** Put into words what was left out, or written beside the cells. */
String told(String how, Map counts) {
    return counts ? '; ' + how + ' ' + counts.collect { reason, count -> count + ' ' + reason }.join(', ') : ''
}
