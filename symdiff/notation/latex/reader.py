"""The reader as a whole: text to tree, tree to facts, both to equations, a symbol table and warnings."""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ExpressionError
from symdiff.notation.latex.algebra import Value
from symdiff.notation.latex.checks import doubts, loose_variables
from symdiff.notation.latex.deciding import facts_of
from symdiff.notation.latex.declared import Names, names_of, with_aliases
from symdiff.notation.latex.elaborate import row_value
from symdiff.notation.latex.evidence import evidence_of
from symdiff.notation.latex.nodes import Fence, Row, is_op
from symdiff.notation.latex.operators import SIDE
from symdiff.notation.latex.paragraph import MAX_PARAGRAPH, formulas_in
from symdiff.notation.latex.regrouped import regrouped
from symdiff.notation.latex.relations import relation
from symdiff.notation.latex.respelled import respelled
from symdiff.notation.latex.run_on import with_whole_subscripts
from symdiff.notation.latex.settling import settled
from symdiff.notation.latex.shapes import Shaper
from symdiff.notation.latex.signs import split_at_commas
from symdiff.notation.latex.state import State, symbol
from symdiff.notation.latex.statements import Statement, statements_of
from symdiff.notation.latex.times import other_time
from symdiff.notation.latex.tokens import check_units, fail
from symdiff.notation.latex.tree import tree_of
from symdiff.notation.latex.values import Reading, ReadingContext, ReadSymbol
from symdiff.notation.limits import bits

BEYOND = "this formula is beyond the reader"
_UPRIGHT = re.compile(
    r"\\(?:text\w*|math(?:rm|it|sf|tt|bf)|operatorname|mbox|rm|begin|end|label|tag|ce)\*?\s*\{[^{}]*\}"
)
_GREEK = re.compile(
    r"(?<![\\A-Za-z])(?:alpha|beta|gamma|delta|epsilon|zeta|theta|kappa|lambda|sigma|omega|tau|rho|phi|psi|Gamma|Delta|Lambda|Omega)(?![A-Za-z])"
)
MAX_PRINTED_BITS = 13_000  # Python refuses to print integers of more than 4,300 digits


def read_latex(text: str, context: ReadingContext | None = None) -> Reading:
    r"""Read a LaTeX formula: its equations, what each symbol was taken for, and a warning for every guess.

    Raises :class:`ExpressionError` with the column, the reason and what to write instead where it cannot be read.

    >>> read_latex(r"D = \frac{a^2}{2\tau}").equations
    (Eq(D, a**2/(2*tau)),)
    """
    try:
        return _read(text, names_of(context or ReadingContext()))
    except RecursionError:
        raise ExpressionError("the formula is nested too deeply", instead="split it into several") from None
    except (ValueError, TypeError, AttributeError, ArithmeticError, LookupError, AssertionError) as error:
        # SymPy raises all of these for mathematics that it does not like; a formula must not end in a traceback
        raise ExpressionError(
            f"{BEYOND} ({type(error).__name__}: {str(error)[:80]})", instead="write it in simpler steps"
        ) from error


