"""Parse IoU thresholds in the form that users write."""

import numpy as np

from cpretrain.errors import BadInput

MOST = 100


def parse_thresholds(text: str) -> tuple[float, ...]:
    """Parse IoU thresholds: ``0.5:0.95:0.05`` (both ends included) or ``0.5,0.75``.

    Raises
    ------
    BadInput
        When the text has neither form, or a threshold is not above 0 and at most 1.
    """
    try:
        if ":" in text:
            first, last, step = (float(part) for part in text.split(":"))
            values = first + step * np.arange(min(round((last - first) / step) + 1, MOST + 1))
        else:
            values = np.array([float(part) for part in text.split(",")])
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise BadInput(f"thresholds {text!r}: {error}", expected="0.5:0.95:0.05 or 0.5,0.75,0.9") from error
    if not 0 < values.size <= MOST or not np.all((values > 0) & (values <= 1)):
        raise BadInput(f"thresholds {text!r}", expected=f"at most {MOST} numbers above 0 and at most 1")
    return tuple(float(round(value, 6)) for value in values)
