"""Averages between two reflecting walls against integrals of the density by quadrature, and claims about them worked out by hand."""

from __future__ import annotations

from functools import cache

import mpmath
import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.observables.moments import equation_moment
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.model.jump_model import ClaimStatement, JumpModel


@cache
def walled(kind: str = "reflecting") -> tuple[JumpModel, Derivation]:
    model = sd.loads(f"""
[parameters]
L = "positive"
D0 = "positive"
x0 = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "D0"
[[boundaries]]
domain = "0 < x < L"
kind = "{kind}"
[initial]
position = ["x0"]
""")
    return model, derive_model(model)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_averages_vs_quadrature_over_images(power: int) -> None:
    """The density by images (Carslaw and Jaeger), integrated numerically: nothing is shared with the modes."""
    model, derivation = walled()
    (x,) = model.coordinate_symbols
    value = equation_moment(model, derivation.limits[0], x**power)
    assert value is not None
    length, start, spread, time = 3, 1, 0.5, 0.7
    numbers = {p.symbol: n for p, n in zip(model.parameters, (length, spread, start), strict=True)}
    ours = float(sp.N(value.xreplace({**numbers, model.time: time}).doit() if not value.has(sp.Sum) else sp.Add(
        *(a if not a.has(sp.Sum) else sum(a.function.subs(a.variables[0], n) for n in range(1, 30))
          for a in sp.Add.make_args(value.xreplace({**numbers, model.time: time}))))))  # fmt: skip

    def density(y: float) -> float:
        around = (mpmath.exp(-((y - s * start + 2 * n * length) ** 2) / (4 * spread * time))
                  for n in range(-6, 7) for s in (1, -1))  # fmt: skip
        return mpmath.fsum(around) / mpmath.sqrt(4 * mpmath.pi * spread * time)

    expected = mpmath.quad(lambda y: (y - start) ** power * density(y), [0, 1, 2, 3])
    assert ours == pytest.approx(float(expected), rel=1e-9)
    assert ours != pytest.approx(0.99 * float(expected), rel=1e-3)


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"P \to \frac1L", "proved"),
        (r"P \to \frac2L", "refuted"),
        (r"\langle x\rangle_{st} = L/2", "proved"),
        (r"\langle x\rangle_{st} = L/3", "refuted"),
        (r"\lim_{t\to\infty}\langle x\rangle = L/2", "proved"),
        (r"\lim_{t\to\infty}\langle x\rangle = L/4", "refuted"),
        (r"\mathrm{Var}(x)\to\frac{L^2}{12}", "proved"),
        (r"\mathrm{Var}(x)\to\frac{L^2}{3}", "refuted"),
        (r"\sigma_x^2\to L^2/12", "proved"),
        (r"\sigma_x^2\to L^2/6", "refuted"),
        (r"\langle x\rangle = \frac L2-\frac{4L}{\pi^2}\sum_{n\ \mathrm{odd}}\frac{1}{n^2}\cos\frac{n\pi x_0}{L}e^{-n^2\pi^2D_0t/L^2}",
         "proved"),
        (r"\langle x\rangle = \frac L2-\frac{2L}{\pi^2}\sum_{n\ \mathrm{odd}}\frac{1}{n^2}\cos\frac{n\pi x_0}{L}e^{-n^2\pi^2D_0t/L^2}",
         "refuted"),
    ],
)  # fmt: skip
def test_claims_between_reflecting_walls(latex: str, verdict: str) -> None:
    model, derivation = walled()
    (found,) = check_model(model, (ClaimStatement("claim", latex=latex),), derivation=derivation).verdicts
    assert found.verdict == verdict


def test_averages_of_those_that_are_left_stay_open() -> None:
    model, derivation = walled("absorbing")
    assert equation_moment(model, derivation.limits[0], model.coordinate_symbols[0]) is None
