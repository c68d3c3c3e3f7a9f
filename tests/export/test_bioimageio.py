"""A model retrained here, packed, and run by the zoo's own software from the package alone."""

import zipfile
from importlib import metadata

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.export import export_model
from cpretrain.models.weights import cellpose_major
from cpretrain.settings.export import ExportSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.training import retrain
from tests.conftest import write_training_folders

FITS = tuple(map(int, metadata.version("pydantic").split(".")[:2])) < (2, 14)
pytestmark = [
    pytest.mark.cellpose,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # it leaves files open
    pytest.mark.skipif(not FITS, reason="bioimageio.spec 0.5.12 needs pydantic before 2.14"),
]


@pytest.fixture(scope="module")
def model(tiny_model, disks, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    tile = 64 if cellpose_major() == 3 else 256
    settings = TrainSettings(
        name="Zellen ü", base=str(tiny_model), epochs=1, batch_size=4, tile=tile, device="cpu"
    )
    return retrain(*write_training_folders(folder, disks), settings=settings, out=folder / "models").folder


def test_the_zoo_runs_the_package(model, tmp_path, capfd):
    from bioimageio.core import load_model, predict
    from bioimageio.core.digest_spec import get_test_input_sample, get_test_output_sample

    settings = ExportSettings(title="Cells and more", authors="A. Person, Jemand", licence="CC-BY-NC-4.0")
    exported = export_model(model, settings=settings, out=tmp_path / "package.zip")
    assert all(line.startswith("export: ") for line in capfd.readouterr().err.splitlines())
    assert exported.path == tmp_path / "package.zip" and exported.checks
    described = load_model(exported.path)
    assert [author.name for author in described.authors] == ["A. Person", "Jemand"]
    assert (described.name, str(described.license)) == ("Cells and more", "CC-BY-NC-4.0")
    found = predict(model=described, inputs=get_test_input_sample(described)).members["flows"].data.data
    expected = get_test_output_sample(described).members["flows"].data.data
    assert found.shape[1] == 3 and np.ptp(expected) > 0
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_licence_of_the_base_goes_along(model):
    exported = export_model(model, settings=ExportSettings(title="Cells"))
    assert exported.path.parent == model
    with zipfile.ZipFile(exported.path) as package:
        assert "Licence of tiny: unknown" in package.read("LICENSE.txt").decode()
        scaling = "diameter of about 30 pixels" if cellpose_major() == 3 else "no rescaling"
        assert scaling in package.read("README.md").decode()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [(ExportSettings(), "name: "), (ExportSettings(title="Cells", licence="mine"), "license")],
)
def test_what_the_zoo_does_not_take(model, tmp_path, settings, problem):
    with pytest.raises(BadInput, match=problem):
        export_model(model, settings=settings, out=tmp_path / "package.zip")
    assert not [*tmp_path.iterdir()]
