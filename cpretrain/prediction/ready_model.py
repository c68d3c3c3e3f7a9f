"""A model for arrays: load it once, and segment images in memory."""

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.axes import in_order
from cpretrain.models.channels import unused_channels
from cpretrain.models.trained import UsedModel, find_model
from cpretrain.prediction.frame import segment_frame
from cpretrain.runtime.console import warning
from cpretrain.settings.prediction import PredictSettings

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class ReadyModel:
    """A model that segments arrays, from `load_model`.

    Parameters
    ----------
    used : UsedModel
        Weights, channels, normalization and thresholds, nothing left open.
    """

    used: UsedModel

    def segment(
        self,
        image: "NDArray[Any] | xr.DataArray",
        *,
        channel: int | None = None,
        second_channel: int | None = None,
        anisotropy: float = 1.0,
    ) -> "NDArray[np.uint32] | xr.DataArray":
        """Segment one image, as `predict` segments a frame.

        Parameters
        ----------
        image : ndarray, shape (Y, X), (C, Y, X) or (Z, C, Y, X), or xarray.DataArray
            Grey values. The axes of a DataArray are identified by name: y and x, and z and c if present.
        channel, second_channel : int, optional
            Channel to segment and that of the nuclei, from 1; by default those that the model was trained on.
        anisotropy : float
            Distance between neighbouring planes in pixels, for flows in 3D.

        Returns
        -------
        ndarray of uint32 or xarray.DataArray, shape (Y, X) or (Z, Y, X)
            Objects 1…N, 0 for background; a DataArray if the image is one.

        Raises
        ------
        BadInput
            When the image has another number of axes, or no such channel.
        """
        stack, named = _as_stack(image)
        given = {"channel": channel, "second_channel": second_channel}
        settings = self.used.settings.replace(**{name: value for name, value in given.items() if value})
        used = replace(self.used, settings=settings)
        if channel is None:
            for note in unused_channels([stack.shape[1]], used.known, "choose with channel=", "images"):
                warning(note)
        labels = segment_frame(stack, used, anisotropy).labels
        flat = labels[0] if len(labels) == 1 else labels
        if not named:
            return flat
        import xarray as xr

        return xr.DataArray(flat, dims=("z", "y", "x")[-flat.ndim :])


def load_model(model: str | os.PathLike, *, settings: PredictSettings | None = None) -> ReadyModel:
    """Load a model to segment arrays with it.

    Parameters
    ----------
    model : str or path-like
        A model folder of this tool, a weights file, or a name in Cellpose's zoo (its weights are downloaded if
        missing).
    settings : PredictSettings, optional
        Thresholds, diameter, device and so on; settings left open are those that the model was trained and tuned with.

    Returns
    -------
    ReadyModel

    Raises
    ------
    BadInput
        When there is no such model, or it belongs to another version of Cellpose.

    Examples
    --------
    >>> model = load_model("models/my cells")  # doctest: +SKIP
    >>> labels = model.segment(image, channel=1)  # doctest: +SKIP
    """
    return ReadyModel(find_model(os.fspath(model), settings or PredictSettings()))


def _as_stack(image: Any) -> tuple[NDArray[Any], bool]:
    """Return the image with shape (Z, C, Y, X), and whether its axes had names."""
    if hasattr(image, "dims"):
        ordered = in_order(image)
        if ordered.sizes["t"] != 1:
            raise BadInput(
                "the image is a time-lapse",
                found=f"{ordered.sizes['t']} frames",
                expected="one frame",
                cure="segment it frame by frame, or its file with cpretrain.predict",
            )
        return np.asarray(ordered.data)[0], True
    pixels = np.asarray(image)
    if pixels.ndim not in (2, 3, 4):
        raise BadInput(
            "the axes of the image are not known",
            found=f"{pixels.ndim} axes of lengths {pixels.shape}",
            expected="(Y, X), (C, Y, X) or (Z, C, Y, X)",
            cure="name them: xarray.DataArray(pixels, dims=('z', 'y', 'x'))",
        )
    return pixels.reshape((1,) * (4 - pixels.ndim) + pixels.shape), False
