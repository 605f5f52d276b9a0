"""Claims about uniform states of crowds of several kinds, in which nothing changes: ``(X_0, Y_0) = (A, B/A)``."""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.stationary_points import points_at_rest
from symdiff.dossier.check_rest import MARKS
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.mending import mended
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict, together


def uniform_states(claim: Claim, model: JumpModel, derivation: Derivation) -> list[RegimeVerdict] | None:
    """``(X_0, Y_0) = (A, B/A)`` of several densities: whether nothing changes in that uniform state; None for other claims."""
    found = []
    for limit in derivation.limits:
        rates = {c.density: c.value for c in limit.coupled if c.role == "source" and not c.of}
        named = dict(limit.coefficients)
        if not rates and (source := named.get("source")) is not None and len(limit.equations) == 1:
            rates = {limit.equations[0].density: source}
        if not rates and (dies := named.get("a_0")) is not None and len(limit.equations) == 1:
            density = sp.Function(name := limit.equations[0].density)
            rates = {name: dies * density(*model.coordinate_symbols, model.time)}
        if any(_moves(rate, model) for rate in rates.values()):
            continue
        if (solved := _solution(claim, rates, Arena(model, limit))) is not None:
            found.append(solved)
        elif (stated := _rate_equations(claim, rates, Arena(model, limit))) is not None:
            found.append(stated)
        values = _state(claim, model, tuple(rates))
        if values is None:
            continue
        if len(values) < len(rates):
            found.append(_of_some(values, rates, Arena(model, limit)))
            continue
        gaps = [sp.together(_at(rate, values)) for rate in rates.values()]
        derived = tuple((f"d{name}/dt", rate) for name, rate in rates.items())
        answers = [Arena(model, limit).equal(gap, sp.S.Zero) for gap in gaps]
        wrong = next((a for a in answers if a.answer is Answer.REFUTED), None)
        if wrong is not None:
            said = RegimeVerdict(limit.regime.name, REFUTED, derived, "the rate equations do not stand still there",
                                 wrong.witness, wrong.left, wrong.right)  # fmt: skip
            shown = _of_some(values, rates, Arena(model, limit)) if len(rates) == 1 else said
            found.append(shown if shown.verdict == REFUTED else said)  # with the state that is right
        elif all(a.answer is Answer.PROVED for a in answers):
            found.append(RegimeVerdict(limit.regime.name, PROVED, derived, "the rate equations stand still there"))
        else:
            found.append(RegimeVerdict(limit.regime.name, UNDECIDED, derived, "whether they stand still there is open"))
    return found or None


_TOTAL = re.compile(
    r"\\dot(?![A-Za-z])|\\frac\s*\{\s*d\s*\w|\\frac\s*\{\s*\\mathrm\s*\{?d|(?<![A-Za-z\\])d\s*\w+\s*/\s*d\s*t|'\s*\(\s*t\s*\)"
)
OF_UNIFORM = "of a uniform density"


def _rate_equations(claim: Claim, rates: dict[str, sp.Expr], arena: Arena) -> RegimeVerdict | None:
    r"""``\dot u = r u (1 - u/K)``, with the dot or the d of an ordinary derivative: the rate equation of a uniform density."""
    model, limit = arena.model, arena.limit
    assert limit is not None
    plain = (*model.coordinate_symbols, model.time)
    fields = {name: {sp.Function(name)(*plain), sp.Function(name)(model.time)} for name in rates}
    every = {call: name for name, calls in fields.items() for call in calls}
    x = {name: sp.Symbol(name, real=True) for name in rates}
    if not _TOTAL.search(claim.statement.latex) or not claim.relations:
        return None
    parts = []
    for r in claim.relations:
        derivatives = r.left.atoms(sp.Derivative) | r.right.atoms(sp.Derivative)
        heads = {d for d in derivatives if d.expr in every and d.variables == (model.time,)}
        if r.kind != "=" or len(heads) != 1 or derivatives != heads:
            return None
        (head,) = heads
        mark = sp.Dummy()
        gap = (r.left - r.right).xreplace({head: mark}).xreplace({c: x[name] for c, name in every.items()})
        slope = sp.diff(gap, mark)
        known = {p.symbol for p in model.parameters} | {*x.values(), mark}
        if slope == 0 or slope.has(mark) or gap.free_symbols - known or gap.atoms(AppliedUndef):
            return None
        claimed = sp.cancel(mark - gap / slope)
        right = _at(rates[every[head.expr]], dict(x))
        derived = ((f"d{every[head.expr]}/dt", rates[every[head.expr]]),)
        answer = arena.equal(right, claimed)
        if answer.answer is Answer.PROVED:
            parts.append(RegimeVerdict("", PROVED, derived, OF_UNIFORM, reservation=OF_UNIFORM))
        elif answer.answer is Answer.UNDECIDED:
            parts.append(RegimeVerdict("", UNDECIDED, derived, "the rate equations could not be compared"))
        else:
            why = f"the rate equation {OF_UNIFORM} differs"
            parts.append(
                mended(
                    RegimeVerdict("", REFUTED, derived, why, answer.witness, answer.left, answer.right),
                    claimed,
                    right,
                    arena,
                )
            )
    return together(limit.regime.name, parts)


