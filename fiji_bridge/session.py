"""One headless Fiji in a separate process: started once, called many times, and stopped however this process ends."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from cpretrain.runtime.console import warning
from cpretrain.runtime.spelling import option
from fiji_bridge.errors import FijiError, death
from fiji_bridge.find import FijiSource
from fiji_bridge.java import USE_JAVA_HOME, java_options, own_preferences
from fiji_bridge.journal import Journal, Passage

if TYPE_CHECKING:
    from cpretrain.images.metadata import Calibration
    from cpretrain.images.timelapse import Frames
    from cpretrain.settings.drift import DriftSettings
    from fiji_bridge.drift import FijiDrift

_ROOT = str(Path(__file__).resolve().parent.parent)
_RUN = "import sys; sys.path.append(sys.argv[1]); from fiji_bridge.child.main import main; main(sys.argv[2])"
_POLL = 0.2
_PATIENCE = 2.0
_PARTING = 1.0
_warn_once = lru_cache(warning)


class FijiSession:
    """A headless Fiji in a child process; use it in a ``with`` statement.

    The child ends with the ``with`` block, with this process (on Ctrl-C, on SIGTERM, even on SIGKILL), and when a call
    takes too long; the next call starts another one. The user's settings in their own Fiji neither affect it nor are
    affected by it.

    Parameters
    ----------
    source : FijiSource
        The Fiji to run, from `find_fiji`.
    time_limit : float
        Seconds that Fiji may be silent during a call; the plugin prints a line for every pair of frames.
    start_limit : float
        Seconds that starting may take.
    memory : int, optional
        Largest size of Fiji's heap in megabytes (default: 70 % of the machine's memory).
    jobs : path-like, optional
        A Python file, run in the child, that registers more jobs with `fiji_bridge.child.jobs.job`.

    Attributes
    ----------
    starts : int
        Number of children started so far.
    folder : pathlib.Path
        Temporary folder of the session, removed at its end.
    turn : threading.RLock
        Lock held while a movie is processed, so that threads take turns.
    heap_limit : int
        Maximum number of bytes that Fiji may take; 0 before the first start.
    """

    def __init__(
        self,
        source: FijiSource,
        *,
        time_limit: float = 900.0,
        start_limit: float = 300.0,
        memory: int | None = None,
        jobs: str | os.PathLike | None = None,
    ) -> None:
        self.source = source
        self.time_limit = time_limit
        self.start_limit = start_limit
        self.starts = 0
        self.heap_limit = 0
        self._memory = memory
        self._jobs = str(jobs) if jobs else None
        self.turn = threading.RLock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self.folder = Path(tempfile.mkdtemp(prefix="cpretrain-fiji-"))
        self.journal = Journal(self.folder / "fiji.log")
        self._clear = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the child; None if none is running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the child if none is running.

        Raises
        ------
        FijiError
            When Java or Fiji does not start, with their output.
        """
        with self.turn:
            if self.pid is not None:
                return
            self._end()
            if self.source.passed_over:
                _warn_once(
                    f"{self.source.passed_over}: Fiji runs with Java {self.source.java_version} in "
                    f"{self.source.java_home} ({USE_JAVA_HOME})"
                )
            self._launch()
            what = {
                "java": str(self.source.java_home),
                "jars": [str(jar) for jar in self.source.jars],
                "home": str(self.source.home) if self.source.home else None,
                "gateway": self.source.gateway,
                "options": self._java_options(),
                "jobs": self._jobs,
            }
            try:
                self.heap_limit = self._exchange("start", what, self.start_limit, None)["heap_limit"]
            except FijiError as error:
                raise FijiError(
                    f"Fiji does not start: {error.problem}",
                    error.text,
                    "see what `cpretrain doctor` says about Java and Fiji, "
                    f"or use {option('engine', 'native')}",
                ) from error

    def ping(self) -> dict[str, Any]:
        """Query the child: versions of ImageJ and Java, bytes of heap in use, process id."""
        return self.call("ping", time_limit=30)

    def call(
        self,
        job: str,
        *,
        time_limit: float | None = None,
        on_text: Callable[[str], None] | None = None,
        **parameters: Any,
    ) -> dict[str, Any]:
        """Run a job in the child, which is started if necessary.

        Parameters
        ----------
        job : str
            Name of the job.
        time_limit : float, optional
            Seconds that it may be silent (default: the session's limit).
        on_text : callable, optional
            Called with each piece of text that Fiji prints meanwhile.
        **parameters
            Arguments of the job, of types that JSON can represent.

        Raises
        ------
        FijiError
            When the job fails, takes too long, or crashes the child.
        """
        with self.turn:
            self.start()
            return self._exchange(job, parameters, time_limit or self.time_limit, on_text)

    def correct_drift(
        self,
        movie: "Frames",
        settings: "DriftSettings",
        calibration: "Calibration | None" = None,
        on_frame: Callable[[int], None] | None = None,
        **more: Any,
    ) -> "FijiDrift":
        """Run "Correct 3D drift" on a movie; see `fiji_bridge.drift.correct_drift`."""
        from fiji_bridge.drift import correct_drift

        return correct_drift(self, movie, settings, calibration, on_frame, **more)

    def stop(self) -> None:
        """End the child; the next call starts another one."""
        with self.turn:
            self._end()

    def close(self) -> None:
        """End the child, even during a call from another thread, and remove the session's folder."""
        if self.turn.acquire(blocking=False):
            self.turn.release()
        elif (process := self._process) is not None:
            _kill(process)  # the thread waiting for its answer learns that there will be none
        self.stop()
        self._clear()

    def _java_options(self) -> list[str]:
        own = self.folder / "java"
        return [
            *java_options(self._memory, self.source.java_version),
            f"-Djava.io.tmpdir={own}",
            f"-XX:ErrorFile={own / 'crash.log'}",
            *own_preferences(own),
        ]

    def _launch(self) -> None:
        (self.folder / "java").mkdir(parents=True, exist_ok=True)
        java = str(self.source.java_home)
        path = os.pathsep.join((str(Path(java, "bin")), os.environ.get("PATH", "")))
        separate: dict[str, Any] = {"start_new_session": True}  # Ctrl-C is for this process to handle
        if sys.platform == "win32":
            separate = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        with self.journal.path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _RUN, _ROOT, str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env=os.environ | {"JAVA_HOME": java, "PATH": path},
                **separate,
            )
        self.starts += 1
        self._process, self._answers = process, queue.Queue()
        reader = threading.Thread(target=_read, args=(process.stdout, self._answers), daemon=True)
        reader.start()

    def _exchange(
        self, job: str, parameters: dict[str, Any], limit: float, on_text: Callable[[str], None] | None
    ) -> dict[str, Any]:
        text = self.journal.mark()
        try:
            self._send({"job": job, "parameters": parameters})
            answer = self._await(limit, text, on_text)
        except BaseException:  # Ctrl-C too: nobody needs the child's work any more
            self._end()
            raise
        if "error" in answer:
            self._see_whether_it_lives()
            raise FijiError(answer["error"], text.all(), answer.get("cure"))
        return answer["answer"]

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it is dead; waiting for its answer finds out why

    def _await(self, limit: float, text: Passage, on_text: Callable[[str], None] | None) -> dict[str, Any]:
        end = time.monotonic() + limit
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._answers.get(timeout=min(left, _POLL))
            except queue.Empty:
                line = ""
            news = text.news()
            if news:
                end = time.monotonic() + limit
                if on_text:
                    on_text(news)
            if line is None:
                raise self._death(text.all())
            if line:
                return json.loads(line)
        raise FijiError(
            f"Fiji did not respond for {limit:g} s and was stopped",
            text.all(),
            f"give it more time, or measure on fewer planes ({option('z_range')}) "
            f"or in a smaller box ({option('roi')})",
        )

    def _see_whether_it_lives(self) -> None:
        """Wait a moment after an error: if Java is about to exit, the next call must not reach it."""
        try:
            self._answers.get(timeout=_PARTING)
        except queue.Empty:
            return
        self._end()

    def _death(self, text: str) -> FijiError:
        assert self._process is not None
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            code = None
        return death(code, text)

    def _end(self) -> None:
        """End the child and everything that it started, politely first."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            with suppress(OSError):
                process.stdin.write("stop\n")  # type: ignore[union-attr]
                process.stdin.close()  # type: ignore[union-attr]
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
        finally:
            _kill(process)
            process.stdout.close()  # type: ignore[union-attr]


def _kill(process: "subprocess.Popen[str]") -> None:
    """Kill the child and its own children."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _read(answers: IO[str], into: "queue.Queue[str | None]") -> None:
    """Pass on the child's answers; None when there will be no more."""
    with suppress(ValueError, OSError):
        for line in answers:
            into.put(line)
    into.put(None)
