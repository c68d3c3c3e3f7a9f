"""Draw what `drift_truth` counts, for five kinds of movies: the mean of all frames, and the error in each.

python benchmarks/drift_truth_pictures.py [--out docs] [--seed 1]
"""

import argparse
import io
from pathlib import Path

import numpy as np
from drift_truth import WAYS, as_movie, pystackreg, scikit_image
from known_drift import TUNED, KnownDrift
from matplotlib.figure import Figure
from PIL import Image

from cpretrain.registration.canvas import canvas_for
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.measure import measure_drift

KINDS = {
    "denoised": "denoised, sigma 3",
    "slow": "slow, 0.3 px a frame",
    "stamp": "stamp and scale bar",
    "black": "four black frames",
    "jumps": "jumps of 70 px",
}
COLOURS = {"plugin": "#D55E00", "robust": "#0072B2", "scikit-image": "#999999", "pystackreg": "#CC79A7"}


def mean_aligned(known: KnownDrift, drift: np.ndarray) -> np.ndarray:
    """Return the mean of all frames as frame 0 sees them, each moved back by whole pixels."""
    movie = as_movie(known)
    canvas = canvas_for(DriftCurve(drift.astype(np.float32)), movie.shape[1:])
    z, y, x = canvas.shifts[0].tolist()
    height, width = movie.shape[3:]
    total = np.zeros((height, width))
    for t in range(movie.shape[0]):
        total += canvas.place(movie.frame(t), t)[z, 0, y : y + height, x : x + width]
    return total / movie.shape[0]


def picture(known: KnownDrift) -> Figure:
    """Show the mean as recorded, with the plugin's drift, with that of --robust, and the error in each frame."""
    drifts = {
        name: measure_drift(as_movie(known), settings=settings).drift for name, settings in WAYS.items()
    }
    drifts |= {"scikit-image": scikit_image(known), "pystackreg": pystackreg(known)}
    figure = Figure(figsize=(9.6, 2.6), layout="constrained")
    panels = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.3))
    shown = {"as recorded": 0 * known.drift, "plugin": drifts["plugin"], "--robust": drifts["robust"]}
    low, high = np.percentile(known.pixels[0], (1, 99.8))
    for axes, (title, drift) in zip(panels, shown.items(), strict=False):
        axes.imshow(mean_aligned(known, drift), cmap="gray", vmin=low, vmax=high)
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
    for name, drift in drifts.items():
        error = np.abs(drift - known.drift).max(axis=1)
        panels[3].plot(error, color=COLOURS[name], label="--robust" if name == "robust" else name)
    panels[3].set(xlabel="frame", yscale="symlog", ylim=(0, None))
    panels[3].set_title("error / pixels", fontsize=9)
    panels[3].tick_params(labelsize=8)
    panels[3].legend(fontsize=7)
    return figure


def main() -> None:
    """Write a PNG for each kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for name, kind in KINDS.items():
        data = io.BytesIO()
        picture(TUNED[kind](asked.seed)).savefig(data, dpi=80)
        small = Image.open(data).convert("RGB").quantize(160, Image.Quantize.MAXCOVERAGE)
        small.save(asked.out / f"drift-{name}.png", optimize=True)


if __name__ == "__main__":
    main()
