"""Stationary laws: detailed balance between neighbouring sites, and zero current of an equation.

On the lattice P(n)/P(n - 1) = up(n - 1)/down(n); the sum over all sites is a hypergeometric series where the rates are
rational in n. From d_t P = - d_x(v P) + d_xx(D P) without current P is proportional to e^psi/D with psi' = v/D.
Source: van Kampen, Stochastic Processes in Physics and Chemistry, ch. VI and VIII.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.hypergeometric import geometric_average, series_sum
from symdiff.algebra.quadrature import boltzmann, definite, integral
from symdiff.algebra.telescoping import reduced, telescoped_product
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.averages import average
from symdiff.continuum.observables.backward import Backward, of_limit, of_model
from symdiff.continuum.observables.exit_modes import ONE, ZERO, grid
from symdiff.continuum.observables.exit_quadrature import drift_and_diffusion, positive_between, scale_exponent
from symdiff.continuum.observables.gaussian_law import gaussian_law
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.two_velocities import two_velocities
from symdiff.continuum.observables.walls import Interval, Wall, intervals
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

FREE = ("a free walk has no stationary law: it spreads for ever",
        "ask for the propagator, or add reflecting walls, resetting or a confining potential")  # fmt: skip


@dataclass(frozen=True)
class SiteLaw:
    """``weight`` over ``total``: the probability of the site first + spacing * n, n from 0 to ``last``."""

    n: sp.Symbol
    weight: sp.Expr
    total: sp.Expr
    first: sp.Expr
    spacing: sp.Expr
    low: sp.Expr
    last: sp.Expr
    notes: tuple[str, ...]


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The probability of the site at x; of walkers that move, the density."""
    generator = of_model(model)
    moving = None if model.boundaries else _of_motion(model, generator)
    if moving is not None:
        return Found(moving.value, moving.notes, span=(model.coordinate_symbols[0], moving.low, moving.high))
    law = site_law(model, generator)
    n = sp.expand((model.coordinate_symbols[0] - law.first) / law.spacing)
    return Found(_tidy(law.weight.xreplace({law.n: n}) / law.total), law.notes)


def _of_motion(model: JumpModel, generator: Backward) -> LineDensity | None:
    """The exact density of walkers that move with one of two velocities, or linearly with constant noise; None for others."""
    x = model.coordinate_symbols[0]
    moving = two_velocities(generator)
    if moving is not None:
        return _between(moving.drift, moving.diffusivity, x, moving.low, moving.high)
    gaussian = gaussian_law(generator)
    return None if gaussian is None else LineDensity(gaussian, -sp.oo, sp.oo, ())


def _tidy(value: sp.Expr) -> sp.Expr:
    return sp.factor(value) if value.is_rational_function() and not value.atoms(AppliedUndef) else value


def site_law(model: JumpModel, generator: Backward) -> SiteLaw:
    """The stationary law of a walk between neighbouring sites; raises where there is none."""
    if model.dimension != 1 or len(generator.states) > 1:
        if generator.homogeneous and not model.boundaries:
            raise DerivationError(FREE[0], instead=FREE[1])
        raise NotYetError("stationary laws on the lattice are handled in one dimension without internal states so far")
    if generator.homogeneous and not model.boundaries:
        raise DerivationError(FREE[0], instead=FREE[1])
    x = model.coordinate_symbols[0]
    up, down, spacing = _bursts(model, generator) or _neighbours(generator)
    if any(b.kind in ("absorbing", "partial") for b in model.boundaries):
        raise DerivationError("walkers leave through the walls: there is no stationary law",
                              instead="ask for the decay rate, or let the walls reflect")  # fmt: skip
    if any(b.kind == "periodic" for b in model.boundaries):
        if generator.homogeneous:
            return _ring(model, spacing)
        raise NotYetError("stationary laws around a ring are handled for constant rates so far")
    if any(b.rejected == "mirror" for b in model.boundaries):
        raise NotYetError("stationary laws with mirroring walls are not handled yet")
    first, last, notes = _range(model, up, down, spacing)
    held = {} if first is None else {first: up} | ({} if last is sp.oo else {first + spacing * last: down})
    for place, rate in held.items():
        if sp.expand(rate.xreplace({x: place})) == 0:
            raise DerivationError(f"no jump leaves {x} = {sp.factor(place)}: what comes there stays for ever",
                                  instead="ask for splitting probabilities and exit times, or add jumps out, such as mutation or immigration")  # fmt: skip
    n = sp.Dummy("n", integer=True)
    start = first if first is not None else ZERO
    place = {x: start + spacing * n}
    ratio = reduced(up.xreplace({x: start + spacing * (n - 1)}) / down.xreplace(place))
    j = sp.Symbol("_j", integer=True)
    weight = telescoped_product(ratio.xreplace({n: j}), j, ONE, n)
    if first is None and weight.has(sp.Product):
        raise NotYetError(
            "the stationary law on an unbounded lattice is handled where detailed balance gives it in closed form"
        )
    total, condition = series_sum(ratio, weight, n, sp.Integer(0) if first is not None else -sp.oo, last)
    weight, total = _in_gammas(weight), _in_gammas(total)
    low = ZERO if first is not None else -sp.oo
    notes = (*notes, *condition, f"{x} is a site: it differs from {start} by a multiple of {spacing}")
    return SiteLaw(n, weight, total, start, spacing, low, last, notes)


