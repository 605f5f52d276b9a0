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
    ],
)
def test_a_transform_known_for_all_s_falls_and_is_convex(transform: str, is_law: bool) -> None:
    """Bernstein's theorem, Feller II, XIII.4."""
    if is_law:
        JumpModel(coordinates=["x"], waiting_time={"laplace_transform": transform}, jumps=JUMPS)
        return
    with pytest.raises(SymdiffError, match="no law of a positive time"):
        JumpModel(coordinates=["x"], waiting_time={"laplace_transform": transform}, jumps=JUMPS)


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
