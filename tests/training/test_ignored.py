"""Ignored pixels move with their image, and no loss or score depends on them."""

import numpy as np
import pytest

from cpretrain.models.segmenter import Segmenter
from cpretrain.models.versions import loss_of
from cpretrain.models.weights import find_base
from cpretrain.training.examples import batches, prepare
from cpretrain.training.loop import Run, TestSet
from tests.training.conftest import TILE, WHOLE, same_weights


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
    plain = draw(prepare(images, labels, "cpu"), net)
    marked = draw(prepare(images, labels, "cpu", ignored=ignored), net)
    assert plain.ignored is None
    assert np.array_equal(plain.images, marked.images)
    assert np.array_equal(np.asarray(plain.flows), np.asarray(marked.flows))
    assert np.array_equal(marked.ignored, plain.images[:, 0] > 0.5)
    assert marked.ignored.any(dim=(1, 2)).tolist() == [True, False, True]


def test_masks_without_ignored_pixels_change_nothing(crops):
    images, labels = crops[0][:2], crops[1][:2]
    assert prepare(images, labels, "cpu", ignored=[np.zeros(labels[0].shape, bool), None]).ignored == []


def test_the_loss_does_not_see_ignored_pixels(segmenter, crops):
    import torch

    net, labels = segmenter.model.net, crops[1][:2]
    ignored = [np.roll(label > 0, 9, axis=0) for label in labels]
    batch = draw(prepare(crops[0][:2], labels, "cpu", ignored=ignored), net)
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
    """Train on labels with and without an object that is ignored: the weights are the same only if it is."""

    def trained(labels, ignored):
        segmenter = Segmenter(find_base(quick.base), "cpu", for_training=True)
        examples = prepare(crops[0][:1], [labels], "cpu", ignored=[ignored])
        run = Run(segmenter, examples, quick.replace(epochs=3))
        while not run.finished:
            run.run_epoch()
        return run.net.state_dict()

    labels = crops[1][0]
    ignored = labels == labels.max()
    with_it, without = trained(labels, ignored), trained(np.where(ignored, 0, labels), ignored)
    margin = np.pad(ignored, 3)
    around = np.logical_or.reduce(
        [np.roll(margin, (y, x), (0, 1)) for y in range(-3, 4) for x in range(-3, 4)]
    )
    around = around[3:-3, 3:-3] & ((labels == 0) | ignored)
    assert not same_weights(with_it, without)  # the flows of augmented images are interpolated at its edge
    assert same_weights(trained(labels, around), trained(np.where(ignored, 0, labels), around))


def test_the_in_training_score_leaves_them_out(quick, crops, segmenter):
    images, labels = crops[0][4:], crops[1][4:]
    run = Run(segmenter, prepare(crops[0][:2], crops[1][:2], "cpu"), quick.replace(epochs=1))
    predicted = [run.segmenter.segment_inside(image, _settings(), WHOLE) for image in images]
    everywhere = [np.ones(label.shape, bool) for label in labels]
    nothing = [np.zeros_like(label) for label in labels]
    run.test = TestSet(prepare(images, nothing, "cpu", 20.0, everywhere), nothing, [WHOLE] * 2)
    assert any(one.any() for one in predicted)
    assert run._average_precision() == 1  # nothing is known, and nothing counts
    run.test = TestSet(prepare(images, nothing, "cpu", 20.0), nothing, [WHOLE] * 2)
    assert run._average_precision() < 1


def _settings():
    from cpretrain.settings.evaluation import EvaluateSettings

    return EvaluateSettings()
