"""Heavy-tailed steps beside coefficients that depend on place: Levy flights in a potential, at rates of place, switched on and off."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

import symdiff as sd
from symdiff.api import loads
from symdiff.continuum import derive as derivation
from symdiff.continuum.confirmation import confirm
from symdiff.errors import InternalFaultError, NotYetError

HEAD = """[parameters]
c = "positive"
k = "positive"
w = "positive"
alpha = "1 < alpha < 2"
tau = "positive"
[functions]
g = ["x"]
[model]
coordinates = ["x"]
"""
LEVY = '[[jumps]]\ndistribution = "levy"\nindex = "alpha"\nscale = "c"\n'
SWITCH = '[[jumps]]\nfrom = "on"\nto = "off"\nrate = "k*g(x)"\n[[jumps]]\nfrom = "off"\nto = "on"\nrate = "w"\n'

# the equation by hand: a departure rate stands under the operator with the density, a force is a drift beside it
MODELS = {
    # Fogedby, Phys. Rev. E 58, 1690 (1998): additive flights in a harmonic potential
    "potential": (HEAD + '[[states]]\nvelocity = "-k*x"\n' + LEVY + 'rate = "w"\n',
                  r"\partial_t P = - w c^{\alpha} (-\Delta)^{\alpha/2} P + k \partial_x (x P)"),
    "rates": (HEAD + LEVY + 'rate = "g(x)"\n', r"\partial_t P = - c^{\alpha} (-\Delta)^{\alpha/2} (g(x) P)"),
    "steps": (HEAD.replace('"x"]\n', '"x"]\n', 1).replace('coordinates = ["x"]', 'coordinates = ["x"]\ntime_step = "tau"')
              + LEVY + 'probability = "1/(1 + g(x)**2)"\n',
              r"\partial_t P = - \frac{c^{\alpha}}{\tau} (-\Delta)^{\alpha/2} \frac{P}{1 + g(x)^2}"),
    "states": (HEAD + 'states = ["on", "off"]\n' + LEVY + 'rate = "1"\nfrom = "on"\n' + SWITCH,
               r"\partial_t P = - c^{\alpha} (-\Delta)^{\alpha/2} \frac{w P}{w + k g(x)}"),
    "death": (HEAD + LEVY + 'rate = "w"\n[[reactions]]\nconsumes = ["P"]\nproduces = []\nrate = "k*g(x)"\n',
              r"\partial_t P = - w c^{\alpha} (-\Delta)^{\alpha/2} P - k g(x) P"),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_equation_with_heavy_tails_and_places_vs_by_hand(name: str) -> None:
    text, equation = MODELS[name]
    model = loads(text)
    assert sd.check(model, equation).verdict == "proved"
    assert sd.check(model, equation.replace(r"- ", r"- 2 ", 1)).verdict == "refuted"


def test_a_rate_before_the_fractional_derivative_is_refuted() -> None:
    wrong = r"\partial_t P = - c^{\alpha} g(x) (-\Delta)^{\alpha/2} P"
    assert sd.check(loads(MODELS["rates"][0]), wrong).verdict == "refuted"


@pytest.mark.parametrize("name", ["potential", "states"])
def test_a_changed_coefficient_beside_heavy_tails_is_refused(name: str, monkeypatch) -> None:
    """The negative control: one coefficient of L, or of the shares of the states, times 8/7."""
    kept: list[tuple] = []
    monkeypatch.setattr(derivation, "confirm", lambda *given: kept.append(given) or confirm(*given))
    sd.derive(loads(MODELS[name][0]))
    model, regime, result = kept[0]
    changed = [
        replace(result, operator=[[_times(result.operator[0][0], n)]]) for n in range(len(result.operator[0][0]))
    ]
    for row, (entry,) in enumerate(result.local_equilibrium or ()):
        local = [[_times(entry, 0)] if m == row else line for m, line in enumerate(result.local_equilibrium)]
        changed.append(replace(result, local_equilibrium=local))
    for wrong in changed:
        with pytest.raises(InternalFaultError):
            confirm(model, regime, wrong)


def _times(terms: list, n: int) -> list:
    return [replace(t, coefficient=t.coefficient * sp.Rational(8, 7)) if m == n else t for m, t in enumerate(terms)]


def test_rates_that_depend_on_where_a_heavy_step_ends_are_refused() -> None:
    with pytest.raises(NotYetError, match="where they end"):
        sd.derive(loads(HEAD + LEVY + 'rate = "g(x + r/2)"\n'))
