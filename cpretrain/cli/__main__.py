"""``python -m cpretrain.cli``."""

from cpretrain.cli import main

main()
