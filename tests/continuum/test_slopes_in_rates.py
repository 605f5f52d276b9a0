"""Rates that name the derivative of a function of place: drift by hand, and the sites at which the slope is read.

By hand: with rates g (1 +- a F) to the right and left, F read at x + s r, the flux between two sites gives v = 2 a^2 g F and D = a^2 g,
whatever s, and d_xx[s a^4 g F' P] one order further for F at the site that is left (s = 0), in between (1/2) or reached (1).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import sympy as sp

import symdiff as sd
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.derive_document import derive_document
from symdiff.errors import NotYetError
from symdiff.model.places import read_at
from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.text import to_text
from symdiff.notation.evaluation import slopes_of

x, y, a = sp.symbols("x y a")
V, W = sp.Function("V"), sp.Function("W")
WALK = """
[parameters]
a = "positive"
g = "positive"
[functions]
V = ["x"]
[model]
coordinates = ["x"]
{more}
[[jumps]]
displacement = "a"
rate = "g*(1 + a*Derivative(V(x + {at}), x)){free}"
[[jumps]]
displacement = "-a"
rate = "g*(1 - a*Derivative(V(x + {at}), x)){free}"
"""


def walk(at: str, more: str = "", free: str = "") -> sd.JumpModel:
    return sd.loads(WALK.format(at=at, more=more, free=free))


def text_of(e: sp.Expr) -> str:
    return to_text(build(e, Typography(coordinates=("x", "y"))))


def named(e: sp.Expr) -> sp.Expr:
    """Without assumptions on its symbols."""
    return e.xreplace({s: sp.Symbol(s.name) for s in e.free_symbols})


@pytest.mark.parametrize(("at", "share"), [("0", 0), ("r/2", sp.Rational(1, 2)), ("r", 1)])
def test_slopes_at_three_places_vs_the_flux_by_hand(at: str, share: Any) -> None:
    limit = sd.derive_all(walk(at))[0]
    g, slope = sp.Symbol("g"), sp.Derivative(V(x), x)
    assert sp.expand(named(limit.coefficient("v")) - 2 * a**2 * g * slope) == 0
    assert named(limit.coefficient("D")) == a**2 * g
    second = [t.coefficient for d in limit.discarded for t in d.terms if tuple(t.space) == (2,)]
    assert sp.expand(sp.Add(*map(named, second)) - share * a**4 * g * sp.Derivative(V(x), (x, 2))) == 0


def test_slopes_in_a_crowd_vs_the_flux_by_hand() -> None:
    limit = sd.derive_all(walk("r/2", 'density = "u"\noccupancy = 1', "*(1 - u(x + r))"))[0]
    u, t = sp.Function("u"), sp.Symbol("t")
    wanted = 2 * a**2 * sp.Symbol("g") * u(x, t) * (1 - u(x, t)) * sp.Derivative(V(x), x)
    assert sp.expand(named(limit.coefficient("flux")) - wanted) == 0


def test_the_master_equation_reads_back_and_says_where_the_slope_is_read() -> None:
    found = json.loads(json.dumps(derive_document(derive_model(walk("0")))))["master_equation"]["equations"][0]["rhs"]
    names = {n: sp.Symbol(n) for n in ("x", "t", "a", "g")} | {"P": sp.Function("P"), "V": V}
    right = sp.sympify(found["sympy"], locals=names)
    gain = right.subs(V, sp.Lambda(x, x**3)).doit().coeff(names["P"](x - a, names["t"]))
    assert sp.expand(gain - names["g"] * (1 + 3 * a * (x - a) ** 2)) == 0
    assert "V'(x - a)" in found["latex"].replace(r"\left(", "(").replace(r"\right)", ")")


@pytest.mark.parametrize(("expression", "shown"), [
    (sp.Derivative(V(x), (x, 2)), "V′′(x − a)"),
    (sp.Derivative(V(x + a / 2), x), "V′(x − a/2)"),
    (sp.Derivative(W(x, y), x), "∂W(x − a, y)/∂x"),
    (V(x) + x, "x − a + V(x − a)"),
])  # fmt: skip
def test_what_is_read_at_another_place_vs_how_it_is_shown(expression: sp.Expr, shown: str) -> None:
    once = read_at(expression, {x: x - a, y: y})
    assert text_of(once) == shown
    assert read_at(once, {x: x + a}) == expression
    cubic = {V: sp.Lambda(x, x**3), W: sp.Lambda((x, y), x**2 * y**3)}
    plain, moved = (e.subs(list(cubic.items())).doit() for e in (expression, once))
    assert sp.expand(moved - plain.subs(x, x - a)) == 0
    with pytest.raises(NotYetError, match="depends on place"):
        read_at(sp.Derivative(V(x), x), {x: x - V(x)})


def test_slopes_of_a_reaction_are_read_where_its_displacements_say() -> None:
    """The one that is consumed stands at x0 + a, the one that is produced at (x0, y0 + b), the slope is that at (x0, y0)."""
    text = """
[parameters]
a = "positive"
b = "positive"
[functions]
W = ["x", "y"]
[model]
coordinates = ["x", "y"]
states = ["A", "B"]
[[jumps]]
displacements = [["a", "0"], ["-a", "0"]]
rate = "1"
[[reactions]]
consumes = [{state = "A", displacement = ["a", "0"]}]
produces = [{state = "B", displacement = ["0", "b"]}]
rate = "2 + Derivative(W(x, y), x)"
"""
    gain = {e.state: text_of(e.rhs) for e in sd.derive_all(sd.loads(text))[0].master_equation.equations}
    assert "(2 + ∂W(x, y − b)/∂x) A(x + a, y − b, t)" in gain["B"]
    assert "(2 + ∂W(x − a, y)/∂x) A(x, y, t)" in gain["A"]


def test_a_slope_counts_by_the_argument_that_moves() -> None:
    assert slopes_of(sp.Derivative(V(x + a / 2), (x, 2))) == (2,)  # was read as V itself
    assert slopes_of(sp.Derivative(W(x, y + a), y)) == (0, 1)
    for e in (sp.Derivative(V(2 * x), x), sp.Derivative(W(x, x + y), x)):
        with pytest.raises(NotYetError):
            slopes_of(e)


def test_walkers_that_read_a_slope_pass_and_a_wrong_drift_fails() -> None:
    model = walk("r/2")
    assert sd.verify(model, tier="exact").passed is True
    wrong = "Derivative(P(x,t),t) = -Derivative(a**2*g*Derivative(V(x),x)*P(x,t),x) + a**2*g*Derivative(P(x,t),(x,2))"
    assert sd.verify(model, tier="exact", equation=wrong).passed is False
