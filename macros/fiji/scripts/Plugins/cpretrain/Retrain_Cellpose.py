#@ String (visibility=MESSAGE, value="<html>Retrains a Cellpose model on training images and on what you drew on them.<br>The model goes into the folder models beside the images.", required=false, persist=false) about
#@ File (label="Training images", style="directory", persistKey="cpretrain.train.images") images
#@ File (label="Masks, or what QuPath exported", style="directory", persistKey="cpretrain.train.drawn") drawn
#@ String (label="Name of the cell type", persistKey="cpretrain.train.name") name
#@ String (label="Base model (Cellpose 4: cpsam_v2) or a file", value="cyto3", persistKey="cpretrain.train.base") base
#@ Integer (label="Channel to segment", value=1, min=1, persistKey="cpretrain.train.channel") channel
#@ Integer (label="Epochs (0: as Cellpose does)", value=0, min=0, persistKey="cpretrain.train.epochs") epochs
#@ Double (label="Share of images used for training", value=0.8, min=0.1, max=0.95, stepSize=0.05, persistKey="cpretrain.train.train_fraction") train_fraction
#@ Integer (label="Seed", value=0, persistKey="cpretrain.train.seed") seed
#@ Boolean (label="Go on with a cancelled training of that name", value=true, persist=false) resume
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Retrain Cellpose", python) as cpretrain:
    masks = drawn
    if not File(drawn, "masks.json").exists():  # not yet read by cpretrain
        checked = File(images.getParentFile(), "masks_checked" if drawn.getName() == "masks" else "masks")
        masks = cpretrain.run("masks", drawn, images=images, out=checked)["folder"]
    trained = cpretrain.run(
        "train", images=images, masks=masks, name=name, base=base, channel=channel, epochs=epochs or None,
        train_fraction=train_fraction, seed=seed, resume=resume, no_resume=not resume,
    )
    IJ.log("The retrained model is in " + trained["model"])
    show(File(trained["model"], "losses.png"))
