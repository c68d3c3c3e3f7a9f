"""The whole pipeline, composed of the steps: an experiment, and the demo."""
