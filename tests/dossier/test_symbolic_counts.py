"""Probabilities as formulas against the same probabilities with numbers put in; claims about them."""

from __future__ import annotations

import pytest
import sympy as sp

import symdiff as sd
from symdiff.api import settings
from symdiff.dossier.counts import CountRequest, count_model
from symdiff.errors import UsageError

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
    assert count_model(model, CountRequest(500, to=(0,))).rows[0].formula is not None
    assert "give values" in count_model(model, CountRequest(500)).note


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
        count_model(model, CountRequest(5, to=(0, 0), any_length=True))


HALF_PLANE = [{"domain": "y >= 0", "kind": "reflecting"}]
WEIGHTED = {"parameters": {"w": "positive", "v": "positive"}, "coordinates": ["x", "y"],
            "jumps": [{"displacement": ["1", "0"], "weight": "w"}, {"displacement": ["-1", "0"], "weight": "2*w/3"},
                      {"displacement": ["0", "1"], "weight": "w*v"}, {"displacement": ["0", "-1"], "weight": "1/2"}]}  # fmt: skip


@pytest.mark.parametrize("walls", [{}, {"boundaries": HALF_PLANE}])
@pytest.mark.parametrize("request_", [
    CountRequest(4), CountRequest(4, any_end=True), CountRequest(4, to=(1, 1)), CountRequest(4, to=(0, 0), all_lengths=True),
    CountRequest(4, all_lengths=True), CountRequest(6, kind="first-return"), CountRequest(5, kind="first-passage", to=(1, 0)),
    CountRequest(4, kind="self-avoiding"), CountRequest(4, kind="self-avoiding", to=(0, 0)),
    CountRequest(4, kind="non-reversing"), CountRequest(4, kind="non-reversing", to=(1, 1)),
], ids=str)  # fmt: skip
def test_symbolic_weights_of_every_kind_against_numbers(walls: dict[str, object], request_: CountRequest) -> None:
    model = sd.JumpModel(**WEIGHTED, **walls)
    if walls and request_.kind == "non-reversing":
        with pytest.raises(UsageError, match="a step that rests, listed or refused by a wall"):
            count_model(model, request_)
        model = sd.JumpModel(**WEIGHTED, boundaries=[{"domain": "y >= 0", "kind": "absorbing"}])
    formulas = count_model(model, request_)
    numbers = count_model(model, request_, settings(model, {"w": "3/7", "v": "5"}))
    put = {p.symbol: value for p, value in zip(model.parameters, (sp.Rational(3, 7), 5), strict=True)}
    got = {r.site: r.weight.xreplace(put) for r in formulas.rows if r.weight is not None}
    assert got == {r.site: sp.Rational(r.walks.numerator, r.walks.denominator) for r in numbers.rows}
    assert [w.xreplace(put) for w in formulas.sequence_weights] == [sp.Rational(v) for v in numbers.sequence]
    if formulas.total_weight is not None:
        assert formulas.total_weight.xreplace(put) == sp.Rational(numbers.total)


def test_a_count_of_a_claim_is_told_how_a_file_states_the_start() -> None:
    """What the error proposes is what the file takes."""
    with pytest.raises(sd.SymdiffError, match=r'from = \[0, "right"\] in the count of a claim'):
        sd.count_walks(sd.load("persistent_walk"), n=2)
    assert sd.count_walks(sd.load("persistent_walk"), n=2, start=(0, "right")).total == 4
