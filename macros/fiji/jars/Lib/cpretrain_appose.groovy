/*
 * Run steps of cpretrain from Fiji through Appose. Belongs into Fiji's folder jars/Lib; the scripts in
 * Plugins > cpretrain > Appose load it:
 *
 *     cpretrain.job('Cut crops', python, source) { run ->
 *         def answer = run('crops', [images: folder], [size: 100])
 *     }
 *
 * Appose finds or builds the Python environment. The steps run in one Python worker, which calls cpretrain's own
 * functions. Progress is shown in the status bar and in a window with Cancel, messages in the Log window.
 */
import groovy.transform.Field
import ij.IJ
import ij.ImagePlus
import ij.WindowManager
import ij.io.FileSaver
import ij.plugin.FolderOpener
import java.awt.GraphicsEnvironment
import java.nio.file.Files
import java.util.concurrent.TimeUnit
import java.util.prefs.Preferences
import javax.swing.ProgressMonitor
import org.apposed.appose.Appose
import org.apposed.appose.Service
import org.apposed.appose.util.Environments

class Failed extends RuntimeException {
    Failed(String message) { super(message) }
}

class Cancelled extends RuntimeException { }

@Field PATIENCE = 60_000   // milliseconds that a cancelled step may take to clean up, or to write the best model so far
@Field NAME = 'cpretrain'   // of the environment that Appose builds
@Field LAST_WORDS = 5_000   // milliseconds in which what a worker that died has said is read
@Field SILENT = 'its Python ended without a word'
@Field POLL = 200
@Field TOTAL = 1000
@Field WIDTH = 60   // characters of room for file names; the window keeps the size that it begins with
@Field SECONDS = 60
@Field PROGRAMS = ['bin/python', 'python.exe', 'Scripts/python.exe', 'bin/python3']
@Field TRY = 'import appose.python_worker, cpretrain.cli.step_commands'
@Field WORKER = 'import appose.python_worker; appose.python_worker.main()'
@Field SCRIPT = '''
from cpretrain.cli.appose import run_step
run_step(task, step, arguments, settings)
'''
@Field HOW_TO = '''There is no Python with cpretrain yet.

In the dialog, name the folder or the wheel of cpretrain to build it from (a download of about 3 GB, once).
Or type these two lines in a terminal, in the folder of cpretrain:
    pip install ".[cellpose3,fiji]"
    cpretrain fiji-scripts --install'''

/** Do work that is given a function run(step, arguments, settings); what ends it early is explained. */
def job(String title, File python, File source, Closure work) {
    IJ.resetEscape()
    def window = headless() ? null : new ProgressMonitor(null, title, 'starting Python ...' + ' ' * WIDTH, 0, TOTAL)
    window?.setMillisToDecideToPopup(0)
    window?.setMillisToPopup(0)
    window?.setProgress(1)
    def failed = []
    try {
        worker(python, source, window).init('import numpy').withCloseable { service ->
            work { String step, Map arguments, Map settings = [:] ->
                runStep(service, window, failed, step, arguments, settings)
            }
        }
        IJ.showStatus(title + ': done')
        if (failed)
            tell(title, 'Some inputs could not be used, the others are done:\n\n' + failed.join('\n'))
    } catch (Cancelled ignored) {
        IJ.showStatus(title + ': cancelled')
        IJ.log(title + ': cancelled; completed results are kept')
    } catch (Failed failure) {
        IJ.showStatus(title + ': failed')
        if (headless())
            System.err.println('[ERROR] ' + failure.message)
        else
            tell(title, failure.message)
    } finally {
        IJ.showProgress(1.0d)
        window?.close()
    }
}

/** A worker in the Python given and no other, else in the first of the usual places, else in one that Appose builds. */
Service worker(File python, File source, ProgressMonitor window) {
    def program = named(python) ? chosen(python) : usual { IJ.log(it) }
    if (program)   // by its own path: Appose would take another Python of the same folder
        return Appose.custom().env('PYTHONUTF8', '1').env('FIJI_HOME', IJ.getDirectory('imagej')).build().service([program.absolutePath], '-P', '-c', WORKER)
            .syntax('python')
    if (!named(source))
        throw new Failed(HOW_TO)
    window?.setNote('building the Python environment, once; this cannot be cancelled')
    IJ.showStatus('building the Python environment ...')
    IJ.log('Building a Python environment with cpretrain from ' + source)
    def what = 'cpretrain[cellpose3,fiji] @ ' + source.toURI()
    try {
        return Appose.uv().python('3.11').include(what).name(NAME)
            .subscribeOutput { IJ.log(it.trim()) }.subscribeError { IJ.log(it.trim()) }.build().python()
    } catch (Exception error) {
        throw new Failed('The Python environment could not be built from ' + source + ':\n' + (error.message ?: error))
    }
}

