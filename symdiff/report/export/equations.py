"""What every target needs of a limit: its equations with all definitions written out, and what each name stands for."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.str import StrPrinter

from symdiff.continuum.isotropic import refuse_in_space
from symdiff.continuum.limit import ContinuumLimit
from symdiff.equations.evolution_equation import CaputoDerivative, FracLaplacian, RiemannLiouvilleDerivative
from symdiff.errors import UsageError
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel

# names that the programs use themselves
_RESERVED = {
    *(
        "x",
        "y",
        "z",
        "t",
        "dt",
        "rng",
        "numpy",
        "pde",
        "ufl",
        "step",
        "form",
        "equation",
        "ones",
        "drift",
        "diffusion",
        "tensor",
    ),
    *(
        "laplace",
        "gradient",
        "divergence",
        "inner",
        "outer",
        "dot",
        "integral",
        "heaviside",
        "hypot",
        "options",
    ),  # of py-pde
    *(
        "scipy",
        "ifelse",
        "baremodule",
        "begin",
        "const",
        "do",
        "end",
        "export",
        "function",
        "let",
        "macro",
        "module",
        "mutable",
    ),
    *("quote", "struct", "using", "where", "true", "false", "abs", "max", "min"),  # of Julia
}
_FRACTIONAL = {f.__name__ for f in (FracLaplacian, CaputoDerivative, RiemannLiouvilleDerivative)}


class _Remark(StrPrinter):  # type: ignore[misc]  # SymPy has no types
    """Conditions at walls in the names of the program; a limit from one side as the value at 0+ or 0-."""

    def __init__(self, names: dict[sp.Symbol, str]) -> None:
        super().__init__()
        self.names = names

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return str(self.names.get(expr, expr.name))

    def _print_Limit(self, expr: sp.Limit) -> str:
        body, variable, place, side = expr.args
        return f"[{self._print(body)} at {variable} = ({self._print(place)}){side}]"


@dataclass(frozen=True)
class Exported:
    """Equations left = right as they were derived, one per density, in names that are plain words anywhere.

    ``names`` holds those of the parameters, ``plain`` those of the densities; ``written_out`` prepares a further expression.
    """

    title: str
    limit: ContinuumLimit
    coordinates: tuple[sp.Symbol, ...]
    time: sp.Symbol
    densities: tuple[str, ...]
    left: tuple[sp.Expr, ...]
    right: tuple[sp.Expr, ...]
    names: dict[sp.Symbol, str]
    plain: dict[str, str]
    written_out: Callable[[sp.Expr], sp.Expr]

    @property
    def fractional(self) -> bool:
        """Whether a fractional derivative stands in an equation."""
        return any(
            call.func.__name__ in _FRACTIONAL for e in (*self.left, *self.right) for call in e.atoms(AppliedUndef)
        )

    @property
    def fields(self) -> tuple[sp.Expr, ...]:
        """The densities as functions of place and time."""
        return tuple(sp.Function(name)(*self.coordinates, self.time) for name in self.densities)

    def heading(self, comment: str, natural: str = "") -> list[str]:
        """Comment lines: the title, the regime, what was assumed, the conditions at walls, which no target states.

        ``natural`` is a kind of wall whose condition holds where the program says nothing.
        """
        lines = [f"{self.title}, regime {self.limit.regime.name}; derived by symdiff"]
        if self.limit.ranges:
            lines.append(f"one case of several: {self.limit.case}; for another, declare its range in [parameters]")
        lines += [f"assumes: {a}" for a in self.limit.assumptions]
        written = _Remark(self.names).doprint
        lines += [
            f"{'by itself' if b.kind == natural else 'not in this program'}: at {b.at} ({b.kind}) {written(b.lhs)} = {written(b.rhs)}"
            for b in self.limit.boundary_conditions
        ]
        return [f"{comment} {line}" for text in lines for line in text.splitlines()]


def exported(model: JumpModel, limit: ContinuumLimit) -> Exported:
    """The equations of a limit, ready for a target; raises where no equation closes or a function has no formula."""
    refuse_in_space(model, "exports")
    if limit.resets:
        raise UsageError("the equation has a gain concentrated in one place, which the targets do not state", where="--to",
                         instead="export the walk without the destination, and add the gain by hand: 'symdiff derive' shows it")  # fmt: skip
    if not limit.equations:
        raise UsageError(f"no equation closes in regime '{limit.regime.name}': {limit.closure.why}", where="--regime")
    first = limit.equations[0]
    own = {*first.coordinates, first.time}
    spoken = {s for e in limit.equations for side in (e.lhs, e.rhs) for s in side.free_symbols}
    spoken |= {
        s
        for e in limit.equations
        for side in (e.lhs, e.rhs)
        for s in expand_definitions(side, model.functions).free_symbols
    }
    words = plain_names({s.name for s in spoken - own}, {s.name for s in own} | _RESERVED)
    fields = plain_names({e.density for e in limit.equations}, {*words.values(), *(s.name for s in own), *_RESERVED})

    def written_out(side: sp.Expr) -> sp.Expr:
        full = expand_definitions(side, model.functions)
        for call in sorted(full.atoms(AppliedUndef), key=str):
            if call.func.__name__ not in (*fields, *_FRACTIONAL):
                raise UsageError(f"{call.func.__name__} has no formula, and another tool needs one", where="[functions]",
                                 instead=f"give {call.func.__name__} a body in the model file")  # fmt: skip
        return full.replace(
            lambda e: isinstance(e, AppliedUndef) and e.func.__name__ in fields,
            lambda e: sp.Function(fields[e.func.__name__])(*e.args),
        )

    return Exported(
        title=model.title or "Jump model",
        limit=limit,
        coordinates=first.coordinates,
        time=first.time,
        densities=tuple(fields[e.density] for e in limit.equations),
        left=tuple(written_out(e.lhs) for e in limit.equations),
        right=tuple(written_out(e.rhs) for e in limit.equations),
        names={s: words[s.name] for s in sorted(spoken - own, key=lambda s: s.name)},
        plain=fields,
        written_out=written_out,
    )


def plain_names(names: set[str], taken: set[str]) -> dict[str, str]:
    """A name for each that clashes with no word of Python, SymPy or Mathematica: letters and digits only."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in sorted(names):
        plain = "".join(c for c in name if c.isascii() and c.isalnum()) or "parameter"
        # Mathematica's words and Julia's operators Dt, Dx begin with a capital; a single one is free but for a few
        loud = plain in "CDEIKNOQS" if len(plain) == 1 else plain[0].isupper()
        if plain[0].isdigit() or keyword.iskeyword(plain) or hasattr(sp, plain) or loud:
            plain = f"par{plain}" if plain[0].isdigit() else f"{plain}0"
        while plain in used:
            plain += "1"
        used.add(plain)
        found[name] = plain
    return found


def first_order_in_time(found: Exported, target: str) -> tuple[sp.Expr, ...]:
    """The right-hand sides of d_t u = rhs; raises where an equation is of another kind in time."""
    for density, left in zip(found.fields, found.left, strict=True):
        if left != sp.Derivative(density, found.time):
            raise UsageError(f"{target} wants d/dt of {density.func} alone on the left, and the equation has {left}",
                             where="--to", instead="export another regime, such as long-wave, or another target")  # fmt: skip
    return found.right


def refuse_fractional(found: Exported, target: str) -> None:
    """Raise where a fractional derivative stands in the equation."""
    if found.fractional:
        raise UsageError(f"{target} has no fractional derivatives", where="--to",
                         instead="symdiff solve FILE computes the solution itself")  # fmt: skip
