"""TIFF movies: integrity checks, metadata and frames."""
