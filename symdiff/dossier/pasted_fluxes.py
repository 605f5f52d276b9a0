r"""Fluxes beside a balance: ``\partial_t\rho = -\partial_x J`` with ``J = -D\rho_x``, ``J_{i,i+1} = p\rho_i(1-\rho_{i+1})``, or J_t = -v^2 rho_x - alpha J.

A flux that is given by the density is put in. One that relaxes, like P_tt + alpha P_t = c^2 P_xx, is that of walkers to the right and to
the left: with R + L = rho and a J = c (R - L), rho_t = -a J_x and J_t = -b rho_x - alpha J + beta rho are walkers of speed c = sqrt(ab) that
turn at the rates (alpha -+ a beta/c)/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.pasted_drift import opened
from symdiff.dossier.pasted_names import declare, own, spelled
from symdiff.errors import ModelError

_T = sp.Symbol("t")


def fluxes_put_in(equations: Sequence[sp.Basic]) -> tuple[tuple[sp.Basic, ...], tuple[str, ...]]:
    """Equations with the fluxes that others give by the densities put in, at the place where they stand; and notes.

    >>> x, t, D, J, P = sp.Symbol("x"), sp.Symbol("t"), sp.Symbol("D"), sp.Function("J"), sp.Function("P")
    >>> flux = sp.Eq(J(x, t), -D * P(x, t).diff(x))
    >>> fluxes_put_in([sp.Eq(P(x, t).diff(t), -J(x, t).diff(x)), flux])[0]
    (Eq(Derivative(P(x, t), t), D*Derivative(P(x, t), (x, 2))),)
    """
    found, notes = list(equations), []
    for e in equations:
        if not isinstance(e, sp.Equality) or not isinstance(e.lhs, AppliedUndef) or e not in found:
            continue
        head, others = e.lhs, [o for o in found if o is not e]
        if head.args and head.args[-1].has(_T) and head.args[-1] != _T:
            continue  # a density in steps
        densities = {
            d.expr.func
            for o in others
            for d in o.atoms(sp.Derivative)
            if _T in d.variables and isinstance(d.expr, AppliedUndef)
        }
        densities |= {
            c.func for o in others for c in o.atoms(AppliedUndef) if c.args and c.args[-1].has(_T) and c.args[-1] != _T
        }
        given = {c.func for c in e.rhs.atoms(AppliedUndef)}
        used = [c for o in others for c in o.atoms(AppliedUndef) if c.func == head.func]
        if head.func in densities | given or not given & densities or not used or e.rhs.has(sp.Integral, sp.Sum):
            continue
        change = {c: _at(e, c) for c in used}
        if any(v is None for v in change.values()):
            odd = next(c for c, v in change.items() if v is None)
            raise ModelError(
                f"{odd} does not follow from {head} = ...", instead=f"write it by the same rule, or give {odd} too"
            )
        found = [_with(o, {c: v for c, v in change.items() if v is not None}) for o in others]
        notes.append(f"{head.func.__name__} is put in")
    return tuple(found), tuple(notes)


def _at(e: sp.Equality, call: AppliedUndef) -> sp.Expr | None:
    """What a flux J(n + 1/2) = ... is at another place: every argument moved by the same number of sites."""
    head = e.lhs
    if len(call.args) != len(head.args):
        return None
    indices = {s for a in head.args if a != _T for s in a.free_symbols}
    if len(head.args) == 1 or all(len(a.free_symbols) <= 1 for a in head.args):
        gaps = {sp.expand(c - h) for c, h in zip(call.args, head.args, strict=True) if h != _T}
        if len(indices) == 1 and len(gaps) == 1 and not (gap := gaps.pop()).has(*indices):
            (index,) = indices
            return e.rhs.xreplace({index: index + gap}) if gap != 0 else e.rhs
    if all(a.is_Symbol for a in head.args) and len(set(head.args)) == len(head.args):
        return e.rhs.xreplace(dict(zip(head.args, call.args, strict=True)))
    return None


def _with(e: sp.Basic, change: dict[AppliedUndef, sp.Expr]) -> sp.Basic:
    if not isinstance(e, sp.Equality):
        return e
    moved = {
        d: sp.diff(change[d.expr], *d.variable_count)
        for d in e.atoms(sp.Derivative)
        if isinstance(d.expr, AppliedUndef) and d.expr in change
    }
    calls = {
        c: v.xreplace({a: a.func(*(sp.expand(x) for x in a.args)) for a in v.atoms(AppliedUndef)})
        for c, v in change.items()
    }
    return sp.Equality(*(side.xreplace(moved).xreplace(calls) for side in e.args), evaluate=False)


# --- fluxes that relax -----------------------------------------------------------------------------------------------


def relaxing_document(equations: Sequence[sp.Basic]) -> tuple[dict[str, Any], list[str]] | None:
    """Walkers to the right and to the left, of a pair rho_t, J_t or of a telegrapher's equation; None for other formulas.

    Raises :class:`ModelError` where the speed or the rates of turning cannot be real and positive.
    """
    relations = [e for e in equations if isinstance(e, sp.Equality)]
    if len(relations) != len(equations):
        return None
    found = _pair(relations) if len(relations) == 2 else _telegraph(relations[0]) if len(relations) == 1 else None
    if found is None:
        return None
    density, place, speed_squared, damping, bias, said = found
    if speed_squared.could_extract_minus_sign() or speed_squared == 0:
        raise ModelError(
            f"the square of the speed is {speed_squared}: no walkers move so",
            instead="check the signs: rho_t = -J_x, J_t = -v^2 rho_x - alpha J",
        )
    if damping.could_extract_minus_sign() or damping == 0:
        raise ModelError(f"the flux is damped at the rate {damping}: walkers that turn have a positive one",
                         instead="write J_t = -v^2 rho_x - alpha J, P_tt + alpha P_t = v^2 P_xx; without damping nobody turns")  # fmt: skip
    speed = sp.powsimp(
        sp.sqrt(sp.factor(speed_squared)).replace(lambda p: p.is_Pow, lambda p: sp.powdenest(p, force=True)), force=True
    )
    rates = [sp.expand((damping - sign * bias / speed) / 2) for sign in (1, -1)]
    names, document = declare([place], [speed, *rates], set())
    states = ("right", "left")
    if {*states, density.func.__name__} & {*names.values()}:
        states = ("to_right", "to_left")
    document |= {
        "title": "A model read from LaTeX",
        "model": {"coordinates": [names[place]], "density": density.func.__name__},
        "states": [{"name": s, "velocity": [str(own(v, names))]} for s, v in zip(states, (speed, -speed), strict=True)],
        "jumps": [
            {"from": one, "to": other, "displacement": ["0"], "rate": str(own(sp.factor_terms(rate), names))}
            for one, other, rate in zip(states, states[::-1], rates, strict=True)
        ],
    }
    assumed = [
        f"{density.func.__name__} = {states[0]} + {states[1]}: walkers of speed {own(speed, names)} that turn",
        *said,
    ]
    assumed += [f"{n} is {p}" for n, p in sorted(document["parameters"].items())]
    document["parameters"] = spelled(document["parameters"], names)
    return document, assumed


_Found = tuple[AppliedUndef, sp.Symbol, sp.Expr, sp.Expr, sp.Expr, list[str]]


def _linear(e: sp.Equality) -> dict[sp.Expr, sp.Expr] | None:
    """The coefficients of densities and their derivatives; None where these are no constants."""
    names = sorted({c.func.__name__ for c in e.atoms(AppliedUndef)})
    gap = opened(sp.expand(e.lhs - e.rhs), names)
    atoms: list[sp.Expr] = sorted(gap.atoms(sp.Derivative), key=str)
    marks: dict[sp.Expr, sp.Dummy] = {d: sp.Dummy() for d in atoms}
    marks |= {c: sp.Dummy() for c in sorted(gap.xreplace(marks).atoms(AppliedUndef), key=str)}
    marked = sp.expand(gap.xreplace(marks))
    found = {a: sp.diff(marked, m) for a, m in marks.items()}
    constant = all(
        not v.atoms(AppliedUndef) and not v.has(*marks.values(), sp.Integral, sp.Sum) for v in found.values()
    )
    return found if constant and sp.expand(marked - sp.Add(*(found[a] * m for a, m in marks.items()))) == 0 else None


def _pair(relations: Sequence[sp.Equality]) -> _Found | None:
    rows = [_linear(e) for e in relations]
    if any(r is None for r in rows):
        return None
    kinds = [{a: v for a, v in (r or {}).items() if v != 0} for r in rows]
    for first, second in (kinds, kinds[::-1]):
        times = [a for a in first if isinstance(a, sp.Derivative) and a.variables == (_T,)]
        if len(times) != 1 or len(first) != 2:
            continue
        density, (other,) = times[0].expr, [a for a in first if a != times[0]]
        if not isinstance(other, sp.Derivative) or len(other.variables) != 1 or other.expr.func == density.func:
            continue
        flux, place = other.expr, other.variables[0]
        if density.args != (place, _T) or flux.args != density.args:
            continue
        change, slope = sp.Derivative(flux, _T), sp.Derivative(density, place)
        if set(second) - {change, slope, flux, density} or change not in second or slope not in second:
            continue
        if any(v.has(place, _T) for v in (*first.values(), *second.values())):
            continue
        carried = first[other] / first[times[0]]
        push, damping, bias = (sp.cancel(second.get(a, sp.S.Zero) / second[change]) for a in (slope, flux, density))
        name = flux.func.__name__
        return (
            density,
            place,
            sp.cancel(carried * push),
            damping,
            sp.cancel(-carried * bias),
            [f"{name} is what the difference of the two carries"],
        )
    return None


def _telegraph(e: sp.Equality) -> _Found | None:
    row = _linear(e)
    heads = [a for a in row or {} if isinstance(a, sp.Derivative) and a.variables == (_T, _T)]
    if row is None or len(heads) != 1:
        return None
    density = heads[0].expr
    if len(density.args) != 2 or density.args[1] != _T or any(v.has(*density.args) for v in row.values()):
        return None
    place = density.args[0]
    known = [heads[0], sp.Derivative(density, _T), sp.Derivative(density, (place, 2)), sp.Derivative(density, place)]
    if any(v != 0 for a, v in row.items() if a not in known):
        return None
    ahead, damping, bend, bias = (sp.cancel(row.get(a, sp.S.Zero) / row[heads[0]]) for a in known)
    if damping == 0 and ahead == 1:
        return None
    said = ["a start at which nobody has turned yet belongs to the equation of second order in time"]
    return density, place, sp.cancel(-bend), damping, bias, said
