"""Errors of Fiji, worded so that the user can act on them."""

import re
from typing import Literal

from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option

SIGKILL = 9
Missing = Literal["fiji", "java", "plugin"]

_MISSING_CLASS = re.compile(
    r"(?:NoClassDefFoundError|ClassNotFoundException): ([\w$]+(?:[./][\w$]+)+)"
    r"|ImportError: (?:No module named|cannot import name) ([\w.]+)"
)
_TRACE = re.compile(r"\s+at [\w.$/<>]+\(|\s*\.\.\. \d+ more")


class FijiNotFound(BadInput):
    """No Fiji to run, or no Java to run it with.

    Parameters
    ----------
    reason : str
        Sentence on what is missing.
    cure : str, optional
        What to do about it.
    missing : {"fiji", "java", "plugin"}
        The missing part.
    found : str, optional
        What was found instead.
    """

    def __init__(
        self,
        reason: str,
        cure: str | None = None,
        *,
        missing: Missing = "fiji",
        found: str | None = None,
    ) -> None:
        self.reason = reason
        self.missing = missing
        super().__init__(reason, found=found, cure=cure)

    def __reduce__(self) -> tuple:
        return (_rebuild_not_found, (self.reason, self.cure, self.missing, self.found))


def _rebuild_not_found(reason: str, cure: str | None, missing: Missing, found: str | None) -> FijiNotFound:
    return FijiNotFound(reason, cure, missing=missing, found=found)


class FijiError(BadInput):
    """Failure of Fiji on one movie; the next movie can run.

    Parameters
    ----------
    problem : str
        What happened.
    text : str
        Output of Fiji and the plugin; its last lines, without stack traces, become part of the message.
    cure : str, optional
        What to do about it.
    """

    LINES = 12

    def __init__(self, problem: str, text: str = "", cure: str | None = None) -> None:
        self.text = text
        lines = [line for line in without_trace(text).splitlines() if line.strip()]
        shown = "\n         ".join(lines[-self.LINES :])
        super().__init__(problem, found=shown or None, cure=cure)

    def __reduce__(self) -> tuple:
        return (FijiError, (self.problem, self.text, self.cure))


def without_trace(text: str) -> str:
    """Remove Java's stack traces, which hide the message before them."""
    return "\n".join(line for line in text.splitlines() if not _TRACE.match(line))


def missing_class(text: str) -> str:
    """Return the class or module that Java or Jython did not find, the sign of a missing jar; empty if none."""
    found = _MISSING_CLASS.search(text)
    return (found[1] or found[2]).replace("/", ".") if found else ""


def death(code: int | None, text: str) -> FijiError:
    """Describe the end of a child that gave no answer, from its exit code and its last output."""
    if "OutOfMemoryError" in text:
        more = "work on fewer or smaller frames, or give Java more memory (JAVA_TOOL_OPTIONS=-Xmx16g)"
        return FijiError("Fiji ran out of memory", text, more)
    if code == -SIGKILL:
        less = (
            f"use fewer workers ({option('workers', 1)}), end other programs, or keep Fiji to less memory "
            "than the machine has free (JAVA_TOOL_OPTIONS=-Xmx4g)"
        )
        return FijiError("Fiji was killed, most likely by the system for lack of memory", text, less)
    if code is not None and code < 0:
        return FijiError(f"Fiji was stopped by signal {-code}", text)
    return FijiError(f"Fiji ended without an answer (exit code {code})", text)


class JobFailed(Exception):
    """A job that failed for a reason that is already worded for the user."""

    def __init__(self, problem: str, cure: str | None = None) -> None:
        super().__init__(problem)
        self.cure = cure
