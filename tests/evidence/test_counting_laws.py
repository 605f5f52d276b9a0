"""Endpoint laws against enumeration of every walk, and against what any law must fulfil."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from symdiff.errors import InternalFaultError
from symdiff.evidence.counting import (
    StepSet,
    any_end_sequence,
    any_end_total,
    count_to,
    dynamic_programming_law,
    endpoint,
    endpoint_law,
    sequence,
    site_count,
    why_unreachable,
)
from symdiff.evidence.counting.chart import most_sites
from symdiff.evidence.counting.folded_arrays import ArrayCounts
from symdiff.evidence.counting.folded_domain import domain_of
from symdiff.evidence.counting.folded_limbs import LimbCounts
from symdiff.evidence.counting.folded_rows import RowCounts
from symdiff.evidence.counting.folded_ways import ARRAYS, LIMBS, ROWS, folded_counts
from symdiff.evidence.counting.lattice import coordinates, hermite_basis
from symdiff.evidence.counting.layers import halved_numerators, halves_pay, packed_numerators
from symdiff.evidence.counting.local_limit import displacement_moments
from symdiff.evidence.counting.miller import single_counts
from symdiff.evidence.counting.narrow_powers import narrow_forms_of, narrow_numerators
from symdiff.evidence.counting.product_law import ProductCounts, product_counts
from symdiff.evidence.counting.reach import in_hull
from symdiff.evidence.counting.steps import one_state

SQUARE = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
TRIANGULAR = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
KING = StepSet.from_steps([s for s in itertools.product((-1, 0, 1), repeat=2) if any(s)])
CUBIC = StepSet.from_steps([tuple(a * (i == j) for j in range(3)) for i in range(3) for a in (1, -1)])
DEGENERATE = {
    "a single step": [(2, -1)],
    "only resting": [(0, 0)],
    "two steps": [3, -2],
    "collinear": [(1, 2), (2, 4), (-1, -2)],
    "gcd two": [2, -2, 4],
    "gcd two, off the origin": [(1, 1), (3, 1), (1, 3), (5, 5)],
    "all to one side": [(1, 0), (0, 1), (1, 1)],
    "lazy": [0, 1, -1],
    "far apart": [0, 1, 1000003],
    "five dimensions": [tuple(int(i == j) for j in range(5)) for i in range(5)] + [(-1, 0, 0, 0, 0)],
    "eight dimensions": [tuple(int(i == j) for j in range(8)) for i in range(8)],
    "skewed": [(1, 0), (0, 0), (500, 1), (501, 1)],
    "body-centred": list(itertools.product((1, -1), repeat=3)),
}


def every_walk(steps: StepSet, n: int, start: tuple[int, ...]) -> dict[tuple[int, ...], Fraction]:
    """The law by the definition: all sequences of n steps, one after the other."""
    found: Counter[tuple[int, ...]] = Counter()
    for walk in itertools.product(zip(steps.steps, steps.weights, strict=True), repeat=n):
        weight = Fraction(1)
        site = start
        for step, factor in walk:
            weight *= factor
            site = tuple(a + b for a, b in zip(site, step, strict=True))
        found[site] += weight
    return dict(found)


@st.composite
def step_sets(draw: st.DrawFn) -> StepSet:
    dimension = draw(st.integers(1, 4))
    vector = st.tuples(*[st.integers(-3, 3)] * dimension)
    steps = draw(st.lists(vector, min_size=1, max_size=6))
    weight = st.one_of(st.just(1), st.integers(1, 5), st.builds(Fraction, st.integers(1, 7), st.integers(1, 7)))
    return StepSet.from_steps(steps, [draw(weight) for _ in steps])


@settings(deadline=None, max_examples=150)
@given(step_sets(), st.integers(0, 4), st.integers(-5, 5))
def test_law_vs_every_walk(steps: StepSet, n: int, shift: int) -> None:
    start = (shift,) * steps.dimension
    expected = every_walk(steps, n, start)
    law = endpoint_law(steps, n, start)
    around = list(itertools.product(range(shift - 1, shift + 2), repeat=steps.dimension))[:30]
    assert all(
        law.walks(site) == expected.get(site, 0) for site in (*expected, *around)
    )  # one by one, before it is unpacked
    assert dict(law.counts) == expected
    with pytest.MonkeyPatch.context() as patch:  # by recurrences, where a power would be taken
        patch.setattr(endpoint, "power_counts", lambda *_: None)
        assert dict(endpoint_law(steps, n, start).counts) == expected
    assert dict(dynamic_programming_law(steps, n, start).counts) == expected
    origin = (0,) * steps.dimension
    one_by_one = {s: Fraction(c, steps.denominator**n) for s, c in single_counts(steps, n).items()}
    assert one_by_one == every_walk(steps, n, origin)
    assert law.total == any_end_total(steps, n) == sum(expected.values())
    assert len(expected) <= most_sites(steps, n)


@settings(deadline=None, max_examples=60)
@given(step_sets(), st.integers(0, 4), st.data())
def test_one_site_and_sequence_vs_every_walk(steps: StepSet, n: int, data: st.DataObject) -> None:
    site = data.draw(st.tuples(*[st.integers(-4, 4)] * steps.dimension))
    expected = [every_walk(steps, m, (0,) * steps.dimension).get(site, 0) for m in range(n + 1)]
    found = site_count(steps, n, site)
    assert found.count == expected[n]
    assert list(sequence(steps, n, None, site).values) == expected
    assert (found.why is None) == (expected[n] > 0)
    assert found.why == why_unreachable(steps, n, site)


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_degenerate_steps_vs_every_walk(name: str, n: int) -> None:
    steps = StepSet.from_steps(DEGENERATE[name])
    start = tuple(range(steps.dimension))
    expected = every_walk(steps, n, start)
    assert dict(endpoint_law(steps, n, start).counts) == expected
    for site in list(expected)[:5]:
        assert count_to(steps, n, site, start) == expected[site]


def test_comparison_with_every_walk_resolves_one_weight() -> None:
    """Negative control: one weight changed by the smallest amount changes the law."""
    other = StepSet(SQUARE.steps, (1, 1, 1, Fraction(1001, 1000)))
    assert dict(endpoint_law(other, 3).counts) != every_walk(SQUARE, 3, (0, 0))


def test_square_lattice_of_the_chapter() -> None:
    law = endpoint_law(SQUARE, 3)
    assert law.total == 64
    assert (law.walks((3, 0)), law.walks((1, 2)), law.walks((1, 0))) == (1, 3, 9)
    assert law.probability((3, 0)) == Fraction(1, 64)
    assert law.probability((1, 2)) == Fraction(3, 64)
    assert law.probability((1, 0)) == Fraction(9, 64)
    assert law.walks((2, 0)) == 0
    assert law.moments(1) == {(1, 0): 0, (0, 1): 0}
    assert law.moments(2) == {(2, 0): Fraction(3, 2), (1, 1): 0, (0, 2): Fraction(3, 2)}


@pytest.mark.parametrize("steps", [SQUARE, TRIANGULAR, KING, CUBIC], ids=["square", "triangular", "king", "cubic"])
def test_symmetries_and_sums(steps: StepSet) -> None:
    law = endpoint_law(steps, 13)
    assert sum(law.counts.values()) == len(steps.steps) ** 13
    assert sum(law.probability(site) for site in law.counts) == 1
    for site, count in law.counts.items():
        assert law.walks(tuple(-x for x in site)) == count
        assert law.walks(tuple(reversed(site))) == count


def test_asymmetric_steps_are_not_symmetric() -> None:
    """Negative control: the symmetry test can fail."""
    law = endpoint_law(StepSet.from_steps([(1, 0), (0, 1), (-1, -1), (2, 0)]), 6)
    assert any(law.walks(tuple(-x for x in site)) != count for site, count in law.counts.items())


def test_long_walks_vs_closed_forms() -> None:
    """Binomials: for the square lattice N_n(x, y) = C(n, a) C(n, b) in the coordinates along its diagonals."""
    from math import comb

    n = 120
    law = endpoint_law(SQUARE, n)
    for (x, y), count in law.counts.items():
        assert count == comb(n, (n + x + y) // 2) * comb(n, (n + x - y) // 2)
    line = StepSet.from_steps([1, -1])
    assert count_to(line, 3000, 100) == comb(3000, 1550)
    assert count_to(StepSet.from_steps([0, 1]), 2000, 700) == comb(2000, 700)


@settings(deadline=None, max_examples=40)
@given(step_sets(), st.integers(1, 4))
def test_moments_vs_cumulants(steps: StepSet, n: int) -> None:
    """Cumulants add: up to the third order (of one axis), n times those of one step."""
    one, many = endpoint_law(steps, 1), endpoint_law(steps, n)
    for axis in range(steps.dimension):

        def moment(law, order, axis=axis):
            return law.moments(order)[tuple(order * (i == axis) for i in range(steps.dimension))]

        def cumulants(law, moment=moment):
            a, b, c, d = (moment(law, k) for k in (1, 2, 3, 4))
            return a, b - a**2, c - 3 * a * b + 2 * a**3, d - 4 * a * c - 3 * b**2 + 12 * a**2 * b - 6 * a**4

        assert cumulants(many) == tuple(n * k for k in cumulants(one))
    if steps.dimension > 1:
        cross = (1, 1) + (0,) * (steps.dimension - 2)
        first = (1,) + (0,) * (steps.dimension - 1)
        second = (0, 1) + (0,) * (steps.dimension - 2)
        covariance = [law.moments(2)[cross] - law.moments(1)[first] * law.moments(1)[second] for law in (one, many)]
        assert covariance[1] == n * covariance[0]


def test_items_are_sorted_and_the_document_is_exact() -> None:
    law = endpoint_law(StepSet.from_steps([1, -1], [Fraction(3, 10), Fraction(7, 10)]), 2)
    assert [site for site, _ in law.items()] == [(-2,), (0,), (2,)]
    document = law.to_dict()
    assert document["total"] == "1"
    assert document["counts"][0] == {"site": [-2], "weight": "49/100", "probability": "49/100"}
    assert document["method"].startswith(("Miller recurrence", "power of one long integer"))
    assert "generating function of all of them, at a second point" in document["checked_by"]
    assert endpoint_law(SQUARE, 3).to_dict()["counts"][0] == {"site": [-3, 0], "walks": "1", "probability": "1/64"}


def test_weights_that_do_not_sum_to_one_are_normalised_in_probabilities_only() -> None:
    law = endpoint_law(StepSet.from_steps([1, -1], [Fraction(1, 4), Fraction(1, 4)]), 2)
    assert law.total == Fraction(1, 4)
    assert law.walks(0) == Fraction(1, 8)
    assert law.probability(0) == Fraction(1, 2)


def test_equal_steps_merge_and_zero_weights_drop() -> None:
    steps = StepSet.from_steps([(1, 0), (1, 0), (0, 1)], [1, 2, 0])
    assert (steps.steps, steps.weights) == (((1, 0),), (3,))
    assert endpoint_law(steps, 3).walks((3, 0)) == 27


@pytest.mark.parametrize(
    ("steps", "n", "site", "reason"),
    [
        ([(1, 0), (-1, 0), (0, 1), (0, -1)], 2, (1, 0), "parity"),
        ([(1, 0), (-1, 0), (0, 1), (0, -1)], 3, (4, 0), "too far"),
        ([(1, 0), (-1, 0), (0, 1), (0, -1)], 3, (3, 2), "too far"),
        ([2, -2], 3, (1,), "off the lattice of the steps"),
        ([(1, 1), (-1, -1)], 4, (1, 0), "off the lattice of the steps"),
        ([(1, 1), (-1, 0), (0, -1)], 4, (0, 0), "parity"),
        ([0, 2, 3], 1, (1,), "no combination of the steps"),
        ([(1, 0), (1, 1)], 3, (2, 0), "too far"),
        ([(1, 0), (-1, 0), (0, 1), (0, -1)], 0, (0, 0), None),
        ([(1, 0), (-1, 0), (0, 1), (0, -1)], 2, (0, 0), None),
    ],
)
def test_reasons(steps: list[object], n: int, site: tuple[int, ...], reason: str | None) -> None:
    assert why_unreachable(StepSet.from_steps(steps), n, site) == reason  # type: ignore[arg-type]


def test_long_step_lists() -> None:
    disc = StepSet.from_steps([(x, y) for x in range(-6, 7) for y in range(-6, 7) if 0 < x * x + y * y <= 36])
    assert len(disc.steps) > 100
    for site in [(40, 0), (0, -40), (12, 1), (9, 9)]:
        assert why_unreachable(disc, 2, site) == site_count(disc, 2, site).why == "too far"
    assert site_count(disc, 2, (0, 0)).count == len(disc.steps)
    assert site_count(disc, 2, (3, 4)).count == endpoint_law(disc, 2).walks((3, 4)) > 0


@settings(deadline=None, max_examples=100)
@given(step_sets(), st.integers(0, 5), st.data())
def test_hull_vs_linear_programming(steps: StepSet, n: int, data: st.DataObject) -> None:
    site = data.draw(st.tuples(*[st.integers(-6, 6)] * steps.dimension))
    columns = [list(axis) for axis in zip(*steps.steps, strict=True)] + [[1] * len(steps.steps)]
    solved = linprog([0] * len(steps.steps), A_eq=columns, b_eq=[*site, n], bounds=(0, None), method="highs")
    assert in_hull(steps.steps, n, site) == (solved.status == 0)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(-9, 9)] * 3), min_size=1, max_size=6), st.data())
def test_lattice_coordinates(vectors: list[tuple[int, ...]], data: st.DataObject) -> None:
    basis = hermite_basis(vectors)
    assert basis == hermite_basis(list(reversed(vectors)))
    chosen = [data.draw(st.integers(-3, 3)) for _ in vectors]
    inside = tuple(sum(c * v[i] for c, v in zip(chosen, vectors, strict=True)) for i in range(3))
    found = coordinates(basis, inside)
    assert found is not None
    assert inside == tuple(sum(c * b[i] for c, b in zip(found, basis, strict=True)) for i in range(3))
    doubled = hermite_basis([tuple(2 * x for x in v) for v in vectors])
    odd = next((b for b in basis if any(b)), None)
    assert odd is None or coordinates(doubled, odd) is None


def test_bounds_waste_nothing_on_parity() -> None:
    """The square lattice has (n + 1)^2 sites after n steps; steps that differ by multiples of four fill a fourth."""
    assert most_sites(SQUARE, 50) == 51**2 == len(endpoint_law(SQUARE, 50).counts)
    assert most_sites(StepSet.from_steps([2, -2, 6]), 10) == 21


def test_any_end_sequence() -> None:
    assert any_end_sequence(SQUARE, 4).values == (1, 4, 16, 64, 256)
    assert any_end_sequence(StepSet.from_steps([1, 2], [Fraction(1, 2), Fraction(1, 3)]), 2).values[2] == Fraction(
        25, 36
    )


# --- one site of each orbit ----------------------------------------------------------------------------------------

_FOLDABLE = {
    "king": [s for s in itertools.product((-1, 0, 1), repeat=2) if any(s)],
    "triangular": [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)],
    "rotations by a quarter, no reflection": [(2, 1), (-1, 2), (-2, -1), (1, -2), (0, 0)],
    "no symmetry": [(2, 1), (0, 1), (-1, -1), (0, -2)],
    "fcc": [s for s in itertools.product((-1, 0, 1), repeat=3) if sum(map(abs, s)) == 2],
}


@pytest.mark.parametrize("name", _FOLDABLE)
@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("way", [ARRAYS, LIMBS, ROWS])
def test_folded_law_vs_whole_levels(name: str, n: int, way: str) -> None:
    if way == LIMBS:
        pytest.importorskip("numba")
    weights = [1 + i % 3 for i in range(4)] if name == "no symmetry" else None
    steps = StepSet.from_steps(_FOLDABLE[name], weights)
    start = tuple(range(steps.dimension))
    folded = folded_counts(steps, n, start, 10**9, way=way)
    domain = domain_of(steps)
    assert domain is not None
    if (domain.ties and way != LIMBS) or (way == ROWS and steps.dimension != 2):
        assert folded is None
        return
    assert folded is not None
    law = endpoint_law(steps, n, start)
    assert dict(folded.pairs()) == dict(law.numerators)
    assert all(folded[site] == value for site, value in itertools.islice(law.numerators.items(), 50))
    assert folded.total == law.numerator_total
    assert folded.agrees(steps, n)
    second = (2, *(0,) * (steps.dimension - 1))
    assert Fraction(folded.moment(second), folded.total) == displacement_moments(steps, n, 2)[second]
    if isinstance(folded, ArrayCounts):  # the control
        folded.held[len(folded.held) // 2] += 1
    elif isinstance(folded, RowCounts):
        folded.held[-1] += 1
    else:
        assert isinstance(folded, LimbCounts)
        folded.pool[len(folded.pool) // 2] += 1
    del folded.sums
    assert not folded.agrees(steps, n)


def test_large_laws_of_the_plane_are_counted_in_rows_without_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "symdiff.evidence.counting.limb_kernel", raising=False)
    law = endpoint_law(StepSet.from_steps(_FOLDABLE["triangular"]), 320)
    assert law.method.endswith("of the orbits of 12 symmetries, whole rows")
    assert "symdiff.evidence.counting.limb_kernel" not in sys.modules
    counts = law.numerators
    assert isinstance(counts, RowCounts)
    low, high = counts.held[:2]
    counts.held[:2] = high, low  # the control: rows changed for each other
    del counts.sums
    assert not counts.agrees(StepSet.from_steps(_FOLDABLE["triangular"]), 320)


# --- products of binomial coefficients -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["line", "square", "bcc", "two steps", "oblique"])
@pytest.mark.parametrize("weight", [1, Fraction(1, 4)])
def test_product_law_vs_dynamic_programming(name: str, weight: int | Fraction) -> None:
    sets = {"line": [(1,), (-1,)], "square": SQUARE.steps, "bcc": list(itertools.product((1, -1), repeat=3)),
            "two steps": [(1, 2, 0), (-1, 0, 5)], "oblique": [(3, 0), (0, 0), (3, 2), (0, 2)]}  # fmt: skip
    steps = StepSet.from_steps(sets[name], [weight] * len(sets[name]))
    start = tuple(range(steps.dimension))
    for n in (1, 4, 7):
        twin = dynamic_programming_law(steps, n, start)
        law = product_counts(steps, n, start, 10**9, least=1)
        assert law is not None
        assert dict(law.pairs()) == dict(twin.numerators)
        assert (law.total, len(law)) == (twin.numerator_total, len(twin.numerators))
        assert all(law[site] == value for site, value in itertools.islice(twin.numerators.items(), 20))
        assert (99,) * steps.dimension not in law
        for order in range(4):
            assert {a: Fraction(law.moment(a), law.total) for a in twin.moments(order)} == twin.moments(order)


def test_a_wrong_row_of_binomials_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = ProductCounts.__init__

    def wrong(self: ProductCounts, *given: object) -> None:
        genuine(self, *given)  # type: ignore[arg-type]
        low, high = len(self.row) // 2 - 1, len(self.row) // 2
        row = list(self.row)
        row[low], row[high] = row[high], row[low]  # the total stays right
        self.row = tuple(row)

    monkeypatch.setattr(ProductCounts, "__init__", wrong)
    with pytest.raises(InternalFaultError, match="generating function"):
        endpoint_law(SQUARE, 100)


@given(step_sets(), st.integers(0, 6), st.data())
@settings(max_examples=40, deadline=None)
def test_two_halves_vs_one_sweep(steps: StepSet, n: int, data: st.DataObject) -> None:
    """Walks cut in the middle, with weights beyond 16 bits; a site that is off by one has other numbers or none."""
    site = tuple(data.draw(st.integers(-3, 3)) for _ in range(steps.dimension))
    heavy = StepSet(steps.steps, tuple(w * (10**9 + 7) for w in steps.numerators))
    for walk in (one_state(steps), one_state(heavy)):
        assert halved_numerators(walk, n, site) == packed_numerators(walk, n, site)


def test_a_long_sweep_in_the_plane_takes_two_halves() -> None:
    assert halves_pay(one_state(KING), 100)
    assert not halves_pay(one_state(KING), 10)
    found = sequence(KING, 100, (0, 0), (3, -2)).values
    assert found[40] == endpoint_law(KING, 40).walks((3, -2)) != found[39]


@settings(deadline=None, max_examples=60)
@given(step_sets(), st.integers(0, 9), st.data())
def test_powers_along_a_narrow_direction_vs_layers(steps: StepSet, n: int, data: st.DataObject) -> None:
    forms = narrow_forms_of(steps)
    if forms is None:
        assert steps.dimension != 2 or max(abs(x) for s in steps.steps for x in s) > 1
        return
    end = data.draw(st.tuples(*[st.integers(-3, 3)] * 2))
    found = narrow_numerators(steps, n, end, forms, 10**9)
    assert found == packed_numerators(one_state(steps), n, end)


@pytest.mark.parametrize("end", [(0, 0), (3, -2), (-1, 4)])
def test_powers_along_a_slanted_direction_vs_layers(end: tuple[int, int]) -> None:
    """Steps that are narrow along (1, -1) only, with one that rests and fractions among the weights."""
    steps = StepSet.from_steps([(3, 3), (-2, -3), (1, 2), (-3, -3), (0, 0), (2, 1)], [1, 2, Fraction(1, 3), 5, 1, 4])
    forms = narrow_forms_of(steps)
    assert forms is not None
    assert narrow_numerators(steps, 12, end, forms, 10**9) == packed_numerators(one_state(steps), 12, end)
    wider = StepSet.from_steps([*steps.steps, (5, 0)])
    assert narrow_forms_of(wider) is None
