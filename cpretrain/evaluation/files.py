"""Paths of an evaluation's files, in the model folder or in another one."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EvaluationFiles:
    """The files that ``cpretrain evaluate`` writes.

    Parameters
    ----------
    folder : pathlib.Path
        The model folder, or the requested one.
    """

    folder: Path

    @property
    def record(self) -> Path:
        """The record of the comparison and its results, written last."""
        return self.folder / "evaluation.json"

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / "report.html"

    @property
    def scores(self) -> Path:
        """The scores of each image."""
        return self.folder / "evaluation.csv"

    @property
    def summary(self) -> Path:
        """Means with their intervals, and differences between models."""
        return self.folder / "evaluation_summary.csv"

    @property
    def objects(self) -> Path:
        """The outcome of each object."""
        return self.folder / "evaluation_objects.csv"

    @property
    def movies(self) -> Path:
        """The tracks in each movie, if movies were compared."""
        return self.folder / "evaluation_movies.csv"

    @property
    def results(self) -> list[Path]:
        """Tables and page: all files except the record and the pictures."""
        return [self.scores, self.summary, self.objects, self.report]
