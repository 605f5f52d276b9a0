"""Bad input, sizes that would not fit, long numbers, and what the package imports."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdiff.counting import (
    STAY,
    WalledSteps,
    box,
    count,
    displacement_moments,
    distinct_sites,
    half_space,
    orthant,
    walled_law,
)
from symdiff.errors import ModelError, NotYetError, ResourceError, UsageError
from symdiff.evidence.counting import (
    StateSteps,
    StepSet,
    Transition,
    any_end_sequence,
    any_end_total,
    count_to,
    decimal_text,
    dynamic_programming_law,
    endpoint_law,
    exact_text,
    first_return,
    non_reversing_law,
    recurrence,
    self_avoiding_law,
    self_avoiding_sequence,
    sequence,
    site_count,
    state_endpoint_law,
)
from symdiff.evidence.counting.avoiding_walled import walled_non_reversing

SQUARE = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1)])
LINE = StepSet.from_steps([1, -1])
TRIANGULAR = StepSet.from_steps([(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
HONEYCOMB = StateSteps.from_transitions(
    [("A", "B", s, 1) for s in [(0, 0), (-1, 0), (0, -1)]] + [("B", "A", s, 1) for s in [(0, 0), (1, 0), (0, 1)]]
)


@pytest.mark.parametrize(
    "build",
    [
        lambda: StepSet.from_steps([]),
        lambda: StepSet.from_steps(5),  # type: ignore[arg-type]
        lambda: StepSet((), ()),
        lambda: StepSet.from_steps([(1, 0), (1,)]),
        lambda: StepSet.from_steps([()]),
        lambda: StepSet.from_steps([(0.5, 0)]),
        lambda: StepSet.from_steps(["x"]),
        lambda: StepSet.from_steps([True]),
        lambda: StepSet.from_steps([1, 2], [1]),
        lambda: StepSet.from_steps([1], [0.5]),
        lambda: StepSet.from_steps([1], [-1]),
        lambda: StepSet.from_steps([1], [True]),
        lambda: StepSet.from_steps([1, 2], [0, 0]),
        lambda: StepSet(((1,), (1,)), (1, 1)),
        lambda: StepSet(((1,),), (0,)),
        lambda: StepSet(((1,),), (0.5,)),
        lambda: StepSet(([1],), (1,)),
        lambda: StateSteps.from_transitions([]),
        lambda: StateSteps.from_transitions([("A", "B", 1, -1)]),
        lambda: StateSteps(("A",), (Transition("A", "B", (1,)),)),
        lambda: StateSteps(("A", "A"), (Transition("A", "A", (1,)),)),
        lambda: StateSteps(("A",), (Transition("A", "A", (1,)), Transition("A", "A", (1,)))),
    ],
)
def test_bad_steps(build: Callable[[], Any]) -> None:
    with pytest.raises(ModelError) as caught:
        build()
    assert caught.value.instead


DEAD_END = StateSteps.from_transitions([("A", "B", 1, 1)])


def test_no_walk_at_all_has_no_probability() -> None:
    assert count(DEAD_END, 2, (2, "B"), (0, "A")).to_dict()["counts"][0]["probability"] is None
    assert count(DEAD_END, 1, (1, "B"), (0, "A")).to_dict()["counts"][0]["probability"] == "1"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: endpoint_law(SQUARE, 2).walks(None),
        lambda: endpoint_law(SQUARE, -1),
        lambda: endpoint_law(SQUARE, 2.0),  # type: ignore[arg-type]
        lambda: endpoint_law(SQUARE, True),
        lambda: endpoint_law(SQUARE, "3"),  # type: ignore[arg-type]
        lambda: endpoint_law(SQUARE, 3, (0, 0, 0)),
        lambda: endpoint_law(SQUARE, 3, 0),
        lambda: endpoint_law(SQUARE, 3).walks((1,)),
        lambda: endpoint_law(SQUARE, 3).walks((1.0, 0)),
        lambda: endpoint_law(SQUARE, 3).moments(-1),
        lambda: count_to(SQUARE, 3, (1, 2, 3)),
        lambda: count_to(SQUARE, 3, "12"),
        lambda: sequence(SQUARE, -2, None, None),
        lambda: sequence(SQUARE, 2, None, (1,)),
        lambda: first_return(SQUARE, 1.5),  # type: ignore[arg-type]
        lambda: state_endpoint_law(HONEYCOMB, 3, (0, 0)),
        lambda: state_endpoint_law(HONEYCOMB, 3, (0, 0, "C")),
        lambda: state_endpoint_law(HONEYCOMB, 3, ("A", 0, 0)),
        lambda: state_endpoint_law(HONEYCOMB, 3, (0, "A")),
        lambda: non_reversing_law(StepSet.from_steps([0, 1, -1]), 3),
        lambda: self_avoiding_law(SQUARE, -3),
        lambda: count(DEAD_END, 2, (2, "B"), (0, "A")).probability,
    ],
)
def test_bad_questions(ask: Callable[[], Any]) -> None:
    with pytest.raises(UsageError) as caught:
        ask()
    assert caught.value.instead


@pytest.mark.parametrize(
    "ask",
    [
        lambda: endpoint_law(SQUARE, 10**6),
        lambda: endpoint_law(LINE, 10**30),
        lambda: endpoint_law(TRIANGULAR, 100, max_bytes=10**5),
        lambda: dynamic_programming_law(SQUARE, 10**5),
        lambda: state_endpoint_law(HONEYCOMB, 10**5, (0, 0, "A")),
        lambda: count_to(SQUARE, 10**18, (0, 0)),
        lambda: count_to(SQUARE, 10**18, (10**19, 0)),
        lambda: count_to(
            StepSet.from_steps([(0,) * 9, *[tuple(int(i == j) for j in range(9)) for i in range(9)]]), 300, (9,) * 9
        ),
        lambda: sequence(SQUARE, 10**9, None, None),
        lambda: any_end_total(SQUARE, 10**18),
        lambda: any_end_sequence(SQUARE, 10**9),
        lambda: first_return(LINE, 10**9),
        lambda: self_avoiding_sequence(SQUARE, 60),
        lambda: self_avoiding_sequence(SQUARE, 10**12),
    ],
)
def test_too_large_is_refused_with_its_size(ask: Callable[[], Any]) -> None:
    with pytest.raises(ResourceError, match=r"\d") as caught:
        ask()
    assert caught.value.instead


def test_limits_can_be_raised() -> None:
    with pytest.raises(ResourceError):
        endpoint_law(TRIANGULAR, 40, max_bytes=10**4)
    assert endpoint_law(TRIANGULAR, 40, max_bytes=10**7).total == 6**40
    with pytest.raises(ResourceError):
        self_avoiding_law(SQUARE, 12, max_walks=1000)
    # What is bounded from short walks may be fewer; walks that are few are never refused.
    assert self_avoiding_law(StepSet.from_steps([1, -1]), 100, max_walks=10).total == 2


def test_integers_of_other_types_are_read() -> None:
    import numpy as np

    steps = StepSet.from_steps([(np.int64(1), 0), (0, np.int64(1))])
    assert steps.steps == ((0, 1), (1, 0))
    assert count_to(steps, np.int64(2), (1, np.int64(1))) == 2  # type: ignore[arg-type]


@given(
    st.one_of(
        st.integers(), st.integers(1, 10**6).map(lambda k: 3**20000 + k), st.integers(8000, 30000).map(lambda k: 1 << k)
    )
)
def test_decimal_text(value: int) -> None:
    text = decimal_text(value)
    # Read back in pieces: Python refuses to read more than 4300 digits at once.
    found = 0
    for i in range(0, len(text.lstrip("-")), 4000):
        piece = text.lstrip("-")[i : i + 4000]
        found = found * 10 ** len(piece) + int(piece)
    assert (-found if value < 0 else found) == value


def test_long_numbers_leave_the_interpreter_alone() -> None:
    before = sys.get_int_max_str_digits()
    value = 7**20000
    with pytest.raises(ValueError, match="digits"):
        str(value)
    assert len(decimal_text(value)) == 16902
    assert exact_text(Fraction(1, 10**5000)) == "1/1" + "0" * 5000
    assert sys.get_int_max_str_digits() == before


def test_long_counts_can_be_shown() -> None:
    found = site_count(LINE, 20000, 0)
    assert "10^" in repr(found)
    assert len(found.to_dict()["counts"][0]["walks"]) > 6000
    assert repr(endpoint_law(StepSet.from_steps([1], [Fraction(1, 7)]), 9000))
    assert repr(sequence(StepSet.from_steps([0], [3]), 12000, None, None))


@pytest.mark.parametrize("ask", [
    lambda steps: endpoint_law(steps, 60, max_bytes=10**15), lambda steps: sequence(steps, 400, None, None, max_bytes=10**15),
    lambda steps: recurrence.recurrence(steps),
])  # fmt: skip
def test_counts_in_four_dimensions_that_would_take_hours_are_refused(ask: Callable[[StepSet], object]) -> None:
    four = StepSet.from_steps([s for s in itertools.product((-1, 0, 1), repeat=4) if sum(map(abs, s)) == 2])
    with pytest.raises((ResourceError, NotYetError), match="dimensions"):
        ask(four)


def test_the_package_imports_only_the_standard_library() -> None:
    code = (
        "import sys; import symdiff.evidence.counting; "
        "heavy = {'sympy', 'numpy', 'scipy', 'mpmath'} & {m.split('.')[0] for m in sys.modules}; "
        "own = {m for m in sys.modules if m.startswith('symdiff.') and not m.startswith('symdiff.evidence')}; "
        "print(sorted(heavy), sorted(own))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[] ['symdiff.errors']"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: half_space((0, 0)),
        lambda: half_space((0.5, 1)),  # type: ignore[arg-type]
        lambda: half_space((1,), 0, "bounce"),
        lambda: box((3,), (1,)),
        lambda: box((0, 0), (3,)),
        lambda: WalledSteps(SQUARE, orthant(3)),
        lambda: endpoint_law(HONEYCOMB, 3),  # type: ignore[arg-type]
        lambda: endpoint_law(WalledSteps(SQUARE, orthant(2)), 3),  # type: ignore[arg-type]
        lambda: sequence(WalledSteps(SQUARE, orthant(2)), 3, None, None),  # type: ignore[arg-type]
        lambda: state_endpoint_law(SQUARE, 3),  # type: ignore[arg-type]
        lambda: walled_law(SQUARE, 3),  # type: ignore[arg-type]
        lambda: distinct_sites(WalledSteps(SQUARE, orthant(2)), 3),  # type: ignore[arg-type]
        lambda: displacement_moments(HONEYCOMB, 3, 2),  # type: ignore[arg-type]
        lambda: list(walled_non_reversing(WalledSteps(LINE, box((0,), (2,), STAY)), 3, None)),
    ],
)
def test_walls_that_are_none_and_walks_of_another_kind(ask: Callable[[], Any]) -> None:
    with pytest.raises(UsageError) as caught:
        ask()
    assert caught.value.instead