def _read(text: str, names: Names) -> Reading:
    text, left_out = formulas_in(respelled(text) if isinstance(text, str) and len(text) <= MAX_PARAGRAPH else text)
    if isinstance(text, str):
        check_units(text, names.all)
    shaper = Shaper(text, names.all)
    tree = with_whole_subscripts(tree_of(text), names, shaper.note)
    row = regrouped(with_aliases(shaper.row(tree), names), names, shaper.note)
    statements = statements_of(row, shaper, names.context.coordinates, names.context.dim)
    statements = settled(statements, names, shaper)
    evidence = evidence_of(statements, names.all)
    if time := other_time(evidence, names):
        names = names_of(replace(names.context, time=time))
        evidence = evidence_of(statements, names.all)
        shaper.note(f"{time} is read as the time, since no t stands in the formula")
    if "delta*" in evidence.merged:
        shaper.note("\\delta and the letter behind it are read as one symbol, a deviation; write \\cdot for a product")
    evidence.nabla = evidence.nabla or shaper.indexed
    if evidence.stochastic is not None:
        raise fail(text, evidence.stochastic, "a differential stands alone", "write a derivative, \\frac{dx}{dt}; "
                   "'symdiff derive --latex' reads stochastic differential equations, written in components")  # fmt: skip
    try:
        facts = facts_of(evidence, names)
    except ExpressionError as error:
        raise error if error.where else fail(text, 0, error.message, error.instead) from None
    warnings = [*left_out, *shaper.notes, *facts.notes]
    state = State(text, facts, row_value, warnings)
    equations: list[sp.Basic] = []
    for statement in statements:
        equations.extend(_equations(state, statement))
    unique = tuple(dict.fromkeys(equations))
    parts = {part for equation in unique for part in sp.preorder_traversal(equation)}
    if sp.nan in parts or sp.zoo in parts:
        raise fail(text, 0, "the formula divides by zero", "check its denominators")
    if any(isinstance(p, AppliedUndef) and p.func.__name__ == SIDE for p in parts):
        raise fail(text, 0, "a sign as a superscript of a number", "0^+ stands as an argument, or below a bar")
    if any(isinstance(p, sp.Rational) and p.is_finite and bits(p) > MAX_PRINTED_BITS for p in parts):
        raise fail(text, 0, "a number of more than 4,000 digits", "write it with a symbol")
    for name in (n for equation in unique for n in loose_variables(equation)):
        if "'" in name:
            raise fail(
                text,
                0,
                f"{name} stands outside of the sum or integral over it",
                "put all that is summed or integrated into brackets",
            )
        state.warn(f"{name} stands inside of the sum or integral over it, and outside")
    for doubt in doubts(parts, state):
        state.warn(doubt)
    for name in _spelled_out(text, names):
        state.warn(f"{name} without a backslash is read letter by letter; write \\{name} for the letter")
    return Reading(text, unique, _with_coordinates(tuple(state.table.values())), tuple(state.warnings))


def _with_coordinates(table: tuple[ReadSymbol, ...]) -> tuple[ReadSymbol, ...]:
    """The symbol table, in which a plain symbol on which a density depends is a coordinate: the x of P(x - a, t)."""
    places = {a for row in table if row.kind == "field" for a in row.arguments}
    return tuple(replace(r, kind="coordinate") if r.kind == "symbol" and r.name in places else r for r in table)


def _spelled_out(text: str, names: Names) -> list[str]:
    """Greek letters whose backslash is missing: ``2lambda J``."""
    bare = _UPRIGHT.sub(" ", text)
    return sorted({m.group() for m in _GREEK.finditer(bare)} - set(names.all))


def _equations(state: State, statement: Statement) -> list[sp.Basic]:
    if not statement.relations:
        return _expression(state, statement.sides[0])
    values = [_side(state, side) for side in statement.sides]
    found: list[sp.Basic] = []
    for i, sign in enumerate(statement.relations):
        found.extend(relation(state, statement.sides[i + 1], sign, values[i], values[i + 1]))
    return found


def _side(state: State, side: Row) -> Value:
    """The value of one side; dots that cancel in it would silently lose the terms they stand for."""
    before = state.ellipses
    value = state.value(side)
    if state.ellipses > before and isinstance(value, sp.Expr) and not value.has(symbol("...")):
        state.warn("the dots of omitted terms cancel: they are taken to stand for the same terms")
    return value


def _expression(state: State, side: Row) -> list[sp.Basic]:
    """A formula without a relation: a value, or a point such as ``(1, 0)``."""
    if len(side.items) == 1 and isinstance(side.items[0], Fence) and side.items[0].left == "(":
        body = side.items[0].body
        if any(is_op(n, ",") for n in body.items):
            if state.text.count("\\pm") > 1:
                state.warn("several \\pm in one point are read together: all upper, then all lower signs")
            return [sp.Tuple(*(state.expression(part) for part in split_at_commas(body)))]
    value = state.value(side)
    if isinstance(value, sp.Expr):
        return [value]
    if hasattr(value, "components"):
        return list(value.components)
    raise state.error(side, "an operator without its operand", "write what it acts on")