/** What a field names, a file or a text; null if it is empty or says none, so that it is recorded in macros. */
def named(place) {
    place == null || place.toString().trim() in ['', 'none'] ? null : place
}

/** The Python that was chosen; one that works is remembered for the next time. */
File chosen(File place) {
    def program = programIn(place)
    def wrong = program ? whatIsWrong(program) : ''
    if (!program)
        throw new Failed(place.path + ': there is no Python here\n' + instead())
    if (wrong)
        throw new Failed(place.path + ': this Python has no cpretrain with Appose that works. Type\n    "' + program.path +
                         '" -m pip install ".[cellpose3,fiji]"\nin the folder of cpretrain.\n    found: ' + wrong + '\n' +
                         instead())
    def kept = preferences()
    kept.put('python', place.absolutePath)
    kept.putLong('since', System.currentTimeMillis())
    return program
}

/** The first Python with cpretrain: the one installed or chosen last, of the environment variable, built by Appose. */
File usual(Closure say = { }) {
    def written = new File(IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_python.txt')
    def kept = preferences()
    def named = [[written.lastModified(), 'that the scripts were installed with', written.file ? written.getText('UTF-8') : ''],
                 [kept.getLong('since', 0), 'chosen before', kept.get('python', '')]].sort { -it[0] }
    def places = named.collect { [it[1], it[2].trim()] } +
        [[null, System.getenv('CPRETRAIN_PYTHON') ?: ''], [null, new File(Environments.apposeEnvsDir(), NAME).path]]
    for (place in places.findAll { it[1] }) {
        def program = programIn(new File(place[1]))
        def wrong = program ? whatIsWrong(program) : 'there is no Python here'
        if (!wrong)
            return program
        if (place[0])
            say("warning: the Python ${place[0]}, ${place[1]}, is passed over: $wrong" as String)
    }
    return null
}

/** What happens when the field of the dialog is left empty. */
String instead() {
    def program = usual()
    program ? "Or empty the field (select what is in it and press Delete): then $program is used." : HOW_TO
}

/** What cpretrain remembers of this person. */
Preferences preferences() {
    Preferences.userRoot().node('cpretrain')
}

/** Why that Python cannot run cpretrain in a worker of Appose; empty where it can. */
String whatIsWrong(File program) {
    def process
    try {
        process = new ProcessBuilder(program.path, '-P', '-c', TRY).redirectErrorStream(true).start()
    } catch (IOException ignored) {   // not a program, or not for this machine
        return 'it cannot be started'
    }
    process.outputStream.close()
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly()
        return "it gave no answer for $SECONDS seconds"
    }
    def said = process.inputStream.getText('UTF-8').readLines().findAll { it.trim() }
    if (process.exitValue() == 0)
        return ''
    return said ? said.last().take(200) : "it ended with exit code ${process.exitValue()}"
}

File programIn(File place) {
    place.file ? place : PROGRAMS.collect { new File(place, it) }.find { it.file }
}

def runStep(Service service, ProgressMonitor window, List failed, String step, Map arguments, Map settings) {
    def inputs = [step: step, arguments: given(arguments), settings: given(settings)]
    def task
    try {
        task = service.task(SCRIPT, inputs, 'main')
        task.listen { event -> show(window, event) }
        task.start()
    } catch (IllegalStateException | IOException died) {   // before it was asked for anything
        hearOut(service)
        throw new Failed("cpretrain $step: " + reason(service.errorLines().join('\n') ?: died.message))
    }
    while (!task.status.finished && service.alive) {
        if (IJ.escapePressed() || window?.canceled)
            cancel(service, task)
        sleep(POLL)
    }
    if (!task.status.finished)
        hearOut(service)
    if (task.status == Service.TaskStatus.CANCELED)
        throw new Cancelled()
    if (task.status != Service.TaskStatus.COMPLETE)
        throw new Failed("cpretrain $step: " + (reason(task.error ?: service.errorLines().join('\n')) ?: SILENT))
    if (task.outputs.error)
        throw new Failed(explained(task.outputs.error))
    task.outputs.failed.each { path, why -> failed << why }
    return task.outputs
}

