"""Correct the open image in Fiji's Python mode: open this in Fiji's script editor and press Run.

It uses the running Fiji; nothing is started. The drift is measured inside the selection drawn on the image.
"""

import scyjava

from cpretrain.errors import BadInput
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import in_process

image = scyjava.jimport("ij.WindowManager").getCurrentImage()
try:
    corrected = in_process.correct_drift(image, DriftSettings(channel=1))
except BadInput as problem:  # no image is open, or it is no movie: the message says what to do
    print(problem)
else:
    print(dict(corrected.sizes), corrected.dtype, corrected.attrs["pixel_size"], corrected.attrs["unit"])
    print("mean of each frame:", corrected.mean(("z", "c", "y", "x")).to_numpy())
