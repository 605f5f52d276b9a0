"""The second route for resetting: the gain put to the test of the exact step of the lattice, with numbers of many digits.

For waves e^(q.x) one step of the walk without resetting multiplies by T(q), of mass 1 - rho; with d_t = L + |g><1| the same
step adds rho where (e^(L tau) - 1)/L g = rho, so that g = rho log(T)/((T - 1) tau). Everywhere else loss and gain must balance,
and the loss is confirmed with the motion. Nothing of the derivation is used here.
"""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.confirmation import NEAR, TOLERANCE, observed_power
from symdiff.continuum.confirmation_probe import Probe, Result
from symdiff.continuum.limit import ContinuumLimit
from symdiff.errors import InternalFaultError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

DIGITS = 120


def confirm_gain(model: JumpModel, killed: JumpModel, limit: ContinuumLimit) -> None:
    """Raise :class:`InternalFaultError` where the gain is not that of the lattice, or does not balance the loss."""
    with mpmath.workdps(DIGITS):
        for state in limit.system or limit.equations:
            _check_balance(killed, limit, state.density)
        varying = any(
            e.has(*model.coordinate_symbols) or e.atoms(AppliedUndef)
            for e in (
                *(e for j in model.jumps for e in (j.intensity, *j.displacement)),
                *(e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))),
            )
        )
        several = len(model.state_names) > 1 or model.internals
        if several or varying or not limit.resets or any(j.law is not None for j in model.jumps):
            return
        first, second = (_gap(model, killed, limit, n) for n in NEAR)
        seen = observed_power(first, second, NEAR)
        wanted = float(sp.Rational(limit.remainder_power))
        if model.clock == "continuous" and seen is None:
            return
        if seen is not None and seen < wanted - TOLERANCE:
            raise _fault(
                limit, f"the gain differs from that of the lattice by eps**{seen:.3f} instead of eps**{wanted:.3f}"
            )


def _fault(limit: ContinuumLimit, what: str) -> InternalFaultError:
    return InternalFaultError(f"the two routes disagree in regime '{limit.regime.name}': {what}; no result is given",
                              instead="please report the model file as a fault of symdiff")  # fmt: skip


def _check_balance(killed: JumpModel, limit: ContinuumLimit, source: str) -> None:
    """What leaves ``source`` without moving or switching comes back: the sum of the local terms and of the gains is zero."""
    rows = limit.system or limit.equations
    local = [
        t.coefficient
        for e in rows
        for t in e.right
        if t.density == source and not any(t.space) and t.fractional is None
    ]
    parts = [*local, *(s.weight for s in limit.resets if s.source == source)]
    found = sorted({c for e in parts for c in (*e.atoms(AppliedUndef), *e.atoms(sp.Derivative))}, key=str)
    calls = {c: sp.Symbol(f"value{n}", real=True) for n, c in enumerate(found)}
    parts = [e.xreplace(calls) for e in parts]
    probe = _probe(killed, limit, NEAR[0])
    free = sorted({s for e in parts for s in e.free_symbols if s not in probe.values}, key=str)
    values = dict(probe.values) | {s: mpmath.mpf(n + 3) / 7 for n, s in enumerate(free)}
    numbers = [evaluate(e, values, probe.arithmetic) for e in parts]
    gap, size = mpmath.fsum(numbers), max(map(abs, numbers), default=mpmath.mpf(0))
    if abs(gap) > size * mpmath.mpf(10) ** (20 - DIGITS):
        raise _fault(limit, f"what {source} loses by resetting is not what comes back")


def _probe(killed: JumpModel, limit: ContinuumLimit, exponent: int) -> Probe:
    result = Result([[[]]], None, None, limit.remainder_power, sp.Integer(0), True)
    return Probe(killed, limit.regime, result, exponent, heavy=False)


def _gap(model: JumpModel, killed: JumpModel, limit: ContinuumLimit, exponent: int) -> Any:
    """Derived less exact gain of the first place, on a wave that is long in this regime."""
    probe = _probe(killed, limit, exponent)
    wave = [mpmath.mpf(3 + 2 * n) / 10 * probe.unit for n in range(model.dimension)]
    step = probe._symbol_matrix(wave)[0, 0]
    rate = probe.number(model.resets[0].intensity)
    exact = rate if probe.tau is None else rate * mpmath.log(step) / (step - 1) / probe.tau
    first = limit.resets[0]
    derived = mpmath.mpf(1)
    for space, c in first.kernel:
        derived += probe.number(c) * mpmath.fprod(q**n for q, n in zip(wave, space, strict=True))
    derived *= probe.number(first.weight)
    leading = next(t.coefficient for t in limit.equations[0].right if not t.density)
    for t in (t for d in limit.discarded for t in d.terms if not t.density):  # further gains, over the leading one
        ratio = t.coefficient / leading
        if not ratio.has(sp.DiracDelta):
            derived += probe.number(first.weight) * probe.number(ratio) * mpmath.fprod(
                q**n for q, n in zip(wave, t.space, strict=True))  # fmt: skip
    return derived - exact
