"""Compare models on movies that nobody annotated, by the tracks of the objects that they find."""
