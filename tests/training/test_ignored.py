"""Ignored pixels move with their image, and no loss or score depends on them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from cpretrain.models.device import find_device
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.versions import loss_of
from cpretrain.models.weights import find_base
from cpretrain.training.examples import batches, prepare
from cpretrain.training.loop import Run, TestSet
from tests.training.conftest import TILE, WHOLE, same_weights

CPU = find_device("cpu")


@pytest.fixture
def segmenter(quick):
    return Segmenter(find_base(quick.base), "cpu", for_training=True)


def draw(examples, net):
    np.random.seed(3)  # noqa: NPY002
    return next(batches(examples, np.arange(len(examples)), len(examples), TILE, net))


def test_ignored_pixels_move_with_their_image(segmenter, crops):
    images, labels = [image.copy() for image in crops[0][:3]], crops[1][:3]
    ignored = [labels[0] > 0, None, np.ones(labels[2].shape, bool)]
    for image, one in zip(images, ignored, strict=True):
        image[0] = 0 if one is None else one  # the image shows where it is ignored
    net = segmenter.model.net
    plain = draw(prepare(images, labels, CPU), net)
    marked = draw(prepare(images, labels, CPU, ignored=ignored), net)
    assert plain.ignored is None
    assert np.array_equal(plain.images, marked.images)
    assert np.array_equal(np.asarray(plain.flows), np.asarray(marked.flows))
    assert np.array_equal(marked.ignored, plain.images[:, 0] > 0.5)
    assert marked.ignored.any(dim=(1, 2)).tolist() == [True, False, True]


def test_masks_without_ignored_pixels_change_nothing(crops):
    images, labels = crops[0][:2], crops[1][:2]
    assert prepare(images, labels, CPU, ignored=[np.zeros(labels[0].shape, bool), None]).ignored == []


def test_the_loss_does_not_see_ignored_pixels(segmenter, crops):
    import torch

    net, labels = segmenter.model.net, crops[1][:2]
    ignored = [np.roll(label > 0, 9, axis=0) for label in labels]
    batch = draw(prepare(crops[0][:2], labels, CPU, ignored=ignored), net)
    predicted = torch.randn((2, 3, TILE, TILE), generator=torch.Generator().manual_seed(0))
    loss = loss_of(batch.flows, predicted, "cpu", batch.ignored)
    wrong = torch.where(batch.ignored[:, None], 100.0, predicted)
    assert loss_of(batch.flows, wrong, "cpu", batch.ignored) == loss
    assert loss_of(batch.flows, wrong, "cpu") > 10 * loss
    nothing = torch.zeros_like(batch.ignored)
    assert loss_of(batch.flows, predicted, "cpu", nothing) == loss_of(batch.flows, predicted, "cpu")
    everything = torch.ones_like(batch.ignored)
    assert loss_of(batch.flows, predicted.requires_grad_(), "cpu", everything).item() == 0


def test_what_is_drawn_in_ignored_pixels_does_not_reach_the_weights(quick, crops):
    """Train on labels with and without some objects that lie in ignored pixels."""

    def trained(labels, ignored):
        segmenter = Segmenter(find_base(quick.base), "cpu", for_training=True)
        examples = prepare(crops[0][:1], [labels], CPU, ignored=[ignored])
        run = Run(segmenter, replace(examples, diameters=np.array([20.0])), quick.replace(epochs=2))
        run.net.diam_labels.data[:] = 20
        while not run.finished:
            run.run_epoch()
        return run.net.state_dict()

    labels = crops[1][0]
    only_one = np.where(labels > 1, 0, labels)
    ignored = binary_dilation(labels > 1, iterations=3) & (labels != 1)
    without = trained(only_one, ignored)
    assert same_weights(trained(labels, ignored), without)
    assert not same_weights(trained(only_one, None), without)


class Seen:
    """Stands in for a model that finds given objects, which the untrained one here does not."""

    def __init__(self, labels) -> None:
        self.labels = iter(labels)

    def segment_inside(self, *_):
        return next(self.labels)


def test_the_in_training_score_leaves_them_out(quick, crops, segmenter):
    run = Run(segmenter, prepare(crops[0][:1], crops[1][:1], CPU), quick.replace(epochs=1))
    images, drawn = crops[0][4:], [np.where(labels > 1, 0, labels) for labels in crops[1][4:]]
    undrawn = [(labels > 1) for labels in crops[1][4:]]
    for ignored, expected in ((undrawn, 1.0), ((), 1 / crops[1][4].max())):
        run.test = TestSet(prepare(images, drawn, CPU, 20.0, ignored), drawn, [WHOLE] * 2)
        run.segmenter = Seen(crops[1][4:])
        assert run._average_precision() == pytest.approx(expected)
