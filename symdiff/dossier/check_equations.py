"""Claims that are equations for the density: master equations and PDEs, compared coefficient by coefficient."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.derive import derive_regime
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.check_nonlinear import judge_nonlinear, judge_with_constants
from symdiff.dossier.claim_kinds import density_calls
from symdiff.dossier.comparing import Arena, in_model_form
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.linear_terms import opened_products
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.dossier.resolving import Resolver
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

Key = tuple[int, tuple[int, ...], sp.Expr | None]  # time derivatives, space derivatives, s of (-Laplacian)^s
HIGHEST = 12


class NotLinearError(MissingQuantityError):
    """The claimed equation is not linear in the density."""


# --- PDEs ---------------------------------------------------------------------------------------------------------


def judge_pde(claim: Claim, relation: Relation, arena: Arena, roles: dict[str, str]) -> RegimeVerdict:
    """Compare a claimed PDE with the derived one in one regime; constants that it leaves open may be matched."""
    verdict = _judge_pde(claim, relation, arena, roles)
    if verdict.verdict == PROVED or arena.limit is None or not arena.limit.equations:
        return verdict
    resolver = Resolver(arena.model, Quantities(arena.model, arena.limit), dict(claim.statement.symbols))
    return judge_with_constants(relation, arena.limit, arena, resolver) or verdict


def _judge_pde(claim: Claim, relation: Relation, arena: Arena, roles: dict[str, str]) -> RegimeVerdict:
    limit = arena.limit
    if limit is None or not limit.equations:
        return RegimeVerdict("", SILENT, (), "no equation closes in this regime")
    resolver = Resolver(arena.model, Quantities(arena.model, limit), dict(claim.statement.symbols))
    if limit.equation is None or not limit.equation.is_linear:
        return judge_nonlinear(relation, limit, arena, resolver, roles)
    relation = _flux_named(relation, arena.model)
    flux = _flux_call(relation, arena.model)
    if flux is not None and not _has_time_derivative(relation, arena.model):
        return _judge_flux(relation, flux, arena, resolver, roles)
    if flux is not None:
        relation = _with_flux(relation, flux, limit, arena.model)
    try:
        claimed = _linear_terms(relation.left - relation.right, relation, arena.model, resolver)
    except NotLinearError:
        return judge_nonlinear(relation, limit, arena, resolver, roles)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    roles.update(resolver.roles)
    order = max((sum(space) for _, space, _ in claimed), default=0)
    if limit.regime.origin == "long-wave" and 2 < order <= HIGHEST and order > limit.kept_power:
        limit = derive_regime(arena.model, limit.regime, order)
    derived = _derived_terms(limit, arena.model)
    highest = max(time for time, _, _ in claimed)
    if highest != max(time for time, _, _ in derived):
        return RegimeVerdict("", SILENT, (), f"the equation of this regime is not of order {highest} in time")
    return _compare_terms(_normalised(claimed), _normalised(derived), replace_limit(arena, limit), resolver, highest)


def _flux_named(relation: Relation, model: JumpModel) -> Relation:
    """A plain J, which the model does not declare, as J(x, t)."""
    if "J" in {p.name for p in model.parameters} | {d.name for d in model.functions}:
        return relation
    change = {sp.Symbol("J"): sp.Function("J")(*model.coordinate_symbols, model.time)}
    return Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))


def _flux_call(relation: Relation, model: JumpModel) -> AppliedUndef | None:
    """J(x, t), the flux, in one dimension: where the model has no function of that name."""
    plain = (*model.coordinate_symbols, model.time)
    declared = {d.name for d in model.functions}
    found = [c for c in relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
             if c.func.__name__ in ("J", "j") and c.func.__name__ not in declared and tuple(c.args) == plain]  # fmt: skip
    return found[0] if len(found) == 1 and model.dimension == 1 else None


def _has_time_derivative(relation: Relation, model: JumpModel) -> bool:
    derivatives = relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative)
    return any(model.time in (v for v, _ in d.variable_count) for d in derivatives)


def _derived_flux(limit: ContinuumLimit) -> dict[Key, sp.Expr]:
    """J = v P - D d_x P; raises MissingQuantityError where the equation has no such flux form."""
    named = dict(limit.flux_form)
    if not {"v", "D"} <= set(named) or any(
        not any(t.space) and t.fractional is None for t in (limit.equation.right if limit.equation else ())
    ):
        raise MissingQuantityError("the equation of this regime has no flux of the form v P - D d_x P", True)
    return {(0, (0,), None): named["v"], (0, (1,), None): -named["D"]}


def _with_flux(relation: Relation, flux: AppliedUndef, limit: ContinuumLimit, model: JumpModel) -> Relation:
    """The relation with the flux written out in the density."""
    calls = density_calls(relation, model)
    density = next((c for c in calls if c != flux), sp.Function(model.density)(*model.coordinate_symbols, model.time))
    (x,) = model.coordinate_symbols
    terms = _derived_flux(limit)
    value = terms[0, (0,), None] * density + terms[0, (1,), None] * sp.Derivative(density, x)
    return Relation(relation.kind, relation.left.xreplace({flux: value}), relation.right.xreplace({flux: value}))


def _judge_flux(
    relation: Relation, flux: AppliedUndef, arena: Arena, resolver: Resolver, roles: dict[str, str]
) -> RegimeVerdict:
    """J = ... against the flux of the derived equation, term by term."""
    limit, mark = arena.limit, sp.Dummy()
    assert limit is not None
    gap = sp.expand((relation.left - relation.right).xreplace({flux: mark}))
    own = sp.diff(gap, mark)
    if own == 0 or own.has(mark):
        return RegimeVerdict("", UNDECIDED, (), "the flux does not stand alone")
    rest = Relation("=", -sp.expand(gap - own * mark) / own, sp.Integer(0))
    try:
        derived = _derived_flux(limit)
        claimed = _linear_terms(sp.expand(rest.left), rest, arena.model, resolver)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    roles.update(resolver.roles)
    used = tuple(resolver.used.items())
    for key in {**derived, **claimed}:
        ours, theirs = derived.get(key, sp.Integer(0)), claimed.get(key, sp.Integer(0))
        answer = arena.equal(ours, theirs, _least_power((0, (key[1][0] + 1,), None), arena, 1))
        if answer.answer is not Answer.PROVED:
            why = f"the coefficient of {_spoken(key, arena.model)} in the flux"
            if answer.answer is Answer.UNDECIDED:
                return RegimeVerdict("", UNDECIDED, used, f"{why} could not be compared")
            verdict = RegimeVerdict(
                "",
                REFUTED,
                used,
                f"{why} differs: derived {ours}, claimed {theirs}",
                answer.witness,
                answer.left,
                answer.right,
            )
            return mended(verdict, theirs, ours, arena)
    return RegimeVerdict("", PROVED, used, "the fluxes agree term by term")


def replace_limit(arena: Arena, limit: ContinuumLimit) -> Arena:
    """The same arena with a limit of higher order."""
    return replace(arena, limit=limit)


def _linear_terms(expression: sp.Expr, relation: Relation, model: JumpModel, resolver: Resolver) -> dict[Key, sp.Expr]:
    """Coefficients of all derivatives of the density; raises MissingQuantityError for what is not linear in it."""
    densities = set(density_calls(relation, model))
    opened = expression.doit(deep=False) if not isinstance(expression, sp.Derivative) else expression
    opened = sp.expand(opened_products(opened, densities))
    atoms: dict[sp.Basic, tuple[sp.Dummy, Key]] = {}
    for d in opened.atoms(sp.Derivative):
        if d.expr in densities:
            atoms[d] = (sp.Dummy(), _key(d.variable_count, model, None))
    for call in opened.atoms(AppliedUndef):
        if call.func.__name__ == "FracLaplacian" and call.args[0] in densities:
            atoms[call] = (sp.Dummy(), (0, (0,) * model.dimension, call.args[1]))
    marked = opened.xreplace({a: d for a, (d, _) in atoms.items()})
    for call in densities:
        atoms[call] = (sp.Dummy(), (0, (0,) * model.dimension, None))
    marked = marked.xreplace({call: atoms[call][0] for call in densities})
    marked = sp.expand(marked)
    found: dict[Key, sp.Expr] = {}
    dummies = {d for d, _ in atoms.values()}
    rest = marked
    for dummy, key in atoms.values():
        coefficient = sp.diff(marked, dummy)
        if coefficient.free_symbols & dummies:
            raise NotLinearError("the equation is not linear in the density", False)
        rest = rest - coefficient * dummy
        if coefficient != 0:
            found[key] = found.get(key, sp.Integer(0)) + resolver.resolve(coefficient)
    if sp.expand(rest) != 0:
        raise MissingQuantityError("the equation has terms without the density", False)
    return found


def _key(variable_count: tuple[tuple[sp.Symbol, int], ...], model: JumpModel, fractional: sp.Expr | None) -> Key:
    time, space = 0, [0] * model.dimension
    for variable, count in variable_count:
        if variable == model.time:
            time += int(count)
        elif variable in model.coordinate_symbols:
            space[model.coordinate_symbols.index(variable)] += int(count)
        else:
            raise MissingQuantityError(f"a derivative along {variable}, which is no coordinate of the model", False)
    return time, tuple(space), fractional


def _derived_terms(limit: ContinuumLimit, model: JumpModel) -> dict[Key, sp.Expr]:
    equation = limit.equation
    assert equation is not None
    relation = Relation("=", equation.lhs, equation.rhs)
    resolver = Resolver(model, Quantities(model, limit), {})
    return _linear_terms(equation.lhs - equation.rhs, relation, model, resolver)


def _normalised(terms: dict[Key, sp.Expr]) -> dict[Key, sp.Expr]:
    """Divided by the coefficient of the highest time derivative."""
    leading = max((key for key in terms if not any(key[1]) and key[2] is None), key=lambda k: k[0])
    head = terms[leading]
    return {key: value / head if head != 1 else value for key, value in terms.items()}


def _compare_terms(
    claimed: dict[Key, sp.Expr], derived: dict[Key, sp.Expr], arena: Arena, resolver: Resolver, highest: int
) -> RegimeVerdict:
    used = tuple(resolver.used.items())
    keys = sorted(set(claimed) | set(derived), key=lambda k: (-k[0], sum(k[1]), str(k[2])))
    for key in keys:
        ours, theirs = -derived.get(key, sp.Integer(0)), -claimed.get(key, sp.Integer(0))  # on the right-hand side
        answer = arena.equal(ours, theirs, _least_power(key, arena, highest))
        if answer.answer is Answer.REFUTED:
            ours, theirs = (in_model_form(e, arena.model) or e for e in (ours, theirs))
            why = f"the coefficient of {_spoken(key, arena.model)} differs: derived {ours}, claimed {theirs} (on the right-hand side)"
            verdict = RegimeVerdict("", REFUTED, used, why, answer.witness, answer.left, answer.right)
            return mended(verdict, theirs, ours, arena)
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict(
                "", UNDECIDED, used, f"the coefficient of {_spoken(key, arena.model)} could not be compared"
            )
    return RegimeVerdict("", PROVED, used, "the equations agree term by term")


def _least_power(key: Key, arena: Arena, highest: int) -> Fraction | None:
    """From which power of eps on a difference in this coefficient lies beyond what the regime keeps."""
    limit = arena.limit
    if limit is None or arena.exact:
        return None
    unit = next((-v for k, v in limit.regime.powers if k in arena.model.coordinate_symbols), Fraction(0))
    clock = next((-v for k, v in limit.regime.powers if k == arena.model.time), Fraction(0))
    total = limit.kept_power + (highest - 1) * clock
    return total - key[0] * clock - sum(key[1]) * unit


def _spoken(key: Key, model: JumpModel) -> str:
    time, space, fractional = key
    names = "t" * time + "".join(c.name * n for c, n in zip(model.coordinate_symbols, space, strict=True))
    if fractional is not None:
        return f"(-Laplacian)^({fractional})"
    return f"d_{names}" if names else "the density itself"


# --- master equations ---------------------------------------------------------------------------------------------


def judge_master(claim: Claim, model: JumpModel, derivation: Derivation) -> RegimeVerdict:
    """Compare a claimed master equation with the model's own, at every displaced density."""
    master = derivation.master_equation
    if len(master.equations) != 1:
        own = master.closed
        if own is None:
            return RegimeVerdict("model", UNDECIDED, (), "master equations of single states are not compared yet")
    else:
        own = (master.equations[0].lhs, master.equations[0].rhs)
    arena = Arena(model, None)
    for relation in claim.relations:
        verdict = _one_master(relation, own, arena)
        if verdict.verdict != PROVED:
            return verdict
    return RegimeVerdict("model", PROVED, (), "it is the model's own balance of gains and losses")


