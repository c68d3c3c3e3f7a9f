"""Settings as options: omitted ones stay unset, given ones are set, for every settings class."""

import inspect

import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from cpretrain import settings as all_settings
from cpretrain.cli.command import COMMANDS, command
from cpretrain.cli.options import options_of
from cpretrain.runtime.summary import Summary
from cpretrain.settings.base import Settings

CLASSES = sorted(
    name
    for name, kind in vars(all_settings).items()
    if inspect.isclass(kind) and issubclass(kind, Settings) and kind is not Settings
)


@pytest.fixture
def settings_from():
    """Parse the settings of a class from command-line arguments."""

    def read(name: str, *arguments: str) -> BaseModel:
        seen: list[BaseModel] = []
        app = typer.Typer()

        @command(app, name)
        def probe(settings: BaseModel) -> Summary:
            seen.append(settings)
            return Summary([], {})

        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == 0, done.output
        return seen[0]

    yield read
    COMMANDS.pop("probe", None)


@pytest.mark.parametrize("name", CLASSES)
def test_options_left_out_leave_every_field_unset(name, settings_from):
    settings = settings_from(name)
    assert settings.model_fields_set == set()
    assert settings == getattr(all_settings, name)()


def given(option) -> list[str]:
    """Format an option with a valid value, its default if it has one."""
    if option.is_flag:
        return [option.opts[0]]
    if option.default is not None:
        values = option.default if option.nargs > 1 else [option.default]
        return [option.opts[0], *map(str, values)]
    words = {"optimizer": "adamw", "convert": "offset", "planes": "xy"}
    return [option.opts[0], *[words.get(option.name, "1")] * option.nargs]


@pytest.mark.parametrize(
    ("name", "option"),
    [
        pytest.param(name, option, id=f"{name}-{option.name}")
        for name in CLASSES
        for option in options_of(name)
    ],
)
def test_an_option_given_sets_its_field_and_no_other(name, option, settings_from):
    assert settings_from(name, *given(option)).model_fields_set == {option.name}


def test_a_command_can_be_called_twice_in_one_process(settings_from):
    assert settings_from("CropSettings", "--size", "50").size == 50
    assert settings_from("CropSettings", "--seed", "3").model_fields_set == {"seed"}


@pytest.mark.parametrize(("given", "written"), [([], True), (["--geojson"], True), (["--no-geojson"], False)])
def test_a_switch_that_is_on_can_be_turned_off(settings_from, given, written):
    assert settings_from("CombineSettings", *given).geojson is written
