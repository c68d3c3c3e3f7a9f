"""The epochs of a training run, built from Cellpose's own parts; it can stop after any epoch and resume there.

On a CPU and with Cellpose's own tile, seed 0 gives the weights of Cellpose's ``train_seg``, bit for bit.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.valid_box import Box
from cpretrain.labels.ignored import known_part
from cpretrain.metrics.scores import average_precision
from cpretrain.models.segmenter import Segmenter, quietly
from cpretrain.models.versions import installed_cellpose, loss_of
from cpretrain.runtime.spelling import option
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.training.averaging import Average
from cpretrain.training.curves import Curves
from cpretrain.training.examples import Batch, Examples, batches
from cpretrain.training.grey_values import GreyValues
from cpretrain.training.low_rank import merged
from cpretrain.training.memory import measured_peak, plan_memory
from cpretrain.training.optimisation import (
    generator_states,
    learning_rates,
    make_optimizer,
    restore_generators,
    seed_epoch,
    untouched_generators,
)
from cpretrain.training.recomputing import recompute_blocks
from cpretrain.training.tile import tile_for
from cpretrain.training.trained_part import choose_trained_part, training_mode

THRESHOLDS = tuple(np.arange(0.5, 0.95, 0.05).round(2))
"""IoU thresholds; the best epoch has the highest average precision, averaged over them."""

TEST_SEED = 42
"""Cellpose's own seed: the test loss is measured on the same tiles every time."""

Weights = Mapping[str, Any]


class Diverged(BadInput):
    """A training whose loss or weights are no longer finite."""


@dataclass(frozen=True)
class TestSet:
    """Images that are never trained on, to measure the progress of training.

    Parameters
    ----------
    examples : Examples
        Images and flows.
    truth : sequence of ndarray of int, shape (Y, X)
        Their label images.
    boxes : sequence of tuple of slice or None
        Rows and columns that hold data, for each image.

    Pixels that the examples ignore count in neither the loss nor the average precision.
    """

    examples: Examples
    truth: Sequence[NDArray[Any]]
    boxes: Sequence[Box | None]

    def known_part(self, index: int, predicted: NDArray[Any]) -> NDArray[Any]:
        """Return the labels predicted for an image as far as they can be judged."""
        ignored = self.examples.ignored[index] if self.examples.ignored else None
        return predicted if ignored is None else known_part(predicted, ignored)


@dataclass(frozen=True)
class BestWeights:
    """The weights to keep, and the epoch, from 0, that they come from."""

    epoch: int
    weights: Weights


