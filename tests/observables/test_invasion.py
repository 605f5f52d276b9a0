"""Fronts of one kind of agents into others: growth ahead and diffusivity by hand; the front of S + I -> 2 I against its equations, solved."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.continuum.derive import derive_regime, stated_regimes
from symdiff.continuum.observables.catalogue import observable
from symdiff.continuum.observables.result import ObservableResult
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

PREDATORS = [("A -> 2 A", "a"), ("2 A -> A", "a/K"), ("A + B -> 2 B", "b"), ("B -> 0", "d")]
COMPETITORS = [
    ("A -> 2 A", "a"),
    ("2 A -> A", "a"),
    ("B -> 2 B", "b"),
    ("2 B -> B", "b"),
    ("A + B -> B", "d"),
    ("A + B -> A", "e"),
]


def asked(reactions: list[tuple[str, str]], of: str | None) -> ObservableResult:
    names = ("h", "Da", "Db", "a", "b", "d", "e", "K")
    jumps = [{"from": s, "displacements": ["h", "-h"], "rate": f"D{s.lower()}/h**2"} for s in "AB"]
    model = JumpModel(parameters=dict.fromkeys(names, "positive"), coordinates=["x"], states=["A", "B"], jumps=jumps,
                      reactions=[{"rule": r, "rate": k} for r, k in reactions], regimes=[{"name": "lattice", "h": "1"}])  # fmt: skip
    limit = derive_regime(model, stated_regimes(model)[0])
    return observable(model, (limit,), ObservableStatement("c", "front_speed", of and sp.Symbol(of)))


@pytest.mark.parametrize(("reactions", "of", "expected"), [
    ([("A + B -> 2 B", "b"), ("B -> 0", "d")], None, "2*sqrt(Db*(b*A0 - d))"),
    ([("A + B -> 2 B", "b")], None, "2*sqrt(Db*b*A0)"),
    (PREDATORS, "B", "2*sqrt(Db*(b*K - d))"),
    (PREDATORS, "A", "2*sqrt(Da*a)"),
])  # fmt: skip
def test_speed_of_the_front_vs_growth_ahead(reactions: list[tuple[str, str]], of: str | None, expected: str) -> None:
    found = asked(reactions, of)
    ((_, value),) = [(name, v) for name, v in found.equation if v is not None]
    names = {str(s): s for s in value.free_symbols}
    wanted = sp.sympify(expected, locals=names)
    assert sp.simplify(value**2 - wanted**2) == 0
    assert any("pulled" in note for note in found.assumptions)


@pytest.mark.parametrize(("reactions", "of", "error", "reason"), [
    (PREDATORS, None, NotYetError, "A where B = 0; B where A = K"),
    (COMPETITORS, "A", NotYetError, "may be pushed"),
    ([("A + 2 B -> 3 B", "b")], None, DerivationError, "no kind of agents grows, where it is rare"),
    ([("A -> B", "a"), ("B -> A", "b")], None, DerivationError, "no kind of agents grows"),
    (PREDATORS, "C", DerivationError, "'C' is no density"),
])  # fmt: skip
def test_fronts_that_have_no_speed_of_this_kind(reactions: list, of: str | None, error: type, reason: str) -> None:
    with pytest.raises(error, match=reason):
        asked(reactions, of)
