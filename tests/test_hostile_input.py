"""Hostile input, reader by reader: refused at once with a clear error, and none of its code runs."""

import ast
import gzip
import json
import os
import pickle
import struct
import sys
import time
import tomllib
import zipfile
import zlib
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import tifffile

from cpretrain.cli.command import _run
from cpretrain.combination.matching import match_movies
from cpretrain.dataset.crops_table import read_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.drift.shifts_table import read_shifts
from cpretrain.errors import BadInput
from cpretrain.images.discovery import list_images
from cpretrain.images.tiff.image_facts import describe_image
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels import archive, tiff_plane
from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.outline_file import read_outlines
from cpretrain.models.record import read_record, settings_of_model
from cpretrain.models.weights import ModelWeights, find_base, own_models
from cpretrain.pipeline.experiment import read_experiment
from cpretrain.prediction.resume import KeptFrames
from cpretrain.rounds.learning_curve import read_learning_curve
from cpretrain.runtime.console import console, info, warning
from cpretrain.runtime.summary import Summary
from cpretrain.runtime.terminal import printable
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.storage.json_file import LEVELS, parse_json, read_json
from cpretrain.storage.rerun import done_record
from cpretrain.storage.unfinished import UnfinishedFolder
from cpretrain.training.checkpoint import Checkpoint
from fiji_bridge.macro_options import macro_options
from tests.fuzz.samples import MODEL, TUNING
from tests.support.movie_files import write_zarr
from tests.support.movies import NATIVE, write_movie
from tests.support.paths import ROOT

DEEP = "[" * 10_000 + "]" * 10_000