def _in_gammas(value: sp.Expr) -> sp.Expr:
    """Gamma functions of expanded arguments in place of rising factorials, whose negative arguments are turned around.

    (-y)_N = (-1)^N y!/(y - N)!: the weights of numbers up to N have these.
    """

    def turned(start: sp.Expr, count: sp.Expr) -> sp.Expr:
        start, count = sp.expand(start), sp.expand(count)
        if start.could_extract_minus_sign():
            return (-1) ** count * sp.gamma(1 - start) / sp.gamma(sp.expand(1 - start - count))
        return sp.gamma(sp.expand(start + count)) / sp.gamma(start)

    return value.replace(sp.RisingFactorial, turned).replace(sp.gamma, lambda z: sp.gamma(sp.expand(z)))


def _neighbours(generator: Backward) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The rates up and down between neighbouring sites, and their spacing."""
    walk = lattice_walk(generator)
    up = sp.Add(*(h.rate for h in walk.hops if h.move[0] == 1))
    down = sp.Add(*(h.rate for h in walk.hops if h.move[0] == -1))
    if any(abs(h.move[0]) > 1 for h in walk.hops) or up == 0 or down == 0:
        raise NotYetError("stationary laws on the lattice are handled for jumps between neighbours so far")
    return up, down, walk.spacings[0]


def _bursts(model: JumpModel, generator: Backward) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """Bursts of geometric size upwards at w(n) beside steps down at d(n), as rates between neighbours; None for other jumps.

    The flux up between n and n + 1 is J(n) = sum_m w(m) P(m) q^(n + 1 - m) with q = b/(1 + b), so that J(n) = q (J(n - 1) + w(n) P(n));
    without current J(n - 1) = d(n) P(n): the law is that of neighbours with the rate q (d(n) + w(n)) upwards.
    """
    laws = [m for m in generator.moves if m.law is not None]
    plain = [m for m in generator.moves if m.law is None and m.step[0] != 0]
    if generator.local or model.boundaries or len(laws) != 1 or not plain:
        return None
    law, bursts = laws[0].law, laws[0]
    lengths = {m.step[0] for m in plain}
    unit = bursts.directions[0][0] if bursts.directions else sp.Integer(1)
    if law is None or law.distribution != "geometric" or bursts.step[0] != 0 or lengths != {-unit}:
        return None
    mean = dict(law.arguments)["mean"]
    if mean.has(*model.coordinate_symbols):
        return None
    down = sp.Add(*(m.rate for m in plain))
    return mean / (1 + mean) * (down + bursts.rate), down, unit


def _ring(model: JumpModel, spacing: sp.Expr) -> SiteLaw:
    interval = intervals(model)[0]
    assert interval.low is not None
    assert interval.high is not None
    size = sp.expand((interval.high.place - interval.low.place) / spacing)
    if size.is_Rational and not size.is_Integer:
        raise NotYetError(f"the ring is {size} steps long: its sites lie closer than one jump")
    return SiteLaw(
        sp.Dummy("n"), ONE, size, interval.low.place, spacing, ZERO, size - 1, (f"the ring has {size} sites",)
    )


def _range(
    model: JumpModel, up: sp.Expr, down: sp.Expr, spacing: sp.Expr
) -> tuple[sp.Expr | None, sp.Expr, tuple[str, ...]]:
    """The first site, and the number of the last one: from walls, or from where a rate vanishes."""
    x = model.coordinate_symbols[0]
    low: Wall | None = None
    high: Wall | None = None
    notes: tuple[str, ...] = ()
    first: sp.Expr | None = None
    if model.boundaries:
        interval = intervals(model)[0]
        low, high = interval.low, interval.high
        if low is not None:
            sites = grid(model, spacing, interval)
            first = sp.expand(sites.start + spacing)
            notes = tuple(n for n in sites.notes if "is a site" not in n)
    if low is None:
        roots = vanishing_places(down, x)
        zero = sp.Integer(0)
        if zero in roots:
            first = zero
            open_places = (r for r in roots if r != 0 and not r.is_positive)
            notes = tuple(f"{r}, where the rate downwards vanishes too, is no site above 0" for r in open_places)
        elif len(roots) == 1:
            first = roots[0]
        elif len(roots) > 1:
            raise NotYetError(f"the rate downwards vanishes at several places: {', '.join(map(str, roots))}")
    if high is not None and low is not None:
        count = grid(model, spacing, Interval(0, low, high)).count
        assert count is not None
        return first, sp.expand(count - 2), notes
    if high is not None:
        raise NotYetError("a wall above and none below: turn the axis around")
    tops = [r for r in vanishing_places(up, x) if first is not None and sp.expand(r - first).is_nonnegative]
    if len(tops) == 1 and first is not None:
        return first, sp.expand((tops[0] - first) / spacing), notes
    return first, sp.oo, notes


def vanishing_places(rate: sp.Expr, x: sp.Symbol, *, below_zero: bool = False) -> list[sp.Expr]:
    """Where a rate vanishes, from its linear factors; places that are certainly negative only where asked for."""
    top = sp.numer(sp.together(rate))
    if not top.is_polynomial(x) or not top.has(x):
        return []
    found = []
    for factor, _ in sp.factor_list(top)[1]:
        if factor.has(x) and sp.degree(factor, x) == 1:
            slope, constant = sp.Poly(factor, x).all_coeffs()
            found.append(sp.factor(-constant / slope))
    return [r for r in found if below_zero or r.is_negative is not True]


# --- from the equation --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineDensity:
    """A density on (low, high)."""

    value: sp.Expr
    low: sp.Expr
    high: sp.Expr
    notes: tuple[str, ...]


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The stationary density of a limit's equation."""
    if limit.in_shares and not model.boundaries:
        return _of_fraction(limit)
    generator = of_limit(model, _at_rest(limit))
    if generator is None or len(generator.states) > 1:
        raise NotYetError("the regime has no equation of first order in time for one density")
    if generator.homogeneous and not model.boundaries:
        raise DerivationError(FREE[0], instead=FREE[1])
    if model.dimension > 1:
        return _in_space(model, generator)
    density = line_density(model, generator)
    return Found(density.value, density.notes, span=(model.coordinate_symbols[0], density.low, density.high))


