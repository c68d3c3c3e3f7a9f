"""Two whole rounds on small movies, the second on another machine; the true labels stand in for an annotator."""

import csv
import json
import shutil

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.crops_table import read_crops
from cpretrain.dataset.splitting import read_split
from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.models.weights import cellpose_major
from cpretrain.rounds import finish_round, round_status, start_round
from cpretrain.rounds.finish import _training_settings
from cpretrain.rounds.folder import RoundsFolder
from cpretrain.rounds.seg_npy import PREDICTED, window_file
from cpretrain.settings.rounds import RoundSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.hashing import hashes, sha256
from tests.support.microscope_files import write_nd2

pytestmark = pytest.mark.cellpose
FRAMES, SIZE = 2, 40
TRAIN = TrainSettings(epochs=1, batch_size=4, tile=64 if cellpose_major() == 3 else 256, device="cpu")


def write_movies(folder, disks, count):
    """Write movies of the disks, shifted frame by frame, and return the labels of each frame by movie and frame."""
    image, labels = disks
    truth = {}
    for number in range(count):
        shifts = [7 * number + 3 * t for t in range(FRAMES)]
        name = f"Film {number}.tif"
        frames = [np.roll(image, shift, axis=1)[np.newaxis, np.newaxis] for shift in shifts]
        write_frames(folder / name, frames, (FRAMES, 1, 1, *image.shape), image.dtype, Calibration())
        truth |= {(name, t): np.roll(labels, shift, axis=1) for t, shift in enumerate(shifts)}
    return truth


