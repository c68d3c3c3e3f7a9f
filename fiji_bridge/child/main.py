"""The process in which Fiji runs: reads jobs from stdin, one line of JSON each, and answers on stdout likewise.

Java's output goes to stderr, which the session redirects to a file. The process ends at the end of stdin.
"""

import importlib.util
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from fiji_bridge.child.jobs import JOBS
from fiji_bridge.errors import JobFailed
from fiji_bridge.installed_java import library


def main(folder: str) -> None:
    """Answer jobs until told to stop; `folder` is removed if the session's process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = _own_stdout()
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(requests, folder), daemon=True).start()
    threading.Thread(target=_watch_parent, args=(os.getppid(), folder), daemon=True).start()
    while True:
        answer = _answer(json.loads(requests.get()))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _own_stdout() -> IO[str]:
    """Reserve stdout for answers, and redirect everything printed to it, even by Java, to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return answers


def _listen(requests: "queue.Queue[str]", folder: str) -> None:
    for line in sys.stdin:
        if line == "stop\n":
            os._exit(0)
        requests.put(line)
    _orphaned(folder)


def _watch_parent(parent: int, folder: str) -> None:
    """End with the parent, even if a fork of it still holds our stdin open."""
    while os.name == "posix":
        if os.getppid() != parent:
            _orphaned(folder)
        time.sleep(0.5)


def _orphaned(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        if request["job"] == "start":
            return {"answer": start(**request["parameters"])}
        return {"answer": JOBS[request["job"]](**request["parameters"])}
    except JobFailed as error:
        return {"error": str(error), "cure": error.cure}
    except Exception as error:
        return {"error": _in_words(error)}
    finally:
        _flush()


def start(
    *, java: str, jars: list[str], home: str | None, gateway: bool, options: list[str], jobs: str | None
) -> dict[str, Any]:
    """Start Java, and ImageJ in it.

    Parameters
    ----------
    java : str
        Folder of the only Java to use.
    jars : list of str
        The class path.
    home : str or None
        Folder of a local Fiji, needed to find its plugins and scripts.
    gateway : bool
        True for a Fiji, False for plain ImageJ 1.
    options : list of str
        Options of Java.
    jobs : str or None
        A Python file that registers more jobs.

    Raises
    ------
    JobFailed
        When `java` holds no Java.

    Notes
    -----
    PyImageJ's own way of starting Java would request ``imglib2-imglyb`` from Maven even for a local Fiji, and fails its
    own version check if Java must not be downloaded. So Java is started first, without endpoints to resolve and with
    the Java that the session has found; PyImageJ then finds it running.
    """
    import jpype
    import scyjava
    import scyjava.config

    machine = library(Path(java))
    if machine is None:
        raise JobFailed(f"{java} holds no Java")
    if gateway:
        import imagej  # before the endpoints are cleared: importing it adds one

    scyjava.config.endpoints.clear()
    scyjava.config.set_java_constraints(fetch="never")
    scyjava.config.add_kwargs(jvmpath=str(machine))
    scyjava.config.add_options(options)
    if home is not None:
        scyjava.config.add_options([f"-Dplugins.dir={home}/plugins", f"-Dimagej.dir={home}"])
    for jar in jars:
        jpype.addClassPath(jar)
    scyjava.start_jvm()
    _end_with_java()
    if gateway:
        imagej.init(mode="headless")
    scyjava.jimport("ij.macro.Interpreter").batchMode = True
    if jobs is not None:
        _load(Path(jobs))
    return {"heap_limit": int(scyjava.memory_max())}


def _load(path: Path) -> None:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _in_words(error: Exception) -> str:
    """Return the first line of an error's text; Java's own stack trace goes to the log."""
    trace = getattr(error, "stacktrace", None)
    print(trace() if callable(trace) else repr(error), file=sys.stderr)
    return (str(error).splitlines() or [type(error).__name__])[0]


def _end_with_java() -> None:
    """End this process as soon as something calls ``System.exit``: Java must not be touched from then on."""
    import jpype

    hook = jpype.JProxy("java.lang.Runnable", dict={"run": lambda: os._exit(0)})
    jpype.JClass("java.lang.Runtime").getRuntime().addShutdownHook(jpype.JClass("java.lang.Thread")(hook))


def _flush() -> None:
    sys.stderr.flush()
    jpype = sys.modules.get("jpype")
    if jpype is not None and jpype.isJVMStarted():
        system = jpype.JClass("java.lang.System")
        system.out.flush()
        system.err.flush()
