#@ String (visibility=MESSAGE, value="<html>Links the objects of consecutive frames to tracks, over gaps and divisions.<br>Choose the folder of label images that Segment Movies made. In movies that cpretrain corrected for drift,<br>positions are given in the raw movie too.", required=false, persist=false) about
#@ File (label="Label images", style="directory", persistKey="cpretrain.track.predictions") predictions
#@ File (label="The movies (none: those that were segmented)", style="directory", required=false, value="none", persistKey="cpretrain.track.images") images
#@ String (label="Objects are linked if they are", choices={"near and overlap", "near", "overlap"}, value="near and overlap", persistKey="cpretrain.track.cost") cost
#@ Double (label="Farthest step in pixels (0: the median diameter)", value=0, min=0, persistKey="cpretrain.track.max_distance") max_distance
#@ Integer (label="Most frames in which an object may be missing", value=2, min=0, persistKey="cpretrain.track.max_missing") max_missing
#@ Boolean (label="Find divisions", value=true, persistKey="cpretrain.track.divisions") divisions
#@ Boolean (label="ROIs named after tracks", value=true, persistKey="cpretrain.track.rois") rois
#@ Boolean (label="XML for TrackMate", value=true, persistKey="cpretrain.track.trackmate") trackmate
#@ File (label="Results (none: tracks, beside the label images)", style="directory", required=false, value="none", persistKey="cpretrain.track.out") out
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Track objects", python) as cpretrain:
    costs = {"near and overlap": "both", "near": "distance", "overlap": "overlap"}
    tracked = track(
        predictions, job=cpretrain, images=images, out=out, cost=costs[cost], max_distance=max_distance or None,
        max_missing=max_missing, no_divisions=not divisions, no_rois=not rois, no_trackmate=not trackmate,
    )
    for movie in tracked["movies"][:3]:
        show(File(movie["table"]))
        show(File(movie["picture"]))
        show_labels(movie["labels"])
