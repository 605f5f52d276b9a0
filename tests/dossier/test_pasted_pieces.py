r"""Pasted equations with rates in pieces; the jump of the density at an interface by hand: u D and the flux are continuous (van Kampen)."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.dossier.latex_model import model_from_latex
from symdiff.errors import ModelError
from symdiff.notation.latex import read_latex

_MEDIA = (
    r"\partial_t u = \begin{{cases}} a & x < {right} \\ b & \text{{otherwise}}\end{{cases}} u(x-h,t) + \begin{{cases}} a & x < -h \\ "
    r"b & \text{{otherwise}}\end{{cases}} u(x+h,t) - \begin{{cases}} {loss} a & x < 0 \\ 2 b & x \ge 0 \end{{cases}} u(x,t)"
)
_KINK = r"P(x,t+\tau) = \begin{{cases}} p & x = \ell \\ \frac12 & x \ne \ell\end{{cases}} P(x-\ell,t) + \begin{{cases}} {left} & x = -\ell \\ \frac12 & \text{{otherwise}}\end{{cases}} P(x+\ell,t)"
_SLOW = (
    r"\partial_t u = \begin{cases} k/h & x = h/2 \\ D/h^2 & \text{otherwise}\end{cases} u(x-h,t) + \begin{cases} k/h & x = -h/2 \\ "
    r"D/h^2 & \text{otherwise}\end{cases} u(x+h,t) - \begin{cases} k/h + D/h^2 & x = -h/2 \text{ or } x = h/2 \\ 2D/h^2 & "
    r"\text{otherwise}\end{cases} u(x,t)"
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (_MEDIA.format(right="h", loss=2), r"\frac{a}{b}"),
        (_KINK.format(left="1-p"), r"\frac{p}{1-p}"),
        (r"\dot P_n = g_{n-1}P_{n-1} + g_{n+1}P_{n+1} - 2g_nP_n, g_n = \begin{cases} a & n < 0 \\ b & n \ge 0\end{cases}", r"\frac{a}{b}"),
    ],
)  # fmt: skip
def test_sites_with_rates_of_their_own_are_read(text: str, value: str) -> None:
    model = model_from_latex(text).model
    assert sd.check(model, rf"ratio = {value}").verdict == "proved"
    assert sd.check(model, rf"ratio = 2{value}").verdict == "refuted"


def test_a_slow_bond_between_two_sites() -> None:
    reading = model_from_latex(_SLOW)
    assert "h/2 is a site" in reading.assumed
    for where in ("x != -h/2", "x != h/2", "x = -h/2", "x = h/2"):
        assert f'where = "{where}"' in reading.toml()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (_MEDIA.format(right="h", loss=3), "x < 0"),
        (_MEDIA.format(right="-h", loss=2), "x = -2*h"),  # a walker that jumps right from there arrives at the rate of the other side
        (_KINK.format(left="p"), "x = 0"),
    ],
)  # fmt: skip
def test_what_is_lost_at_some_sites_is_named(text: str, where: str) -> None:
    with pytest.raises(ModelError, match="probability is not conserved at") as caught:
        model_from_latex(text)
    assert where in caught.value.message


def test_conditions_with_words_between_them() -> None:
    found = read_latex(
        r"g(x) = \begin{cases} a & x < -L \text{ or } x > L \\ b & \text{otherwise}\end{cases}"
    ).equations
    assert "(x > L) | (x < -L)" in str(found[0])
