"""Models stated by their master equation, or by a difference scheme: sums of densities at shifted places and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ExpressionError, NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.parameter import Parameter
from symdiff.notation.expression import Scope, parse_chain


@dataclass(frozen=True)
class SchemeTerm:
    """``coefficient`` * d_t^time_order d^space_orders of the density at x + shift, t + time_shift."""

    coefficient: sp.Expr
    shift: tuple[sp.Expr, ...]
    time_shift: sp.Expr
    space_orders: tuple[int, ...]
    time_order: int


@dataclass(frozen=True)
class Scheme:
    """lhs = rhs as written, and the terms of lhs - rhs."""

    lhs: sp.Expr
    rhs: sp.Expr
    terms: tuple[SchemeTerm, ...]

    def changed(self, change: Callable[[sp.Expr], sp.Expr]) -> Scheme:
        """The same scheme with every expression changed."""
        terms = tuple(
            replace(
                t, coefficient=change(t.coefficient), shift=tuple(map(change, t.shift)), time_shift=change(t.time_shift)
            )
            for t in self.terms
        )
        return Scheme(change(self.lhs), change(self.rhs), terms)


NO_PLACE = ("time_step", "lattice", "spacing", "lattice_constant", "a", "c", "rate", "survival", "site_rate", "total_rate",
            "occupancy", "rod_length", "origin", "system_size", "scaled")  # fmt: skip


KEYS = ("master_equation", "latex_master_equation")


def read_scheme(head: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> Scheme | None:
    """The scheme of a [model] table; raises :class:`ModelError` or :class:`NotYetError` with the place."""
    keys = [k for k in KEYS if k in head]
    if not keys:
        return None
    here = place.at(keys[0])
    if len(keys) > 1:
        raise here.fail("the master equation is given twice", "give it in Python notation or in LaTeX")
    texts = f.texts(head[keys[0]], here)
    if len(texts) != 1:
        raise here.fail("no equation is written", "write one equation for each density")
    for key in NO_PLACE:
        if key in head:
            raise place.at(key).fail(
                f"'{key}' stands beside a master equation, which says everything itself", "leave it out"
            )
    read = equation_of_latex if keys[0].startswith("latex") else equation_of_text
    names, coordinates = (known["density"],), known["coordinates"]
    lhs, rhs = read(texts[0], names, coordinates, known["scope"], known["parameters"], here)
    terms = tuple(_term(part, known, here) for part in sp.Add.make_args(sp.expand(lhs - rhs)))
    if not any(t.time_order or t.time_shift != 0 for t in terms):
        raise here.fail(
            "nothing in this equation tells the density at another time",
            "write u(x, t + dt), or Derivative(u(x, t), t)",
        )
    return Scheme(lhs, rhs, terms)


Names = tuple[str, ...]


def equation_of_text(
    text: str, names: Names, coordinates: Names, scope: Scope, parameters: tuple[Parameter, ...], place: Place
) -> tuple[sp.Expr, sp.Expr]:
    """Both sides of an equation for the densities ``names``, functions of the coordinates and of t."""
    del parameters
    densities = {n: (len(coordinates) + 1, sp.Function(n)) for n in names}
    inner = Scope({**scope.symbols, "t": sp.Symbol("t", real=True)}, {**scope.functions, **densities})
    members, signs = place.guard(lambda: parse_chain(text, inner))
    if len(members) != 2 or signs[0] not in ("=", "=="):
        raise place.fail("an equation is expected", f"write {names[0]}(x, t + dt) - {names[0]}(x, t) = ...")
    return members[0], members[1]


def equation_of_latex(
    text: str, names: Names, coordinates: Names, scope: Scope, parameters: tuple[Parameter, ...], place: Place
) -> tuple[sp.Expr, sp.Expr]:
    """The LaTeX reader's equation with its symbols made those of the file, by their names."""
    from symdiff.notation.latex import ReadingContext, read_latex  # loaded when used: start-up time

    plain = tuple(n for n in scope.symbols if n not in coordinates)
    aliases = tuple((p.latex, p.name) for p in parameters if p.latex)
    context = ReadingContext(fields=names, parameters=plain, aliases=aliases, coordinates=tuple(coordinates))
    reading = place.guard(lambda: read_latex(text, context))
    equations = [e for e in reading.equations if isinstance(e, sp.Equality)]
    if len(equations) != 1:
        raise place.fail(f"{len(equations)} equations were read in this formula; one is expected")
    named = {**scope.symbols, "t": sp.Symbol("t", real=True)}
    change: dict[sp.Basic, sp.Basic] = {}
    for symbol in equations[0].free_symbols:
        if symbol.name not in named:
            raise place.fail(f"'{symbol.name}' is not declared", "declare every symbol of the formula in [parameters]")
        change[symbol] = named[symbol.name]
    equation = equations[0].xreplace(change)
    calls = [c for c in equation.atoms(AppliedUndef) if c.func.__name__ in names]
    for call in calls:
        if len(call.args) != len(coordinates) + 1:
            raise place.fail(
                f"the density stands as {call}", f"write it as {call.func.__name__}(x, t), the place first"
            )
    return equation.lhs, equation.rhs


def _term(part: sp.Expr, known: Mapping[str, Any], place: Place) -> SchemeTerm:
    """One term of lhs - rhs: a coefficient times the density at one shifted place and time."""
    density = known["density"]
    coordinates = tuple(sp.Symbol(c, real=True) for c in known["coordinates"])
    t = sp.Symbol("t", real=True)
    calls = [c for c in part.atoms(AppliedUndef) if c.func.__name__ == density]
    if len(calls) != 1:
        what = "holds no density" if not calls else "is a product of densities"
        raise NotYetError(f"the term {part} {what}; only linear equations for one density are handled as master equations",
                          where=str(place))  # fmt: skip
    (call,) = calls
    derivative = next((d for d in part.atoms(sp.Derivative) if d.expr == call), None)
    factor = call if derivative is None else derivative
    coefficient = sp.expand(part / factor)
    if coefficient.has(call):
        raise NotYetError(f"the term {part} is not linear in the density", where=str(place))
    if coefficient.has(t) or coefficient.has(*coordinates) or coefficient.atoms(AppliedUndef):
        raise NotYetError(f"the coefficient {coefficient} depends on place or time; implicit schemes and those of several "
                          "time levels are handled with constant coefficients", where=str(place),
                          instead="write the density at the next time, or its d_t, alone on the left, or state jumps with rates that depend on place")  # fmt: skip
    shifts = tuple(sp.expand(a - c) for a, c in zip(call.args, (*coordinates, t), strict=True))
    if any(s.has(t, *coordinates) for s in shifts):
        raise place.fail(f"{call} is not the density at a shifted place and time", f"write {density}(x + h, t + dt)")
    orders = [0] * (len(coordinates) + 1)
    for variable, count in () if derivative is None else derivative.variable_count:
        if variable not in (*coordinates, t):
            raise ExpressionError(f"{derivative} is no derivative along a coordinate or time")
        orders[(*coordinates, t).index(variable)] += int(count)
    return SchemeTerm(coefficient, shifts[:-1], shifts[-1], tuple(orders[:-1]), orders[-1])
