"""What symdiff says in sentences: the mathematics in them is set as such, no text of SymPy's stays."""

from __future__ import annotations

import pytest

from symdiff.continuum.derive import derive_regime
from symdiff.dossier.gallery import load
from symdiff.dossier.typography import typography_of
from symdiff.report.prose import say


@pytest.mark.parametrize(
    ("name", "start"),
    [("walk_in_potential", "the probabilities are valid"), ("metropolis_rates", "the rates have a kink")],
)
def test_slopes_in_conditions_are_set_as_derivatives(name: str, start: str) -> None:
    model = load(name)
    (told,) = (a for a in derive_regime(model, model.regimes[0]).assumptions if a.startswith(start))
    words = "".join(part for part in say(told, typography_of(model)) if isinstance(part, str))
    assert "d_x V(x)" in told
    assert not any(sign in words for sign in ("Derivative", "d_x", "(", "*"))


def test_scaled_coordinates_of_a_population_are_names() -> None:
    style = typography_of(load("immigration_and_pair_annihilation"))
    words = "".join(p for p in say("a factor 2 of the term 2*c*x**2", style) if isinstance(p, str))
    assert words == "A factor 2 of the term ."
