"""Walkers beside walls that take some of them, with a drift: against the chain of sites itself, and closed forms by hand.

Half-line without drift: erf(y/w) + e^(kappa y/D + kappa^2 t/D) erfc(y/w + kappa sqrt(t/D)), w = sqrt(4 D t) (Carslaw and Jaeger).
"""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdiff.continuum.observables.catalogue import on_level
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.loading import load_text

TEXT = """
[parameters]
h = "positive"
D = "positive"
kap = "positive"
v = "real"
[model]
coordinates = ["x"]
origin = ["h/2"]
[[jumps]]
displacement = "h"
rate = "D/h**2 + v/(2*h)"
[[jumps]]
displacement = "-h"
rate = "D/h**2 - v/(2*h)"
[[boundaries]]
domain = "x > 0"
kind = "partial"
rate = "kap/h"
{more}
[initial]
position = ["1"]
[scaling]
name = "lattice"
h = 1
"""


def values(model: JumpModel, *kinds: str) -> list[sp.Expr]:
    limit = next(found for found in derive_model(model).limits if found.regime.name == "lattice")
    return [on_level(model, limit, ObservableStatement(kind, kind, None)).value for kind in kinds]


def rates(h: float, size: int, kap: float, v: float) -> np.ndarray:
    """Rates from site (row) to site, D = 1; the wall at 0 takes, the one above reflects."""
    up, down = 1 / h**2 + v / (2 * h), 1 / h**2 - v / (2 * h)
    chain = np.diag(np.full(size - 1, up), 1) + np.diag(np.full(size - 1, down), -1)
    leaving = np.zeros(size)
    leaving[0] = kap / h
    return chain - np.diag(chain.sum(axis=1) + leaving)


def test_survival_flux_and_density_on_a_half_line() -> None:
    model, h, kap, v, t = load_text(TEXT.format(more="")), 1 / 40, 0.7, -0.4, 1.0
    given = {"D": 1, "kap": kap, "v": v, "t": t, "x": 0.8}
    alive, flux, density = (
        float(e.xreplace({s: sp.Float(given[s.name]) for s in e.free_symbols}))
        for e in values(model, "survival_probability", "first_passage_density", "propagator")
    )
    size = 240
    waves, vectors = np.linalg.eig(rates(h, size, kap, v))
    start = np.zeros(size)
    start[[39, 40]] = 1 / 2
    law = np.real((start @ vectors) * np.exp(waves * t) @ np.linalg.inv(vectors))
    measured = (law.sum(), kap / h * law[0], (law[31] + law[32]) / (2 * h))
    assert (alive, flux, density) == pytest.approx(measured, rel=4e-3)  # of the order of h kappa/2
    (formula,) = values(model, "survival_probability")
    wrong = formula.xreplace({s: sp.Float({**given, "kap": 1.1 * kap}[s.name]) for s in formula.free_symbols})
    assert float(wrong) != pytest.approx(measured[0], rel=1e-2)


def test_the_slowest_rate_between_a_partial_and_a_reflecting_wall_with_drift() -> None:
    more = '[[boundaries]]\ndomain = "x < 3"\nkind = "reflecting"'
    for v in (0.5, -2.0, 0.0):
        text = TEXT.replace("D/h**2", "1/h**2").replace('"kap/h"', '"2/h"').replace("v/(2*h)", f"({v})/(2*h)")
        model = load_text(text.format(more=more))
        (rate,) = values(model, "decay_rate")
        found = [min(-np.linalg.eigvals(rates(3 / n, n, 2.0, v)).real) for n in (100, 200)]
        assert float(rate) == pytest.approx(2 * found[1] - found[0], rel=1e-3)  # the error is of first order in h
        assert float(rate) != pytest.approx(1.01 * (2 * found[1] - found[0]), rel=1e-3)


def test_death_alone() -> None:
    """Without an exit walkers end by death: mean time 1/k and e^(-k t)."""
    model = load_text("""
[parameters]
k = "positive"
D = "positive"
L = "positive"
[model]
coordinates = ["x"]
[[states]]
diffusivity = "D"
[[reactions]]
rule = "P -> "
rate = "k"
[[boundaries]]
domain = "0 < x < L"
kind = "reflecting"
""")
    k, t = sp.Symbol("k", positive=True), model.time
    limit = derive_model(model).limits[0]
    for kind, value in (
        ("mean_exit_time", 1 / k),
        ("survival_probability", sp.exp(-k * t)),
        ("first_passage_density", k * sp.exp(-k * t)),
    ):
        for level in (None, limit):
            assert on_level(model, level, ObservableStatement(kind, kind, None)).value == value
