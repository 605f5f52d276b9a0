"""Van Kampen's system-size expansion, n_i = V x_i + V^(1/2) xi_i, from the Kramers-Moyal terms in the scaled coordinates.

With the drift v = v0 + v1/V + ..., the diffusion D = B/(2 V) + ... and third-order coefficients a = c/V^2 + ...:

    order V^(1/2): dx_i/dt = v0_i(x)                                                          (macroscopic equation)
    order V^0:     d_t Pi = - A_ij d_i(xi_j Pi) + B_ij d_ij Pi / 2,   A_ij = d v0_i/d x_j     (linear noise)
    order V^(-1/2): - d_i[(v0_i,jk xi_j xi_k / 2 + v1_i) Pi] + d_ij[B_ij,k xi_k Pi] / 2 + c_ijk d_ijk Pi
    covariance:    dS/dt = A S + S A^T + B,     S = <xi xi> = Cov(n)/V
    mean:          <n> = V x + delta,  d delta_i/dt = A_ij delta_j + v0_i,jk S_jk / 2 + v1_i

Source of the method: N. G. van Kampen, Stochastic Processes in Physics and Chemistry, ch. X.
"""

from __future__ import annotations

import itertools
from typing import Any

import sympy as sp

from symdiff.algebra.multiindex import MultiIndex
from symdiff.continuum.assembly import GradedTerm
from symdiff.continuum.derivation import Derived
from symdiff.continuum.limit import SystemSizeExpansion
from symdiff.model.jump_model import JumpModel

LARGEST_SOLVED = 2  # degree of a macroscopic rate whose fixed points are worked out


def system_size_expansion(derived: Derived, terms: list[GradedTerm], model: JumpModel) -> SystemSizeExpansion | None:
    """The expansion to the next order; None where the drift is no larger than the noise, so that there is nothing to expand about."""
    assert model.population is not None
    ring, x = derived.ring, derived.model.coordinate_symbols
    size = model.population.system_size
    table: dict[tuple[MultiIndex, Any], sp.Expr] = {}
    for t in terms:
        key = (t.space, t.power)
        table[key] = table.get(key, sp.Integer(0)) + ring.to_expression(t.coefficient)
    d = len(x)

    def along(*axes: int) -> MultiIndex:
        return tuple(axes.count(i) for i in range(d))

    base = derived.prepared.time_power
    drift = [-table.get((along(i), base), sp.Integer(0)) for i in range(d)]
    spread = {t.power for t in terms if sum(t.space) == 2}
    if all(v == 0 for v in drift) or not spread or min(spread) != base + 1:
        return None
    correction = [sp.expand(-table.get((along(i), base + 1), sp.Integer(0)) * size) for i in range(d)]
    noise = [[_second(table, along(i, j), base + 1, i == j) * size for j in range(d)] for i in range(d)]
    third = {along(*axes): table.get((along(*axes), base + 2), sp.Integer(0)) * size**2
             for axes in itertools.combinations_with_replacement(range(d), 3)}  # fmt: skip
    names = [c.name for c in x]
    return SystemSizeExpansion(
        size=size,
        coordinates=tuple(names),
        macroscopic=tuple(drift),
        drift_matrix=tuple(tuple(sp.factor(sp.diff(v, c)) for c in x) for v in drift),
        noise_covariance=tuple(tuple(sp.factor(b) for b in row) for row in noise),
        covariance=_covariance(x, drift, noise),
        mean_correction=_mean_correction(x, drift, correction),
        next_order=_next_order(x, drift, correction, noise, third),
        stationary=_stationary(x, drift, correction, noise),
    )


def _second(table: dict[tuple[MultiIndex, Any], sp.Expr], alpha: MultiIndex, power: Any, diagonal: bool) -> sp.Expr:
    """B_ij = 2 D_ij, where the equation has A_ii = D_ii and A_ij = 2 D_ij."""
    value = table.get((alpha, power), sp.Integer(0))
    return 2 * value if diagonal else value


def covariance_symbol(a: sp.Symbol, b: sp.Symbol) -> sp.Symbol:
    """S_ij, listed once."""
    first, second = sorted((a.name, b.name))
    return sp.Symbol(f"S_{first}_{second}", real=True)


