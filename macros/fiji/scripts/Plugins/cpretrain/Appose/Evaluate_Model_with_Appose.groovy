#@ String (visibility=MESSAGE, value="<html>Says whether retraining helped: the retrained model and its base on the same images,<br>by default those that were kept back from the training.", required=false, persist=false) about
#@ File (label="Model folder (models/NAME)", style="directory", persistKey="cpretrain.evaluate.model") model
#@ File (label="Other images (none: those kept back)", style="directory", required=false, value="none", persist=false) images
#@ File (label="Their masks, or none", style="directory", required=false, value="none", persist=false) masks
#@ Double (label="Diameter in pixels (0: the model's)", value=0, min=0, persistKey="cpretrain.evaluate.diameter") diameter
#@ Double (label="Flow threshold", value=0.4, stepSize=0.1, persistKey="cpretrain.evaluate.flow_threshold") flow_threshold
#@ Double (label="Cellprob threshold", value=0.0, stepSize=0.5, persistKey="cpretrain.evaluate.cellprob_threshold") cellprob_threshold
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Evaluate model', python, source) { run ->
    def result = run('evaluate', [model: model, images: images, masks: masks], [
        diameter: diameter ?: null, flow_threshold: flow_threshold, cellprob_threshold: cellprob_threshold,
    ])
    cpretrain.logPrecision(result)
    def names = ['report.html', 'evaluation_summary.csv', 'evaluation_worst.png', 'evaluation_best.png']
    cpretrain.open(*names.collect { new File(result.folder, it) })
}
