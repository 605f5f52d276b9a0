"""How results show themselves in a notebook: the same blocks as in the report, long derivations folded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit, Discarded, Step, SystemSizeExpansion
from symdiff.continuum.observables.result import ObservableResult
from symdiff.dossier.check import CheckReport
from symdiff.dossier.counts import WalkCount
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.solution import Solution
from symdiff.dossier.sweep import Sweep
from symdiff.dossier.typography import equation_text, text, typography_of
from symdiff.equations.evolution_equation import EvolutionEquation, MasterEquation
from symdiff.evidence.counting import exact_text
from symdiff.model.jump_model import JumpModel
from symdiff.notation.display.build import Typography, build, build_equation
from symdiff.notation.display.latex import to_latex
from symdiff.notation.display.nodes import Node
from symdiff.notation.latex.values import Reading
from symdiff.report.build import boundary_blocks, limit_blocks, observable_blocks
from symdiff.report.build_evidence import claim_blocks, count_blocks, evidence_blocks
from symdiff.report.build_model import model_blocks
from symdiff.report.build_noise import system_size_blocks
from symdiff.report.document import Block, Display, Heading, Items, Line, Math, Paragraph, Table
from symdiff.report.html import blocks_html
from symdiff.report.named_coefficients import called_by_name
from symdiff.report.prose import say
from symdiff.report.solution_file import solution_figure
from symdiff.verification.tier import Evidence, TierResult
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
        return equation_text(value.lhs, value.rhs, _of_equation(value))
    if isinstance(value, MasterEquation):
        return "; ".join(equation_text(e.lhs, e.rhs, _in_sight(e.lhs, e.rhs)) for e in value.equations)
    if isinstance(value, Verdict):
        return f"{value.verdict}: {value.statement} ({value.why})"
    if isinstance(value, CheckReport):
        return ", ".join(f"{v.id}: {v.verdict}" for v in value.verdicts) or "no claims"
    if isinstance(value, Evidence):
        tiers = ", ".join(dict.fromkeys(f"{t.tier}: {_outcome(t.passed)}" for t in value.tiers if t.applies))
        return f"{_outcome(value.passed)} ({tiers or 'no tier applies'})"
    if isinstance(value, WalkCount):
        return f"{exact_text(value.total)} walks of {value.n} steps, {len(value.rows)} ends"
    if isinstance(value, Solution):
        return f"{value.regime}: {value.shown}, at {len(value.times)} times"
    if isinstance(value, Sweep):
        return f"'{value.title or 'Jump model'}', {len(value.rows)} points"
    if isinstance(value, Step):
        return f"{value.title}: {equation_text(value.lhs, value.rhs, _in_sight(value.lhs, value.rhs))}"
    if isinstance(value, Discarded) and (whole := _left_out(value)) is not None:
        of = f" in the equation of {value.density}" if value.density else ""
        return f"of order eps**({value.power}){of}: {text(whole, _in_sight(whole))}"
    if isinstance(value, BoundaryCondition):
        return f"at {value.at} ({value.kind}): {equation_text(value.lhs, value.rhs, _in_sight(value.lhs, value.rhs))}"
    if isinstance(value, SystemSizeExpansion):
        return f"of {', '.join(value.coordinates)} in powers of 1/√{value.size}"
    if isinstance(value, TierResult):
        regime = f" in {value.regime}" if value.regime else ""
        return f"{value.tier}{regime}: {_outcome(value.passed) if value.applies else 'does not apply'} ({value.why})"
    if isinstance(value, Reading):
        return "; ".join(text(e, _in_sight(e)) for e in value.equations)
    if isinstance(value, ObservableResult):
        levels = [*((("lattice", value.lattice),) if value.lattice is not None else ()), *value.equation]
        known = "; ".join(f"{name}: {text(v, Typography())}" for name, v in levels)
        return f"{value.name}{'' if value.name == value.kind else f' ({value.kind})'}: {known or value.why}"
    return f"'{value.title or 'Jump model'}'" if isinstance(value, JumpModel) else ""


def _outcome(passed: bool | None) -> str:
    return {True: "passed", False: "failed", None: "inconclusive"}[passed]


def _in_sight(*sides: sp.Basic) -> Typography:
    """A typography for expressions alone: what is a function of time is a density."""
    calls = {c for side in sides for c in side.atoms(AppliedUndef)}
    timed = [c for c in calls if c.args and any(str(s) == "t" for s in c.args[-1].free_symbols)]
    names = frozenset(s.name for side in sides for s in side.free_symbols if isinstance(s, sp.Symbol))
    return Typography(densities=tuple(sorted({c.func.__name__ for c in timed})), names=names)


def _of_equation(equation: EvolutionEquation) -> Typography:
    """A typography for one equation: its coordinates, its density and those that it is coupled to."""
    found = _in_sight(equation.lhs, equation.rhs)
    names = tuple(dict.fromkeys((equation.density, *found.densities)))
    return Typography(coordinates=(*(c.name for c in equation.coordinates), "t"), densities=names)


def latex_view(value: Any) -> str:
    """The formulas of a result as displayed LaTeX, for converters to PDF; empty where a result is more than formulas."""
    nodes: list[Node] = []
    if isinstance(value, (ContinuumLimit, Derivation)):
        for limit in value.limits if isinstance(value, Derivation) else (value,):
            style = typography_of(value.model) if isinstance(value, Derivation) else _plain(limit)
            nodes += [build_equation(e.lhs, e.rhs, style) for e in limit.equations or limit.system]
    elif isinstance(value, (EvolutionEquation, MasterEquation, Step, BoundaryCondition, Reading)):
        nodes = [b.node for b in _blocks(value) if isinstance(b, Display)]
    return "\n".join(f"$$\n{to_latex(node)}\n$$" for node in nodes)


def _blocks(value: Any) -> Sequence[Block]:
    """The blocks of a result that needs no folding."""
    if isinstance(value, JumpModel):
        return model_blocks(value, typography_of(value))
    if isinstance(value, EvolutionEquation):
        return [Display(build_equation(value.lhs, value.rhs, _of_equation(value)))]
    if isinstance(value, MasterEquation):
        return [Display(build_equation(e.lhs, e.rhs, _in_sight(e.lhs, e.rhs))) for e in value.equations]
    if isinstance(value, Verdict):
        return claim_blocks((value,), Typography(names=_names_of(value)))[1:]
    if isinstance(value, CheckReport):
        return claim_blocks(value.verdicts, typography_of(value.model))[1:]
    if isinstance(value, WalkCount):
        return count_blocks(value, Typography())[1:]
    if isinstance(value, Evidence):
        return evidence_blocks(value, "", _of_evidence(value))[1:]
    if isinstance(value, TierResult):
        return _blocks(Evidence("", (value,)))
    return _smaller(value)


def _smaller(value: Any) -> Sequence[Block]:
    """The blocks of the parts of results, of readings and of what is drawn."""
    if isinstance(value, Step):
        style = _in_sight(value.lhs, value.rhs)
        reason = say(value.why, style) if value.why else ()
        return [Paragraph((f"{value.title}. ", *reason)), Display(build_equation(value.lhs, value.rhs, style))]
    if isinstance(value, Discarded) and (whole := _left_out(value)) is not None:
        style = _in_sight(whole)
        of: Line = (" in the equation of ", Math(style.name(value.density))) if value.density else ()
        return [
            Paragraph((*say(f"terms of order eps**({value.power})", style)[:-1], *of, ":")),
            Display(build(whole, style)),
        ]
    if isinstance(value, BoundaryCondition):
        return boundary_blocks(value, _in_sight(value.lhs, value.rhs))
    if isinstance(value, SystemSizeExpansion):
        return system_size_blocks(value, Typography(shares=value.coordinates))[1:]
    if isinstance(value, ObservableResult):
        values = (*((value.lattice,) if value.lattice is not None else ()), *(v for _, v in value.equation))
        return observable_blocks((value,), _in_sight(*values))[1:]
    if isinstance(value, Solution):
        return [Paragraph((f"Regime ‘{value.regime}’: {value.shown}",)), solution_figure(value)]
    if isinstance(value, Sweep):
        names = value.columns
        cells = [tuple((_cell(row[name]),) for name in names) for row in value.table()]
        return [Table(tuple((name,) for name in names), tuple(cells))]
    if isinstance(value, Reading):
        header: tuple[Line, ...] = (("symbol",), ("read as",), ("of",))
        rows = tuple(((Math(Typography().name(s.name)),), (s.kind,), (", ".join(s.arguments),)) for s in value.symbols)
        shown: list[Block] = [Display(build(e, _in_sight(e))) for e in value.equations]
        shown += [Table(header, rows)] if rows else []
        return [*shown, Items(tuple((w,) for w in value.warnings))] if value.warnings else shown
    return []


def _of_evidence(evidence: Evidence) -> Typography:
    """A typography for the wrong claims that a run rejected: they name the derivatives of densities, C_xx."""
    controls = [t.negative_control for t in evidence.tiers if t.negative_control]
    named = [re.match(r"coefficient of (\w+)_[a-z]+ times", claim) for control in controls for claim in control.claims]
    names = tuple(dict.fromkeys(found[1] for found in named if found))
    return Typography(names=frozenset(names), densities=names)


def _left_out(part: Discarded) -> sp.Expr | None:
    """The sum of discarded terms; None where a file of an earlier version doesn't say in which coordinates."""
    if not part.coordinates:
        return None
    return sp.Add(*(t.expression(part.coordinates, sp.Symbol("t", real=True)) for t in part.terms))


def _cell(value: object) -> str:
    """A cell of a table: numbers to six figures, nothing where there is nothing."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _names_of(verdict: Verdict) -> frozenset[str]:
    """The names that a verdict speaks of, so that they are set as mathematics."""
    found = {s.name for e in verdict.equations for s in e.free_symbols if isinstance(s, sp.Symbol)}
    return frozenset(found | {name for r in verdict.regimes for name, _ in r.witness})


def _plain(limit: ContinuumLimit) -> Typography:
    """A typography for a limit whose model is not at hand."""
    return Typography(
        latex=dict(limit.latex_names),
        coordinates=(*(c.name for c in limit.coordinates), "t"),
        densities=tuple(dict.fromkeys((limit.density, *(e.density for e in (*limit.equations, *limit.system))))),
    )


def _limit(limit: ContinuumLimit, style: Typography) -> str:
    """The equations in the open, the steps and the rest behind a fold each."""
    shown = limit.equations or limit.system
    heads: list[Block] = [Heading(2, f"Regime: {limit.regime.name}")]
    if not limit.equations:
        heads.append(Paragraph((f"no single equation: {limit.closure.why}",)))
    heads += [Display(called_by_name(limit, e.lhs, e.rhs, style)[0]) for e in shown]
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
