"""The life of the child process: its answers, its ways to die, and that nothing is left."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from fiji_bridge.errors import FijiError
from fiji_bridge.session import FijiSession

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
JOBS = Path(__file__).with_name("jobs_in_child.py")


def gone(pid: int, within: float = 10.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_one_child_answers_many_calls(imagej):
    pids = {imagej.ping()["pid"] for _ in range(5)}
    assert pids == {imagej.pid}
    assert imagej.ping()["imagej"] == "1.54p"


def test_java_is_the_one_found_headless_and_without_endpoints(imagej):
    told = imagej.call("environment")
    assert Path(told["java_home"]).resolve() == imagej.source.java_home.resolve()
    assert told["headless"] == "true"
    assert told["endpoints"] == []
    assert "" not in told["python_path"]  # a file in the current folder must not shadow a module


@pytest.mark.parametrize(
    ("job", "parameters", "said"),
    [
        (
            "fail",
            {"said": "something in the plugin"},
            ["the job failed", "something in the plugin", "do it again"],
        ),
        ("throw", {}, ["twelve"]),
        ("unheard_of", {}, ["unheard_of"]),
    ],
)
def test_a_failing_job_is_an_error_and_the_child_lives(imagej, job, parameters, said):
    before = imagej.ping()["pid"]
    with pytest.raises(FijiError) as caught:
        imagej.call(job, **parameters)
    assert all(words in str(caught.value) for words in said)
    assert imagej.ping()["pid"] == before


@pytest.mark.parametrize(
    ("job", "parameters", "said"),
    [
        ("exit_java", {"code": 0}, "exit code 0"),
        ("exit_java", {"code": 5}, "ended without an answer"),
        ("exit_python", {"code": 0}, "exit code 0"),
        ("killed", {"signal": signal.SIGKILL}, r"lack of memory(?s:.*)fewer workers(?s:.*)less memory"),
        ("killed", {"signal": signal.SIGSEGV}, "signal|exit code|ended"),
        ("hang", {"time_limit": 1.5}, "did not respond for 1.5 s"),
    ],
)
def test_a_child_that_dies_or_hangs_is_an_error_and_the_next_call_runs(imagej, job, parameters, said):
    imagej.start()
    before, starts = imagej.pid, imagej.starts
    with pytest.raises(FijiError, match=said):
        imagej.call(job, **parameters)
    assert gone(before)
    assert imagej.ping()["imagej"] == "1.54p"
    assert imagej.pid != before
    assert imagej.starts == starts + 1


def test_memory_that_runs_out_is_said_so(plain_imagej):
    with FijiSession(plain_imagej, jobs=JOBS, memory=256) as session:
        with pytest.raises(FijiError, match="ran out of memory") as caught:
            session.call("fill_memory")
        assert "more memory (JAVA_TOOL_OPTIONS=-Xmx" in str(caught.value)
        assert 200e6 < session.ping()["heap_limit"] < 300e6


def test_memory_given_in_javas_own_way_counts(plain_imagej, monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx300m")
    with FijiSession(plain_imagej) as session:
        assert 250e6 < session.heap_limit < 350e6


def test_a_sign_of_life_renews_the_time_limit(imagej):
    assert imagej.call("say", lines=["still here"] * 6, pause=0.5, time_limit=2.0) == {}


def test_what_is_printed_comes_back_while_the_job_runs(imagej):
    heard: list[tuple[float, str]] = []
    imagej.call(
        "say",
        lines=["one", "zwei ä µ", "three"],
        pause=0.7,
        on_text=lambda text: heard.append((time.monotonic(), text)),
    )
    assert "".join(text for _, text in heard).split("\n") == ["one", "zwei ä µ", "three", ""]
    assert heard[-1][0] - heard[0][0] > 1.0


def test_printed_text_belongs_to_its_call(imagej):
    imagej.call("say", lines=["of the first call"])
    with pytest.raises(FijiError) as caught:
        imagej.call("fail", said="of the second call")
    assert "second" in caught.value.text
    assert "first" not in caught.value.text


def test_threads_take_turns(imagej):
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(imagej.ping()["pid"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [imagej.pid] * 4


def test_stopping_leaves_nothing(plain_imagej):
    with FijiSession(plain_imagej, jobs=JOBS) as session:
        pid, folder = session.pid, session.folder
        assert folder.is_dir()
    assert gone(pid)
    assert not folder.exists()


def test_closing_ends_a_call_of_another_thread(plain_imagej):
    with FijiSession(plain_imagej, jobs=JOBS) as session:
        errors = []

        def call():
            try:
                session.call("hang")
            except FijiError as error:
                errors.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        time.sleep(1.0)
        pid, begun = session.pid, time.monotonic()
        session.close()
        thread.join(10)
    assert errors
    assert time.monotonic() - begun < 10
    assert gone(pid)


def test_preferences_are_the_sessions_own(plain_imagej):
    with FijiSession(plain_imagej, jobs=JOBS) as session:
        root = session.call("environment")["preferences"]
        assert Path(root).is_relative_to(session.folder)


def test_a_java_home_that_is_passed_over_is_said_once(plain_imagej, capsys):
    source = dataclasses.replace(
        plain_imagej, passed_over="JAVA_HOME names /nonexistent, which is not a folder"
    )
    for _ in range(2):
        with FijiSession(source):
            pass
    said = capsys.readouterr().err
    assert said.count("/nonexistent") == 1
    assert f"Fiji runs with Java {source.java_version}" in said


def test_an_error_in_the_block_leaves_nothing(plain_imagej):
    with pytest.raises(KeyError), FijiSession(plain_imagej) as session:
        pid, folder = session.pid, session.folder
        raise KeyError
    assert gone(pid)
    assert not folder.exists()


def test_children_of_the_child_end_with_it(plain_imagej, tmp_path):
    with FijiSession(plain_imagej, jobs=JOBS) as session:
        with pytest.raises(FijiError, match="did not respond"):
            session.call("hang_with_children", pid_file=str(tmp_path / "pid"), time_limit=2.0)
        assert gone(int((tmp_path / "pid").read_text()))


PARENT = """
    import dataclasses, json, sys, threading
    from pathlib import Path
    from fiji_bridge.find import FijiSource
    from fiji_bridge.session import FijiSession
    facts = json.loads(sys.argv[1])
    facts["jars"] = tuple(map(Path, facts["jars"])); facts["java_home"] = Path(facts["java_home"])
    {before}
    with FijiSession(FijiSource(**facts), jobs=sys.argv[2]) as session:
        print(session.pid, session.folder, flush=True)
        session.call("hang")
