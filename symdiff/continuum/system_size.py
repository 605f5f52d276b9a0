"""Van Kampen's system-size expansion, n_i = V x_i + V^(1/2) xi_i, from the Kramers-Moyal terms in the scaled coordinates.

With the drift v = v0 + v1/V + ..., the noise 2 D = B/V + B1/V^2 + ... and the third moments of the jumps c/V^2 + ...:

    order V^(1/2): dx_i/dt = v0_i(x)                                                          (macroscopic equation)
    order V^0:     d_t Pi = - A_ij d_i(xi_j Pi) + B_ij d_ij Pi / 2,   A_ij = d v0_i/d x_j     (linear noise)
    order V^(-1/2): - d_i[(v0_i,jk xi_j xi_k / 2 + v1_i) Pi] + d_ij[B_ij,k xi_k Pi] / 2 - c_ijk d_ijk Pi / 6
    covariance:    dS/dt = A S + S A^T + B
    mean:          <n> = V x + delta + ...,  d delta_i/dt = A_ij delta_j + v0_i,jk S_jk / 2 + v1_i
    skewness:      the third cumulants of n are V K + ...,
                   dK_ijk/dt = sum over the three places of [A_kl K_ijl + v0_k,lm S_il S_jm + B_jk,l S_il] + c_ijk
    noise:         Cov(n) = V S + C + ...,  dC_ij/dt = R_ij + R_ji + B_ij,l delta_l + B_ij,lm S_lm / 2 + B1_ij,
                   R_ij = A_jl C_il + v0_j,lm (K_ilm / 2 + S_il delta_m) + v0_j,lmn S_il S_mn / 2 + v1_j,l S_il

Source of the method: N. G. van Kampen, Stochastic Processes in Physics and Chemistry, ch. X.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.polyerrors import CoercionFailed, GeneratorsError

from symdiff.algebra.multiindex import MultiIndex
from symdiff.continuum.assembly import GradedTerm
from symdiff.continuum.derivation import Derived
from symdiff.continuum.limit import Coefficients, ContinuumLimit, SystemSizeExpansion
from symdiff.continuum.rare_events import rare_events
from symdiff.continuum.stationary_points import stationary_points
from symdiff.model.jump_model import JumpModel

QUOTIENTS = 3  # parameters up to which rates that are quotients are put over one denominator


def system_size_expansion(derived: Derived, terms: list[GradedTerm], model: JumpModel) -> SystemSizeExpansion | None:
    """The expansion to the next order; None where the drift is no larger than the noise, so that there is nothing to expand about."""
    assert model.population is not None
    ring, x, size = derived.ring, derived.model.coordinate_symbols, model.population.system_size
    table: dict[tuple[MultiIndex, Any], sp.Expr] = {}
    for t in terms:
        key = (t.space, t.power)
        table[key] = table.get(key, sp.Integer(0)) + ring.to_expression(t.coefficient)
    base = derived.prepared.time_power
    spread = {t.power for t in terms if sum(t.space) == 2}

    def moments(number: int, extra: int) -> dict[tuple[int, ...], sp.Expr]:
        """The jump moment of this order times V^(number - 1), by its indices, in the power base + extra of 1/V."""
        found = {}
        for axes in itertools.combinations_with_replacement(range(len(x)), number):
            along = tuple(axes.count(i) for i in range(len(x)))
            weight = sp.Integer((-1) ** number)
            for repeated in along:
                weight *= sp.factorial(repeated)
            found[axes] = weight * table.get((along, base + extra), sp.Integer(0)) * size**extra
        return found

    drift = moments(1, 0)
    if all(v == 0 for v in drift.values()) or not spread or min(spread) != base + 1:
        return None
    found = _expansion(size, x, drift, moments(1, 1), moments(2, 1), moments(2, 2), moments(3, 2))
    return replace(found, rare_events=rare_events(derived.model, size, drift[(0,)], moments(2, 1)[(0, 0)]))


Moments = dict[tuple[int, ...], sp.Expr]


def _expansion(size: sp.Symbol, x: tuple[sp.Symbol, ...], *given: Moments) -> SystemSizeExpansion:
    names = [c.name for c in x]
    work = _Calculus(x, given)
    v0, v1, noise, noise1, third = work.moments
    equations = _equations(work, v0, v1, noise, noise1, third)
    every = range(len(x))
    macroscopic = tuple(work.shown(v0[(i,)]) for i in every)
    matrix = tuple(tuple(work.shown(work.slope(v0[(i,)], j), True) for j in every) for i in every)
    covariance = tuple(tuple(work.shown(noise[_sorted(i, j)], True) for j in every) for i in every)
    return SystemSizeExpansion(
        size=size,
        coordinates=tuple(names),
        macroscopic=macroscopic,
        drift_matrix=matrix,
        noise_covariance=covariance,
        covariance=equations[0],
        mean_correction=equations[1],
        third_cumulants=equations[2],
        covariance_correction=equations[3],
        next_order=_next_order(work, v0, v1, noise, third),
    )


def with_stationary_points(limit: ContinuumLimit) -> ContinuumLimit:
    """The limit with the fixed points of its macroscopic equation, where it has an expansion."""
    found = limit.system_size
    if found is None:
        return limit
    x = tuple(sp.Symbol(name, real=True) for name in found.coordinates)
    equations = (found.covariance, found.mean_correction, found.third_cumulants, found.covariance_correction)
    points, missing = stationary_points(x, found.macroscopic, equations)
    expansion = replace(
        found,
        stationary=tuple(p.values for p in points),
        stationary_conditions=tuple(p.conditions for p in points),
        stationary_missing=missing,
    )
    return replace(limit, system_size=expansion)


def _sorted(*axes: int) -> tuple[int, ...]:
    return tuple(sorted(axes))


class _Calculus:
    """Sums, products and slopes of the moments: in a ring of polynomials, else of quotients, else of SymPy expressions."""

    KINDS = (("S", 2), ("delta", 1), ("K", 3), ("C", 2))

    def __init__(self, x: tuple[sp.Symbol, ...], given: tuple[Moments, ...]) -> None:
        self.x = x
        self.xi = tuple(sp.Symbol(f"xi_{c.name}" if len(x) > 1 else "xi", real=True) for c in x)
        symbols = {(kind, axes): _symbol(kind, axes, x) for kind, number in self.KINDS
                   for axes in itertools.combinations_with_replacement(range(len(x)), number)}  # fmt: skip
        others = set().union(*(v.free_symbols for m in given for v in m.values())) - set(x)
        gens = (*x, *sorted(others, key=str), *self.xi, *symbols.values())
        self.domain: Any = None
        self.moments: list[dict[tuple[int, ...], Any]] = [dict(m) for m in given]
        for domain in (QQ[gens], *([QQ.frac_field(*gens)] if len(others) <= QUOTIENTS else [])):
            try:
                self.moments = [{k: domain.from_sympy(v) for k, v in m.items()} for m in given]
            except (ValueError, CoercionFailed, GeneratorsError):
                continue
            self.domain = domain
            break
        self._unknown = {key: self._read(s) for key, s in symbols.items()}
        self.zero = self._read(sp.Integer(0))
        self.fluctuations = tuple(map(self._read, self.xi))
        self._slopes: dict[tuple[Any, int], Any] = {}

    def _read(self, value: sp.Expr) -> Any:
        return value if self.domain is None else self.domain.from_sympy(value)

    def unknown(self, kind: str, *axes: int) -> Any:
        """S_ij, delta_i, K_ijk or C_ij, the same in every order of the indices."""
        return self._unknown[kind, _sorted(*axes)]

    def slope(self, value: Any, *axes: int) -> Any:
        """The derivative along the axes."""
        for i in sorted(axes):
            if (value, i) not in self._slopes:
                self._slopes[value, i] = value.diff(self.x[i] if self.domain is None else self.domain.gens[i])
            value = self._slopes[value, i]
        return value

    def shown(self, value: Any, factors: bool = False) -> sp.Expr:
        """As an expression, where asked with common ``factors`` in front."""
        if self.domain is None:
            return value
        if not factors or not self.domain.is_PolynomialRing or not value:
            return self.domain.to_sympy(value)
        powers = tuple(map(min, zip(*value.itermonoms(), strict=True)))
        content = reduce(QQ.gcd, value.itercoeffs())
        rest = self.domain.ring.from_dict({tuple(n - m for n, m in zip(monomial, powers, strict=True)): c / content
                                           for monomial, c in value.iterterms()})  # fmt: skip
        front = self.domain.ring.from_dict({powers: content})
        return sp.Mul(self.domain.to_sympy(front), self.domain.to_sympy(rest))


def _symbol(kind: str, axes: tuple[int, ...], x: tuple[sp.Symbol, ...]) -> sp.Symbol:
    """The indices in alphabetical order."""
    return sp.Symbol("_".join((kind, *sorted(x[i].name for i in axes))), real=True)


def _equations(work: _Calculus, v0: Any, v1: Any, noise: Any, noise1: Any, third: Any) -> tuple[Coefficients, ...]:
    """The rates of change of S, delta, K and C; see the head of the module."""
    every, slope, unknown = range(len(work.x)), work.slope, work.unknown
    drift = [v0[(i,)] for i in every]
    bend = {(i, a, b): slope(drift[i], a, b) for i in every for a in every for b in every}
    pairs = list(itertools.product(every, repeat=2))

    def second(i: int, j: int) -> Any:
        return sum((slope(drift[j], a) * unknown("S", i, a) for a in every), start=work.zero)

    def covariance(i: int, j: int) -> Any:
        return second(i, j) + second(j, i) + noise[_sorted(i, j)]

    def mean(i: int) -> Any:
        linear = sum((slope(drift[i], a) * unknown("delta", a) for a in every), start=v1[(i,)])
        return sum((bend[i, a, b] * unknown("S", a, b) / 2 for a, b in pairs if bend[i, a, b]), start=linear)

    def skewness(*axes: int) -> Any:
        total = third[_sorted(*axes)]
        for n, k in enumerate(axes):
            i, j = (axis for place, axis in enumerate(axes) if place != n)
            for a in every:
                total += slope(drift[k], a) * unknown("K", i, j, a) + slope(noise[_sorted(i, j)], a) * unknown(
                    "S", k, a
                )
            total += sum(
                (bend[k, a, b] * unknown("S", i, a) * unknown("S", j, b) for a, b in pairs if bend[k, a, b]),
                start=work.zero,
            )
        return total

    def half(i: int, j: int) -> Any:
        total = work.zero
        for a in every:
            total += slope(drift[j], a) * unknown("C", i, a) + slope(v1[(j,)], a) * unknown("S", i, a)
        for a, b in pairs:
            if bend[j, a, b]:
                total += bend[j, a, b] * (unknown("K", i, a, b) / 2 + unknown("S", i, a) * unknown("delta", b))
                total += sum(
                    (slope(bend[j, a, b], n) * unknown("S", i, a) * unknown("S", b, n) / 2 for n in every),
                    start=work.zero,
                )
        return total

    def correction(i: int, j: int) -> Any:
        spread = noise[_sorted(i, j)]
        total = half(i, j) + half(j, i) + noise1[_sorted(i, j)]
        total += sum((slope(spread, a) * unknown("delta", a) for a in every), start=work.zero)
        return total + sum((slope(spread, a, b) * unknown("S", a, b) / 2 for a, b in pairs), start=work.zero)

    rules: dict[str, Callable[..., Any]] = {"S": covariance, "delta": mean, "K": skewness, "C": correction}
    return tuple(
        tuple((_symbol(kind, axes, work.x).name, work.shown(rules[kind](*axes)))
              for axes in itertools.combinations_with_replacement(every, number))
        for kind, number in work.KINDS
    )  # fmt: skip


def _next_order(work: _Calculus, v0: Any, v1: Any, noise: Any, third: Any) -> sp.Expr:
    """The terms of order V^(-1/2) in the equation of Pi(xi, t)."""
    every, xi = range(len(work.x)), work.fluctuations
    law = sp.Function("Pi")(*work.xi, sp.Symbol("t", real=True))
    total = sp.Integer(0)
    for i in every:
        inner = v1[(i,)]
        for a, b in itertools.product(every, repeat=2):
            inner += work.slope(v0[(i,)], a, b) * xi[a] * xi[b] / 2
        if inner:
            total -= sp.Derivative(work.shown(inner, True) * law, work.xi[i])
        for j in range(i, len(work.x)):
            along = sum((work.slope(noise[i, j], a) * xi[a] for a in every), start=work.zero)
            if along:
                weight = sp.Rational(1, 2) if i == j else sp.Integer(1)
                total += weight * sp.Derivative(work.shown(along, True) * law, work.xi[i], work.xi[j])
    for axes, value in third.items():
        if value:
            orders = [(work.xi[i], axes.count(i)) for i in sorted(set(axes))]
            share = sp.Mul(*(sp.factorial(n) for _, n in orders))
            total -= work.shown(value, True) / share * sp.Derivative(law, *orders)
    return total
