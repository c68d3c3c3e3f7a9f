#@ String (visibility=MESSAGE, value="<html>Corrects the drift of time-lapses with Correct 3D drift, and cuts training crops for Cellpose.<br>Results go beside the folder of movies, or into the folder chosen for the open image.", required=false, persist=false) about
#@ String (label="Correct", choices={"all movies in the folder", "the open image"}, value="all movies in the folder", persistKey="cpretrain.drift.what") what
#@ File (label="Folder", style="directory", persistKey="cpretrain.drift.folder") folder
#@ Integer (label="Channel to measure", value=1, min=1, persistKey="cpretrain.drift.channel") channel
#@ Boolean (label="Only x and y of 3D data", value=false, persistKey="cpretrain.drift.only_xy") only_xy
#@ Boolean (label="Multi time scale", value=false, persistKey="cpretrain.drift.multi_time_scale") multi_time_scale
#@ Boolean (label="Sub-pixel", value=false, persistKey="cpretrain.drift.sub_pixel") sub_pixel
#@ Boolean (label="Edge enhance", value=false, persistKey="cpretrain.drift.edge_enhance") edge_enhance
#@ Integer (label="Largest shift between frames (pixels)", value=10, min=1, persistKey="cpretrain.drift.max_shift") max_shift
#@ Integer (label="Crops of each movie", value=5, min=1, persistKey="cpretrain.crops.per_image") per_image
#@ Integer (label="Size of a crop (pixels)", value=100, min=16, persistKey="cpretrain.crops.size") size
#@ Integer (label="Seed of the random places", value=0, persistKey="cpretrain.crops.seed") seed
#@ Boolean (label="QuPath project to draw on the crops", value=true, persistKey="cpretrain.crops.qupath") qupath
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
#@ File (label="or build it (none: do not) from cpretrain's folder or wheel", required=false, value="none", style="both", persistKey="cpretrain.source") source
def cpretrain = new GroovyShell().parse(new File(ij.IJ.getDirectory('imagej'), 'jars/Lib/cpretrain_appose.groovy'))
cpretrain.job('Correct drift and cut crops', python, source) { run ->
    def one = what == 'the open image'
    def moved = run('drift', [raw: one ? cpretrain.saveOpenImage(folder) : folder], [
        fiji: ij.IJ.getDirectory('imagej'), channel: channel, only_xy: only_xy, multi_time_scale: multi_time_scale,
        sub_pixel: sub_pixel, edge_enhance: edge_enhance, max_shift: [max_shift] * 3,
    ])
    def corrected = moved.movies.collect { new File(it.corrected) }
    def cut = run('crops', [images: one ? corrected[0] : corrected[0].parentFile], [per_image: per_image, size: size, seed: seed])
    if (qupath)
        ij.IJ.log('To draw on the crops, open in QuPath: ' + run('qupath_project', [images: cut.folder]).file)
    cpretrain.open(cut.folder, *corrected.take(3))
}
