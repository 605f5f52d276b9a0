"""py-pde: a function that returns the ``pde.PDE`` object."""

from __future__ import annotations

import sympy as sp
from sympy.printing.str import StrPrinter

from symdiff.errors import UsageError
from symdiff.report.export.equations import Exported, first_order_in_time, refuse_fractional
from symdiff.report.export.words import ELEMENTARY, check_words, without_steps

_AXES = ("x", "y", "z")
_KNOWN = (*ELEMENTARY, sp.gamma, sp.loggamma, sp.factorial, sp.cot, sp.sec, sp.csc, sp.coth, sp.sech, sp.csch)


class _Printer(StrPrinter):  # type: ignore[misc]  # SymPy has no types
    """Expressions of py-pde: derivatives as nested operators d_dx and d2_dx2, which it knows by these names."""

    def __init__(self, found: Exported) -> None:
        super().__init__()
        self.found = found
        self.axes = dict(zip(found.coordinates, _AXES, strict=False))

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return str(self.axes.get(expr) or self.found.names.get(expr, expr.name))

    def _print_Function(self, expr: sp.Expr) -> str:
        if expr.func.__name__ in self.found.densities:
            return str(expr.func.__name__)
        return str(super()._print_Function(expr))

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        body = self._print(expr.expr)
        for variable, count in expr.variable_count:
            axis = self.axes.get(variable)
            if axis is None:
                raise UsageError(
                    f"py-pde has no mixed derivative in time such as {expr}",
                    where="--to",
                    instead="export another regime",
                )
            body = f"d_d{axis}({body})" if count % 2 else body
            for _ in range(int(count) // 2):
                body = f"d2_d{axis}2({body})"
        return str(body)


def py_pde(found: Exported) -> str:
    """Python source: ``equation(parameters)`` returns a ``pde.PDE`` for a Cartesian grid with the axes x, y, z."""
    refuse_fractional(found, "py-pde")
    if len(found.coordinates) > len(_AXES):
        raise UsageError("py-pde has at most three axes", where="--to", instead="another target")
    check_words((*found.left, *found.right), _KNOWN, "py-pde")
    printer = _Printer(found)
    right = _sides(found, printer)
    names = sorted(found.names.values())
    lines = [*found.heading("#"), "import pde", ""]
    axes = ", ".join(f"{c} is {a}" for c, a in zip(found.coordinates, _AXES, strict=False) if c.name != a)
    if axes:
        lines.append(f"# axes: {axes}")
    lines += ["", f"def equation({', '.join([*(['*', *names] if names else []), '**options'])}):",
              '    """The equation; solve it by equation(...).solve(state, t_range, dt). options go to pde.PDE: bc says what holds',
              "    at walls, and without it py-pde takes zero slopes there (on a periodic grid: the period).",
              '    """',
              "    return pde.PDE(", "        {"]  # fmt: skip
    lines += [f'            "{name}": "{side}",' for name, side in right]
    lines += ["        },"]
    if names:
        lines.append("        consts={" + ", ".join(f'"{n}": {n}' for n in names) + "},")
    lines += ["        **options,", "    )", ""]
    return "\n".join(lines)


def _sides(found: Exported, printer: _Printer) -> list[tuple[str, str]]:
    """Names and right-hand sides; an equation of second order in time brings its rate of change as a second field."""
    density, time = found.fields[0], found.time
    second = sp.Derivative(density, (time, 2))
    if len(found.densities) == 1 and found.left[0].has(second):
        rate = sp.Symbol(f"{found.densities[0]}_rate")
        inertia = found.left[0].coeff(second)
        rest = sp.expand(found.left[0] - inertia * second)
        side = (found.right[0] - rest) / inertia
        side = _with_rate(side, density, time, rate)
        return [(found.densities[0], rate.name), (rate.name, printer.doprint(without_steps(side)))]
    return [
        (name, printer.doprint(without_steps(side)))
        for name, side in zip(found.densities, first_order_in_time(found, "py-pde"), strict=True)
    ]


def _with_rate(side: sp.Expr, density: sp.Expr, time: sp.Symbol, rate: sp.Symbol) -> sp.Expr:
    """Derivatives in time of the density as (derivatives in space of) its rate of change."""
    change = {}
    for derivative in side.atoms(sp.Derivative):
        counts = dict(derivative.variable_count)
        if derivative.expr == density and counts.pop(time, 0) == 1:
            change[derivative] = sp.Derivative(rate, *counts.items(), evaluate=False) if counts else rate
    return side.xreplace(change)
