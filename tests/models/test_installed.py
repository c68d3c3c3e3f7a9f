"""The list of models, and the user's own model in Cellpose's folder."""

import pytest

from cpretrain.errors import BadInput
from cpretrain.models.download import download_model
from cpretrain.models.installed import install_model, list_models
from cpretrain.models.weights import cellpose_major, find_base
from cpretrain.models.zoo import ZOO

pytestmark = pytest.mark.cellpose


@pytest.fixture(autouse=True)
def cellpose_folder(tmp_path, monkeypatch):
    folder = tmp_path / "Cellpose ü"
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(folder))
    return folder


@pytest.fixture
def model(tmp_path, tiny_model):
    folder = tmp_path / "my cells"
    folder.mkdir()
    (folder / "weights").write_bytes(tiny_model.read_bytes())
    (folder / "model.json").write_text("{}")
    return folder


def test_models_on_this_machine_are_told_from_those_that_are_not(cellpose_folder):
    cellpose_folder.mkdir()
    (cellpose_folder / "cpsam_v2").touch()
    (cellpose_folder / "gui_models.txt").write_text("my cells\n\n")
    report = list_models()
    here = {model["name"]: model["here"] for model in report.data["models"]}
    assert set(here) == {*ZOO, "my cells"}
    assert [name for name, found in here.items() if found] == ["cpsam_v2"]
    said = "\n".join(report.lines)
    assert f"put it into {cellpose_folder}\n" in said
    assert "nuclei → nucleitorch_0" in said
    assert "cyto3            Cellpose 3  not here  cells and nuclei of many kinds" in said


def test_install(model, cellpose_folder, monkeypatch):
    cellpose_folder.mkdir()
    (cellpose_folder / "gui_models.txt").write_text("older cells")
    install_model(model)
    install_model(model)  # once more changes nothing
    assert (cellpose_folder / "gui_models.txt").read_text() == "older cells\nmy cells\n"
    install_model(model, "other name")
    assert find_base("other name").path == cellpose_folder / "other name"

    from cellpose import models

    monkeypatch.setattr(models, "MODEL_LIST_PATH", str(cellpose_folder / "gui_models.txt"))
    monkeypatch.setattr(models, "MODEL_DIR", cellpose_folder)
    assert models.get_user_models() == ["older cells", "my cells", "other name"]
    loaded = models.CellposeModel(pretrained_model="my cells")
    if cellpose_major() == 4:  # 3 says the name alone
        assert loaded.pretrained_model == str(cellpose_folder / "my cells")


@pytest.mark.parametrize("name", ["my cells", "cyto3", "nucleitorch_0", "gui_models.txt", "a/b", ".hidden"])
def test_another_model_is_never_overwritten(model, cellpose_folder, name):
    cellpose_folder.mkdir()
    (cellpose_folder / "my cells").write_bytes(b"something else")
    with pytest.raises(BadInput, match=r"is a different model|cannot be the name"):
        install_model(model, name)
    assert [path.name for path in cellpose_folder.iterdir()] == ["my cells"]


def test_what_is_no_model_folder(tmp_path):
    with pytest.raises(BadInput, match="is not a model folder"):
        install_model(tmp_path)


def test_a_model_that_is_here_is_not_downloaded_again(cellpose_folder, tiny_model):
    name = "cyto3" if cellpose_major() == 3 else "cpsam_v2"
    cellpose_folder.mkdir()
    there = cellpose_folder / name
    there.write_bytes(tiny_model.read_bytes())
    assert download_model(name).data == {"name": name, "path": there}
    with pytest.raises(BadInput, match="did you mean"):
        download_model(name + "x")
