"""The pretrained models of Cellpose: purpose, file, and licence as far as it is stated."""

from dataclasses import dataclass

CELLPOSE_3 = (
    "BSD 3-clause as Cellpose itself, says Cellpose; trained on images of which some are for non-commercial use only, "
    "and Cellpose leaves open what follows from that: see https://github.com/MouseLand/cellpose/issues/192"
)
CELLPOSE_SAM = (
    "BSD 3-clause; trained on data under CC BY-NC: see https://huggingface.co/mouseland/cellpose-sam and "
    "https://github.com/MouseLand/cellpose"
)
CELLPOSE_DINO = (
    "see https://huggingface.co/mouseland/cellpose-sam, and for the DINOv3 encoder inside "
    "https://ai.meta.com/resources/models-and-libraries/dinov3-license/"
)
DOWNLOADS = {
    3: "https://www.cellpose.org/models/",
    4: "https://huggingface.co/mouseland/cellpose-sam/resolve/main/",
}
"""Addresses from which Cellpose downloads the files."""


@dataclass(frozen=True)
class ZooModel:
    """A pretrained model.

    Parameters
    ----------
    name : str
        Name in Cellpose.
    cellpose : {3, 4}
        Major version of Cellpose that loads it.
    made_for : str
        Its training images, in a few words.
    licence : str
        Known facts about its licence, and where to look.
    file : str
        Name of its file; usually its own name.
    """

    name: str
    cellpose: int
    made_for: str
    licence: str
    file: str

    @property
    def url(self) -> str:
        """Address to download its file by hand."""
        return DOWNLOADS[self.cellpose] + self.file


_MADE_FOR_3 = {
    "cyto3": "cells and nuclei of many kinds; the first one to try",
    "nuclei": "nuclei",
    "cyto2_cp3": "cells of many kinds (Cellpose's images and users' images)",
    "tissuenet_cp3": "tissue, cell and nuclear channel (TissueNet)",
    "livecell_cp3": "phase contrast of cultured cells (LIVECell)",
    "yeast_PhC_cp3": "yeast, phase contrast (YeaZ)",
    "yeast_BF_cp3": "yeast, bright field (YeaZ)",
    "bact_phase_cp3": "bacteria, phase contrast (Omnipose)",
    "bact_fluor_cp3": "bacteria, fluorescence (Omnipose)",
    "deepbacs_cp3": "bacteria (DeepBacs)",
    "cyto2": "cells of many kinds, older (Cellpose 2)",
    "cyto": "cells of many kinds, oldest (Cellpose 1)",
    "CPx": "cells of many kinds (Cellpose 2)",
    "TN1": "tissue, a part of TissueNet (Cellpose 2)",
    "TN2": "tissue, a part of TissueNet (Cellpose 2)",
    "TN3": "tissue, a part of TissueNet (Cellpose 2)",
    "LC1": "phase contrast, a part of LIVECell (Cellpose 2)",
    "LC2": "phase contrast, a part of LIVECell (Cellpose 2)",
    "LC3": "phase contrast, a part of LIVECell (Cellpose 2)",
    "LC4": "phase contrast, a part of LIVECell (Cellpose 2)",
}
_FILES_3 = {"cyto": "cytotorch_0", "cyto2": "cyto2torch_0", "nuclei": "nucleitorch_0"}

ZOO = {
    model.name: model
    for model in (
        *(
            ZooModel(name, 3, made_for, CELLPOSE_3, _FILES_3.get(name, name))
            for name, made_for in _MADE_FOR_3.items()
        ),
        ZooModel("cpsam_v2", 4, "cells and nuclei of all kinds; the default", CELLPOSE_SAM, "cpsam_v2"),
        ZooModel("cpsam", 4, "cells and nuclei of all kinds, first version", CELLPOSE_SAM, "cpsam"),
        ZooModel("cpdino", 4, "cells of all kinds; needs the package dinov3", CELLPOSE_DINO, "cpdino"),
        ZooModel(
            "cpdino-vitb", 4, "the same, smaller; needs the package dinov3", CELLPOSE_DINO, "cpdino-vitb"
        ),
    )
}
"""Models by name. Networks of Cellpose 3 with another architecture (transformer_cp3, neurips_…) are not included."""


def zoo_names(major: int) -> list[str]:
    """List the names of the models that a major version of Cellpose loads."""
    return [model.name for model in ZOO.values() if model.cellpose == major]