def _at_rest(limit: ContinuumLimit) -> ContinuumLimit:
    """The limit with d_t P for a Caputo derivative of P that stands alone: what does not change is the same."""
    equation = limit.equation
    if equation is None or len(equation.left) != 1 or equation.left[0].caputo is None:
        return limit
    (term,) = equation.left
    if term.coefficient != 1 or term.time or term.memory or term.fractional is not None or any(term.space):
        return limit
    plain = replace(equation, left=(replace(term, caputo=None, time=1),))
    return replace(limit, equations=tuple(plain if e == equation else e for e in limit.equations))


def line_density(model: JumpModel, generator: Backward) -> LineDensity:
    """e^psi/D, normalised between the walls or over the whole line."""
    if any(not any(c.order) for c in generator.local):
        raise NotYetError("stationary densities with gain and loss are not handled yet")
    x = model.coordinate_symbols[0]
    v, spread = drift_and_diffusion(generator, 0)
    low, high = -sp.oo, sp.oo
    found = intervals(model) if model.boundaries else []
    if found and found[0].periodic:
        assert found[0].low is not None
        assert found[0].high is not None
        if not generator.homogeneous:
            raise NotYetError("stationary densities around a ring are handled for constant coefficients so far")
        length = sp.expand(found[0].high.place - found[0].low.place)
        return LineDensity(1 / length, found[0].low.place, found[0].high.place, ())
    if found:
        if any(b.kind != "reflecting" for b in model.boundaries):
            raise DerivationError("walkers leave through the walls: there is no stationary density",
                                  instead="ask for the decay rate, or let the walls reflect")  # fmt: skip
        low = found[0].low.place if found[0].low is not None else -sp.oo
        high = found[0].high.place if found[0].high is not None else sp.oo
    if low is not -sp.oo and high is not sp.oo:
        positive_between(spread, x, low, high)
    return _between(v, spread, x, low, high)


