#@ String (visibility=MESSAGE, value="<html>Says what cpretrain finds on this machine: Java, Fiji, Cellpose, models, a GPU; and what to do about the rest.", required=false, persist=false) about
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Doctor', python, source) { run ->
    cpretrain.logDoctor(run('doctor', [:]))
}
