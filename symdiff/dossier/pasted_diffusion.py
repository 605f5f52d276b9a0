r"""Fokker-Planck equations that are no jumps: diffusion that differs by axis, phase space, directions of active particles.

``\partial_t P = -v\cos\theta\,\partial_x P - v\sin\theta\,\partial_y P + D_r\partial_\theta^2 P`` has a direction as an internal state; an
integral over all directions, or the density at another one, is a turn. The equation a_ij d_i d_j P + b_i d_i P + c P is that of
the velocity v_i = 2 d_j a_ij - b_i and of the diffusivity a_ij in conservative form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.linear_terms import opened_products
from symdiff.dossier.pasted_names import declare, own
from symdiff.errors import ModelError, NotYetError

ANGLES = ("theta", "phi", "varphi", "vartheta", "psi")
_T = sp.Symbol("t")
_U = (sp.Symbol("u_x"), sp.Symbol("u_y"))


@dataclass
class _Operator:
    """The right-hand side: second and first derivatives, the density itself, and the turns of its direction."""

    places: tuple[sp.Symbol, ...]
    second: sp.Matrix
    first: list[sp.Expr]
    plain: sp.Expr = sp.S.Zero
    turns: list[tuple[sp.Expr, sp.Expr, sp.Expr]] = field(
        default_factory=list
    )  # rate, mean cosine and sine of the turn
    named: list[tuple[sp.Symbol, str]] = field(default_factory=list)


def diffusion_document(equations: Sequence[sp.Basic], assumed: list[str]) -> dict[str, Any] | None:
    """The model of one Fokker-Planck equation that needs more than one isotropic motion; None for every other formula.

    Raises :class:`ModelError` where probability is not conserved, :class:`NotYetError` for directions outside of the plane.
    """
    found = _head(equations)
    if found is None:
        return None
    density, right = found
    operator = _operator(density, right)
    if operator is None:
        return None
    angle = next((i for i, p in enumerate(operator.places) if p.name in ANGLES and len(operator.places) > 1), None)
    if angle is None and (operator.turns or _is_isotropic(operator.second)):
        return None
    velocity = [
        sp.expand(2 * sum((sp.diff(operator.second[i, j], y) for j, y in enumerate(operator.places)), sp.S.Zero) - b)
        for i, b in enumerate(operator.first)
    ]
    left = operator.plain + sum((sp.diff(v, x) for v, x in zip(velocity, operator.places, strict=True)), sp.S.Zero)
    left -= sum((sp.diff(operator.second[i, j], x, y) for i, x in enumerate(operator.places) for j, y in enumerate(operator.places)), sp.S.Zero)  # fmt: skip
    left += sum((rate for rate, _, _ in operator.turns), sp.S.Zero)
    if sp.expand(left) != 0:
        raise ModelError(f"probability is not conserved: what is lost and what is gained differ by {sp.factor_terms(sp.expand(left))}",
                         instead="check the loss term; state killing or growth in a model file ([[reactions]])")  # fmt: skip
    return _document(density, operator, velocity, angle, assumed)


def _head(equations: Sequence[sp.Basic]) -> tuple[AppliedUndef, sp.Expr] | None:
    """The density and what its rate of change equals, where the formula is one such equation."""
    if len(equations) != 1 or not isinstance(equations[0], sp.Equality):
        return None
    gap = equations[0].lhs - equations[0].rhs
    heads = [d for d in gap.atoms(sp.Derivative) if d.variables == (_T,) and isinstance(d.expr, AppliedUndef)]
    if len(heads) != 1 or not all(a.is_Symbol for a in heads[0].expr.args) or _T not in heads[0].expr.args:
        return None
    density, mark = heads[0].expr, sp.Dummy()
    held = any(c.func != density.func and c.has(density.func) for c in gap.atoms(AppliedUndef))
    if len(density.args) < 2 or held or gap.has(sp.Sum, sp.Piecewise):
        return None
    marked = sp.expand(opened_products(sp.expand(gap), {density}).xreplace({heads[0]: mark}))
    factor = sp.diff(marked, mark)
    if factor == 0 or factor.has(mark) or factor.atoms(AppliedUndef):
        return None
    return density, sp.expand(-(marked - factor * mark) / factor)


def _operator(density: AppliedUndef, right: sp.Expr) -> _Operator | None:
    """The terms by what they do to the density; None where one of them is no such term."""
    places = tuple(a for a in density.args if a != _T)
    whole = [a for a in right.atoms(sp.Derivative, sp.Integral) if a.has(density.func)]
    whole = [a for a in whole if not any(a != b and b.has(a) for b in whole)]
    marks: dict[sp.Expr, sp.Dummy] = {a: sp.Dummy() for a in sorted(whole, key=str)}
    marked = right.xreplace(marks)
    marks |= {a: sp.Dummy() for a in sorted(marked.atoms(AppliedUndef), key=str) if a.func == density.func}
    marked = sp.expand(marked.xreplace(marks))
    found = _Operator(places, sp.zeros(len(places)), [sp.S.Zero] * len(places))
    for atom, mark in marks.items():
        weight = sp.diff(marked, mark)
        marked -= weight * mark
        if weight.free_symbols & set(marks.values()) or not _take(found, density, atom, weight):
            return None
    return found if sp.expand(marked) == 0 else None


def _take(found: _Operator, density: AppliedUndef, atom: sp.Expr, weight: sp.Expr) -> bool:
    """Add one term; whether it is one that is known."""
    if atom == density:
        found.plain += weight
        return True
    if isinstance(atom, sp.Derivative) and atom.expr == density and all(v in found.places for v in atom.variables):
        by = [found.places.index(v) for v in atom.variables]
        if len(by) == 1:
            found.first[by[0]] += weight
        elif len(by) == 2:
            found.second[by[0], by[1]] += weight / 2
            found.second[by[1], by[0]] += weight / 2
        return len(by) <= 2
    turn = _turn(found, density, atom)
    if turn is None:
        return False
    found.turns.append((weight * turn[0], turn[1], turn[2]))
    return True


def _turn(found: _Operator, density: AppliedUndef, atom: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """``\\int_0^{2\\pi} P(\\theta') d\\theta'``, with an even law g(theta - theta') or without, ``P(\\theta + \\pi)``: share, mean cosine, sine."""
    angle = next((p for p in found.places if p.name in ANGLES), None)
    if angle is None:
        return None
    if isinstance(atom, AppliedUndef) and atom.func == density.func:
        gap = [sp.expand(a - b) for a, b in zip(atom.args, density.args, strict=False)]
        moved = (
            {b for g, b in zip(gap, density.args, strict=True) if g != 0}
            if len(atom.args) == len(density.args)
            else set()
        )
        if moved != {angle} or (shift := gap[density.args.index(angle)]).has(*density.args):
            return None
        return sp.S.One, sp.cos(shift), -sp.sin(shift)
    if not isinstance(atom, sp.Integral) or len(atom.limits) != 1:
        return None
    variable, *ends = atom.limits[0]
    inside = density.xreplace({angle: variable})
    if ends and sp.expand(ends[1] - ends[0] - 2 * sp.pi) != 0:
        return None
    kernel = atom.function / inside
    if kernel.has(density.func):
        return None
    if not kernel.has(variable, angle):
        return 2 * sp.pi * kernel, sp.S.Zero, sp.S.Zero
    if isinstance(kernel, AppliedUndef) and len(kernel.args) == 1 and sp.expand(kernel.args[0] ** 2 - (angle - variable) ** 2) == 0:  # fmt: skip
        cosine = sp.Symbol(f"{kernel.func.__name__}_c")
        found.named.append((cosine, kernel.func.__name__))
        return sp.S.One, cosine, sp.S.Zero
    return None


def _is_isotropic(second: sp.Matrix) -> bool:
    size = second.shape[0]
    return all(sp.expand(second[i, j] - (second[0, 0] if i == j else 0)) == 0 for i in range(size) for j in range(size))


def _document(density: AppliedUndef, operator: _Operator, velocity: list[sp.Expr], angle: int | None, assumed: list[str]) -> dict[str, Any]:  # fmt: skip
    kept = [i for i in range(len(operator.places)) if i != angle]
    variables = [operator.places[i] for i in kept]
    motion = [velocity[i] for i in kept]
    tensor = [[operator.second[i, j] for j in kept] for i in kept]
    internal: dict[str, sp.Expr] = {}
    if angle is not None:
        internal = _direction(operator, velocity, angle, assumed)
        theta = operator.places[angle]
        change: dict[sp.Basic, sp.Expr] = {sp.cos(theta): _U[0], sp.sin(theta): _U[1]}
        motion = [v.xreplace(change) for v in motion]
        if len(variables) != 2 or any(e.has(theta) for e in (*motion, *(d for row in tensor for d in row))):
            raise NotYetError(f"the angle {theta} is not turned into a direction of the plane here",
                              instead="write velocities in \\cos\\theta and \\sin\\theta along x and y")  # fmt: skip
    used = [*motion, *(d for row in tensor for d in row), *internal.values()]
    names, document = declare(variables, used, {*_U, *operator.places})
    for symbol, law in operator.named:
        document["parameters"][names[symbol]] = f"-1 < {names[symbol]} < 1"
        assumed.append(f"{names[symbol]} is the mean cosine of the turns by the even law {law}, whose integral is one")
    document["title"] = "A model read from LaTeX"
    document["model"] = {"coordinates": [names[v] for v in variables], "density": density.func.__name__}
    state: dict[str, Any] = {"velocity": [str(own(v, names)) for v in motion]}
    if any(d != 0 for row in tensor for d in row):
        state["diffusivity"] = [[str(own(d, names)) for d in row] for row in tensor]
    document["states"] = [state]
    if internal:
        document["internal"] = [
            {"name": "u", "domain": "direction"} | {k: str(own(v, names)) for k, v in internal.items()}
        ]
    assumed += [f"{n} is {p}" for n, p in sorted(document["parameters"].items())]
    return document


def _direction(operator: _Operator, velocity: list[sp.Expr], angle: int, assumed: list[str]) -> dict[str, sp.Expr]:
    """How the direction turns: diffusion, angular velocity, and turns at a rate."""
    theta = operator.places[angle]
    found: dict[str, sp.Expr] = {}
    others = [operator.second[angle, j] for j in range(len(operator.places)) if j != angle]
    own_motion = (operator.second[angle, angle], velocity[angle], *(e for turn in operator.turns for e in turn))
    if any(o != 0 for o in others) or any(e.has(*operator.places) for e in own_motion):
        raise NotYetError(
            f"{theta} turns at a rate that depends on place or direction", instead="state the model in a file"
        )
    if operator.second[angle, angle] != 0:
        found["diffusivity"] = operator.second[angle, angle]
    if velocity[angle] != 0:
        found["drift"] = velocity[angle]
    if operator.turns:
        rate = sp.expand(sum((r for r, _, _ in operator.turns), sp.S.Zero))
        found["rate"] = sp.factor_terms(rate)
        for key, place in (("mean_cosine", 1), ("mean_sine", 2)):
            mean = sp.cancel(sum((turn[0] * turn[place] for turn in operator.turns), sp.S.Zero) / rate)
            if mean != 0:
                found[key] = mean
    assumed.append(f"{theta} is the angle of a direction u in the plane: cos({theta}) = u_x, sin({theta}) = u_y")
    return found
