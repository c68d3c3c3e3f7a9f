"""What views, models and people are called on the page, and the keys that switch their outlines."""

NAMES = {"truth": "ground truth", "base": "base", "retrained": "retrained", "human": "second person"}
"""In the order in which outlines are drawn over one another."""

KEYS = {"truth": "g", "base": "b", "retrained": "r", "human": "h"}
VIEWS = {"crop": "crops", "image": "images", "frame": "whole frames"}
