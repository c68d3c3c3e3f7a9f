"""What a training run says: the memory it needs and takes, and how far it is."""

from collections.abc import Sequence

from cpretrain.models.inference import multiplies_in_16_bits
from cpretrain.models.versions import installed_cellpose
from cpretrain.runtime.console import console, info, warning
from cpretrain.runtime.spelling import option
from cpretrain.training.curves import small_curve
from cpretrain.training.loop import Run
from cpretrain.training.memory import in_gigabytes
from cpretrain.training.trained_part import count_trained


def report_peak(run: Run) -> None:
    """Say what memory the run has taken so far."""
    info(f"train: {in_gigabytes(run.peak_memory)} of {run.plan.place} memory taken (measured)")


def report_plan(run: Run) -> None:
    """Say which part is trained, and the memory that it should take."""
    trained, all_of_it = count_trained(run.net)
    if trained < all_of_it / 2:
        info(f"train: {trained:,} of {all_of_it:,} weights are trained, the others stay as they are")
    info(f"train: {run.plan.describe()}")
    if not run.plan.fits:
        warning(f"train: that may be more than there is; {_spare_memory(run)}")
    if run.settings.precision == "float32" and run.device.type == "cpu" and multiplies_in_16_bits(run.device):
        info(
            f"train: this processor also computes in 16 bits: {option('precision', 'bfloat16')} can halve the time"
        )


def _spare_memory(run: Run) -> str:
    """Return the ways to need less memory."""
    ways = [option("precision", "bfloat16")] if run.settings.precision == "float32" else []
    if installed_cellpose().blocks(run.net) and not run.settings.lora:
        ways.append(option("lora", 8))
    if run.settings.freeze == "nothing" and not run.settings.lora:
        ways.append(option("freeze", "encoder"))
    if run.plan.batch_size > 1:
        ways.append(option("batch_size", "fit"))
    return (
        f"less is needed with {' or '.join(ways)}"
        if ways
        else "close other programs, or choose another device"
    )


def progress_note(run: Run) -> str:
    """Return the text beside the progress bar: the epoch, and the latest measurements."""
    parts = [f"epoch {run.curves.epochs + 1} of {run.settings.epochs}"]
    if run.curves.epochs:
        parts.append(f"loss {_curve(run.curves.training_loss)}{run.curves.training_loss[-1]:.3f}")
    measured = [value for value in run.curves.test_average_precision if value == value]
    if measured:
        parts.append(f"test AP {_curve(measured)}{measured[-1]:.3f}")
    return ", ".join(parts)


def _curve(values: Sequence[float]) -> str:
    """Return a curve of the values so far, for a terminal; nothing where lines go to a file or a program."""
    return f"{small_curve(values)} " if console.is_terminal and len(values) > 1 else ""
