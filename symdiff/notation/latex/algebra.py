"""What a row of a formula amounts to: a SymPy expression, a vector of them, or an operator that waits for its operand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy as sp

from symdiff.errors import ExpressionError
from symdiff.notation import limits

MAX_ACTIONS = 200  # applications of operators in one formula; (d_t + a)^8 (d_x + b)^8 ... doubles with every factor
MAX_EXPONENT_BITS = 2_000
MAX_PARTS = 4_000  # of a value to which operators are applied


@dataclass(frozen=True)
class Vector:
    """The components of a vector along the coordinates."""

    components: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Operator:
    """A linear operator; ``moves`` are the symbols on which it acts (empty: whatever it is applied to)."""

    apply: Callable[[Any], Any]
    moves: tuple[sp.Expr, ...]
    spoken: str
    weight: int = 1  # how many terms it makes of one
    single: tuple[sp.Expr, Callable[[Any, sp.Expr], Any]] | None = None  # a constant times one derivative, of any order


Value: TypeAlias = sp.Expr | Vector | Operator


class Dot:
    """An explicit multiplication sign, which between vectors is the scalar product."""


DOT = Dot()


def add(values: Sequence[Value]) -> Value:
    """The sum. Raises :class:`ExpressionError` for a vector plus a number."""
    if len(values) == 1:
        return values[0]
    operators = [v for v in values if isinstance(v, Operator)]
    if operators:
        return _operator_sum(values, operators)
    vectors = [v for v in values if isinstance(v, Vector)]
    if vectors:
        if len(vectors) < len(values):
            raise ExpressionError("a vector and a number are added", instead="write the equation for each component")
        return Vector(tuple(sp.Add(*parts) for parts in zip(*(v.components for v in vectors), strict=True)))
    return limits.check_number(sp.Add(*values))


def _operator_sum(values: Sequence[Value], operators: Sequence[Operator]) -> Operator:
    def apply(operand: Value) -> Value:
        return add([v.apply(operand) if isinstance(v, Operator) else multiply([v, operand]) for v in values])

    weight = sum(v.weight if isinstance(v, Operator) else 1 for v in values)
    return Operator(apply, tuple(dict.fromkeys(m for o in operators for m in o.moves)), operators[0].spoken, weight)


def multiply(values: Sequence[Value | Dot]) -> Value:
    """The product from left to right. Raises :class:`ExpressionError` for two vectors without a dot between them."""
    scalars: list[sp.Expr] = []
    vector: Vector | None = None
    for i, value in enumerate(values):
        if isinstance(value, Dot):
            continue
        if isinstance(value, Operator):
            if i + 1 != len(values):
                raise ExpressionError(
                    "an operator stands where a factor is expected", instead="write it in front of what it acts on"
                )
            return _scaled(
                multiply(values[:i]) if i else sp.S.One, value, dotted=i > 0 and isinstance(values[i - 1], Dot)
            )
        if isinstance(value, Vector):
            if vector is None:
                vector = value
            elif i and isinstance(values[i - 1], Dot):
                scalars.append(dot(vector, value))
                vector = None
            else:
                raise ExpressionError("two vectors stand side by side", instead="write \\mathbf{a}\\cdot\\mathbf{b}")
        else:
            scalars.append(value)
    product = scalars[0] if len(scalars) == 1 else limits.check_number(sp.Mul(*scalars))
    if vector is None:
        return product
    return Vector(tuple(sp.Mul(product, part) for part in vector.components))


def _scaled(factor: Value, operator: Operator, *, dotted: bool) -> Operator:
    if factor is sp.S.One:
        return operator
    if isinstance(factor, Vector) and not dotted:
        raise ExpressionError("a vector stands in front of an operator", instead="write \\mathbf{v}\\cdot\\nabla")
    between: list[Value | Dot] = [DOT] if dotted else []
    single = operator.single
    if single is not None and isinstance(factor, sp.Expr):
        constant = not any(m in factor.free_symbols if m.is_Symbol else factor.has(m) for m in operator.moves)
        single = (factor * single[0], single[1]) if constant else None
    return Operator(
        lambda operand: multiply([factor, *between, operator.apply(operand)]),
        operator.moves,
        operator.spoken,
        operator.weight,
        single,
    )


def compose(outer: Operator, inner: Operator) -> Operator:
    """The operator that applies ``inner`` first."""
    weight = outer.weight * inner.weight
    if weight > MAX_PARTS:
        raise ExpressionError(
            f"a product of operators with more than {MAX_PARTS} terms", instead="write the equation in simpler steps"
        )
    return Operator(
        lambda operand: outer.apply(inner.apply(operand)),
        tuple(dict.fromkeys(outer.moves + inner.moves)),
        outer.spoken,
        weight,
    )


def check_size(operator: Operator, operand: Value) -> None:
    """Refuse to apply an operator where the result would have more than ``MAX_PARTS`` parts."""
    parts = 0
    pending: list[Any] = list(operand.components) if isinstance(operand, Vector) else [operand]
    while pending and parts * operator.weight <= MAX_PARTS:
        parts += 1
        pending.extend(getattr(pending.pop(), "args", ()))
    if parts * operator.weight > MAX_PARTS:
        raise ExpressionError(
            f"an expression of more than {MAX_PARTS} parts", instead="write the equation in simpler steps"
        )


def dot(first: Vector, second: Vector) -> sp.Expr:
    """The scalar product."""
    return sp.Add(*(a * b for a, b in zip(first.components, second.components, strict=True)))


def negated(value: Value) -> Value:
    """Minus the value."""
    return multiply([sp.S.NegativeOne, value])


def power(base: Value, exponent: Value) -> Value:
    """``base**exponent`` through the guards; a vector squared is its scalar square, an operator is applied repeatedly."""
    if not isinstance(exponent, sp.Expr):
        raise ExpressionError("an operator or a vector stands in an exponent", instead="write out what it does")
    if isinstance(base, Vector):
        if exponent == 2:
            return dot(base, base)
        raise ExpressionError("a power of a vector", instead="write |\\mathbf{v}|^2 or \\mathbf{v}^2")
    if isinstance(base, Operator):
        return _repeated(base, exponent)
    if base.is_Rational and exponent.is_Rational and not exponent.is_Integer and limits.bits(base) > MAX_EXPONENT_BITS:
        raise ExpressionError("a root of a number this large", instead="write the number with a symbol")
    if exponent.is_Rational and abs(exponent) > 1:
        inner = max((limits.bits(n) for n in base.atoms(sp.Rational)), default=0)
        if inner > 8 and inner * abs(exponent) > limits.MAX_NUMBER_BITS:
            raise ExpressionError(
                "a power whose numbers have more than 6,000 digits", instead="write the number with a symbol"
            )
    result = limits.power(base, exponent)
    return limits.check_number(result)


def _repeated(base: Operator, exponent: sp.Expr) -> Operator:
    if base.single is not None and exponent.is_Symbol:
        factor, differentiate = base.single
        scale = limits.power(factor, exponent)
        return Operator(lambda operand: multiply([scale, differentiate(operand, exponent)]), base.moves, base.spoken)
    if not (exponent.is_Integer and 1 <= exponent <= 8):
        raise ExpressionError(
            "a power of an operator that is no whole number from 1 to 8", instead="write out what it does"
        )
    result = base
    for _ in range(int(exponent) - 1):
        result = compose(base, result)
    return result


def inverse(value: Value) -> sp.Expr:
    """One over the value. Raises :class:`ExpressionError` for zero, vectors and operators."""
    if not isinstance(value, sp.Expr):
        raise ExpressionError("a vector or an operator stands in a denominator", instead="write out what is meant")
    if value.is_zero:
        raise ExpressionError("division by zero", instead="check the denominator")
    return sp.Pow(value, -1)