class Run:
    """A training run.

    Parameters
    ----------
    segmenter : Segmenter
        A model loaded for training; its network is changed.
    examples : Examples
        Training images.
    settings : TrainSettings
        Complete settings, from ``with_defaults``.
    test : TestSet, optional
        In-training test set.

    Attributes
    ----------
    tile : int
        Edge length of a training tile in pixels.
    curves : Curves
        Measurements so far.
    kept : BestWeights or None
        The best weights so far; None before the first epoch has ended.
    average : Average or None
        Mean of the weights over the last epochs, if the settings ask for it.
    plan : Plan
        Crops per step, and the memory that they are estimated to take.
    peak_memory : int
        Most memory taken so far, in bytes, measured.
    seconds : float
        Duration of the epochs so far.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        examples: Examples,
        settings: TrainSettings,
        test: TestSet | None = None,
    ) -> None:
        import torch

        assert settings.epochs and settings.learning_rate
        self.segmenter, self.examples, self.settings, self.test = segmenter, examples, settings, test
        self.net, self.device = segmenter.model.net, segmenter.device
        torch.manual_seed(settings.seed)
        self.tile = tile_for(settings.tile, examples, self.net)
        choose_trained_part(self.net, settings)
        self._set_diameters()
        self._layout = torch.contiguous_format
        if settings.tile == "fit" and installed_cellpose().scales_objects and self.device.type == "cpu":
            self._layout = torch.channels_last  # a tenth faster, but it sums numbers in another order
            self.net.to(memory_format=self._layout)
        training_mode(self.net, settings)
        self.plan = plan_memory(self.net, self.tile, settings, self.device)
        if self.plan.recompute:
            recompute_blocks(self.net)
        self.optimizer = make_optimizer(self.net, settings)
        self.rates = learning_rates(settings.epochs, settings.learning_rate, settings.schedule)
        self.curves = Curves()
        self.kept: BestWeights | None = None
        self.average = Average(settings.average_epochs) if settings.average_epochs else None
        self.seconds = 0.0
        self.peak_memory = 0

    def _set_diameters(self) -> None:
        """Tell the network the diameter of the objects, by which it rescales images in segmentation."""
        import torch

        model = self.segmenter.model
        self.net.diam_labels.data = torch.Tensor([self.examples.mean_diameter]).to(self.device)
        model.diam_labels, model.diam_mean = self.net.diam_labels.item(), self.net.diam_mean.item()

    @property
    def finished(self) -> bool:
        """True if all epochs are done, or too many have passed without a better one."""
        epochs, patience = self.curves.epochs, self.settings.patience
        if patience and self.kept and epochs - 1 - self.kept.epoch >= patience:
            return True
        return epochs == self.settings.epochs

    @property
    def steps_left(self) -> int:
        """Number of training steps in the remaining epochs."""
        assert self.settings.epochs
        return (self.settings.epochs - self.curves.epochs) * math.ceil(self._per_epoch / self._batch_size)

    @property
    def _per_epoch(self) -> int:
        return self.settings.images_per_epoch or len(self.examples)

    @property
    def _batch_size(self) -> int:
        return self.plan.batch_size

    @property
    def hardware(self) -> dict[str, Any]:
        """Hardware of the computation, on which the last digits may depend."""
        import torch

        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type
        return {"device": name, "threads": torch.get_num_threads()}

    def run_epoch(self, on_step: Callable[[], None] = lambda: None) -> None:
        """Train for one epoch, measure, and keep the weights if they are the best so far.

        Raises
        ------
        Diverged
            At the first loss that is not finite.
        """
        epoch, started = self.curves.epochs, time.perf_counter()
        with quietly():
            training_loss = self._train(epoch, on_step)
            self._check_weights()
            self.peak_memory = max(self.peak_memory, measured_peak(self.device))
            with self._judged_weights():
                test_loss, precision = self._measure(epoch) if self.test else (math.nan, math.nan)
                better = self._is_better(test_loss, precision)
                self.curves.add(training_loss, test_loss, precision)
                if better:
                    self.kept = BestWeights(epoch, _copy(merged(self.net.state_dict())))
        self.seconds += time.perf_counter() - started

    def state(self) -> dict[str, Any]:
        """Return everything needed to resume after this epoch, as tensors and plain values."""
        assert self.kept
        return {
            "weights": _copy(self.net.state_dict()),
            "average": self.average.state() if self.average else None,
            "plan": vars(self.plan),
            "optimizer": self.optimizer.state_dict(),
            "generators": generator_states(self.device.type),
            "curves": vars(self.curves),
            "seconds": self.seconds,
            "hardware": self.hardware,
            "kept_epoch": self.kept.epoch,
            "kept_weights": self.kept.weights,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Resume from a result of `state`."""
        self.net.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        restore_generators(state["generators"], self.device.type)
        self.curves, self.seconds = Curves(**state["curves"]), state["seconds"]
        self.kept = BestWeights(state["kept_epoch"], state["kept_weights"])
        self.plan = replace(self.plan, batch_size=state["plan"]["batch_size"])
        if self.average:
            self.average.restore(state["average"], self.device)

    def _judged_weights(self) -> AbstractContextManager[None]:
        """Return a block in which the network has the weights to measure and to keep."""
        if not self.average:
            return nullcontext()
        self.average.add(self.net.state_dict())
        return self.average.in_place_of_the_last(self.net)

    def _train(self, epoch: int, on_step: Callable[[], None]) -> float:
        seed_epoch(self.settings.seed, epoch)
        order = self._draw_order()
        for group in self.optimizer.param_groups:
            group["lr"] = float(self.rates[epoch])
        training_mode(self.net, self.settings)
        vary = GreyValues(self.settings.seed, epoch).vary if self.settings.vary_grey_values else None
        total = 0.0
        for batch in batches(self.examples, order, self._batch_size, self.tile, self.net, vary):
            self.optimizer.zero_grad()  # before the next tensors are made, to save their memory
            loss = self._loss(batch)
            total += self._finite(loss.item()) * len(batch.images)
            loss.backward()
            self.optimizer.step()
            on_step()
        return total / len(order)

    def _finite(self, loss: float) -> float:
        """Return the loss, or stop: no epoch recovers from a loss that is not finite."""
        if math.isfinite(loss):
            return loss
        raise self._diverged(f"loss {loss}")

    def _diverged(self, found: str) -> Diverged:
        return Diverged(
            f"train {self.settings.name}: the training diverged in epoch {self.curves.epochs + 1}",
            found=found,
            expected="finite numbers",
            cure=f"choose a lower {option('learning_rate')} than {self.settings.learning_rate:g}, "
            "or check the images",
        )

    def _check_weights(self) -> None:
        """Check that the weights are finite after the last step of the epoch, which no loss shows."""
        broken = [name for name, value in self.net.state_dict().items() if not value.isfinite().all()]
        if broken:
            raise self._diverged(f"NaN or infinity in {len(broken)} tensors, for example {broken[0]}")

    def _draw_order(self) -> NDArray[np.int64]:
        """Choose the images of an epoch by exactly Cellpose's calls, for the same random numbers."""
        count = len(self.examples)
        if count == self._per_epoch:
            return np.random.permutation(np.arange(0, count))  # noqa: NPY002
        even = np.ones(count) / count
        return np.random.choice(np.arange(0, count), size=(self._per_epoch,), p=even / even.sum())  # noqa: NPY002

    def _loss(self, batch: Batch) -> Any:
        import torch

        short = self.settings.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16) if short else nullcontext():
            predicted = self.net(batch.images.to(memory_format=self._layout))[0]
        return loss_of(batch.flows, predicted.float(), self.device, batch.ignored)

    def _measure(self, epoch: int) -> tuple[float, float]:
        """Return loss and average precision on the in-training test set, in epochs where they are due."""
        last, every = epoch + 1 == self.settings.epochs, self.settings.ap_every
        precision_due = bool(every) and (epoch % every == 0 or last)
        cellpose_measures = epoch == 5 or epoch % 10 == 0
        return (
            self._test_loss() if precision_due or cellpose_measures or last else math.nan,
            self._average_precision() if precision_due else math.nan,
        )

    def _test_loss(self) -> float:
        import torch

        assert self.test
        np.random.seed(TEST_SEED)  # noqa: NPY002
        examples = self.test.examples
        order = np.random.permutation(np.arange(0, len(examples)))  # noqa: NPY002
        self.net.eval()
        total = 0.0
        with torch.no_grad():
            for batch in batches(examples, order, self._batch_size, self.tile, self.net):
                total += self._finite(self._loss(batch).item()) * len(batch.images)
        return total / len(order)

    def _average_precision(self) -> float:
        assert self.test
        with untouched_generators(self.device.type):
            predicted = [
                self.segmenter.segment_inside(image, EvaluateSettings(), box)
                for image, box in zip(self.test.examples.images, self.test.boxes, strict=True)
            ]
        known = [self.test.known_part(index, labels) for index, labels in enumerate(predicted)]
        return float(average_precision(self.test.truth, known, THRESHOLDS).average_precision.mean())

    def _is_better(self, test_loss: float, precision: float) -> bool:
        """Return whether the latest epoch is the best so far; without measurements, it always is."""
        if self.settings.keep == "last" or self.test is None or self.kept is None:
            return True
        measured = precision if self.settings.ap_every else test_loss
        if math.isnan(measured):
            return False
        before = self.kept.epoch
        best = self.curves.test_loss[before], self.curves.test_average_precision[before]
        return _rank(test_loss, precision) > _rank(*best)


def _rank(test_loss: float, precision: float) -> tuple[float, float]:
    """Return a rank, higher for better: by average precision, then by loss."""
    return (
        -math.inf if math.isnan(precision) else precision,
        -math.inf if math.isnan(test_loss) else -test_loss,
    )


def _copy(weights: Weights) -> dict[str, Any]:
    import torch

    return {
        name: value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, value in weights.items()
    }
