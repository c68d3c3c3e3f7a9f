"""Description of a model in its package for the BioImage Model Zoo."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cpretrain.errors import BadInput
from cpretrain.export.torchscript import LARGEST, SMALLEST, STEP, channel_names
from cpretrain.models.folder import ModelFolder
from cpretrain.models.normalization import Normalization
from cpretrain.models.versions import installed_cellpose
from cpretrain.models.weights import cellpose_major, stored_weights
from cpretrain.runtime.spelling import option
from cpretrain.settings.export import ExportSettings

EPS = 1e-6
"""Constant added to the difference of two percentiles before dividing by it."""
CITED = {
    3: ("Stringer & Pachitariu (2025) Cellpose3: one-click image restoration for improved cellular segmentation",
        "10.1038/s41592-025-02595-5"),
    4: ("Pachitariu, Rariden & Stringer (2025) Cellpose-SAM: superhuman generalization for cellular segmentation",
        "10.1101/2025.04.28.651001"),
}  # fmt: skip
USE = """
## In the BioImage Model Zoo: input, output, validation

The package holds the network alone, as TorchScript. {scaling} The input has the channels {channels}; set those
of which you have no image to 0. Grey values are scaled by percentiles, as the package says. The output has three
channels: the flow along y and along x, times 5, and the logit of the cell probability;
`cellpose.dynamics.compute_masks` makes masks of them.

The validation images were never trained on; how the model does on them is in the report of `cpretrain evaluate`.
"""


def describe(parts: Path, model: Path, record: Mapping[str, Any], settings: ExportSettings) -> Any:
    """Describe a model, for a package.

    Parameters
    ----------
    parts : pathlib.Path
        Folder with ``network.pt``, ``example.npy`` and ``flows.npy``.
    model : pathlib.Path
        The model folder.
    record : mapping
        Its ``model.json``.
    settings : ExportSettings
        Title, authors, licence.

    Returns
    -------
    bioimageio.spec.model.v0_5.ModelDescr

    Raises
    ------
    BadInput
        When the zoo does not accept the title or the licence.
    """
    from bioimageio.spec.model import v0_5 as zoo

    text, doi = CITED[cellpose_major()]
    title = settings.title or f"Cellpose retrained for {record['cell_type']}"
    try:
        return zoo.ModelDescr(
            name=title,
            description=f"Cellpose {cellpose_major()} retrained for {record['cell_type']}: flows and cell probability",
            authors=[zoo.Author(name=name) for name in settings.authors],
            license=settings.licence or _licence_file(parts, record),
            documentation=_documentation(parts, model, record),
            cite=[zoo.CiteEntry(text=text, doi=doi)],
            tags=["cellpose", "instance-segmentation", "2d", "pytorch"],
            inputs=[_input(parts, record)],
            outputs=[_output(parts)],
            weights=zoo.WeightsDescr(
                torchscript=zoo.TorchscriptWeightsDescr(
                    source=parts / "network.pt", pytorch_version=record["versions"]["torch"].split("+")[0]
                )
            ),
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            "export: the BioImage Model Zoo does not accept this description",
            found=f"{'.'.join(map(str, first['loc'][:2]))}: {first['msg']}",
            cure=f"choose another {option('title')} (5 letters, digits, spaces or more) "
            f"or {option('licence')} (an SPDX name)",
        ) from error


def _input(parts: Path, record: Mapping[str, Any]) -> Any:
    from bioimageio.spec.model import v0_5 as zoo

    side = zoo.ParameterizedSize(min=SMALLEST, step=STEP) if installed_cellpose().scales_objects else LARGEST
    low, high = Normalization.model_validate(record["normalization"]).percentiles
    scaled = zoo.ScaleRangeKwargs(axes=("y", "x"), min_percentile=low, max_percentile=high, eps=EPS)
    return zoo.InputTensorDescr(
        id="image",
        axes=[
            zoo.BatchAxis(),
            zoo.ChannelAxis(channel_names=channel_names()),
            *(zoo.SpaceInputAxis(id=axis, size=side) for axis in "yx"),
        ],
        test_tensor=zoo.FileDescr(source=parts / "example.npy"),
        data=zoo.IntervalOrRatioDataDescr(type="float32"),
        preprocessing=[zoo.ScaleRangeDescr(kwargs=scaled)],
    )


def _output(parts: Path) -> Any:
    from bioimageio.spec.model import v0_5 as zoo

    return zoo.OutputTensorDescr(
        id="flows",
        axes=[
            zoo.BatchAxis(),
            zoo.ChannelAxis(channel_names=["flow_y", "flow_x", "cell_probability"]),
            *(
                zoo.SpaceOutputAxis(id=axis, size=zoo.SizeReference(tensor_id="image", axis_id=axis))
                for axis in "yx"
            ),
        ],
        test_tensor=zoo.FileDescr(source=parts / "flows.npy"),
        data=zoo.IntervalOrRatioDataDescr(type="float32"),
    )


def _licence_file(parts: Path, record: Mapping[str, Any]) -> Any:
    """Write what is known about the licence of the base, which the model inherits."""
    from bioimageio.spec.model import v0_5 as zoo

    name = Path(record["base"]["name"]).name
    licence = record["base"].get("licence") or "unknown"
    (parts / "LICENSE.txt").write_text(
        f"Retrained from {name}. Licence of {name}: {licence}\n", encoding="utf-8"
    )
    return zoo.FileDescr(source=parts / "LICENSE.txt")


def _documentation(parts: Path, model: Path, record: Mapping[str, Any]) -> Any:
    from bioimageio.spec.model import v0_5 as zoo

    card = ModelFolder(model).card.read_text(encoding="utf-8").replace("![losses](losses.png)\n", "")
    if installed_cellpose().scales_objects:
        diameter = float(stored_weights(ModelFolder(model).weights)["diam_mean"])
        scaling = f"Rescale images so that objects have a diameter of about {diameter:.0f} pixels."
    else:
        scaling = "Images need no rescaling."
    use = USE.format(scaling=scaling, channels=", ".join(channel_names()))
    (parts / "README.md").write_text(card + use, encoding="utf-8")
    return zoo.FileDescr(source=parts / "README.md")
