#@ String (visibility=MESSAGE, value="<html>Chooses crops to draw, where the newest model is least certain, and predicts them for correction.<br>What is none, or 0, is as in the round before; the first round needs a name and a base.", required=false, persist=false) about
#@ File (label="Movies, corrected or not", style="directory", persistKey="cpretrain.round.images") images
#@ String (label="Name of the cell type (first round; else none)", required=false, value="none", persistKey="cpretrain.round.name") name
#@ String (label="Base model (first round; Cellpose 4: cpsam_v2) or a file; else none", required=false, value="none", persistKey="cpretrain.round.base") base
#@ Integer (label="Channel to segment", value=0, min=0, persistKey="cpretrain.round.channel") channel
#@ Integer (label="Channel of the nuclei", value=0, min=0, persistKey="cpretrain.round.second_channel") second_channel
#@ String (label="Choose crops", choices={"uncertain", "broken-tracks", "random"}, value="uncertain", persistKey="cpretrain.round.choose") choose
#@ Integer (label="Crops to draw", value=0, min=0, persistKey="cpretrain.round.crops") crops
#@ Integer (label="Crops to measure with (first round)", value=0, min=0, persistKey="cpretrain.round.validation_crops") validation_crops
#@ Integer (label="Size of a crop (pixels)", value=0, min=0, persistKey="cpretrain.round.size") size
#@ Integer (label="Seed of what is drawn at random", value=0, persistKey="cpretrain.round.seed") seed
#@ Boolean (label="QuPath project to correct the predictions in", value=true, persistKey="cpretrain.round.qupath") qupath
#@ Boolean (label="Also for Cellpose's own window", value=false, persistKey="cpretrain.round.cellpose_window") cellpose_window
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Start round", python) as cpretrain:
    started = start_round(
        images, job=cpretrain, name=chosen(name), base=chosen(base), channel=channel or None, second_channel=second_channel or None,
        choose=choose, crops=crops or None, validation_crops=validation_crops or None, size=size or None, seed=seed,
        qupath=qupath, cellpose_window=cellpose_window,
    )
    show(*[File(folder, "images") for folder in started["folders"]])
