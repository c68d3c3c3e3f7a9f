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
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Start round', python, source) { run ->
    def started = run('start', [images: images], [
        name: cpretrain.named(name), base: cpretrain.named(base), channel: channel ?: null, second_channel: second_channel ?: null, choose: choose,
        crops: crops ?: null, validation_crops: validation_crops ?: null, size: size ?: null, seed: seed,
        qupath: qupath ?: null, cellpose_window: cellpose_window ?: null,
    ])
    cpretrain.logStarted(started)
    cpretrain.open(*started.folders.collect { new File(it, 'images') })
}
