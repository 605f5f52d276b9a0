"""Walls in the model file: what they mean, what is refused and where, and that nothing is lost on the way out and in."""

from __future__ import annotations

import pytest
import sympy as sp

from symdiff.errors import ModelError, SymdiffError
from symdiff.model.boundary import Inequality
from symdiff.model.loading import load_text, to_toml

HEAD = """
[parameters]
h = "positive"
g = "positive"
L = "positive"
P1 = "positive"
[model]
coordinates = ["x"]
origin = ["h/2"]
[[jumps]]
displacements = [["h"], ["-h"]]
rate = "g"
[[boundaries]]
"""


def test_chain_against_inequalities() -> None:
    model = load_text(HEAD + 'domain = "0 < x <= L"\nkind = "partial"\nprobability = "P1*h"\nrejected = "mirror"\n')
    (wall,) = model.boundaries
    x, length, h, p = sp.Symbol("x", real=True), *sp.symbols("L h P1", positive=True)
    assert wall.domain == (Inequality(x, True), Inequality(length - x, False))
    assert (wall.probability, wall.rate, wall.rejected, wall.crossing) == (p * h, None, "mirror", "end")
    assert model.origin == (h / 2,)
    assert sp.LessThan(p * h, 1) in model.conditions or sp.GreaterThan(-p * h, -1) in model.conditions


@pytest.mark.parametrize(
    "entry",
    [
        'domain = "x >= 0"\nkind = "absorbing"\n',
        'domain = "0 < x < L"\nkind = "reflecting"\nrejected = "mirror"\n',
        'domain = "x > -h"\nkind = "partial"\nrate = "g/3"\n',
        'domain = "0 <= x < L"\nkind = "periodic"\n[[boundaries]]\ndomain = "x**2 < L**2"\nkind = "absorbing"\n',
    ],
)
def test_written_against_read(entry: str) -> None:
    model = load_text(HEAD + entry)
    assert load_text(to_toml(model)) == model
    swapped = model.substitute({"L": sp.Integer(3), "h": sp.Integer(1)})
    assert not any(s.name == "L" for wall in swapped.boundaries for side in wall.domain for s in side.gap.free_symbols)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('kind = "absorbing"', "without a domain"),
        ('domain = "x >= 0"', "without a kind"),
        ('domain = "x >= 0"\nkind = "absorbin"', "unknown kind"),
        ('domain = "x"\nkind = "absorbing"', "no comparison"),
        ('domain = "x = 0"\nkind = "absorbing"', "bounds no domain"),
        ('domain = "L > 0"\nkind = "absorbing"', "says nothing about place"),
        ('domain = "x < oo"\nkind = "absorbing"', "not finite"),
        ('domain = "y > 0"\nkind = "absorbing"', "y"),
        ('domain = "x > 0"\nkind = "absorbing"\nprobability = "1/2"', "says nothing for a boundary that is absorbing"),
        ('domain = "x > 0"\nkind = "absorbing"\nrejected = "mirror"', "says nothing for a boundary"),
        ('domain = "x > 0"\nkind = "partial"', "either a probability or a rate"),
        ('domain = "x > 0"\nkind = "partial"\nrate = "g"\nprobability = "1/2"', "either a probability or a rate"),
        ('domain = "x > 0"\nkind = "partial"\nprobability = "1 + P1"', "above one"),
        ('domain = "x > 0"\nkind = "partial"\nrate = "-g"', "negative"),
        ('domain = "x > 0"\nkind = "periodic"', "no period"),
        ('domain = "x**2 < L"\nkind = "reflecting"\nrejected = "mirror"', "curved"),
        ('domain = "x > 0"\nkind = "absorbing"\ncrossing = "bridge"', "normal steps"),
        ('domain = "x > 0"\nkind = "absorbing"\nwall = "1"', "unknown key"),
    ],
)
def test_bad_entry_against_its_place(entry: str, message: str) -> None:
    with pytest.raises(SymdiffError, match="boundaries.*" + message):
        load_text(HEAD + entry + "\n")


def test_single_table_against_array() -> None:
    with pytest.raises(ModelError, match="double brackets"):
        load_text(HEAD.replace("[[boundaries]]", "[boundaries]") + 'domain = "x > 0"\nkind = "absorbing"\n')
