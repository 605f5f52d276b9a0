"""Claims about the flux: J = v P - D d_x P, one component per axis, one for each of several densities, linear or not."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.check_nonlinear import at_one_instant, resolved_in
from symdiff.dossier.claim_kinds import density_calls
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending_equations import slip_in_terms
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.typography import in_words
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict

LETTERS = ("J", "j", "S", "Jcal", "Scal")  # S beside the density alone: by itself it may be a survival probability
NO_FLUX = "the equation of this regime has no flux of the form v P - D d_x P"


def flux_names(limit: ContinuumLimit, model: JumpModel) -> tuple[str, ...]:
    """The names under which a flux may be claimed: J, j, S; J_x, J_y; J_u, J_v for several densities in one dimension."""
    if len(limit.equations) > 1:
        names = [f"{j}_{e.density}" for j in LETTERS for e in limit.equations] if model.dimension == 1 else []
    else:
        names = [*LETTERS, "J_x"] if model.dimension == 1 else [f"{j}_{c}" for j in LETTERS for c in model.coordinates]
    taken = {p.name for p in model.parameters} | {d.name for d in model.functions} | {model.density, *model.states}
    return tuple(n for n in names if n not in taken)


def flux_named(relation: Relation, limit: ContinuumLimit, model: JumpModel) -> Relation:
    """A plain J, or J(x), which the model does not declare, as J(x, t); S only where a density of the model stands beside it."""
    plain, names = (*model.coordinate_symbols, model.time), flux_names(limit, model)
    calls = relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
    own = {model.density, *model.states, *(e.density for e in limit.equations)}
    if not any(c.func.__name__ in own for c in calls):
        names = tuple(n for n in names if n[0] != "S")
    change: dict[sp.Basic, sp.Expr] = {sp.Symbol(n): sp.Function(n)(*plain) for n in names}
    for call in calls:  # J(x), or J by itself beside a signal s(x)
        if call.func.__name__ in names and tuple(call.args) == model.coordinate_symbols:
            change[call] = call.func(*plain)
    return Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))


def is_carried(relation: Relation, limit: ContinuumLimit | None, model: JumpModel) -> bool:
    """Whether the relation is J = v P: a flux alone beside a multiple of the density, where nothing is derived."""
    if limit is None or limit.equation is None or not limit.equation.is_linear or relation.kind != "=":
        return False
    sides = (relation.left, relation.right)
    own = {sp.Function(limit.equation.density)(*model.coordinate_symbols, model.time)}
    for flux, other in (sides, sides[::-1]):
        name = flux.name if flux.is_Symbol else flux.func.__name__ if isinstance(flux, AppliedUndef) else ""
        if name in flux_names(limit, model) and other.atoms(AppliedUndef) & own and not other.has(sp.Derivative):
            return True
    return False


def flux_calls(relation: Relation, limit: ContinuumLimit, model: JumpModel) -> list[AppliedUndef]:
    """The fluxes J(x, t) of a relation."""
    plain, names = (*model.coordinate_symbols, model.time), flux_names(limit, model)
    calls = relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
    own = {model.density, *model.states, *(e.density for e in limit.equations)}
    if not any(c.func.__name__ in own for c in calls):
        names = tuple(n for n in names if n[0] != "S")
    return sorted((c for c in calls if c.func.__name__ in names and tuple(c.args) == plain), key=str)


def derived_flux(
    call: AppliedUndef, limit: ContinuumLimit, model: JumpModel, density: sp.Expr | None = None
) -> sp.Expr:
    """The flux in the densities of a limit; ``density`` is the claim's own name of the only one.

    Raises :class:`MissingQuantityError` where the equation has no such flux form.
    """
    plain, name = (*model.coordinate_symbols, model.time), call.func.__name__
    if len(limit.equations) > 1:
        own = {(c.role, c.of): c.value for c in limit.coupled if c.density == name[2:]}
        parts = [own.get(("flux", ""), sp.Integer(0))]
        if any(role.partition("_")[0] not in ("flux", "source", "D") for role, _ in own):
            raise MissingQuantityError(NO_FLUX, True)
        for (role, of), value in own.items():
            if role == "D":
                parts.append(-value * sp.Derivative(sp.Function(of)(*plain), plain[0]))
        return sp.Add(*parts)
    if limit.equation is None:
        raise MissingQuantityError(NO_FLUX, True)
    field = sp.Function(limit.equation.density)(*plain)
    named = dict(limit.flux_form)
    one = model.dimension == 1
    c = model.coordinates[0] if one else name[2:]
    carried = named.get("v" if one else f"v_{c}"), named.get("flux" if one else f"flux_{c}")
    spread = [(x, named.get("D" if one else _tensor(named, c, x.name))) for x in model.coordinate_symbols]
    killed = limit.equation.is_linear and any(not any(t.space) and t.fractional is None for t in limit.equation.right)
    if carried == (None, None) or any(d is None for _, d in spread) or killed:
        raise MissingQuantityError(NO_FLUX, True)
    v, f = carried
    total = (v * field if v is not None else f) - sp.Add(*(d * sp.Derivative(field, x) for x, d in spread if d != 0))
    return total if density is None else total.xreplace({field: density})


def _tensor(named: dict[str, sp.Expr], a: str, b: str) -> str:
    return f"D_{a}{b}" if f"D_{a}{b}" in named else f"D_{b}{a}"


def with_flux(relation: Relation, fluxes: list[AppliedUndef], limit: ContinuumLimit, model: JumpModel) -> Relation:
    """The relation with the fluxes written out in the density."""
    if not fluxes:
        return relation
    others = [c for c in density_calls(relation, model) if c not in fluxes]
    density = others[0] if others and limit.equation is not None else None
    if density is not None and len(fluxes) == 1 and _relaxes(relation, fluxes[0], model):
        return _with_continuity(relation, fluxes[0], density, model)
    change = {flux: derived_flux(flux, limit, model, density) for flux in fluxes}
    return Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))


def _relaxes(relation: Relation, flux: AppliedUndef, model: JumpModel) -> bool:
    """Whether a flux in one dimension has a time derivative and is not derived by place: Cattaneo's law tau J_t + J = -D u_x."""
    derivatives = [
        d for d in relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative) if d.expr == flux
    ]
    variables = {v for d in derivatives for v, _ in d.variable_count}
    return model.dimension == 1 and variables == {model.time}


