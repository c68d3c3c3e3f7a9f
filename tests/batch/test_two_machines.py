"""Two network namespaces, each with its own worker and address, stand for two machines of a cluster."""

import csv
import os
import shutil
import subprocess
import sys

import pytest

from cpretrain.batch.runner import for_each
from cpretrain.settings.batch import BatchSettings
from tests.support.batch_work import work

HERE, THERE = "198.18.{}.1", "198.18.{}.2"
"""Addresses of this machine and of a namespace, on the wire between them; from the range that is kept for tests."""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def may_make_namespaces() -> bool:
    name = f"cpretrain{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "delete", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@pytest.fixture
def machines():
    """Names of two namespaces, each with a wire to this machine."""
    names = []
    try:
        for number in (1, 2):
            name, wire = f"cpretrain{os.getpid()}-{number}", f"cp{os.getpid()}{number}"
            ip("netns", "add", name)
            names.append(name)
            ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("address", "add", HERE.format(number) + "/30", "dev", wire)
            ip("link", "set", wire, "up")
            ip("-n", name, "address", "add", THERE.format(number) + "/30", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            ip("netns", "delete", name)  # and the wire with it


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("ip") is None or not may_make_namespaces(),
    reason="needs the right to make network namespaces",
)
def test_workers_of_two_machines_share_the_work(tmp_path, machines):
    from distributed import Client, LocalCluster

    files = [tmp_path / name for name in ("a", "bad", "b", "c", "d")]
    with LocalCluster(n_workers=0, host="tcp://0.0.0.0", dashboard_address="127.0.0.1:0") as scheduler:
        port = scheduler.scheduler.port
        command = [sys.executable, "-m", "dask", "worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        workers = [
            subprocess.Popen(["ip", "netns", "exec", name, *command, f"tcp://{HERE.format(number)}:{port}"],
                             stderr=subprocess.DEVNULL)
            for number, name in enumerate(machines, start=1)
        ]  # fmt: skip
        try:
            with Client(scheduler, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=60)
            settings = BatchSettings(scheduler=f"tcp://{HERE.format(1)}:{port}")
            batch = for_each(files, work, "work", batch=settings, results=tmp_path)
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait()
    assert [name for name, _ in batch.done] == ["a", "b", "c", "d"]
    assert [file.name for file in batch.failed] == ["bad"]
    with open(tmp_path / "batch.csv", newline="", encoding="utf-8") as table:
        places = {row["worker"].removeprefix("tcp://").partition(":")[0] for row in csv.DictReader(table)}
    assert places == {THERE.format(1), THERE.format(2)}
