"""Certified recurrences: against counted terms, against known sequences, and a checker that rejects every forged proof."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symdiff.errors import InternalFaultError, NotYetError, UsageError
from symdiff.evidence.counting import StepSet, sequence, single_site
from symdiff.evidence.counting import recurrence as recurrence_module
from symdiff.evidence.counting.asymptotics import expansion
from symdiff.evidence.counting.certificate_check import certificate_holds
from symdiff.evidence.counting.dynamic_programming import layers
from symdiff.evidence.counting.first_visits import first_return
from symdiff.evidence.counting.guessing import evaluate
from symdiff.evidence.counting.modular import primes_below
from symdiff.evidence.counting.modular_matrix import rationals
from symdiff.evidence.counting.power_series import quotient
from symdiff.evidence.counting.product_law import independent_signs
from symdiff.evidence.counting.recurrence import Recurrence, recurrence
from symdiff.evidence.counting.recurrence_text import differential_equation, recurrence_text
from symdiff.evidence.counting.single_site import best_site_count
from symdiff.evidence.counting.steps import one_state
from symdiff.evidence.counting.telescoping import Ansatz
from symdiff.evidence.counting.visits import distinct_sites, never_returned, visits_law

SETS = {
    "line": [(1,), (-1,)],
    "five": [(i,) for i in range(-2, 3)],
    "square": [(1, 0), (-1, 0), (0, 1), (0, -1)],
    "triangular": [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)],
    "king": [v for v in itertools.product((-1, 0, 1), repeat=2) if any(v)],
    "kreweras": [(1, 1), (-1, 0), (0, -1)],
    "four": [(-1, -1), (-1, 0), (0, -1), (1, 1)],
    "cubic": [tuple(a * (i == j) for j in range(3)) for i in range(3) for a in (1, -1)],
    "bcc": list(itertools.product((-1, 1), repeat=3)),
    "fcc": [v for v in itertools.product((-1, 0, 1), repeat=3) if sum(map(abs, v)) == 2],
}


def counted(steps: StepSet, n: int, site: tuple[int, ...]) -> list[int]:
    """By dynamic programming, the slow twin."""
    origin = (0,) * steps.dimension
    return [layer.get((site, 0), 0) for layer in layers(one_state(steps), n, {(origin, 0): 1})]


@pytest.mark.parametrize("name", SETS)
def test_terms_against_counts(name: str) -> None:
    steps = StepSet.from_steps(SETS[name])
    found = recurrence(steps)
    n = 14 if steps.dimension == 3 else 30
    expected = counted(steps, n, (0,) * steps.dimension)
    assert list(islice(found.terms(), n + 1)) == expected
    assert [found.nth(m) for m in range(n + 1)] == expected
    assert found.holds()


@pytest.mark.parametrize(
    ("name", "site"),
    [("square", (3, 2)), ("triangular", (1, 1)), ("king", (2, 1)), ("kreweras", (1, 0)), ("five", (3,))],
)
def test_other_sites_against_counts(name: str, site: tuple[int, ...]) -> None:
    steps = StepSet.from_steps(SETS[name])
    assert list(islice(recurrence(steps, site).terms(), 25)) == counted(steps, 24, site)


@pytest.mark.parametrize(
    ("vectors", "weights", "site"),
    [
        ([(2, 0), (-2, 0), (0, 1), (0, -1)], None, (2, 0)),
        ([(1, 1), (-1, -1)], None, (1, 1)),
        ([(1, 0, 1), (-1, 0, -1), (0, 2, 0), (0, -2, 0)], None, (1, 0, 1)),
        ([(2, 0), (-2, 0), (0, 1)], None, (0, 0)),
        ([(1,), (-1,), (0,)], [Fraction(1, 3), Fraction(1, 3), Fraction(2, 7)], (2,)),
        (
            [(-1,), (1,), (2,)],
            None,
            (2,),
        ),  # these three have no divergence as proof, but an identity of rational functions
        ([(-1, -1), (1, 1), (-1, 0)], None, (-1, -1)),
        ([(0, 0), (-1, -1), (1, 1), (0, 1), (-1, 0), (-1, 1)], [1, 1, 1, 1, 1, Fraction(1, 2)], (0, 1)),
        pytest.param(
            [v for v in SETS["king"] if v != (0, -1)], [5, 4, 3, 2, 1, 1, 2], (-1, 1), marks=pytest.mark.exhaustive
        ),
    ],
)
def test_sparse_lattices_and_fractions_against_counts(
    vectors: list[tuple[int, ...]], weights: list[Fraction] | None, site: tuple[int, ...]
) -> None:
    steps = StepSet.from_steps(vectors, weights)
    found = recurrence(steps, site)
    assert found.site == site
    assert found.holds()
    assert list(islice(found.terms(), 17)) == counted(steps, 16, site)


small = st.tuples(st.integers(-1, 1), st.integers(-1, 1))
step_sets = st.lists(st.tuples(small, st.integers(1, 3)), min_size=2, max_size=5).map(
    lambda found: StepSet.from_steps([v for v, _ in found], [w for _, w in found])
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(step_sets)
def test_random_steps_against_counts(steps: StepSet) -> None:
    """Degenerate sets too: collinear steps, resting steps, steps of gcd 2, steps on one side."""
    try:
        found = recurrence(steps)
    except (NotYetError, UsageError):
        return
    assert list(islice(found.terms(), 21)) == counted(steps, 20, (0, 0))


def forged(found: Recurrence) -> list[tuple[str, dict[str, object]]]:
    """The same proof with one thing wrong."""
    weights = dict(zip(found.steps.steps, found.steps.numerators, strict=True))
    first, *rest = found.certificate
    m, k, q = first
    c = found.coefficients
    return [
        ("a vector", {"certificate": ((m, k, (q[0] + 1, *q[1:])), *rest)}),
        ("a term less", {"certificate": tuple(rest)}),
        ("a coefficient", {"coefficients": (*c[:-1], (c[-1][0] + 1, *c[-1][1:]))}),
        ("nothing claimed", {"coefficients": ((0,),), "certificate": ()}),
        ("a scale of zero", {"coefficients": ((1,),), "scale": 0, "certificate": ()}),
        ("no map", {"maps": (), "certificate": ()}),
        (
            "a map that is none",
            {"maps": ((tuple((2, *(0,) * (len(m) - 1)) for _ in m), (1,) * len(m)), *found.maps[1:])},
        ),
        ("a weight", {"weights": {s: w + (s == found.steps.steps[0]) for s, w in weights.items()}}),
    ]


@pytest.mark.parametrize("name", ["line", "square", "triangular", "kreweras", "four"])
def test_forged_proofs_are_rejected(name: str) -> None:
    found = recurrence(StepSet.from_steps(SETS[name]))
    proof = {
        "weights": dict(zip(found.steps.steps, found.steps.numerators, strict=True)), "targets": dict(found.targets), "maps": found.maps,
        "coefficients": found.coefficients, "scale": found.scale, "certificate": found.certificate,
    }  # fmt: skip
    assert certificate_holds(**proof)
    for what, change in forged(found):
        assert not certificate_holds(**(proof | change)), what  # type: ignore[arg-type]


def test_map_that_merges_steps_proves_nothing() -> None:
    """Everything to zero keeps the set of a lazy walk's steps inside itself, but is no symmetry."""
    assert not certificate_holds({(1,): 1, (0,): 1, (-1,): 1}, {(0,): 1}, [(((0,),), (1,))], [(1,)], 1, [])


