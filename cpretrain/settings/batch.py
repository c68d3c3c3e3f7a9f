"""Settings for work on many files."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cpretrain.settings.base import PositiveInt, Settings


class BatchSettings(Settings):
    """Settings for distributing the work on many files; no result depends on them."""

    workers: PositiveInt | Literal["auto"] = Field(
        "auto",
        description="worker processes, each on one file at a time; auto: as many as cores and memory allow, none for "
        "small jobs",
    )
    scheduler: str | None = Field(
        None,
        description="address of a Dask scheduler whose workers do the work, for example tcp://node1:8786",
    )
    cluster: Path | None = Field(
        None, description="TOML file with the profile of a cluster's queue (SLURM, PBS, LSF, SGE)"
    )

    @property
    def asks_for_workers(self) -> bool:
        """True if the user chose how many workers there are, or where, instead of leaving it to this tool."""
        return self.workers != "auto" or bool(self.scheduler or self.cluster)
