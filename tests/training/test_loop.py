"""The loop equals Cellpose's own, number for number, and stops and resumes without a trace."""

import math

import numpy as np
import pytest

from cpretrain.models.segmenter import Segmenter, quietly
from cpretrain.models.weights import cellpose_major, find_base
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.training.examples import prepare
from cpretrain.training.loop import Run, TestSet
from cpretrain.training.optimisation import repeatable
from tests.training.conftest import WHOLE, same_weights

pytestmark = pytest.mark.cellpose
MAJOR = cellpose_major()


def train_to_the_end(run: Run) -> dict:
    with repeatable(0, "cpu"):
        import torch

        torch.manual_seed(run.settings.seed)
        while not run.finished:
            run.run_epoch()
    return {name: value.clone() for name, value in run.net.state_dict().items()}


def train_as_cellpose_does(settings, crops, folder):
    import torch
    from cellpose import train

    net = Segmenter(find_base(settings.base), "cpu", for_training=True).model.net
    with repeatable(0, "cpu"), quietly():
        path, losses, test_losses = train.train_seg(
            net,
            train_data=[image.copy() for image in crops[0][:4]],
            train_labels=[label.astype(np.int32) for label in crops[1][:4]],
            test_data=[image.copy() for image in crops[0][4:]],
            test_labels=[label.astype(np.int32) for label in crops[1][4:]],
            normalize={"normalize": False},
            n_epochs=settings.epochs,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            SGD=settings.optimizer == "sgd",
            batch_size=settings.batch_size,
            nimg_per_epoch=settings.images_per_epoch,
            min_train_masks=0,
            save_path=folder,
            model_name="weights",
            **({"bsize": settings.tile} if isinstance(settings.tile, int) else {}),
        )
    return torch.load(path, weights_only=True), losses, test_losses


CASES = [{"tile": "cellpose", "epochs": 2, "images_per_epoch": 1}, {}, {"images_per_epoch": 3}]
CASES += [{"optimizer": "sgd"}] if MAJOR == 3 else [{"tile": "fit"}]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights_and_losses_are_those_of_train_seg(case, quick, start, crops, tmp_path):
    settings = quick.replace(test_fraction=0.3, ap_every=0, **case)
    theirs, losses, test_losses = train_as_cellpose_does(settings, crops, tmp_path)
    run = start(settings)
    ours = train_to_the_end(run)
    assert same_weights(ours, theirs)
    assert run.curves.training_loss == losses.tolist()
    assert run.curves.test_loss[0] == test_losses[0]
    measured = [not math.isnan(value) for value in run.curves.test_loss]
    assert measured == [True, *[False] * (settings.epochs - 2), True]


def test_same_seed_same_weights_and_other_seed_others(quick, start):
    settings = quick.replace(epochs=2, tile="fit" if MAJOR == 3 else quick.tile)
    first, again, other = (
        train_to_the_end(start(settings.replace(seed=seed), images=2)) for seed in (5, 5, 6)
    )
    assert same_weights(first, again)
    assert not same_weights(first, other)


def test_going_on_leads_to_the_same(quick, start, tmp_path):
    import torch

    settings = quick.replace(epochs=3, test_fraction=0.3, ap_every=1)
    whole = start(settings)
    expected = train_to_the_end(whole)
    before = start(settings)
    with repeatable(0, "cpu"):
        torch.manual_seed(0)
        for _ in range(2):
            before.run_epoch()
        torch.save(before.state(), tmp_path / "state")
    after = start(settings)
    with repeatable(99, "cpu"):
        after.restore(torch.load(tmp_path / "state", weights_only=True))
        while not after.finished:
            after.run_epoch()
    assert same_weights(after.net.state_dict(), expected)
    assert after.curves == whole.curves
    assert after.kept.epoch == whole.kept.epoch
    assert same_weights(after.kept.weights, whole.kept.weights)


@pytest.mark.parametrize(
    ("change", "precisions", "kept", "epochs"),
    [
        ({}, [0.2, 0.6, 0.4, 0.6], 1, 4),
        ({"ap_every": 2}, [0.2, 0.6, 0.4], 2, 4),
        ({"keep": "last"}, [0.2, 0.6, 0.4, 0.5], 3, 4),
        ({"patience": 1}, [0.2, 0.6, 0.4, 0.7], 1, 3),
        ({"patience": 2}, [0.2, 0.6, 0.4, 0.7], 3, 4),
        ({"test_fraction": 0.0}, [], 3, 4),
    ],
)
def test_the_best_epoch_is_kept(quick, start, monkeypatch, change, precisions, kept, epochs):
    given = iter(precisions)
    monkeypatch.setattr(Run, "_average_precision", lambda run: next(given))
    monkeypatch.setattr(Run, "_test_loss", lambda run: 1.0)  # so that precision decides
    run = start(quick.replace(**({"epochs": 4, "test_fraction": 0.3, "ap_every": 1} | change)), images=2)
    train_to_the_end(run)
    assert (run.kept.epoch, run.curves.epochs) == (kept, epochs)


def test_without_average_precision_the_lowest_test_loss_is_kept(quick, start, monkeypatch):
    losses = iter([0.5, 0.3, 0.4])
    monkeypatch.setattr(Run, "_test_loss", lambda run: next(losses))
    run = start(quick.replace(epochs=11, test_fraction=0.3, ap_every=0, images_per_epoch=1, batch_size=1))
    train_to_the_end(run)  # measured at epochs 0, 5 and 10
    assert run.kept.epoch == 5
    assert all(math.isnan(value) for value in run.curves.test_average_precision)


def test_average_precision_is_that_of_the_segmented_test_images(quick, start, crops):
    from cpretrain.metrics.scores import average_precision
    from cpretrain.training.loop import THRESHOLDS

    run = start(quick.replace(epochs=1, test_fraction=0.3))
    batch_statistics = {n: v.clone() for n, v in run.net.state_dict().items() if "running" in n}
    found = run._average_precision()
    labels = [run.segmenter.segment(image, EvaluateSettings()) for image in crops[0][4:]]
    assert found == average_precision(crops[1][4:], labels, THRESHOLDS).average_precision.mean()
    assert all(np.array_equal(run.net.state_dict()[n], v) for n, v in batch_statistics.items())


def test_empty_crops_are_negatives_that_leave_the_diameter_alone(quick, crops):
    segmenter = Segmenter(find_base(quick.base), "cpu", for_training=True)
    images, labels = crops
    empty = [np.zeros_like(labels[0])]
    alone = prepare(images[:2], labels[:2], segmenter.device)
    joined = prepare(images[:3], labels[:2] + empty, segmenter.device)
    assert joined.mean_diameter == alone.mean_diameter == pytest.approx(20, abs=1)
    assert joined.diameters[2] == alone.mean_diameter
    assert not joined.flows[2].any()
    run = Run(
        segmenter, joined, quick.replace(epochs=2), TestSet(prepare(images[:1], empty, "cpu"), empty, [WHOLE])
    )
    train_to_the_end(run)
    assert np.isfinite(run.curves.training_loss).all()
    assert run.net.diam_labels.item() == pytest.approx(alone.mean_diameter)


def test_inputs_are_left_alone(quick, crops):
    images, labels = [crops[0][0].copy()], [crops[1][0] * 7]
    segmenter = Segmenter(find_base(quick.base), "cpu", for_training=True)
    run = Run(segmenter, prepare(images, labels, segmenter.device), quick.replace(epochs=2))
    train_to_the_end(run)
    assert np.array_equal(images[0], crops[0][0])
    assert labels[0].max() == 63
