"""Rotation in the plane: measuring by which angle the sample turned, and turning frames back."""
