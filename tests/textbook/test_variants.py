"""Variants of the textbook's models, stated from the model file's contract alone; expected verdicts and values are worked out by hand."""

from __future__ import annotations

import pytest

import symdiff as sd

UPWIND = r"""
[parameters]
c = "positive"
h = "positive"
tau = "positive"
[definitions]
nu = "c*tau/h"
D0 = "c*h/2"
[model]
coordinates = ["x"]
density = "u"
time_step = "tau"
[[jumps]]
displacement = "h"
probability = "nu"
"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"D = \frac{c h}{2}(1-\nu)", "proved"),
        (r"D = D_0 (1 - \nu)", "proved"),
        (r"\nu = \frac{c \tau}{h}", "proved"),
        (r"D = D_0", "refuted"),
    ],
)
def test_definitions_of_the_file_in_latex_claims_vs_the_modified_equation_of_upwind(claim: str, verdict: str) -> None:
    assert sd.check(sd.loads(UPWIND), claim).verdict == verdict
