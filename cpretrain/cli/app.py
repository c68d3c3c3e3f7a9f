"""The program that all commands belong to, and the options that several of them share."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Correct drift with Fiji, cut training crops, retrain Cellpose, and measure whether it helped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help is twice as fast
)

MOVIES = (
    'a time-lapse (TIFF, OME-Zarr, ND2, CZI, LIF, …), a folder of them, or "raw/img_*.tif" for single frames'
)
Out = Annotated[
    Path | None, typer.Option("--out", help="where results go (default: beside the chosen folder)")
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="processor cores to use (default: all)")
]
