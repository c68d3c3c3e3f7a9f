#@ String (visibility=MESSAGE, value="<html>Says whether retraining helped: the retrained model and its base on the same images,<br>by default those that were kept back from the training.", required=false) about
#@ File (label="Model folder (models/NAME)", style="directory") model
#@ File (label="Other images (empty: those kept back)", style="directory", required=false, persist=false) images
#@ File (label="Their masks", style="directory", required=false, persist=false) masks
#@ Double (label="Diameter in pixels (0: the model's)", value=0, min=0) diameter
#@ Double (label="Flow threshold", value=0.4, stepSize=0.1) flow_threshold
#@ Double (label="Cellprob threshold", value=0.0, stepSize=0.5) cellprob_threshold
#@ File (label="Python with cpretrain (empty: found by itself)", required=false, persistKey="cpretrain.python") python
#@ File (label="or build it from cpretrain's folder or wheel", required=false, style="both") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Evaluate model', python, source) { run ->
    def result = run('evaluate', [model: model, images: images, masks: masks], [
        diameter: diameter ?: null, flow_threshold: flow_threshold, cellprob_threshold: cellprob_threshold,
    ])
    cpretrain.logPrecision(result)
    def names = ['report.html', 'evaluation_summary.csv', 'evaluation_worst.png', 'evaluation_best.png']
    cpretrain.open(*names.collect { new File(result.folder, it) })
}
