"""Cluster profiles: the job scripts they make, jobs that really run, and errors for bad ones."""

import os
import shutil
import time

import psutil
import pytest

from cpretrain.batch.queue_profile import CLASSES, _arguments, _class_of, read_profile
from cpretrain.batch.runner import for_each
from cpretrain.batch.workload import Workload
from cpretrain.errors import BadInput
from cpretrain.settings.batch import BatchSettings
from tests.support.batch_work import work

SLURM = """
queue = "slurm"
jobs = 20
cores = 2
memory = "8GB"
[options]
queue = "short"
account = "mylab"
walltime = "04:00:00"
job_script_prologue = ["source ~/env/bin/activate"]
"""


def test_the_job_script(tmp_path):
    (tmp_path / "slurm.toml").write_text(SLURM)
    profile = read_profile(tmp_path / "slurm.toml")
    with _class_of(profile.queue)(**_arguments(profile)) as cluster:
        script = cluster.job_script()
    for line in ("#SBATCH -p short", "#SBATCH -A mylab", "#SBATCH -t 04:00:00", "#SBATCH --cpus-per-task=2",
                 "export OMP_NUM_THREADS=2", "source ~/env/bin/activate"):  # fmt: skip
        assert line in script.splitlines()
    assert script.split("--nthreads")[-1].split()[0] == "1"  # the last one counts
    assert "--resources memory=7300000000" in script


def test_every_queue_has_a_class():
    assert all(_class_of(queue).job_cls for queue in CLASSES)


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Return a function that replaces SLURM by a queue on this machine, with the given command ``sbatch``."""

    def make(sbatch):
        commands = tmp_path / "commands"
        commands.mkdir()
        for name, script in (
            ("sbatch", sbatch),
            ("scancel", f'echo "$1" >> {commands}/cancelled; kill -- "-$1"'),
        ):
            (commands / name).write_text(f"#!/bin/sh\n{script}\n")
            (commands / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
        return commands

    return make


@pytest.mark.skipif(shutil.which("setsid") is None, reason="the queue of this test needs setsid")
def test_jobs_that_run(tmp_path, queue):
    commands = queue(
        'cp "$1" "$0.job"; setsid bash "$0.job" > "$0.log" 2>&1 &\necho "Submitted batch job $!"'
    )
    profile = tmp_path / "slurm.toml"
    profile.write_text('queue = "slurm"\njobs = 1\nmemory = "2GB"\n')
    files = [tmp_path / name for name in ("a", "bad", "large")]
    batch = for_each(
        files, Workload(work, memory=lambda file: 3 * 10**9 if file.name == "large" else 10**8), "work",
        batch=BatchSettings(cluster=profile),
    )  # fmt: skip
    [(name, process)] = batch.done
    assert name == "a"
    assert process != os.getpid()
    assert "is bad" in str(batch.failed[tmp_path / "bad"])
    assert "no worker has enough memory for it" in str(batch.failed[tmp_path / "large"])
    [job] = (commands / "cancelled").read_text().split()
    assert ended(int(job), seconds=30)


def ended(process, seconds):
    """Return whether a process ends within the given time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_a_job_that_is_refused(tmp_path, queue):
    queue('echo "Invalid account or partition" >&2; exit 1')
    (tmp_path / "p.toml").write_text(SLURM)
    with pytest.raises(BadInput, match=r"refused a job[^$]*Invalid account"):
        for_each([tmp_path / "a"], work, "work", batch=BatchSettings(cluster=tmp_path / "p.toml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("queue = ", "cannot be read"),
        ("[" * 5000, "cannot be read"),
        ('queue = "cloud"\njobs = 1\nmemory = "8GB"', "queue"),
        ('queue = "slurm"\njobs = 1\nmemory = "lots"', "memory"),
        ('queue = "slurm"\njobs = 1\nmemory = "100MB"', "more than 700 MB"),
        ('queue = "slurm"\njobs = 0\nmemory = "8GB"', "jobs"),
        ('queue = "slurm"\njobs = 1\nmemory = "8GB"\ncolour = 1', "colour"),
    ],
)
def test_bad_profiles(tmp_path, text, said):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_profile(tmp_path / "p.toml")


def test_a_queue_that_is_not_here(tmp_path, monkeypatch):
    (tmp_path / "p.toml").write_text(SLURM)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="no such command: sbatch"):
        for_each([tmp_path / "a"], work, "work", batch=BatchSettings(cluster=tmp_path / "p.toml"))
