"""The one Fiji of a process, for everything in it that needs one: the plugin, and files that Bio-Formats reads."""

from contextlib import ExitStack

from cpretrain.runtime.process_cache import cached_in_process
from fiji_bridge.find import FijiSource
from fiji_bridge.session import FijiSession


def shared_session(source: FijiSource) -> FijiSession:
    """Return the session of a Fiji, started on its first call; it ends with the work of this process.

    Parameters
    ----------
    source : FijiSource
        The Fiji, from `find_fiji`.
    """

    def start(stack: ExitStack) -> FijiSession:
        session = FijiSession(source)
        stack.callback(session.close)
        return session

    return cached_in_process(("fiji session", source), start)
