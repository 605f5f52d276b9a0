"""Exact averages of walks that wait, from the number of jumps until time t.

A free walk's E[f] after n jumps is a polynomial in n, sum_m c_m binomial(n, m); with psi(s) the transform of the waits, the
transform of E[binomial(N(t), m)] is (1/s) q^m, q = psi/(1 - psi); after a first wait of equilibrium, of density
(1 - psi)/(s E[wait]), it is q^(m - 1)/(s^2 E[wait]). Where psi is rational it is inverted by its poles; for Mittag-Leffler
waits psi/(1 - psi) is (s t0)^(-a), and the inverse is (t/t0)^(ma)/Gamma(1 + ma).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import sympy as sp

from symdiff.algebra.exponential_sums import in_continuous_time, poles_of
from symdiff.continuum.observables.averages import average
from symdiff.continuum.observables.backward import of_model
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.waiting import S, WaitingLaw

MOST_STAGES = 8  # of a gamma law: the poles lie at the roots of unity of this order


def renewal_average(model: JumpModel, function: sp.Expr) -> sp.Expr:
    """E[f] of a polynomial of the displacement at time t; raises :class:`NotYetError` for other laws and other walks."""
    law = model.waiting
    if law is None or model.state_waits or any(j.waiting for j in model.jumps):
        raise NotYetError("exact averages of these walks with waits are not handled yet")
    ready = model.first_wait == "equilibrium"
    choices = enumerate(after_jumps(model, function))
    return sp.Add(*(c * _expected_choices(law, m, model.time, ready) for m, c in choices if c != 0))


def after_jumps(model: JumpModel, function: sp.Expr) -> list[sp.Expr]:
    """The coefficients c_m of E[f] = sum_m c_m binomial(n, m) after n jumps; raises for other than free jumps and polynomials."""
    if len(model.state_names) > 1 or model.boundaries or model.internals or model.lossy:
        raise NotYetError("exact averages of walks with waits are handled without states and walls")
    jumps = tuple(replace(j, waiting=None) for j in model.jumps)
    plain = {"clock": "discrete", "time_step": sp.Integer(1), "waiting": None, "state_waits": (), "jumps": jumps}
    steps = of_model(make_model({**vars(model), **plain}))
    if not steps.homogeneous or steps.local or steps.resets:
        raise NotYetError("exact averages of walks with waits are handled for jumps alone, alike at all places")
    n = sp.Dummy("n", integer=True, positive=True)
    after, _ = average(steps, function, tuple(sp.Integer(0) for _ in steps.coordinates), [sp.Integer(1)]).at(n)
    after = sp.expand(after)
    if not after.is_polynomial(n):
        raise NotYetError("exact averages of walks with waits are handled for polynomials of the displacement")
    return _by_choices(after, n)


def _by_choices(polynomial: sp.Expr, n: sp.Symbol) -> list[sp.Expr]:
    """The coefficients of a polynomial in n in terms of binomial(n, m): its finite differences at 0."""
    degree = 0 if polynomial == 0 else int(sp.degree(polynomial, n))
    row = [polynomial.xreplace({n: sp.Integer(i)}) for i in range(degree + 1)]
    found = []
    while row:
        found.append(sp.expand(row[0]))
        row = [sp.expand(b - a) for a, b in pairwise(row)]
    return found


def _expected_choices(law: WaitingLaw, m: int, t: sp.Symbol, ready: bool) -> sp.Expr:
    """E[binomial(N(t), m)] of the number N(t) of jumps; ``ready``: the first wait is that of equilibrium."""
    if m == 0:
        return sp.Integer(1)
    a = dict(law.arguments)
    if law.transform is None and law.distribution == "mittag_leffler":
        if ready:
            raise NotYetError("waits without a mean have no equilibrium")
        power = m * a["index"]
        return (t / a["scale"]) ** power / sp.gamma(1 + power)
    s = sp.Dummy("s")
    psi = _rational_transform(law, s)
    q = sp.cancel(psi / (1 - psi))
    if ready:
        mean = -sp.cancel(sp.diff(psi, s)).xreplace({s: sp.Integer(0)})
        return in_continuous_time(poles_of(sp.cancel(q ** (m - 1) / (s**2 * mean)), s), t)
    return in_continuous_time(poles_of(sp.cancel(q**m / s), s), t)


def _rational_transform(law: WaitingLaw, s: sp.Symbol) -> sp.Expr:
    a = dict(law.arguments)
    if law.transform is not None and law.remainder is None:
        psi = sp.cancel(law.transform.xreplace({S: s}))
        if psi.is_rational_function(s):
            return psi
    elif law.distribution == "exponential":
        return 1 / (1 + a["mean"] * s)
    elif law.distribution == "gamma" and a["shape"].is_Integer and a["shape"] <= MOST_STAGES:
        return 1 / (1 + a["scale"] * s) ** a["shape"]
    raise NotYetError("exact averages of walks with waits are handled for waits whose transform is rational")