def test_square_text() -> None:
    assert (
        recurrence_text(recurrence(StepSet.from_steps(SETS["square"]))) == "(n + 2)**2*a(n+2) - 16*(n + 1)**2*a(n) = 0"
    )


@pytest.mark.parametrize("name", ["square", "triangular", "king", "fcc"])
def test_differential_equation_against_its_series(name: str) -> None:
    found = recurrence(StepSet.from_steps(SETS[name]))
    values = list(islice(found.terms(), 20))
    left, right = differential_equation(found)
    for m in range(16):
        total = sum(evaluate(q, m - p) * values[m - p] for p, q in left if m >= p)
        assert total == dict(right).get(m, 0)


@pytest.mark.parametrize("name", ["line", "square", "triangular", "king", "cubic", "fcc"])
def test_expansion_against_counts(name: str) -> None:
    """The error at n = 600 is that of the first term left out, which is below 10^4 / n^9 here."""
    found = recurrence(StepSet.from_steps(SETS[name]))
    series = expansion(found, 8)
    text, exponent = series.estimate(600, 40)
    value = Fraction(found.nth(600))
    estimate = Fraction(text) * Fraction(10) ** exponent
    assert abs(value / estimate - 1) < Fraction(10**4, 600**9)
    assert abs(value / (estimate * Fraction(1001, 1000)) - 1) > Fraction(1, 2000)


