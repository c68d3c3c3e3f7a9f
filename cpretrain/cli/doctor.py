"""Check of this machine: what is installed, what is missing, and the cure."""

import os
from dataclasses import asdict
from importlib import metadata

from cpretrain.errors import BadInput
from cpretrain.models.weights import cellpose_major, models_folder, own_models, zoo_file
from cpretrain.models.zoo import ZOO
from cpretrain.runtime.summary import Summary
from fiji_bridge.facts import Fact


def examine() -> Summary:
    """Look for Java, Fiji, Cellpose, models and GPU."""
    from cpretrain.cli.fiji_menu import installed
    from fiji_bridge import doctor

    facts = {"cellpose": _cellpose(), "models": _models(), "device": _device(), "threads": _threads()}
    facts |= {"training": _training()} if facts["cellpose"].found else {}
    facts |= doctor() | {"fiji scripts": installed()}
    width = max(map(len, facts))
    lines = []
    for name, fact in facts.items():
        lines.append(f"{'found  ' if fact.found else 'missing'}  {name:<{width}}  {fact.what}")
        if fact.cure:
            lines.append(f"{'':{width + 11}}→ {fact.cure}")
    return Summary(lines, {name: asdict(fact) for name, fact in facts.items()})


def _cellpose() -> Fact:
    try:
        cellpose_major()
    except BadInput as error:
        return Fact(False, error.problem, error.cure or "")
    return Fact(True, metadata.version("cellpose"))


def _device() -> Fact:
    import torch

    if torch.cuda.is_available():
        return Fact(True, f"CUDA: {torch.cuda.get_device_name()}")
    return Fact(True, "Apple GPU" if torch.backends.mps.is_available() else "CPU, no GPU")


def _threads() -> Fact:
    import torch

    return Fact(True, f"{torch.get_num_threads()} of {os.cpu_count()} processors")


def _training() -> Fact:
    from cpretrain.training.effort import effort_here

    return Fact(True, effort_here().describe())


def _models() -> Fact:
    here = [name for name in ZOO if zoo_file(name).is_file()]
    here += own_models()
    if here:
        return Fact(True, f"{', '.join(here)} in {models_folder()}")
    cure = "they are downloaded when first used; cpretrain models shows where to put them without internet access"
    return Fact(False, f"no models in {models_folder()}", cure)
