"""A stochastic differential equation, as NumPy source of the Euler-Maruyama step."""

from __future__ import annotations

import sympy as sp
from sympy.printing.numpy import SciPyPrinter

from symdiff.errors import UsageError
from symdiff.notation.display.build import Typography, build_equation
from symdiff.notation.display.text import to_text
from symdiff.report.export.equations import Exported, refuse_fractional
from symdiff.report.export.interfaces import holds_by_itself
from symdiff.report.export.words import ELEMENTARY, SPECIAL, check_words


class _Printer(SciPyPrinter):  # type: ignore[misc]  # SymPy has no types
    """NumPy and SciPy expressions with the plain names of the parameters; ``module_imports`` says which of the two."""

    def __init__(self, names: dict[sp.Symbol, str]) -> None:
        super().__init__()  # writes numpy.exp(...), scipy.special.erf(...)
        self.names = names

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return str(self.names.get(expr, expr.name))

    def _print_Pi(self, _: sp.Expr) -> str:
        return "numpy.pi"

    def _print_Min(self, expr: sp.Min) -> str:
        return self._folded("numpy.minimum", expr)

    def _print_Max(self, expr: sp.Max) -> str:
        return self._folded("numpy.maximum", expr)

    def _print_zeta(self, expr: sp.zeta) -> str:
        self.module_imports["scipy.special"].add("zeta")
        return f"scipy.special.zeta({', '.join(self._print(a) for a in (*expr.args, 1)[:2])})"

    def _folded(self, word: str, expr: sp.Expr) -> str:
        """A function of two arguments over several."""
        first, *rest = (self._print(a) for a in expr.args)
        for other in rest:
            first = f"{word}({first}, {other})"
        return str(first)


def stochastic(found: Exported) -> str:
    """Python source of one Ito step, dX = v dt + sqrt(2 D) dW, of the walkers whose density obeys the equation.

    The drift of the conservative form d_t P = - d_i (v_i P) + d_i d_j (D_ij P) is the Ito drift.
    Limits of validity: one density, no source, at most second derivatives; place-dependent D at any rule of the model.
    """
    limit = found.limit
    refuse_fractional(found, "an SDE of Brownian motion")
    _check(found)
    dimension = len(found.coordinates)
    drift = tuple(found.written_out(v) for v in limit.drift) or (sp.Integer(0),) * dimension
    tensor = [[found.written_out(e) for e in row] for row in limit.diffusion_tensor]
    check_words((*drift, *(e for row in tensor for e in row)), (*ELEMENTARY, *SPECIAL), "NumPy")
    names = {**found.names, **{c: f"x[{i}]" for i, c in enumerate(found.coordinates)}}
    printer = _Printer(names)
    written = printer.doprint
    values = sorted(found.names.values())
    arguments = ", ".join(["x", "t", "dt", "rng", *(["*", *values] if values else [])])
    places = ", ".join(c.name for c in found.coordinates)
    crowd = any("agents" in a for a in limit.assumptions)
    note = (
        ["# independent walkers with the density of the crowd; one agent among others moves otherwise"] if crowd else []
    )
    lines = ["", "", f"def step({arguments}):",
              f'    """One Ito step of walkers at x, an array of shape ({dimension}, walkers) that holds {places}."""',
              "    ones = numpy.ones_like(x[0])"]  # fmt: skip
    lines += [f"    drift = numpy.stack([{', '.join(f'({written(v)}) * ones' for v in drift)}])"]
    if dimension == 1:
        lines += [f"    diffusion = ({written(tensor[0][0])}) * ones",
                  "    return x + drift * dt + numpy.sqrt(2 * diffusion * dt) * rng.standard_normal(x.shape)"]  # fmt: skip
    else:
        rows = ", ".join("[" + ", ".join(f"({written(e)}) * ones" for e in row) + "]" for row in tensor)
        lines += [f"    tensor = numpy.array([{rows}])  # shape (dimension, dimension, walkers)",
                  "    size, axes = numpy.linalg.eigh(numpy.moveaxis(tensor, -1, 0))  # D may be singular: no Cholesky factor",
                  "    root = axes * numpy.sqrt(2 * dt * numpy.clip(size, 0, None))[:, None, :]",
                  "    noise = numpy.einsum('wij,jw->iw', root, rng.standard_normal(x.shape))",
                  "    return x + drift * dt + noise"]  # fmt: skip
    modules = ["import numpy", *(["import scipy.special"] if "scipy.special" in printer.module_imports else [])]
    return "\n".join([*found.heading("#"), *note, *modules, *lines, ""])


def _check(found: Exported) -> None:
    limit = found.limit
    reasons = []
    if len(found.densities) > 1:
        reasons.append("several densities")
    elif found.left[0] != sp.Derivative(found.fields[0], found.time):
        reasons.append("more than a first derivative in time")
    elif not limit.equations[0].is_linear:
        reasons.append("an equation that is nonlinear in the density")
    else:
        highest = max((sum(t.space) for t in limit.equations[0].right), default=0)
        if highest > 2:
            reasons.append(f"derivatives of order {highest} (Pawula's theorem: no diffusion process has them)")
        if any(not sum(t.space) for t in limit.equations[0].right):
            reasons.append("a source or a sink, which changes the number of walkers")
    if not limit.diffusion_tensor and not reasons:
        reasons.append("no diffusion tensor")
    met = next(
        (
            b
            for b in limit.boundary_conditions
            if b.kind == "interface" and not reasons and not holds_by_itself(found, b)
        ),
        None,
    )
    if met:
        raise UsageError(f"steps of drift and noise alone would cross {met.at} freely, where {to_text(build_equation(met.lhs, met.rhs, Typography()))} holds",
                         where="--to", instead="simulate the walk itself ('symdiff verify'), or export to py-pde, with the conditions as remarks")  # fmt: skip
    if reasons:
        raise UsageError(f"no stochastic differential equation of single walkers: {reasons[0]}", where="--to",
                         instead="export to py-pde, or another regime (long-wave has derivatives up to the second)")  # fmt: skip
