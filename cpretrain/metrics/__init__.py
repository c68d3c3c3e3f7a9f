"""Scores of label images against label images; arrays only."""
