import subprocess
import sys

import pytest

from cpretrain.runtime.threads import threads_allowed, use_threads


def test_torch_openmp_and_mkl_use_the_same_number():
    script = """
import sys
from cpretrain.runtime.threads import threads_allowed, use_threads
use_threads(3)
import torch
said = torch.__config__.parallel_info().splitlines()
print([line for line in said if "get_num_threads" in line or "get_max_threads" in line])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    found = done.stdout
    assert "at::get_num_threads() : 3" in found
    assert "omp_get_max_threads() : 3" in found
    assert "mkl_get_max_threads() : 3" in found


def test_none_changes_nothing(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    use_threads(None)
    import os

    assert os.environ["OMP_NUM_THREADS"] == "7"


@pytest.fixture(autouse=True)
def threads():
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("said", "threads"), [("1", 1), ("8", 2), ("", 2), ("0", 2), ("4,2", 2)])
def test_threads_of_libraries_that_do_not_read_the_environment(monkeypatch, said, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert threads_allowed(2) == threads
