"""Phase correlation of two frames, with the results of Fiji's plugin."""
