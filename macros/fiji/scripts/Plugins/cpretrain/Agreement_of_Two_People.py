#@ String (visibility=MESSAGE, value="<html>Compares what two people drew on the same images: the agreement that a model can be expected to reach.", required=false, persist=false) about
#@ File (label="Label images of the first person", style="directory", persistKey="cpretrain.agree.masks_a") masks_a
#@ File (label="Those of the second person", style="directory", persistKey="cpretrain.agree.masks_b") masks_b
#@ String (label="IoU thresholds (FIRST:LAST:STEP)", value="0.5:0.95:0.05", persistKey="cpretrain.agree.thresholds") thresholds
#@ File (label="Folder for a table, or none", style="directory", required=false, value="none", persist=false) out
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Agreement of two people", python) as cpretrain:
    agree(masks_a, masks_b, job=cpretrain, thresholds=thresholds, out=out)
    if chosen(out):
        show(File(out, "agreement.csv"))
