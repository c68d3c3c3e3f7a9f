#@ String (visibility=MESSAGE, value="<html>Segments all movies of a folder, or the open image or stack frame by frame, with a Cellpose model.<br>Results of a folder go into the folder segmented beside it; the labels of the open image become a new image.", required=false, persist=false) about
#@ String (label="Segment", choices={"all movies in the folder", "the open image"}, value="all movies in the folder", persistKey="cpretrain.segment.what") what
#@ File (label="Folder (none for the open image)", style="directory", required=false, value="none", persistKey="cpretrain.segment.folder") folder
#@ File (label="Model: models/NAME, a file, or a name such as cyto3", style="both", persistKey="cpretrain.segment.model") model
#@ Integer (label="Channel to segment (0: as the model was trained)", value=0, min=0, persistKey="cpretrain.segment.channel") channel
#@ Integer (label="Channel of the nuclei (0: as the model was trained)", value=0, min=0, persistKey="cpretrain.segment.second_channel") second_channel
#@ Double (label="Diameter in pixels (0: the model's)", value=0, min=0, persistKey="cpretrain.segment.diameter") diameter
#@ String (label="Flow threshold (none: the model's)", required=false, value="none", persistKey="cpretrain.segment.flow_threshold") flow_threshold
#@ String (label="Cellprob threshold (none: the model's)", required=false, value="none", persistKey="cpretrain.segment.cellprob_threshold") cellprob_threshold
#@ String (label="Z stacks", choices={"stitch", "planes", "flows"}, value="stitch", persistKey="cpretrain.segment.volume") volume
#@ String (label="ROIs", choices={"as an overlay", "in the ROI Manager", "none"}, value="as an overlay", persistKey="cpretrain.segment.rois") rois
#@ Boolean (label="GeoJSON for QuPath (of a folder)", value=false, persistKey="cpretrain.segment.geojson") geojson
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Segment movies", python) as cpretrain:
    one = what == "the open image"
    if not one and chosen(folder) is None:
        raise Failed("Choose a folder of movies.")
    found = segment(
        None if one else folder, model, rois=None if rois == "none" else rois, job=cpretrain, channel=channel or None,
        second_channel=second_channel or None, diameter=diameter or None, flow_threshold=chosen(flow_threshold),
        cellprob_threshold=chosen(cellprob_threshold), volume=volume, geojson=geojson and not one,
    )
    if one:
        show_image(found)
    else:
        show_labels(*[movie["labels"] for movie in found["movies"][:3]])
