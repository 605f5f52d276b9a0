"""Mathematica, and Julia's ModelingToolkit with MethodOfLines."""

from __future__ import annotations

import sympy as sp
from sympy.printing.julia import JuliaCodePrinter
from sympy.printing.mathematica import MCodePrinter

from symdiff.report.export.equations import Exported, refuse_fractional
from symdiff.report.export.words import ELEMENTARY, SPECIAL, check_words

_BEYOND_JULIA = (sp.gamma, sp.loggamma, sp.erf, sp.erfc, sp.besseli, sp.besselj, sp.besselk, sp.zeta)


class _Mathematica(MCodePrinter):  # type: ignore[misc]  # SymPy has no types
    """Derivatives as D[...], densities as P[x, t]."""

    def __init__(self, found: Exported) -> None:
        super().__init__()
        self.found = found

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return str(self.found.names.get(expr, expr.name))

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        orders = ", ".join(f"{{{self._print(v)}, {n}}}" for v, n in expr.variable_count)
        return f"D[{self._print(expr.expr)}, {orders}]"

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        pieces = ", ".join(f"{{{self._print(value)}, {self._print(where)}}}" for value, where in expr.args)
        return f"Piecewise[{{{pieces}}}]"

    def _print_sign(self, expr: sp.Expr) -> str:
        return f"Sign[{self._print(expr.args[0])}]"

    def _print_Heaviside(self, expr: sp.Expr) -> str:
        return f"((1 + Sign[{self._print(expr.args[0])}])/2)"

    def _print_Abs(self, expr: sp.Expr) -> str:
        return f"Abs[{self._print(expr.args[0])}]"

    def _print_floor(self, expr: sp.Expr) -> str:
        return f"Floor[{self._print(expr.args[0])}]"

    def _print_Function(self, expr: sp.Expr) -> str:
        if expr.func.__name__ in self.found.densities:
            return f"{expr.func.__name__}[{', '.join(self._print(a) for a in expr.args)}]"
        return str(super()._print_Function(expr))


def mathematica(found: Exported) -> str:
    """Mathematica source: a list of equations, ready for NDSolve or DSolve."""
    refuse_fractional(found, "this export to Mathematica")
    check_words((*found.left, *found.right), (*ELEMENTARY, *SPECIAL), "Mathematica")
    printer = _Mathematica(found)
    sides = zip(found.left, found.right, strict=True)
    equations = [f"  {printer.doprint(left)} == {printer.doprint(right)}" for left, right in sides]
    plain = (
        line.strip().replace("(*", "( *").replace("*)", "* )") for line in found.heading("")
    )  # no comment ends early
    heading = [f"(* {line} *)" for line in plain]
    return "\n".join([*heading, "equations = {", ",\n".join(equations), "};", ""])


class _Julia(JuliaCodePrinter):  # type: ignore[misc]  # SymPy has no types
    """Derivatives as the operators Dt, Dx, ... of ModelingToolkit, without broadcasting dots."""

    def __init__(self, found: Exported) -> None:
        super().__init__()
        self.found = found

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return str(self.found.names.get(expr, expr.name))

    def _print_Exp1(self, _: sp.Expr) -> str:
        return "exp(1)"

    def _print_Heaviside(self, expr: sp.Expr) -> str:
        return f"((1 + sign({self._print(expr.args[0])})) / 2)"

    def _print_Min(self, expr: sp.Expr) -> str:
        return f"min({', '.join(map(self._print, expr.args))})"

    def _print_Max(self, expr: sp.Expr) -> str:
        return f"max({', '.join(map(self._print, expr.args))})"

    def _print_loggamma(self, expr: sp.Expr) -> str:
        return f"loggamma({self._print(expr.args[0])})"

    def _print_zeta(self, expr: sp.Expr) -> str:
        return f"zeta({', '.join(map(self._print, expr.args))})"

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        """Nested ``ifelse``: a condition on a symbol is no truth value, so that ``?`` would fail."""
        shown = "NaN"
        for value, where in reversed(expr.args):
            body = self._print(value)
            shown = body if where == sp.true else f"ifelse({self._print(where)}, {body}, {shown})"
        return shown

    def _print_And(self, expr: sp.And) -> str:
        return " & ".join(f"({self._print(a)})" for a in expr.args)

    def _print_Or(self, expr: sp.Or) -> str:
        return " | ".join(f"({self._print(a)})" for a in expr.args)

    def _print_Function(self, expr: sp.Expr) -> str:
        if expr.func.__name__ in self.found.densities:
            return f"{expr.func.__name__}({', '.join(self._print(a) for a in (expr.args[-1], *expr.args[:-1]))})"
        return str(super()._print_Function(expr))

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        body = self._print(expr.expr)
        for variable, count in expr.variable_count:
            operator = f"D{variable}"
            body = f"{operator}({body})" if count == 1 else f"({operator}^{count})({body})"
        return str(body)


def julia(found: Exported) -> str:
    """Julia source: the equations ``eqs`` of ModelingToolkit, for MethodOfLines or another discretisation."""
    refuse_fractional(found, "MethodOfLines")
    check_words((*found.left, *found.right), (*ELEMENTARY, *SPECIAL), "Julia")
    printer = _Julia(found)
    variables = [found.time, *found.coordinates]
    places = ", ".join(v.name for v in variables)

    def written(side: sp.Expr) -> str:
        return (
            str(printer.doprint(side)).replace(" .* ", " * ").replace(".*", "*").replace("./", "/").replace(".^", "^")
        )

    names = sorted(found.names.values())
    special = any(side.has(*_BEYOND_JULIA) for side in (*found.left, *found.right))
    modules = ["using ModelingToolkit", *(["using SpecialFunctions"] if special else [])]
    lines = [*found.heading("#"), *modules, "", f"@parameters {' '.join([v.name for v in variables] + names)}",
             f"@variables {' '.join(f'{d}(..)' for d in found.densities)}"]  # fmt: skip
    lines += [f"D{v} = Differential({v})" for v in variables]
    lines += [
        "",
        "eqs = [",
        *(f"    {written(a)} ~ {written(b)}," for a, b in zip(found.left, found.right, strict=True)),
        "]",
    ]
    return "\n".join([*lines, f"# independent variables: {places}", ""])