def _of_fraction(limit: ContinuumLimit) -> Found:
    """Of a number over the system's size, between the places where the noise vanishes and the drift leads inwards (Wright's beta law)."""
    named = dict(limit.coefficients)
    if len(limit.coordinates) != 1 or "v" not in named or "D" not in named:
        raise NotYetError("stationary densities in scaled coordinates are handled for one coordinate")
    x, v, spread = limit.coordinates[0], named["v"], sp.factor(named["D"])
    if not spread.is_polynomial(x):
        raise NotYetError("stationary densities in scaled coordinates are handled where the noise is a polynomial")
    ends = sorted(r for r in sp.roots(spread, x) if r.is_Rational)
    inside = [(a, b) for a, b in pairwise(ends)
              if sp.factor(spread.subs(x, (a + b) / 2)).is_positive
              and sp.factor(v.subs(x, a)).is_positive and sp.factor(v.subs(x, b)).is_negative]  # fmt: skip
    if len(inside) != 1:
        raise NotYetError("the range of the scaled coordinate is not told by the equation: its noise does not vanish at two places, with the "
                          "drift inwards", instead="ask for the law on the lattice, or for the noise about the stable points")  # fmt: skip
    ((low, high),) = inside
    density = _between(v, spread, x, low, high)
    return Found(density.value, (*density.notes, f"{x} lies between {low} and {high}"), span=(x, low, high))


