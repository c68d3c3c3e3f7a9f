"""Training images as files: ``crops.csv``, pairs of image and labels, the split, reading."""
