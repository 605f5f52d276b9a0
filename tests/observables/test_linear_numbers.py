"""The law of a number with linear rates against the powers of the matrix of its chain, cut off at a number that is hardly reached."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum.observables import propagators
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

LARGEST, SLICES = 70, 4096
TIME = Fraction(3, 4)
CASES = [  # birth, immigration, death, start
    ("0", "0", "3/2", 4), ("1/2", "0", "1", 1), ("1/2", "0", "1", 3), ("1", "0", "1", 2), ("4/5", "0", "1/3", 1),
    ("0", "2", "1", 0), ("0", "2", "1", 3), ("0", "2", "0", 0), ("1/2", "1/3", "1", 0), ("1/2", "1/3", "1", 1), ("2/3", "1", "2/3", 2),
    ("2/3", "1", "0", 1),
]  # fmt: skip


def _model(birth: str, immigration: str, death: str, start: object) -> str:
    return f"""
[model]
coordinates = ["n"]
[initial]
position = ["{start}"]
[[jumps]]
displacement = "1"
rate = "{birth}*n + {immigration}"
[[jumps]]
displacement = "-1"
rate = "{death}*n"
""".replace('"0*n + ', '"').replace('[[jumps]]\ndisplacement = "-1"\nrate = "0*n"\n', "")


def _law(model: JumpModel) -> sp.Expr:
    return propagators.lattice(model, ObservableStatement("P", "propagator")).value


def _by_matrix(birth: str, immigration: str, death: str, start: int) -> np.ndarray:
    """e^{tM} on the start: 4096 slices by two terms more than Euler's, so that their error is below 1e-11."""
    n = np.arange(LARGEST + 1.0)
    up, down = float(Fraction(birth)) * n + float(Fraction(immigration)), float(Fraction(death)) * n
    chain = np.diag(up[:-1], -1) + np.diag(down[1:], 1) - np.diag(up + down)
    step = chain * float(TIME) / SLICES
    one = np.eye(LARGEST + 1) + step @ (np.eye(LARGEST + 1) + step @ (np.eye(LARGEST + 1) / 2 + step / 6))
    return np.linalg.matrix_power(one, SLICES)[:, start]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_law_of_a_number_vs_its_chain(case: tuple[str, str, str, int]) -> None:
    model = sd.loads(_model(*case))
    law = _law(model)
    n, t = model.coordinate_symbols[0], model.time
    right = _by_matrix(*case)
    for m in range(6):
        value = float(law.xreplace({n: sp.Integer(m), t: sp.Rational(TIME)}).doit())
        assert value == pytest.approx(right[m], abs=1e-9)
        assert abs(right[m] * (1 + 1e-6) - value) > 1e-9 or right[m] < 1e-3  # the smallest error that shows


def test_the_start_may_be_a_symbol() -> None:
    text = "[parameters]\nm = 'positive integer'\n" + _model("1/2", "0", "1", "m")
    model = sd.loads(text)
    law = _law(model)
    nobody = law.xreplace({model.coordinate_symbols[0]: sp.Integer(0)})
    growth = sp.exp(-model.time / 2)
    chance = (growth - 1) / (growth / 2 - 1)
    assert sp.cancel(nobody.args[0] / chance if nobody.is_Pow else nobody) == 1


def test_rates_that_are_not_linear_are_refused() -> None:
    text = _model("1/2", "0", "1", 1).replace('"1*n"', '"1*n + n**2"')
    with pytest.raises(NotYetError, match="lambda n"):
        _law(sd.loads(text))
