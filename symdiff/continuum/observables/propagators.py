"""The law of the place at time t of a walker that starts at one place: per site on the lattice, a density from an equation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.averages import average
from symdiff.continuum.observables.backward import Backward, of_limit, of_model, refuse_special_sites, without_losses
from symdiff.continuum.observables.lattice_walk import LatticeWalk, lattice_walk
from symdiff.continuum.observables.linear_numbers import number_law
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.continuum.observables.result import Found
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

HALF = sp.Rational(1, 2)


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The probability of each site: Bessel functions, binomials, or in general the Fourier integral of the step's law."""
    if model.boundaries:
        raise NotYetError("propagators between walls are known from the equation only so far")
    generator = of_model(model)
    if len(generator.states) > 1:
        raise NotYetError("the lattice propagator of walkers with internal states is not handled yet",
                          instead="count it: symdiff count -n ...")  # fmt: skip
    if not generator.homogeneous:
        if counts_individuals(model):
            return number_law(model, generator)
        raise NotYetError("the lattice propagator of rates that depend on place has no closed form here")
    death = sp.Integer(0)
    if generator.step is None:
        generator, death = without_losses(generator)
    walk = lattice_walk(generator)
    sites = [
        (x - a) / h for x, a, h in zip(model.coordinate_symbols, model.preparation.position, walk.spacings, strict=True)
    ]
    notes = tuple(f"{c} differs from the start by a multiple of {h}; the value is the probability of one site"
                  for c, h in zip(model.coordinates, walk.spacings, strict=True))  # fmt: skip
    if generator.step is None:
        return Found(sp.exp(-death * model.time) * _continuous(walk, sites, model.time), notes)
    n = model.time / generator.step
    return Found(_discrete(walk, generator, sites, n), (*notes, f"t is a multiple of {generator.step}"))


def _along_axes(walk: LatticeWalk) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """(up, down) intensity of each axis where every jump is to a neighbour along one axis."""
    rates = [[sp.Integer(0), sp.Integer(0)] for _ in walk.spacings]
    for move, rate in walk.single_state():
        moved = [i for i, m in enumerate(move) if m]
        if len(moved) != 1 or abs(move[moved[0]]) != 1:
            return None
        rates[moved[0]][0 if move[moved[0]] > 0 else 1] += rate
    return [(sp.expand(a), sp.expand(b)) for a, b in rates]


def _continuous(walk: LatticeWalk, sites: list[sp.Expr], t: sp.Symbol) -> sp.Expr:
    axes = _along_axes(walk)
    if axes is None:
        return _fourier(walk, sites, lambda symbol: sp.exp(t * symbol))
    value = sp.Integer(1)
    for (up, down), n in zip(axes, sites, strict=True):
        if down == 0:
            value *= sp.exp(-up * t) * (up * t) ** n / sp.factorial(n)
        elif up == 0:
            value *= sp.exp(-down * t) * (down * t) ** (-n) / sp.factorial(-n)
        else:
            skew = sp.Integer(1) if up == down else (up / down) ** (n / 2)
            value *= sp.exp(-(up + down) * t) * skew * sp.besseli(n, 2 * t * sp.sqrt(up * down))
    return value


def _discrete(walk: LatticeWalk, generator: Backward, sites: list[sp.Expr], n: sp.Expr) -> sp.Expr:
    axes = _along_axes(walk)
    if axes is not None:
        moving = sp.expand(sp.Add(*(a + b for a, b in axes)))
        if len(axes) == 1 and moving == 1:
            m = sites[0]
            return sp.binomial(n, (n + m) / 2) * axes[0][0] ** ((n + m) / 2) * axes[0][1] ** ((n - m) / 2)
        quarter = sp.Rational(1, 4)
        if len(axes) == 2 and all(a == quarter == b for a, b in axes):  # x + y and x - y are two independent walks
            a, b = sites
            return sp.binomial(n, (n + a + b) / 2) * sp.binomial(n, (n + a - b) / 2) / 4**n
    return _fourier(walk, sites, lambda symbol: (1 + symbol) ** n)


