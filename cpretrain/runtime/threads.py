"""Number of processor cores for the numerical libraries."""

import os

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def use_threads(number: int | None) -> None:
    """Make torch, OpenMP and MKL use this many threads, in this process and in those it starts.

    Call it before torch is imported if possible: libraries read the environment when they are loaded.

    Parameters
    ----------
    number : int or None
        Number of threads, 1 or more; None changes nothing.
    """
    if number is None:
        return
    os.environ.update(dict.fromkeys(VARIABLES, str(number)))
    import torch

    torch.set_num_threads(number)


def threads_allowed(most: int) -> int:
    """Return `most`, or fewer if the environment says so, for a library that does not read the environment itself."""
    allowed = os.environ.get(VARIABLES[0], "")
    return min(most, int(allowed)) if allowed.isdecimal() and int(allowed) > 0 else most


FIJIS = "CPRETRAIN_FIJIS"
