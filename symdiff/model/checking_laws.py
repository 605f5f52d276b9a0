"""Whether what is given as a law is one: a transform or a density put to the test at a few values of its parameters."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import mpmath
import sympy as sp

from symdiff.errors import InternalFaultError, ModelError
from symdiff.model.law_transform import transform
from symdiff.model.parameter import REAL_LINE
from symdiff.model.step_law import StepLaw
from symdiff.notation.evaluation import evaluate, mp_arithmetic

PROBES = 3
DRAWS = 24
MATRIX = 6  # rows
STRETCHES = (mpmath.mpf(1) / 4, mpmath.mpf(1), mpmath.mpf(4))
Transform = Callable[[list[mpmath.mpf]], mpmath.mpc]
DIGITS = 30


def sample_values(law: StepLaw, generator: random.Random) -> dict[sp.Symbol, mpmath.mpf]:
    """Numbers for the parameters of a law, inside their ranges."""
    box = dict(law.box)
    symbols = {s for _, value in law.arguments for s in value.free_symbols if "." not in s.name}
    found = {}
    for symbol in sorted(symbols, key=str):
        value: Fraction = box.get(symbol, REAL_LINE).sample(generator, integer=symbol.is_integer is True)
        found[symbol] = mpmath.mpf(value.numerator) / value.denominator
    return found


def check_transform(law: StepLaw) -> None:
    """phi(0) = 1, phi(-k) the conjugate of phi(k), no negative probability: raises :class:`ModelError` where one of them fails.

    What is a law for some values of its parameters is one: the last is refused where none of :data:`DRAWS` drawn sets pass.
    """
    constant = law.raw_moment(*((0,) * law.lengths))
    generator = random.Random(7)
    failures: list[tuple[str, str]] = []
    with mpmath.workdps(DIGITS):
        for draw in range(DRAWS):
            values = sample_values(law, generator)

            def phi(k: list[mpmath.mpf], values: dict[sp.Symbol, mpmath.mpf] = values) -> mpmath.mpc:
                return transform(law, [mpmath.mpc(0, x) for x in k], lambda e: evaluate(e, values, mp_arithmetic()))

            if draw < PROBES:
                _require_sum_and_symmetry(phi, law, generator)
            found = _no_probabilities(phi, law, values, generator)
            failures += [found] if found else []
            if draw >= PROBES - 1 and (len(failures) <= draw or not values):
                break
    assert constant == 1
    if len(failures) == draw + 1:
        raise ModelError(failures[0][0], instead=failures[0][1])


def _known_to_the_end(law: StepLaw) -> bool:
    return law.known_below is None or not dict(law.arguments)["transform"].atoms(sp.Function("O"))


def _require_sum_and_symmetry(phi: Transform, law: StepLaw, generator: random.Random) -> None:
    near = phi([mpmath.mpf("1e-25")] * law.lengths)
    if abs(near - 1) > mpmath.mpf("1e-4"):
        raise ModelError(f"the transform is {mpmath.nstr(near, 6)} at zero, not 1", instead="divide by that value")
    if not _known_to_the_end(law):
        return
    k = [mpmath.mpf(generator.randint(200, 1500)) / 1000 for _ in range(law.lengths)]
    if abs(mpmath.conj(phi(k)) - phi([-x for x in k])) > mpmath.mpf("1e-20"):
        raise ModelError("the transform at -k is not the conjugate of that at k: it belongs to no law of real steps",
                         instead="check signs, and write Abs(k) where the law is symmetric")  # fmt: skip


def _no_probabilities(
    phi: Transform, law: StepLaw, values: dict[sp.Symbol, mpmath.mpf], generator: random.Random
) -> tuple[str, str] | None:
    """What shows that negative probabilities are needed, and what to write instead."""
    if not _known_to_the_end(law):
        return None
    shown = ", ".join(f"{s} = {mpmath.nstr(v, 4)}" for s, v in values.items())
    seen = f" (seen at {shown})" if shown else ""
    k = [mpmath.mpf(generator.randint(200, 1500)) / 1000 for _ in range(law.lengths)]
    if law.lengths == 1 and _curves_too_little([phi([mpmath.mpf(f"{n}e-4")]) for n in (1, 2)]):
        return ("near zero the transform falls off faster than k**2, so that the steps would have no variance: it belongs to "
                f"no law of probabilities{seen}", "narrow the range of the exponent to at most 2")  # fmt: skip
    if any(abs(phi([x * stretch for x in k])) > 1 + mpmath.mpf("1e-20") for stretch in (1, 8, 64)):
        return (f"the transform is larger than one in size: it belongs to no law of probabilities{seen}",
                "check its signs, or end it in + O(...) if it holds for small k only")  # fmt: skip
    if any(_not_positive(phi, [x * stretch for x in k]) for stretch in STRETCHES):
        return (f"the transform is not positive definite: it belongs to no law of probabilities{seen}",
                "check its terms, or end it in + O(...) if it holds for small k only")  # fmt: skip
    return None


def _curves_too_little(small: list[mpmath.mpc]) -> bool:
    """Not 1 - Re phi(2k) <= 4 (1 - Re phi(k)), as 1 - cos(2y) <= 4 (1 - cos(y)): exp(-abs(k)**3) belongs to no law."""
    one, two = (1 - mpmath.re(value) for value in small)
    return bool(two > 4 * one + mpmath.mpf("1e-25"))


def _not_positive(phi: Transform, k: list[mpmath.mpf]) -> bool:
    """Whether the matrix phi((i - j) k) has a negative pivot: none has, for a law (Bochner; Feller, vol. 2, XIX.2)."""
    row = [mpmath.mpf(1), *(phi([j * x for x in k]) for j in range(1, MATRIX))]
    left = [[row[i - j] if i >= j else mpmath.conj(row[j - i]) for j in range(MATRIX)] for i in range(MATRIX)]
    for n in range(MATRIX):
        pivot = mpmath.re(left[n][n])
        if pivot < mpmath.mpf("1e-12"):  # singular up to rounding: a law on a lattice
            return bool(pivot < -mpmath.mpf("1e-12"))
        for i in range(n + 1, MATRIX):
            factor = left[i][n] / pivot
            left[i] = [a - factor * b for a, b in zip(left[i], left[n], strict=True)]
    return False


def check_density(law: StepLaw, *, normalised: bool) -> None:
    """A density is not negative and, where ``normalised``, integrates to one; raises :class:`ModelError` otherwise.

    Its exact integral is compared with a quadrature, which uses nothing of the closed form.
    """
    from symdiff.model.density_law import total_of
    from symdiff.model.density_numbers import integral, places_to_look  # loaded when used: start-up time

    total = total_of(law)
    if total is None and normalised:
        raise ModelError("the density has an infinite integral, since it grows too fast at r = 0",
                         instead="in continuous time write it as a rate_density")  # fmt: skip
    generator, body = random.Random(7), dict(law.arguments)["density"]
    with mpmath.workdps(DIGITS):
        for probe in range(PROBES):
            values = sample_values(law, generator)

            def number(e: sp.Expr, values: dict[sp.Symbol, mpmath.mpf] = values) -> mpmath.mpf:
                return evaluate(e, values, mp_arithmetic())

            random_places = [
                [mpmath.mpf(generator.randint(-3000, 3000)) / 1000 for _ in law.variables] for _ in range(8)
            ]
            for place in (*random_places, *([x] for x in places_to_look(law, number))):
                at = dict(zip(law.variables, place, strict=True))
                if mpmath.re(evaluate(body, {**values, **at}, mp_arithmetic())) < 0:
                    shown = ", ".join(f"{mpmath.nstr(v, 4)}" for v in place)
                    seen = ", ".join(f"{s} = {mpmath.nstr(v, 4)}" for s, v in values.items())
                    raise ModelError(f"the density is negative at r = {shown}{f' (for {seen})' if seen else ''}",
                                     instead="check its sign and its range")  # fmt: skip
            if total is None:
                continue
            exact = number(total)
            if normalised and abs(exact - 1) > mpmath.mpf("1e-20"):
                raise ModelError(f"the density is not normalised: it integrates to {total}, not to 1",
                                 instead="divide by that value, or write a rate_density")  # fmt: skip
            if probe == 0 and law.lengths == 1 and abs(integral(law, number) / exact - 1) > mpmath.mpf("1e-8"):
                raise InternalFaultError(f"the integral of the density is not {total} by quadrature",
                                         instead="please report the model file as a fault of symdiff")  # fmt: skip
