"""The weak form in UFL, for FEniCS and Firedrake: implicit Euler in time, no flux through the boundary."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

from symdiff.equations.evolution_equation import Term
from symdiff.errors import UsageError
from symdiff.report.export.equations import Exported, first_order_in_time, refuse_fractional
from symdiff.report.export.words import check_words

_WORDS = {
    **{f: f.__name__ for f in (sp.exp, sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan, sp.sinh, sp.cosh, sp.tanh, sp.sign, sp.erf)},
    sp.log: "ln", sp.Min: "min_value", sp.Max: "max_value", sp.StrictLessThan: "lt", sp.LessThan: "le",
    sp.StrictGreaterThan: "gt", sp.GreaterThan: "ge", sp.And: "And", sp.Or: "Or", sp.Not: "Not",
}  # fmt: skip
_KNOWN = (*_WORDS, sp.Abs, sp.Heaviside, sp.Piecewise)


class _Printer(PythonCodePrinter):  # type: ignore[misc]  # SymPy has no types
    """UFL expressions: u.dx(i) for first derivatives, ufl.exp and its like."""

    def __init__(self, found: Exported) -> None:
        super().__init__({"fully_qualified_modules": False})
        self.found = found
        self.axes = {c: i for i, c in enumerate(found.coordinates)}

    def _print(self, expr: sp.Basic, **options: Any) -> str:
        """A word of UFL before SymPy's own choice for Python."""
        word = _WORDS.get(type(expr))
        if word is None:
            return str(super()._print(expr, **options))
        *front, last = [self._print(a) for a in expr.args]
        if not front:
            return f"ufl.{word}({last})"
        for argument in reversed(front):  # Min, Max, And, Or take two
            last = f"ufl.{word}({argument}, {last})"
        return last

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return f"x[{self.axes[expr]}]" if expr in self.axes else str(self.found.names.get(expr, expr.name))

    def _print_Function(self, expr: sp.Expr) -> str:
        return str(expr.func.__name__)  # a density: check_words lets no other pass

    def _print_Pi(self, _: sp.Expr) -> str:
        return "ufl.pi"

    def _print_Exp1(self, _: sp.Expr) -> str:
        return "ufl.e"

    def _print_Pow(self, expr: sp.Pow, rational: bool = False, sqrt: str = "ufl.sqrt") -> str:
        if abs(expr.exp) == sp.Rational(1, 2):
            root = f"ufl.sqrt({self._print(expr.base)})"
            return root if expr.exp.is_positive else f"(1/{root})"
        return str(super()._print_Pow(expr, rational=rational))

    def _print_Abs(self, expr: sp.Expr) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Heaviside(self, expr: sp.Expr) -> str:
        return f"((1 + ufl.sign({self._print(expr.args[0])})) / 2)"

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        shown = ""
        for value, where in reversed(expr.args):
            body = self._print(value)
            shown = body if where == sp.true else f"ufl.conditional({self._print(where)}, {body}, {shown or '0'})"
        return shown

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        body = f"({self._print(expr.expr)})"
        for variable, count in expr.variable_count:
            body += f".dx({self.axes[variable]})" * int(count)
        return body


def weak_form(found: Exported) -> str:
    """Python source: ``form(...)`` is the residual of one implicit Euler step, by parts once for each second derivative.

    Limits of validity: first order in time, at most second derivatives. The boundary integrals are left out, so that the
    natural condition is that of no flux where the equation is in conservative form.
    """
    refuse_fractional(found, "UFL")
    check_words((*found.left, *found.right), _KNOWN, "UFL")
    first_order_in_time(found, "UFL")
    printer = _Printer(found)
    values = sorted(found.names.values())
    densities = found.densities
    old, tests = [f"{d}_old" for d in densities], [f"{d}_test" for d in densities]
    moving = any(side.has(found.time) for side in _explicit(found))
    arguments = ", ".join(
        [*densities, *old, *tests, "x", "dt", *(["t"] if moving else []), *(["*", *values] if values else [])]
    )
    natural = "reflecting" if _conserves(found) else ""
    lines = [*found.heading("#", natural), "import ufl", "", "", f"def form({arguments}):",
             '    """The residual; x is ufl.SpatialCoordinate of the mesh, the parameters are numbers or ufl.Constant."""']  # fmt: skip
    if moving:
        lines[-1] = lines[-1].replace("""mesh, the""", """mesh, t the time at the end of the step, the""")
    pieces = []
    for equation, new, previous, test in zip(found.limit.equations, densities, old, tests, strict=True):
        pieces.append(f"+ ({new} - {previous}) / dt * {test}")
        pieces += [_integrand(term, test, printer, found) for term in equation.right]
    lines += [
        "    return (",
        *(f"        {p}" for p in [pieces[0].removeprefix("+ "), *pieces[1:]]),
        "    ) * ufl.dx",
        "",
    ]
    return "\n".join(lines)


def _conserves(found: Exported) -> bool:
    """Whether all derivatives act on whole terms, so that integration by parts gives away all of the flux."""
    terms = [term for equation in found.limit.equations for term in equation.right if any(term.space)]
    return not any(
        t.density and not t.inside and found.written_out(t.coefficient).has(*found.coordinates) for t in terms
    )


def _explicit(found: Exported) -> list[sp.Expr]:
    """The right-hand sides with a mark for each density, so that only what depends on time by itself has the time."""
    marks = {field: sp.Symbol(f"{name}_") for field, name in zip(found.fields, found.densities, strict=True)}
    return [side.xreplace(marks) for side in found.right]


def _integrand(term: Term, test: str, printer: _Printer, found: Exported) -> str:
    """Minus one term times the test function, integrated by parts once where it has a derivative to give away."""
    order = sum(term.space)
    if order > 2:
        raise UsageError(f"a weak form with derivatives of order {order} needs elements that are smoother than usual",
                         where="--to", instead="derive with --order 2, or export to py-pde")  # fmt: skip
    axes = [i for i, n in enumerate(term.space) for _ in range(n)]
    factor, body = found.written_out(term.coefficient), sp.Integer(1)
    if term.density:
        body = sp.Function(found.plain[term.density])(*found.coordinates, found.time)
    if not term.density or term.inside or not factor.has(*found.coordinates):
        factor, body = sp.Integer(1), term.sign * factor * body
    if len(set(axes)) == 2:  # half by each axis: the flux that is not let through is -d_j(D_ij P), D symmetric
        ways, body = (axes, axes[::-1]), body / 2
        return "\n        ".join(_by_parts(factor, body, way, test, printer) for way in ways)
    return _by_parts(factor, body, axes, test, printer)


def _by_parts(factor: sp.Expr, body: sp.Expr, axes: list[int], test: str, printer: _Printer) -> str:
    """The integrand with the first of the derivatives given to the test function."""
    given = "".join(f".dx({i})" for i in axes[1:])
    if not axes:
        return f"- ({printer.doprint(factor * body)}) * {test}"
    if factor == 1:
        return f"+ ({printer.doprint(body)}){given} * {test}.dx({axes[0]})"
    if len(axes) == 1:
        return f"- ({printer.doprint(factor)}) * ({printer.doprint(body)}).dx({axes[0]}) * {test}"
    return f"+ ({printer.doprint(body)}){given} * (({printer.doprint(factor)}) * {test}).dx({axes[0]})"
