"""Work for the tests of batches, in a module that workers can import."""

import os
import signal
import time
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.runtime.console import info
from cpretrain.runtime.process_cache import cached_in_process


def work(path: Path) -> tuple[str, int]:
    """Return the name of a file and the process that worked on it; some names trigger a mishap."""
    word = path.name.split()[0]
    info("begun in this way")
    info(f"saw {path.name}")
    if word == "bad":
        raise BadInput(f"{path}: is bad", cure="mend it")
    if word == "full":
        raise OSError(28, "No space left on device", str(path))
    if word == "deadly" or (word == "mortal" and not path.exists()):
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return path.name, cached_in_process("process", lambda _: os.getpid())