def truth_of(crop, truth):
    labels = truth[crop.source, crop.frame][crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
    return np.pad(labels, crop.border)


def annotate(part, truth):
    """Export the true labels of each crop as a label image, as QuPath does."""
    for crop in part.crops:
        name = crop.file.replace(".tif", "-labelled.tif")
        tifffile.imwrite(part.ground_truth / name, truth_of(crop, truth))


def annotate_in_window(part, truth):
    """Save the true labels of each crop as Cellpose's window does, which drops keys that it does not know."""
    for crop in part.crops:
        path = window_file(part, crop)
        content = np.load(path, allow_pickle=True).item()
        assert content.pop(PREDICTED)
        np.save(path, content | {"masks": truth_of(crop, truth)})


@pytest.fixture
def first(tiny_model):
    return RoundSettings(
        name="Zellen ü",
        base=str(tiny_model),
        crops=3,
        validation_crops=2,
        size=SIZE,
        look_at=8,
        device="cpu",
    )


def sources(part):
    return {crop.source for crop in part.crops}


def test_two_rounds_on_two_machines(tmp_path, disks, first):
    movies = tmp_path / "Filme [1]"
    truth = write_movies(movies, disks, 5)
    started = start_round(movies, settings=first)
    folder = RoundsFolder(tmp_path / "rounds")
    assert [part.folder.name for part in started.parts] == ["round_01", "validation"]
    one, validation = folder.round(1), folder.validation
    assert (len(one.crops), len(validation.crops)) == (3, 2)
    assert len(sources(validation)) == 1 and sources(validation).isdisjoint(sources(one))
    assert len(sources(one)) == 3  # no movie more than its share
    for crop in one.crops:
        stem = crop.file.removesuffix(".tif")
        assert tifffile.imread(one.images / crop.file).shape == (SIZE + 4, SIZE + 4)
        assert (one.predictions / f"{stem}.geojson").is_file() and (one.predictions / crop.file).is_file()
    record = one.record
    assert [{"movie", "frame", "y", "x", "score"} <= set(place) for place in record["chosen"]] == [True] * 3
    assert record["settings"]["choose"] == "uncertain" and record["base_sha256"] == sha256(first.base)
    assert record["inputs"] == hashes(movies.iterdir())
    with pytest.raises(BadInput, match="not finished"):
        start_round(movies)
    with pytest.raises(BadInput, match="no ground truth here"):
        finish_round(folder.path, settings=TRAIN)
    assert "next: annotate validation and round_01" in round_status(folder.path).lines

    for part in started.parts:
        annotate(part, truth)
    marked = one.crops[0].file.replace(".tif", "_ignore.tif")
    tifffile.imwrite(one.ground_truth / marked, np.eye(SIZE, dtype=np.uint8))
    assert "round_01: 3 of 3 crops annotated" in round_status(folder.path).lines
    assert round_status(folder.path).data["next"] == "cpretrain.finish_round"
    elsewhere = RoundsFolder(tmp_path / "cluster" / "Ordner" / "rounds")
    shutil.move(folder.path, elsewhere.path)
    with pytest.raises(BadInput, match="base="):
        finish_round(elsewhere.path, settings=TRAIN)
    finished = finish_round(elsewhere.path, settings=TRAIN.replace(base=first.base))
    assert finished.model == elsewhere.round(1).model
    written = (finished.model / "weights").stat().st_mtime_ns
    finish_round(elsewhere.path, settings=TRAIN.replace(base=first.base))  # nothing is done again
    assert (finished.model / "weights").stat().st_mtime_ns == written

    shutil.move(elsewhere.path, folder.path)
    with pytest.raises(BadInput, match="base=: cannot change"):
        start_round(movies, settings=RoundSettings(base="nuclei"))
    second = start_round(
        movies, settings=RoundSettings(base=first.base, choose="random", cellpose_window=True)
    )
    assert [part.folder.name for part in second.parts] == ["round_02"]
    two = folder.round(2)
    assert (two.settings.choose, two.settings.crops) == ("random", 3)
    assert two.record["model"]["sha256"] == sha256(one.model / "weights")
    assert sources(two).isdisjoint(sources(validation))
    assert "round_02: 0 of 3 crops annotated" in round_status(folder.path).lines
    annotate_in_window(two, truth)
    assert "round_02: 3 of 3 crops annotated" in round_status(folder.path).lines
    finished = finish_round(folder.path, settings=TRAIN)

    parts = read_split(finished.model / "split.csv")
    assert {pair.image.name for pair in parts.train} == {crop.file for crop in one.crops + two.crops}
    assert {pair.image.name for pair in parts.validation} == {crop.file for crop in validation.crops}
    assert [pair.ignored.name for pair in parts.train if pair.ignored] == [marked]
    assert list(read_crops(folder.training.images).values()) == one.crops + two.crops
    model = json.loads((finished.model / "model.json").read_text(encoding="utf-8"))
    assert model["base"]["sha256"] == sha256(first.base)
    with open(folder.path / "rounds.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "at IoU 0.5"]
    assert [(row["round"], row["crops"], row["chosen"]) for row in rows] == [
        ("0", "0", ""),
        ("1", "3", "uncertain"),
        ("2", "6", "random"),
    ]
    assert all(
        float(row["low_95"]) <= float(row["average_precision"]) <= float(row["high_95"]) for row in rows
    )
    assert (folder.path / "rounds.png").stat().st_size > 5000
    assert "cpretrain.start_round" in round_status(folder.path).data["next"]


def test_all_positions_of_a_file_validate_or_train(tmp_path, disks, first):
    image, _ = disks
    (tmp_path / "raw").mkdir()
    for number in range(5):
        shown = [np.roll(image, 5 * number + p, axis=1)[..., np.newaxis] for p in range(2)]
        pixels = np.stack([shown] * 2)
        write_nd2(tmp_path / "raw" / f"{number}.nd2", pixels, "TP", frames=3 if number == 2 else None)
    start_round(tmp_path / "raw", settings=first)
    folder = RoundsFolder(tmp_path / "rounds")
    files = [{crop.source_file for crop in part.crops} for part in (folder.round(1), folder.validation)]
    assert len(files[1]) == 1 and files[0].isdisjoint(files[1]) and "" not in files[0]
    record = folder.validation.record
    assert record["whole_files"] and [*record["notes"]] == ["2.nd2#2"]
    assert [folder.keeps_apart(tmp_path / "raw" / f"{name}#{p}") for name in files[1] for p in (1, 2)] == [
        True,
        True,
    ]


def test_what_contradicts_the_first_round(tmp_path, disks, first):
    write_movies(tmp_path / "movies", disks, 1)
    with pytest.raises(BadInput, match="needs name="):
        start_round(tmp_path / "movies")
    start_round(tmp_path / "movies", settings=first.replace(crops=1, validation_crops=1))
    (tmp_path / "rounds" / "round_01" / "model" / first.name).mkdir(parents=True)
    (tmp_path / "rounds" / "round_01" / "model" / first.name / "evaluation.json").write_text("{}")
    with pytest.raises(BadInput, match="channel=: cannot change between rounds"):
        start_round(tmp_path / "movies", settings=RoundSettings(channel=2))


def test_a_folder_that_somebody_else_made_stays(tmp_path, disks, first):
    write_movies(tmp_path / "movies", disks, 1)
    theirs = tmp_path / "rounds" / "round_01" / "ground_truth" / "a.geojson"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("{}")
    with pytest.raises(BadInput, match="round_01: already exists"):
        start_round(tmp_path / "movies", settings=first.replace(crops=1, validation_crops=1))
    assert theirs.read_text() == "{}"
    assert {path.name for path in (tmp_path / "rounds").iterdir()} == {"round_01", "validation"}


def test_validation_crops_that_a_killed_start_left(tmp_path, disks, first):
    write_movies(tmp_path / "movies", disks, 1)
    settings = first.replace(crops=1, validation_crops=1, choose="random")
    start_round(tmp_path / "movies", settings=settings)
    rounds = RoundsFolder(tmp_path / "rounds")
    shutil.rmtree(rounds.round(1).folder)  # as if it had been killed here
    kept = rounds.validation.crops
    with pytest.raises(BadInput, match="interrupted start with other settings") as raised:
        start_round(tmp_path / "movies", settings=settings.replace(seed=3, name="other"))
    assert 'name="Zellen ü", seed=0' in str(raised.value)
    start_round(tmp_path / "movies", settings=settings.replace(crops=2))
    assert rounds.validation.crops == kept and len(rounds.round(1).crops) == 2


def test_a_finish_with_settings_of_the_rounds_or_others(tmp_path, disks, first):
    """Omitted settings are those of the round; contradicting ones are refused."""
    write_movies(tmp_path / "movies", disks, 1)
    start_round(
        tmp_path / "movies", settings=first.replace(crops=1, validation_crops=1, seed=7, choose="random")
    )
    folder = RoundsFolder(tmp_path / "rounds")
    newest = folder.round(1)
    assert _training_settings(folder, newest, TRAIN).seed == 7
    assert _training_settings(folder, newest, TrainSettings(seed=0)).seed == 0
    assert _training_settings(folder, newest, TRAIN.replace(name="Zellen ü", channel=1)).epochs == 1
    for given in (TRAIN.replace(name="other"), TRAIN.replace(channel=2), TRAIN.replace(second_channel=1)):
        with pytest.raises(BadInput, match="cannot change between rounds"):
            finish_round(folder.path, settings=given)


def test_there_are_no_rounds(tmp_path):
    with pytest.raises(BadInput, match="holds no rounds"):
        round_status(tmp_path)


@pytest.mark.parametrize(
    "record", ["", "[]", "{}", '{"settings": {"crops": -1}}', '{"settings": ' + "[" * 10_000]
)
def test_damaged_record_of_a_round(tmp_path, record):
    (tmp_path / "round_01").mkdir()
    (tmp_path / "round_01" / "round.json").write_text(record)
    with pytest.raises(BadInput, match=r"round\.json"):
        _ = RoundsFolder(tmp_path).rounds[0].settings
