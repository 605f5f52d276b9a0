"""Effective drift and diffusion at late times: of the long-wave equation, or over one period of the rates.

Without a mean force D = L^2/(int e^psi/D dx int e^-psi dx) over one period, psi' = v/D (Lifson and Jackson 1962); on the
lattice the same with sums of Boltzmann weights and bond resistances. With a mean force: Derrida (1983) on the lattice,
Stratonovich and Reimann et al. (2001) for equations.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.quadrature import over_period, unevaluated
from symdiff.algebra.telescoping import reduced, telescoped_product, written_out
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import of_limit, of_model
from symdiff.continuum.observables.exit_modes import ONE, ZERO
from symdiff.continuum.observables.exit_quadrature import drift_and_diffusion, scale_exponent
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.result import Found
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

Rates = Callable[[sp.Expr], tuple[sp.Expr, sp.Expr]]  # up and down at a site


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """Sums over the sites of one period; for rates that do not depend on place the first two cumulants."""
    generator = of_model(model)
    if model.boundaries:
        raise NotYetError("effective coefficients between walls are not handled")
    if generator.homogeneous:
        return _homogeneous(model, statement)
    period = _period(model, statement)
    walk = lattice_walk(generator)
    up = sp.Add(*(h.rate for h in walk.hops if h.move[0] == 1))
    down = sp.Add(*(h.rate for h in walk.hops if h.move[0] == -1))
    if any(abs(h.move[0]) > 1 for h in walk.hops) or walk.size > 1:
        raise NotYetError("rates with a period are handled for jumps to neighbours without internal states so far")
    x, h = model.coordinate_symbols[0], walk.spacings[0]
    origin = model.origin[0] if model.origin else ZERO
    _check_period((up, down), x, period)
    sites = sp.expand(period / h)
    notes = () if sites.is_Integer else (f"{period} is a multiple of {h}",)
    notes = (*notes, f"the rates have the period {period}")

    def rates(n: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        place = {x: origin + h * n}
        return up.xreplace(place), down.xreplace(place)

    value = _over_sites(rates, sites, period, statement.kind == "effective_drift")
    if generator.step is not None:
        value = value / generator.step
        if statement.kind == "effective_diffusion":
            drift = _over_sites(rates, sites, period, True) / generator.step
            value = value - drift**2 * generator.step / 2
    return Found(value * (h if statement.kind == "effective_drift" else h**2), notes)


def _over_sites(rates: Rates, sites: sp.Expr, period: sp.Expr, drift: bool) -> sp.Expr:
    """Drift or diffusion in units of sites and rates, from one period."""
    j, n = sp.Symbol("_j", integer=True), sp.Symbol("_n", integer=True)
    ratio = reduced(rates(j)[1] / rates(j - 1)[0])
    weight = telescoped_product(ratio, j, ONE, n)
    tilt = _without_periods(weight.xreplace({n: sites}), period)
    if tilt == 1:
        if drift:
            return ZERO
        weights = sp.Sum(_without_periods(1 / weight, period), (n, 0, sites - 1))
        bonds = sp.Sum(_without_periods(weight / rates(n)[0], period), (n, 0, sites - 1))
        return written_out(sites**2 / (weights * bonds))
    return written_out(_derrida(rates, sites, drift))


def _derrida(rates: Rates, sites: sp.Expr, drift: bool) -> sp.Expr:
    """Derrida, J. Stat. Phys. 31 (1983) 433, eqs (47)-(49)."""
    n, i, j, m = (sp.Symbol(name, integer=True) for name in ("_n", "_i", "_j", "_m"))
    bond = reduced(rates(j)[1] / rates(j - 1)[0])

    def r(at: sp.Expr) -> sp.Expr:
        return sp.Sum(telescoped_product(bond, j, at + 1, at + i) / rates(at + i)[0], (i, 0, sites - 1))

    def u(at: sp.Expr) -> sp.Expr:
        return sp.Sum(telescoped_product(bond, j, at - i + 1, at), (i, 0, sites - 1)) / rates(at)[0]

    total = sp.Sum(r(n), (n, 0, sites - 1))
    speed = sites / total * (1 - telescoped_product(bond, j, ONE, sites))
    if drift:
        return speed
    first = speed * sp.Sum(u(n) * sp.Sum(m * r(n + m), (m, 1, sites)), (n, 0, sites - 1))
    second = sites * sp.Sum(rates(n)[0] * u(n) * r(n), (n, 0, sites - 1))
    return (first + second) / total**2 - speed * (sites + 2) / 2


def _without_periods(value: sp.Expr, period: sp.Expr) -> sp.Expr:
    """Functions of the period L at x + L written at x; sines and cosines of whole turns."""
    change = {}
    for call in value.atoms(AppliedUndef, sp.sin, sp.cos):
        arguments = []
        for argument in call.args:
            expanded = sp.expand(argument)
            if isinstance(call, AppliedUndef):
                turns = expanded.coeff(period) if period.is_Symbol else ZERO
                expanded = sp.expand(expanded - turns * period) if turns.is_Integer else expanded
                if not expanded.free_symbols and period.is_number:
                    expanded = sp.Mod(expanded, period)
            arguments.append(expanded)
        change[call] = call.func(*arguments)
    return sp.powsimp(sp.expand(value.xreplace(change), power_exp=False, mul=False), combine="exp")


def _check_period(values: tuple[sp.Expr, ...], x: sp.Symbol, period: sp.Expr) -> None:
    """Rates that are written out must have the period; unknown functions are taken to."""
    for value in values:
        if value.atoms(AppliedUndef):
            continue
        change = sp.expand(_without_periods(value.xreplace({x: x + period}), period) - _without_periods(value, period))
        if change != 0 and sp.factor(change) != 0:
            raise DerivationError(
                f"{value} does not have the period {period}", where="period", instead="state the period of the rates"
            )


def _period(model: JumpModel, statement: ObservableStatement) -> sp.Expr:
    if statement.period is None:
        raise DerivationError("the rates depend on place: over which period are effective coefficients meant?",
                              instead='write period = "L"')  # fmt: skip
    if model.dimension > 1:
        raise NotYetError("rates with a period are handled in one dimension so far")
    return statement.period


def _homogeneous(model: JumpModel, statement: ObservableStatement) -> Found:
    from symdiff.continuum.derive import derive_regime  # loaded when used: start-up time
    from symdiff.continuum.regimes import LONG_WAVE

    return _from_coefficients(derive_regime(model, LONG_WAVE, 2), statement)


def _from_coefficients(limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    if statement.kind == "effective_drift":
        if len(limit.drift) == 1:
            return Found(limit.drift[0])
        if limit.drift and all(v == 0 for v in limit.drift):
            return Found(ZERO)
        raise NotYetError("the drift is a vector", instead="read v_x, v_y, ... among the coefficients")
    tensor = limit.diffusion_tensor
    if not tensor:
        raise NotYetError("the regime has no diffusion tensor")
    diagonal = {sp.factor(tensor[i][i]) for i in range(len(tensor))}
    off = any(tensor[i][j] != 0 for i in range(len(tensor)) for j in range(len(tensor)) if i != j)
    if len(diagonal) != 1 or off:
        raise NotYetError("the diffusion is anisotropic", instead="read D_xx, D_xy, ... among the coefficients")
    return Found(diagonal.pop())


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """Quadratures over one period of a limit's equation; its own coefficients where these are constant."""
    if limit.equation is None or limit.equation.is_homogeneous:
        return _from_coefficients(limit, statement)
    generator = of_limit(model, limit)
    if generator is None:
        raise NotYetError("the regime has no equation of first order in time")
    period, x = _period(model, statement), model.coordinate_symbols[0]
    v, spread = drift_and_diffusion(generator, 0)
    _check_period((v, spread), x, period)
    psi = scale_exponent(v, spread, x)
    if psi.has(sp.Integral):
        raise NotYetError("the drift over the diffusion has no primitive in closed form")
    tilt = _without_periods(sp.expand(psi.xreplace({x: x + period}) - psi), period)
    tilt = sp.expand(tilt)
    if tilt.has(x):
        raise DerivationError(
            f"the coefficients do not have the period {period}", where="period", instead="state their period"
        )
    note = (f"the coefficients have the period {period}",)
    weight, slope = sp.powsimp(sp.exp(psi) / spread), sp.exp(-psi)
    if tilt == 0:
        if statement.kind == "effective_drift":
            return Found(ZERO, note)
        return Found(period**2 / (over_period(weight, x, period) * over_period(slope, x, period)), note)
    return Found(_tilted(weight, slope, spread, x, period, tilt, statement.kind == "effective_drift"), note)


def _tilted(
    weight: sp.Expr, slope: sp.Expr, spread: sp.Expr, x: sp.Symbol, period: sp.Expr, tilt: sp.Expr, drift: bool
) -> sp.Expr:
    """v = L (1 - e^-f)/int weight S, D = L^2 int D (slope M)^2 weight S/(int slope M)^3, M and S over a period back and ahead."""
    ahead = unevaluated(slope, x, x, x + period, 2)
    back = unevaluated(weight, x, x - period, x, 3)
    time = unevaluated(weight * ahead, x, ZERO, period)
    if drift:
        return period * (1 - sp.exp(-tilt)) / time
    inner = unevaluated(spread * (slope * back) ** 2 * weight * ahead, x, ZERO, period)
    return period**2 * inner / unevaluated(slope * back, x, ZERO, period) ** 3
