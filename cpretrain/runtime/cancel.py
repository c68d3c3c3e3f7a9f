"""End what is going on because a program asks for it, as Ctrl-C would: everything is cleaned up on the way out."""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CANCEL = b"cancel"
_POLL = 0.2


def interrupt_on_request() -> None:
    """Interrupt the main thread when a line ``cancel`` comes on stdin; its end means nothing.

    Notes
    -----
    Reads below Python's buffer: a thread that waits in ``sys.stdin`` would keep its lock when Python ends.
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
    """Interrupt the block, which has to run in the main thread, as soon as `requested` says so.

    Compiled code (Numba's) can turn the interrupt into another exception: the block ends in KeyboardInterrupt all the
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


def _listen_to_interrupts() -> None:
    """Let an interrupt raise KeyboardInterrupt, also where this process was started with interrupts ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt() -> None:
    """Interrupt the main thread; out of a wait too, where the system allows it."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGINT)
