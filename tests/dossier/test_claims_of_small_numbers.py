"""Populations at numbers with roots, their noise by name, and observables with names of several letters."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.check import check_model
from symdiff.dossier.derivation import derive_model
from symdiff.model.jump_model import ClaimStatement, JumpModel

POSITIVE = "positive"


def verdict(model: JumpModel, claim: str) -> str:
    """The verdict on one claim."""
    statement = ClaimStatement(id="c", latex=claim)
    (found,) = check_model(model, (statement,), derivation=derive_model(model)).verdicts
    return found.verdict


def metabolites(k: str = "k", c: str = "c", mu: str = "mu") -> JumpModel:
    """Two kinds that are made alike, leave together and apart."""
    names = [n for n in (k, c, mu) if n.isidentifier()]
    return JumpModel(parameters=dict.fromkeys(["V", *names], POSITIVE), coordinates=["a", "b"], system_size="V", scaled=["x", "y"],
                     jumps=[{"displacement": ["1", "0"], "rate": f"{k}*V"}, {"displacement": ["0", "1"], "rate": f"{k}*V"},
                            {"displacement": ["-1", "-1"], "rate": f"{c}*a*b/V"}, {"displacement": ["-1", "0"], "rate": f"{mu}*a"},
                            {"displacement": ["0", "-1"], "rate": f"{mu}*b"}])  # fmt: skip


@pytest.mark.parametrize("numbers", [("7/10", "2", "3/10"), ("k", "c", "mu")])
def test_noise_of_two_metabolites_at_a_point_that_is_a_root(numbers: tuple[str, str, str]) -> None:
    """Elf and Ehrenberg, Genome Res. 13 (2003) 2475; numbers with a root were a fault, symbols had no covariance. By numpy: A S + S A' = -B."""
    system = sd.derive(metabolites(*numbers)).system_size
    assert system is not None
    assert len(system.stationary) == 1
    put = {sp.Symbol(n, positive=True): v for n, v in zip(["k", "c", "mu"], (0.7, 2, 0.3), strict=True)}
    found = {name: float(value.subs(put)) for name, value in system.stationary[0]}
    k, c, mu, x = 0.7, 2.0, 0.3, found["x"]
    assert abs(k - c * x * x - mu * x) < 1e-12
    drift = -np.array([[c * x + mu, c * x], [c * x, c * x + mu]])
    noise = np.array([[2 * k, c * x * x], [c * x * x, 2 * k]])
    covariance = np.array([[found["S_x_x"], found["S_x_y"]], [found["S_x_y"], found["S_y_y"]]])
    assert np.allclose(drift @ covariance + covariance @ drift.T, -noise)
    assert not np.allclose(drift @ (1.001 * covariance) + 1.001 * covariance @ drift.T, -noise)
    assert np.allclose(drift @ [found["delta_x"], found["delta_y"]], c * found["S_x_y"])


def test_pairs_with_numbers_whose_root_is_no_fraction() -> None:
    model = JumpModel(parameters={"V": POSITIVE}, coordinates=["n"], system_size="V", scaled=["x"],
                      jumps=[{"displacement": "1", "rate": "7*V"}, {"displacement": "-2", "rate": "2*n*(n - 1)/V"}])  # fmt: skip
    system = sd.derive(model).system_size
    assert system is not None
    assert dict(system.stationary[0])["S_x_x"] == 3 * sp.sqrt(7) / 8  # van Kampen, ch. X: 3/4 of x = sqrt(7)/2


def test_noise_at_a_point_that_is_a_quotient_of_roots() -> None:
    """Pairs that form and part: x = sqrt(k/g); Lyapunov's equation by numpy at k = 1, g = 2, m = 3."""
    model = JumpModel(parameters=dict.fromkeys(["V", "k", "g", "m"], POSITIVE), coordinates=["n", "d"], system_size="V", scaled=["x", "y"],
                      reactions=[{"rule": "0 -> n", "rate": "k*V"}, {"rule": "2 n <-> d", "rate": "g/V", "reverse_rate": "m"},
                                 {"rule": "d -> 0", "rate": "m"}])  # fmt: skip
    system = sd.derive(model).system_size
    assert system is not None
    put = {sp.Symbol(n, positive=True): v for n, v in (("k", 1), ("g", 2), ("m", 3))}
    found = [float(dict(system.stationary[0])[n].subs(put)) for n in ("S_x_x", "S_x_y", "S_y_y")]
    assert np.allclose(found, [0.5732233047, -0.0428932188, 0.1464466094])


