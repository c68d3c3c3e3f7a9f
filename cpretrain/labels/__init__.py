"""Ground truth from QuPath, and predictions back to it.

``label_image`` reads label TIFFs, ``geojson`` and ``imagej_roi`` read and write outlines, ``pairing`` knows which file
belongs to which image. ``cpretrain.masks`` puts them together.
"""
