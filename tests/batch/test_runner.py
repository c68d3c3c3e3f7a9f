"""Many files, here and on workers: a failure stops no others, no process is left, and the table lists every outcome."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cpretrain.batch import cluster
from cpretrain.batch.cluster import Unit
from cpretrain.batch.local_workers import BASE, SPARE, local_cluster, shares
from cpretrain.batch.outcome import Outcome
from cpretrain.batch.runner import for_each
from cpretrain.batch.workload import Workload
from cpretrain.cli.spelling import CommandLineSpelling
from cpretrain.errors import BadInput
from cpretrain.runtime.console import set_output
from cpretrain.runtime.spelling import spelled
from cpretrain.settings.batch import BatchSettings
from tests.support.batch_work import work

TWO = BatchSettings(workers=2)


def odd_only(path: Path) -> int:
    if int(path.name) % 2 == 0:
        raise BadInput(f"{path}: is even")
    return int(path.name)


def test_the_rest_goes_on():
    batch = for_each([Path(str(n)) for n in range(4)], odd_only, "count")
    assert batch.done == [1, 3]
    assert {path: error.problem for path, error in batch.failed.items()} == {
        Path("0"): "0: is even",
        Path("2"): "2: is even",
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [(["2"], "^2: is even$"), (["2", "4"], "none of 2 files could be used; the first: 2")],
)
def test_all_failed(names, message):
    with pytest.raises(BadInput, match=message):
        for_each([Path(name) for name in names], odd_only, "count")


def test_on_two_workers(tmp_path):
    names = ["a", "mortal", "bad [1] ü", "b", "deadly", "full", "c"]
    files = [tmp_path / name for name in names]
    events, before = [], set(psutil.Process().children())
    set_output(events=events.append)
    try:
        with spelled(CommandLineSpelling()):
            batch = for_each(files, work, "work", batch=TWO, results=tmp_path)
    finally:
        set_output()
    assert [name for name, _ in batch.done] == ["a", "mortal", "b", "c"]
    assert os.getpid() not in {pid for _, pid in batch.done}
    reasons = {file.name: str(error) for file, error in batch.failed.items()}
    assert reasons["bad [1] ü"].endswith("is bad\n  → mend it")
    assert "the processes that worked on it died" in reasons["deadly"]
    assert "No space left on device" in reasons["full"]
    assert "choose another disk with --out" in reasons["full"]  # spelled as here
    with open(tmp_path / "batch.csv", newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert {name: row["state"] for name, row in rows.items()} == {
        name: "failed" if name in reasons else "done" for name in names
    }
    assert rows["full"]["reason"] == reasons["full"]
    states = [event["state"] for event in events if event["event"] == "file" and event["file"].endswith("/a")]
    assert states == ["running", "done"]
    said = [event.get("message") for event in events]
    assert "saw a" in said
    assert said.count("begun in this way") == 1  # what each worker says of itself
    assert not any("is bad" in message for message in said if message)  # the reasons come at the end, once
    assert sum("failed: bad [1] ü" in message for message in said if message) == 1
    assert not workers_since(before)


@pytest.mark.parametrize(
    ("sizes", "settings"),
    [([3], BatchSettings(workers=2)), ([3, 3], BatchSettings()), ([3, 3], BatchSettings(workers=1))],
)
def test_little_work_stays_in_this_process(tmp_path, sizes, settings):
    files = [tmp_path / str(number) for number in range(len(sizes))]
    for file, size in zip(files, sizes, strict=True):
        file.write_bytes(bytes(size))
    batch = for_each(files, work, "work", batch=settings)
    assert {pid for _, pid in batch.done} == {os.getpid()}


@pytest.mark.parametrize(("files", "cores", "there"), [(69, 2, False), (71, 2, True), (71, 1, False)])
def test_many_small_files_are_much_work(tmp_path, monkeypatch, files, cores, there):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    monkeypatch.setattr(cluster, "on_cluster", lambda files, *_: [(file, Outcome(True)) for file in files])
    paths = [tmp_path / str(number) for number in range(files)]
    for path in paths:
        path.touch()
    assert for_each(paths, lambda _: False, "work", batch=BatchSettings()).done == [there] * files


@pytest.mark.parametrize(
    ("memory", "workers", "expected"),
    [
        ([1, 1, 1, 1], "auto", [(4, 4)]),  # GB of each file → files and workers of each group
        ([1, 1, 1, 1], 2, [(4, 2)]),
        ([1, 1], "auto", [(2, 2)]),
        ([1, 1, 1, 1, 6], "auto", [(4, 4), (1, 1)]),
        ([6, 6, 40], "auto", [(2, 1), (1, 1)]),
        ([4, 4], "auto", [(2, 2)]),
    ],
)
def test_workers_that_run_at_once_fit_in_memory(memory, workers, expected):
    units = [Unit(Path("x"), n * 10**9) for n in memory]
    free = 11 * 10**9
    found = shares(units, workers, free, cores=4)
    assert [(len(group), number) for group, number, _ in found] == expected
    for group, number, share in found:
        assert all(unit.memory <= share for unit in group)
        assert number == 1 or number * (share + BASE) <= free * SPARE


def test_on_a_scheduler_that_runs_already(tmp_path, one_worker):
    files = [tmp_path / name for name in ("a", "bad", "b")]
    for _ in range(2):  # what a batch leaves behind on the workers does not disturb the next one
        batch = for_each(files, work, "work", batch=one_worker)
        assert [name for name, _ in batch.done] == ["a", "b"]
        assert os.getpid() not in {pid for _, pid in batch.done}


def test_workers_of_several_threads_are_refused(tmp_path):
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as running,
        pytest.raises(BadInput, match="several files at once"),
    ):
        for_each([tmp_path / "a"], work, "work", batch=BatchSettings(scheduler=running.scheduler_address))


CLUSTER = """
from distributed import LocalCluster
running = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0")
print(running.scheduler_address, flush=True)
input()
"""


def test_the_environment_of_workers_is_theirs_alone():
    before = dict(os.environ)
    with local_cluster(2, 1):
        assert os.environ["OMP_NUM_THREADS"]
    assert dict(os.environ) == before


def test_workers_that_do_not_start():
    import dask

    before = set(psutil.Process().children())
    with (
        dask.config.set({"distributed.worker.preload": ["no_such_module"]}),
        pytest.raises(BadInput, match="2 workers: cannot be started"),
        local_cluster(2, 1),
    ):
        pass
    assert not workers_since(before)


def workers_since(before):
    left = set(psutil.Process().children()) - before
    return [child for child in left if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.slow
def test_a_scheduler_that_dies(tmp_path):
    files = [tmp_path / name for name in ("a", "b", "c")]
    command = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        settings = BatchSettings(scheduler=running.stdout.readline().strip())
        with pytest.raises(BadInput, match="the Dask scheduler is gone"):
            for_each(files, work, "work", batch=settings, results=tmp_path, take=lambda *_: running.kill())
    with open(tmp_path / "batch.csv", newline="", encoding="utf-8") as file:
        states = [row["state"] for row in csv.DictReader(file)]
    assert states[0] == "done"
    assert states[2] == "waiting"


def test_no_scheduler(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 0.5)
    with pytest.raises(BadInput, match="no Dask scheduler answers"):
        for_each([tmp_path / "a"], work, "work", batch=BatchSettings(scheduler="tcp://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("sizes", "seconds_per_byte", "seconds_per_file", "little"),
    [
        ([6] * 2, 1.0, 1.0, False),  # 14 seconds
        ([6, 5], 1.0, 0.9, True),
        ([0] * 69, 1.0, 0.2, True),
        ([13], 1.0, 0.0, True),
        ([14], 1.0, 0.0, False),
        ([10**6], 1e-6, 0.0, True),
    ],
)
def test_little_work_is_what_ends_before_workers_start(
    tmp_path, sizes, seconds_per_byte, seconds_per_file, little
):
    files = [tmp_path / str(number) for number in range(len(sizes))]
    for file, size in zip(files, sizes, strict=True):
        file.write_bytes(bytes(size))
    load = Workload(work, seconds_per_byte=seconds_per_byte, seconds_per_file=seconds_per_file)
    assert load.is_little(files) is little
    assert not load.is_little([*files, tmp_path])  # a folder may hold anything
