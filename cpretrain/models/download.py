"""Download of pretrained weights by Cellpose itself."""

import socket
import ssl
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

from cpretrain.errors import BadInput
from cpretrain.models.weights import ModelWeights, find_base, models_folder, zoo_file
from cpretrain.models.zoo import ZOO
from cpretrain.runtime.console import info
from cpretrain.runtime.summary import Summary

SILENCE = 60
"""Seconds without a byte after which a server is given up."""


def download_model(name: str) -> Summary:
    """Have a base model on this machine, for work without internet later.

    Parameters
    ----------
    name : str
        A model of Cellpose's zoo.

    Raises
    ------
    BadInput
        When the installed Cellpose has no such model, or its weights cannot be downloaded.
    """
    base = find_base(name)
    assert base.path is not None
    if base.downloadable and not base.path.is_file():
        download(base)
    return Summary([f"{base.name} is at {base.path}"], {"name": base.name, "path": base.path})


def download(base: ModelWeights) -> None:
    """Have Cellpose download the weights of a zoo model.

    Raises
    ------
    BadInput
        When it cannot; the error states where to put the file by hand.
    """
    from cellpose import models

    assert base.path is not None
    cure = (
        f"download {base.path.name} on a machine with internet and put it at {zoo_file(base.name)} "
        f"(or set CELLPOSE_LOCAL_MODELS_PATH, now {models_folder()})"
    )
    info(f"downloading the weights of {base.name} from {ZOO[base.name].url}")
    try:
        with _settings_of_process_kept():
            models.cache_model_path(base.path.name)
    except (urllib.error.URLError, OSError) as error:
        raise BadInput(
            f"base model {base.name}: its weights are not on this machine and cannot be downloaded",
            found=str(error),
            cure=cure,
        ) from error


@contextmanager
def _settings_of_process_kept() -> Iterator[None]:
    """Give up silent servers inside the block, and take back that Cellpose stops checking certificates for good."""
    patience, context = socket.getdefaulttimeout(), ssl._create_default_https_context
    socket.setdefaulttimeout(SILENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(patience)
        ssl._create_default_https_context = context
