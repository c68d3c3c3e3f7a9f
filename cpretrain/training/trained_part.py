"""The part of a network that a run trains: all of it, what follows the encoder, or low-rank changes."""

from typing import Any

from cpretrain.errors import BadInput
from cpretrain.models.versions import installed_cellpose
from cpretrain.runtime.spelling import option
from cpretrain.settings.training import TrainSettings
from cpretrain.training.low_rank import DOWN, UP, add_low_rank


def choose_trained_part(net: Any, settings: TrainSettings) -> None:
    """Keep the other parameters of the network from being trained.

    Parameters
    ----------
    net : torch.nn.Module
        Cellpose's network, changed in place.
    settings : TrainSettings
        ``freeze`` and ``lora``.

    Raises
    ------
    BadInput
        When the network has no attention layers to change.
    """
    version = installed_cellpose()
    if settings.lora and not version.blocks(net):
        raise BadInput(
            f"{option('lora', settings.lora)}: the networks of Cellpose 3 have no attention layers",
            cure=f"leave it out; {option('freeze', 'encoder')} saves time and memory there",
        )
    if settings.lora:
        add_low_rank(net, settings.lora)
    if not (settings.lora or settings.freeze == "encoder"):
        return
    for name, parameter in net.named_parameters():
        if version.in_encoder(name) and not name.endswith((DOWN, UP)):
            parameter.requires_grad_(False)
    if not settings.lora and version.blocks(net):
        net.rdrop = (
            0.0  # blocks dropped at random regularise their own training, and only disturb that of the rest
        )


def training_mode(net: Any, settings: TrainSettings) -> None:
    """Switch to training, except that a frozen encoder keeps its statistics, too."""
    net.train()
    if settings.freeze == "encoder":
        version = installed_cellpose()
        for name, module in net.named_modules():
            if version.in_encoder(f"{name}."):
                module.eval()


def count_trained(net: Any) -> tuple[int, int]:
    """Return the number of trained parameters, and of all."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in net.parameters()]
    return sum(size for size, trained in sizes if trained), sum(size for size, _ in sizes)
