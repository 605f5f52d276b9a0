"""Claims about the densities of internal states: their balances, their equations of motion, and the exact equation of the total."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.check_equations import compare_terms, normalised
from symdiff.dossier.check_flux import LETTERS
from symdiff.dossier.check_master import Balance, Grid, balance_terms, compare_balance, grid_of
from symdiff.dossier.check_relations import from_comparison
from symdiff.dossier.claim_kinds import is_pde
from symdiff.dossier.claim_sites import changed
from symdiff.dossier.claimed_terms import Key, Terms, claimed_terms
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.state_names import carries, headings
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import CONDITIONAL, PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict, together

MOST = 4  # states whose names are matched by trying
Lines = dict[str, tuple[sp.Expr, sp.Expr]]  # state: its equation


def fields_of(claim: Claim, model: JumpModel) -> set[AppliedUndef]:
    """The densities of a claim: undeclared functions of a place (displaced or not) and of time."""
    declared = {d.name for d in model.functions} | {"FracLaplacian", "Mean", "Var", "O", "o", "Cov"}
    calls = {c for r in claim.relations for side in (r.left, r.right) for c in side.atoms(AppliedUndef)}
    return {c for c in calls if len(c.args) == model.dimension + 1 and c.func.__name__ not in declared}


def speaks_of_states(claim: Claim, model: JumpModel, derivation: Derivation) -> bool:
    """Whether the claim holds equations of several densities where the model has internal states that no equation keeps apart."""
    kept = {e.density for limit in derivation.limits for e in limit.equations}
    names = {c.func.__name__ for c in fields_of(claim, model)} - (set(LETTERS) - set(model.states))
    names -= {f"{j}_{label}" for j in LETTERS for label in (*kept, *model.coordinates)}
    equations = [r for r in claim.relations if r.kind == "="]
    return len(model.states) > 1 and len(names) > 1 and not names <= kept and len(equations) == len(claim.relations)


def balances_states(claim: Claim, model: JumpModel, derivation: Derivation) -> bool:
    """Whether the claim holds balances at sites of the densities of single states or species, of which the model has several."""
    names = {c.func.__name__ for c in fields_of(claim, model)}
    return len(derivation.master_equation.equations) > 1 and bool(names) and names <= set(model.states)


def judge_states(claim: Claim, model: JumpModel, derivation: Derivation, roles: dict[str, str]) -> list[RegimeVerdict]:
    """Compare with the balances of the single states, or with their equations of motion in each regime."""
    own = {e.state: (e.lhs, e.rhs) for e in derivation.master_equation.equations}
    claim = _by_continuity(_time_last(claim, model), own, model)
    calls = fields_of(claim, model)
    names = sorted({c.func.__name__ for c in calls})
    if len(own) < 2:
        return [RegimeVerdict("model", UNDECIDED, (), f"the model has no densities {', '.join(names)}")]
    at_sites = _by_matching(claim, calls, own, Arena(model, None), "model", roles)
    plain = (*model.coordinate_symbols, model.time)
    model_calls = {c for sides in own.values() for s in sides for c in s.atoms(AppliedUndef) if c.func.__name__ in own}
    displaced = any(c.args != plain for c in calls), any(c.args != plain for c in model_calls)
    if at_sites.verdict == PROVED or displaced[0] or not displaced[1]:
        return [at_sites]
    found = []
    for limit in derivation.limits:
        lines = {e.density: (e.lhs, e.rhs) for e in limit.system}
        if not lines and limit.regime.origin == "long-wave":
            lines = _expanded(own, _highest(claim), model) or {}
        if lines:
            found.append(_by_matching(claim, calls, lines, Arena(model, limit), limit.regime.name, roles))
    return found or [RegimeVerdict("model", UNDECIDED, (), "no equations of the single states are derived here")]


def _time_last(claim: Claim, model: JumpModel) -> Claim:
    """``R_{n+1}(x)``, which is read as R(n + 1, x), with the number of steps behind the place."""
    if model.time_step is None or model.dimension != 1:
        return claim
    steps = [sp.Symbol(n) for n in ("n", "N") if n not in {*model.coordinates, *(p.name for p in model.parameters)}]
    change = {
        c: c.func(c.args[1], c.args[0]) for c in fields_of(claim, model) for n in steps
        if (c.args[0] - n).is_Integer and not c.args[1].has(n)
    }  # fmt: skip
    return changed(claim, change) if change else claim


def _by_continuity(claim: Claim, lines: Lines, model: JumpModel) -> Claim:
    """``J = u R - w L`` as d_t of the total = - d_x (u R - w L), where walkers are conserved and all that moves them is written
    as derivatives; elsewhere the claim as it is."""
    known = {p.name for p in model.parameters} | {*model.states}
    plain = (*model.coordinate_symbols, model.time)
    fluxes = {sp.Symbol(j) for j in ("J", "j") if j not in known} | {sp.Function(j)(*plain) for j in ("J", "j") if j not in known}  # fmt: skip
    if model.dimension != 1 or not lines or not any(r.left in fluxes for r in claim.relations):
        return claim
    total = sp.expand(sp.Add(*(right for _, right in lines.values())))
    moved = all(isinstance(left, sp.Derivative) for left, _ in lines.values()) and all(
        c.args == plain for _, right in lines.values() for c in right.atoms(AppliedUndef) if c.func.__name__ in lines
    )
    if not moved or sp.expand(total.xreplace(dict.fromkeys(total.atoms(sp.Derivative), sp.S.Zero))) != 0:
        return claim
    gain = sp.Add(*(left for left, _ in lines.values()))
    relations = tuple(
        Relation("=", gain, -sp.diff(r.right, plain[0])) if r.left in fluxes and not r.right.has(*fluxes) else r
        for r in claim.relations
    )
    return replace(claim, relations=relations, warnings=(*claim.warnings, "J is the flux of the total density"))


def _highest(claim: Claim) -> int:
    """The highest derivative that a claim writes, at least 2."""
    derivatives = [d for r in claim.relations for side in (r.left, r.right) for d in side.atoms(sp.Derivative)]
    return (
        max((sum(int(n) for _, n in d.variable_count) for d in derivatives), default=2) if len(derivatives) > 1 else 2
    )


def _expanded(lines: Lines, order: int, model: JumpModel) -> Lines | None:
    """Balances in continuous time with displaced densities expanded to ``order``; None where coefficients depend on place."""
    found: Lines = {}
    order = max(order, 2)
    for state, (left, right) in lines.items():
        change: dict[sp.Basic, sp.Expr] = {}
        calls = {c for c in right.atoms(AppliedUndef) if c.func.__name__ in lines}
        for call in calls:
            steps = [sp.expand(a - x) for a, x in zip(call.args, model.coordinate_symbols, strict=False)]
            if call.args[-1] != model.time or any(step.has(*model.coordinate_symbols) for step in steps):
                return None
            change[call] = _taylor(call.func(*model.coordinate_symbols, model.time), steps, order, model)
        marked = right.xreplace({c: sp.Dummy() for c in calls})
        if not isinstance(left, sp.Derivative) or marked.has(*model.coordinate_symbols):
            return None
        found[state] = (left, sp.expand(right.xreplace(change)))
    return found


def _taylor(call: sp.Expr, steps: list[sp.Expr], order: int, model: JumpModel) -> sp.Expr:
    """A density displaced by ``steps``, to ``order`` derivatives."""
    total, term = call, call
    for n in range(1, order + 1):
        term = sp.Add(
            *(sp.diff(term, x) * step / n for x, step in zip(model.coordinate_symbols, steps, strict=True) if step != 0)
        )
        total += term
    return sp.expand(total)


def _by_matching(
    claim: Claim, calls: set[AppliedUndef], lines: Lines, arena: Arena, regime: str, roles: dict[str, str]
) -> RegimeVerdict:
    """The verdict over the ways in which the claim's names can be those of the states: conditional where it depends on the way."""
    names = sorted({c.func.__name__ for c in calls})
    tried: list[tuple[dict[str, str], RegimeVerdict]] = []
    for matching in _matchings(names, arena.model, dict(claim.statement.symbols)):
        try:
            verdict = together(regime, [_one(r, calls, matching, lines, arena, regime) for r in claim.relations])
        except MissingQuantityError as missing:
            verdict = RegimeVerdict(regime, UNDECIDED, (), missing.what)
        tried.append((matching, verdict))
    if not tried:
        return RegimeVerdict(regime, UNDECIDED, (), f"the densities {', '.join(names)} are not those of the states "
                             f"{', '.join(arena.model.states)}: call them so")  # fmt: skip
    proved = [(m, v) for m, v in tried if v.verdict == PROVED]
    if not proved:
        return min((v for _, v in tried), key=lambda v: v.verdict != REFUTED)
    matching, verdict = proved[0]
    roles.update({n: f"state {s}" for n, s in matching.items() if n != s})
    if len(proved) == len(tried):
        return verdict
    ways = " or if ".join(_spoken(m) for m, _ in proved)
    why = f"it holds if {ways}; otherwise it fails: name the densities after the states, or state what they are in symbols"
    return replace(verdict, verdict=CONDITIONAL, why=why)


