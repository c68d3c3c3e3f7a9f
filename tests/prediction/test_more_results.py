"""What predict writes besides label images: measurements, probability and flows, and the type of labels."""

import numpy as np
import pandas as pd
import pytest

from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.models.trained import find_model
from cpretrain.prediction import predict
from cpretrain.prediction.frame import segment_frame
from cpretrain.prediction.writing import type_of_labels
from tests.prediction.conftest import FRAMES

pytestmark = pytest.mark.cellpose


def frames_of(path):
    with TimeLapse(path) as movie:
        return np.stack([movie.frame(t) for t in range(movie.shape[0])]), movie.channels.names


@pytest.mark.parametrize("format", ["tiff", "ome-zarr"])
def test_images_of_the_network(model, quick, movie, padded, tmp_path, format):
    settings = quick.replace(probability=True, flows=True, frames_only=(0, 2), format=format)
    [done] = predict(model, movie, out=tmp_path / "out", settings=settings).done
    name = done.labels.name
    used = find_model(model, settings)
    expected = [segment_frame(padded[t], used) for t in (0, 2)]
    probability, names = frames_of(tmp_path / "out" / "probability" / name)
    assert names == ("probability",) and not probability[1].any()
    assert np.array_equal(probability[[0, 2], :, 0], [one.probability for one in expected])
    flows, names = frames_of(tmp_path / "out" / "flows" / name)
    assert names == ("flow y", "flow x") and not flows[1].any()
    assert np.array_equal(flows[[0, 2]], [one.flows.swapaxes(0, 1) for one in expected])
    assert flows[0].any() and probability.dtype == np.float32


def test_they_are_made_again_and_taken_away(model, quick, movie, tmp_path, capsys):
    out, settings = tmp_path / "out", quick.replace(probability=True, frames_only=(0,))
    predict(model, movie, out=out, settings=settings)
    image = out / "probability" / movie.name
    image.unlink()
    predict(model, movie, out=out, settings=settings)
    assert image.is_file() and "Zelle 1.tif is gone" in capsys.readouterr().err
    predict(model, movie, out=out, settings=settings)
    assert "is complete and unchanged" in capsys.readouterr().err
    predict(model, movie, out=out, settings=quick.replace(frames_only=(0,)))
    assert not image.exists()


def test_measurements(model, quick, movie, padded, tmp_path, capsys):
    out, plain = tmp_path / "out", quick.replace(measure=False)
    predict(model, movie, out=out, settings=plain)
    [done] = predict(model, movie, out=out, settings=plain.replace(measure=True)).done
    assert "is complete and unchanged" in capsys.readouterr().err  # no network is needed for them
    assert [path.name for path in done.others] == ["Zelle 1.measurements.csv"]
    table, objects = pd.read_csv(done.others[0]), pd.read_csv(out / "Zelle 1.objects.csv")
    assert len(table) == done.objects > 3
    assert (
        table[["frame", "label", "pixels"]].to_numpy().tolist()
        == objects[["frame", "label", "area"]].to_numpy().tolist()
    )
    assert np.allclose(table["area_um2"], objects["area"] * 0.25) and np.allclose(
        table["y_um"], objects["y"] * 0.5, rtol=1e-4
    )
    assert table["time_s"].unique().tolist() == [300.0 * t for t in range(FRAMES)]
    labels, _ = frames_of(done.labels)
    first = padded[0, 0, 0][labels[0, 0, 0] == table["label"][0]]
    assert table["sum_c1"][0] == pytest.approx(first.sum(), rel=1e-5)
    done.others[0].write_text("edited")
    predict(model, movie, out=out, settings=plain.replace(measure=True))
    assert len(pd.read_csv(done.others[0])) == len(table)


@pytest.mark.parametrize(
    ("asked", "highest", "expected"),
    [
        ("auto", 65_535, "uint16"),
        ("auto", 65_536, "uint32"),
        ("uint32", 3, "uint32"),
        ("uint16", 65_535, "uint16"),
    ],
)
def test_type_of_labels(tmp_path, asked, highest, expected):
    assert type_of_labels(tmp_path / "a.tif", asked, highest) == expected


def test_a_type_that_is_too_small(tmp_path):
    with pytest.raises(BadInput, match=r"a\.tif: a frame has more objects.*\n.*70000 objects"):
        type_of_labels(tmp_path / "a.tif", "uint16", 70_000)


def test_labels_of_32_bit(model, quick, movie, tmp_path):
    plain, wide = (
        frames_of(
            predict(model, movie, out=tmp_path / kind, settings=quick.replace(label_type=kind)).done[0].labels
        )[0]
        for kind in ("auto", "uint32")
    )
    assert (plain.dtype, wide.dtype) == ("uint16", "uint32") and np.array_equal(plain, wide)
