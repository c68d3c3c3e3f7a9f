"""Find a Python with cpretrain. Jython, for Fiji; belongs in Fiji's folder jars/Lib."""

import os

from ij import IJ
from java.io import BufferedReader, File, InputStreamReader
from java.lang import ProcessBuilder, System
from java.util.concurrent import TimeUnit
from java.util.prefs import BackingStoreException, Preferences

SETTING = "jars/Lib/cpretrain_python.txt"  # of Fiji's folder; written by cpretrain fiji-scripts --install
VARIABLE = "CPRETRAIN_PYTHON"
PROGRAMS = ("bin/python", "python.exe", "Scripts/python.exe", "bin/python3")
TRY = "import cpretrain.cli.step_commands"
SECONDS = 60
NONE = u"none"

HOW_TO = u"""Fiji finds no Python with cpretrain.

Type these two lines in a terminal, in the folder of cpretrain:
    pip install ".[cellpose3]"
    cpretrain fiji-scripts --install --fiji "%s"
and start Fiji again. If cpretrain is installed already, name its Python in the dialog."""


class Failed(Exception):
    """A failure; the text is for the user."""


def fiji_folder():
    """Return the folder of the running Fiji, as a java.io.File."""
    return File(IJ.getDirectory("imagej"))


def chosen(place):
    """Return the file or text that a field of a dialog names; None if the field is empty or says none.

    The fields say none so that they are recorded: Fiji asks for everything that a recorded macro leaves out.
    """
    return None if place is None or unicode(place).strip() in (u"", NONE) else place


def find_python(given=None):
    """Return the path of a Python with cpretrain: the given one only, else the first in the usual places.

    One that was given, and works, is remembered for the next time.
    """
    if chosen(given):
        place = File(unicode(given).strip())
        program = program_in(place)
        if program is None:
            raise Failed(u"%s: there is no Python here\n%s" % (given, instead()))
        reason = what_is_wrong(program)
        if reason:
            raise Failed(u'%s: this Python has no cpretrain that works. Type\n    "%s" -m pip install ".[cellpose3]"\n'
                         u"in the folder of cpretrain.\n    found: %s\n%s" % (given, program, reason, instead()))
        remember(place)
        return program
    program = usual_python(say=IJ.log)
    if program is None:
        raise Failed(HOW_TO % fiji_folder().getPath())
    return program


def usual_python(say=None):
    """Return the path of the first working Python in the usual places, None without one; report those skipped."""
    tried = set()
    for named, place in places():
        program = program_in(place)
        if program in tried:
            continue
        tried.add(program)
        reason = u"there is no Python here" if program is None else what_is_wrong(program)
        if not reason:
            return program
        if named and say:
            say(u"warning: the Python %s, %s, is passed over: %s" % (named, place.getPath(), reason))
    return None


def instead():
    """Return a sentence on what happens if the field of the dialog is left empty."""
    program = usual_python()
    how = u"Or empty the field (select what is in it and press Delete)"
    return u"%s: then %s is used." % (how, program) if program else HOW_TO % fiji_folder().getPath()


def places():
    """Return places to look and their descriptions: the latest installed or chosen one first, then the usual ones."""
    chosen = [(since, name, place) for since, name, place in (installed(), remembered()) if place]
    for _, name, place in sorted(chosen, key=lambda each: -each[0]):
        yield name, place
    for place in usual_places():
        yield None, place


def installed():
    """Return when the scripts were installed (milliseconds), and with which Python."""
    written = File(fiji_folder(), SETTING)
    return written.lastModified(), u"that the scripts were installed with", file_of(read(written)) if written.isFile() else None


def remembered():
    """Return when a Python was chosen in a dialog (milliseconds), and which."""
    kept = preferences()
    return kept.getLong("since", 0), u"chosen before", file_of(kept.get("python", ""))


def remember(place):
    """Remember a chosen Python that works for the next time."""
    kept = preferences()
    kept.put("python", place.getAbsolutePath())
    kept.putLong("since", System.currentTimeMillis())
    try:
        kept.flush()
    except BackingStoreException:  # it is only not remembered
        pass


def preferences():
    """Return cpretrain's stored preferences of this user."""
    return Preferences.userRoot().node("cpretrain")


def file_of(text):
    """Return the file with this path; None if the path is empty."""
    return File(text.strip()) if text.strip() else None


def usual_places():
    """Return the environment variable and conda's environments."""
    if os.environ.get(VARIABLE):
        yield File(os.environ[VARIABLE])
    home = File(os.path.expanduser(u"~"))
    known = File(home, ".conda/environments.txt")
    if known.isFile():
        for line in read(known).splitlines():
            if File(line.strip()).getName() == "cpretrain":
                yield File(line.strip())
    roots = [home, File(home, "opt"), File("/opt"), File("/opt/homebrew/Caskroom")]
    variables = "LOCALAPPDATA", "PROGRAMDATA", "MAMBA_ROOT_PREFIX"
    roots += [File(os.environ[name]) for name in variables if name in os.environ]
    for root in roots:
        yield File(root, "envs/cpretrain")
        for conda in ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", "conda", ".conda"):
            yield File(root, conda + "/envs/cpretrain")


def program_in(place):
    """Return the path of the Python that `place` is, or that of the environment in it; None if there is none."""
    if place.isFile():
        return place.getPath()
    return next((File(place, name).getPath() for name in PROGRAMS if File(place, name).isFile()), None)


def what_is_wrong(program):
    """Return why a Python cannot run cpretrain; empty if it can."""
    try:
        process = ProcessBuilder([program, "-P", "-c", TRY]).redirectErrorStream(True).start()
    except Exception:  # not a program, or not for this machine
        return u"it cannot be started"
    process.getOutputStream().close()
    said = BufferedReader(InputStreamReader(process.getInputStream(), "UTF-8"))
    if not process.waitFor(SECONDS, TimeUnit.SECONDS):
        process.destroyForcibly()
        return u"it gave no answer for %d seconds" % SECONDS
    if process.exitValue() == 0:
        return u""
    lines = [line for line in said.lines().toArray() if line.strip()]
    return lines[-1][:200] if lines else u"it ended with exit code %d" % process.exitValue()


def read(path):
    """Return the text of a file (UTF-8)."""
    with open(path.getPath(), "rb") as file:
        return file.read().decode("utf-8", "replace")