class Runs:
    """When unpickled, it creates a folder ``harm`` in the working directory."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


@pytest.fixture
def nothing_runs(tmp_path, monkeypatch):
    """Fail if any code in the input was run."""
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Runs()))
    assert (tmp_path / "harm").is_dir()  # it would be seen
    (tmp_path / "harm").rmdir()
    yield
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("text", [DEEP, '{"a":' * 10_000 + "1" + "}" * 10_000, '"\\ud800"', "9" * 10_000])
def test_json_that_cannot_be_used_is_a_value_error(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=r"deep|surrogates|digits"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize(("levels", "refused"), [(LEVELS, False), (LEVELS + 1, True)])
def test_json_has_the_same_limit_of_levels_in_every_python(levels, refused):
    for text in (
        "[" * levels + "]" * levels,
        "[" + "{}, " * 600 + '{"a":' * (levels - 1) + "1" + "}" * (levels - 1) + "]",
    ):
        with pytest.raises(ValueError, match="deep") if refused else nullcontext():
            parse_json(text)


def test_json_of_any_text_is_read():
    assert parse_json('["\\u00e9", "\\ud83d\\ude00", "é"]') == ["é", "\U0001f600", "é"]


def test_json_beyond_the_limit_is_not_read(tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(ValueError, match="2147483648 bytes"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("found", [DEEP, "[]", "null", "{", "\udcff"])
def test_a_record_that_somebody_changed_is_not_current(tmp_path, found):
    (tmp_path / "a.json").write_text(found, "utf-8", "surrogateescape")
    assert done_record(tmp_path / "a.json", CropSettings(), []) is None
    assert KeptFrames(UnfinishedFolder(tmp_path / "new"), MODEL).has(0) is False


def changed(record, *keys, to):
    """Return a copy of a record with one value changed."""
    copy = json.loads(json.dumps(record))
    place = copy
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    return copy


@pytest.mark.parametrize(
    "record",
    [
        DEEP,
        "[]",
        changed(MODEL, "base", to="cyto3"),
        changed(MODEL, "base", "name", to=["cyto3"]),
        changed(MODEL, "settings", "channel", to=0),
        changed(MODEL, "settings", "channel", to="; rm -rf /"),
        changed(MODEL, "normalization", "percentiles", to=[1, 1e308]),
        changed(MODEL, "normalization", "percentiles", to=[float("nan"), 99]),
        changed(MODEL, "inputs", to=[1]),
        changed(MODEL, "cell_type", to={"a": 1}),
        changed(MODEL, "cell_type", to="\ud800"),
    ],
)
def test_model_json(tmp_path, record):
    (tmp_path / "model.json").write_text(record if isinstance(record, str) else json.dumps(record))
    with pytest.raises(BadInput, match="is not a model folder") as error:
        read_record(tmp_path)
    assert len(error.value.found) <= 300


@pytest.mark.parametrize(
    "record",
    [
        DEEP,
        "[]",
        "{}",
        changed(TUNING, "found", "retrained", "diameter", to=-1),
        changed(TUNING, "found", "retrained", "flow_threshold", to="1e999"),
        changed(TUNING, "found", to={"base": 1}),
    ],
)
def test_tuning_json(tmp_path, record):
    (tmp_path / "model.json").write_text(json.dumps(MODEL))
    (tmp_path / "tuning.json").write_text(record if isinstance(record, str) else json.dumps(record))
    with pytest.raises(BadInput, match=r"tuning\.json: cannot be read"):
        settings_of_model(tmp_path)


def test_licence_of_a_base_whose_record_is_damaged(tmp_path):
    (tmp_path / "model.json").write_text(DEEP)
    assert "unknown" in ModelWeights("a", tmp_path / "weights").licence


def test_experiment_of_ten_thousand_levels(tmp_path):
    dotted = "a." * 10_000
    for text in (
        f"raw = {DEEP}",
        f'{dotted}raw = "x"',
        f"[{dotted}a]\nx = 1",
        "raw = 1\n" * 20_000,
        f"{dotted[:999]}x = 1",
    ):
        (tmp_path / "experiment.toml").write_text(text)
        with pytest.raises(BadInput, match=r"experiment\.toml"):
            read_experiment(tmp_path / "experiment.toml")


def _rounds(path):
    return read_learning_curve(SimpleNamespace(path=path.parent))


@pytest.mark.parametrize(
    ("read", "name", "text"),
    [
        (read_shifts, "a.csv", "frame,drift_z,drift_y,drift_x,clipped\n0,1\n"),
        (read_shifts, "a.csv", "frame,drift_z,drift_y,drift_x,clipped\n0,1,1,1," + "x" * 200_000),
        (read_shifts, "a.csv", "\0" * 100),
        (lambda path: read_crops(path.parent), "crops.csv", "file,source\n" + "x" * 200_000),
        (lambda path: read_crops(path.parent), "crops.csv", '"' + "file,source\n" * 20_000),
        (_rounds, "rounds.csv", "round,crops\n1,2\n"),
        (
            _rounds,
            "rounds.csv",
            "round,crops,measure,average_precision,low_95,high_95\n1,2,at IoU 0.5,a,b,c\n",
        ),
        (_rounds, "rounds.csv", "\0"),
    ],
)
def test_tables(tmp_path, read, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=rf"{name}: (is not|cannot be read)"):
        read(tmp_path / name)


@pytest.mark.parametrize("shift", ["1e9", "-1e9", "nan", "inf", "1e38"])
def test_shifts_that_would_need_a_canvas_beyond_any_memory(tmp_path, shift):
    write_movie(tmp_path / "raw" / "a.tif")
    frames = TimeLapse(tmp_path / "raw" / "a.tif").shape[0]
    rows = "".join(f"{t},0,{shift if t else 0},0,False\n" for t in range(frames))
    (tmp_path / "s.csv").write_text(f"frame,drift_z,drift_y,drift_x,clipped\n{rows}")
    with pytest.raises(BadInput, match=r"s\.csv: holds shifts that are not finite"):
        correct_drift(
            tmp_path / "raw", out=None, settings=DriftSettings(engine="native", shifts=tmp_path / "s.csv")
        )


def test_a_canvas_that_does_not_fit_is_refused_before_it_is_made(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    frames = TimeLapse(tmp_path / "raw" / "a.tif").shape[0]
    rows = "".join(f"{t},0,{9e6 * (t > 0)},{9e6 * (t > 0)},False\n" for t in range(frames))
    (tmp_path / "s.csv").write_text(f"frame,drift_z,drift_y,drift_x,clipped\n{rows}")
    with pytest.raises(BadInput, match=r"a\.tif: a corrected frame of .* does not fit in memory"):
        correct_drift(
            tmp_path / "raw", out=None, settings=DriftSettings(engine="native", shifts=tmp_path / "s.csv")
        )


def roi_zip(path, entries, method=zipfile.ZIP_STORED):
    """Write a RoiSet.zip."""
    with zipfile.ZipFile(path, "w", method, compresslevel=9) as file:
        for name, content in entries:
            file.writestr(zipfile.ZipInfo(name), content, method)
    return path


def million_entries(path):
    """Write a zip of a million empty files, as zip programs do, but faster."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, 0, 0, 0, 0, 33, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0)
    listed = (entry + b"a.roi") * 1_000_000
    path.write_bytes(listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65_535, 65_535, len(listed), 0, 0))


