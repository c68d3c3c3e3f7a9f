"""Run steps of cpretrain from Fiji. Jython; belongs into Fiji's folder jars/Lib.

    with Job("Cut crops", python) as cpretrain:
        answer = cpretrain.run("crops", folder, size=100)

The step runs in a Python of its own. Its progress is shown in Fiji's status bar, its messages in the Log window; the
Cancel button of the progress window, or Esc, ends it. What goes wrong is explained in a message.
"""

import json
import threading
import time

from cpretrain_python import Failed, chosen, fiji_folder, find_python
from ij import IJ
from java.awt import GraphicsEnvironment
from java.io import BufferedReader, File, InputStreamReader
from java.lang import ProcessBuilder, System
from javax.swing import ProgressMonitor

PATIENCE = 60  # seconds that a cancelled step may take to clean up, or to write the best model so far
POLL = 0.1
LINES = 12
TOTAL = 1000
STARTING = "starting Python ..."
WIDTH = 60  # characters of room for file names; the window keeps the size that it begins with


class Cancelled(Exception):
    """The person does not want it any more."""


class Job(object):
    """Steps that belong together; what ends them early is explained.

    Parameters
    ----------
    title : unicode
        For the progress window and messages.
    python : java.io.File or None
        A Python with cpretrain, or the folder of its environment; by default it is looked for.
    """

    def __init__(self, title, python=None):
        self.title = title
        self.given = python
        self.failed = []
        self.headless = GraphicsEnvironment.isHeadless()

    def __enter__(self):
        IJ.resetEscape()
        return self

    def __exit__(self, kind, error, trace):
        IJ.showProgress(1.0)
        if kind is None:
            IJ.showStatus("%s: done" % self.title)
            if self.failed:
                self._tell(u"Some inputs could not be used, the others are done:\n\n" + u"\n".join(self.failed))
            return False
        if kind is Cancelled:
            IJ.showStatus("%s: cancelled" % self.title)
            IJ.log(u"%s: cancelled; completed results are kept" % self.title)
            return True
        IJ.showStatus("%s: failed" % self.title)
        if kind is Failed:
            self._tell(error.args[0], failed=True)
            return True
        return False

    def run(self, step, *places, **settings):
        """Run a step of cpretrain (of two words, as ``"round start"``), and return what it answers as a dict.

        `places` and `settings` are arguments and options of the command of that name: True is an option without a
        value; None, False and "" are left out; a list is an option with several values.
        """
        program = find_python(self.given)
        command = [program, "-P", "-m", "cpretrain.cli"] + step.split() + arguments(places, settings)
        builder = ProcessBuilder(command + ["--json", "--events"])
        builder.environment().put("PYTHONUTF8", "1")
        builder.environment().put("FIJI_HOME", fiji_folder().getPath())
        said = Progress(self.title, step, self.headless)
        process = builder.start()
        answer, events = Reader(process.getInputStream()), Reader(process.getErrorStream(), said.take)
        try:
            while process.isAlive():
                if said.cancelled():
                    cancel(process)
                    raise Cancelled()
                time.sleep(POLL)
        finally:
            end(process)
            answer.thread.join()
            events.thread.join()
            said.close()
        return self._checked(step, answer.lines, process.exitValue(), said.other)

    def _checked(self, step, lines, code, printed):
        try:
            answer = json.loads(u"\n".join(lines))
        except ValueError:
            raise Failed(u"cpretrain %s ended without an answer (exit code %d):\n%s"
                         % (step, code, u"\n".join(printed[-LINES:])))
        if "error" in answer:
            raise Failed(explained(answer["error"]))
        self.failed += [reason for _, reason in sorted(answer.get("failed", {}).items())]
        return answer

    def _tell(self, text, failed=False):
        """Tell it in the Log window and a message; without a screen, what failed as an error, and once."""
        if failed and self.headless:
            System.err.println(u"[ERROR] " + text)
            return
        IJ.log(text)
        if not self.headless:
            IJ.error(self.title, text)


class Progress(object):
    """What a step tells on stderr, a JSON object a line, in status bar, Log window and a window with Cancel."""

    def __init__(self, title, step, headless):
        self.other = []
        self.window = None if headless else ProgressMonitor(None, title, STARTING + " " * WIDTH, 0, TOTAL)
        if self.window:
            self.window.setMillisToDecideToPopup(0)
            self.window.setMillisToPopup(0)
            self.window.setProgress(1)
        IJ.showStatus("cpretrain %s: %s" % (step, STARTING))

    def take(self, line):
        """Show a line."""
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            self.other.append(line)  # for a message, if the step fails
            return
        if kind == "progress":
            self._progress(event["step"], event["done"], event["total"], event.get("note", ""))
        elif kind == "warning":
            IJ.log(u"warning: " + event["message"])
        elif kind == "info":
            IJ.log(event["message"])

    def _progress(self, step, done, total, note):
        IJ.showProgress(done, total)
        IJ.showStatus(u"%s %d/%d %s" % (step, done, total, note))
        if self.window:
            self.window.setNote(u"%s: %d of %d %s" % (step, done, total, note))
            self.window.setProgress(min(TOTAL - 1, TOTAL * done // max(1, total)))

    def cancelled(self):
        """Whether Cancel or Esc was pressed."""
        return IJ.escapePressed() or (self.window is not None and self.window.isCanceled())

    def close(self):
        """Take the window away."""
        if self.window:
            self.window.close()


class Reader(object):
    """Reads lines as they come, so that the process never waits for us."""

    def __init__(self, stream, take=None):
        self.lines = []
        take = take or self.lines.append

        def read():
            lines = BufferedReader(InputStreamReader(stream, "UTF-8"))
            line = lines.readLine()
            while line is not None:
                take(line)
                line = lines.readLine()

        self.thread = threading.Thread(target=read)
        self.thread.setDaemon(True)
        self.thread.start()


def arguments(places, settings):
    """Arguments and options of a command as a list of texts."""
    words = [text(place) for place in places]
    for name, value in sorted(settings.items()):
        if value is None or value is False or value == "" or isinstance(value, File) and chosen(value) is None:
            continue
        words.append("--" + name.replace("_", "-"))
        if isinstance(value, (list, tuple)):
            words += [text(part) for part in value]
        elif value is not True:
            words.append(text(value))
    return words


def text(value):
    """A path or a number as text."""
    return value.getPath() if isinstance(value, File) else unicode(value)


def cancel(process):
    """Ask a step to end and clean up, and wait a while for it."""
    IJ.showStatus("cancelling ...")
    try:
        process.getOutputStream().write(bytearray(b"cancel\n"))
        process.getOutputStream().flush()
    except Exception:  # it has just ended by itself
        return
    until = time.time() + PATIENCE
    while process.isAlive() and time.time() < until:
        time.sleep(POLL)


def end(process):
    """End a process, and those that it started, where they still run."""
    if process.isAlive():
        if hasattr(process, "descendants"):  # since Java 9
            for child in process.descendants().toArray():
                child.destroyForcibly()
        process.destroyForcibly()
        process.waitFor()


def explained(error):
    """An error of cpretrain as lines for a person."""
    lines = [error["problem"]]
    for row in error.get("rows") or []:
        lines.append(u"%s: %s" % (row["file"], row["problem"]))
        lines += facts(row)
    return u"\n".join(lines + facts(error))


def facts(error):
    """What was found, what was expected and what to do, a line each."""
    labels = (("found", u"found: "), ("expected", u"expected: "), ("cure", u"\u2192 "))
    return [u"    " + label + error[name] for name, label in labels if error.get(name)]

