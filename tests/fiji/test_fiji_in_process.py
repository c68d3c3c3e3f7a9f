"""Fiji started in this process by PyImageJ, as in Fiji's Python mode: the example, on the open image."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import recorded

from fiji_bridge.installed_java import library

pytestmark = [pytest.mark.fiji, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("in_process_child.py")


def test_the_example_gives_what_the_plugin_made_and_leaves_the_rest_open(fiji, tmp_path):
    entry = next(e for e in recorded.entries() if e["case"] == "pc12" and e["options"]["max_shift_x"] == 10)
    facts = [
        str(fiji.home),
        [str(jar) for jar in fiji.jars],
        str(library(fiji.java_home)),
        str(recorded.FOLDER / "pc12.tif"),
        str(ROOT / "examples" / "in_running_fiji.py"),
        str(tmp_path),
    ]
    command = [sys.executable, CHILD, json.dumps(facts)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=240)
    answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    assert answers, done.stdout[-2000:] + done.stderr[-3000:]
    said = json.loads(answers[0].removeprefix("ANSWER"))
    assert said["sha256"] == entry["output_sha256"]
    assert said["shape"] == entry["output_shape_tzcyx"]
    assert {"another", "pc12.tif", "registered time points"} <= set(said["open"])
    assert "channel 7" in said["channel 7"]
    assert "one frame" in said["one frame"]
    before = done.stdout.partition("NOTHING OPEN")[2].partition("OPEN")[0]
    assert "No image is open in Fiji" in before
    t, z, c, y, x = said["shape"]
    assert said["again"]["axes"] == ["X", "Y", "Channel", "Z", "Time"]
    assert said["again"]["lengths"] == [x, y, c, z, t]
    assert said["again"]["scales"][:2] == pytest.approx(said["attrs"]["pixel_size"][:0:-1])
    assert said["again"]["unit"] == said["attrs"]["unit"]
    assert said["shown"] == [x, y, c, z, t]
