#@ String (visibility=MESSAGE, value="<html>Puts the results of several models together: one label image with a class for every object.<br>Name each class, and the folder of label images that Segment Movies made with its model.", required=false, persist=false) about
#@ String (label="First class", persistKey="cpretrain.combine.class_a") class_1
#@ File (label="Its label images", style="directory", persistKey="cpretrain.combine.folder_a") folder_1
#@ String (label="Second class", persistKey="cpretrain.combine.class_b") class_2
#@ File (label="Its label images", style="directory", persistKey="cpretrain.combine.folder_b") folder_2
#@ String (label="Third class (or none)", required=false, value="none", persistKey="cpretrain.combine.class_c") class_3
#@ File (label="Its label images, or none", style="directory", required=false, value="none", persistKey="cpretrain.combine.folder_c") folder_3
#@ String (label="Fourth class (or none)", required=false, value="none", persistKey="cpretrain.combine.class_d") class_4
#@ File (label="Its label images, or none", style="directory", required=false, value="none", persistKey="cpretrain.combine.folder_d") folder_4
#@ String (label="Where classes overlap, a pixel goes to the", choices={"probability", "smaller", "larger", "order"}, value="probability", persistKey="cpretrain.combine.rule") rule
#@ Double (label="Share of its pixels that an object has to keep", value=0.5, min=0, max=1, stepSize=0.05, persistKey="cpretrain.combine.keep") keep
#@ File (label="Results (none: combined, beside the first folder)", style="directory", required=false, value="none", persistKey="cpretrain.combine.out") out
#@ Boolean (label="GeoJSON for QuPath", value=true, persistKey="cpretrain.combine.geojson") geojson
#@ File (label="Python with cpretrain (none: the last one, or found by itself)", required=false, value="none", persist=false) python
try:
    from cpretrain_fiji import *
except ImportError:
    raise ImportError("type once in a terminal:  cpretrain fiji-scripts --install  (jars/Lib/cpretrain_fiji.py is missing)")

with Job("Combine classes", python) as cpretrain:
    given = [(class_1, folder_1), (class_2, folder_2), (class_3, folder_3), (class_4, folder_4)]
    combined = combine(
        [(name, folder) for name, folder in given if chosen(name) and chosen(folder)], chosen(out) or File(folder_1.getParentFile(), "combined"),
        job=cpretrain, rule=rule, keep=keep, geojson=geojson, no_geojson=not geojson,
    )
    show(File(combined["folder"], "classes.csv"))
    show_labels(*label_images(combined["folder"])[:3])
