"""TIFF movies: whole or damaged, their metadata, their frames."""
