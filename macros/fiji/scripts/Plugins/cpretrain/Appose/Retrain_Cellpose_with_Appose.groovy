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
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Retrain Cellpose', python, source) { run ->
    def masks = drawn
    if (!new File(drawn, 'masks.json').file) { // not yet read by cpretrain
        def checked = new File(images.parentFile, drawn.name == 'masks' ? 'masks_checked' : 'masks')
        masks = run('masks', [ground_truth: drawn, images: images, out: checked]).folder
    }
    def trained = run('train', [images: images, masks: masks, resume: resume], [
        name: name, base: base, channel: channel, epochs: epochs ?: null, train_fraction: train_fraction, seed: seed,
    ])
    ij.IJ.log('The retrained model is in ' + trained.model)
    cpretrain.open(new File(trained.model, 'losses.png'))
}
