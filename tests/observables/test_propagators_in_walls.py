"""The density between walls against the master equation of the lattice, solved as a matrix exponential."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.linalg import expm

import symdiff as sd
from symdiff.continuum.observables.catalogue import on_level
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.loading import load_text

SITES, SPREAD, DRIFT, TIME, START = 60, 0.7, 0.8, 0.05, 0.3

TEXT = """
[parameters]
h = "positive"
D = "positive"
w = "real"
L = "positive"
x0 = "positive"
kap = "positive"
[model]
coordinates = ["x"]
origin = ["h/2"]
[[jumps]]
displacement = "h"
rate = "D/h**2 + w/(2*h)"
[[jumps]]
displacement = "-h"
rate = "D/h**2 - w/(2*h)"
[initial]
position = ["x0"]
[scaling]
h = 1
"""


def walls(low: str, high: str | None) -> str:
    rate = '\nrate = "kap/h"'
    text = f'\n[[boundaries]]\ndomain = "x > 0"\nkind = "{low}"' + (rate if low == "partial" else "")
    return text + (f'\n[[boundaries]]\ndomain = "x < L"\nkind = "{high}"' if high else "")


def density(low: str, high: str | None, drift: float) -> np.ndarray:
    model: JumpModel = load_text(TEXT + walls(low, high))
    if drift == 0:
        model = model.substitute({"w": sp.Integer(0)})
    (limit,) = [x for x in sd.derive_all(model) if x.regime.name == "stated"]
    value = on_level(model, limit, ObservableStatement("p", "propagator")).value
    numbers = {"D": SPREAD, "w": drift, "L": 1.0, "x0": START, "kap": 1.5, "t": TIME}
    value = value.replace(
        sp.Sum, lambda body, at: sp.Add(*(body.xreplace({at[0]: sp.Integer(k)}) for k in range(1, 25)))
    )
    value = value.xreplace({s: sp.Float(numbers[s.name]) for s in value.free_symbols if s.name in numbers})
    (x,) = model.coordinate_symbols
    from_numpy = sp.lambdify(x, value, "scipy")
    return np.asarray(from_numpy((np.arange(SITES) + 0.5) / SITES), dtype=float)


def lattice(low: str, high: str | None, drift: float) -> np.ndarray:
    h, size = 1 / SITES, SITES if high else 4 * SITES
    up, down = SPREAD / h**2 + drift / (2 * h), SPREAD / h**2 - drift / (2 * h)
    matrix = np.zeros((size, size))
    for i in range(size):
        for j, rate in ((i + 1, up), (i - 1, down)):
            if 0 <= j < size:
                matrix[j, i] += rate
                matrix[i, i] -= rate
            elif (low if j < 0 else high) == "absorbing":
                matrix[i, i] -= 2 * rate  # the wall stands half a step beyond the last site: its image is as negative
            elif (low if j < 0 else high) == "partial":
                matrix[i, i] -= 1.5 / h
    start = np.zeros(size)
    start[round(START / h - 0.5)] = 0.5
    start[round(START / h - 0.5) - 1] = 0.5  # 0.3 lies half-way between two sites
    return (expm(matrix * TIME) @ start)[:SITES] / h


CASES = [
    ("absorbing", None, DRIFT),
    ("reflecting", None, DRIFT),
    ("partial", None, 0.0),
    ("absorbing", "absorbing", DRIFT),
    ("reflecting", "reflecting", 0.0),
    ("absorbing", "reflecting", 0.0),
    ("reflecting", "absorbing", 0.0),
]


@pytest.mark.parametrize(("low", "high", "drift"), CASES)
def test_against_the_lattice(low: str, high: str | None, drift: float) -> None:
    ours, exact = density(low, high, drift), lattice(low, high, drift)
    gap = np.abs(ours - exact).max() / exact.max()
    assert gap < 0.012  # of order 1/60 at a wall that takes a share, 1/60^2 elsewhere
    wrong = lattice("reflecting" if low == "absorbing" else "absorbing", high, drift)
    assert np.abs(ours - wrong).max() / exact.max() > 0.05
