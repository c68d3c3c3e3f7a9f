"""Numbers in sentences."""


def counted(number: int, singular: str, plural: str = "") -> str:
    """Format a number with its noun: ``1 object``, ``2 objects``; by default, the plural adds an s."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
