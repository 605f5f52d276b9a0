"""Claims about what a regime is too coarse to keep: it says nothing, and wrong ones stay wrong."""

import pytest

from symdiff import check, loads

# Two velocities w + c and w - c, left at the rate lam each: v = w and D = c^2/(2 lam) at late times (Goldstein 1951). On lengths 1/eps
# and times 1/eps^2 a drift w of order eps^2 moves the walker by less than its spread.
DRIFTING = """
title = "A telegraph process in a slow wind"
[parameters]
c = "positive"
w = "real"
lam = "positive"
[model]
coordinates = ["x"]
states = ["R", "L"]
[[states]]
name = "R"
velocity = "w + c"
[[states]]
name = "L"
velocity = "w - c"
[[jumps]]
from = "R"
to = "L"
displacement = "0"
rate = "lam"
[[jumps]]
from = "L"
to = "R"
displacement = "0"
rate = "lam"
[scaling]
name = "weak"
x = -1
t = -2
w = POWER
"""


@pytest.fixture(scope="module")
def weak():
    return loads(DRIFTING.replace("POWER", "2"))


@pytest.mark.parametrize(
    ("claim", "verdict", "in_weak"),
    [
        ("v = w", "proved", "silent"),
        ("v = 2 w", "refuted", "refuted"),  # beyond what is kept, and proved nowhere
        ("v = c", "refuted", "refuted"),  # within what is kept
    ],
)
def test_a_regime_is_silent_where_it_keeps_nothing(weak, claim, verdict, in_weak):
    found = check(weak, claim)
    assert (found.verdict, {r.name: r.verdict for r in found.regimes}["weak"]) == (verdict, in_weak)


def test_what_the_regime_keeps_is_judged_in_it():
    found = check(loads(DRIFTING.replace("POWER", "1")), "v = w")
    assert {r.name: r.verdict for r in found.regimes} == {"weak": "proved", "long-wave": "proved"}


@pytest.mark.parametrize(("sign", "verdict"), [("-", "proved"), ("", "refuted")])
def test_equations_with_a_term_that_the_regime_does_not_keep(weak, sign, verdict):
    found = check(weak, rf"\partial_t P = {sign} w \partial_x P + \frac{{c^2}}{{2 lam}} \partial_x^2 P")
    assert found.verdict == verdict
