#@ String (visibility=MESSAGE, value="<html>Says whether retraining helped: the retrained model and its base on the same images,<br>by default those that were kept back from the training.", required=false, persist=false) about
#@ File (label="Model folder (models/NAME)", style="directory", persistKey="cpretrain.evaluate.model") model
#@ File (label="Other images (none: those kept back)", style="directory", required=false, value="none", persist=false) images
#@ File (label="Their masks, or none", style="directory", required=false, value="none", persist=false) masks
#@ Double (label="Diameter in pixels (0: the model's)", value=0, min=0, persistKey="cpretrain.evaluate.diameter") diameter
#@ Double (label="Flow threshold", value=0.4, stepSize=0.1, persistKey="cpretrain.evaluate.flow_threshold") flow_threshold
#@ Double (label="Cellprob threshold", value=0.0, stepSize=0.5, persistKey="cpretrain.evaluate.cellprob_threshold") cellprob_threshold
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Evaluate model", python) as cpretrain:
    result = cpretrain.run(
        "evaluate", model, images=images, masks=masks, diameter=diameter or None, flow_threshold=flow_threshold,
        cellprob_threshold=cellprob_threshold,
    )
    log_precision(result)
    names = "report.html", "evaluation_summary.csv", "evaluation_worst.png", "evaluation_best.png"
    show(*[File(result["folder"], name) for name in names])
