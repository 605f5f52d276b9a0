"""The section with the figures: exact law against equation, and what the cross-check measured."""

from __future__ import annotations

import math
from collections.abc import Iterable

from symdiff.dossier.dossier import Dossier
from symdiff.dossier.typography import typography_of
from symdiff.dossier.verification import Evidence
from symdiff.notation.display.build import Typography
from symdiff.report.build_evidence import equal, steeper
from symdiff.report.document import Block, Figure, Heading, Inline, Line, Paragraph, Series
from symdiff.report.prose import prose, say
from symdiff.verification.tier import TierResult


def figures(dossier: Dossier) -> list[Block]:
    """All figures of a dossier."""
    style = typography_of(dossier.model)
    parts = (_law(dossier, style), _dispersion(dossier, style), convergence(dossier.evidence))
    return [Heading(1, "Figures"), *(block for part in parts for block in part)]


def _law(dossier: Dossier, style: Typography) -> list[Block]:
    picture = dossier.picture
    if picture is None:
        return [Paragraph(("No figure of the law: ", *_lower(say(dossier.why_no_picture, style))))]
    series: list[Series] = []
    for n, curve in enumerate(picture.curves):
        series.append(Series("", picture.grid, curve.solution, "line", n))
        series.append(Series(curve.label, curve.sites, curve.law, "marks", n))
    caption: list[Inline] = ["Marks: exact law of the walker. Curves: solution of the equation (regime ‘"]
    caption += [*prose(picture.regime, style), "’)"]
    caption.append(". " if picture.regime == "long-wave" else ", which holds the better the smaller ε is. ")
    caption += [*_values(picture.values, style), picture.note]
    description = "Marks of the exact law of the walker and curves of the equation's solution at three times."
    return [Figure(tuple(series), picture.x_label, "density", tuple(p for p in caption if p), description)]


def _values(pairs: Iterable[tuple[str, object]], style: Typography) -> Line:
    """Numbers of a figure."""
    parts: list[Inline] = []
    for name, value in pairs:
        parts += [", " if parts else "", equal(name, str(value), style)]
    return (*parts, ". ") if parts else ()


def _lower(line: Line) -> Line:
    """A sentence behind a colon."""
    first, *rest = line
    return (first[0].lower() + first[1:] if isinstance(first, str) else first, *rest)


def _dispersion(dossier: Dossier, style: Typography) -> list[Block]:
    """Re s(k) of the walker and of the equation, where both have plane waves."""
    found = dossier.dispersion
    if found is None:
        return []
    series = [Series("" if n else "equation", *branch, "line", 0) for n, branch in enumerate(found.equation)]
    series += [Series("" if n else "walker", *branch, "marks", 1) for n, branch in enumerate(found.exact)]
    caption: Line = (
        "Dispersion relation, real part. Marks: the walker, from its rules. Curve: the equation (regime ‘",
    )
    caption = (*caption, *prose(found.regime, style), "’). ", *_values(found.values, style))
    description = "Rate at which plane waves decay over their wave number, for the walker and for its equation."
    return [Figure(tuple(series), f"wave number k along {found.coordinate}", "Re s(k)", caption, description)]


def convergence(evidence: Evidence | None) -> list[Block]:
    """The exact tier's differences over eps, with the predicted slope through the finest of them."""
    if evidence is None:
        return []
    series: list[Series] = []
    for n, result in enumerate(r for r in evidence.tiers if r.tier == "exact" and r.applies):
        points = _differences(result)
        if len(points) < 2 or result.predicted is None or result.measured is None:  # no difference, no slope
            continue
        xs, ys = tuple(x for x, _ in points), tuple(y for _, y in points)
        slope = tuple(ys[-1] + result.predicted * (x - xs[-1]) for x in xs)
        series.append(
            Series(
                f"{result.regime}: slope {'≥ ' if steeper(result) else ''}{result.predicted:g}",
                xs,
                slope,
                "line",
                n,
            )
        )
        series.append(Series("", xs, ys, "marks", n))
    if not series:
        return []
    text = "Marks: difference between lattice and equation at the levels of the exact tier. Lines: the predicted power of ε, through the finest level."
    if any(s.label.find("≥") > 0 for s in series):
        text += " With ≥ the power is a bound from below: the marks may fall faster."
    caption: Line = (text,)
    description = (
        "Differences between lattice and equation over epsilon, both logarithmic, with lines of the predicted slope."
    )
    return [Figure(tuple(series), "log₁₀ ε", "log₁₀ of the difference", caption, description, False)]


def _differences(result: TierResult) -> list[tuple[float, float]]:
    """(log10 eps, log10 difference) of the levels at which a difference was seen."""
    details = dict(result.details)
    pairs = zip(details.get("levels", ()), details.get("differences", ()), strict=False)
    return [(math.log10(float(eps)), math.log10(float(d))) for eps, d in pairs if d and float(d) > 0]