def _with_continuity(relation: Relation, flux: AppliedUndef, density: AppliedUndef, model: JumpModel) -> Relation:
    """The law of a flux that relaxes, derived by place, with J_x = - u_t put in: an equation for the density alone."""
    (x,), t = model.coordinate_symbols, model.time
    gap = sp.expand(sp.diff(relation.left - relation.right, x))
    change = {}
    for d in gap.atoms(sp.Derivative):
        if d.expr == flux and (counts := dict(d.variable_count)).get(x) == 1:
            change[d] = -sp.Derivative(density, (t, 1 + counts.get(t, 0)))
    return Relation("=", gap.xreplace(change), sp.S.Zero)


def judge_flux(
    relation: Relation, fluxes: list[AppliedUndef], arena: Arena, resolver: Resolver, roles: dict[str, str]
) -> RegimeVerdict:
    """J = ... against the flux of the derived equation, at one instant of time."""
    limit, model = arena.limit, arena.model
    assert limit is not None
    if len(fluxes) > 1:
        return RegimeVerdict("", UNDECIDED, (), "several fluxes in one relation are not compared")
    (flux,), mark = fluxes, sp.Dummy()
    gap = sp.expand((relation.left - relation.right).xreplace({flux: mark}))
    own = sp.diff(gap, mark)
    if own == 0 or own.has(mark) or own.atoms(AppliedUndef):
        return RegimeVerdict("", UNDECIDED, (), "the flux does not stand alone")
    others = [c for c in density_calls(relation, model) if c != flux]
    densities = {e.density: sp.Function(e.density)(*model.coordinate_symbols, model.time) for e in limit.equations}
    claimed = -(relation.left - relation.right).xreplace({flux: sp.S.Zero}) / own
    if limit.equation is not None:  # the only density, under whatever name
        claimed = claimed.xreplace(dict.fromkeys(others, densities[limit.equation.density]))
    written, claimed = claimed, resolved_in(claimed, densities, resolver)
    derived = derived_flux(flux, limit, model)
    roles.update(resolver.roles)
    used = resolver.derived
    left, right = (at_one_instant(e, densities, model) for e in (derived, claimed))
    kept = None if arena.exact else Fraction(limit.kept_power) - _unit(limit, model)
    answer = arena.equal(left, right, kept)
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, used, "the fluxes agree")
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, used, "the fluxes could be neither identified nor told apart")
    words = slip_in_terms(written, derived, densities, arena, resolver)
    return RegimeVerdict("", REFUTED, used, f"the fluxes differ: derived {flux.func.__name__} = {in_words(derived)}", answer.witness,
                         answer.left, answer.right, correct=derived, mend=words)  # fmt: skip


def _unit(limit: ContinuumLimit, model: JumpModel) -> Fraction:
    """The power of eps of a derivative along a coordinate."""
    return next((-v for k, v in limit.regime.powers if k in model.coordinate_symbols), Fraction(0))
