"""Numbers in sentences."""


def counted(number: int, singular: str, plural: str = "") -> str:
    """Write a number with its noun: ``1 object``, ``2 objects``; `plural` is the singular with an s by default."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
