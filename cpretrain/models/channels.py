"""Channels of images that a model does not look at."""

from collections.abc import Iterable

from cpretrain.models.record import ModelSettings


def unused_channels(
    channels: Iterable[int], model: ModelSettings, cure: str, kind: str = "images"
) -> list[str]:
    """Warn where images have channels that nobody chose from, in one sentence.

    Parameters
    ----------
    channels : iterable of int
        Number of channels of each image.
    model : ModelSettings
        Which channels it takes. Where it was trained on images of as many channels, somebody chose them then.
    cure : str
        What to do.
    kind : str
        What is looked at, in the plural.
    """
    used = [number for number in (model.channel, model.second_channel) if number]
    counted = list(channels)
    odd = [count for count in counted if count > len(used) and count != model.trained_channels]
    if not odd:
        return []
    several = f"{min(odd)} to {max(odd)}" if min(odd) < max(odd) else f"{odd[0]}"
    return [
        f"{len(odd)} of {len(counted)} {kind} have {several} channels (RGB counts as three), of which the model sees "
        f"channel {' and '.join(map(str, used))} alone; {cure}"
    ]
