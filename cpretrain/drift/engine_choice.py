"""Choice of the engine: Fiji's plugin if it is available, the native engine otherwise."""

from contextlib import ExitStack

from cpretrain.drift.engine import Engine
from cpretrain.registration.checks import beyond_plugin
from cpretrain.runtime.console import info
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings


def may_take_fiji(settings: DriftSettings) -> bool:
    """Return whether `choose_engine` takes the plugin, or fails."""
    if settings.engine == "auto" and not beyond_plugin(settings):
        from cpretrain.drift.fiji_engine import why_not

        return not why_not(settings.fiji)
    return settings.engine == "fiji"


def choose_engine(settings: DriftSettings, stack: ExitStack) -> Engine:
    """Take the plugin if it is requested or available, else the native engine; `stack` closes what it starts.

    Raises
    ------
    BadInput
        When the plugin is requested but not available.
    """
    from cpretrain.drift.native_engine import NativeEngine

    if settings.engine == "native":
        return NativeEngine()
    beyond = [option(name) for name in beyond_plugin(settings)]
    if beyond:
        info(f"drift: native engine, because the plugin has no {' and no '.join(beyond)}")
        return NativeEngine()
    from cpretrain.drift.fiji_engine import FijiEngine, why_not

    if settings.engine == "auto":
        reason = why_not(settings.fiji)
        if reason:
            info(f"drift: native engine, because {reason}")
            return NativeEngine()
    fiji = FijiEngine(settings.fiji, stack)
    info(f"drift: Fiji's own Correct 3D drift, {fiji.description}")
    return fiji
