"""Phase correlation of two frames, equal to that of Fiji's plugin."""
