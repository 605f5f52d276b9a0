r"""Claims about the velocity at two times, ``\langle v(t) v(0)\rangle = v_0^2 e^{-2 lam t}``, ``D = \int_0^\infty \langle v(t) v(0)\rangle dt``.

Where the velocity depends on states or internal variables alone and these start in their stationary law, displacements have
stationary increments, and <v(t) v(0)> = (1/2) d^2/dt^2 <x(t)^2> for t > 0 (G. I. Taylor, 1921; known from memory).
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.moments import lattice_moment
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.dossier.late_growth import surely_positive
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation

NOTE = "the correlation of velocities is half the second derivative of the mean squared displacement, from the stationary states"


def with_velocities(claim: Claim, model: JumpModel) -> Claim:
    """The claim with correlations of the velocity worked out; itself where it speaks of none, or they are not known."""
    claim = _from_the_earlier(claim, model)
    calls = {c for r in claim.relations for c in calls_of(r) if c.func.__name__ == "Mean" and len(c.args) == 1}
    white = any(side.has(sp.DiracDelta) for r in claim.relations for side in (r.left, r.right))
    found: dict[sp.Basic, sp.Basic] = {}
    for call in calls:
        pair = _pair(call, model)
        value = None if pair is None else _correlation(model, *pair, white=white)
        if value is not None:
            found[call] = value
    if not found:
        return claim
    claim = changed(claim, found, NOTE)
    claim = replace(claim, relations=tuple(part for r in claim.relations for part in _by_peaks(r, model)))
    integrals = {i for r in claim.relations for side in (r.left, r.right) for i in side.atoms(sp.Integral)}
    return changed(claim, {i: v for i in integrals if (v := _over_all_times(i, model)) is not None})


def _from_the_earlier(claim: Claim, model: JumpModel) -> Claim:
    """``<v(t) v(t')> = f(|t - t'|)``: the earlier time as 0 and the time between as t, where nothing else holds either time."""
    t = model.time
    pairs = {
        frozenset(a for p in c.args[0].atoms(AppliedUndef) for a in p.args)
        for r in claim.relations for c in calls_of(r) if c.func.__name__ == "Mean" and len(c.args) == 1
    }  # fmt: skip
    if len(pairs) != 1 or len(times := pairs.pop()) != 2 or not all(a.is_Symbol for a in times):
        return claim
    one, two = sorted(times, key=lambda s: (s.name != t.name, s.name))
    if one.name != t.name or any(s.name == two.name for s in (p.symbol for p in model.parameters)):
        return claim
    gaps = {sp.Abs(one - two): t, sp.Abs(two - one): t, sp.DiracDelta(one - two): sp.DiracDelta(t),
            sp.DiracDelta(two - one): sp.DiracDelta(t)}  # fmt: skip
    marks = {gap: sp.Dummy() for gap in gaps}
    moved = changed(changed(claim, marks), {two: sp.S.Zero})
    rest = [side for r in moved.relations for side in (r.left, r.right)]
    calls = {c: sp.S.One for r in moved.relations for c in calls_of(r) if c.func.__name__ == "Mean"}
    if any(side.xreplace(calls).has(t) for side in rest):
        return claim  # t - t' without its sign, or either of them alone
    return changed(moved, {mark: gaps[gap] for gap, mark in marks.items()})


def _by_peaks(r: Relation, model: JumpModel) -> list[Relation]:
    """A relation with delta(t) as two: what stands before delta, and the rest at other times."""
    peak, mark = sp.DiracDelta(model.time), sp.Dummy()
    left, right = (sp.expand(side.xreplace({peak: mark})) for side in (r.left, r.right))
    if not (left.has(mark) or right.has(mark)) or r.kind != "=":
        return [r]
    if any(
        side.has(sp.DiracDelta) or not side.is_polynomial(mark) or sp.degree(side, mark) > 1 for side in (left, right)
    ):
        return [r]
    heights = [side.coeff(mark, 1) for side in (left, right)]
    others = [side.coeff(mark, 0) for side in (left, right)]
    parts = [replace(r, left=heights[0], right=heights[1])]
    return parts if others == [0, 0] else [replace(r, left=others[0], right=others[1]), *parts]


def velocity_correlation(model: JumpModel) -> sp.Expr | None:
    """<v(t) v(0)> in the stationary states; None where it is not known."""
    return _correlation(model, "v", model.time)


def _pair(call: AppliedUndef, model: JumpModel) -> tuple[str, sp.Expr] | None:
    """Of which variable a correlation is, and at which time: <v(t) v(0)>, <v^2>; None for other averages."""
    inside = call.args[0]
    places = sorted(inside.atoms(AppliedUndef), key=str)
    if len(places) == 2 and inside == sp.Mul(*places) and places[0].func == places[1].func:
        times = {c.args for c in places}
        return (str(places[0].func), model.time) if times == {(sp.S.Zero,), (model.time,)} else None
    base, power = inside.as_base_exp()
    if power != 2 or not (base.is_Symbol or (isinstance(base, AppliedUndef) and base.args == (model.time,))):
        return None
    return (base.name if base.is_Symbol else str(base.func)), sp.S.Zero


def _correlation(model: JumpModel, name: str, time: sp.Expr, *, white: bool = False) -> sp.Expr | None:
    """The correlation of a velocity, or of the internal variable to which velocities are proportional.

    ``white``: with the slope of <x(t)^2> at t = 0 as the height of delta(t).
    """
    plain, axes = name.removesuffix("bold").removesuffix("vec"), model.coordinates
    one_axis = next((c for c in axes if plain == f"v_{c}"), "") if len(axes) > 1 else ""
    if not _moves_by_itself(model) or name in {p.name for p in model.parameters}:
        return None
    factor = _factor(model, plain)
    if factor is None:
        return None
    x = model.coordinate_symbols
    square = next(s for s in x if s.name == one_axis) ** 2 if one_axis else sp.Add(*(c**2 for c in x))
    moment = lattice_moment(model, square)
    if moment is None:
        return None
    value = _as_decays(sp.diff(moment, model.time, 2) / 2 / factor**2, model.time)
    if white and time == model.time:
        value += sp.diff(moment, model.time).subs(model.time, 0) / factor**2 * sp.DiracDelta(model.time)
    return value if time == model.time else value.subs(model.time, 0)


def _as_decays(value: sp.Expr, time: sp.Symbol) -> sp.Expr:
    """A sum of constants times exponentials, none of them in a denominator."""
    terms = []
    for term in sp.Add.make_args(sp.expand(value)):
        above, below = sp.fraction(term)
        terms.append(sp.powsimp(above / sp.factor(below)) if below.has(time) else term)
    return sp.Add(*terms)


def _factor(model: JumpModel, plain: str) -> sp.Expr | None:
    """The velocity over the variable of that name: 1 for the velocity itself, s where it is s u."""
    internals = {i.name: i for i in model.internals}
    if plain not in internals:
        return sp.S.One if plain in ("v", "v_vel", *(f"v_{c}" for c in model.coordinates)) else None
    own = [*internals[plain].symbols]
    if len(own) != model.dimension or len(model.motions) != 1:
        return None
    ratios = {sp.cancel(v / u) for v, u in zip(model.motions[0].velocity, own, strict=True)}
    factor = ratios.pop() if len(ratios) == 1 else sp.S.Zero
    return None if factor == 0 or factor.free_symbols - {p.symbol for p in model.parameters} else factor


def _moves_by_itself(model: JumpModel) -> bool:
    """Whether walkers move with velocities that depend on no place and no time, and jumps change the state alone."""
    still = all(j.law is None and not any(j.displacement) and j.destination is None for j in model.jumps)
    places = {*model.coordinate_symbols, model.time}
    free = {
        s for m in model.motions for v in (*m.velocity, *sp.flatten(m.diffusivity)) for s in sp.sympify(v).free_symbols
    }
    rates = {s for j in model.jumps for s in j.intensity.free_symbols}
    prepared = model.preparation.states or model.boundaries or model.crowd.reactions or model.clock != "continuous"
    return bool(model.motions) and still and not (free | rates) & places and not prepared


def _over_all_times(integral: sp.Integral, model: JumpModel) -> sp.Expr | None:
    """The integral over t from 0 to oo of a sum of decaying exponentials; None for others."""
    if len(integral.limits) != 1 or tuple(integral.limits[0][1:]) != (0, sp.oo):
        return None
    variable, total = integral.limits[0][0], sp.S.Zero
    for term in sp.Add.make_args(sp.expand(integral.function)):
        constant, decay = term.as_independent(variable, as_Add=False)
        rate = -sp.diff(decay.exp, variable) if isinstance(decay, sp.exp) else sp.S.Zero
        if rate == 0 or rate.has(variable) or surely_positive(model, rate) is not True:
            return None
        total += constant * sp.exp(decay.exp + rate * variable) / rate
    return sp.factor(total)
