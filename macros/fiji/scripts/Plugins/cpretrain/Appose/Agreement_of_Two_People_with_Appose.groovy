#@ String (visibility=MESSAGE, value="<html>Compares what two people drew on the same images: the agreement that a model can be expected to reach.", required=false, persist=false) about
#@ File (label="Label images of the first person", style="directory", persistKey="cpretrain.agree.masks_a") masks_a
#@ File (label="Those of the second person", style="directory", persistKey="cpretrain.agree.masks_b") masks_b
#@ String (label="IoU thresholds (FIRST:LAST:STEP)", value="0.5:0.95:0.05", persistKey="cpretrain.agree.thresholds") thresholds
#@ File (label="Folder for a table, or none", style="directory", required=false, value="none", persist=false) out
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Agreement of two people', python, source) { run ->
    cpretrain.logAgreement(run('agree', [masks_a: masks_a, masks_b: masks_b, out: out], [thresholds: thresholds]))
    if (cpretrain.named(out))
        cpretrain.open(new File(out, 'agreement.csv'))
}