def _spoken(matching: dict[str, str]) -> str:
    return " and ".join(f"{name} is the state {state}" for name, state in matching.items())


def _matchings(names: list[str], model: JumpModel, stated: dict[str, str]) -> Iterator[dict[str, str]]:
    """Which state each name can mean: that of ``stated``, the one whose name it carries, else any (numbers, other letters)."""
    heading = headings(model)
    carried = {
        n: [s for s in model.states if s == stated.get(n)]
        or [s for s in model.states if carries(n, s, model)]
        or [s for s in model.states if heading.get(n[-1:]) == s]
        for n in names
    }
    if all(len(found) == 1 for found in carried.values()) and len({f[0] for f in carried.values()}) == len(names):
        yield {n: found[0] for n, found in carried.items()}
        return
    if len(names) > len(model.states) or len(model.states) > MOST or model.density in names:
        return
    for order in itertools.permutations(model.states, len(names)):
        if all(state in (carried[name] or (state,)) for name, state in zip(names, order, strict=True)):
            yield dict(zip(names, order, strict=True))


def _one(
    relation: Relation, calls: set[AppliedUndef], matching: dict[str, str], lines: Lines, arena: Arena, regime: str
) -> RegimeVerdict:
    """One equation of the claim against that of the state which it advances."""
    model = arena.model
    grid = grid_of(calls, model)
    names = {c.func.__name__: c.func.__name__ for c in calls} | matching
    claimed = balance_terms(relation.left - relation.right, model, grid, calls, names)
    advanced: dict[str, str] = {}
    for state, (left, _) in lines.items():
        own = {c for c in left.atoms(AppliedUndef) if c.func.__name__ in lines}
        key = next(iter(balance_terms(left, model, Grid(), own, {s: s for s in lines})))
        if key in claimed:
            advanced[state] = key
    if not advanced:
        return RegimeVerdict(regime, SILENT, (), "the claim advances no density of a state in time")
    first = next(iter(advanced.values()))
    derived: Balance = {}
    for state, key in advanced.items():  # an equation of m + s is the sum of theirs
        left, right = lines[state]
        own = {c for side in (left, right) for c in side.atoms(AppliedUndef) if c.func.__name__ in lines}
        share = claimed[key] / claimed[first]
        for place, weight in balance_terms(left - right, model, Grid(), own, {s: s for s in lines}).items():
            derived[place] = derived.get(place, sp.Integer(0)) + share * weight
    verdict = compare_balance(claimed, derived, first, arena, regime)
    what = f"equation of the state {state}" if len(advanced) == 1 else f"equations of {', '.join(advanced)} together"
    return replace(verdict, why=verdict.why or f"it is the model's own {what}")


