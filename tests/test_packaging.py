"""What is written twice stays in step: dependencies, versions, settings and their documentation."""

import re
import tomllib

import pytest

import cpretrain
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.combination import CombineSettings
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.export import ExportSettings
from cpretrain.settings.masks import MaskSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.rounds import RoundSettings
from cpretrain.settings.training import TrainSettings
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base", "lazy-loader": "lazy_loader"}
STEPS = {
    "drift": DriftSettings,
    "crops": CropSettings,
    "masks": MaskSettings,
    "train": TrainSettings,
    "evaluate": EvaluateSettings,
    "predict": PredictSettings,
    "combine": CombineSettings,
    "round": RoundSettings,
    "batch": BatchSettings,
    "export": ExportSettings,
}


def conda_dependencies() -> dict[str, str]:
    text = (ROOT / "environment.yml").read_text()
    lines = re.findall(r"^  - ([\w-]+) ?(.*)$", text.split("dependencies:")[1], re.MULTILINE)
    return dict(lines)


def test_environment_yml_is_in_step_with_pyproject():
    wanted = {"python": PROJECT["requires-python"], "openjdk": "17.*"}
    for requirement in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["cellpose3"]:
        name, version = re.fullmatch(r"([\w-]+)(.*)", requirement).groups()
        wanted[CONDA_NAMES.get(name, name)] = version
    assert conda_dependencies() == wanted


def test_one_version():
    assert PROJECT["version"] == cpretrain.__version__
    assert f"## {cpretrain.__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("step", STEPS)
def test_every_setting_is_documented(step):
    section = (ROOT / "docs" / "settings.md").read_text().split(f"## [{step}]")[1].split("\n## ")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.*) \|$", section, re.MULTILINE))
    assert documented == {name: field.description for name, field in STEPS[step].model_fields.items()}


def test_links_of_the_documentation_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