def _one_master(relation: Relation, own: tuple[sp.Expr, sp.Expr], arena: Arena) -> RegimeVerdict:
    model = arena.model
    try:
        spacing = _spacing(relation, model)
        claimed = _shift_terms(relation.left - relation.right, model, spacing, set(density_calls(relation, model)))
        derived = _shift_terms(own[0] - own[1], model, {}, set(density_calls(Relation("=", *own), model)))
    except MissingQuantityError as missing:
        return RegimeVerdict("model", UNDECIDED, (), missing.what)
    if all(arena.equal(c, sp.Integer(0)).answer is Answer.PROVED for c in claimed.values()):
        return RegimeVerdict("model", PROVED, (), "an identity")
    advanced = next(iter(_shift_terms(own[0], model, {}, set(density_calls(Relation("=", own[0], own[0]), model)))))
    if advanced not in claimed:
        return RegimeVerdict(
            "model",
            REFUTED,
            (),
            f"the density at {advanced} does not occur: it advances the density differently in time",
        )
    for key in {**claimed, **derived}:
        left, right = claimed.get(key, sp.Integer(0)) / claimed[advanced], derived.get(key, sp.Integer(0))
        answer = arena.equal(left, right)
        if answer.answer is Answer.REFUTED:
            return RegimeVerdict("model", REFUTED, (), f"the weight of the density at {key} differs: the model has {-right}, the claim "
                                 f"{-left} (on the right-hand side)", answer.witness, answer.left, answer.right)  # fmt: skip
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict("model", UNDECIDED, (), f"the weight of the density at {key} could not be compared")
    return RegimeVerdict("model", PROVED)