def test_square_expansion_by_stirling() -> None:
    """C(2m, m)^2 with n = 2m: 1 - 1/(2n) + 1/(8n^2) + ..., from Stirling's series."""
    series = expansion(recurrence(StepSet.from_steps(SETS["square"])), 2)
    assert series.coefficients == (Fraction(-1, 2), Fraction(1, 8))


@pytest.mark.parametrize("name", ["line", "square", "triangular", "king", "bcc"])
def test_many_steps_against_sweep(name: str) -> None:
    steps = StepSet.from_steps(SETS[name])
    n = {1: 40, 2: 260, 3: 30}[steps.dimension]
    site = (0,) * steps.dimension
    assert best_site_count(steps, n, site).count == sequence(steps, n, site, site).values[-1]


CLOSED = [
    ([(-3,), (1,), (2,)], [1, 2, 3], "sum of"),
    ([(1, 1), (-1, 0), (0, -1)], [3, 1, 1], "one multinomial"),
    ([(1, 0), (-1, 0), (0, 1), (0, -1)], [1, 2, 1, 3], "sum of"),
    ([(2 * i - 3, 4 * i) for i in range(5)], [2] * 5, "alternating sum"),
    (
        list(itertools.product((-1, 0, 1), (-2, -1, 1, 2))),
        [a * b for a in (1, 2, 1) for b in (1, 3, 2, 2)],
        "product over",
    ),
    ([(x, y, x + 2 * z) for x, y, z in itertools.product((0, 1), (-1, 0, 2), (-1, 1))], [6] * 12, "product over"),
]


