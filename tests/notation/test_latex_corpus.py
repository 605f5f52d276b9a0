"""The reader's equations against the corpus of formulas with their canonical readings."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from symdiff.notation.latex import context_from_json, read_latex

CORPUS = json.loads((Path(__file__).parents[1] / "data" / "latex_corpus.json").read_text(encoding="utf-8"))["snippets"]
CONSTANTS = {"oo": sp.oo, "pi": sp.pi, "I": sp.I}


def from_srepr(text: str) -> Any:
    """The SymPy object of an ``srepr`` string, built node by node."""
    return _built(ast.parse(text, mode="eval").body)


def _built(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp):
        return -_built(node.operand)
    if isinstance(node, ast.Name):
        return CONSTANTS[node.id] if node.id in CONSTANTS else getattr(sp, node.id)
    assert isinstance(node, ast.Call)
    head = _built(node.func)
    options = {keyword.arg: _built(keyword.value) for keyword in node.keywords if keyword.arg}
    if head is sp.Equality:
        options["evaluate"] = False
    return head(*(_built(argument) for argument in node.args), **options)


def same(found: Any, expected: Any) -> bool:
    """Equal side by side, up to the expansion of products."""
    if found == expected:
        return True
    if isinstance(found, sp.Expr) and isinstance(expected, sp.Expr):
        return sp.expand(found - expected) == 0 or sp.expand(sp.together(found - expected)) == 0
    if type(found) is not type(expected):
        return False
    return len(found.args) == len(expected.args) and all(map(same, found.args, expected.args))


def same_reading(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """The same equations in the same order."""
    return len(found) == len(expected) and all(map(same, found, expected))


def expected_readings(snippet: dict[str, Any]) -> list[list[Any]]:
    return [[from_srepr(text) for text in reading] for reading in (snippet["expected"], *snippet["lenient"])]


@pytest.mark.parametrize("snippet", CORPUS, ids=[s["id"] for s in CORPUS])
def test_reading_vs_corpus(snippet: dict[str, Any]) -> None:
    reading = read_latex(snippet["latex"], context_from_json(snippet["context"]))
    assert any(same_reading(reading.equations, expected) for expected in expected_readings(snippet))


@pytest.mark.parametrize("snippet", CORPUS, ids=[s["id"] for s in CORPUS])
def test_a_changed_expectation_is_rejected(snippet: dict[str, Any]) -> None:
    """Negative control of the comparison: another factor, another sign, a missing equation."""
    expected = expected_readings(snippet)[0]
    reading = read_latex(snippet["latex"], context_from_json(snippet["context"]))
    first = expected[0]
    sides = first.args if isinstance(first, sp.Equality) or not isinstance(first, sp.Expr) else (first,)
    changed = [2 * side + 1 if side == sides[-1] else side for side in sides]
    wrong = first.func(*changed, evaluate=False) if isinstance(first, sp.Equality) else 2 * sides[-1] + 1
    assert not same_reading(reading.equations, [wrong, *expected[1:]])
    assert not same_reading(reading.equations, [*expected, first])


@pytest.mark.parametrize("snippet", [s for s in CORPUS if " - " in s["latex"]], ids=lambda s: s["id"])
def test_a_changed_sign_in_the_formula_changes_the_reading(snippet: dict[str, Any]) -> None:
    context = context_from_json(snippet["context"])
    changed = snippet["latex"].replace(" - ", " + ", 1)
    expected = expected_readings(snippet)[0]
    assert same_reading(read_latex(snippet["latex"], context).equations, expected)
    assert not same_reading(read_latex(changed, context).equations, expected)


def test_every_symbol_of_a_reading_is_in_its_table() -> None:
    for snippet in CORPUS:
        reading = read_latex(snippet["latex"], context_from_json(snippet["context"]))
        listed = {symbol.name for symbol in reading.symbols}
        for equation in reading.equations:
            assert {symbol.name for symbol in equation.free_symbols} <= listed, snippet["id"]
