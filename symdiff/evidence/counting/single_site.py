"""One site after very many steps: closed forms and certified recurrences, where the whole levels would be too large."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from symdiff.errors import InternalFaultError, NotYetError, ResourceError
from symdiff.evidence.counting.asymptotics import expansion
from symdiff.evidence.counting.closed_forms import binomial, closed_form, independent_directions
from symdiff.evidence.counting.endpoint import GEOMETRY, numerator_of, site_count
from symdiff.evidence.counting.grouped_signs import grouped_signs
from symdiff.evidence.counting.independent_axes import numbers_along_axes
from symdiff.evidence.counting.lattice import coordinates, hermite_basis, plus
from symdiff.evidence.counting.law import SiteCount, weight_of
from symdiff.evidence.counting.long_integers import fast_integer
from symdiff.evidence.counting.places import position, step_number
from symdiff.evidence.counting.product_law import independent_signs, numbers_of_signs
from symdiff.evidence.counting.reach import NO_COMBINATION, obstruction
from symdiff.evidence.counting.recurrence import Recurrence
from symdiff.evidence.counting.sequences import CERTIFIED, RECURRENCE, long_recurrence
from symdiff.evidence.counting.size import DEFAULT_MAX_BYTES, require_number
from symdiff.evidence.counting.steps import StepSet, Vector

_MANY = {1: 3000, 2: 400}
_MANY_ELSEWHERE = 120
_TERMS = 6
_FEW = 12
_WIDE = 6  # on a line, steps that differ by more have recurrences of so high an order that they do not pay
BINOMIALS = "product of binomial coefficients: the steps are sums of independent signs"
PRODUCT = "product over independent directions"


def best_site_count(
    steps: StepSet, n: int, site: object, start: object = None, *, max_bytes: int = DEFAULT_MAX_BYTES
) -> SiteCount:
    """The number of walks of n steps to one site, by the cheapest of the methods that apply; see ``method``.

    Few steps: the Miller recurrence. Steps that are all sums +-v_1 +- ... +- v_k: a product of binomial coefficients. Many
    steps: a closed form (see ``closed_forms``) or a certified recurrence in n. Raises as :func:`site_count`.
    """
    n = step_number(n)
    origin, there = position(start, steps.dimension, "the start"), position(site, steps.dimension)
    displacement = plus(there, origin, -1)
    require_number(steps, n)
    along = numbers_along_axes(steps, n, displacement, True, max_bytes)
    if along is not None:
        values, method, checks = along
        why = None if values[n] else obstruction(steps, n, displacement) or NO_COMBINATION
        total = weight_of(int(fast_integer()(sum(steps.numerators)) ** n), steps, n)
        return SiteCount(n, origin, there, weight_of(values[n], steps, n), total, method, tuple(checks), why)
    few = n < _MANY.get(steps.dimension, _MANY_ELSEWHERE)
    signs = independent_signs(steps)
    if few and signs is None:
        try:
            return site_count(steps, n, there, origin, max_bytes=max_bytes)
        except ResourceError:  # in many dimensions; a closed form may do
            if _closed(steps, n, displacement, max_bytes) is None:
                raise
    why = obstruction(steps, n, displacement)
    total = weight_of(int(fast_integer()(sum(steps.numerators)) ** n), steps, n)
    if why is not None:
        return SiteCount(n, origin, there, weight_of(0, steps, n), total, GEOMETRY, (), why)
    form = _closed(steps, n, displacement, max_bytes)
    if form is not None:
        numerator, method = form
        few = few and signs is not None
        near, short = (displacement, n) if few else _nearby(steps, n, displacement)
        other = site_count(steps, short, near, max_bytes=max_bytes)
        again = numerator if few else (_closed(steps, short, near, max_bytes) or (None, ""))[0]
        _agree(again is not None and other.count == weight_of(again, steps, short), short, other.method)
        done = (other.method, *other.checked_by) if few else (f"the same form at {short} steps: {other.method}",)
        why = None if numerator else NO_COMBINATION
        return SiteCount(n, origin, there, weight_of(numerator, steps, n), total, method, done, why)
    wide = steps.dimension == 1 and max(steps.steps)[0] - min(steps.steps)[0] > _WIDE
    found = None if wide else long_recurrence(steps, n, displacement)
    if found is None:
        grouped = _by_groups(steps, n, displacement, max_bytes)
        if grouped is None:
            return site_count(steps, n, there, origin, max_bytes=max_bytes)
        numerator, method, done = grouped
        why = None if numerator else NO_COMBINATION
        return SiteCount(n, origin, there, weight_of(numerator, steps, n), total, method, done, why)
    numerator = found.nth(n)
    result = SiteCount(
        n, origin, there, weight_of(numerator, steps, n), total, RECURRENCE.format(found.order), (CERTIFIED,)
    )
    return replace(result, checked_by=(*result.checked_by, *_expansion_check(found, n, numerator)))


def _by_groups(steps: StepSet, n: int, displacement: Vector, max_bytes: int) -> tuple[int, str, tuple[str, ...]] | None:
    """A numerator as one sum over the steps along one of two groups of axes, its method, and what was compared."""
    found = grouped_signs(steps, n, displacement, max_bytes)
    if found is None:
        return None
    near, short = _nearby(steps, n, displacement)
    other, again = site_count(steps, short, near, max_bytes=max_bytes), grouped_signs(steps, short, near)
    _agree(again is not None and other.count == weight_of(again[0], steps, short), short, other.method)
    return (*found, (f"the same form at {short} steps: {other.method}",))


def _closed(steps: StepSet, n: int, displacement: Vector, max_bytes: int) -> tuple[int, str] | None:
    """A numerator in closed form and its method; products over independent directions included. None where there is none."""
    signs = independent_signs(steps)
    if signs is not None:
        return _binomials(steps, n, displacement, signs), BINOMIALS
    form = closed_form(steps, n, displacement, max_bytes)
    if form is not None:
        return form
    basis = hermite_basis(plus(s, steps.steps[0], -1) for s in steps.steps)
    places = [coordinates(basis, plus(s, steps.steps[0], -1)) for s in steps.steps]
    there = coordinates(basis, plus(displacement, steps.steps[0], -n))
    product = independent_directions(StepSet(tuple(p for p in places if p is not None), steps.numerators))
    if product is None or there is None:
        return None
    content, parts = product
    numerator, methods = fast_integer()(content) ** n, []
    for part, axes in parts:
        inner = tuple(there[a] for a in axes)
        value, method = _closed(part, n, inner, max_bytes) or _other(part, n, inner, max_bytes)
        numerator *= value
        methods.append(method)
    return int(numerator), f"{PRODUCT}: {', '.join(dict.fromkeys(methods))}"


def _other(steps: StepSet, n: int, displacement: Vector, max_bytes: int) -> tuple[int, str]:
    """A numerator without a closed form, for one of several independent directions."""
    if obstruction(steps, n, displacement) is not None:
        return 0, GEOMETRY
    found = long_recurrence(steps, n, displacement)
    if found is not None:
        return found.nth(n), RECURRENCE.format(found.order)
    numerator, method, _ = numerator_of(steps, n, displacement, False, max_bytes)
    return numerator, method


def _nearby(steps: StepSet, n: int, displacement: Vector) -> tuple[Vector, int]:
    """A site that few steps reach in about the same direction, and their number."""
    here = (0,) * steps.dimension
    for i in range(1, _FEW + 1):
        ways = [plus(here, s) for s in steps.steps]
        here = min(ways, key=lambda x: (sum((n * a - i * b) ** 2 for a, b in zip(x, displacement, strict=True)), x))
    return here, _FEW


def _expansion_check(found: Recurrence, n: int, numerator: int) -> tuple[str, ...]:
    """The number against its asymptotic expansion, where there is one and the site is near the origin."""
    if not numerator:
        return ()
    try:
        expected = expansion(found, _TERMS)
    except NotYetError:
        return ()
    text, exponent = expected.estimate(n, 20)
    # numerator / 10^exponent to 20 digits, by integers only
    shift = exponent - 25
    scaled = numerator // 10**shift if shift > 0 else numerator * 10**-shift
    estimate = int(text.replace(".", "").ljust(27, "0")[:26])
    allowed = max(10**8, int(10**25 * (50 * (1 + sum(abs(x) for x in found.targets[0][0])) ** 2 / n) ** (_TERMS + 1)))
    _agree(abs(scaled - estimate) <= allowed, n, "the asymptotic expansion")
    return (f"asymptotic expansion to {_TERMS + 1} terms",)


def _agree(holds: bool, n: int, what: str) -> None:
    if not holds:
        raise InternalFaultError(f"the number of walks of {n} steps disagrees with {what}")


def _binomials(steps: StepSet, n: int, displacement: Vector, signs: tuple[Vector, tuple[Vector, ...]]) -> int:
    """prod_i C(n, m_i) for displacement = n lowest + sum_i m_i w_i; zero where there are no such whole m_i."""
    numbers = numbers_of_signs(signs, n, displacement)
    if numbers is None:
        return 0
    value = fast_integer()(steps.numerators[0]) ** n
    for m in numbers:
        value *= binomial(n, m)
    return int(value)


def reduced_fraction(above: Fraction, below: int) -> Fraction:
    """above / below in lowest terms; with python-flint in quasi-linear time, however long the numbers are."""
    try:
        from flint import fmpz
    except ImportError:
        return above / below
    top, bottom = fmpz(above.numerator), fmpz(above.denominator) * fmpz(below)
    common = top.gcd(bottom)
    result = Fraction.__new__(Fraction, 0)
    result._numerator, result._denominator = int(top // common), int(bottom // common)  # type: ignore[attr-defined]
    return result
