"""Probabilities as formulas against the same probabilities with numbers put in; claims about them."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.api import settings
from symdiff.dossier.counts import CountRequest, count_model
from symdiff.dossier.lattice_steps import symbolic_steps
from symdiff.dossier.symbolic_counts import symbolic_law

WALK = {
    "parameters": {"h": "positive", "tau": "positive", "p": "probability", "q": "probability"},
    "coordinates": ["x"], "time_step": "tau",
    "jumps": [{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "(1 - p)*q"}],
}  # fmt: skip
WALLED = WALK | {"boundaries": [{"domain": "x >= -h", "kind": "partial", "probability": "1/3"}]}
STATES = {
    "parameters": {"h": "positive", "tau": "positive", "p": "probability"}, "coordinates": ["x"], "time_step": "tau",
    "states": ["right", "left"],
    "jumps": [{"from": a, "to": b, "displacement": d, "probability": w}
              for a, b, d, w in [("right", "right", "h", "p"), ("right", "left", "-h", "1 - p"),
                                 ("left", "left", "-h", "p"), ("left", "right", "h", "1 - p")]],
}  # fmt: skip


@pytest.mark.parametrize(("words", "start"), [(WALK, (0,)), (WALLED, (0,)), (STATES, (0, "right"))])
@pytest.mark.parametrize("n", [0, 1, 4, 6])
def test_formulas_against_numbers(words: dict[str, object], start: tuple[object, ...], n: int) -> None:
    model = sd.JumpModel(**words)
    formulas = count_model(model, CountRequest(n, start=start))  # type: ignore[arg-type]
    values = {"p": sp.Rational(2, 7), "q": sp.Rational(1, 3)}
    symbols = {p.symbol: values[p.name] for p in model.parameters if p.name in values}
    chosen = {k: v for k, v in values.items() if k in words["parameters"]}  # type: ignore[operator]
    numbers = count_model(model, CountRequest(n, start=start), settings(model, chosen))  # type: ignore[arg-type]
    assert all(r.formula is not None for r in formulas.rows)
    got = {r.site: r.formula.xreplace(symbols) for r in formulas.rows if r.formula is not None}
    assert {s: sp.Rational(v.p, v.q) for s, v in got.items() if v} == {
        r.site: sp.Rational(r.probability.numerator, r.probability.denominator) for r in numbers.rows if r.probability
    }


def test_formula_is_not_multiplied_out() -> None:
    words = {
        **WALK,
        "jumps": [{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "1 - p"}],
    }
    found = count_model(sd.JumpModel(**words), CountRequest(3, to=(1,)))
    assert str(found.rows[0].formula) == "3*p**2*(1 - p)"


def test_claim_about_a_formula() -> None:
    words = {**WALK, "values": {"p": "3/5"},
             "jumps": [{"displacement": "h", "probability": "p"}, {"displacement": "-h", "probability": "1 - p"}]}  # fmt: skip
    claims = [
        {"id": "right", "expression": "probability = 3*p**2*(1 - p)", "count": {"n": 3, "to": [1]}},
        {"id": "wrong", "expression": "probability = 3*p*(1 - p)**2", "count": {"n": 3, "to": [1]}},
    ]
    verdicts = sd.check_all(sd.JumpModel(**words, claims=claims)).verdicts
    assert [v.verdict for v in verdicts] == ["proved", "refuted"]


def test_long_formulas_are_left_out() -> None:
    model = sd.JumpModel(**WALK)
    steps = symbolic_steps(model, {})
    assert steps is not None
    assert symbolic_law(steps, 500, (0,)) is None
    assert "give values" in count_model(model, CountRequest(500, to=(0,))).note


def test_symbolic_weights_against_numbers() -> None:
    words = {"parameters": {"w": "positive", "v": "positive"}, "coordinates": ["x", "y"],
             "jumps": [{"displacement": ["1", "0"], "weight": "w"}, {"displacement": ["-1", "0"], "weight": "2"},
                       {"displacement": ["0", "1"], "weight": "w*v"}, {"displacement": ["0", "-1"], "weight": "1"}],
             "boundaries": [{"domain": "y >= 0", "kind": "absorbing"}]}  # fmt: skip
    model = sd.JumpModel(**words)
    formulas = count_model(model, CountRequest(5))
    numbers = count_model(model, CountRequest(5), settings(model, {"w": "2/3", "v": "5"}))
    put = {p.symbol: value for p, value in zip(model.parameters, (sp.Rational(2, 3), 5), strict=True)}
    got = {r.site: r.weight.xreplace(put) for r in formulas.rows if r.weight is not None}
    assert got == {r.site: sp.Rational(r.walks.numerator, r.walks.denominator) for r in numbers.rows}
    with pytest.raises(sd.SymdiffError, match="too long"):
        count_model(model, CountRequest(60))
    with pytest.raises(sd.SymdiffError, match="symbolic weights"):
        count_model(model, CountRequest(5, kind="first-return"))
