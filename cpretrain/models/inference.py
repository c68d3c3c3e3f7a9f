"""A network laid out for segmentation: as a processor convolves fastest, and in 16 bits where asked for."""

from typing import Any

from cpretrain.runtime.console import warning
from cpretrain.runtime.spelling import option

IN_16_BITS = ("avx512_bf16", "amx_bf16")
"""Instructions of x86 processors that multiply numbers of 16 bits."""


def lay_out(net: Any, device: Any, in_16_bits: bool) -> None:
    """Lay out the weights of Cellpose 3's network, in place.

    On a CPU, channels last took 0.84 of the time of Cellpose's own MKL-DNN form, with equal objects.

    Parameters
    ----------
    net : torch.nn.Module
        The network, which still takes and returns 32 bits.
    device : torch.device
        Where it is.
    in_16_bits : bool
        Compute in bfloat16.
    """
    import torch

    if device.type == "cpu":
        net.to(memory_format=torch.channels_last)
    if in_16_bits:
        net.bfloat16()
        net.register_forward_pre_hook(lambda _, images: (images[0].bfloat16(),))
        net.register_forward_hook(lambda _net, _images, out: (out[0].float(), out[1].float(), out[2]))


def multiplies_in_16_bits(device: Any) -> bool:
    """Return whether a device has instructions for bfloat16; of other processors than x86 it is not known.

    Cellpose 4's network took 0.55 of the time in 16 bits with AMX, 1.2 with AVX-512 BF16 alone, and 3.2 with neither
    (one tile, one core).

    Parameters
    ----------
    device : torch.device
        A GPU always counts as one that has them, as in Cellpose.
    """
    return device.type != "cpu" or any(map(_capabilities().get, IN_16_BITS))


def warn_if_slow(device: Any) -> None:
    """Warn of an x86 processor that has no instructions for numbers of 16 bits."""
    known = _capabilities()
    if "x86" in str(known.get("architecture")) and not multiplies_in_16_bits(device):
        warning(
            f"this processor ({known.get('cpu_name')}) has no instructions for bfloat16, which is slower than "
            f"{option('precision', 'float32')} on it"
        )


def _capabilities() -> dict[str, Any]:
    """Return what torch knows of this processor; nothing before torch 2.7."""
    import torch

    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return known
