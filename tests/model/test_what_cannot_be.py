"""Waits that are no law, numbers of individuals that are not whole, dimensions stated twice: refused with their place."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel

JUMPS = [{"displacements": ["1", "-1"], "probability": "1/2"}]


@pytest.mark.parametrize(
    ("transform", "is_law"),
    [
        ("1/(1 + s)**2 + s", False),  # grows
        ("1 - s", False),  # negative beyond 1
        ("(1 - exp(-s))/s", True),
        ("1/cosh(sqrt(2*s))", True),  # the first exit of a Brownian walker from an interval
        ("1 - s*T", False),
        ("1/(1 + s*T + s**2*T**2)", False),  # the density exp(-t/(2 T)) sin(sqrt(3) t/(2 T)) changes sign
        ("1/(1 + s*T + B*s**2)", True),  # real roots for B < T^2/4
        ("exp(-s*T)*(1 + s*T/2)", False),
        ("exp(-B*s**g)", True),  # for g <= 1
        ("q/(1 + s*T) + (1 - q)/(1 + s*B)", True),  # for q between 0 and 1
        ("2/(1 + s*T) - 1/(1 + s*T/4)", False),  # the density is negative at 0
    ],
)
def test_a_transform_known_for_all_s_is_completely_monotone(transform: str, is_law: bool) -> None:
    """Bernstein's theorem, Feller II, XIII.4; what some values of the parameters allow is kept."""
    stated = {"coordinates": ["x"], "waiting_time": {"laplace_transform": transform}, "jumps": JUMPS}
    stated["parameters"] = {"T": "positive", "B": "positive", "g": "positive", "q": "real"}
    if is_law:
        JumpModel(**stated)
        return
    with pytest.raises(SymdiffError, match="no law of a positive time"):
        JumpModel(**stated)


@pytest.mark.parametrize(
    ("transform", "reason"),
    [
        ("1 - B*k**2", "larger than one"),
        ("exp(-B*k**2)*(1 - T*k**2)", None),  # (1 + T d_x^2) of a Gaussian is positive for T <= 2 B
        ("exp(-B*k**2)*(1 - 9*B*k**2)", "larger than one|not positive definite"),
        ("q*cos(k*B) + (1 - q)*cos(2*k*B)", None),
        ("5*exp(-2*k**2) - 4*exp(-k**2)", "not positive definite"),  # the density is negative at 0
        ("2*exp(-2*k**2) - exp(-k**2)", None),
    ],
)
def test_a_characteristic_function_is_positive_definite(transform: str, reason: str | None) -> None:
    """Bochner's theorem, Feller II, XIX.2."""
    stated = {"coordinates": ["x"], "time_step": "1", "parameters": {"T": "positive", "B": "positive", "q": "real"},
              "jumps": [{"characteristic_function": transform, "probability": "1"}]}  # fmt: skip
    if reason is None:
        JumpModel(**stated)
        return
    with pytest.raises(SymdiffError, match=reason):
        JumpModel(**stated)


def test_numbers_of_individuals_change_by_whole_numbers() -> None:
    with pytest.raises(SymdiffError, match="changes it by 1/2"):
        JumpModel(
            parameters={"V": "positive"},
            coordinates=["n"],
            system_size="V",
            scaled=["x"],
            jumps=[{"displacement": "1/2", "rate": "V"}],
        )


def test_a_number_of_dimensions_beside_names_of_coordinates() -> None:
    """The names won, and D = h^2/2 came out for walkers in d dimensions."""
    stated = {"parameters": {"h": "positive", "d": "positive integer"}, "dimension": "d",
              "jumps": [{"distribution": "isotropic", "length": "h", "rate": "1"}]}  # fmt: skip
    assert str(dict(sd.derive(JumpModel(**stated)).coefficients)["D"]) == "h**2/(2*d)"
    with pytest.raises(SymdiffError, match="beside names of coordinates"):
        JumpModel(**stated, coordinates=["x"])


@pytest.mark.parametrize(
    ("name", "kind", "meaning"),
    [
        ("G", "mean_exit_time", "a parameter"),
        ("x", "mean_exit_time", "a coordinate"),
        ("t", "survival_probability", "time"),
        ("f", "mean_exit_time", "a function"),
        ("P", "mean_exit_time", "the density"),
        ("gamma", "mean_exit_time", "a known function"),
        ("T", "mean_exit_time", ""),
        ("P", "propagator", ""),
    ],
)
def test_observables_have_names_of_their_own(name: str, kind: str, meaning: str) -> None:
    """Beside a parameter G, claims about an observable G spoke of the parameter."""
    stated = {"parameters": {"G": "positive"}, "functions": {"f": ["x"]}, "coordinates": ["x"],
              "jumps": [{"displacement": "1", "rate": "G"}, {"displacement": "-1", "rate": "G"}],
              "observables": [{"name": name, "kind": kind}]}  # fmt: skip
    if not meaning:
        assert JumpModel(**stated).observables[0].name == name
        return
    with pytest.raises(SymdiffError, match=f"'{name}' has the name of {meaning}"):
        JumpModel(**stated)
