"""Heavy-tailed steps beside waits that have a mean: K against the step's tail over the mean wait, and errors that the second route must see.

By hand: with the step's transform 1 - c |k|^a + ... and a mean wait T, Montroll and Weiss's relation gives the growth rate - (c/T) |k|^a.
For levy c = scale^a, for cauchy c = scale.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

import symdiff as sd
from symdiff.continuum import waiting_confirmation
from symdiff.continuum.confirmation_probe import Result
from symdiff.errors import InternalFaultError

WAITS = {
    "gamma": ('distribution = "gamma"\nshape = "2"\nscale = "1"', sp.Integer(2)),
    "pareto": ('distribution = "pareto"\nindex = "5/2"\nscale = "1"', sp.Rational(5, 3)),
    "fixed": ('distribution = "fixed"\nvalue = "1"', sp.Integer(1)),
}
STEPS = {
    "levy": ('distribution = "levy"\nindex = "3/2"\nscale = "2"', sp.Integer(2) ** sp.Rational(3, 2)),
    "cauchy": ('distribution = "cauchy"\nscale = "3"', sp.Integer(3)),
}
ONE_SIDED = 'distribution = "pareto"\nindex = "3/2"\nscale = "1"'


def _model(wait: str, step: str) -> sd.JumpModel:
    return sd.loads(f'[model]\ncoordinates = ["x"]\n[waiting_time]\n{wait}\n[[jumps]]\n{step}\nprobability = "1"\n')


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("step", STEPS)
def test_generalised_diffusivity_vs_tail_over_mean_wait(wait: str, step: str) -> None:
    limit = sd.derive_all(_model(WAITS[wait][0], STEPS[step][0]))[0]
    assert sp.simplify(dict(limit.coefficients)["K"] - STEPS[step][1] / WAITS[wait][1]) == 0


@pytest.mark.parametrize("step", [STEPS["levy"][0], ONE_SIDED], ids=["symmetric", "one-sided"])
def test_an_error_of_one_in_a_billion_is_seen(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(WAITS["gamma"][0], step)
    sd.derive_all(model)  # passes as it is
    plain = waiting_confirmation._confirm_at

    def spoilt(model: sd.JumpModel, regime: object, result: Result, exponents: tuple[int, int]) -> object:
        terms = [
            replace(t, coefficient=t.coefficient * (1 + sp.Rational(1, 10**9))) if t.fractional is not None else t
            for t in result.operator[0][0]
        ]
        return plain(model, regime, replace(result, operator=[[terms]]), exponents)

    monkeypatch.setattr(waiting_confirmation, "_confirm_at", spoilt)
    with pytest.raises(InternalFaultError, match="disagree"):
        sd.derive_all(model)


@pytest.mark.parametrize(
    ("index", "power"), [("mu", "Min(2, mu**2)"), ("nu", "Min(2, mu*nu)"), ("3/2", "Min(2, 3*mu/2)"), ("7/2", "2")]
)
def test_what_is_left_out_vs_the_power_of_the_waits_beyond_their_mean(index: str, power: str) -> None:
    """psi(s) = 1 - T s + c s^nu + ..., s ~ k^mu: the term beside the equation is k^(mu nu); 2 is a bound for the steps' own k^(2 mu)."""
    text = f'''
[parameters]
mu = "1 < mu < 2"
nu = "1 < nu < 2"
[model]
coordinates = ["x"]
[waiting_time]
distribution = "pareto"
index = "{index}"
scale = "1"
[[jumps]]
distribution = "levy"
index = "mu"
scale = "1"
probability = "1"
'''
    limit = sd.derive_all(sd.loads(text))[0]
    mu, nu = (next((s for s in limit.remainder_power.free_symbols if s.name == n), sp.Symbol(n)) for n in ("mu", "nu"))
    for one in (sp.Rational(11, 10), sp.Rational(19, 10)):
        for other in (sp.Rational(21, 20), sp.Rational(39, 20)):
            expected = sp.sympify(power).subs({"mu": one, "nu": other})
            assert limit.remainder_power.subs({mu: one, nu: other}) == expected


def test_two_tails_of_steps_vs_the_heavier_one_in_what_is_left_out() -> None:
    """s ~ k^min(mu, nu): beside the equation stands s^(3/2); it was a fault, since both indices have one number in series."""
    steps = "".join(
        f'[[jumps]]\ndistribution = "levy"\nindex = "{n}"\nscale = "1"\nprobability = "1/2"\n' for n in ("mu", "nu")
    )
    text = '[parameters]\nmu = "1 < mu < 2"\nnu = "1 < nu < 2"\n[model]\ncoordinates = ["x"]\n[waiting_time]\n'
    limit = sd.derive_all(sd.loads(text + 'distribution = "pareto"\nindex = "3/2"\nscale = "1"\n' + steps))[0]
    at = {s: {"mu": sp.Rational(6, 5), "nu": sp.Rational(7, 5)}[s.name] for s in limit.remainder_power.free_symbols}
    assert limit.remainder_power.subs(at) == sp.Rational(9, 5)