# --- the exact equation of the total density ----------------------------------------------------------------------------


def exact_total(model: JumpModel, derivation: Derivation) -> dict[tuple[int, tuple[int, ...]], sp.Expr] | None:
    """The equation that the total density of moving, switching states obeys exactly: coefficients by (order in t, orders in space).

    It is det(d_t - A(d_x)) P = 0, for constant coefficients. None where there is none of this kind.
    """
    equations = derivation.master_equation.equations
    if not 2 <= len(equations) <= MOST:
        return None
    states = [e.state for e in equations]
    waves = [sp.Dummy() for _ in model.coordinate_symbols]
    clock = sp.Dummy()
    rows = []
    for e in equations:
        row = _symbol_row(e.lhs - e.rhs, states, model, waves, clock)
        if row is None:
            return None
        rows.append(row)
    determinant = sp.expand(sp.Matrix(rows).det(method="berkowitz"))
    found: dict[tuple[int, tuple[int, ...]], sp.Expr] = {}
    for powers, coefficient in sp.Poly(determinant, clock, *waves).terms():
        found[powers[0], tuple(powers[1:])] = coefficient
    return found


def judge_exactly(
    claim: Claim, model: JumpModel, derivation: Derivation, roles: dict[str, str]
) -> RegimeVerdict | None:
    """A claim about the equation that the total density obeys exactly, or its coefficients; None where it is of another kind."""
    terms = exact_total(model, derivation)
    if terms is None or any(r.kind != "=" for r in claim.relations):
        return None
    exact = normalised({Key(time, space): value for (time, space), value in terms.items()})
    resolver = Resolver(model, Quantities(model, None, exact=_named(exact, model)), dict(claim.statement.symbols))
    arena, parts = Arena(model, None), []
    try:
        for r in claim.relations:
            if is_pde(r, model):
                claimed = claimed_terms(r, model, resolver)
                if max((k.time for k in claimed), default=0) != max(k.time for k in exact):
                    return None
                parts.append(compare_terms(normalised(claimed), exact, arena, resolver, max(k.time for k in exact)))
            else:
                left, right = resolver.resolve(r.left), resolver.resolve(r.right)
                verdict = from_comparison(arena.equal(left, right), resolver.derived, left, right)
                parts.append(mended(verdict, right, left, arena) if verdict.verdict == REFUTED else verdict)
    except MissingQuantityError:
        return None
    roles.update(resolver.roles)
    return (
        replace(together("model", parts), why=EXACT)
        if all(p.verdict == PROVED for p in parts)
        else together("model", parts)
    )


