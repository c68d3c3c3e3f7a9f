"""TrackMate's LAP tracker in a Fiji that cpretrain started, for ``tracking.py``."""

import resource
import time

import numpy as np
import scyjava

from fiji_bridge.child.jobs import job


@job
def link(*, centres, farthest, missing):
    """Link the rows frame, y, x of a file, and return processor seconds, peak memory in MB, and how many links."""
    jaqaman = "fiji.plugin.trackmate.tracking.jaqaman."
    spots = spot_collection(np.load(centres))
    settings = scyjava.jimport(jaqaman + "LAPUtils").getDefaultSegmentSettingsMap()
    integer, boolean = scyjava.jimport("java.lang.Integer"), scyjava.jimport("java.lang.Boolean")
    for name in ("LINKING_MAX_DISTANCE", "GAP_CLOSING_MAX_DISTANCE", "SPLITTING_MAX_DISTANCE"):
        settings.put(name, scyjava.jimport("java.lang.Double").valueOf(float(farthest)))
    settings.put("MAX_FRAME_GAP", integer.valueOf(missing + 1))
    settings.put("ALLOW_TRACK_SPLITTING", boolean.TRUE)
    tracker = scyjava.jimport(jaqaman + "SparseLAPTracker")(spots, settings)
    tracker.setNumThreads(1)
    start = time.process_time()
    if not tracker.process():
        raise RuntimeError(str(tracker.getErrorMessage()))
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak": peak, "links": int(tracker.getResult().edgeSet().size())}


def spot_collection(rows):
    """Return the centres as TrackMate's spots."""
    spot, collection = (
        scyjava.jimport(f"fiji.plugin.trackmate.{name}") for name in ("Spot", "SpotCollection")
    )
    spots, number = collection(), scyjava.jimport("java.lang.Integer")
    for frame, y, x in rows.tolist():
        spots.add(spot(x, y, 0.0, 10.0, 1.0), number.valueOf(int(frame)))
    spots.setVisible(True)
    return spots
