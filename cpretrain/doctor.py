"""What is on this machine and what is missing, with what to do about it."""

import os
from importlib import metadata
from typing import Any

from cpretrain.base_models import ZOO, cellpose_major, models_folder, own_models, zoo_file
from cpretrain.console_report import Report
from cpretrain.errors import BadInput


def examine() -> Report:
    """Look for Java, Fiji, Cellpose, models and GPU."""
    facts: dict[str, Any] = {"cellpose": _cellpose(), "device": _device(), "threads": _threads()}
    facts |= _fiji()
    facts["models"] = _models()
    width = max(map(len, facts))
    return Report([f"{name:<{width}}  {value}" for name, value in facts.items()], facts)


def list_models() -> Report:
    """List the pretrained models of both versions of Cellpose, and the user's own."""
    rows = []
    for major, names in ZOO.items():
        for name in names:
            rows.append((name, f"Cellpose {major}", zoo_file(name)))
    rows += [(name, "own", models_folder() / name) for name in own_models() if name]
    lines = [
        f"{name:<16} {kind:<11} {'here' if path.is_file() else 'not here':<9} {path}"
        for name, kind, path in rows
    ]
    data = [{"name": name, "kind": kind, "path": path, "here": path.is_file()} for name, kind, path in rows]
    lines.append(
        "A model that is not here is downloaded when it is used; without internet, put its file at that path."
    )
    return Report(lines, {"models": data})


def _cellpose() -> str:
    try:
        cellpose_major()
    except BadInput as error:
        return f"missing: {error}"
    return metadata.version("cellpose")


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return f"CUDA: {torch.cuda.get_device_name()}"
    return "Apple GPU" if torch.backends.mps.is_available() else "CPU (no GPU found)"


def _threads() -> str:
    import torch

    return f"{torch.get_num_threads()} of {os.cpu_count()} processors"


def _fiji() -> dict[str, Any]:
    from fiji_bridge import doctor

    return doctor()


def _models() -> str:
    here = [name for names in ZOO.values() for name in names if zoo_file(name).is_file()]
    return f"{', '.join(here + [name for name in own_models() if name]) or 'none'} in {models_folder()}"
