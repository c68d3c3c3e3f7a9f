"""Turn observations on a corrected movie into findings, each with the one option that helps."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cpretrain.drift.findings import Finding, count_pairs, ends_of, list_frames, native_option, touching
from cpretrain.drift.inspection import LEAST_SHARE, Inspected
from cpretrain.registration.curve import NO_CORRECTION, DriftCurve, FramePair
from cpretrain.registration.frame_content import Kind
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings

NOISE = 3
"""Minimum ratio of pairs that are off by pixels to uncertain pairs; below it, noise is the cause of both."""


def judge(curve: DriftCurve, seen: Inspected, settings: DriftSettings, mask: Path | None) -> list[Finding]:
    """Return the findings, causes first.

    Parameters
    ----------
    curve : DriftCurve
        Measured drift.
    seen : Inspected
        Observations on the frames.
    settings : DriftSettings
        Settings of the measurement.
    mask : pathlib.Path, optional
        File of the proposed mask.
    """
    return [*_Judgement(curve, seen, settings, mask).findings()]


class _Judgement:
    """The findings for one movie; if one cause explains others, only that is reported."""

    def __init__(
        self, curve: DriftCurve, seen: Inspected, settings: DriftSettings, mask: Path | None
    ) -> None:
        self.curve, self.seen, self.settings, self.mask = curve, seen, settings, mask
        unsure = list(curve.uncertain_pairs or ())
        self.clipped = [pair for pair in curve.clipped_pairs if pair not in unsure] if not seen.fell else []
        self.beside = touching(dict.fromkeys([*unsure, *seen.off]), seen.kinds)
        self.off = [pair for pair in seen.off if pair not in self.beside]
        told = {*unsure, *touching(seen.parts, seen.kinds)}
        self.parts = [pair for pair in seen.parts if pair not in told]
        alone = [pair for pair in unsure if pair not in self.beside]
        self.unsure = [pair for pair in alone if pair not in self.off]
        if NOISE * len(self.unsure) > len(self.off):
            self.off, self.unsure = [], sorted({*self.off, *alone})

    def findings(self) -> Iterator[Finding]:
        if self.seen.kinds:
            yield self._frames()
        if self.mask is not None:
            yield self._left_out(self.mask) if self.settings.robust else self._still(self.mask)
        elif self.clipped:
            yield self._cut()
        elif self.off:
            yield self._off()
        elif self.seen.far is not None and not self.beside and not self.unsure:
            yield self._far(self.seen.far)
        if self.curve.robust and self.curve.robust.rests_on == NO_CORRECTION:
            yield self._not_corrected()
        if self.seen.fell and (self.mask is None or self.settings.robust):
            yield self._fell()
        elif self.unsure:
            yield self._unsure()
        if self.parts and not self.seen.fell:
            yield self._passed()
        others = [t for t in self.curve.bridged if t not in self.seen.kinds]
        if others:
            said = (
                f"{list_frames(others)} bridged: the drift there was not measured, but interpolated from the "
            )
            "frames around"
            yield Finding("bridged", said, tuple(others))
        if self.curve.large_pairs:
            said = _large(self.curve, self.curve.large_pairs, self._limit())
            yield Finding("large", said, ends_of(self.curve.large_pairs))

    def _frames(self) -> Finding:
        frames = self.seen.kinds
        kinds: dict[Kind, list[int]] = {}
        for t, kind in frames.items():
            kinds.setdefault(kind, []).append(t)
        said = "; ".join(f"{list_frames(which)} {kind}" for kind, which in kinds.items())
        if self.settings.bridge or self.settings.robust:
            bridged = [t for t in frames if t in self.curve.bridged]
            said += (
                f": the drift in {len(bridged)} of them was interpolated from the frames around"
                if bridged
                else ""
            )
        elif self.beside and self.settings.shifts is None:
            cure = native_option(self.settings, bridge=True)
            said += (
                f", and {count_pairs(self.beside)} are uncertain because of that: all later frames may be off; "
                f"bridge them with {cure}"
            )
        return Finding(" and ".join(kinds), said, tuple(frames))

    def _still(self, mask: Path) -> Finding:
        cure = native_option(self.settings, mask=mask)
        said = (
            "something that never moves holds the frames in place (a time stamp, a scale bar, hot pixels): check the "
            "proposed mask, and leave it out with "
            f"{cure}"
        )
        return Finding("held by something static", said, self._all())

    def _left_out(self, mask: Path) -> Finding:
        said = (
            "something never moves while the rest does (a time stamp, a scale bar, hot pixels), and was left out of "
            f"the measurement: look at {mask}"
        )
        return Finding("left out", said, self._all())

    def _not_corrected(self) -> Finding:
        said = (
            "nothing was corrected, because frames agree best with their mean as they were recorded; if the sample did "
            f"move, measure where it has structure, with {option('roi')} and without {option('robust', True)}"
        )
        return Finding("not corrected", said, self._all())

    def _off(self) -> Finding:
        worst = max(self.seen.off[pair] for pair in self.off)
        away = "about a pixel" if worst < 1.5 else f"up to {worst:.0f} pixels"
        cure = native_option(self.settings, refine=True)
        said = (
            f"{count_pairs(self.off)} fit better {away} away from the measured shift, as in smooth or noisy images: "
            f"measure with {cure}"
        )
        return Finding("off by a pixel", said, ends_of(self.off))

    def _far(self, pixels: float) -> Finding:
        again = self.settings.multi_time_scale
        cure = native_option(self.settings, reference="mean") if again else option("multi_time_scale", True)
        said = (
            f"frames far apart are about {pixels:.0f} pixels away from where they should be, as with a drift too "
            "slow to show between neighbouring frames: measure "
            f"with {cure}"
        )
        return Finding("slow drift", said, self._all())

    def _fell(self) -> Finding:
        if self.seen.share < LEAST_SHARE:
            said = (
                f"aligned, the frames have {100 * self.seen.share:.1f} % of the image in common, too little to tell "
                "whether the correction made things "
                f"worse; {self._other_reference()}"
            )
            return Finding("little in common", said, self._all())
        before, after = self.seen.mean(self.seen.before), self.seen.mean(self.seen.after)
        numbers = "" if before is None or after is None else f" ({before:.3f} before, {after:.3f} after)"
        said = (
            f"the correction made things worse: frames agree less with their mean{numbers}; "
            f"{self._other_reference()}"
        )
        return Finding("made worse", said, self._all())

    def _unsure(self) -> Finding:
        said = (
            f"{count_pairs(self.unsure)} are uncertain: the images do not determine the shift; "
            f"{self._other_reference()}"
        )
        return Finding("uncertain", said, ends_of(self.unsure))

    def _passed(self) -> Finding:
        said = (
            f"in {count_pairs(self.parts)} only a part of the image moved as measured, as when something passes: "
            f"measure where nothing passes, with {option('roi')} and without {option('robust', True)}"
        )
        return Finding("only a part moved", said, ends_of(self.parts))

    def _other_reference(self) -> str:
        if self.settings.shifts is not None:
            return "check whether the table of shifts belongs to this movie"
        if self.settings.robust:
            return (
                "measure where there is structure that moves with the sample, with "
                f"{option('roi')} and without {option('robust', True)}"
            )
        if self.settings.reference == "mean":
            return f"measure where there is structure that moves with the sample, with {option('roi')}"
        return f"measure with {native_option(self.settings, reference='mean')}"

    def _cut(self) -> Finding:
        said = (
            f"{count_pairs(self.clipped)} moved further than {self._limit()}, and the shift was cut: raise it"
        )
        return Finding("clipped", said, ends_of(self.clipped))

    def _limit(self) -> str:
        return option("max_shift", *self.settings.max_shift)

    def _all(self) -> tuple[int, ...]:
        return tuple(range(1, len(self.curve.drift)))


def _large(curve: DriftCurve, pairs: tuple[FramePair, ...], limit: str) -> str:
    frames_from, frames_to = np.array(pairs).T
    farthest = np.abs(curve.drift[frames_to] - curve.drift[frames_from]).max()
    return f"{count_pairs(pairs)} moved further than {limit}, by up to {farthest:g} pixels, as measured"
