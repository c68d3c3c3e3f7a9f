#@ String (visibility=MESSAGE, value="<html>Takes in what you drew, retrains the base model on all rounds, and measures it.<br>The curve over all rounds and the report open.", required=false, persist=false) about
#@ File (label="Folder of all rounds", style="directory", persistKey="cpretrain.round.folder") folder
#@ Integer (label="Epochs (0: as Cellpose does)", value=0, min=0, persistKey="cpretrain.round.epochs") epochs
#@ String (label="Base model, if it lies elsewhere here (else none)", required=false, value="none", persistKey="cpretrain.round.base_here") base
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Finish round', python, source) { run ->
    def finished = run('finish', [folder: folder], [epochs: epochs ?: null, base: cpretrain.named(base)])
    cpretrain.logFinished(finished)
    cpretrain.open(new File(folder, 'rounds.png'), new File(folder, 'rounds.csv'), new File(finished.model, 'report.html'))
}
