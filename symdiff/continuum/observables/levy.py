"""Averages of Levy walks at long times, from the transform of the renewal process.

With psi the law of a flight, Psi = (1 - psi)/s and <.> the average over the kinds of flights, P(k, s) = <Psi(s + i k v)> /
(1 - <psi(s + i k v)>); what one turn remembers of the flight before is of the order of the terms that are left out. In
equilibrium the first flight has (1 - psi)/(T s) in place of psi. The second derivative along - ik at k = 0 is the transform
of E[x^2]; the leading power of small s gives that of large t: c s^(-b) is c t^(b - 1)/Gamma(b) (Tauberian theorem).
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdiff.continuum.levy_walks import flights_of, isotropic_speed
from symdiff.continuum.observables.result import Found
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.ranges import parameter_intervals
from symdiff.model.small_variable import SmallVariable
from symdiff.model.waiting import S, WaitingLaw

HIGHEST = 4  # powers of s beyond the leading one that may have to cancel


def levy_average(model: JumpModel, function: sp.Expr, kind: str) -> Found:
    """E[f] (or the variance) of x or x**2 from the start, at leading order for long times."""
    x = model.coordinate_symbols[0]
    if kind not in ("moment", "variance"):
        raise DerivationError("a free walk has no stationary averages", instead="ask for moments, which grow with time")
    if kind == "variance":
        if function != x or _transform(model, x).expression != 0:
            raise NotYetError(
                "the variance of a Levy walk is handled for x, and where there is no drift",
                instead="ask for the moments",
            )
        function = x**2
    found = _transform(model, function)
    notes = ["long times: the leading power of t"]
    if model.first_wait == "equilibrium":
        notes.append("the first flight is that of equilibrium")
    if found.logarithm is not None:
        return Found(_with_logarithm(found, model.time), tuple(notes))
    exponent, value = _leading(found, model, 1 if function in model.coordinate_symbols else 2)
    return Found(sp.gammasimp(value / sp.gamma(exponent + 1)) * model.time**exponent, tuple(notes))


def levy_exponent(model: JumpModel, function: sp.Expr) -> Found:
    """The power of t with which E[f] grows."""
    degree = 1 if function in model.coordinate_symbols else 2
    found = _transform(model, function)
    if found.logarithm is not None:
        raise NotYetError(
            "averages of these flights grow like a power of t times one of log(t)", instead="ask for the moment"
        )
    return Found(_leading(found, model, degree)[0], ("long times",))


@dataclass(frozen=True)
class _Transform:
    """The Laplace transform of an average in short symbols, and what they stand for."""

    expression: sp.Expr
    law: WaitingLaw
    symbols: dict[sp.Symbol, sp.Expr]
    logarithm: sp.Symbol | None = None  # log(1/s), at the indices 1 and 2


def _transform(model: JumpModel, function: sp.Expr) -> _Transform:
    """The Laplace transform of E[f] as a function of s, with the law of the flights put in."""
    x = model.coordinate_symbols
    axes = [c for c in x if function in (c, c**2)]
    whole = model.internals and sp.expand(function - sp.Add(*(c**2 for c in x))) == 0
    if model.boundaries or not (axes or whole) or (model.dimension > 1 and not model.internals):
        raise NotYetError("averages of Levy walks are handled for x and x**2, without walls")
    degree = 1 if axes and function == axes[0] else 2
    flights = flights_of(model)
    laws = list(dict.fromkeys(f.law for f in flights))
    if len(laws) > 1:
        raise NotYetError("averages of Levy walks with several laws of flights are not handled yet")
    law, known = laws[0], dict[sp.Symbol, sp.Expr]()

    def short(name: str, value: sp.Expr) -> sp.Expr:
        if value.is_number:
            return value
        symbol = sp.Symbol(name, positive=True)
        known[symbol] = value
        return symbol

    mean = sp.Integer(0) if law.mean_is_infinite else short("T_", law.moment(1))
    tail = law.tail
    assert tail is not None
    power = short("B_", tail.coefficient) * S**tail.index
    psi = 1 - mean * S - (power * sp.log(1 / S) if tail.logarithmic else power)
    exact = [sp.factor(sp.Add(*(f.share * f.velocity[0] ** n for f in flights))) for n in range(3)]
    if model.internals:  # every direction alike; all coordinates together, or one of them
        exact = [sp.Integer(1), sp.Integer(0), isotropic_speed(model) ** 2 / (1 if whole else model.dimension)]
    speeds = [short(f"w{n}_", value) for n, value in enumerate(exact)]

    def average(function: sp.Expr, weights: list[sp.Expr]) -> list[sp.Expr]:
        """<f(s + i k v)> by powers of ik."""
        return [w * sp.diff(function, S, n) / sp.factorial(n) for n, w in enumerate(weights)]

    one = [sp.Integer(1), sp.Integer(0), sp.Integer(0)]
    later = _product(
        average((1 - psi) / S, speeds), _inverse([a - b for a, b in zip(one, average(psi, speeds), strict=True)])
    )
    if model.first_wait == "equilibrium":
        first, weights = (1 - psi) / (mean * S), _first_speeds(model, speeds)
        total = [
            a + b
            for a, b in zip(average((1 - first) / S, weights), _product(average(first, weights), later), strict=True)
        ]
    else:
        total = later
    value = sp.factorial(degree) * (-1) ** degree * total[degree]
    if not tail.logarithmic:
        return _Transform(value, law, known)
    large = sp.Dummy("L", positive=True)
    return _Transform(value.xreplace({sp.log(1 / S): large}), law, known, large)


def _first_speeds(model: JumpModel, speeds: list[sp.Expr]) -> list[sp.Expr]:
    """The moments of the velocity of the first flight."""
    if model.preparation.states is None:
        return speeds
    given = dict(model.preparation.states)
    found = [
        (share, model.motion_of(j))
        for j, name in enumerate(model.state_names)
        if (share := given.get(name)) is not None
    ]
    return [sp.Add(*(share * (motion.velocity[0] ** n if motion is not None else sp.Integer(int(n == 0))) for share, motion in found))
            for n in range(3)]  # fmt: skip


def _product(a: list[sp.Expr], b: list[sp.Expr]) -> list[sp.Expr]:
    return [sp.Add(*(a[m] * b[n - m] for m in range(n + 1))) for n in range(3)]


def _inverse(a: list[sp.Expr]) -> list[sp.Expr]:
    return [1 / a[0], -a[1] / a[0] ** 2, a[1] ** 2 / a[0] ** 3 - a[2] / a[0] ** 2]


def _with_logarithm(found: _Transform, t: sp.Symbol) -> sp.Expr:
    """c t^(b-1) log(t/T)^m/Gamma(b) of the leading c s^(-b) log(1/s)^m, with the mean flight T, or A where the mean is like A log(1/s)."""
    assert found.logarithm is not None
    assert found.law.tail is not None
    above, below = (
        sp.Poly(sp.expand(e), S, found.logarithm) for e in sp.fraction(sp.cancel(sp.together(found.expression)))
    )
    if above.is_zero:
        return sp.Integer(0)
    (up, a), (down, b) = (
        min(((m, c) for m, c in p.terms()), key=lambda item: (item[0][0], -item[0][1])) for p in (above, below)
    )
    scale = found.law.tail.coefficient if found.law.mean_is_infinite else found.law.moment(1)
    power = down[0] - up[0]
    value = sp.factor(sp.cancel(a / b).xreplace(found.symbols)) / sp.factorial(power - 1)
    return value * t ** (power - 1) * sp.log(t / scale) ** (up[1] - down[1])


def _leading(found: _Transform, model: JumpModel, degree: int) -> tuple[sp.Expr, sp.Expr]:
    """(b, c) of the leading c t^b/Gamma(1 + b); raises where it depends on more of the law than its tail."""
    if found.expression == 0:
        return sp.Integer(0), sp.Integer(0)
    small = SmallVariable(S, {**parameter_intervals(model.parameters), **dict(found.law.box)}, HIGHEST)
    terms = {e: sp.factor(c) for e, c in small.expand(found.expression).terms.items()}
    power = min((e for e, c in terms.items() if c != 0), key=small.representative, default=sp.Integer(0))
    least = small.representative(power)
    if (
        least != -degree - 1 if found.law.mean_is_infinite else least >= -degree
    ):  # where the next term of psi, which is not used, counts
        raise NotYetError("the leading power of this average depends on more of the law than its tail")
    return sp.expand(-power - 1), sp.factor(sp.gammasimp(terms[power].xreplace(found.symbols)))
