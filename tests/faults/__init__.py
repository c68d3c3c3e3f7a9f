"""Steps that are killed at random moments and repeated: the results must be those of an undisturbed run."""