def mean_symbol(a: sp.Symbol) -> sp.Symbol:
    """delta_i = <n_i> - V x_i."""
    return sp.Symbol(f"delta_{a.name}", real=True)


def _covariance(
    x: tuple[sp.Symbol, ...], drift: list[sp.Expr], noise: list[list[sp.Expr]]
) -> tuple[tuple[str, sp.Expr], ...]:
    found = []
    for i, a in enumerate(x):
        for j in range(i, len(x)):
            b = x[j]
            rate = noise[i][j]
            for c in x:
                rate += sp.diff(drift[i], c) * covariance_symbol(c, b) + sp.diff(drift[j], c) * covariance_symbol(a, c)
            found.append((covariance_symbol(a, b).name, sp.expand(rate)))
    return tuple(found)


def _mean_correction(
    x: tuple[sp.Symbol, ...], drift: list[sp.Expr], correction: list[sp.Expr]
) -> tuple[tuple[str, sp.Expr], ...]:
    found = []
    for i, a in enumerate(x):
        rate = correction[i]
        for b in x:
            rate += sp.diff(drift[i], b) * mean_symbol(b)
            for c in x:
                rate += sp.diff(drift[i], b, c) * covariance_symbol(b, c) / 2
        found.append((mean_symbol(a).name, sp.expand(rate)))
    return tuple(found)


def _next_order(
    x: tuple[sp.Symbol, ...], drift: list[sp.Expr], correction: list[sp.Expr], noise: list[list[sp.Expr]],
    third: dict[MultiIndex, sp.Expr],
) -> sp.Expr:  # fmt: skip
    """The terms of order V^(-1/2) in the equation of Pi(xi, t)."""
    xi = [sp.Symbol(f"xi_{c.name}" if len(x) > 1 else "xi", real=True) for c in x]
    law = sp.Function("Pi")(*xi, sp.Symbol("t", real=True))
    total = sp.Integer(0)
    for i, a in enumerate(xi):
        inner = correction[i]
        for (b, y), (c, z) in itertools.product(zip(xi, x, strict=True), repeat=2):
            inner += sp.diff(drift[i], y, z) * b * c / 2
        if inner != 0:
            total -= sp.Derivative(_tidy(inner) * law, a)
        for j, b in enumerate(xi):
            slope = sp.Add(*(sp.diff(noise[i][j], z) * c for c, z in zip(xi, x, strict=True)))
            if slope != 0:
                total += sp.Derivative(_tidy(slope) * law, a, b) / 2
    for alpha, value in third.items():
        if value != 0:
            orders = [(a, n) for a, n in zip(xi, alpha, strict=True) if n]
            total += _tidy(value) * sp.Derivative(law, *orders)
    return total


def _tidy(value: sp.Expr) -> sp.Expr:
    """Common factors in front; a polynomial in several populations is not taken apart further."""
    return sp.factor_terms(sp.expand(value))


def _stationary(
    x: tuple[sp.Symbol, ...], drift: list[sp.Expr], correction: list[sp.Expr], noise: list[list[sp.Expr]]
) -> tuple[tuple[tuple[str, sp.Expr], ...], ...]:
    """Stable fixed points of one coordinate, with variance and mean correction, where the rate is at most quadratic."""
    if len(x) != 1 or not drift[0].is_polynomial(x[0]):
        return ()
    polynomial = sp.Poly(drift[0], x[0])
    if not 1 <= polynomial.degree() <= LARGEST_SOLVED:
        return ()
    found = []
    for root in sp.roots(polynomial):
        slope = _at(sp.diff(drift[0], x[0]), x[0], root)
        if not slope.is_negative or not root.is_nonnegative:
            continue
        variance = sp.factor(sp.radsimp(-_at(noise[0][0], x[0], root) / (2 * slope)))
        bend = _at(sp.diff(drift[0], x[0], 2), x[0], root)
        delta = sp.factor(sp.radsimp(-(bend * variance / 2 + _at(correction[0], x[0], root)) / slope))
        found.append(
            ((x[0].name, root), (covariance_symbol(x[0], x[0]).name, variance), (mean_symbol(x[0]).name, delta))
        )
    return tuple(found)


def _at(value: sp.Expr, x: sp.Symbol, root: sp.Expr) -> sp.Expr:
    return sp.expand(value.xreplace({x: root}))
