"""Find a Python that has cpretrain. Jython, for Fiji; belongs into Fiji's folder jars/Lib."""

import os

from ij import IJ
from java.io import File
from java.lang import ProcessBuilder
from java.util.concurrent import TimeUnit

SETTING = "jars/Lib/cpretrain_python.txt"  # of Fiji's folder; written by cpretrain fiji-scripts --install
VARIABLE = "CPRETRAIN_PYTHON"
PROGRAMS = ("bin/python", "python.exe", "Scripts/python.exe", "bin/python3")
SECONDS = 60

HOW_TO = u"""Fiji finds no Python with cpretrain.

Type these two lines in a terminal, in the folder of cpretrain:
    pip install ".[cellpose3]"
    cpretrain fiji-scripts --install --fiji "%s"
and start Fiji again. If cpretrain is installed already, name its Python in the dialog."""


class Failed(Exception):
    """Something that did not come to its result; the text is for a person."""


def fiji_folder():
    """Folder of the Fiji that is running, as a java.io.File."""
    return File(IJ.getDirectory("imagej"))


def find_python(given=None):
    """Path of a Python with cpretrain: the given one and no other, else the first of the usual places."""
    if given and unicode(given).strip():
        program = program_in(File(unicode(given).strip()))
        if program is None:
            raise Failed(u"%s: there is no Python here" % given)
        if not has_cpretrain(program):
            raise Failed(u'%s: this Python has no cpretrain. Type\n    "%s" -m pip install ".[cellpose3]"\n'
                           u"in the folder of cpretrain." % (given, program))
        return program
    tried = set()
    for place in places():
        program = program_in(place)
        if program and program not in tried and has_cpretrain(program):
            return program
        tried.add(program)
    raise Failed(HOW_TO % fiji_folder().getPath())


def places():
    """Where to look: what was written at the installation, the environment variable, conda's environments."""
    written = File(fiji_folder(), SETTING)
    if written.isFile():
        yield File(read(written).strip())
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
    """Path of the Python that `place` is, or that the environment in it has; None where there is none."""
    if place.isFile():
        return place.getPath()
    return next((File(place, name).getPath() for name in PROGRAMS if File(place, name).isFile()), None)


def has_cpretrain(program):
    """Whether that Python is new enough and has cpretrain."""
    try:
        process = ProcessBuilder([program, "-P", "-c", "import cpretrain.cli"]).redirectErrorStream(True).start()
    except Exception:  # not a program, or not for this machine
        return False
    if not process.waitFor(SECONDS, TimeUnit.SECONDS):
        process.destroyForcibly()
        return False
    return process.exitValue() == 0


def read(path):
    """Text of a file (UTF-8)."""
    with open(path.getPath(), "rb") as file:
        return file.read().decode("utf-8", "replace")
