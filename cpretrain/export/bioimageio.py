"""Pack a retrained model for the BioImage Model Zoo, and check the package as the zoo does."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cpretrain.dataset.splitting import read_split
from cpretrain.errors import BadInput
from cpretrain.export.description import EPS, describe
from cpretrain.export.torchscript import example_of, trace_network
from cpretrain.models.folder import ModelFolder
from cpretrain.models.record import read_record
from cpretrain.models.segmenter import quietly
from cpretrain.models.trained import find_model
from cpretrain.runtime.console import info
from cpretrain.runtime.summary import Summary
from cpretrain.settings.export import ExportSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.paths import PathLike, to_path

ENDING = ".bioimageio.zip"
INSTALL = "pip install 'cpretrain[bioimageio]'"


@dataclass(frozen=True)
class ExportResult:
    """A package for the BioImage Model Zoo.

    Parameters
    ----------
    path : pathlib.Path
        The ZIP file.
    checks : list of str
        Checks by ``bioimageio.core`` that it passed.
    """

    path: Path
    checks: list[str]

    def summary(self) -> Summary:
        """Return the package's path, and its checks."""
        return Summary([f"{self.path}: passed the checks of bioimageio.core"], vars(self))


def export_model(
    model: PathLike, *, settings: ExportSettings | None = None, out: PathLike | None = None
) -> ExportResult:
    """Pack a model folder for the BioImage Model Zoo.

    Parameters
    ----------
    model : path-like
        A folder made by ``cpretrain train``; its validation images must exist, since the first becomes the example.
    settings : ExportSettings, optional
        Title, authors and licence.
    out : path-like, optional
        The ZIP file; by default in the model folder.

    Returns
    -------
    ExportResult
        The network as TorchScript, the scaling of its input, an example, the model card, and the licence of the
        base; checked offline by running it with ``bioimageio.core``.

    Raises
    ------
    BadInput
        When packages are missing, the settings cannot be used, or the package does not pass the checks.
    """
    _check_installed()
    model = to_path(model)
    settings = settings or ExportSettings()
    record = read_record(model)
    used = find_model(model, PredictSettings(device="cpu"))
    image = read_split(ModelFolder(model).split).validation[0].image
    path = to_path(out) or model / f"{record['cell_type']}{ENDING}"
    with TemporaryDirectory() as folder:
        parts = Path(folder)
        example = example_of(image, used, EPS)
        info("export: writing the network")
        np.save(parts / "example.npy", example.image)
        np.save(parts / "flows.npy", trace_network(used, example, parts / "network.pt"))
        described = describe(parts, model, record, settings)
        with write_aside(path) as aside:
            checks = _pack(described, aside)
    return ExportResult(path, checks)


def _pack(described: Any, path: Path) -> list[str]:
    from bioimageio.core import test_model
    from bioimageio.spec import save_bioimageio_package
    from loguru import logger

    save_bioimageio_package(described, output_path=path)
    info("export: running it as the zoo does")
    logger.disable("bioimageio")
    with quietly():
        summary = test_model(path, devices=["cpu"])
    failed = [error.msg for check in summary.details for error in check.errors]
    if summary.status != "passed":
        raise BadInput(
            "export: the package does not pass the checks of the BioImage Model Zoo",
            found="; ".join(failed)[:500] or summary.status,
            expected="passed",
        )
    return [check.name for check in summary.details if check.status == "passed"]


def _check_installed() -> None:
    """Check the packages: bioimageio.spec before 0.5.14 cannot write file names with pydantic 2.14 or later."""
    try:
        spec, pydantic = (_version(name) for name in ("bioimageio.spec", "pydantic"))
        _version("bioimageio.core")
    except metadata.PackageNotFoundError as error:
        raise BadInput(f"export: {error.name} is not installed", cure=INSTALL) from None
    if spec < (0, 5, 14) and pydantic >= (2, 14):
        raise BadInput(
            "export: bioimageio.spec and pydantic do not fit",
            found=f"bioimageio.spec {metadata.version('bioimageio.spec')}, pydantic {metadata.version('pydantic')}",
            expected="pydantic before 2.14",
            cure=INSTALL,
        )


def _version(package: str) -> tuple[int, ...]:
    return tuple(int(number) for number in metadata.version(package).split(".")[:3] if number.isdigit())
