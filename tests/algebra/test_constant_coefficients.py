"""Driven modes of equations with constant coefficients against the equation itself, in numbers."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.algebra.constant_coefficients import ConstantSystem, Mode

D, k, v, n, one = *sp.symbols("D k v n", positive=True), sp.Integer(1)
AT = {D: sp.Rational(3, 4), k: sp.Rational(2, 7), v: sp.Rational(9, 5)}
PLACE = sp.Rational(5, 3)


def applied(entry: dict[int, sp.Expr], f: sp.Expr, *, differences: bool) -> sp.Expr:
    """M(s) f, s the shift by one site or the slope."""
    return sum(c * (f.xreplace({n: n + p}) if differences else sp.diff(f, n, p)) for p, c in entry.items())


@pytest.mark.parametrize(("entry", "differences", "heights"), [
    ({2: D, 1: v, 0: -k}, False, (one,)),  # drift and death: irrational roots
    ({2: D, 1: v, 0: -k}, False, (k, D)),
    ({1: D + v, -1: D, 0: -2 * D - v - k}, True, (one,)),  # the same by sites
    ({4: D**2, 2: -2 * D * k, 0: k**2}, False, (k, D)),  # every root twice
])  # fmt: skip
def test_driven_mode_of_one_state_vs_the_equation(
    entry: dict[int, sp.Expr], differences: bool, heights: tuple[sp.Expr, ...]
) -> None:
    system = ConstantSystem([[entry]], differences=differences)
    for root, _ in system.roots:
        source = Mode(root, tuple((h,) for h in heights))
        found = system.driven(source)
        f, g = (system.value([mode], 0, n) for mode in (found, source))
        left = applied(entry, f, differences=differences)
        residual = [sp.N((a - g).xreplace(AT).xreplace({n: PLACE}), 30) for a in (left, 2 * left)]
        assert abs(residual[0]) < 1e-25
        assert abs(residual[1]) > 1e-3  # a driven mode twice as large is none