def _moves(rate: sp.Expr, model: JumpModel) -> bool:
    """Whether a rate depends on place or time by itself, so that nothing uniform stays uniform."""
    bare = rate.xreplace({call: sp.Dummy() for call in rate.atoms(AppliedUndef)})
    return bool(bare.free_symbols & {*model.coordinate_symbols, model.time})


def _of_some(values: dict[str, sp.Expr], rates: dict[str, sp.Expr], arena: Arena) -> RegimeVerdict:
    """``u^* = a + b`` of one of several densities: whether the rate equations stand still at a place that has it."""
    assert arena.limit is not None
    derived = tuple((f"d{name}/dt", rate) for name, rate in rates.items())
    x = {name: sp.Symbol(name, real=True) for name in rates}
    points, missing = points_at_rest(tuple(x.values()), tuple(_at(rate, dict(x)) for rate in rates.values()))
    held = []
    for point in points:
        answers = [arena.equal(point[x[name]], value).answer for name, value in values.items()]
        held.append(next((a for a in (Answer.REFUTED, Answer.UNDECIDED) if a in answers), Answer.PROVED))
    places = "; ".join(", ".join(f"{c} = {p[c]}" for c in x.values()) for p in points) or "nowhere"
    why = f"the rate equations stand still at {places}"
    if Answer.PROVED in held:
        return RegimeVerdict(arena.limit.regime.name, PROVED, derived, why)
    if missing or Answer.UNDECIDED in held:
        return RegimeVerdict(
            arena.limit.regime.name, UNDECIDED, derived, missing or "the places at rest could not be compared"
        )
    verdict = RegimeVerdict(arena.limit.regime.name, REFUTED, derived, why)
    inner = [p for p in points if all(p[x[name]] != 0 for name in values)]
    if len(inner) != 1:
        return verdict
    name, value = next((n, v) for n, v in values.items() if arena.equal(inner[0][x[n]], v).answer is Answer.REFUTED)
    gap = arena.equal(inner[0][x[name]], value)
    verdict = replace(verdict, witness=gap.witness, left=gap.left, right=gap.right)
    return mended(verdict, value, inner[0][x[name]], arena)


def _solution(claim: Claim, rates: dict[str, sp.Expr], arena: Arena) -> RegimeVerdict | None:
    """``A(t) = A_0/(1 + 2 k A_0 t)`` of one uniform density: put into its rate equation; None for other claims."""
    assert arena.limit is not None
    if len(rates) != 1 or len(claim.relations) != 1 or (r := claim.relations[0]).kind != "=":
        return None
    ((name, rate),) = rates.items()
    t, head = arena.model.time, sp.Function(name)
    if r.left != head(t):
        return None
    start = sp.Symbol(f"{name}_0", positive=True)
    value = r.right.xreplace({head(sp.S.Zero): start, sp.Symbol(f"{name}_0"): start})
    derived, regime = ((f"d{name}/dt", rate),), arena.limit.regime.name
    if value.free_symbols - {p.symbol for p in arena.model.parameters} - {t, start} or value.atoms(AppliedUndef):
        return RegimeVerdict(
            regime, UNDECIDED, derived, "the solution holds more than the model's parameters and the start"
        )
    answer = arena.equal(sp.diff(value, t), _at(rate, {name: value}))
    if answer.answer is Answer.PROVED and value.has(start):
        answer = arena.equal(value.xreplace({t: sp.S.Zero}), start)
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict(regime, UNDECIDED, derived, "whether it solves the rate equation is open")
    if answer.answer is Answer.PROVED:
        return RegimeVerdict(regime, PROVED, derived, UNIFORM, reservation=UNIFORM)
    why = "it does not solve the rate equation of a uniform density: the two sides there, or at the start, are"
    return RegimeVerdict(regime, REFUTED, derived, why, answer.witness, answer.left, answer.right)


UNIFORM = "it solves the rate equation, of a density that is the same everywhere"


def _at(rate: sp.Expr, values: dict[str, sp.Expr]) -> sp.Expr:
    """A rate with the values of the numbers, or of the densities, by name."""
    parts = rate.free_symbols | rate.atoms(AppliedUndef)
    return rate.xreplace({p: values[n] for p in parts if (n := getattr(p, "name", str(p.func))) in values})


def _state(claim: Claim, model: JumpModel, names: tuple[str, ...]) -> dict[str, sp.Expr] | None:
    """What a claim says each of the names is where nothing changes; None for other claims. ``u_0`` alone may be a start."""
    if not claim.relations or len(claim.relations) > len(names) or any(r.kind != "=" for r in claim.relations):
        return None
    zero = ("_0", "^0") if 1 < len(claim.relations) == len(names) else ()
    late = ("_oo", "_infty") if len(names) == 1 else ()
    marks = {f"{n}{mark}": n for n in names for mark in (*MARKS, *late, *zero)}
    own = {p.symbol for p in model.parameters}
    values: dict[str, sp.Expr] = {}
    for r in claim.relations:
        name = marks.get(str(r.left), "") if r.left.is_Symbol and r.left not in own else ""
        if not name or r.right.free_symbols - own or r.right.atoms(AppliedUndef):
            return None
        values[name] = r.right
    return values if len(values) == len(claim.relations) else None