def _spacing(relation: Relation, model: JumpModel) -> dict[sp.Basic, sp.Expr]:
    """Indexed sites P_j mean the places j times the lattice spacing: an index moves by one where x moves by it."""
    plain = {*model.coordinate_symbols, model.time}
    indices = set()
    for call in density_calls(relation, model):
        for argument in call.args[: model.dimension]:
            indices |= {
                s for s in argument.free_symbols if s not in plain and s not in {p.symbol for p in model.parameters}
            }
    if not indices:
        return {}
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement if r != 0}
    if len(lengths) != 1 or len(indices) > model.dimension:
        raise MissingQuantityError("indexed sites need one lattice spacing", False)
    spacing = lengths.pop()
    return {s: c / spacing for s, c in zip(sorted(indices, key=str), model.coordinate_symbols, strict=False)} | {
        sp.Symbol("*"): spacing
    }


def _shift_terms(
    expression: sp.Expr, model: JumpModel, spacing: dict[sp.Basic, sp.Expr], densities: set[AppliedUndef]
) -> dict[str, sp.Expr]:
    """The coefficient of the density at every displaced place and time."""
    expression = sp.expand(expression)
    scale = spacing.get(sp.Symbol("*"), sp.Integer(1))
    atoms: dict[sp.Basic, tuple[sp.Dummy, str]] = {}
    for d in sorted(expression.atoms(sp.Derivative), key=str):
        if d.expr in densities:
            atoms[d] = (
                sp.Dummy(),
                f"d_{''.join(v.name * int(n) for v, n in d.variable_count)} at {_place(d.expr, model, spacing, scale)}",
            )
    marked = expression.xreplace({a: d for a, (d, _) in atoms.items()})
    for call in sorted(densities, key=str):
        atoms[call] = (sp.Dummy(), _place(call, model, spacing, scale))
    marked = sp.expand(marked.xreplace({c: atoms[c][0] for c in densities}))
    found: dict[str, sp.Expr] = {}
    for dummy, name in atoms.values():
        coefficient = sp.diff(marked, dummy)
        if coefficient != 0:
            found[name] = found.get(name, sp.Integer(0)) + coefficient
    undeclared = sorted(
        {str(s) for c in found.values() for s in c.free_symbols}
        - {p.name for p in model.parameters}
        - set(model.coordinates)
    )
    if undeclared:
        raise MissingQuantityError(f"nothing is known of '{undeclared[0]}'", False)
    return found


def _place(call: AppliedUndef, model: JumpModel, spacing: dict[sp.Basic, sp.Expr], scale: sp.Expr) -> str:
    places = [sp.expand(a.xreplace(spacing) * scale) if spacing else sp.expand(a) for a in call.args[: model.dimension]]
    times = [sp.expand(a) for a in call.args[model.dimension :]]
    return f"({', '.join(str(p) for p in [*places, *times])})"
