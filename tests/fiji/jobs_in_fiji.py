"""Jobs for the tests, run in the real Fiji: ways to call the plugin that the bridge avoids."""

import jpype
import scyjava

from fiji_bridge.child import plugin
from fiji_bridge.child.jobs import job


def live_threads():
    return list(scyjava.jimport("java.lang.Thread").getAllStackTraces().keySet())


@job
def leave_behind(*, options):
    """Leave another image and other options on every thread, as earlier runs do on pool threads."""
    windows, macro = scyjava.jimport("ij.WindowManager"), scyjava.jimport("ij.Macro")
    old = scyjava.jimport("ij.IJ").createHyperStack("old", 32, 32, 1, 1, 3, 8)
    for thread in live_threads():
        windows.setTempCurrentImage(thread, old)
        macro.setOptions(thread, options)
    return {"threads": len(live_threads())}


@job
def careless(*, forgetting):
    """Run the plugin on a movie of 64 x 64 with or without clearing what threads remember, and return the result."""
    image = scyjava.jimport("ij.IJ").createHyperStack("new", 64, 64, 1, 1, 3, 8)
    if forgetting:
        plugin.forget()
    image.show()
    scyjava.jimport("ij.IJ").run(image, plugin.COMMAND, "channel=1 only=0 lowest=1 highest=1")
    made = plugin.made(plugin.RESULT)
    size = [int(made.getWidth()), int(made.getHeight())] if made else None
    plugin.close_all()
    return {"size": size}


@job
def without_batch_mode():
    """Run the plugin in the obvious way."""
    scyjava.jimport("ij.macro.Interpreter").batchMode = False
    image = scyjava.jimport("ij.IJ").createHyperStack("movie", 64, 64, 1, 1, 3, 8)
    scyjava.jimport("ij.IJ").run(image, plugin.COMMAND, "channel=1 only=0 lowest=1 highest=1")
    return {}


@job
def level():
    """Return open images, live threads and the heap in use after a collection."""
    scyjava.gc()
    return {
        "images": len(plugin.opened()),
        "threads": len(live_threads()),
        "heap": int(scyjava.memory_used()),
    }


@job
def menu(*, under):
    """Return the entries of Fiji's menu that come from scripts."""
    found = [str(info.getMenuPath().getMenuString()) for info in service().getScripts()]
    return {"entries": sorted(entry for entry in found if entry.startswith(under))}


@job
def run_in_menu(*, script, inputs):
    """Run a script as SciJava does when it is chosen in the menu; errors are only printed."""
    values = scyjava.jimport("java.util.HashMap")()
    for name, value in inputs.items():
        values.put(name, jpype.JInt(value) if type(value) is int else value)
    scripts = service()
    scripts.run(scripts.getScript(scyjava.jimport("java.io.File")(script)), True, values).get()
    return {}


@job
def run_macro(*, text):
    """Run a macro of ImageJ, and close what it leaves open."""
    returned = scyjava.jimport("ij.IJ").runMacro(text)
    plugin.close_all()
    return {"returned": None if returned is None else str(returned)}


def service():
    """Return SciJava's script service of the running Fiji."""
    context = scyjava.jimport("ij.IJ").runPlugIn("org.scijava.Context", "")
    return context.service("org.scijava.script.ScriptService")


@job
def has_trackmate():
    """Return whether TrackMate is among the jars of this Fiji."""
    try:
        scyjava.jimport("fiji.plugin.trackmate.TrackMate")
    except TypeError:  # by scyjava, for a class that is not there
        return {"there": False}
    return {"there": True}


@job
def read_trackmate(*, path):
    """Read a file with TrackMate's own reader, as *Load a TrackMate file* does, and return what it understood."""
    io = "fiji.plugin.trackmate.io."
    reader = scyjava.jimport(io + "TmXmlReader")(scyjava.jimport("java.io.File")(path))
    model, image = reader.getModel(), reader.readImage()
    settings = reader.readSettings(image)
    display = reader.getDisplaySettings()
    tracks = model.getTrackModel()
    return {
        "ok": bool(reader.isReadingOk()),
        "errors": str(reader.getErrorMessage()),
        "log": str(reader.getLog()),
        "state": str(reader.getGUIState()),
        "units": [str(model.getSpaceUnits()), str(model.getTimeUnits())],
        "detector": str(settings.detectorFactory.getKey()),
        "tracker": str(settings.trackerFactory.getKey()),
        "display": str(display.getName()),
        "image": [int(size) for size in image.getDimensions()] if image else None,
        "features": [str(name) for name in model.getFeatureModel().getSpotFeatures()],
        "spots": [spot_data(spot) for spot in model.getSpots().iterable(True)],
        "edges": [edge_data(model, edge) for edge in tracks.edgeSet()],
        "tracks": {int(key): str(tracks.name(key)) for key in tracks.trackIDs(True)},
    }


def spot_data(spot):
    """Return the features of a spot, as TrackMate read them."""
    features = {str(name): float(value) for name, value in dict(spot.getFeatures()).items()}
    return features | {"ID": int(spot.ID()), "name": str(spot.getName())}


def edge_data(model, edge):
    """Return the two spots of a link, its cost, and its track."""
    tracks = model.getTrackModel()
    ends = [int(spot.ID()) for spot in (tracks.getEdgeSource(edge), tracks.getEdgeTarget(edge))]
    return [*ends, float(tracks.getEdgeWeight(edge)), int(tracks.trackIDOf(edge).intValue())]
