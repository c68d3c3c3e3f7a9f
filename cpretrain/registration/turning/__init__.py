"""Rotation in the plane: measure the angle of the sample, and turn frames back."""
