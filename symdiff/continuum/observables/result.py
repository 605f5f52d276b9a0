"""What an observable's evaluation returns, and the error for one that does not exist."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import DerivationError, NotYetError, SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.ranges import certain_range, parameter_intervals
from symdiff.notation.expression import parse_expression
from symdiff.notation.storable import Storable


@dataclass(frozen=True)
class ObservableResult(Storable):
    """An observable's value on the lattice (of the microscopic model itself; None where no exact form is known) and by regime.

    ``assumptions`` hold for the values; ``why`` says what is missing where a level is empty. ``impossible``: the mathematics has
    no such quantity for this model, and ``instead`` says what exists.
    """

    name: str
    kind: str
    lattice: sp.Expr | None
    equation: tuple[tuple[str, sp.Expr], ...]
    why: str = ""
    assumptions: tuple[str, ...] = ()
    branches: tuple[sp.Expr, ...] = ()
    impossible: bool = False
    instead: str = ""


@dataclass(frozen=True)
class Found:
    """A value on one level with what it assumes; ``span``: the coordinate and the two places between which it holds."""

    value: sp.Expr
    assumptions: tuple[str, ...] = ()
    branches: tuple[sp.Expr, ...] = ()
    span: tuple[sp.Symbol, sp.Expr, sp.Expr] | None = None


def determinate(found: Found) -> Found:
    """The same value; raises where a closed form came out as 0/0 or 1/0, which is no answer."""
    if any(value.has(sp.nan, sp.zoo) for value in (found.value, *found.branches)):
        raise NotYetError("the closed form is indeterminate (0/0) for this model; its limit is not worked out yet")
    return found


_COMPARISON = re.compile(r"^([^<>=,:]+?) ([<>]) ([^<>=,:]+)$")


def possible(found: Found, model: JumpModel) -> Found:
    """The same value; raises where a condition of it holds for no value of the parameters: then the quantity does not exist."""
    for note in found.assumptions:
        match = _COMPARISON.match(note)
        if match is None:
            continue
        larger, smaller = (match[1], match[3]) if match[2] == ">" else (match[3], match[1])
        try:
            gap = parse_expression(f"({larger}) - ({smaller})", model.scope)
        except SymdiffError:
            continue
        span = certain_range(gap, parameter_intervals(model.parameters))
        if span.high is not None and span.high <= 0:
            raise DerivationError(f"this quantity exists only where {note}, which holds for no value of the parameters",
                                  instead="ask for averages as functions of time, or change what makes it diverge")  # fmt: skip
    return found


def readable(found: Found, model: JumpModel) -> Found:
    """The same value with names for what is summed and integrated over that mean nothing else in the model.

    These symbols are called ``_k``, ``_s``, ... while a value is worked out: no declared name begins so, and none is caught.
    """
    values = (found.value, *found.branches)
    inner = sorted(
        {s for v in values for s in v.atoms(sp.Symbol) if s.name.startswith("_") or s.is_Dummy},
        key=lambda s: (s.name, str(s.assumptions0)),
    )
    if not inner:
        return found
    taken = {s.name for v in values for s in v.atoms(sp.Symbol)} | {
        f.func.__name__ for v in values for f in v.atoms(AppliedUndef)
    }
    taken |= {p.name for p in model.parameters} | {
        *model.coordinates,
        *model.state_names,
        *model.density_names,
        model.time.name,
    }
    taken |= {d.name for d in model.functions}
    change = {}
    for symbol in inner:
        stem = symbol.name.lstrip("_")
        names = (stem, *(f"{stem}{n}" for n in range(1, len(inner) + len(taken) + 2)))
        name = next(n for n in names if n not in taken)
        taken.add(name)
        change[symbol] = sp.Symbol(name, **{k: v for k, v in symbol._assumptions_orig.items() if v is not None})
    return Found(
        found.value.xreplace(change), found.assumptions, tuple(b.xreplace(change) for b in found.branches), found.span
    )


def where(statement: ObservableStatement) -> str:
    """The place of an observable in messages."""
    return f"observable '{statement.name}'"


def result(
    statement: ObservableStatement, lattice: Found | SymdiffError, equation: list[tuple[str, Found | SymdiffError]]
) -> ObservableResult:
    """Both levels put together; where neither has a value, the reason is raised.

    A :class:`DerivationError` (the mathematics forbids it) on the lattice wins over what is merely not handled yet.
    """
    good = [(name, f) for name, f in equation if isinstance(f, Found)]
    bad = [f for f in (lattice, *(f for _, f in equation)) if isinstance(f, SymdiffError)]
    if not isinstance(lattice, Found) and not good:
        raise _worst(bad).located(where(statement)) if bad else NotYetError(
            f"no form of '{statement.kind}' is known for this model yet", where=where(statement)
        )  # fmt: skip
    found = [*([lattice] if isinstance(lattice, Found) else []), *(f for _, f in good)]
    assumed = tuple(dict.fromkeys(a for f in found for a in f.assumptions))
    why = "; ".join(dict.fromkeys(e.message for e in bad))
    branches = next((f.branches for f in found if f.branches), ())
    return ObservableResult(statement.name, statement.kind, lattice.value if isinstance(lattice, Found) else None,
                            tuple((n, f.value) for n, f in good), why, assumed, branches)  # fmt: skip


class OffLatticeError(NotYetError):
    """There is nothing to say on the level of the lattice: no lattice, or no exact form; the other level tells more."""


def _worst(errors: list[SymdiffError]) -> SymdiffError:
    told = [e for e in errors if not isinstance(e, OffLatticeError)] or errors
    return next((e for e in told if isinstance(e, DerivationError)), told[0])
