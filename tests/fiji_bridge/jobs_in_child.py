"""Jobs for the tests, run in the real child: ImageJ's own view of an image, and ways to fail."""

import os
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import scyjava
import xarray as xr

from cpretrain.images.metadata import Calibration
from fiji_bridge.child import plugin
from fiji_bridge.child.jobs import job
from fiji_bridge.errors import JobFailed
from fiji_bridge.imageplus import calibration_of, colours_of, from_imageplus, to_imageplus

IJ = scyjava.jimport("ij.IJ")


def facts(image):
    """Return ImageJ's own description of an image."""
    calibration = image.getCalibration()
    return {
        "title": str(image.getTitle()),
        "width_height_c_z_t": [int(length) for length in image.getDimensions()],
        "bits": int(image.getBitDepth()),
        "hyperstack": bool(image.isHyperStack()),
        "virtual": bool(image.getStack().isVirtual()),
        "voxel": [
            float(calibration.pixelDepth),
            float(calibration.pixelHeight),
            float(calibration.pixelWidth),
        ],
        "unit": str(calibration.getUnit()),
        "interval": float(calibration.frameInterval),
        "time_unit": str(calibration.getTimeUnit()),
    }


def probe(image, places):
    """Return grey values as ImageJ reads them at (t, z, c, y, x), from 0."""
    stack = image.getStack()
    return [
        float(stack.getVoxel(x, y, image.getStackIndex(c + 1, z + 1, t + 1) - 1)) for t, z, c, y, x in places
    ]


@job
def hand_over(*, pixels, dims, calibration, places, back, colours=None):
    image = to_imageplus(
        xr.DataArray(np.load(pixels, mmap_mode="r"), dims=dims),
        Calibration(**calibration),
        colours=None if colours is None else np.load(colours),
    )
    returned = from_imageplus(image)
    np.save(back, returned.data)
    told = facts(image) | {"probed": probe(image, places), "dims": returned.dims}
    names = ("pixel_size", "unit", "frame_interval")
    told["calibration"] = {name: returned.attrs[name] for name in names}
    told |= {
        "attrs": returned.attrs,
        "colours": returned.attrs.get("colours"),
        "coords": {dim: at.data.tolist() for dim, at in returned.coords.items()},
    }
    told["again"] = facts(to_imageplus(returned))
    return told


@job
def refused(*, pixels, dims):
    try:
        to_imageplus(xr.DataArray(np.load(pixels), dims=dims))
    except Exception as error:
        return {"kind": type(error).__name__, "said": str(error)}
    return {"kind": None}


@job
def rgb_refused():
    try:
        from_imageplus(IJ.createImage("picture", "RGB black", 8, 8, 1))
    except Exception as error:
        return {"kind": type(error).__name__, "said": str(error)}
    return {"kind": None}


@job
def copy_outlives_image(*, pixels):
    image = to_imageplus(xr.DataArray(np.load(pixels), dims=("y", "x")))
    copied = from_imageplus(image)
    image.getProcessor().setValue(0)
    image.getProcessor().fill()
    image.close()
    return {"sum": int(copied.data.sum())}


@job
def save_tiff(*, pixels, dims, calibration, path, colours=None):
    image = to_imageplus(
        xr.DataArray(np.load(pixels), dims=dims),
        Calibration(**calibration),
        colours=None if colours is None else np.load(colours),
    )
    IJ.saveAsTiff(image, path)
    return facts(image)


@job
def open_tiff(*, path, virtual, back):
    opener = scyjava.jimport("ij.io.Opener")()
    image = IJ.openVirtual(path) if virtual else opener.openImage(path)
    np.save(back, from_imageplus(image).data)
    label = str(image.getStack().getSliceLabel(1))
    return facts(image) | {
        "calibration": vars(calibration_of(image)),
        "colours": colours_of(image).tolist(),
        "label": label,
    }


