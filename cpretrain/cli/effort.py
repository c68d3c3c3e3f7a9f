"""The list of models, with what retraining one takes on this machine."""

from dataclasses import asdict

from cpretrain.errors import BadInput
from cpretrain.models.weights import cellpose_major
from cpretrain.runtime.console import info
from cpretrain.runtime.summary import Summary


def with_effort(models: Summary) -> Summary:
    """Add how long a usual retraining takes here; the same for all bases of the installed Cellpose."""
    try:
        major = cellpose_major()
    except BadInput:  # not installed: nothing can be retrained
        return models
    from cpretrain.training.effort import effort_here

    info("models: measuring how long retraining takes here, unless it is known already")
    effort = effort_here()
    line = f"Retraining a base of Cellpose {major}: {effort.describe()}."
    return Summary([*models.lines, "", line], {**models.data, "retraining": asdict(effort)})
