"""The section with the figures: exact law against equation, and what the cross-check measured."""

from __future__ import annotations

import math
from collections.abc import Iterable

from symdiff.dossier.dossier import Dossier
from symdiff.dossier.verification import Evidence
from symdiff.notation.names import unicode_name
from symdiff.report.document import NO_BREAK, Block, Figure, Heading, Paragraph, Series
from symdiff.verification.tier import TierResult


def figures(dossier: Dossier) -> list[Block]:
    """All figures of a dossier."""
    return [Heading(1, "Figures"), *_law(dossier), *_dispersion(dossier), *convergence(dossier.evidence)]


def _law(dossier: Dossier) -> list[Block]:
    picture = dossier.picture
    if picture is None:
        return [Paragraph((f"No figure of the law: {dossier.why_no_picture}.",))]
    series: list[Series] = []
    for n, curve in enumerate(picture.curves):
        series.append(Series("", picture.grid, curve.solution, "line", n))
        series.append(Series(curve.label, curve.sites, curve.law, "marks", n))
    values = _values(picture.values)
    drawn = f"Marks: exact law of the walker. Curves: solution of the equation (regime ‘{picture.regime}’)"
    drawn += "." if picture.regime == "long-wave" else ", which holds the better the smaller ε is."
    caption = " ".join(part for part in (drawn, f"{values}." if values else "", picture.note) if part)
    description = "Marks of the exact law of the walker and curves of the equation's solution at three times."
    return [Figure(tuple(series), picture.x_label, "density", caption, description)]


def _values(pairs: Iterable[tuple[str, object]]) -> str:
    """Numbers of a figure; no line is broken inside of an equality."""
    return ", ".join(f"{unicode_name(k)}{NO_BREAK}={NO_BREAK}{v}" for k, v in pairs)


def _dispersion(dossier: Dossier) -> list[Block]:
    """Re s(k) of the walker and of the equation, where both have plane waves."""
    found = dossier.dispersion
    if found is None:
        return []
    series = [Series("" if n else "equation", *branch, "line", 0) for n, branch in enumerate(found.equation)]
    series += [Series("" if n else "walker", *branch, "marks", 1) for n, branch in enumerate(found.exact)]
    values = _values(found.values)
    caption = f"Dispersion relation, real part. Marks: the walker, from its rules. Curve: the equation (regime ‘{found.regime}’)."
    caption += f" {values}." if values else ""
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
                f"{result.regime}: slope {'≥ ' if result.measured > result.predicted + 0.5 else ''}{result.predicted:g}",
                xs,
                slope,
                "line",
                n,
            )
        )
        series.append(Series("", xs, ys, "marks", n))
    if not series:
        return []
    caption = "Marks: difference between lattice and equation at the levels of the exact tier. Lines: the predicted power of ε, through the finest level."
    description = (
        "Differences between lattice and equation over epsilon, both logarithmic, with lines of the predicted slope."
    )
    return [Figure(tuple(series), "log₁₀ ε", "log₁₀ of the difference", caption, description, False)]


def _differences(result: TierResult) -> list[tuple[float, float]]:
    """(log10 eps, log10 difference) of the levels at which a difference was seen."""
    details = dict(result.details)
    pairs = zip(details.get("levels", ()), details.get("differences", ()), strict=False)
    return [(math.log10(float(eps)), math.log10(float(d))) for eps, d in pairs if d and float(d) > 0]