/** Wait until a worker that died has been read to the end: Appose does that in threads of its own, a moment longer. */
def hearOut(Service service) {
    Thread.startDaemon { service.waitFor() }.join(LAST_WORDS)
}

/** What is filled in, of types that Python knows too. */
Map given(Map values) {
    values.findAll { it.value instanceof File ? named(it.value) : it.value != null && it.value != '' }.collectEntries { [it.key, plain(it.value)] }
}

def plain(value) {
    if (value instanceof BigDecimal)
        return value as double
    return value instanceof File || value instanceof GString ? value as String : value
}

def show(ProgressMonitor window, event) {
    if (event.responseType != Service.ResponseType.UPDATE || event.message == null)
        return
    if (event.maximum <= 0) {
        IJ.log(event.message)
        return
    }
    IJ.showProgress(event.current as int, event.maximum as int)
    IJ.showStatus("${event.message} ${event.current}/${event.maximum}")
    window?.setNote("${event.message}: ${event.current} of ${event.maximum}")
    window?.setProgress(Math.min(TOTAL - 1, (TOTAL * event.current).intdiv(event.maximum) as int))
}

/** Ask the step to end and clean up; end its Python when it takes too long. */
def cancel(Service service, task) {
    IJ.showStatus('cancelling ...')
    task.cancel()
    def until = System.currentTimeMillis() + PATIENCE
    while (!task.status.finished && System.currentTimeMillis() < until)
        sleep(POLL)
    if (!task.status.finished)
        service.kill()
    throw new Cancelled()
}

String reason(String trace) {
    if (trace.contains("No module named 'cpretrain'") || trace.contains("No module named 'appose'"))
        return 'this Python has no cpretrain with Appose. Type in the folder of cpretrain:\n' +
               '    pip install ".[cellpose3,fiji]"'
    return trace.readLines().takeRight(12).join('\n')
}

String explained(Map error) {
    def rows = (error.rows ?: []).collectMany { ["${it.file}: ${it.problem}" as String] + facts(it) }
    ([error.problem] + rows + facts(error)).join('\n')
}

List<String> facts(Map error) {
    def labels = [found: 'found: ', expected: 'expected: ', cure: '\u2192 ']
    labels.findAll { error[it.key] }.collect { '    ' + it.value + error[it.key] }
}

def tell(String title, String message) {
    IJ.log(message)
    if (!headless())
        IJ.error(title, message)
}

boolean headless() {
    GraphicsEnvironment.headless
}

/** Save the open image as a TIFF in folder/raw, with its axes and pixel size, and return the file. */
File saveOpenImage(File folder) {
    def image = WindowManager.currentImage
    if (!image)
        throw new Failed('No image is open. Open a time-lapse, or choose a folder of them.')
    def path = new File(new File(folder, 'raw'), fileName(image))
    if (path.exists())
        throw new Failed("$path already exists.\nChoose another folder; or to work on that file, choose " +
                         "\"all movies in the folder\" and the folder $path.parent.")
    path.parentFile.mkdirs()
    return saveImage(image, path.parentFile)
}

