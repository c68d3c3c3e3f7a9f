"""Cancel the work in progress as Ctrl-C does, whoever asks for it, and clean up without being interrupted again."""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any

CANCEL = b"cancel"
_POLL = 0.2
_ENDING = (signal.SIGINT, signal.SIGTERM)


def interrupt_on_request() -> None:
    """Interrupt the main thread when a line ``cancel`` arrives on stdin; end of file on stdin is ignored.

    Notes
    -----
    Bypasses Python's buffer: a thread waiting in ``sys.stdin`` would still hold its lock when Python exits.
    """

    def listen() -> None:
        received = b""
        while CANCEL not in received:
            try:
                more = os.read(0, 4096)
            except OSError:  # there is no stdin
                return
            if not more:
                return
            received = received[-len(CANCEL) :] + more
        _interrupt()

    _listen_to_interrupts()
    threading.Thread(target=listen, name="cancel", daemon=True).start()


@contextmanager
def interrupted_when(requested: Callable[[], bool]) -> Iterator[None]:
    """Interrupt the block, which must run in the main thread, as soon as `requested` returns True.

    Compiled code (Numba's) can turn the interrupt into another exception; the block raises KeyboardInterrupt all the
    same.
    """
    over, interrupted = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(_POLL):
            if requested():
                interrupted.set()
                _interrupt()
                return

    _listen_to_interrupts()
    watcher = threading.Thread(target=watch, name="cancel", daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if interrupted.is_set():
            raise KeyboardInterrupt from error
        raise
    finally:
        over.set()
        watcher.join()


@contextmanager
def ended_by_first_signal() -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into KeyboardInterrupt inside the block, and ignore later ones during clean-up.

    Signals that are ignored, or that other code handles, are left alone. Outside the main thread, which alone receives
    signals, nothing changes.
    """
    usual: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}

    def interrupt(*_: object) -> None:
        for number in taken:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    with _handled(interrupt, lambda number, handler: handler is usual[number]) as taken:
        yield


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Raise an interrupt that comes inside the block at its end, for code that would swallow KeyboardInterrupt."""
    came: list[int] = []
    try:
        with _handled(
            lambda number, _: came.append(number), lambda _, handler: handler not in (None, signal.SIG_IGN)
        ):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def signals_held() -> Iterator[None]:
    """Defer Ctrl-C and SIGTERM to the end of the block, and shield processes started in it from them.

    Ctrl-C in a terminal goes to all processes at once; those started here leave it to this process to end them.
    """
    with interrupts_deferred():
        if sys.platform == "win32":
            yield
            return
        resource_tracker.ensure_running()  # otherwise the first process started would unblock the signals
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handled(
    handler: Callable[[int, FrameType | None], object], takes: Callable[[int, Any], bool]
) -> Iterator[list[signal.Signals]]:
    """Handle the terminating signals inside the block, each one whose present handler `takes` accepts to replace."""
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in _ENDING}
        before = {number: present for number, present in before.items() if takes(number, present)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield list(before)
    finally:
        for number, present in before.items():
            signal.signal(number, present)


def _listen_to_interrupts() -> None:
    """Make an interrupt raise KeyboardInterrupt even if this process was started with interrupts ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt() -> None:
    """Interrupt the main thread, even while it waits where the system allows it."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGINT)
