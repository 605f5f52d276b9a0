"""Formulas in the cells of LaTeX tables: broken at their signs where the pieces fit, shrunk where they do not."""

from __future__ import annotations

import pytest

from symdiff.report.tex import _breaks


@pytest.mark.parametrize(
    ("latex", "breaks"),
    [
        (r"\frac{\partial u}{\partial t} = \frac{\partial^2}{\partial x^2}[D(x,y) u] + \frac{\partial^2}{\partial y^2}[D(x,y) u]", True),
        (r"u(x) = x^4/40 + 2 x^3/15 + 9 x^2/20 + x/10 + 8/5", True),
        (r"D = \left(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p\right) q", False),
        (r"D = \frac{a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p}{q}", False),
        (r"D = a", False),
    ],
)  # fmt: skip
def test_signs_outside_of_groups_break_a_formula(latex: str, breaks: bool) -> None:
    assert _breaks(latex) is breaks