/** The name of the TIFF that an image is saved as. */
String fileName(ImagePlus image) {
    image.title.replaceAll(/(?i)\.(ome\.)?tiff?$/, '').replaceAll(/[\\\/:*?"<>|]+/, '_') + '.tif'
}

/** Save an image as a TIFF in a folder, with its axes and pixel size, and return the file; its window stays as it is. */
File saveImage(ImagePlus image, File folder) {
    def path = new File(folder, fileName(image))
    def (title, changed, origin) = [image.title, image.changes, image.originalFileInfo]
    def saver = new FileSaver(image)
    if (!(image.stackSize > 1 ? saver.saveAsTiffStack(path.path) : saver.saveAsTiff(path.path)))
        throw new Failed("$path could not be written")
    image.title = title
    image.changes = changed
    if (origin)
        image.fileInfo = origin
    return path
}

/** Open images and tables; without a screen nothing. */
def open(Object... paths) {
    if (headless())
        return
    paths.collect { it as String }.findAll { new File(it).exists() }.each { path ->
        if (path.endsWith('.html'))
            IJ.runPlugIn('ij.plugin.BrowserLauncher', new File(path).toURI().toString())
        else if (new File(path).directory)
            FolderOpener.open(path, 'virtual filter=.tif').show()
        else if (path.endsWith('.tif'))
            IJ.openVirtual(path).show()
        else
            IJ.open(path)
    }
}

/** Write what an evaluation says, and the average precision of each model, to the Log window. */
def logPrecision(Map result) {
    def verdict = result.verdict ?: [:]
    ([verdict.sentence, verdict.people, verdict.frames] + (verdict.warnings ?: [])).findAll().each { IJ.log(it) }
    IJ.log("average precision, mean over ${result.images} images")
    result.average_precision.each { model, levels ->
        def shown = ['0.5', '0.75', '0.9'].findAll { levels[it] != null }.collect { "${levels[it]} at IoU $it" }
        IJ.log("    $model: " + shown.join(', '))
    }
}

/** Stop, with a text for a person. */
def fail(String message) {
    throw new Failed(message)
}

/** What is done with label images and ROIs. */
def labels() {
    new GroovyShell().parse(new File(IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_labels.groovy'))
}

/** Segment the open image, frame by frame, and show its labels; a folder that it goes through is taken away again. */
ImagePlus segmentImage(Closure run, File model, String rois, Map settings) {
    def image = WindowManager.currentImage
    if (!image)
        throw new Failed('No image is open. Open an image or a stack, or choose a folder of movies.')
    def folder = Files.createTempDirectory('cpretrain').toFile()
    try {
        def places = [model: model, images: saveImage(image, folder), out: new File(folder, 'segmented')]
        def movie = run('predict', places, settings).movies[0]
        def found = labels().open(movie.labels, false)
        found.title = 'labels of ' + image.title
        found.calibration = image.calibration
        movie.others.findAll { it.endsWith('_RoiSet.zip') }.each { labels().putRois(image, new File(it), rois) }
        IJ.log("${image.title}: ${movie.objects} objects")
        labels().showImage(found)
        return found
    } finally {
        folder.deleteDir()
    }
}

/** Segment all movies of a folder, and open the first three label images. */
def segmentFolder(Closure run, File folder, File model, Map settings) {
    def places = [model: model, images: folder, out: new File(folder.absoluteFile.parentFile, 'segmented')]
    openLabels(*run('predict', places, settings).movies.take(3).collect { it.labels })
}

/** Open label images of movies, each as a virtual stack; without a screen nothing. */
def openLabels(Object... paths) {
    if (!headless())
        paths.findAll { new File(it as String).file }.each { labels().open(it as String, true).show() }
}

/** The TIFFs in a folder, by name. */
List<String> labelImages(folder) {
    new File(folder as String).listFiles().findAll { it.name.endsWith('.tif') }*.path.sort()
}

def logStarted(Map started) {
    IJ.log("Round ${started.round} is started. Draw or correct the cells in QuPath; the crops are in")
    started.folders.each { IJ.log('    ' + it) }
    if (started.project) {
        IJ.log('Open in QuPath: ' + started.project)
        IJ.log('Correct and save each image, then: Automate \u203a Project scripts \u203a export_and_retrain, Run')
    }
}

def logFinished(Map finished) {
    ([finished.scores] + finished.warnings + ['The model is in ' + finished.model]).each { IJ.log(it as String) }
}

def logCombined(Map combined) {
    combined.classes.sort { it.key }.each { name, facts ->
        IJ.log("$name: ${facts.objects} objects, ${facts.cut} of them lost pixels to another class; ${facts.dropped} left out")
    }
}

def logTracked(Map tracked) {
    tracked.movies.each { IJ.log(it.said as String) }
}

def logAgreement(Map agreed) {
    def number = { it == null ? '\u2013' : String.format(Locale.ROOT, '%.3f', it as double) }
    IJ.log("agreement of two people on ${agreed.images} images: average precision, mean of images")
    agreed.average_precision.sort { it.key }.each { threshold, mean ->
        IJ.log("    ${number(mean.mean)} at IoU $threshold (95 % interval ${number(mean.low_95)} to ${number(mean.high_95)})")
    }
    agreed.warnings.each { IJ.log('note: ' + it) }
}

def logDoctor(Map facts) {
    facts.findAll { it.value.containsKey('found') }.sort { it.key }.each { name, fact ->
        IJ.log("${fact.found ? 'found' : 'missing'}  $name: ${fact.what}")
        if (fact.cure)
            IJ.log('    \u2192 ' + fact.cure)
    }
}