def bomb(path):
    """Write a hundred megabytes of zeros in a hundred kilobytes, as ten ROIs."""
    roi_zip(path, [(f"{n}.roi", bytes(10**7)) for n in range(10)], zipfile.ZIP_DEFLATED)


def overlapping(path):
    """Write a zip bomb in which many entries share their bytes."""
    roi_zip(path, [("0.roi", bytes(10**6))], zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    start = data.index(b"PK\1\2")
    entry, end = data[start : data.index(b"PK\5\6")], data[data.index(b"PK\5\6") :]
    many = bytearray(end)
    struct.pack_into("<2H2L", many, 8, 9000, 9000, len(entry) * 9000, start)
    path.write_bytes(data[:start] + entry * 9000 + many)


ZIPS = {
    "a million entries": million_entries,
    "zeros": bomb,
    "entries that overlap": overlapping,
}


@pytest.mark.parametrize("kind", ZIPS)
def test_archives_that_unpack_without_end(tmp_path, kind):
    path = tmp_path / "a_RoiSet.zip"
    ZIPS[kind](path)
    before, started = psutil.Process().memory_info().rss, time.process_time()
    with pytest.raises(BadInput, match=r"a_RoiSet\.zip: (is too large|is damaged)"):
        read_outlines(path, (20, 24))
    assert time.process_time() - started < 5
    assert psutil.Process().memory_info().rss - before < 5e8


@pytest.mark.parametrize("name", ["../../../harm.roi", "/harm.roi", "a\\..\\harm.roi", "a\nb.roi", "-rf.roi"])
def test_nothing_in_an_archive_is_written_to_disk(tmp_path, name):
    (tmp_path / "in").mkdir()
    path = roi_zip(tmp_path / "in" / "a.zip", [(name, b"Iout")])
    with pytest.raises(BadInput, match="is damaged or of an unknown kind"):
        read_outlines(path, (20, 24))
    assert [each.name for each in tmp_path.rglob("*")] == ["in", "a.zip"]


def test_gzip_that_unpacks_without_end(tmp_path):
    (tmp_path / "a.geojson").write_bytes(gzip.compress(b" " * (archive.MOST_BYTES + 1)))
    with pytest.raises(BadInput, match="is too large"):
        read_outlines(tmp_path / "a.geojson", (20, 24))


def test_geojson_of_ten_thousand_levels(tmp_path):
    for text in (DEEP, '{"type":"GeometryCollection","geometries":[' * 10_000 + "]}" * 10_000):
        (tmp_path / "a.geojson").write_text(text)
        with pytest.raises(BadInput, match=r"a\.geojson: is not JSON"):
            read_outlines(tmp_path / "a.geojson", (20, 24))


def png(width, height, pixels):
    """Return a PNG of 8 bits with correct checksums."""
    header = struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    parts = [
        struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(("width", "height"), [(2**31 - 1, 2**31 - 1), (40_000, 40_000), (0, 9)])
def test_png_of_absurd_size(tmp_path, width, height):
    (tmp_path / "a.png").write_bytes(png(width, height, b"\0" * 100))
    with pytest.raises(BadInput, match=r"a\.png: is damaged"):
        read_label_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_label_images_that_do_not_fit_are_refused_by_their_header(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        path.write_bytes(png(900, 800, bytes(901 * 800)))
    else:
        tifffile.imwrite(path, np.zeros((800, 900), np.uint8), compression="zlib")
    assert read_label_image(path).objects == 0
    monkeypatch.setattr(tiff_plane, "BYTES_A_PIXEL", 10**9)
    with pytest.raises(
        BadInput, match=rf"a\.{suffix}: a label image of 800 × 900 pixels does not fit in memory"
    ):
        read_label_image(path)


@pytest.mark.cellpose
@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("zipped", [True, False])
def test_weights_that_carry_a_pickle(tmp_path, zipped):
    import torch

    state = {"output.2.weight": torch.ones(2), "W2": Runs()}
    torch.save(state, tmp_path / "weights", _use_new_zipfile_serialization=zipped)
    with pytest.raises(BadInput, match="weights: cannot be read as model weights"):
        find_base(str(tmp_path / "weights"))
    (tmp_path / "plain").write_bytes(pickle.dumps(state))
    with pytest.raises(BadInput, match="plain: cannot be read as model weights"):
        find_base(str(tmp_path / "plain"))


@pytest.mark.usefixtures("nothing_runs")
def test_an_interrupted_training_that_carries_a_pickle(tmp_path):
    import torch

    kept = Checkpoint(tmp_path / "m")
    kept.begin(MODEL)
    torch.save({"epoch": Runs()}, kept.folder / "state.pt")
    with pytest.raises(BadInput, match="the unfinished training run cannot be read"):
        kept.load(MODEL)


@pytest.mark.usefixtures("nothing_runs")
def test_kept_frames_that_carry_a_pickle(tmp_path):
    store = KeptFrames(UnfinishedFolder(tmp_path / "m"), MODEL)
    np.savez(store.folder / "000000.npz", labels=np.array([Runs()], object))
    with pytest.raises(BadInput, match=r"000000\.npz: the saved frame cannot be read"):
        store.labels(0)


ZARR_CODECS = {
    "a compressor": {"compressor": {"id": "pickle"}, "filters": None},
    "a filter": {"compressor": None, "filters": [{"id": "delta", "dtype": "<u2"}, {"id": "pickle"}]},
    "objects": {"compressor": None, "dtype": "|O", "filters": [{"id": "pickle"}]},
    "packed text": {"compressor": {"id": "pickle"}, "dtype": "|O", "filters": [{"id": "vlen-utf8"}]},
}


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ZARR_CODECS)
def test_zarr_that_carries_a_pickle(tmp_path, kind):
    path = write_zarr(tmp_path / "a.zarr", np.zeros((3, 8, 8), np.uint16), "TYX")
    array = path / "0" / ".zarray"
    array.write_text(json.dumps(json.loads(array.read_text()) | ZARR_CODECS[kind]))
    for chunk in (path / "0").rglob("*.0"):
        chunk.write_bytes(pickle.dumps(Runs()))
    with pytest.raises(BadInput, match=r"a\.zarr: cannot be read as an OME-Zarr"), TimeLapse(path) as movie:
        movie.frame(0)


def test_zarr_chunks_beyond_any_memory(tmp_path):
    path = write_zarr(tmp_path / "a.zarr", np.zeros((3, 8, 8), np.uint16), "TYX")
    array = path / "0" / ".zarray"
    array.write_text(json.dumps(json.loads(array.read_text()) | {"chunks": [1, 10**6, 10**6]}))
    with pytest.raises(BadInput, match=r"a\.zarr: a chunk of 1 × 1000000 × 1000000 pixels does not fit"):
        TimeLapse(path)


NAMES = (
    "a\nb",
    'a"b',
    "a'b",
    "-rf",
    "$(touch harm)",
    "`touch harm`",
    "a;b",
    "a|b",
    "a b",
    "a]b[c",
    "\x1b[31mred",
    "\u202eb",
)


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_names_and_nothing_else(tmp_path, name, capsys):
    write_movie(tmp_path / "raw" / f"{name}.tif")
    _run(False, lambda: _corrected(tmp_path / "raw"))
    made = {path.name for path in (tmp_path / "corrected").iterdir()}
    assert made == {f"{name}.tif", f"{name}.shifts.csv", f"{name}.drift.png", f"{name}.json"}
    shown = "".join(capsys.readouterr())
    assert "\x1b[31m" not in shown and "\u202e" not in shown
    record = json.loads((tmp_path / "corrected" / f"{name}.json").read_text("utf-8"))
    assert list(record["inputs"]) == [f"raw/{name}.tif"]


def _corrected(raw):
    batch = correct_drift(raw, out=None, settings=NATIVE)
    return Summary([f"{movie.source.name} → {movie.corrected}" for movie in batch.done], {}, batch.failed)


@pytest.mark.skipif(sys.platform != "linux", reason="only there names may be any bytes")
def test_a_name_that_is_no_text_is_refused(tmp_path, capsysbinary):
    raw = tmp_path / "raw"
    write_movie(raw / "a.tif")
    odd = raw / os.fsdecode(b"\xff\xfe.tif")
    os.rename(raw / "a.tif", odd)
    for read in (
        TimeLapse,
        describe_image,
        read_label_image,
        lambda path: read_outlines(path, (2, 2)),
    ):
        with pytest.raises(BadInput, match="the name is not valid text"):
            read(odd)
    write_movie(raw / "b.tif")
    for as_json in (True, False):
        with pytest.raises(Exception, match="1"):
            _run(as_json, lambda: _corrected(raw))
        out, err = capsysbinary.readouterr()
        (out + err).decode("utf-8")


def test_what_a_terminal_would_obey_is_shown_as_text(capsys):
    assert (
        printable("a\x1b[2J\x07\x9b\u202e\udcffb\tc\nü") == "a\\u001b[2J\\u0007\\u009b\\u202e\\udcffb\tc\nü"
    )
    assert json.loads(printable(json.dumps("\x9b\udcff", ensure_ascii=False))) == "\x9b\udcff"
    console.quiet = False
    info("name \x1b[2J"), warning("name \x1b]0;title\x07")
    assert "\x1b[2J" not in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["/tmp/a]b", "/tmp/a[b", "/tmp/a\nb"])
def test_no_path_ends_a_macro_string(folder):
    for given in ({"plane_folder": Path(folder)}, {"drift_file": Path(folder)}):
        with pytest.raises(BadInput, match="Fiji cannot open"):
            macro_options(DriftSettings(), 1, **given)


def test_nothing_but_ordinary_files_is_taken_from_a_folder(tmp_path):
    write_movie(tmp_path / "a.tif")
    (tmp_path / "folder.tif").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.tif")  # reading it would never end
    assert list_images(tmp_path) == [tmp_path / "a.tif"]
    assert [movie.name for movie in match_movies({"a": tmp_path})] == ["a.tif"]


def test_a_name_too_long_for_any_file_is_no_model():
    with pytest.raises(BadInput, match="no such file, and no model"):
        find_base("x" * 5000)


def test_a_list_of_models_in_another_encoding(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    (tmp_path / "gui_models.txt").write_bytes(b"m\xfcller\nown\n")
    assert own_models()[1] == "own"


def test_no_code_of_ours_runs_text_unpickles_or_starts_a_shell():
    for path in [*ROOT.glob("cpretrain/**/*.py"), *ROOT.glob("fiji_bridge/**/*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names} | {getattr(node, "module", None)}
                carried_out = {"marshal", "shelve", "dill", "joblib", "yaml"}
                if (
                    path.name != "safe_pickle.py"
                ):  # which carries nothing out: tests/storage/test_safe_pickle.py
                    carried_out |= {"pickle"}
                assert not names & carried_out, path
            if not isinstance(node, ast.Call):
                continue
            options = {word.arg: ast.unparse(word.value) for word in node.keywords}
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec", "os.system", "os.popen", "__import__"), (path, called)
            assert options.get("shell", "False") == "False", (path, called)
            if called == "torch.load":
                assert options["weights_only"] == "True", path
            if called == "np.load":
                assert options["allow_pickle"] == "False", path


def test_libraries_are_new_enough_to_keep_what_they_promise():
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {"torch>=2.6", "zarr>=3.1"} <= set(needed)
