/*
 * Export what is drawn in all images of this project, and retrain.
 *
 * First save what you drew: File > Save (Ctrl+S). Only what is saved is exported.
 * In QuPath: Automate > Project scripts > export_and_retrain, Run (once, not for project). Progress is printed below the
 * script; at the end the report opens. `cpretrain qupath-project` and `cpretrain round start --qupath` write this script
 * into a project, with the command in it.
 *
 * It runs export_ground_truth.groovy, which lies beside it, on each image. When an image cannot be exported, nothing is
 * retrained.
 */

// What to change -------------------------------------------------------------------------------------------------
def command = []   // Python and cpretrain's command, for example ['python', '-m', 'cpretrain', 'run', 'experiment.toml']
// ----------------------------------------------------------------------------------------------------------------

def project = getProject()
if (project == null) {
    println 'ERROR: open a project first'
    return
}
def base = project.getPath().toFile().getParentFile()
def script = new File(base, 'scripts/export_ground_truth.groovy')
if (!script.isFile()) {
    println 'ERROR: there is no ' + script + ': run cpretrain qupath-scripts --install "' + base + '"'
    return
}
def failed = project.getImageList().findAll { entry -> exported(project, entry, script) }
if (failed) {
    println 'Nothing was retrained: ' + failed.size() + ' images were not exported, see ERROR above.'
    return
}
if (!command) {
    println 'All images are exported. Nothing was retrained: this script names no command.'
    return
}
println 'Running ' + command.join(' ')
def report = run(command, base)
if (report)
    show(report)


/** Export one image, print what was said of it, and tell whether that failed. */
boolean exported(project, entry, File script) {
    def imports = getCoreClasses().collect { 'import ' + it.getName() } + 'import static qupath.lib.scripting.QP.*'
    def said = new StringWriter()
    def data = entry.readImageData()
    try {
        setBatchProjectAndImage(project, data)
        def binding = new Binding([out: new PrintWriter(said, true)])
        new GroovyShell(getClass().getClassLoader(), binding).evaluate(imports.join(';') + ';' + script.getText('UTF-8'))
    } catch (Throwable problem) {
        said << 'ERROR: ' + entry.getImageName() + ': ' + problem + '\n'
    } finally {
        resetBatchProjectAndImage()
        data.getServer().close()
    }
    def lines = said.toString().readLines()
    lines.each { println it }
    return lines.any { it.startsWith('ERROR') }
}

/** Run cpretrain in a folder, printing what it says; gives the report that it names, or null. */
File run(command, File folder) {
    def process
    try {
        process = new ProcessBuilder(command.collect { it.toString() }).directory(folder).redirectErrorStream(true).start()
    } catch (IOException problem) {
        println 'ERROR: ' + command[0] + ' cannot be started: ' + problem.getMessage()
        return null
    }
    process.getOutputStream().close()
    def report = null
    process.getInputStream().eachLine('UTF-8') { line ->
        println line
        def found = line =~ /report\.html (?:and tables )?(?:are )?in (.+)$/
        if (found)
            report = new File(new File(found[0][1].trim()).isAbsolute() ? null : folder, found[0][1].trim() + '/report.html')
    }
    def code = process.waitFor()
    if (code != 0)
        println 'ERROR: it ended with exit code ' + code
    return code == 0 && report?.isFile() ? report : null
}

/** Open a page in the browser where there is a screen; say where it is. */
void show(File page) {
    println 'The report: ' + page
    if (!java.awt.GraphicsEnvironment.isHeadless() && java.awt.Desktop.isDesktopSupported())
        java.awt.Desktop.getDesktop().browse(page.toURI())
}
