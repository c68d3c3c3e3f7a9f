"""File names in a model folder are an interface: Cellpose, the docs and models of earlier versions rely on them."""

from cpretrain.evaluation.files import EvaluationFiles
from cpretrain.models.folder import ModelFolder

NAMES = {
    "weights": "weights",
    "record": "model.json",
    "card": "README.md",
    "split": "split.csv",
    "losses": "losses.csv",
    "losses_picture": "losses.png",
    "tuning": "tuning.json",
    "tuning_picture": "tuning.png",
}
OF_EVALUATION = ("evaluation.csv", "evaluation_summary.csv", "evaluation_objects.csv", "report.html")


def test_names_of_files(tmp_path):
    folder = ModelFolder(tmp_path)
    assert {name: getattr(folder, name) for name in NAMES} == {
        name: tmp_path / file for name, file in NAMES.items()
    }
    assert {path.name for path in folder.trained} == {
        "weights",
        "split.csv",
        "losses.csv",
        "losses.png",
        "README.md",
    }
    evaluation = EvaluationFiles(tmp_path)
    assert evaluation.results == [tmp_path / name for name in OF_EVALUATION]
    assert evaluation.record == tmp_path / "evaluation.json"


def test_a_folder_is_a_model_folder_by_its_record(tmp_path):
    (tmp_path / "weights").touch()
    assert not ModelFolder(tmp_path).is_one
    (tmp_path / "model.json").touch()
    assert ModelFolder(tmp_path).is_one
