"""What results show in a notebook."""

from __future__ import annotations

import ast
import dataclasses
import xml.dom.minidom
from functools import cache
from typing import Any

import pytest

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.report.views import html_view


@cache
def results() -> dict[str, Any]:
    model = sd.load("persistent_walk")
    return {
        "model": model,
        "limit": sd.derive(model),
        "derivation": derive_model(model),
        "equation": sd.derive(model).equation,
        "master": sd.derive(model).master_equation,
        "verdict": sd.check(model, r"D = \ell^2/\tau"),
        "claims": sd.check_all(model),
        "evidence": sd.verify(model, tier="exact"),
        "count": sd.count_walks(sd.load("square_walk_three_steps"), n=3),
    }


@pytest.mark.parametrize(
    "name", ["model", "limit", "derivation", "equation", "master", "verdict", "claims", "evidence", "count"]
)
def test_every_result_shows_formulas_or_tables_and_no_script(name: str) -> None:
    bundle = results()[name]._repr_mimebundle_()
    html = bundle["text/html"]
    assert bundle["text/plain"]
    assert "<math" in html or "<table" in html
    assert "<script" not in html
    xml.dom.minidom.parseString(f"<div>{html}</div>")  # well formed: every tag is closed


def test_the_steps_of_a_derivation_are_folded() -> None:
    html = sd.derive(sd.load("biased_walk"))._repr_mimebundle_()["text/html"]
    equation, fold = html.split("<details>", 1)
    assert "<math" in equation
    assert "Step 1" not in equation
    assert "Step 1" in fold


def test_a_hostile_identifier_is_escaped() -> None:
    model = sd.loads('[parameters]\na = "positive"\n[model]\ncoordinates = ["x"]\n[[jumps]]\ndisplacements = ["a", "-a"]\n'
                     "rate = 1\n[[claims]]\nid = '<img src=x>'\nlatex = 'D = a^2'\n")  # fmt: skip
    html = sd.check_all(model)._repr_mimebundle_()["text/html"]
    assert "<img" not in html
    assert "&lt;img" in html


def test_limits_print_names_as_their_model_does() -> None:
    limit = sd.derive(sd.load("absorbing_wall_for_gaussian_steps"))
    assert "σ²/(2τ)" in repr(limit)
    assert "<mi>σ</mi>" in limit._repr_mimebundle_()["text/html"]
    assert sd.from_json(limit.to_json()) == limit
    assert "sig²" in repr(dataclasses.replace(limit, latex_names=()))  # what stood there before


def test_numbers_of_a_witness_are_set_as_mathematics_and_columns_stand_apart() -> None:
    verdict = sd.check(sd.load("biased_walk"), r"D = \frac{\ell^2}{\tau}", regime="diffusive")
    shown = html_view(verdict)
    assert "At ell" not in shown
    assert "ℓ" in shown.split("Right is")[1].split("against 4")[0]
    assert shown.count("padding") == shown.count("<td ") + shown.count("<th ") > 0


def test_parts_of_results_readings_and_drawings_show_themselves() -> None:
    walls = sd.load("partly_absorbing_wall")
    limit = sd.derive(walls)
    walk = sd.load("biased_walk")
    values = [
        limit,
        limit.equations[0],
        limit.master_equation,
        limit.steps[0],
        limit.boundary_conditions[0],
        sd.derive(sd.load("dimerisation")).system_size,
        sd.read_latex(r"\partial_t P = D\nabla^2 P"),
        sd.solve(walk, times=["tau", "2*tau"]),
        sd.sweep(walk, {"p": ["1/4", "1/2"]}, tier="exact"),
        sd.verify(walk, tier="exact").tiers[0],
        sd.derive_all(sd.load("exit_between_walls"))[0],
    ]
    for value in values:
        bundle = value._repr_mimebundle_()
        assert bundle["text/html"], type(value)
        assert "object at" not in bundle["text/plain"]
        assert "(title=" not in bundle["text/plain"]
        assert "<script" not in bundle["text/html"]
    for value in values[:5]:
        assert value._repr_mimebundle_()["text/latex"].startswith("$$\n")
    assert "kappa" not in values[6]._repr_mimebundle_()["text/latex"]


def test_a_view_that_fails_leaves_the_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.notation import storable

    def broken(value: object) -> str:
        raise ValueError(value)

    step = sd.derive(sd.load("biased_walk")).steps[0]
    shown = step._repr_mimebundle_()
    monkeypatch.setattr(storable, "_VIEWS", {"text/html": broken, "text/plain": broken})
    assert step._repr_mimebundle_() == {"text/plain": repr(step)}
    assert repr(step).startswith("Step(title=")
    assert shown["text/plain"].startswith("<Step ")


def test_formulas_in_a_table_are_no_formulas_of_a_spreadsheet() -> None:
    from symdiff.report.sweep_file import csv_bytes

    left = 'coordinates = ["x"]\n[[jumps]]\ndisplacement = "-a"\nrate = "g*exp(x)"\n'
    model = sd.loads('[parameters]\na = "positive"\ng = "positive"\n[model]\n' + left)
    rows = csv_bytes(sd.sweep(model, {"g": ["1/4"]}, tier="exact")).decode().splitlines()
    cells = [cell for row in rows for cell in row.split(",")]
    assert any(cell.startswith("(-") for cell in cells)  # a drift to the left
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
    assert not any(cell.startswith("-") and not cell[1:].replace(".", "").isdigit() for cell in cells)


def test_a_notebook_holds_no_characters_that_turn_the_direction_of_writing() -> None:
    from symdiff.report.notebook import _quoted

    assert _quoted('title = "a"\n') == "r'''\ntitle = \"a\"\n'''"
    assert "\u202e" not in _quoted('title = "a\u202eb"\n')
    assert ast.literal_eval(_quoted('title = "a\u202eb"\n')) == 'title = "a\u202eb"\n'


def test_sentences_about_an_observable_have_its_symbols() -> None:
    walk = derive_model(sd.load("exit_with_drift"))
    for found in walk.observables:
        shown = html_view(found)
        assert shown
        assert not any(f"<li>{letter}" in shown for letter in ("Mu ", "H*", "X is"))


def test_what_was_discarded_shows_itself_as_formulas_of_its_order() -> None:
    """The next orders of the telegraph equation, worked out from the determinant; kept as JSON like the limit that holds them."""
    limit = sd.derive(sd.load("persistent_walk"))
    first = limit.discarded[0]
    assert repr(first) == "<Discarded of order eps**(1): −2(1 − p)²/τ ∂P/∂t>"
    assert "<mfrac>" in first._repr_mimebundle_()["text/html"]
    assert sd.from_json(limit.to_json()).discarded == limit.discarded


def test_evidence_by_itself_sets_the_derivatives_of_its_wrong_claims() -> None:
    shown = sd.verify(sd.load("anisotropic_square_lattice"), tier="exact")._repr_mimebundle_()["text/html"]
    assert "P_xx" not in shown
    assert "<msub><mi>P</mi>" in shown
