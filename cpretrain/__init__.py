"""Correct drift with Fiji, cut training crops, retrain Cellpose, and measure whether it helped."""

__version__ = "0.1.0"
