"""A dossier as a document: model, master equation, steps, equation, coefficients, claims, counts, cross-check, provenance."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.counts import WalkCount
from symdiff.dossier.dossier import Dossier
from symdiff.dossier.typography import typography_of
from symdiff.evidence.counting import exact_text
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.notation.display.build import Typography, build, build_equation
from symdiff.notation.display.nodes import Name, Node
from symdiff.notation.names import unicode_name
from symdiff.report.document import (
    Block,
    Display,
    Document,
    Figure,
    Heading,
    Items,
    Line,
    Math,
    Paragraph,
    Series,
    Table,
)
from symdiff.verification.tier import Evidence, TierResult
from symdiff.verification.verdict import Verdict

ROLE_NAMES = {
    "damping_rate": ("damping rate", r"\alpha"), "cross_rate": ("cross rate", ""), "bias_rate": ("bias rate", ""),
    "c2": ("squared speed", "c^2"), "relaxation_time": ("relaxation time", ""), "stability_index": ("stability index", ""),
    "waiting_index": ("waiting index", ""), "K": ("fractional diffusivity", "K"),
}  # fmt: skip
MOST_SITES = 12


def build_document(dossier: Dossier) -> Document:
    """The report of one model, in its fixed order of sections."""
    model, style = dossier.model, typography_of(dossier.model)
    blocks: list[Block] = [*_summary(dossier, style), *model_blocks(model, style)]
    for limit in dossier.derivation.limits:
        blocks += limit_blocks(limit, style)
    blocks += claim_blocks(dossier.verdicts, style)
    blocks += count_blocks(dossier.counts)
    blocks += evidence_blocks(dossier.evidence, dossier.why_no_evidence)
    blocks += _figure(dossier)
    blocks += _provenance(dossier)
    return Document(model.title or "Jump model", tuple(blocks))


# --- the model ----------------------------------------------------------------------------------------------------


def _summary(dossier: Dossier, style: Typography) -> list[Block]:
    """The first equation, at the top."""
    limit = dossier.derivation.limits[0]
    blocks: list[Block] = []
    if dossier.model.source:
        blocks.append(Paragraph((f"Source: {dossier.model.source}.",)))
    if dossier.model.notes:
        blocks.append(Paragraph((" ".join(dossier.model.notes.split()),)))
    if limit.equations:
        blocks.append(Paragraph((f"Result in the regime '{limit.regime.name}':",)))
        blocks += [Display(build_equation(e.lhs, e.rhs, style)) for e in limit.equations]
    return blocks


def model_blocks(model: JumpModel, style: Typography) -> list[Block]:
    """The microscopic model: parameters, jumps, definitions."""
    blocks: list[Block] = [Heading(1, "The microscopic model")]
    blocks.append(Paragraph((_clock(model),)))
    parameters: list[tuple[Line, ...]] = [((Math(style.name(p.name)),), (p.assume,)) for p in model.parameters]
    if parameters:
        blocks.append(Table((("parameter",), ("assumed",)), tuple(parameters)))
    intensity = {"discrete": "probability", "waiting": "probability", "continuous": "rate", "none": "weight"}[model.clock]
    header: list[Line] = [("displacement",), (intensity,)]
    if model.states:
        header = [("from",), ("to",), *header]
    blocks.append(Table(tuple(header), tuple(_jump(j, model, style) for j in model.jumps)))
    for declared in model.functions:
        if declared.body is not None:
            call = sp.Function(declared.name)(*(sp.Symbol(a, real=True) for a in declared.arguments))
            blocks.append(Display(build_equation(call, declared.body, style)))
    return blocks


def _clock(model: JumpModel) -> str:
    place = f"{model.dimension} dimension{'s' if model.dimension > 1 else ''}"
    clock = {"discrete": "in discrete time", "continuous": "in continuous time", "none": "without a clock",
             "waiting": "that waits for random times"}[model.clock]
    states = f", with the internal states {', '.join(model.states)}" if model.states else ""
    return f"A walker in {place}, {clock}{states}."


def _jump(jump: Jump, model: JumpModel, style: Typography) -> tuple[Line, ...]:
    parts: list[str | Math] = []
    for n, r in enumerate(jump.displacement):
        parts += ([", "] if n else []) + [Math(build(r, style))]
    if jump.law is not None:
        arguments: list[str | Math] = []
        for name, value in jump.law.arguments:
            arguments += [f", {name} ", Math(build(value, style))]
        parts = [f"law '{jump.law.distribution}'", *arguments]
    line: tuple[Line, ...] = (tuple(parts), (Math(build(jump.intensity, style)),))
    if model.states:
        line = ((jump.source or "any",), (jump.target or "the same",), *line)
    return line


# --- limits -------------------------------------------------------------------------------------------------------


def limit_blocks(limit: ContinuumLimit, style: Typography) -> list[Block]:
    """One regime: scaling, steps, coefficients, what was discarded, assumptions."""
    blocks: list[Block] = [Heading(1, f"Regime: {limit.regime.name}")]
    if limit.regime.powers:
        parts: list[str | Math] = ["Scaling: "]
        for n, (key, value) in enumerate(limit.regime.powers):
            parts += ([", "] if n else []) + [Math(build(key, style)), f" of order eps^{value}"]
        blocks.append(Paragraph(tuple(parts)))
    if not limit.equations:
        blocks.append(Paragraph((f"No single equation: {limit.closure.why}.",)))
    blocks += [
        Display(build_equation(s.lhs, s.rhs, style), s.title, _sentence(s.why), n) for n, s in enumerate(limit.steps, 1)
    ]
    if limit.coefficients or limit.coupled:
        blocks.append(Heading(2, "Coefficients"))
        rows = [(_role(name, style), (Math(build(value, style)),)) for name, value in limit.coefficients]
        rows += [
            ((f"{c.density}: {c.role}" + (f" of {c.of}" if c.of else ""),), (Math(build(c.value, style)),))
            for c in limit.coupled
        ]
        rows += [((f"share of {name}",), (Math(build(value, style)),)) for name, value in limit.local_equilibrium]
        blocks.append(Table((("quantity",), ("value",)), tuple(rows)))
    blocks += _discarded(limit, style)
    lines: list[Line] = [(f"Closure: {limit.closure.kind}; {limit.closure.why}.",)]
    lines += [(f"{a[0].upper()}{a[1:]}.",) for a in limit.assumptions]
    if limit.moments_exist_below is not None:
        lines.append(
            ("Moments of the displacement exist below order ", Math(build(limit.moments_exist_below, style)), ".")
        )
    if limit.steps:
        lines.append((_confirmed(limit),))
    blocks += [Heading(2, "Assumptions and confirmation"), Items(tuple(lines))]
    return blocks


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "." if text else ""


def _role(name: str, style: Typography) -> Line:
    spoken, symbol = ROLE_NAMES.get(name, ("", ""))
    if spoken:
        return (
            (f"{spoken} ", Math(Name(symbol, {"c^2": "c²", r"\alpha": "α"}.get(symbol, symbol))))
            if symbol
            else (spoken,)
        )
    return (Math(style.name(name)),)


def _discarded(limit: ContinuumLimit, style: Typography) -> list[Block]:
    if not limit.steps:
        return []
    blocks: list[Block] = [Heading(2, "What was discarded")]
    time = sp.Symbol("t", real=True)
    for part in limit.discarded:
        terms = sp.Add(*(t.expression(limit.coordinates, time) for t in part.terms))
        blocks.append(Paragraph((f"Of order eps^{part.power}:",)))
        blocks.append(Display(build(terms, style)))
    blocks.append(Paragraph((f"Everything else is of order eps^({limit.remainder_power}) or smaller.",)))
    return blocks


def _confirmed(limit: ContinuumLimit) -> str:
    seen = limit.confirmation.observed_power
    if seen is None:
        return f"Confirmed by a second route ({limit.confirmation.method}): no difference to {limit.confirmation.digits} digits."
    return (f"Confirmed by a second route ({limit.confirmation.method}): the difference falls like eps^{seen:.2f}, and had to "
            f"fall at least like eps^({limit.confirmation.predicted_power}).")  # fmt: skip


# --- claims, counts, evidence -------------------------------------------------------------------------------------


def claim_blocks(verdicts: tuple[Verdict, ...], style: Typography) -> list[Block]:
    """The claims as a table of readings, verdicts and reasons."""
    if not verdicts:
        return []
    rows = []
    for v in verdicts:
        equations = _joined([build(e, style) for e in v.equations])
        expected = "" if v.as_expected is not False else f" (expected: {v.expect})"
        reason = v.why
        witness = v.witness if v.verdict == "refuted" else None
        if witness is not None:
            at = ", ".join(f"{n} = {x}" for n, x in witness.witness)
            reason += f"; {'at ' + at + ': ' if at else ''}{witness.left} against {witness.right}"
        rows.append(((v.id,), equations, (v.verdict + expected,), (reason,)))
    return [Heading(1, "Claims"), Table((("claim",), ("as it was read",), ("verdict",), ("why",)), tuple(rows))]


def _joined(nodes: Iterable[Node]) -> Line:
    parts: list[str | Math] = []
    for node in nodes:
        parts += ([";  "] if parts else []) + [Math(node)]
    return tuple(parts)


def count_blocks(found: WalkCount | None) -> list[Block]:
    """Exact walk counts, site by site."""
    if found is None:
        return []
    rows = []
    for row in found.rows[:MOST_SITES]:
        site = ", ".join(str(c) for c in row.site)
        chance = "" if row.probability is None else exact_text(row.probability)
        rows.append(((f"({site})",), (exact_text(row.walks),), (chance,)))
    more = len(found.rows) - len(rows)
    units = ", ".join(dict.fromkeys(str(s) for s in found.spacings))
    note = f"Sites in units of {units}. Method: {found.method}. Checked by: {found.checked_by}."
    if more:
        note = f"The first {len(rows)} of {len(found.rows)} sites. {note}"
    return [
        Heading(1, "Exact walk counts"),
        Paragraph((f"Walks of {found.n} steps; in all {exact_text(found.total)}.",)),
        Table((("site",), ("walks",), ("probability",)), tuple(rows), note),
    ]


def evidence_blocks(evidence: Evidence | None, why: str) -> list[Block]:
    """The tiers of the cross-check with their negative controls; without evidence the reason."""
    blocks: list[Block] = [Heading(1, "Numerical cross-check")]
    if evidence is None:
        return [*blocks, Paragraph((f"Not run: {why}.",))]
    rows = [_tier(r) for r in evidence.tiers if r.applies]
    header: tuple[Line, ...] = (
        ("tier and regime",),
        ("quantity",),
        ("predicted",),
        ("measured",),
        ("smallest error seen",),
        ("passed",),
    )
    blocks.append(Table(header, tuple(rows)))
    lines: list[Line] = []
    for r in evidence.tiers:
        if not r.applies:
            lines.append((f"{r.tier} tier{' in ' + r.regime if r.regime else ''}: does not apply; {r.why}.",))
        elif r.negative_control is not None:
            claims = "; ".join(r.negative_control.claims)
            outcome = (
                "rejected, as they must be"
                if r.negative_control.rejected
                else f"NOT told apart: {'; '.join(r.negative_control.missed)}"
            )
            lines.append(
                (f"Negative control of the {r.tier} tier{' in ' + r.regime if r.regime else ''}: {claims}: {outcome}.",)
            )
    return [*blocks, Items(tuple(lines))]


def _tier(r: TierResult) -> tuple[Line, ...]:
    passed = {True: "yes", False: "NO", None: "inconclusive"}[r.passed]
    return ((f"{r.tier}{', ' + r.regime if r.regime else ''}",), (r.quantity,), (_figures(r.predicted),), (_figures(r.measured),),
            (_figures(r.smallest_detectable_error),), (passed,))  # fmt: skip


def _figures(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _figure(dossier: Dossier) -> list[Block]:
    picture = dossier.picture
    heading = Heading(1, "Exact law and equation")
    if picture is None:
        return [heading, Paragraph((f"No figure: {dossier.why_no_picture}.",))]
    series: list[Series] = []
    for n, curve in enumerate(picture.curves):
        series.append(Series("", picture.grid, curve.solution, "line", n))
        series.append(Series(curve.label, curve.sites, curve.law, "marks", n))
    values = ", ".join(f"{unicode_name(k)} = {v}" for k, v in picture.values)
    drawn = f"Marks: exact law of the walker. Curves: solution of the equation (regime '{picture.regime}')."
    caption = " ".join(part for part in (drawn, f"{values}." if values else "", picture.note) if part)
    description = "Marks of the exact law of the walker and curves of the equation's solution at three times."
    return [heading, Figure(tuple(series), picture.x_label, "density", caption, description)]


def _provenance(dossier: Dossier) -> list[Block]:
    lines: list[Line] = [(f"{name}: {value}",) for name, value in dossier.provenance]
    return [Heading(1, "Provenance"), Items(tuple(lines))]
