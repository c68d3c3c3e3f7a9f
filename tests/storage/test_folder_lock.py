"""Two runs in one folder, leftovers of killed runs, folders that are not writable."""

import multiprocessing
import time

import pytest

from cpretrain.errors import BadInput
from cpretrain.runtime.console import set_output
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.folder_lock import LOCK, holding


def hold_and_die(folder, ready):
    with holding(folder), write_aside(folder / "whole.tif") as aside:
        aside.write_bytes(b"half")
        ready.set()
        time.sleep(600)


def test_a_second_run_says_who_holds_the_folder_and_goes_on_when_it_is_killed(tmp_path):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    other = context.Process(target=hold_and_die, args=(tmp_path, ready))
    other.start()
    assert ready.wait(30)
    said = []

    def kill_when_told(event):
        said.append(event["message"])
        other.kill()
        other.join()

    set_output(events=kill_when_told)
    try:
        with holding(tmp_path):
            assert [path.name for path in tmp_path.iterdir()] == [LOCK]  # the dead one's half is gone
    finally:
        set_output()
        other.kill()
    assert f"in use by process {other.pid} on" in said[0]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_was_made_and_left_empty_is_removed(tmp_path):
    with holding(tmp_path / "new" / "results"):
        pass
    assert not (tmp_path / "new" / "results").exists()


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(BadInput, match="cannot be written to"), holding(tmp_path / "results"):
        pass
