"""The same work on many files: what fails is told and kept, and the rest goes on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from cpretrain.errors import BadInput
from cpretrain.progress import progress, warn

Result = TypeVar("Result")


@dataclass
class Batch(Generic[Result]):
    """Results of the files that went through, and the reasons of those that did not."""

    done: list[Result] = field(default_factory=list)
    failed: dict[Path, BadInput] = field(default_factory=dict)


def for_each(
    files: Sequence[Path], work: Callable[[Path], Result], description: str, needs_one: bool = True
) -> Batch[Result]:
    """Do `work` on each file in turn, with progress.

    Parameters
    ----------
    files : sequence of pathlib.Path
        What to work on.
    work : callable
        Takes a file; raises BadInput when that file cannot be used.
    description : str
        For the progress bar.
    needs_one : bool
        Whether it is an error when every file fails.

    Raises
    ------
    BadInput
        When every file failed: the reason of the first, and how many there were.
    """
    batch: Batch[Result] = Batch()
    with progress(description, len(files)) as step:
        for file in files:
            try:
                batch.done.append(work(file))
            except BadInput as error:
                batch.failed[file] = error
                if len(files) > 1:
                    warn(str(error))
            step(file.name)
    if needs_one and not batch.done:
        first = next(iter(batch.failed.values()))
        if len(files) == 1:
            raise first
        raise BadInput(f"{description}: none of {len(files)} files could be used; the first: {first}")
    return batch
