"""Jobs for the tests: run a script as Fiji would, with its parameters injected, and return its output."""

import re
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import jpype
import scyjava

from fiji_bridge.child import plugin
from fiji_bridge.child.jobs import job

IJ = scyjava.jimport("ij.IJ")
File = scyjava.jimport("java.io.File")
SYSTEM = scyjava.jimport("java.lang.System")
ESCAPE = 27


def in_java(value):
    """Convert a parameter as SciJava injects it: ``file:`` for a File."""
    if isinstance(value, str) and value.startswith("file:"):
        return File(value.removeprefix("file:"))
    return jpype.JInt(value) if type(value) is int else value


@contextmanager
def shown():
    """Collect output to the Log window, which is stdout without a screen, and to stderr."""
    into, before = (
        [scyjava.jimport("java.io.ByteArrayOutputStream")() for _ in range(2)],
        (SYSTEM.out, SYSTEM.err),
    )
    out, err = (scyjava.jimport("java.io.PrintStream")(stream, True, "UTF-8") for stream in into)
    SYSTEM.setOut(out)
    SYSTEM.setErr(err)
    said = []
    try:
        yield said
    finally:
        SYSTEM.setOut(before[0])
        SYSTEM.setErr(before[1])
        said += [str(stream.toString("UTF-8")) for stream in into]


def press_escape_when(folder, pattern):
    def watch():
        while not list(Path(folder).glob(pattern)):
            time.sleep(0.002)
        IJ.setKeyDown(ESCAPE)

    threading.Thread(target=watch, daemon=True).start()


@job
def run_script(*, script, inputs, escape=None, image=None):
    """Run a script in its language, and return its output, its stderr, and the exception that it ended with."""
    if image:
        opened = IJ.openImage(image)
        scyjava.jimport("ij.WindowManager").setTempCurrentImage(opened)
    if escape:
        press_escape_when(*escape)
    error, begun = "", time.monotonic()
    with shown() as said:
        try:
            (jython if script.endswith(".py") else groovy)(
                script, {name: in_java(value) for name, value in inputs.items()}
            )
        except jpype.JException as failure:
            error = str(failure.getMessage() or failure)
            value = getattr(failure, "value", None)
            error = str(value) if value is not None else error
    told = {
        "shown": said[0],
        "error": said[1] + error,
        "exception": error,
        "seconds": time.monotonic() - begun,
    }
    if image:
        told["title"], told["changes"] = str(opened.getTitle()), bool(opened.changes)
        told["overlay"] = positions(opened.getOverlay().toArray() if opened.getOverlay() else [])
        told["made"] = [facts_of(made) for made in plugin.opened()]
        plugin.close_all()
        scyjava.jimport("ij.WindowManager").setTempCurrentImage(None)
    return told


def positions(rois):
    """Channel, plane and frame of ROIs, or their place in the stack."""
    return [
        [int(roi.getCPosition()), int(roi.getZPosition()), int(roi.getTPosition()), int(roi.getPosition())]
        for roi in rois
    ]


def facts_of(image):
    """What there is to an image that was made."""
    table = image.getProcessor().getLut().getBytes()
    parts = [table[start : start + 256] for start in (0, 256, 512)]
    return {
        "title": str(image.getTitle()),
        "shape": [int(length) for length in image.getDimensions()],
        "unit": str(image.getCalibration().getUnit()),
        "range": [float(image.getDisplayRangeMin()), float(image.getDisplayRangeMax())],
        "colours": [[int(part) % 256 for part in levels] for levels in zip(*parts, strict=True)],
        "pixels": [
            [int(value) for value in image.getStack().getProcessor(plane).convertToFloat().getPixels()]
            for plane in range(1, image.getStackSize() + 1)
        ],
    }


def jython(script, inputs):
    state = scyjava.jimport("org.python.core.PySystemState")()
    lib = str(SYSTEM.getProperty("imagej.dir")) + "/jars/Lib"
    state.path.append(scyjava.jimport("org.python.core.PyUnicode")(lib))  # Fiji's Jython looks there
    interpreter = scyjava.jimport("org.python.util.PythonInterpreter")(None, state)
    for name, value in inputs.items():
        interpreter.set(name, scyjava.jimport("org.python.core.Py").None_ if value is None else value)
    interpreter.execfile(script)


def groovy(script, inputs):
    binding = scyjava.jimport("groovy.lang.Binding")()
    for name, value in inputs.items():
        binding.setVariable(name, value)
    scyjava.jimport("groovy.lang.GroovyShell")(binding).evaluate(code(script), Path(script).name)


def code(script):
    """Return a script without its parameters, which SciJava removes."""
    return re.sub("^#@.*", "", Path(script).read_text("utf-8"), flags=re.MULTILINE)


@job
def run_macro(*, macro, argument):
    with shown() as said:
        result = IJ.runMacroFile(macro, argument)
    return {"shown": said[0], "result": None if result is None else str(result)}


@job
def preference(*, name, value=None):
    """Return Java's preference of this name for cpretrain, after setting it to `value` if given."""
    node = scyjava.jimport("java.util.prefs.Preferences").userRoot().node("cpretrain")
    before = node.get(name, None)
    if value is not None:
        node.put(name, value)
    return {"value": None if before is None else str(before)}


@job
def compiles(*, script, resolve=True):
    """Compile a script in its language; without `resolve`, its classes need not exist."""
    try:
        if script.endswith(".py"):
            interpreter = scyjava.jimport("org.python.util.PythonInterpreter")()
            interpreter.compile(Path(script).read_text("ascii"), script)
        else:
            unit = scyjava.jimport("org.codehaus.groovy.control.CompilationUnit")()
            unit.addSource(Path(script).name, code(script))
            phases = scyjava.jimport("org.codehaus.groovy.control.Phases")
            unit.compile(phases.CLASS_GENERATION if resolve else phases.CONVERSION)
    except jpype.JException as failure:
        return {"error": str(failure)}
    return {"error": ""}


@job
def call_in_script(*, script, function, arguments):
    """Call a function of a Groovy script with plain values, without running the script itself."""
    parsed = scyjava.jimport("groovy.lang.GroovyShell")().parse(code(script), Path(script).name)
    return plain(parsed.invokeMethod(function, jpype.JArray(jpype.JObject)(list(map(boxed, arguments)))))


def boxed(value):
    """Convert a plain value to Groovy's form in a list or a map."""
    if isinstance(value, dict):
        into = scyjava.jimport("java.util.LinkedHashMap")()
        for name, one in value.items():
            into.put(name, boxed(one))
        return into
    if isinstance(value, list):
        into = scyjava.jimport("java.util.ArrayList")()
        for one in value:
            into.add(boxed(one))
        return into
    for kind, box in ((bool, "Boolean"), (int, "Integer"), (float, "Double"), (str, "String")):
        if isinstance(value, kind):
            return jpype.JObject(value, scyjava.jimport(f"java.lang.{box}"))
    return value


def plain(value):
    if isinstance(value, scyjava.jimport("java.util.Map")):
        return {str(entry.getKey()): plain(entry.getValue()) for entry in value.entrySet()}
    if isinstance(value, scyjava.jimport("java.util.Collection")):
        return [plain(one) for one in value]
    for box, kind in (("Boolean", bool), ("Number", float), ("CharSequence", str)):
        if isinstance(value, scyjava.jimport(f"java.lang.{box}")):
            return kind(value)
    return value
