"""Downloading from Maven: network faults, on a real network with such faults."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fiji_bridge import endpoint
from fiji_bridge.errors import FijiNotFound
from fiji_bridge.session import FijiSession


class Listener:
    """A server on this machine that accepts connections, counts them, and never answers."""

    def __init__(self) -> None:
        self.connections = 0
        self._kept: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                taken, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._kept.append(taken)

    def close(self) -> None:
        for each in (*self._kept, self._server):
            each.close()


@pytest.fixture
def silent_proxy(monkeypatch) -> Iterator[Listener]:
    """All network traffic goes to a server that never answers."""
    listener = Listener()
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, listener.url)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    yield listener
    listener.close()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_network_that_does_not_answer_meets_the_time_limit(silent_proxy):
    begun = time.monotonic()
    with pytest.raises(FijiNotFound, match="within 6 s") as caught:
        endpoint.download(6.0, ("org.example.nowhere:nothing:1.0",))
    assert time.monotonic() - begun < 9
    assert silent_proxy.connections > 0
    assert "maven.scijava.org" in str(caught.value)
    assert 'engine="native"' in str(caught.value)


def test_a_network_out_of_reach_is_said_plainly(monkeypatch):
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with pytest.raises(FijiNotFound, match="could not be downloaded") as caught:
        endpoint.download(120.0, ("org.example.nowhere:nothing:1.0",))
    assert caught.value.missing == "fiji"
    assert "Traceback" not in str(caught.value)


def test_java_that_cannot_be_downloaded_is_not_called_fiji(silent_proxy, monkeypatch, tmp_path):
    monkeypatch.setenv("CJDK_CACHE_DIR", str(tmp_path / "cjdk"))
    with pytest.raises(FijiNotFound, match="no Java") as caught:
        endpoint.download_java(4.0)
    assert caught.value.missing == "java"


def test_plain_imagej_starts_without_any_network_call(plain_imagej, silent_proxy):
    with FijiSession(plain_imagej) as session:
        assert session.ping()["imagej"] == "1.54p"
    assert silent_proxy.connections == 0


def test_what_was_downloaded_is_remembered(plain_imagej, tmp_path):
    coordinates = ("net.imagej:ij:1.54p",)
    assert endpoint.cached(coordinates) == ()
    jars = endpoint.download(120.0, coordinates)
    assert [jar.name for jar in jars] == ["ij-1.54p.jar"]
    assert endpoint.cached(coordinates) == jars


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"jars": ["/nowhere/a.jar"]}', '{"jars": 3}'])
def test_a_damaged_or_outdated_cache_is_no_cache(content, tmp_path):
    endpoint.remember(endpoint.COORDINATES, [])
    (record,) = Path(tmp_path / "cache").rglob("*.json")
    record.write_text(content)
    assert endpoint.cached() == ()
