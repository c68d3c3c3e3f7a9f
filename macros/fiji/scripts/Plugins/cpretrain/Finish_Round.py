#@ String (visibility=MESSAGE, value="<html>Takes in what you drew, retrains the base model on all rounds, and measures it.<br>The curve over all rounds and the report open.", required=false, persist=false) about
#@ File (label="Folder of all rounds", style="directory", persistKey="cpretrain.round.folder") folder
#@ Integer (label="Epochs (0: as Cellpose does)", value=0, min=0, persistKey="cpretrain.round.epochs") epochs
#@ String (label="Base model, if it lies elsewhere here (else none)", required=false, value="none", persistKey="cpretrain.round.base_here") base
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Finish round", python) as cpretrain:
    finished = finish_round(folder, job=cpretrain, epochs=epochs or None, base=chosen(base))
    show(File(folder, "rounds.png"), File(folder, "rounds.csv"), File(finished["model"], "report.html"))
