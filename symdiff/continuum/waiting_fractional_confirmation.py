"""The second route for waits without a mean: the exact formula of Montroll and Weiss as numbers, next to the equation.

At imaginary q = ik and real s > 0 with B s^alpha of the order of the jumps' symbol, the exact P(k, s) over that of the
fractional equation, s^(alpha - 1)/(s^alpha - L(q)), must tend to one with the power of eps that was left out. Where the
model depends on place, the operator of one jump and the transform of the waits are tested apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.confirmation import Confirmation, confirm, digits_of_numbers
from symdiff.continuum.confirmation_probe import OperatorTerm, Result
from symdiff.continuum.waiting_confirmation import WaitingProbe
from symdiff.errors import InternalFaultError
from symdiff.model.jump_model import JumpModel, ScalingRegime, make_model
from symdiff.model.waiting_transform import waiting_transform

Number = Any
EXPONENTS = (24, 30)
CLOSER = (1, 4)  # two terms whose powers hardly differ may cancel at the first eps; the leading one wins further down
TOLERANCE = 0.05
CLOSE = mpmath.mpf("0.05")
SPARE, LOST = 260, 10  # digits beyond those that 1 - psi loses; of these, what rounding may cost


def confirm_fractional(
    model: JumpModel, regime: ScalingRegime, index: sp.Expr, strength: sp.Expr, logarithmic: bool,
    operator: Sequence[OperatorTerm], kept: Fraction, remainder: sp.Expr, homogeneous: bool,
) -> Confirmation:  # fmt: skip
    """Test the equation; raises :class:`InternalFaultError` where the two routes disagree."""
    all_known = remainder.is_Rational and remainder > kept + 1  # the terms beyond the equation are then known as well
    shown = [t for t in operator if t.power <= kept or all_known]
    result = Result([[shown]], None, None, remainder, sp.Integer(0), homogeneous)
    found = None
    for nearer in CLOSER:
        found = found or _tested(model, regime, result, nearer, index, strength, logarithmic, kept, remainder)
    if found is None:
        raise InternalFaultError(
            f"the two routes disagree in regime '{regime.name}': Montroll-Weiss over the fractional equation does not tend to one "
            f"as eps**({remainder}); no result is given", instead="please report the model file as a fault of symdiff")  # fmt: skip
    if not homogeneous:
        _confirm_jumps(model, regime, operator, strength, remainder)
    return found


def _tested(
    model: JumpModel, regime: ScalingRegime, result: Result, nearer: int, index: sp.Expr, strength: sp.Expr, logarithmic: bool,
    kept: Fraction, remainder: sp.Expr,
) -> Confirmation | None:  # fmt: skip
    """The agreement at two small eps; None where the deviation does not fall as it should."""
    further = digits_of_numbers(model)
    near, far = (nearer * e + further for e in EXPONENTS)
    digits = SPARE + 2 * far * int(kept)  # the deviation is a power of eps, and lost in rounding otherwise
    with mpmath.workdps(digits):
        probes = [FractionalProbe(model, regime, result, n, True) for n in (near, far)]
        (first, larger), (second, smaller) = (p.deviation(index, strength, logarithmic, kept) for p in probes)
        lead = (
            mpmath.nint(100 * mpmath.log10(larger / smaller) / (far - near)) / 100
        )  # that of the jumps' symbol, by its slope
        need = probes[0].known_below - lead
        exact = abs(second) < mpmath.mpf(10) ** (LOST - SPARE)
        seen = mpmath.inf if exact else mpmath.log10(abs(first / second)) / (far - near)
        if logarithmic:  # the deviation falls like 1/log, so that its product with the logarithm settles
            grown = abs(second) * far / (abs(first) * near)
            settles = mpmath.mpf("0.8") < grown < mpmath.mpf("1.25") and abs(second) < mpmath.mpf("0.2")
            wrong = not settles and abs(second) > abs(first) / 1000  # psi may hold no constant beside the logarithm
        else:
            wrong = abs(second) > CLOSE or seen < need - TOLERANCE
    power = None if seen == mpmath.inf else float(seen + float(kept))
    return (
        None if wrong else Confirmation("exact Montroll-Weiss formula at small k and s", str(remainder), power, digits)
    )


def _confirm_jumps(
    model: JumpModel, regime: ScalingRegime, operator: Sequence[OperatorTerm], strength: sp.Expr, remainder: sp.Expr
) -> None:
    """The operator of one jump on smooth functions, as if it were a rate."""
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    markov = make_model(fields | {"clock": "continuous", "waiting": None,
                                  "jumps": tuple(replace(j, intensity=j.intensity / strength, waiting=None) for j in model.jumps)})  # fmt: skip
    known = max((t.power for t in operator), default=Fraction(2)) + 1
    confirm(
        markov,
        regime,
        Result([[operator]], None, None, sp.Rational(known.numerator, known.denominator), sp.Integer(0), False),
    )


class FractionalProbe(WaitingProbe):
    """The numbers at one eps."""

    def deviation(self, index: sp.Expr, strength: sp.Expr, logarithmic: bool, kept: Fraction) -> tuple[Number, Number]:
        """Exact over derived minus one, and the size of the jumps' symbol, which falls like its leading power of eps."""
        alpha, b = self.number(index), self.number(strength)
        if not self.result.homogeneous:
            return self._of_waits(alpha, b, mpmath.mpf(kept.numerator) / kept.denominator, logarithmic)
        wave = [mpmath.mpc(0, q) * self.unit for q in self._drawn()]
        symbol = self._sum(self.result.operator[0][0], wave, mpmath.mpf(0))
        size = abs(symbol) * mpmath.mpf("0.7")
        s = size if logarithmic else size ** (1 / alpha)
        if logarithmic:
            slow = mpmath.log(1 / (b * s))
            derived = 1 / (s - symbol / slow) if slow else mpmath.inf
            s = size / slow
            derived = 1 / (s - symbol / mpmath.log(1 / (b * s)))
        else:
            derived = s ** (alpha - 1) / (s**alpha - symbol)
        return self.exact(wave, s) / derived - 1, abs(symbol)

    def _drawn(self) -> list[Number]:
        return [mpmath.mpf(self.generator.randint(300, 900)) / 1000 for _ in range(self.model.dimension)]

    def _of_waits(self, alpha: Number, b: Number, kept: Number, logarithmic: bool) -> tuple[Number, Number]:
        """(1 - psi(s))/psi(s), which the jumps balance, over B s^alpha, at s of the order of the jumps' leading term."""
        s = self.eps ** (kept / alpha)
        law = next(self.model.wait_before(j, jump) for _, j, jump in self.model.transitions())
        transform = waiting_transform(law, s, self.number)
        derived = b * s * mpmath.log(1 / (b * s)) if logarithmic else b * s**alpha
        return (1 - transform) / (transform * derived) - 1, self.eps**kept

    def exact(self, wave: list[Number], s: Number) -> Number:
        """P(k, s) of all walkers that start in the first state at the origin."""
        size = len(self.model.state_names)
        start = mpmath.matrix(size, 1)
        start[0] = 1
        arrivals = mpmath.lu_solve(mpmath.eye(size) - self.one_jump(wave, s), start)
        total = mpmath.mpf(0)
        for _, j, jump in self.model.transitions():
            here = s - self.moving(wave, j)  # flights are counted while they last
            stays = (1 - waiting_transform(self.model.wait_before(j, jump), here, self.number)) / here
            total += self.number(jump.intensity) * stays * arrivals[j]
        return total
