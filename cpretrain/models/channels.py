"""Channels of images that a model does not use."""

from collections.abc import Iterable

from cpretrain.models.record import ModelSettings


def unused_channels(
    channels: Iterable[int], model: ModelSettings, cure: str, kind: str = "images"
) -> list[str]:
    """Return a one-sentence warning if images have several channels and nobody chose among them; else none.

    Parameters
    ----------
    channels : iterable of int
        Number of channels of each image.
    model : ModelSettings
        The model's channels. If it was trained on images with as many channels, they were chosen then.
    cure : str
        Advice at the end of the sentence.
    kind : str
        Noun for the images, in the plural.
    """
    used = [number for number in (model.channel, model.second_channel) if number]
    counted = list(channels)
    odd = [count for count in counted if count > len(used) and count != model.trained_channels]
    if not odd:
        return []
    several = f"{min(odd)} to {max(odd)}" if min(odd) < max(odd) else f"{odd[0]}"
    return [
        f"{len(odd)} of {len(counted)} {kind} have {several} channels (RGB counts as three), of which the model sees "
        f"only channel {' and '.join(map(str, used))}; {cure}"
    ]
