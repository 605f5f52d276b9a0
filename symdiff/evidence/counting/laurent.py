"""Polynomials in z and Laurent polynomials in x_1, x_2, ... as dictionaries: exponents (of z, of x_1, ...) -> integer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdiff.evidence.counting.steps import StateSteps, Vector

Laurent = dict[Vector, int]


def added(a: Mapping[Vector, int], b: Mapping[Vector, int], times: int = 1) -> Laurent:
    """a + times b."""
    found = dict(a)
    for x, value in b.items():
        total = found.get(x, 0) + times * value
        if total:
            found[x] = total
        else:
            found.pop(x, None)
    return found


def moved(a: Mapping[Vector, int], shift: Vector, times: int = 1) -> Laurent:
    """times x^shift a."""
    return {tuple(u + v for u, v in zip(x, shift, strict=True)): times * value for x, value in a.items()}


def product(a: Mapping[Vector, int], b: Mapping[Vector, int]) -> Laurent:
    """a b."""
    if len(a) > len(b):
        a, b = b, a
    found: Laurent = {}
    for x, v in a.items():
        for y, w in b.items():
            there = tuple(p + q for p, q in zip(x, y, strict=True))
            found[there] = found.get(there, 0) + v * w
    return {x: value for x, value in found.items() if value}


def theta(a: Mapping[Vector, int], axis: int) -> Laurent:
    """x_i d/dx_i, axis 0 for z."""
    return {x: x[axis] * value for x, value in a.items() if x[axis]}


def resolvent(steps: StateSteps, ends: Sequence[int]) -> tuple[list[Laurent], Laurent]:
    """(N, D) with (1 - z M) N = D e, M the matrix of one step and e the vector of the end states; D(0) = 1.

    By the Faddeev–LeVerrier recurrence B_k = M B_(k-1) + c_k, c_k = -tr(M B_(k-1)) / k: D = sum c_k z^k, N = sum B_k z^k e.
    """
    size, dimension = len(steps.states), steps.dimension
    zero = (0,) * (dimension + 1)
    matrix: list[list[Laurent]] = [[{} for _ in range(size)] for _ in range(size)]
    for i, arcs in enumerate(steps.arcs):
        for j, step, w in arcs:
            matrix[i][j] = added(matrix[i][j], {(0, *step): w})
    power: list[list[Laurent]] = [[{zero: 1} if i == j else {} for j in range(size)] for i in range(size)]
    column: list[Laurent] = [{} for _ in range(size)]
    determinant: Laurent = {zero: 1}
    for k in range(1, size + 1):
        lift = (k - 1, *zero[1:])
        for i in range(size):
            for e in ends:
                column[i] = added(column[i], moved(power[i][e], lift))
        power = [[_entry(matrix, power, i, j) for j in range(size)] for i in range(size)]
        trace: Laurent = {}
        for i in range(size):
            trace = added(trace, power[i][i])
        number = {x: -value // k for x, value in trace.items()}
        determinant = added(determinant, moved(number, (k, *zero[1:])))
        for i in range(size):
            power[i][i] = added(power[i][i], number)
    return column, determinant


def _entry(a: list[list[Laurent]], b: list[list[Laurent]], i: int, j: int) -> Laurent:
    found: Laurent = {}
    for k in range(len(a)):
        if a[i][k] and b[k][j]:
            found = added(found, product(a[i][k], b[k][j]))
    return found


def lowest_terms(above: Laurent, below: Laurent) -> tuple[Laurent, Laurent]:
    """The fraction without common factors; the denominator a number at z = 0, and that positive."""
    if not above:
        return above, below
    size = len(next(iter(below)))
    lows = tuple(min(x[i] for p in (above, below) for x in p) for i in range(size))
    first, second = [moved(p, tuple(-v for v in lows)) for p in (above, below)]
    quotients = _without_common_factor(first, second)
    # d(0) divides D(0) = 1, so that it is a monomial, which is taken out of both.
    corner = next(x for x in quotients[1] if not x[0])
    sign = 1 if quotients[1][corner] > 0 else -1
    back = (0, *(-v for v in corner[1:]))
    return moved(quotients[0], back, sign), moved(quotients[1], back, sign)


def factors(polynomial: Laurent) -> list[tuple[Laurent, int]]:
    """The irreducible factors with their powers, each one at z = 0, of a polynomial that is; monomials in x are left out."""
    size = len(next(iter(polynomial)))
    raised = moved(polynomial, tuple(-min(x[i] for x in polynomial) for i in range(size)))
    found = []
    for factor, many in _factored(raised, size):
        corner = next(x for x in factor if not x[0])
        back = (0, *(-v for v in corner[1:]))
        if len(factor) > 1:
            found.append((moved(factor, back, 1 if factor[corner] > 0 else -1), many))
    return found


def _factored(polynomial: Laurent, size: int) -> list[tuple[Laurent, int]]:
    try:
        from flint import Ordering, fmpz_mpoly_ctx
    except ImportError:
        from sympy import ZZ, Poly, symbols

        _, pairs = Poly(polynomial, *symbols(f"x:{size}"), domain=ZZ).factor_list()
        return [(_plain_terms(dict(p.as_dict())), int(many)) for p, many in pairs]
    _, pairs = fmpz_mpoly_ctx.get([f"x{i}" for i in range(size)], Ordering.lex).from_dict(polynomial).factor()
    return [(_plain_terms(p.to_dict()), int(many)) for p, many in pairs]


def _without_common_factor(a: Laurent, b: Laurent) -> tuple[Laurent, Laurent]:
    try:
        from flint import Ordering, fmpz_mpoly_ctx
    except ImportError:
        return _by_sympy(a, b)
    context = fmpz_mpoly_ctx.get([f"x{i}" for i in range(len(next(iter(b))))], Ordering.lex)
    first, second = context.from_dict(a), context.from_dict(b)
    common = first.gcd(second)
    return _plain_terms((first / common).to_dict()), _plain_terms((second / common).to_dict())


def _by_sympy(a: Laurent, b: Laurent) -> tuple[Laurent, Laurent]:
    from sympy import ZZ, Poly, symbols

    names = symbols(f"x:{len(next(iter(b)))}")
    first, second = (Poly(p, *names, domain=ZZ) for p in (a, b))
    _, x, y = first.cofactors(second)
    return _plain_terms(dict(x.as_dict())), _plain_terms(dict(y.as_dict()))


def _plain_terms(terms: Mapping[Any, Any]) -> Laurent:
    return {tuple(map(int, x)): int(value) for x, value in terms.items()}
