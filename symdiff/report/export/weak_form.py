"""The weak form in UFL, for FEniCS and Firedrake: implicit Euler in time, no flux through the boundary."""

from __future__ import annotations

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

from symdiff.equations.evolution_equation import Term
from symdiff.errors import UsageError
from symdiff.report.export.equations import Exported, first_order_in_time, refuse_fractional

_KNOWN = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "sign", "atan", "asin", "acos", "erf"}


class _Printer(PythonCodePrinter):  # type: ignore[misc]  # SymPy has no types
    """UFL expressions: u.dx(i) for first derivatives, ufl.exp and its like."""

    def __init__(self, found: Exported) -> None:
        super().__init__({"fully_qualified_modules": False})
        self.found = found
        self.axes = {c: i for i, c in enumerate(found.coordinates)}

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return f"x[{self.axes[expr]}]" if expr in self.axes else str(self.found.names.get(expr, expr.name))

    def _print_Function(self, expr: sp.Expr) -> str:
        name = expr.func.__name__
        if name in self.found.densities:
            return str(name)
        if name not in _KNOWN:
            raise UsageError(f"UFL has no function {name}", where="--to", instead="another target")
        return f"ufl.{name}({', '.join(self._print(a) for a in expr.args)})"

    _print_exp = _print_log = _print_sin = _print_cos = _print_tan = _print_sinh = _print_cosh = _print_tanh = (
        _print_sign
    ) = _print_Function

    def _print_Pow(self, expr: sp.Pow, rational: bool = False, sqrt: str = "ufl.sqrt") -> str:
        if expr.exp == sp.Rational(1, 2):
            return f"ufl.sqrt({self._print(expr.base)})"
        return str(super()._print_Pow(expr, rational=rational))

    def _print_Abs(self, expr: sp.Expr) -> str:
        return f"abs({self._print(expr.args[0])})"

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
    first_order_in_time(found, "UFL")
    printer = _Printer(found)
    values = sorted(found.names.values())
    densities = found.densities
    old, tests = [f"{d}_old" for d in densities], [f"{d}_test" for d in densities]
    arguments = ", ".join([*densities, *old, *tests, "x", "dt", *(["*", *values] if values else [])])
    lines = [*found.heading("#"), "import ufl", "", "", f"def form({arguments}):",
             '    """The residual; x is ufl.SpatialCoordinate of the mesh, the parameters are numbers or ufl.Constant."""']  # fmt: skip
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
