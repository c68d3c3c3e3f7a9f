"""Verdict on whether retraining helped: one sentence with its numbers, and reasons for caution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cpretrain.evaluation.confidence_intervals import FEWEST, Clusters, Interval
from cpretrain.evaluation.model_scores import Difference, ModelScores, difference

BETTER, NO_DIFFERENCE, WORSE = "better", "no difference shown", "worse"
_WORDS = {1: BETTER, 0: NO_DIFFERENCE, -1: WORSE}
FEW_MOVIES = 5


@dataclass(frozen=True)
class Verdict:
    """Verdict of an evaluation.

    Parameters
    ----------
    outcome : {'better', 'no difference shown', 'worse'}
        The retrained model against the model it started from, by the average precision at an IoU of 0.5.
    sentence : str
        The same with its numbers.
    people : str
        Comparison of the retrained model with a second annotator; empty without one.
    frames : str
        Result on whole frames; empty without frames.
    warnings : tuple of str
        Reasons for caution.
    movies : str
        Result on the tracks in movies; empty without movies.
    """

    outcome: str
    sentence: str
    people: str = ""
    frames: str = ""
    warnings: tuple[str, ...] = ()
    movies: str = ""

    @property
    def lines(self) -> list[str]:
        """The whole verdict, one sentence per line."""
        return [text for text in (self.sentence, self.people, self.frames, self.movies) if text] + [
            f"note: {warning}" for warning in self.warnings
        ]


def reach_verdict(
    scored: Mapping[tuple[str, str], ModelScores], against: str = "", warnings: Sequence[str] = ()
) -> Verdict:
    """Compare the retrained model with its base and with a second annotator, and crops with whole frames.

    Parameters
    ----------
    scored : mapping of (str, str) to ModelScores
        Scores by image set and model. The verdict is about the first image set; another one, ``frame``, holds whole
        frames. Models are ``base``, ``retrained`` and, in the first image set, ``human``.
    against : str
        The model that is compared with, unless it is the base of the retrained one.
    warnings : sequence of str
        Known problems of the images, to be listed with the other warnings.
    """
    image_set = next(iter(scored))[0]
    retrained, base = scored[image_set, "retrained"], scored[image_set, "base"]
    index = retrained.image_set.headline
    gain = difference(retrained, base, index)
    frames = [scored[name, model] for name, model in scored if name != image_set]
    return Verdict(
        _WORDS[gain.outcome],
        _sentence(gain, _headline(retrained), against),
        _beside_people(retrained, scored[image_set, "human"]) if (image_set, "human") in scored else "",
        _on_frames(gain, retrained, {one.model: one for one in frames}) if frames else "",
        (*warnings, *_other_measure(gain, retrained, base), *_few(gain.clusters)),
    )


def plus(number: float) -> str:
    """Format a difference with its sign."""
    return f"{number:+.2f}".replace("-", "−")


def images_of(clusters: Clusters) -> str:
    """Format the number of images, and of their movies if known."""
    images = len(clusters.of)
    text = f"{images} image" + "s" * (images != 1)
    return text + (f" of {clusters.movies} movie" + "s" * (clusters.movies != 1) if clusters.movies else "")


def span(interval: Interval, sign: str = "") -> str:
    """Format the interval for use inside brackets."""
    return f"95 % interval {interval.text(sign)}" if interval.low == interval.low else "no interval"


def _headline(scored: ModelScores) -> str:
    return f"the average precision at IoU {scored.image_set.iou_thresholds[scored.image_set.headline]:g}"


def _numbers(gain: Difference) -> str:
    return (
        f"difference {plus(gain.interval.estimate)}, {span(gain.interval, '+')}; {images_of(gain.clusters)}"
    )


def _sentence(gain: Difference, measure: str, against: str) -> str:
    before, after, numbers = f"{gain.second:.2f}", f"{gain.first:.2f}", f"({_numbers(gain)})"
    if not gain.outcome:
        beside = f"is {before} for {against} and {after} for the retrained model" if against else ""
        beside = beside or f"is {before} before and {after} after retraining"
        return f"No difference shown: {measure} {beside} {numbers}. That does not prove that there is none."
    word = _WORDS[gain.outcome].capitalize()
    if against:
        return f"{word} than {against}: {measure} is {after}, that of {against} {before} {numbers}."
    verb = "raised" if gain.outcome > 0 else "lowered"
    return f"{word}: retraining {verb} {measure} from {before} to {after} {numbers}."


def _beside_people(retrained: ModelScores, human: ModelScores) -> str:
    gap = difference(retrained, human, retrained.image_set.headline)
    values = f"{gap.first:.2f} against {gap.second:.2f} for a second person ({_numbers(gap)})"
    if gap.outcome < 0:
        return f"It does not reach the agreement between people: {values}."
    if gap.interval.estimate >= 0:
        return f"It reaches the agreement between people: {values}."
    return f"It is close to the agreement between people: {values}, a shortfall that may be due to chance."


def _on_frames(gain: Difference, retrained: ModelScores, frames: Mapping[str, ModelScores]) -> str:
    whole = difference(frames["retrained"], frames["base"], frames["retrained"].image_set.headline)
    values = (
        f"{_WORDS[whole.outcome]}, {whole.first:.2f} after retraining and {whole.second:.2f} before "
        f"({_numbers(whole)})"
    )
    on_crops = retrained.mean(retrained.image_set.headline)
    on_frames = frames["retrained"].mean(frames["retrained"].image_set.headline)
    if on_frames.high < on_crops.low:
        return (
            f"Whole frames disagree: {values}; the retrained model does worse on them than on the crops "
            f"({on_frames.estimate:.2f} against {on_crops.estimate:.2f}). Trust the frames."
        )
    if whole.outcome != gain.outcome:
        return f"Whole frames disagree: {values}. Trust the frames."
    return f"Whole frames agree: {values}."


def _other_measure(gain: Difference, retrained: ModelScores, base: ModelScores) -> list[str]:
    iou_thresholds = retrained.image_set.iou_thresholds
    if len(iou_thresholds) == 1:
        return []
    mean = difference(retrained, base, None)
    if mean.outcome == gain.outcome:
        return []
    return [
        f"the mean average precision over IoU {iou_thresholds[0]:g} to {iou_thresholds[-1]:g} says otherwise: "
        f"{_WORDS[mean.outcome]}, {mean.first:.2f} after retraining and {mean.second:.2f} before "
        f"({_numbers(mean)}); it reflects how exact the outlines are, the verdict how many objects are found"
    ]


def _few(clusters: Clusters) -> Sequence[str]:
    movies = clusters.movies
    if clusters.count < FEWEST:
        return [f"{images_of(clusters)} cannot show a difference: set more images aside for validation"]
    if not movies:
        return [
            "it is not known which movies the images come from; if several are from one movie, the interval is too "
            "narrow"
        ]
    if 0 < movies < FEWEST:
        return [
            f"all images come from {movies} movie{'s' * (movies > 1)}: the interval holds for other images of "
            f"{'these' if movies > 1 else 'this one'}, not for other "
            "movies"
        ]
    if movies and movies < FEW_MOVIES:
        return [f"the images come from only {movies} movies: the interval is wide and rough"]
    return []
