"""Information that is written twice stays in step: dependencies, versions, settings and their documentation."""

import re
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

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
from cpretrain.settings.tracking import TrackSettings
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
    "track": TrackSettings,
    "batch": BatchSettings,
    "export": ExportSettings,
}


def conda_dependencies() -> dict[str, str]:
    text = (ROOT / "environment.yml").read_text()
    lines = re.findall(r"^  - ([\w-]+) ?(.*)$", text.split("dependencies:")[1], re.MULTILINE)
    return dict(lines)


def test_environment_yml_is_in_step_with_pyproject():
    wanted = {"python": PROJECT["requires-python"], "openjdk": "21.*"}
    for requirement in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["cellpose3"]:
        name, version = re.fullmatch(r"([\w-]+)(.*)", requirement).groups()
        wanted[CONDA_NAMES.get(name, name)] = version
    assert conda_dependencies() == wanted


def test_the_recipe_is_in_step_with_environment_yml():
    text = (ROOT / "packaging" / "conda" / "recipe.yaml").read_text()
    run = text.split("  run:\n")[1].split("\n\n")[0]
    listed = dict(re.findall(r"^    - ([\w-]+) ?(.*)$", run, re.MULTILINE))
    conda = conda_dependencies()
    own = ("python", "openjdk", "cellpose")
    assert {name: version for name, version in listed.items() if name not in own} == {
        name: version for name, version in conda.items() if name not in own
    }
    assert set(own) <= listed.keys()


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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    [path] = WheelBuilder(str(ROOT)).build(
        directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"]
    )
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.mark.parametrize("folder", ["macros/fiji", "macros/qupath", "cpretrain/demo_data/fields"])
def test_what_commands_and_messages_need_is_in_the_wheel(wheel, folder):
    packed = {name.removeprefix("cpretrain/") for name in wheel.namelist()}
    needed = {
        path.relative_to(ROOT).as_posix().removeprefix("cpretrain/")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert needed and needed <= packed


def test_pages_that_messages_name_are_in_the_wheel(wheel):
    sources = [path.read_text("utf-8") for path in (ROOT / "cpretrain").rglob("*.py")]
    named = {name for text in sources for name in re.findall(r"shipped\(['\"](docs/[^'\"]+)", text)}
    assert named and {f"cpretrain/{name}" for name in named} <= set(wheel.namelist())


def test_nothing_else_is_in_the_wheel(wheel):
    names = wheel.namelist()
    assert {name.split("/")[0] for name in names} == {
        "cpretrain",
        "fiji_bridge",
        f"cpretrain-{cpretrain.__version__}.dist-info",
    }
    assert not [name for name in names if "base_training" in name or "__pycache__" in name]
    assert {"cpretrain/py.typed", "fiji_bridge/py.typed"} <= set(names)


def test_the_wheel_stays_small(wheel):
    assert Path(wheel.filename).stat().st_size < 12e6


def test_the_page_of_the_package_index_has_no_link_that_leads_nowhere(wheel):
    metadata = message_from_bytes(wheel.read(f"cpretrain-{cpretrain.__version__}.dist-info/METADATA"))
    targets = re.findall(r"\]\(([^)]+)\)", metadata.get_payload())
    assert targets and [target for target in targets if not target.startswith(("https://", "#"))] == []
