r"""read(latex(e)) == e for random equations of the field, printed by the display layer and by SymPy."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.core.function import AppliedUndef

from symdiff.notation.display.build import Typography, build
from symdiff.notation.display.latex import to_latex
from symdiff.notation.latex import ReadingContext, read_latex
from symdiff.notation.latex.name_latex import name_latex

from test_latex_corpus import same  # isort: skip

x, y, t, s, k, n, j = sp.symbols("x y t s k n j")
NAMES = ("a", "v", "kappa", "lambda", "tau", "ell", "D_0", "K_alpha", "k_B", "gamma_1")
PARAMETERS = sp.symbols(NAMES)
ALPHA = sp.Symbol("alpha")
FUNCTIONS = {"A": ("x",), "B": ("x",), "V": ("x",), "w": ("x",)}
FIELDS = ("P", "u", "rho", "R", "L", "c")
CONTEXT = ReadingContext(
    fields=FIELDS, functions=tuple(FUNCTIONS.items()), parameters=(*NAMES, "alpha"), indices=("n", "j")
)
SHOWN = Typography(
    latex={name: name_latex(name) for name in (*NAMES, *FIELDS) if len(name) > 1}, densities=FIELDS, show_arguments=True
)


def F(name: str, *arguments: Any) -> Any:
    return sp.Function(name)(*arguments)


def monomials() -> st.SearchStrategy[sp.Expr]:
    """Coefficients: products of powers of parameters, with a number."""
    factor = st.tuples(st.sampled_from(PARAMETERS), st.integers(-2, 3)).map(lambda p: p[0] ** p[1])
    number = st.sampled_from([1, 1, 1, 2, 3, -1, sp.Rational(1, 2), sp.Rational(-2, 3), sp.Rational(1, 24)]).map(
        sp.sympify
    )
    return st.tuples(number, st.lists(factor, min_size=1, max_size=3)).map(lambda p: sp.Mul(p[0], *p[1]))


def coefficients() -> st.SearchStrategy[sp.Expr]:
    pair = st.tuples(monomials(), monomials())
    return st.one_of(monomials(), pair.map(sum), pair.map(lambda p: p[0] * (1 - p[1])), pair.map(lambda p: p[0] / (1 + p[1] ** 2)),
                     pair.map(lambda p: p[0] * sp.exp(-p[1])), pair.map(lambda p: sp.sqrt(p[0] ** 2 + p[1] ** 2)))  # fmt: skip


def derivatives(field: sp.Expr) -> st.SearchStrategy[sp.Expr]:
    """Derivatives of any order up to six of a field in its coordinates, mixed ones too."""
    places = [a for a in field.args if a in (x, y)]
    counts = st.lists(st.sampled_from(places), min_size=1, max_size=6).map(
        lambda vs: sp.Derivative(field, *sorted(vs, key=str))
    )
    return st.one_of(st.just(field), counts)


def fluxes(field: sp.Expr) -> st.SearchStrategy[sp.Expr]:
    """Derivatives of products: of a function of place, a nonlinear function of the field, a flux."""
    inner = st.sampled_from([
        F("A", x) * field, F("B", x) * field, field * (1 - field), sp.Derivative(F("V", x), x) * field, field ** 2, field ** 3,
        F("A", x) * sp.Derivative(field, x), (1 - field) * sp.Derivative(field, x), field * sp.Derivative(F("c", *field.args), x),
    ])  # fmt: skip
    return st.tuples(monomials(), inner, st.integers(1, 3)).map(lambda p: p[0] * sp.Derivative(p[1], (x, p[2])))


def right_sides(field: sp.Expr) -> st.SearchStrategy[sp.Expr]:
    linear = st.tuples(coefficients(), derivatives(field)).map(lambda p: p[0] * p[1])
    source = st.sampled_from([field * (1 - field), field**2, sp.S.One, sp.DiracDelta(x - sp.Symbol("a"))])
    terms = st.one_of(linear, linear, fluxes(field), st.tuples(monomials(), source).map(lambda p: p[0] * p[1]))
    return st.lists(terms, min_size=1, max_size=4).map(lambda found: sp.Add(*found))


def left_sides(field: sp.Expr) -> st.SearchStrategy[sp.Expr]:
    first = sp.Derivative(field, t)
    return st.one_of(st.just(first), monomials().map(lambda m: sp.Derivative(field, (t, 2)) + m * first),
                     monomials().map(lambda m: first + m * sp.Derivative(field, x)))  # fmt: skip


def equations(left: st.SearchStrategy[sp.Expr], right: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Basic]:
    pair = st.tuples(left, right).filter(
        lambda p: p[0] != p[1] and p[1] != 0 and not any(side.has(sp.nan, sp.zoo) for side in p)
    )
    plain = pair.filter(
        lambda p: not any(side.has(sp.E) or any(e.args[0].is_number for e in side.atoms(sp.exp)) for side in p)
    )  # printed as e, any letter
    return plain.map(lambda p: sp.Eq(*p, evaluate=False))


def evolution() -> st.SearchStrategy[sp.Basic]:
    fields = st.sampled_from([F("P", x, t), F("u", x, y, t), F("rho", x, t)])
    return fields.flatmap(lambda field: equations(left_sides(field), right_sides(field)))


def coupled() -> st.SearchStrategy[sp.Basic]:
    right, left = F("R", x, t), F("L", x, t)
    exchange = st.tuples(monomials(), monomials()).map(lambda p: p[0] * left - p[1] * right)
    drift = st.tuples(monomials(), exchange).map(lambda p: p[0] * sp.Derivative(right, x) + p[1])
    return equations(st.just(sp.Derivative(right, t)), drift)


def fractional() -> st.SearchStrategy[sp.Basic]:
    field = F("P", x, t)
    left = st.sampled_from([sp.Derivative(field, t), F("FracDeriv", field, t, ALPHA)])
    flat = st.sampled_from([F("FracLaplacian", field, ALPHA / 2), F("FracLaplacian", field, ALPHA), sp.Derivative(field, (x, 2)),
                            F("FracDeriv", sp.Derivative(field, (x, 2)), t, 1 - ALPHA)])  # fmt: skip
    return equations(left, st.tuples(monomials(), flat, right_sides(field)).map(lambda p: p[0] * p[1] + p[2]))


def master() -> st.SearchStrategy[sp.Basic]:
    shifted = st.integers(-2, 2).map(lambda m: F("P", n + m, t))
    places = st.sampled_from([F("c", x + PARAMETERS[0], t), F("c", x - PARAMETERS[0], t), F("c", x, t)])
    gain = st.lists(st.tuples(coefficients(), shifted).map(lambda p: p[0] * p[1]), min_size=1, max_size=3).map(
        lambda found: sp.Add(*found)
    )
    crowd = st.tuples(shifted, shifted, monomials()).map(lambda p: p[2] * p[0] * (1 - p[1]))
    steps = st.lists(st.tuples(monomials(), places).map(lambda p: p[0] * p[1]), min_size=1, max_size=3).map(
        lambda found: sp.Add(*found)
    )
    return st.one_of(
        equations(st.just(sp.Derivative(F("P", n, t), t)), st.one_of(gain, crowd)),
        equations(st.just(F("P", n, t + sp.Symbol("tau"))), gain),
        equations(st.just(F("c", x, t + sp.Symbol("tau"))), steps),
    )


def results() -> st.SearchStrategy[sp.Basic]:
    time = st.sampled_from([t, t**2, t**ALPHA, sp.log(t), 1 - sp.exp(-PARAMETERS[3] * t)])
    moments = st.sampled_from([F("Mean", x), F("Mean", x**2), F("Mean", F("x", t) ** 2), F("Mean", sp.Abs(x)) ** 2, F("Var", x),
                               F("Mean", x**2) - F("Mean", x) ** 2])  # fmt: skip
    growth = (
        st.tuples(coefficients(), time)
        .map(lambda p: p[0] * p[1])
        .filter(lambda e: e != 0 and not any(a.args[0].is_number for a in e.atoms(sp.exp)))
    )
    kind = st.sampled_from(["Eq", "Propto", "Approx"])
    return st.tuples(kind, moments, growth).map(
        lambda p: sp.Eq(p[1], p[2], evaluate=False) if p[0] == "Eq" else F(p[0], p[1], p[2])
    )


def propagators() -> st.SearchStrategy[sp.Basic]:
    width = monomials().map(lambda m: m**2 * t)
    place = st.sampled_from([x, x - PARAMETERS[1] * t, x - sp.Symbol("a"), sp.Abs(x)])
    gauss = st.tuples(place, width).map(lambda p: sp.exp(-(p[0] ** 2) / (4 * p[1])) / sp.sqrt(4 * sp.pi * p[1]))
    transform = st.tuples(monomials(), monomials()).map(lambda p: 1 / (s + sp.I * p[0] * k + p[1] ** 2 * k**2))
    bessel = monomials().map(lambda m: sp.exp(-2 * m**2 * t) * sp.besseli(n, 2 * m**2 * t))
    return st.one_of(equations(st.just(F("P", x, t)), gauss), equations(st.just(F("Phat", k, s)), transform),
                     equations(st.just(F("P", n, t)), bessel), equations(st.just(F("P", x, t)), gauss.map(sp.erf)))  # fmt: skip


def sums() -> st.SearchStrategy[sp.Basic]:
    kernel = st.sampled_from(
        [F("w", x - y) * F("P", y, t), F("w", y) * F("P", x - y, t), F("w", x - y) * (F("P", y, t) - F("P", x, t))]
    )
    ends = st.sampled_from([(y, -sp.oo, sp.oo), (y, 0, sp.Symbol("a")), (y,)])
    integrals = st.tuples(monomials(), kernel, ends).map(lambda p: p[0] * sp.Integral(p[1], p[2]))
    jumps = monomials().map(lambda m: m * sp.Sum(F("w", j) * F("P", n - j, t), (j, -sp.oo, sp.oo)))
    return st.one_of(
        equations(st.just(sp.Derivative(F("P", x, t), t)), integrals),
        equations(st.just(sp.Derivative(F("P", n, t), t)), jumps),
    )


KINDS = {"evolution": evolution(), "coupled": coupled(), "fractional": fractional(), "master": master(), "results": results(),
         "propagators": propagators(), "sums": sums()}  # fmt: skip


def drawn(*kinds: str) -> list[Any]:
    """Each kind with a few examples, and with many where time is no matter."""
    few = [pytest.param(kind, 8, id=kind) for kind in kinds]
    return few + [pytest.param(kind, 300, id=f"{kind}, many", marks=pytest.mark.exhaustive) for kind in kinds]


def canonical(e: Any) -> Any:
    """Mixed derivatives in one order."""
    return e.xreplace({d: sp.Derivative(d.expr, *sorted(d.variable_count, key=str)) for d in e.atoms(sp.Derivative)})


def agree(found: Any, expected: Any) -> bool:
    """The same equation; sides that expansion does not make alike are compared in numbers, every field and derivative one of them."""
    found, expected = canonical(found), canonical(expected)
    if same(found, expected):
        return True
    if found.func != expected.func or len(found.args) != len(expected.args):
        return False
    sides = [*found.args, *expected.args]
    for kind in (sp.Integral, sp.Derivative, AppliedUndef, sp.DiracDelta):
        atoms = sorted({atom for side in sides for atom in side.atoms(kind)}, key=str)
        sides = [side.xreplace({atom: sp.Rational(37 + 2 * i, 29) for i, atom in enumerate(atoms)}) for side in sides]
    letters = sorted({letter for side in sides for letter in side.free_symbols}, key=str)
    values = {letter: sp.Rational(41 + 6 * i, 31) for i, letter in enumerate(letters)}
    left, right = sides[: len(found.args)], sides[len(found.args) :]
    pairs = [(sp.N(a.xreplace(values), 40), sp.N(b.xreplace(values), 40)) for a, b in zip(left, right, strict=True)]
    return all(abs(a - b) <= 1e-25 * abs(a) for a, b in pairs)


def read_again(shown: str, context: ReadingContext = CONTEXT) -> Any:
    found = read_latex(shown, context).equations
    assert len(found) == 1, (shown, found)
    return found[0]


@pytest.mark.parametrize(("kind", "examples"), drawn(*KINDS))
def test_shown_and_read_again_vs_the_equation(kind: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(KINDS[kind])
    def check(e: Any) -> None:
        shown = to_latex(build(e, SHOWN))
        again = read_again(shown)
        assert agree(again, e), (shown, again, e)
        changed = (
            e.func(e.args[0], 2 * e.args[1], evaluate=False)
            if isinstance(e, sp.Eq)
            else e.func(e.args[0], 2 * e.args[1])
        )
        assert not agree(again, changed)

    check()


@pytest.mark.parametrize(("kind", "examples"), drawn("evolution", "coupled", "master"))
def test_printed_by_sympy_and_read_again_vs_the_equation(kind: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(KINDS[kind])
    def check(e: Any) -> None:
        shown = sp.latex(e)
        assert agree(read_again(shown), e), (shown, e)

    check()
