"""Steps that are killed at random moments and done again: the results have to be those of an undisturbed run."""