SIS = JumpModel(parameters={"N": POSITIVE, "b": POSITIVE, "g": POSITIVE}, constraints=["b > g"], coordinates=["n"], system_size="N",
                scaled=["x"], jumps=[{"displacement": "1", "rate": "b*n*(N - n)/N"}, {"displacement": "-1", "rate": "g*n"}])  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("S = g/b", "proved"),
        ("S_{xx} = 2g/b", "refuted"),
        (r"\langle n\rangle_{st} \approx N(1 - g/b)", "proved"),
        (r"\langle n\rangle_{st} \approx N(1 - g/b) - \frac{g}{b - g}", "proved"),
        (r"\langle n\rangle_{st} \approx N(1 - g/b) + \frac{g}{b - g}", "refuted"),
    ],
)
def test_a_claim_that_states_the_next_order_is_held_to_it(claim: str, expected: str) -> None:
    """Nasell, J. R. Stat. Soc. B 61 (1999) 309: the mean is lowered by 1/(R0 - 1)."""
    assert verdict(SIS, claim) == expected


MORAN = JumpModel(parameters={"N": "positive integer", "s": POSITIVE}, coordinates=["n"],
                  jumps=[{"displacement": "1", "rate": "(1 + s)*n*(N - n)/N"}, {"displacement": "-1", "rate": "n*(N - n)/N"}],
                  boundaries=[{"domain": "0 < n < N", "kind": "absorbing"}],
                  observables=[{"name": "fix", "kind": "splitting_probability", "target": "n >= N"}])  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"fix = \frac{1 - (1+s)^{-n}}{1 - (1+s)^{-N}}", "proved"),
        (r"fix(n) = \frac{1 - (1+s)^{-n}}{1 - (1+s)^{-N}}", "proved"),
        (r"fix(n) = \frac{1 - (1+s)^{-n}}{1 + (1+s)^{-N}}", "refuted"),
    ],
)
def test_observables_with_names_of_several_letters_are_no_products(claim: str, expected: str) -> None:
    """Ewens, Mathematical Population Genetics (2004), sec. 3.4."""
    assert verdict(MORAN, claim) == expected


def test_rates_of_numbers_beside_walls_are_compared_away_from_them() -> None:
    """The neutral Moran process between its ends was a fault of the exact tier."""
    model = JumpModel(parameters={"N": "positive integer"}, coordinates=["n"], jumps=[{"displacements": ["1", "-1"], "rate": "n*(N - n)/N"}],
                      boundaries=[{"domain": "0 < n < N", "kind": "absorbing"}])  # fmt: skip
    tiers = sd.verify(model, tier="exact").tiers
    assert tiers[0].passed
    assert not tiers[1].applies
    assert "depend on place" in tiers[1].why


@pytest.mark.parametrize(("factor", "expected"), [("", "proved"), ("2", "refuted")])
def test_fixation_by_weak_selection_from_the_equation_in_shares(factor: str, expected: str) -> None:
    """Kimura, Genetics 47 (1962) 713: u(p) = (1 - e^(-N s p))/(1 - e^(-N s)) where v = s x(1 - x), D = x(1 - x)/N."""
    model = JumpModel(parameters={"N": "positive integer", "s": POSITIVE}, coordinates=["n"], system_size="N", scaled=["x"],
                      jumps=[{"displacement": "1", "rate": "(1 + s)*n*(N - n)/N"}, {"displacement": "-1", "rate": "n*(N - n)/N"}],
                      scaling={"name": "weak", "N": -1, "s": 1}, boundaries=[{"domain": "0 < n < N", "kind": "absorbing"}],
                      observables=[{"name": "u", "kind": "splitting_probability", "target": "n >= N"}])  # fmt: skip
    claim = ClaimStatement(id="c", latex=rf"u = \frac{{1 - e^{{-{factor}sn}}}}{{1 - e^{{-{factor}sN}}}}", regime="weak")
    (found,) = check_model(model, (claim,), derivation=derive_model(model)).verdicts
    assert found.verdict == expected