def _between(v: sp.Expr, spread: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> LineDensity:
    """e^psi/D between two places, normalised."""
    psi = scale_exponent(v, spread, x)
    if psi.has(sp.Integral) and psi.atoms(AppliedUndef):
        raise NotYetError("the zero-current density of this equation is not integrable in closed form")
    psi = _without_signs(psi, x, low, high)
    if psi.has(sp.Abs) or (low is -sp.oo and high is sp.oo and _vanishes(spread, x)):
        raise NotYetError("the diffusion vanishes or the drift diverges somewhere on the line",
                          instead="state the range of the coordinate by reflecting boundaries")  # fmt: skip
    weight = sp.powsimp(boltzmann(psi, x) / sp.factor(spread))
    weight = weight.replace(_is_general_power, lambda e: sp.expand_power_base(sp.factor(e.base) ** e.exp))
    _, weight = sp.powsimp(_oriented(weight, x, low, high)).as_independent(x, as_Add=False)
    total, notes = definite(weight, x, low, high)
    return LineDensity(weight / _tidy(total), low, high, notes)


def _oriented(weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """Factors such as x - 1 that are negative between two places as -(1 - x)."""
    if low is -sp.oo or high is sp.oo:
        return weight
    factors = [f.as_base_exp() for f in sp.Mul.make_args(weight)]
    return sp.Mul(*(
        (-1) ** e * sp.expand(-b) ** e if b.is_Add and e.is_Integer and b.subs(x, (low + high) / 2).is_negative else b**e
        for b, e in factors
    ))  # fmt: skip


def _is_general_power(e: sp.Basic) -> bool:
    return isinstance(e, sp.Pow) and bool(e.exp.free_symbols) and not e.base.is_Atom


def _vanishes(spread: sp.Expr, x: sp.Symbol) -> bool:
    """Whether a polynomial diffusivity may have a zero on the line."""
    return bool(spread.has(x) and spread.is_polynomial(x) and not spread.is_positive)


def _without_signs(value: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """abs(u) as u or -u where one place inside tells."""
    inside = (low + high) / 2 if low is not -sp.oo and high is not sp.oo else low + 1 if low is not -sp.oo else None
    if inside is None:
        return value
    change = {}
    for size in value.atoms(sp.Abs):
        there = sp.factor(size.args[0].xreplace({x: inside}))
        if there.is_positive or there.is_negative:
            change[size] = size.args[0] if there.is_positive else sp.expand(-size.args[0])
    return value.xreplace(change)


def _in_space(model: JumpModel, generator: Backward) -> Found:
    """Linear drift b and constant diffusion: Gaussian. Isotropic diffusion D(x) and b/D a gradient: exp(int b/D)/D, without a current."""
    x = model.coordinate_symbols
    drift, tensor = [ZERO] * len(x), sp.zeros(len(x), len(x))
    for term in generator.local:
        if sum(term.order) == 1:
            drift[term.order.index(1)] += term.coefficient
        elif sum(term.order) == 2 and max(term.order) == 2:
            tensor[term.order.index(2), term.order.index(2)] += term.coefficient
        elif sum(term.order) == 2:
            i, j = (n for n, m in enumerate(term.order) if m)
            tensor[i, j] += term.coefficient / 2
            tensor[j, i] += term.coefficient / 2
        else:
            raise NotYetError("stationary densities of equations beyond drift and diffusion are not handled yet")
    if model.boundaries:
        raise NotYetError("stationary densities in several dimensions are handled without walls so far")
    spread = tensor[0, 0]
    if not tensor.has(*x) and all(d.is_polynomial(*x) and sp.Poly(d, *x).total_degree() <= 1 for d in drift):
        return _gaussian(model, generator)
    if any(sp.cancel(e) != 0 for e in tensor - spread * sp.eye(len(x))):
        raise NotYetError(
            "the stationary density of an anisotropic equation that is not linear has no closed form here"
        )
    psi = ZERO
    for c, d in zip(x, drift, strict=True):
        rest = sp.expand(sp.cancel(d / spread) - sp.diff(psi, c))
        if rest == 0:
            continue
        part = integral(rest, c, ZERO, c)
        if part.has(sp.Integral):
            raise NotYetError("the drift is no gradient in closed form")
        psi += part if not part.atoms(AppliedUndef) else sum(a for a in sp.Add.make_args(part) if a.has(*x))
    if any(sp.cancel(sp.together(sp.diff(psi, c) - d / spread)) != 0 for c, d in zip(x, drift, strict=True)):
        raise NotYetError("the drift is no gradient: there is a current, and no closed form")
    weight = sp.powsimp(sp.exp(psi)) / spread if spread.has(*x) or spread.atoms(AppliedUndef) else sp.exp(psi)
    _, weight = weight.as_independent(*x, as_Add=False)
    total = sp.Integral(weight, *((c, -sp.oo, sp.oo) for c in x))
    return Found(weight / total, ("the normalising integral is finite: the potential confines",))


def _gaussian(model: JumpModel, generator: Backward) -> Found:
    x = model.coordinate_symbols
    zero, one = tuple(ZERO for _ in x), [ONE]

    def mean(function: sp.Expr) -> sp.Expr:
        value = average(generator, function, zero, one).stationary()
        if value is None:
            raise DerivationError(FREE[0], instead=FREE[1])
        return value

    means = [mean(c) for c in x]
    covariance = sp.Matrix(len(x), len(x), lambda i, j: sp.factor(mean(x[i] * x[j]) - means[i] * means[j]))
    shifted = sp.Matrix([c - m for c, m in zip(x, means, strict=True)])
    quadratic = sp.expand((shifted.T * covariance.inv() * shifted)[0, 0])
    norm = sp.sqrt((2 * sp.pi) ** len(x) * sp.factor(covariance.det()))
    return Found(sp.exp(-quadratic / 2) / norm, ("the linear drift confines in every direction",))


# --- averages over stationary laws ----------------------------------------------------------------------------------


def lattice_average(model: JumpModel, generator: Backward, function: sp.Expr) -> Found:
    """The average of a function over the stationary law of the sites, as a sum."""
    law = site_law(model, generator)
    n = sp.Symbol("_n", integer=True)
    at_site = {model.coordinate_symbols[0]: law.first + law.spacing * n}
    notes = tuple(s for s in law.notes if "is a site" not in s)
    value, weight = function.xreplace(at_site), law.weight.xreplace({law.n: n})
    ratio = sp.cancel(weight.xreplace({n: sp.Integer(1)}))
    if value.is_polynomial(n) and law.low == 0 and sp.powsimp(weight / ratio**n, force=True) == 1 and ratio != 1:
        return Found(sp.factor(geometric_average(sp.expand(value), ratio, n, law.last) / law.total), notes)
    return Found(sp.Sum(value * weight, (n, law.low, law.last)) / law.total, notes)


def equation_average(model: JumpModel, generator: Backward, function: sp.Expr) -> Found:
    """The average of a function over the stationary density."""
    if model.dimension > 1:
        raise NotYetError("stationary averages in several dimensions are handled for linear drift so far")
    density = line_density(model, generator)
    x = model.coordinate_symbols[0]
    total, weight = density.value.as_independent(x, as_Add=False)
    value, notes = definite(sp.expand(function) * weight, x, density.low, density.high)
    average = sp.powsimp(sp.gammasimp(sp.powsimp(total * value))) if value.has(sp.gamma) else total * value
    return Found(_tidy(average), (*density.notes, *notes))
