"""The section with the figures: exact law against equation, and what the cross-check measured."""

from __future__ import annotations

from symdiff.dossier.dossier import Dossier
from symdiff.notation.names import unicode_name
from symdiff.report.document import Block, Figure, Heading, Paragraph, Series


def figures(dossier: Dossier) -> list[Block]:
    """All figures of a dossier."""
    return [Heading(1, "Figures"), *_law(dossier)]


def _law(dossier: Dossier) -> list[Block]:
    picture = dossier.picture
    if picture is None:
        return [Paragraph((f"No figure of the law: {dossier.why_no_picture}.",))]
    series: list[Series] = []
    for n, curve in enumerate(picture.curves):
        series.append(Series("", picture.grid, curve.solution, "line", n))
        series.append(Series(curve.label, curve.sites, curve.law, "marks", n))
    values = ", ".join(f"{unicode_name(k)} = {v}" for k, v in picture.values)
    drawn = f"Marks: exact law of the walker. Curves: solution of the equation (regime ‘{picture.regime}’)"
    drawn += "." if picture.regime == "long-wave" else ", which holds the better the smaller ε is."
    caption = " ".join(part for part in (drawn, f"{values}." if values else "", picture.note) if part)
    description = "Marks of the exact law of the walker and curves of the equation's solution at three times."
    return [Figure(tuple(series), picture.x_label, "density", caption, description)]