EXACT = "the total density obeys this equation exactly"


def _named(exact: Terms, model: JumpModel) -> tuple[tuple[str, sp.Expr], ...]:
    """The coefficients of a telegrapher's equation by their names, where the equation is one."""
    d = model.dimension
    if d != 1 or not set(exact) <= {Key(2, (0,)), Key(1, (0,)), Key(1, (1,)), Key(0, (1,)), Key(0, (2,))}:
        return ()
    zero = sp.Integer(0)
    values = {"damping_rate": exact.get(Key(1, (0,)), zero), "cross_rate": exact.get(Key(1, (1,)), zero),
              "bias_rate": exact.get(Key(0, (1,)), zero), "c2": -exact.get(Key(0, (2,)), zero)}  # fmt: skip
    if values["damping_rate"] != 0:
        values["relaxation_time"] = 1 / values["damping_rate"]
    return (*values.items(), ("speed", sp.sqrt(values["c2"])))


def _symbol_row(
    gap: sp.Expr, states: list[str], model: JumpModel, waves: list[sp.Dummy], clock: sp.Dummy
) -> list[sp.Expr] | None:
    """One equation with d_x, d_t as symbols; None where coefficients vary or densities are displaced."""
    plain = (*model.coordinate_symbols, model.time)
    orders = dict(zip(plain, (*waves, clock), strict=True))
    row = []
    for state in states:
        call = sp.Function(state)(*plain)
        marks = {
            d: sp.Mul(*(orders[v] ** int(n) for v, n in d.variable_count))
            for d in gap.atoms(sp.Derivative)
            if d.expr == call
        }
        mark = sp.Dummy()
        value = sp.diff(gap.xreplace({d: symbol * mark for d, symbol in marks.items()}).xreplace({call: mark}), mark)
        if value.has(*plain, mark) or value.atoms(AppliedUndef):
            return None
        row.append(value)
    calls = {c for c in gap.atoms(AppliedUndef) if c.func.__name__ in states}
    return row if all(c.args == plain for c in calls) else None
