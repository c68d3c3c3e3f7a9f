"""Starts Fiji in this process, opens a movie, runs the example on it, and prints the result as JSON."""

import hashlib
import json
import os
import runpy
import sys

import imagej
import jpype
import scyjava

from fiji_bridge.java import java_options, own_preferences

home, jars, machine, movie, example, preferences = json.loads(sys.argv[1])
scyjava.config.endpoints.clear()
scyjava.config.set_java_constraints(fetch="never")
scyjava.config.add_kwargs(jvmpath=machine)
scyjava.config.add_options(
    [
        *java_options(1000),
        *own_preferences(preferences),
        f"-Dplugins.dir={home}/plugins",
        f"-Dimagej.dir={home}",
    ]
)
for jar in jars:
    jpype.addClassPath(jar)
scyjava.start_jvm()
ij = imagej.init(mode="headless")
scyjava.jimport("ij.macro.Interpreter").batchMode = True
IJ, windows = scyjava.jimport("ij.IJ"), scyjava.jimport("ij.WindowManager")
print("NOTHING OPEN", flush=True)
runpy.run_path(example)
print("OPEN", flush=True)
other = IJ.createImage("another", "8-bit black", 8, 8, 1)
other.show()
opened = IJ.openImage(movie)
opened.setDimensions(1, 1, opened.getStackSize())
opened.show()
done = runpy.run_path(example)
said = {
    "sha256": hashlib.sha256(done["corrected"].data.tobytes()).hexdigest(),
    "shape": done["corrected"].shape,
    "attrs": done["corrected"].attrs,
    "open": [str(windows.getImage(number).getTitle()) for number in windows.getIDList()],
}
for name, image, channel in (("channel 7", done["image"], 7), ("one frame", other, 1)):
    try:
        done["in_process"].correct_drift(image, done["DriftSettings"](channel=channel))
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"
again = ij.py.to_java(done["corrected"])
said["again"] = {
    "axes": [str(again.axis(d).type().getLabel()) for d in range(again.numDimensions())],
    "lengths": [int(again.dimension(d)) for d in range(again.numDimensions())],
    "scales": [float(again.axis(d).calibratedValue(1) - again.axis(d).calibratedValue(0)) for d in range(5)],
    "unit": str(again.getProperties().get("unit")),
}
shown = ij.py.to_imageplus(done["corrected"])
said["shown"] = [int(length) for length in shown.getDimensions()]
print("ANSWER" + json.dumps(said), flush=True)
os._exit(0)
