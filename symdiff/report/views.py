"""How results show themselves in a notebook: the same blocks as in the report, long derivations folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.check import CheckReport
from symdiff.dossier.counts import WalkCount
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.solution import Solution
from symdiff.dossier.sweep import Sweep
from symdiff.dossier.typography import equation_text, typography_of
from symdiff.equations.evolution_equation import EvolutionEquation, MasterEquation
from symdiff.evidence.counting import exact_text
from symdiff.model.jump_model import JumpModel
from symdiff.notation.display.build import Typography, build_equation
from symdiff.report.build import limit_blocks
from symdiff.report.build_evidence import claim_blocks, count_blocks, evidence_blocks
from symdiff.report.build_model import model_blocks
from symdiff.report.document import Block, Display, Heading, Paragraph
from symdiff.report.html import blocks_html
from symdiff.verification.tier import Evidence
from symdiff.verification.verdict import Verdict


def html_view(value: Any) -> str:
    """A result as an HTML fragment without script, everything of the user's escaped; empty where it has no view."""
    if isinstance(value, ContinuumLimit):
        return _limit(value, _plain(value))
    if isinstance(value, Derivation):
        style = typography_of(value.model)
        return "\n".join(_limit(limit, style) for limit in value.limits)
    return _spaced(blocks_html(_blocks(value)))


def _spaced(html: str) -> str:
    """Tables with room between their columns: a notebook's page may have no style for them."""
    cell = 'style="padding:.2em .8em .2em 0;text-align:left"'
    return html.replace('<th scope="col">', f'<th scope="col" {cell}>').replace(
        "<td data-label=", f"<td {cell} data-label="
    )


def line_view(value: Any) -> str:
    """A result in one line of text; empty where it has no view."""
    said = _said(value)
    return f"<{type(value).__name__} {said}>" if said else ""


def _said(value: Any) -> str:
    if isinstance(value, ContinuumLimit):
        style = _plain(value)
        shown = [equation_text(e.lhs, e.rhs, style) for e in value.equations] or [
            f"no single equation: {value.closure.why}"
        ]
        return f"{value.regime.name}: {', '.join(shown)}"
    if isinstance(value, Derivation):
        return "; ".join(_said(limit) for limit in value.limits)
    if isinstance(value, EvolutionEquation):
        style = Typography(coordinates=(*(c.name for c in value.coordinates), "t"), densities=(value.density,))
        return equation_text(value.lhs, value.rhs, style)
    if isinstance(value, MasterEquation):
        return "; ".join(equation_text(e.lhs, e.rhs, Typography()) for e in value.equations)
    if isinstance(value, Verdict):
        return f"{value.verdict}: {value.statement} ({value.why})"
    if isinstance(value, CheckReport):
        return ", ".join(f"{v.id}: {v.verdict}" for v in value.verdicts) or "no claims"
    if isinstance(value, Evidence):
        outcomes = {True: "passed", False: "failed", None: "inconclusive"}
        tiers = ", ".join(dict.fromkeys(f"{t.tier}: {outcomes[t.passed]}" for t in value.tiers if t.applies))
        return f"{outcomes[value.passed]} ({tiers or 'no tier applies'})"
    if isinstance(value, WalkCount):
        return f"{exact_text(value.total)} walks of {value.n} steps, {len(value.rows)} ends"
    if isinstance(value, Solution):
        return f"{value.regime}: {value.shown}, at {len(value.times)} times"
    if isinstance(value, Sweep):
        return f"'{value.title or 'Jump model'}', {len(value.rows)} points"
    return f"'{value.title or 'Jump model'}'" if isinstance(value, JumpModel) else ""


def _blocks(value: Any) -> Sequence[Block]:
    """The blocks of a result that needs no folding."""
    if isinstance(value, JumpModel):
        return model_blocks(value, typography_of(value))
    if isinstance(value, EvolutionEquation):
        style = Typography(coordinates=(*(c.name for c in value.coordinates), "t"), densities=(value.density,))
        return [Display(build_equation(value.lhs, value.rhs, style))]
    if isinstance(value, MasterEquation):
        return [Display(build_equation(e.lhs, e.rhs, Typography())) for e in value.equations]
    if isinstance(value, Verdict):
        return claim_blocks((value,), Typography(names=_names_of(value)))[1:]
    if isinstance(value, CheckReport):
        return claim_blocks(value.verdicts, typography_of(value.model))[1:]
    if isinstance(value, WalkCount):
        return count_blocks(value, Typography())[1:]
    if isinstance(value, Evidence):
        return evidence_blocks(value, "", Typography())[1:]
    return []


def _names_of(verdict: Verdict) -> frozenset[str]:
    """The names that a verdict speaks of, so that they are set as mathematics."""
    found = {s.name for e in verdict.equations for s in e.free_symbols if isinstance(s, sp.Symbol)}
    return frozenset(found | {name for r in verdict.regimes for name, _ in r.witness})


def _plain(limit: ContinuumLimit) -> Typography:
    """A typography for a limit whose model is not at hand."""
    return Typography(
        latex=dict(limit.latex_names),
        coordinates=(*(c.name for c in limit.coordinates), "t"),
        densities=(limit.density,),
    )


def _limit(limit: ContinuumLimit, style: Typography) -> str:
    """The equations in the open, the steps and the rest behind a fold each."""
    shown = limit.equations or limit.system
    heads: list[Block] = [Heading(2, f"Regime: {limit.regime.name}")]
    if not limit.equations:
        heads.append(Paragraph((f"no single equation: {limit.closure.why}",)))
    heads += [Display(build_equation(e.lhs, e.rhs, style)) for e in shown]
    blocks = limit_blocks(limit, style)[1:]
    steps = [b for b in blocks if isinstance(b, Display) and b.number]
    rest = [b for b in blocks if b not in steps and not (not limit.equations and b in heads)]
    return (
        blocks_html(heads)
        + _folded(f"{len(steps)} steps", steps)
        + _folded("coefficients, assumptions, what was discarded", rest)
    )


def _folded(title: str, blocks: Sequence[Block]) -> str:
    return f"\n<details><summary>{title}</summary>\n{_spaced(blocks_html(blocks))}\n</details>" if blocks else ""
