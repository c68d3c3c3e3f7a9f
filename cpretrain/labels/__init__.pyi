from .encodings import read_label_image as read_label_image
from .geojson import read_geojson as read_geojson
from .geojson import write_geojson as write_geojson
from .label_image import LabelImage as LabelImage
from .label_image import relabel as relabel
