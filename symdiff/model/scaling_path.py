"""What a regime says about numbers: how the parameters move as eps shrinks from 1 to 0.

At eps = 1 every parameter has its base value; every expression that the regime scales is then its base value times
eps to the stated power. This is the meaning of a regime for simulations, cross-checks and the second route; it is
worked out from the statement alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.small_expressions import SmallExpression, add_small
from symdiff.notation.evaluation import Arithmetic, NoFractionError, evaluate, fraction_of, holds

Number = Any


def values_at(
    regime: ScalingRegime,
    base: Mapping[sp.Symbol, Number],
    arithmetic: Arithmetic,
    shrink: Callable[[Fraction], Number],
) -> dict[sp.Symbol, Number]:
    """The parameters at one eps; ``shrink(w)`` is eps**w."""
    result = dict(base)
    powers: dict[sp.Symbol, Fraction] = {}
    compound = []
    for key, value in regime.powers:
        if key.is_Symbol and key in base:
            powers[key] = value
        elif not key.is_Symbol:
            compound.append((key, value))
    changed = True
    while changed:  # a product with one open factor fixes that factor
        changed = False
        for key, value in compound:
            factors = key.as_powers_dict()
            unknown = [s for s in factors if s.is_Symbol and s not in powers]
            if key.is_Mul and all(f.is_Symbol or f.is_number for f in factors) and len(unknown) == 1:
                rest = value - sum(
                    (powers[s] * Fraction(str(e)) for s, e in factors.items() if s in powers), Fraction(0)
                )
                powers[unknown[0]] = rest / Fraction(str(factors[unknown[0]]))
                changed = True
    for symbol, value in powers.items():
        result[symbol] = base[symbol] * shrink(value)
    small: tuple[SmallExpression, ...] = ()
    wanted: dict[sp.Symbol, Number] = {}
    for key, value in compound:
        if key.free_symbols <= set(powers):
            continue
        longer = add_small(small, key, set(powers))
        if longer is None:
            continue  # fixed by the other keys
        small = longer
        wanted[small[-1].symbol] = evaluate(key, base, arithmetic) * shrink(value)
    for s in small:
        result[s.parameter] = evaluate(s.solution, {**result, **wanted}, arithmetic)
    return result


def draw_values(
    model: JumpModel,
    generator: random.Random,
    fixed: Mapping[sp.Symbol, Fraction] | None = None,
    attempts: int = 400,
    *,
    simple: bool = False,
) -> dict[sp.Symbol, Fraction]:
    """Rational values for all parameters that satisfy what is assumed of them; ``fixed`` ones are kept.

    With ``simple`` the numbers have small denominators, for examples that people read.

    Raises :class:`UsageError` where fixed values contradict a constraint of the model, and where none were found that satisfy all.
    """
    fixed = dict(fixed or {})
    conditions = conditions_on_parameters(model)
    for c in conditions:
        if c.free_symbols and c.free_symbols <= set(fixed) and not _true(c, fixed):
            told = ", ".join(f"{s} = {fixed[s]}" for s in sorted(c.free_symbols, key=str))
            raise UsageError(f"the values {told} contradict what the model states: {sp.sstr(c)}", where="values",
                             instead="change them with --set or in [values]")  # fmt: skip
    for attempt in range(attempts):
        found = dict(fixed)
        nearer = Fraction(
            1, 4 ** (attempt // 40)
        )  # where nothing fits, smaller values and larger ones are tried as well
        for parameter in model.parameters:
            if parameter.symbol not in found:
                drawn = _draw(parameter, generator, simple)
                if nearer != 1 and not parameter.integer and generator.random() < 0.5:
                    moved = drawn * nearer if attempt % 2 == 0 else drawn * min(Fraction(16), 1 / nearer)
                    drawn = moved if parameter.interval.contains(moved) else drawn
                found[parameter.symbol] = drawn
        if all(_true(c, found) for c in conditions):
            return found
    raise UsageError("no values were found that satisfy all constraints of the model together",
                     instead="give values with --set or in [values]")  # fmt: skip


def conditions_on_parameters(model: JumpModel) -> list[sp.Basic]:
    """What the model states and needs of its parameters alone; what names places or functions says nothing of numbers."""
    from symdiff.notation.expression import parse_condition

    conditions = [parse_condition(text, model.scope) for text in model.constraints]
    conditions += [parse_condition(text, model.scope) for p in model.parameters for text in p.constraints]
    conditions += model.conditions
    parameters = {p.symbol for p in model.parameters}
    return [c for c in conditions if c.free_symbols <= parameters and not c.atoms(AppliedUndef)]


def _draw(parameter: Any, generator: random.Random, simple: bool) -> Fraction:
    value: Fraction = parameter.interval.sample(generator, integer=parameter.integer, simple=simple)
    while parameter.nonzero and value == 0:
        value = parameter.interval.sample(generator, integer=parameter.integer, simple=simple)
    return value


def _true(condition: sp.Basic, values: Mapping[sp.Symbol, Fraction]) -> bool:
    try:
        return holds(condition, lambda e: fraction_of(e, values))
    except (NoFractionError, ZeroDivisionError):  # roots, functions: SymPy decides, which takes much longer
        pass
    exact = {s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()}
    decided = condition.subs(exact)
    if decided in (sp.true, sp.false):
        return bool(decided)
    return holds(decided, lambda e: sp.N(e, 30))
