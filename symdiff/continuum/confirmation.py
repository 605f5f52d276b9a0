"""The second route: the result put to the test of the exact lattice operator, with numbers of many digits.

At two small values of eps, with all parameters drawn at random, the exact one-step operator acts on a test function,
and so does the derived equation. Their difference must vanish like the first power of eps that was *not* derived. A
wrong factor in any coefficient, kept or listed as discarded, lowers that power and is seen. Nothing of the expansion
(rings, series, elimination, logarithm) is used here: only the model's expressions, the result's expressions, numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mpmath
import sympy as sp

from symdiff.continuum.confirmation_probe import Number, Probe, Residual, Result, takes_plane_waves
from symdiff.errors import InternalFaultError, NotYetError
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.step_law import StepLaw

NEAR = (5, 6)  # eps = 10**-5 and 10**-6
MOST_DIGITS = 60
FAR = (20, 28)  # for heavy tails, whose powers of eps may lie close together
# where the transform is an integral over a density, by quadrature, digits are dear
NEAR_QUADRATURE, FAR_QUADRATURE = (3, 4), (4, 6)
TOLERANCE = 0.05  # of the observed power


@dataclass(frozen=True)
class Confirmation:
    """How a result was confirmed: the power of eps that was predicted and observed, and the digits carried."""

    method: str
    predicted_power: str
    observed_power: float | None
    digits: int


def confirm(model: JumpModel, regime: ScalingRegime, result: Result) -> Confirmation:
    """Test a result; raises :class:`InternalFaultError` where the two routes disagree."""
    heavy = any(j.law is not None and j.law.imaginary_only for j in model.jumps)
    if any(_by_density(j.law) for j in model.jumps):
        return _confirm_at(model, regime, result, FAR_QUADRATURE if heavy else NEAR_QUADRATURE, heavy, quadrature=True)
    if heavy:
        further = digits_of_numbers(model)
        return _confirm_at(model, regime, result, (FAR[0] + further, FAR[1] + further), heavy)
    return near_or_far(lambda exponents: _confirm_at(model, regime, result, exponents, heavy), digits_of_numbers(model))


def near_or_far(look: Callable[[tuple[int, int]], Confirmation], further: int = 0) -> Confirmation:
    """What is seen near, or, where that disagrees, far; ``further`` digits beyond that where the model holds large numbers.

    A first discarded coefficient that happens to be tiny, or a logarithm of eps beside it, hides the power at one pair of
    eps. So a slope that is too small is looked at again at a much smaller pair, where a wrong result still has the slope of
    its error. Beside numbers as large as 1/eps what is seen near says nothing: residuals may vanish to all digits there.
    """
    if further:
        return look((FAR[0] + further, FAR[1] + further))
    try:
        return look(NEAR)
    except InternalFaultError:
        return look(FAR)


def digits_of_numbers(model: JumpModel) -> int:
    """Digits to go further for the longest number written out in a jump, a motion, a law: ratios as large are small against 1/eps."""
    written = [
        e for j in model.jumps for e in (j.intensity, *j.displacement, *(x for row in j.directions for x in row))
    ]
    written += [e for m in model.motions for e in (*m.velocity, *(x for row in m.diffusivity for x in row))]
    written += [r.intensity for r in model.crowd.reactions] + [model.time_step or sp.Integer(1)]
    waits = [*(j.waiting for j in model.jumps), model.waiting, *(law for _, law in model.state_waits)]
    for law in (*(j.law for j in model.jumps), *waits):
        written += [e for _, e in law.arguments if isinstance(e, sp.Expr)] if law is not None else []
    written += [law.transform for law in waits if law is not None and law.transform is not None]
    numbers = [abs(n) for e in set(written) for n in e.atoms(sp.Rational) for n in (n.p, n.q)]
    digits = len(str(max(numbers, default=1)))
    if digits > MOST_DIGITS:
        raise NotYetError(f"a number of {digits} digits beside others is more than the second route can confirm",
                          instead="choose other units, or declare a parameter in its place")  # fmt: skip
    return 2 * digits if digits > FAR[0] // 2 else 0


def _confirm_at(
    model: JumpModel,
    regime: ScalingRegime,
    result: Result,
    exponents: tuple[int, int],
    heavy: bool,
    *,
    quadrature: bool = False,
) -> Confirmation:
    digits = (20 if quadrature else 40) + exponents[1] * (
        size_of(result.known_below) + size_of(result.closed_known_below) + (0 if heavy else 6)
    )
    slack = (2 if quadrature else 6) if heavy else None
    with mpmath.workdps(digits):
        residuals = [Probe(model, regime, result, exponent, heavy).residuals() for exponent in exponents]
        lost = 15 + max(0, exponents[1] - FAR[1])  # large numbers magnify what rounding leaves
        observed = [seen for _, seen in powers_seen(regime, exponents, residuals, slack=slack, lost=lost)]
    waves = takes_plane_waves(model, result)
    method = "plane waves, root of the determinant" if waves else "backward operator on smooth functions"
    return Confirmation(method, str(result.known_below), min(observed, default=None), digits)


def powers_seen(
    regime: ScalingRegime,
    exponents: tuple[int, int],
    residuals: Sequence[Sequence[Residual]],
    *,
    slack: int | None = None,
    lost: int = 15,
) -> list[tuple[float, float]]:
    """(predicted, observed) power of every residual that is not zero to all but ``lost`` digits.

    Raises :class:`InternalFaultError` where one falls too slowly; with ``slack`` its size within so many digits of the
    predicted power is enough.
    """
    found = []
    for (name, power, first), (_, _, second) in zip(*residuals, strict=True):
        seen = observed_power(first, second, exponents, lost)
        if seen is None:
            continue
        if seen < power - TOLERANCE and not (slack is not None and _within_bound(second, power, exponents, slack)):
            raise InternalFaultError(
                f"the two routes disagree in regime '{regime.name}' ({name}): the difference falls like "
                f"eps**{seen:.3f} instead of eps**{power:.3f}; no result is given",
                instead="please report the model file as a fault of symdiff",
            )
        found.append((power, seen))
    return found


def _by_density(law: StepLaw | None) -> bool:
    return law is not None and (law.distribution == "density" or _by_density(law.inner))


def size_of(power: sp.Expr) -> int:
    """An integer above the absolute value of a power; of a symbolic one, that of a heavy tail, above the numbers in it."""
    if power.is_Rational:
        return int(abs(power)) + 1
    return max([2, *(int(abs(n)) + 1 for n in power.atoms(sp.Rational))])


def _within_bound(residual: Number, power: float, exponents: tuple[int, int], slack: int) -> bool:
    """Two close powers of opposite sign can hide the slope of a heavy tail's residual, but not its size."""
    return bool(abs(residual) < mpmath.mpf(10) ** (slack - exponents[1] * power))


def observed_power(first: Number, second: Number, exponents: tuple[int, int], lost: int = 15) -> float | None:
    """The power of eps with which a residual falls; None where it is zero to all digits but those lost."""
    floor = mpmath.mpf(10) ** (lost - mpmath.mp.dps)
    if abs(second) <= floor or abs(first) <= floor:
        return None
    return float(mpmath.log10(abs(first) / abs(second)) / (exponents[1] - exponents[0]))
