"""The one Fiji of a process, for everything in it that needs one: the plugin, and files that Bio-Formats reads."""

from cpretrain.runtime.process_cache import cached_in_process
from fiji_bridge.find import FijiSource
from fiji_bridge.session import FijiSession

_sessions: dict[FijiSource, FijiSession] = {}


def shared_session(source: FijiSource) -> FijiSession:
    """Return the session of a Fiji, started on its first call; a new one if the last one was closed.

    It ends with the work of this process, if nobody closes it before.

    Parameters
    ----------
    source : FijiSource
        The Fiji, from `find_fiji`.
    """
    session = _sessions.get(source)
    if session is None or not session.folder.is_dir():
        session = _sessions[source] = FijiSession(source)
    kept = session
    cached_in_process(("fiji session", id(kept)), lambda stack: stack.callback(kept.close))
    return kept
