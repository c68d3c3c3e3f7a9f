"""Time-lapses and images in files: find them, open them frame by frame, describe and write them."""
