"""``python -m cpretrain``."""

from cpretrain.cli import main

main()
