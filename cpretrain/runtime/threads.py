"""How many processor cores the numerical libraries use."""

import os

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def use_threads(number: int | None) -> None:
    """Make torch, OpenMP and MKL use that many threads, in this process and in those it starts.

    Call it before torch is imported where you can: libraries read the environment when they are loaded.

    Parameters
    ----------
    number : int or None
        Threads, 1 or more; None leaves everything as it is.
    """
    if number is None:
        return
    os.environ.update(dict.fromkeys(VARIABLES, str(number)))
    import torch

    torch.set_num_threads(number)


def threads_allowed(most: int) -> int:
    """Threads that a library may use that does not read the environment by itself: `most`, or fewer as it says."""
    said = os.environ.get(VARIABLES[0], "")
    return min(most, int(said)) if said.isdecimal() and int(said) > 0 else most


FIJIS = "CPRETRAIN_FIJIS"
