#@ String (visibility=MESSAGE, value="<html>Segments all movies of a folder, or the open image or stack frame by frame, with a Cellpose model.<br>Results of a folder go into the folder segmented beside it; the labels of the open image become a new image.", required=false, persist=false) about
#@ String (label="Segment", choices={"all movies in the folder", "the open image"}, value="all movies in the folder", persistKey="cpretrain.segment.what") what
#@ File (label="Folder (none for the open image)", style="directory", required=false, value="none", persistKey="cpretrain.segment.folder") folder
#@ File (label="Model: models/NAME, a file, or a name such as cyto3", style="both", persistKey="cpretrain.segment.model") model
#@ Integer (label="Channel to segment (0: as the model was trained)", value=0, min=0, persistKey="cpretrain.segment.channel") channel
#@ Integer (label="Channel of the nuclei (0: as the model was trained)", value=0, min=0, persistKey="cpretrain.segment.second_channel") second_channel
#@ Double (label="Diameter in pixels (0: the model's)", value=0, min=0, persistKey="cpretrain.segment.diameter") diameter
#@ String (label="Flow threshold (none: the model's)", required=false, value="none", persistKey="cpretrain.segment.flow_threshold") flow_threshold
#@ String (label="Cellprob threshold (none: the model's)", required=false, value="none", persistKey="cpretrain.segment.cellprob_threshold") cellprob_threshold
#@ String (label="Z stacks", choices={"stitch", "planes", "flows"}, value="stitch", persistKey="cpretrain.segment.volume") volume
#@ String (label="ROIs", choices={"as an overlay", "in the ROI Manager", "none"}, value="as an overlay", persistKey="cpretrain.segment.rois") rois
#@ Boolean (label="GeoJSON for QuPath (of a folder)", value=false, persistKey="cpretrain.segment.geojson") geojson
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Segment movies', python, source) { run ->
    def settings = [
        channel: channel ?: null, second_channel: second_channel ?: null, diameter: diameter ?: null,
        flow_threshold: cpretrain.named(flow_threshold), cellprob_threshold: cpretrain.named(cellprob_threshold), volume: volume,
        rois: rois && rois != 'none',
    ]
    if (what == 'the open image')
        cpretrain.segmentImage(run, model, rois, settings)
    else if (cpretrain.named(folder))
        cpretrain.segmentFolder(run, folder, model, settings + [geojson: geojson])
    else
        cpretrain.fail('Choose a folder of movies.')
}
