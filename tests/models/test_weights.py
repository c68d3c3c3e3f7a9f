from pathlib import Path

import pytest

from cpretrain.errors import BadInput
from cpretrain.models.weights import cellpose_major, find_base, zoo_file
from cpretrain.models.zoo import ZOO, zoo_names

pytestmark = pytest.mark.cellpose
MAJOR = cellpose_major()


@pytest.fixture(autouse=True)
def models_folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.mark.parametrize("name", zoo_names(MAJOR))
def test_zoo_files_are_where_cellpose_looks_for_them(name, models_folder, monkeypatch):
    from cellpose import models

    monkeypatch.setattr(models, "MODEL_DIR", models_folder)
    zoo_file(name).touch()
    path = models.model_path(name) if MAJOR == 3 else models.cache_model_path(name)
    assert Path(path) == zoo_file(name) == find_base(name).path


def test_the_zoo_is_that_of_cellpose():
    from cellpose import models

    assert set(zoo_names(MAJOR)) <= set(models.MODEL_NAMES)
    left_out = set(models.MODEL_NAMES) - set(zoo_names(MAJOR))
    assert all(name == "CP" or "transformer" in name or "neurips" in name for name in left_out)
    assert all(
        model.made_for and model.licence and model.url.startswith("https://") for model in ZOO.values()
    )
    assert all(model.url.startswith(models._MODEL_URL) for model in ZOO.values() if model.cellpose == MAJOR)


def test_licence_of_a_base(tmp_path, tiny_model):
    assert find_base(zoo_names(MAJOR)[0]).licence.startswith("BSD 3-clause")
    assert find_base(str(tiny_model)).licence == "unknown, a file of weights does not state it"
    (tmp_path / "weights").write_bytes(tiny_model.read_bytes())
    (tmp_path / "model.json").write_text('{"base": {"licence": "CC0"}}')
    assert find_base(str(tmp_path)).licence == "CC0"


def test_own_models_of_cellpose(models_folder, tiny_model):
    (models_folder / "gui_models.txt").write_text("my cells\n")
    (models_folder / "my cells").write_bytes(tiny_model.read_bytes())
    assert find_base("my cells").path == models_folder / "my cells"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cyto33" if MAJOR == 3 else "cpsam_v3", "did you mean"),
        ("/nowhere/model", "no such file, and no model of that name"),
        ("/", "is not a model folder"),
        (zoo_names(7 - MAJOR)[0], f"belongs to Cellpose {7 - MAJOR}"),
    ],
)
def test_a_name_that_cellpose_would_silently_replace_is_refused(name, message):
    with pytest.raises(BadInput, match=message):
        find_base(name)


def test_weights_of_the_other_version(tmp_path):
    import torch

    path = tmp_path / "weights"
    torch.save({{3: "W2", 4: "output.2.weight"}[MAJOR]: torch.zeros(3)}, path)
    with pytest.raises(BadInput, match=f"weights of Cellpose {7 - MAJOR}"):
        find_base(str(path))


def test_weights_in_the_format_of_old_versions_of_torch(tmp_path, tiny_model):
    import torch

    state = torch.load(tiny_model, weights_only=True)
    torch.save(state, tmp_path / "weights", _use_new_zipfile_serialization=False)
    assert find_base(str(tmp_path)).path == tmp_path / "weights"


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut off"])
def test_a_file_that_holds_no_weights(tmp_path, content):
    path = tmp_path / "weights"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="cannot be read as model weights"):
        find_base(str(path))


def test_weights_of_something_else(tmp_path):
    import torch

    torch.save({"layer": torch.zeros(3)}, tmp_path / "weights")
    with pytest.raises(BadInput, match="not those of a Cellpose model"):
        find_base(str(tmp_path))


def test_a_retrained_model_is_taken_as_a_base_only_when_asked_for(tmp_path, tiny_model):
    (tmp_path / "weights").write_bytes(tiny_model.read_bytes())
    (tmp_path / "model.json").write_text("{}")
    assert find_base(str(tmp_path)).path == tmp_path / "weights"
    for name in (tmp_path, tmp_path / "weights"):
        with pytest.raises(BadInput, match="continue_from_finetuned=True"):
            find_base(str(name), finetuned=False)
