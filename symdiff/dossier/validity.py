"""Which regime applies at given numbers: how large the next discarded term is on a length L and over a time T.

A term c d^n is as large as abs(c)/L^n there (with (-Laplacian)^s: L^(-2s); with a derivative in time: one 1/T more). The next
discarded terms are held against the kept ones of the highest derivative, which are what an equation adds last; in an equation
of higher order in time against the largest of all. States that were eliminated must have relaxed: what is left of their preparation after T is e^(-gap T), with the gap of the switching.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.isotropic import refuse_in_space
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.resetting import without_gain
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.settings import Settings
from symdiff.equations.evolution_equation import Term, fractional_parts
from symdiff.errors import NotYetError, UsageError
from symdiff.model.jump_model import JumpModel

TOLERANCE = (
    0.1  # a next term of a tenth of the last kept one, or a tenth of the preparation: beyond, the regime is left
)
LENGTH, TIME = sp.Symbol("L", positive=True), sp.Symbol("T", positive=True)
Values = dict[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class Group:
    """A dimensionless number that decides, as a formula (None where it has no short one) and as a value."""

    name: str
    expression: sp.Expr | None
    value: float


@dataclass(frozen=True)
class RegimeValidity:
    """One regime at the user's numbers.

    ``relative`` is the size of the next discarded terms over that of the last kept ones, ``effect`` what they change of a
    density of order one within T, ``leading`` their largest ratio as a group; all None where they are not known, for the
    reason ``why``. ``applies`` is None then.
    """

    regime: str
    applies: bool | None
    relative: float | None
    effect: float | None
    leading: Group | None
    groups: tuple[Group, ...]
    why: str


@dataclass(frozen=True)
class Validity:
    """Every regime, and the best of those that apply (None: none does)."""

    length: sp.Expr
    time: sp.Expr
    regime: str | None
    regimes: tuple[RegimeValidity, ...]


def validity(derivation: Derivation, settings: Settings, length: sp.Expr, time: sp.Expr) -> Validity:
    """Judge every limit of a derivation made with symbols; ``settings`` and the file's ``[values]`` give the numbers.

    Raises :class:`UsageError` where a number is missing or L and T are not positive.
    """
    refuse_in_space(derivation.model, "the discarded terms")
    for name, value in (("--length", length), ("--time", time)):
        if not (value.is_number and value.is_positive):
            raise UsageError(f"{value} is no positive number", where=name)
    values = _values(derivation.model, settings)
    given = {s.name: value for s, value in values.items()}
    limits = [
        without_gain(limit) if limit.resets else limit  # away from the places of the gain
        for limit in derivation.limits
        if all(span.contains(sp.Rational(given[name])) for name, span in limit.ranges)
    ]
    found = tuple(_judged(derivation.model, limit, values, length, time) for limit in limits)
    applying = [r for r in found if r.applies]
    best = min(applying, key=lambda r: (r.relative is None, r.relative or 0.0), default=None)
    return Validity(length, time, None if best is None else best.regime, found)


def _values(model: JumpModel, settings: Settings) -> Values:
    given = dict(model.values) | dict(settings.values)
    table = {p.symbol: given[p.name] for p in model.parameters if p.name in given}
    for _ in table:  # one value may name other parameters
        table = {s: sp.sympify(v).xreplace(table) for s, v in table.items()}
    missing = sorted(p.name for p in model.parameters if not table.get(p.symbol, p.symbol).is_number)
    if missing:
        raise UsageError(
            f"no number is given for {', '.join(missing)}",
            where="--set",
            instead=" ".join(f"--set {n}=..." for n in missing),
        )
    return table


def _number(expression: sp.Expr, values: Values) -> float:
    value = expression.xreplace(values)
    if value.atoms(AppliedUndef) or not value.is_number:
        raise NotYetError(
            "the coefficients depend on place or on the densities: their size at one length is not defined yet"
        )
    return float(value)


def _scale(term: Term) -> sp.Expr:
    """L and T to the power with which they divide the coefficient."""
    order: sp.Expr = sp.Integer(sum(term.space))
    if term.fractional is not None:
        order = order + fractional_parts(2 * term.fractional)[0]
    late = term.time if term.caputo is None else term.time + term.caputo
    return LENGTH**order * TIME**late


def _judged(model: JumpModel, limit: ContinuumLimit, values: Values, length: sp.Expr, time: sp.Expr) -> RegimeValidity:
    numbers = values | {LENGTH: length, TIME: time}
    try:
        groups = _groups(model, limit, numbers)
        if not limit.equations:
            return RegimeValidity(limit.title, None, None, None, None, groups, limit.closure.why)
        kept = [t for e in limit.equations for t in (*e.left, *e.right) if t.time == 0 or len(e.left) > 1]
        sizes = [(abs(_number(t.coefficient / _scale(t), numbers)), t) for t in kept]
        highest = max((sum(t.space) for size, t in sizes if size), default=None)
        if any(
            len(e.left) > 1 for e in limit.equations
        ):  # of a higher order in time: all kept terms balance each other
            last = sorted(((size, t) for size, t in sizes if size), key=lambda p: p[0])[-1:]
        else:
            last = [(size, t) for size, t in sizes if size and sum(t.space) == highest]
        if not last:
            return RegimeValidity(limit.title, None, None, None, None, groups, "nothing is kept at these numbers")
        for part in sorted({d.power for d in limit.discarded}):
            terms = [t for d in limit.discarded if d.power == part for t in d.terms]
            found = [(abs(_number(t.coefficient / _scale(t), numbers)), t) for t in terms]
            if any(size for size, _ in found):
                return _verdict(limit, found, last, groups, numbers)
    except NotYetError as error:
        return RegimeValidity(limit.title, None, None, None, None, (), error.message)
    if limit.remainder_power == sp.oo:
        return RegimeValidity(limit.title, _settled(groups), 0.0, 0.0, None, groups, "nothing is discarded")
    why = f"the next term is of the order eps**({limit.remainder_power}) or beyond; its size is not known"
    settled = None if _settled(groups) else False  # what is not known cannot be said to be small
    return RegimeValidity(limit.title, settled, None, None, None, groups, why)


def _settled(groups: tuple[Group, ...]) -> bool:
    """Whether the eliminated states have relaxed and the step is short."""
    return all(g.value <= TOLERANCE for g in groups if g.name in ("e^(-gap T)", "time step/T"))


def _verdict(
    limit: ContinuumLimit, found: list[tuple[float, Term]], last: list[tuple[float, Term]], groups: tuple[Group, ...], numbers: Values
) -> RegimeValidity:  # fmt: skip
    next_size, kept_size = sum(size for size, _ in found), sum(size for size, _ in last)
    relative = next_size / kept_size
    (size, term), (against, kept) = max(found, key=lambda p: p[0]), max(last, key=lambda p: p[0])
    ratio = sp.factor(term.coefficient / _scale(term) / (kept.coefficient / _scale(kept)))
    leading = Group(f"{_named(limit, term)} over {_named(limit, kept)}", ratio, size / against)
    settled, near = _settled(groups), relative <= TOLERANCE
    why = "the next term is small" if near else "the next term is not small"
    if not settled:
        why += "; the internal states have not relaxed, or the time is but a few steps"
    return RegimeValidity(
        limit.title, near and settled, relative, next_size * float(numbers[TIME]), leading, groups, why
    )


def _named(limit: ContinuumLimit, term: Term) -> str:
    letters = "".join(c.name * n for c, n in zip(limit.coordinates, term.space, strict=True)) + "t" * term.time
    return f"d_{letters} {term.density}" if letters else f"({term.fractional}) {term.density}"


def _groups(model: JumpModel, limit: ContinuumLimit, numbers: Values) -> tuple[Group, ...]:
    """Step over length, time step over time, relaxation, and v T/L, D T/L^2, v L/D."""
    found = []
    lengths = [
        (abs(_number(d, numbers)), d)
        for j in model.jumps
        if j.law is None
        for d in j.displacement
        if not d.atoms(AppliedUndef)
    ]
    if lengths:
        longest = max(lengths, key=lambda p: p[0])[1]
        found.append(_group("step/L", sp.Abs(longest) / LENGTH, numbers))
    if model.time_step is not None:
        found.append(_group("time step/T", model.time_step / TIME, numbers))
    gap = _gap(model, numbers) if limit.local_equilibrium else None
    if gap is not None:
        found.append(Group("e^(-gap T)", None, math.exp(-gap * float(numbers[TIME]))))
    roles = dict(limit.coefficients)
    for name, value in roles.items():
        if name == "v" or name.startswith("v_"):
            found.append(_group(f"{name} T/L", value * TIME / LENGTH, numbers))
            spread = roles.get("D" if name == "v" else f"D_{name[2:]}{name[2:]}")
            if spread is not None and _number(spread, numbers) != 0:
                found.append(
                    _group(
                        f"{name} L/{'D' if name == 'v' else f'D_{name[2:]}{name[2:]}'}",
                        value * LENGTH / spread,
                        numbers,
                    )
                )
        elif name == "D" or name.startswith("D_"):
            found.append(_group(f"{name} T/L^2", value * TIME / LENGTH**2, numbers))
    return tuple(found)


def _group(name: str, expression: sp.Expr, numbers: Values) -> Group:
    return Group(name, expression, _number(expression, numbers))


def _gap(model: JumpModel, numbers: Values) -> float | None:
    """The slowest rate at which the states relax to their local equilibrium; None where there is only one state."""
    import numpy as np  # loaded when used: start-up time

    size = len(model.state_names)
    if size == 1 or model.clock not in ("continuous", "discrete"):
        return None
    matrix = np.zeros((size, size))
    for i, j, jump in model.transitions():
        rate = _number(jump.intensity, numbers)
        matrix[i, j] += rate
        matrix[j, j] -= rate
    eigenvalues = np.linalg.eigvals(matrix)
    if model.time_step is not None:
        step = _number(model.time_step, numbers)
        kept = [abs(1 + e) for e in eigenvalues]
        rates = [math.inf if k < 1e-300 else -math.log(k) / step for k in kept]
    else:
        rates = [-float(e.real) for e in eigenvalues]
    slow = sorted(rates)[1:]  # the first is the conserved one; a staggered mode of modulus one never relaxes
    return max(0.0, slow[0]) if slow else None
