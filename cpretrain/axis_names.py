"""What the axes of a file are called here: letters of TZCYX."""

from pathlib import Path

from cpretrain.errors import BadInput

AXES = "TZCYX"
_SAME_AS = {"I": "T", "Q": "T", "S": "C"}  # tifffile's names for an unnamed sequence, and for samples


def named_axes(path: Path, stated: str, shape: tuple[int, ...], wanted: str | None) -> str:
    """Name the axes of a file, as it states them or as the person does (`wanted`).

    Raises
    ------
    BadInput
        When they do not fit the file, or are not understood.
    """
    if wanted is None:
        named = "".join(_SAME_AS.get(axis, axis) for axis in stated)
    else:
        named = wanted.upper()
        if len(named) != len(shape):
            raise BadInput(
                f"{path}: --axes {wanted} names {len(named)} axes",
                found=f"{len(shape)} axes, {stated} of lengths {shape}",
                expected="a letter for each axis of the file",
            )
    if len(set(named)) != len(named) or not set(named) <= set(AXES) or not {"Y", "X"} <= set(named):
        raise BadInput(
            f"{path}: axes {named} are not understood",
            found=f"{stated} of lengths {shape}",
            expected="letters of TZCYX, each at most once, with Y and X",
            cure="name them with --axes, for example --axes TYX",
        )
    return named
