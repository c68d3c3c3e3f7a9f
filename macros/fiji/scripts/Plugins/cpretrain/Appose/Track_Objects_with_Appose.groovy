#@ String (visibility=MESSAGE, value="<html>Links the objects of consecutive frames to tracks, over gaps and divisions.<br>Choose the folder of label images that Segment Movies made. In movies that cpretrain corrected for drift,<br>positions are given in the raw movie too.", required=false, persist=false) about
#@ File (label="Label images", style="directory", persistKey="cpretrain.track.predictions") predictions
#@ File (label="The movies (none: those that were segmented)", style="directory", required=false, value="none", persistKey="cpretrain.track.images") images
#@ String (label="Objects are linked if they are", choices={"near and overlap", "near", "overlap"}, value="near and overlap", persistKey="cpretrain.track.cost") cost
#@ Double (label="Farthest step in pixels (0: the median diameter)", value=0, min=0, persistKey="cpretrain.track.max_distance") max_distance
#@ Integer (label="Most frames in which an object may be missing", value=2, min=0, persistKey="cpretrain.track.max_missing") max_missing
#@ Boolean (label="Find divisions", value=true, persistKey="cpretrain.track.divisions") divisions
#@ Boolean (label="ROIs named after tracks", value=true, persistKey="cpretrain.track.rois") rois
#@ Boolean (label="XML for TrackMate", value=true, persistKey="cpretrain.track.trackmate") trackmate
#@ File (label="Results (none: tracks, beside the label images)", style="directory", required=false, value="none", persistKey="cpretrain.track.out") out
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Track objects', python, source) { run ->
    def costs = ['near and overlap': 'both', 'near': 'distance', 'overlap': 'overlap']
    def settings = [cost: costs[cost], max_missing: max_missing, divisions: divisions, rois: rois, trackmate: trackmate]
    def tracked = run('track', [predictions: predictions, images: images, out: out],
        settings + (max_distance ? [max_distance: max_distance] : [:]))
    cpretrain.logTracked(tracked)
    tracked.movies.take(3).each {
        cpretrain.open(it.table, it.picture)
        cpretrain.openLabels(it.labels)
    }
}