def _fourier(walk: LatticeWalk, sites: list[sp.Expr], evolution: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """(2 pi)^-d times the integral over one period of the modes."""
    waves = [sp.Symbol(f"_q{i}" if len(sites) > 1 else "_q", real=True) for i in range(len(sites))]
    symbol = sp.Add(*(rate * (sp.exp(-sp.I * sp.Add(*(q * m for q, m in zip(waves, move, strict=True)))) - 1)
                      for move, rate in walk.single_state()))  # fmt: skip
    phase = sp.exp(sp.I * sp.Add(*(q * n for q, n in zip(waves, sites, strict=True))))
    body = evolution(symbol) * phase
    return sp.Integral(body, *((q, -sp.pi, sp.pi) for q in waves)) / (2 * sp.pi) ** len(sites)


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """Gaussian (also with linear drift and killing), telegraph with its two fronts, or symmetric stable; images and modes at walls."""
    if model.boundaries:
        from symdiff.continuum.observables import propagators_in_walls  # loaded when used: start-up time

        return propagators_in_walls.of_equation(model, limit)
    refuse_special_sites(model)
    if model.depends_on_time:
        raise NotYetError("propagators where the rates depend on time are not handled yet")
    equation = limit.equation
    if equation is None:
        raise NotYetError("the regime has no equation of its own")
    if max(t.time for t in equation.left) == 2:
        return Found(_telegraph(model, limit))
    if any(t.fractional is not None for t in equation.right):
        return Found(_stable(model, limit))
    still, logarithms = logarithms_held(limit)
    if logarithms and any(sum(t.space) != 2 for t in equation.right):
        raise NotYetError("the density beside a drift and a logarithm of time has no closed form here")
    generator = of_limit(model, still)
    if generator is None or len(generator.states) > 1:
        raise NotYetError("the density that starts from a point has no closed form here")
    notes = ("terms of relative order 1/log t are left out",) if logarithms else ()
    return Found(_gaussian(model, generator).xreplace(logarithms), notes)


def logarithms_held(limit: ContinuumLimit) -> tuple[ContinuumLimit, dict[sp.Symbol, sp.Expr]]:
    """The limit with a constant in place of every logarithm of time, which varies slowly, and what the constants stand for."""
    if limit.equation is None:
        return limit, {}
    found = {e for term in limit.equation.right for e in term.coefficient.atoms(sp.log) if e.has(limit.equation.time)}
    held = {e: sp.Symbol(f"_L{n}", positive=True) for n, e in enumerate(sorted(found, key=str))}
    right = tuple(replace(term, coefficient=term.coefficient.xreplace(held)) for term in limit.equation.right)
    return replace(limit, equations=(replace(limit.equation, right=right),)), {c: e for e, c in held.items()}


def _gaussian(model: JumpModel, generator: Backward) -> sp.Expr:
    """Exact where the drift is linear in place and the diffusion constant: mean and covariance from their own equations."""
    x, t = model.coordinate_symbols, model.time
    for term in generator.local:
        order = sum(term.order)
        degree = sp.Poly(term.coefficient, *x).total_degree() if term.coefficient.is_polynomial(*x) else 9
        if order > 2 or degree > (1 if order == 1 else 0):
            raise NotYetError("the density that starts from a point has no closed form here: only linear drift, constant diffusion "
                              "and constant killing give a Gaussian")  # fmt: skip
    start, one = model.preparation.position, [sp.Integer(1)]

    def mean_of(function: sp.Expr) -> sp.Expr:
        return average(generator, function, start, one).at(t)[0]

    mass = mean_of(sp.Integer(1))
    means = [mean_of(c) / mass for c in x]
    covariance = sp.Matrix(len(x), len(x), lambda i, j: sp.expand(mean_of(x[i] * x[j]) / mass - means[i] * means[j]))
    determinant = sp.factor_terms(covariance.det())
    if determinant == 0:
        raise NotYetError("the diffusion tensor is singular: the density stays on a line")
    shifted = sp.Matrix([c - m for c, m in zip(x, means, strict=True)])
    if len(x) == 1:
        quadratic = shifted[0] ** 2 / sp.factor_terms(covariance[0, 0])
    else:
        quadratic = (shifted.T * covariance.inv() * shifted)[0, 0]
    later = sp.Dummy(positive=True)  # t > 0, so that the root of t^2 is t
    width = sp.sqrt((2 * sp.pi) ** len(x) * determinant.xreplace({t: later})).xreplace({later: t})
    return mass * sp.exp(-quadratic / 2) / width


def _telegraph(model: JumpModel, limit: ContinuumLimit) -> sp.Expr:
    """Goldstein (1951): two fronts at +-ct and the diffuse part between them; symmetric start."""
    named = dict(limit.coefficients)
    shares = dict(model.preparation.states or ())
    symmetric = all(named.get(n, 0) == 0 for n in ("cross_rate", "bias_rate", "a_0")) and all(
        sp.expand(s - HALF) == 0 for s in shares.values()
    )
    if model.dimension != 1 or "c2" not in named or not symmetric:
        raise NotYetError("the telegraph propagator is handled for one dimension, no bias and a symmetric start")
    x, t = model.coordinate_symbols[0] - model.preparation.position[0], model.time
    rate, speed = named["damping_rate"] / 2, sp.sqrt(named["c2"])
    inner = sp.sqrt(speed**2 * t**2 - x**2)
    wave = rate / speed * inner
    diffuse = (
        rate
        / speed
        * (sp.besseli(0, wave) + speed * t / inner * sp.besseli(1, wave))
        * sp.Heaviside(speed * t - sp.Abs(x))
    )
    fronts = sp.DiracDelta(x - speed * t) + sp.DiracDelta(x + speed * t)
    return sp.exp(-rate * t) / 2 * (fronts + diffuse)


def _stable(model: JumpModel, limit: ContinuumLimit) -> sp.Expr:
    """The symmetric stable density, (1/pi) int_0^oo cos(k (x - vt)) e^(-K k^a t) dk; a Cauchy law for a = 1."""
    equation = limit.equation
    assert equation is not None
    terms = [t for t in equation.right if t.fractional is not None]
    drift = [t for t in equation.right if t.fractional is None]
    left = equation.left
    plain = len(left) == 1 and left[0].time == 1 and left[0].fractional is None and equation.is_homogeneous
    if model.dimension != 1 or len(terms) != 1 or not plain or any(t.space != (1,) for t in drift):
        raise NotYetError(
            "the density of a fractional equation is handled for one symmetric stable term in one dimension"
        )
    x, t = model.coordinate_symbols[0] - model.preparation.position[0], model.time
    x = x + sp.Add(*(d.coefficient for d in drift)) * t
    half = terms[0].fractional
    assert half is not None
    strength, index = -terms[0].coefficient, 2 * half
    if index == 1:
        return strength * t / (sp.pi * (x**2 + strength**2 * t**2))
    k = sp.Symbol("_q", positive=True)
    return sp.Integral(sp.cos(k * x) * sp.exp(-strength * t * k**index), (k, 0, sp.oo)) / sp.pi