"""


@pytest.mark.parametrize(
    ("sent", "before"),
    [
        # a shell that starts tests in the background has SIGINT ignored, which children inherit
        (signal.SIGINT, "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"),
        (signal.SIGTERM, ""),
        (signal.SIGKILL, ""),
        (signal.SIGHUP, "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)"),  # nohup ignores it
        (signal.SIGKILL, "import os; os.fork() or __import__('time').sleep(8) or os._exit(0)"),
    ],
    ids=["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGKILL, with a fork of the parent still there"],
)
def test_nothing_is_left_when_the_parent_ends_in_the_middle_of_a_call(plain_imagej, sent, before):
    facts = dataclasses.asdict(plain_imagej)
    facts["jars"], facts["java_home"] = [str(jar) for jar in facts["jars"]], str(facts["java_home"])
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT).format(before=before), json.dumps(facts), str(JOBS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pid, folder = parent.stdout.readline().split()
    time.sleep(1.0)
    assert psutil.pid_exists(int(pid))
    os.kill(parent.pid, sent)
    assert gone(int(pid))
    parent.wait(20)
    parent.stdout.close()
    parent.stderr.close()
    assert parent.returncode != 0
    assert not Path(folder).exists()


def test_a_java_that_does_not_start_is_said_so(plain_imagej, tmp_path):
    broken = dataclasses.replace(plain_imagej, java_home=tmp_path)
    with pytest.raises(FijiError, match="Fiji does not start") as caught:
        FijiSession(broken).start()
    assert "cpretrain doctor" in str(caught.value)


def test_a_start_that_takes_too_long_is_ended(plain_imagej):
    session = FijiSession(plain_imagej, start_limit=0.05)
    with pytest.raises(FijiError, match="does not start"):
        session.start()
    assert session.pid is None
    session.close()