@job
def box_mean(*, pixels, roi):
    image = to_imageplus(xr.DataArray(np.load(pixels), dims=("t", "y", "x")))
    image.setRoi(*roi)
    bounds = image.getRoi().getBounds()
    return {
        "bounds": [int(bounds.x), int(bounds.y), int(bounds.width), int(bounds.height)],
        "mean": float(image.getStatistics().mean),
        "cropped": [int(length) for length in image.crop("stack").getDimensions()],
    }


def with_menu():
    """Add to ImageJ the menu entry that the tests use: without a screen, plain ImageJ builds none."""
    menus = scyjava.jimport("ij.Menus")
    if menus.getCommands() is None:
        with suppress(Exception):  # it wants to build the menu bar
            IJ.run("")
    menus.getCommands().put("Split Channels", "ij.plugin.ChannelSplitter")


@job
def run_command(*, options, titles, result):
    """Split the channels of the last of several open images; return the images open afterwards, and the result."""
    with_menu()
    for title in titles[:-1]:
        IJ.createImage(title, "8-bit black", 4, 4, 1).show()
    image = IJ.createHyperStack(titles[-1], 8, 6, 3, 1, 2, 8)
    plugin.run("Split Channels", options, scyjava.jimport("ij.CompositeImage")(image))
    made = plugin.made(result)
    told = {
        "open": [str(each.getTitle()) for each in plugin.opened()],
        "made": facts(made)["width_height_c_z_t"] if made else None,
    }
    plugin.close_all()
    return told | {"after": len(plugin.opened())}


@job
def forget_threads():
    """Leave an image and options on a pool thread, as a script run by Fiji does, and clear them."""
    windows, macro = scyjava.jimport("ij.WindowManager"), scyjava.jimport("ij.Macro")
    thread = scyjava.jimport("java.lang.Thread")()
    pool = scyjava.jimport("java.util.concurrent.Executors").newFixedThreadPool(1)
    pool.submit(thread).get()
    old = IJ.createImage("old", "8-bit black", 4, 4, 1)
    threads = list(scyjava.jimport("java.lang.Thread").getAllStackTraces().keySet())
    for each in threads:
        windows.setTempCurrentImage(each, old)
        macro.setOptions(each, "max_shift_x=1")
    before = _remembered()
    plugin.forget()
    after = _remembered()
    pool.shutdown()
    return {"threads": len(threads), "before": before, "after": after}


def _remembered():
    counts = []
    for name, field in (("ij.WindowManager", "tempImageTable"), ("ij.Macro", "table")):
        table = scyjava.jimport(name).class_.getDeclaredField(field)
        table.setAccessible(True)
        counts.append(int(table.get(None).size()))
    return counts


@job
def say(*, lines, pause=0.0):
    for line in lines:
        scyjava.jimport("java.lang.System").out.println(line)
        time.sleep(pause)
    return {}


@job
def fail(*, said):
    scyjava.jimport("java.lang.System").err.println(said)
    raise JobFailed("the job failed", "do it again")


@job
def throw():
    scyjava.jimport("java.lang.Integer").parseInt("twelve")
    return {}


@job
def exit_java(*, code):
    scyjava.jimport("java.lang.System").exit(code)
    return {}


@job
def exit_python(*, code):
    os._exit(code)


@job
def killed(*, signal):
    os.kill(os.getpid(), signal)
    time.sleep(60)
    return {}


@job
def hang():
    scyjava.jimport("java.lang.Thread").sleep(600_000)
    return {}


@job
def hang_with_children(*, pid_file):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(pid_file, "w") as file:
        file.write(str(process.pid))
    time.sleep(600)
    return {}


@job
def fill_memory():
    import jpype

    kept = []
    while True:
        kept.append(jpype.JArray(jpype.JLong)(10_000_000))


@job
def environment():
    system = scyjava.jimport("java.lang.System")
    return {
        "java_home": str(system.getProperty("java.home")),
        "preferences": str(system.getProperty("java.util.prefs.userRoot")),
        "headless": str(system.getProperty("java.awt.headless")),
        "endpoints": list(scyjava.config.endpoints),
        "python_path": sys.path,
    }