@pytest.mark.parametrize(("vectors", "weights", "method"), CLOSED)
def test_closed_forms_vs_dynamic_programming(
    vectors: list[tuple[int, ...]], weights: list[int], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sites of few steps, by the way that is taken for many."""
    monkeypatch.setattr(single_site, "_MANY", dict.fromkeys((1, 2, 3), 2))
    steps = StepSet.from_steps(vectors, weights)
    *_, last = layers(one_state(steps), 5, {((0,) * steps.dimension, 0): 1})
    methods = set()
    for (site, _), number in list(last.items())[:: 1 + len(last) // 20]:
        found = best_site_count(steps, 5, site)
        assert found.count == number
        methods.add(found.method)
    assert any(m.startswith(method) for m in methods)


def test_wrong_closed_form_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = single_site.closed_form
    monkeypatch.setattr(single_site, "closed_form", lambda s, n, x, m: (right(s, n, x, m)[0] + n // 9, "wrong"))  # type: ignore[index]
    with pytest.raises(InternalFaultError, match="disagrees"):
        best_site_count(StepSet.from_steps([-2, 0, 3]), 5000, 0)


def test_independent_signs_found_and_not_found() -> None:
    assert independent_signs(StepSet.from_steps(SETS["square"])) is not None
    assert independent_signs(StepSet.from_steps(SETS["bcc"])) is not None
    assert independent_signs(StepSet.from_steps([(1, 0), (0, 1), (-1, 0), (2, 2)])) is None
    assert independent_signs(StepSet.from_steps(SETS["square"], [1, 2, 1, 1])) is None


def test_no_closed_walk_is_refused() -> None:
    with pytest.raises(UsageError, match="no closed walks"):
        recurrence(StepSet.from_steps([(1, 0), (0, 1)]))


@pytest.mark.slow
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_quotient_of_series_against_product(above: list[int], more: list[int]) -> None:
    below = [1, *more]
    long_above = above + [0] * (300 - len(above))
    long_below = below + [0] * (300 - len(below))
    found = quotient(long_above, long_below)
    assert found[: len(above)] == quotient(above, below[: len(above)] + [0] * max(0, len(above) - len(below)))
    assert all(sum(found[m - k] * b for k, b in enumerate(below) if k <= m) == long_above[m] for m in range(300))


@settings(max_examples=25, deadline=None)
@given(step_sets, st.integers(0, 6))
def test_visits_against_enumeration(steps: StepSet, n: int) -> None:
    paths: list[tuple[list[tuple[int, int]], int]] = [([(0, 0)], 1)]
    for _ in range(n):
        paths = [
            ([*path, (path[-1][0] + s[0], path[-1][1] + s[1])], w * v)
            for path, w in paths
            for s, v in zip(steps.steps, steps.numerators, strict=True)
        ]
    total = sum(w for _, w in paths)
    returns: dict[int, int] = {}
    for path, w in paths:
        k = path[1:].count((0, 0))
        returns[k] = returns.get(k, 0) + w
    assert {k: v for k, v in enumerate(visits_law(steps, n).numbers) if v} == returns
    assert never_returned(steps, n).values[n] == returns.get(0, 0)
    assert distinct_sites(steps, n)[n] == Fraction(sum(w * len(set(path)) for path, w in paths), total)
    assert first_return(steps, n).values[n] == (
        sum(w for path, w in paths if path[-1] == (0, 0) and path[1:].count((0, 0)) == 1) if n else 0
    )


@pytest.mark.parametrize("steps", [[-1, 2], [-2, -1, 0, 1, 2], [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)]])
def test_blocks_of_steps_vs_single_steps(steps: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("flint")
    found = recurrence(StepSet.from_steps(steps))
    terms = list(itertools.islice(found.terms(), 90))
    for name, value in {"_LEAST_BLOCK": 4, "_MOST_BLOCK": 4, "_TOGETHER": 2, "_CONTENT": {4}}.items():
        monkeypatch.setattr(f"symdiff.evidence.counting.recurrence_terms.{name}", value)
    assert [found.nth(n) for n in range(90)] == terms


def test_certificates_without_curls_prove_what_those_with_them_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps with weights and without symmetries to (1, 1): fewer numbers are sought, and the same recurrence is proved."""
    steps = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1)], [2, 1, 1, 3, 1])
    recurrence_module._recurrence.cache_clear()
    found = recurrence(steps, (1, 1))
    monkeypatch.setattr(Ansatz, "_without_curls", lambda self, points: list(range(len(self.unknowns) * self.powers)))
    recurrence_module._recurrence.cache_clear()
    whole = recurrence(steps, (1, 1))
    recurrence_module._recurrence.cache_clear()
    assert found.coefficients == whole.coefficients
    assert found.holds()
    m, k, q = found.certificate[0]
    forged = replace(found, certificate=((m, k, (q[0] + 1, *q[1:])), *found.certificate[1:]))
    assert not forged.holds()


def test_fractions_from_remainders_with_long_numerators() -> None:
    """A common denominator of 40 bits and numerators of 700 need 12 primes more than 700 bits, not twice as many bits."""
    draw = random.Random(5)
    modulus = math.prod(primes_below(31, 27))
    below = draw.getrandbits(40) | 1
    values = [Fraction(draw.getrandbits(700) - 2**699, below) for _ in range(30)]
    remainders = [v.numerator * pow(v.denominator, -1, modulus) % modulus for v in values]
    assert rationals(remainders, modulus) == values
    assert rationals(remainders[:3], math.prod(primes_below(31, 20))) != values[:3]
