"""What a training run says: what it needs and takes, how far it is, and whether its learning rate falls."""

from collections.abc import Sequence

from cpretrain.models.inference import multiplies_in_16_bits
from cpretrain.models.versions import installed_cellpose
from cpretrain.runtime.console import console, info, warning
from cpretrain.runtime.spelling import option
from cpretrain.training.curves import small_curve
from cpretrain.training.loop import Run
from cpretrain.training.memory import in_gigabytes
from cpretrain.training.optimisation import WARM_UP
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


def report_rates(run: Run) -> None:
    """Say if the learning rate stays at its highest to the end, where a model's quality still goes up and down."""
    if len(run.rates) > WARM_UP and run.rates[-1] == run.rates.max():
        info(
            f"train: the learning rate stays at its highest to the end, because Cellpose lowers it only in runs of "
            f"{installed_cellpose().long_run} epochs or more; {option('schedule', 'cosine')} lowers it in every run"
        )


def report_stop(run: Run) -> tuple[str, ...]:
    """Say if a run stopped because it no longer got better, and warn if its learning rate had not fallen by then.

    Returns
    -------
    tuple of str
        The warning, if there was one.
    """
    settings, rates, done = run.settings, run.rates, run.curves.epochs
    if not run.finished or done == settings.epochs:
        return ()
    info(
        f"train: stopped after epoch {done} of {settings.epochs}: none of the last {settings.patience} was better"
    )
    if rates[done - 1] < rates.max() or rates[-1] == rates.max():
        return ()
    note = (
        f"the training stopped before its learning rate fell, when a model gains most; without "
        f"{option('patience')} it goes on to the end"
    )
    warning(note)
    return (note,)


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
