"""Exit quantities of a jump model by linear algebra over its sites, written without any of symdiff's own solving.

The second route of the tests: sites are enumerated, every jump is followed to where it ends, and the equations
(1 - P) T = step are solved with exact fractions or 40 digits.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import sympy as sp

from symdiff.algebra.telescoping import written_out
from symdiff.model.jump_model import JumpModel

mpmath.mp.dps = 40
Where = Callable[[sp.Expr], str]  # "inside", "target", "other" of a place


def exit_numbers(
    model: JumpModel, sites: list[int], spacing: sp.Rational, where: Where, functions: dict | None = None
) -> dict:
    """(state, site) -> (chance to end in the target, mean time, mean time given the target) for a walk in one dimension.

    A jump that ends "back" is not made; one that ends in a number in (0, 1) is absorbed in the target with that chance.
    """
    x = model.coordinate_symbols[0]
    keys = [(j, n) for j in range(len(model.state_names)) for n in sites]
    index = {key: i for i, key in enumerate(keys)}
    size = len(keys)
    matrix, gain, source = mpmath.zeros(size), mpmath.zeros(size, 1), mpmath.zeros(size, 1)
    for (state, n), row in index.items():
        source[row] = -(mpmath.mpf(1) if model.time_step is None else number(model.time_step))
        for i, j, jump in model.transitions():
            if j != state:
                continue
            rate = number(put(jump.intensity.subs(x, n * spacing), functions))
            moved = jump.displacement[0].subs(x, n * spacing) / spacing
            end = n + int(moved)
            kind = where(end)
            if kind == "back":
                continue
            matrix[row, row] -= rate
            if kind == "target":
                gain[row] -= rate
            elif kind == "inside":
                matrix[row, index[(i, end)]] += rate
            elif kind != "other":
                raise ValueError(kind)
    chance = mpmath.lu_solve(matrix, gain)
    time = mpmath.lu_solve(matrix, source)
    weighted = mpmath.matrix([source[r] * chance[r] for r in range(size)])
    joint = mpmath.lu_solve(matrix, weighted)
    return {key: (chance[r], time[r], joint[r] / chance[r] if chance[r] else None) for key, r in index.items()}


def put(value: sp.Expr, functions: dict | None) -> sp.Expr:
    """Unknown functions replaced by given ones, as lambdas."""
    for name, body in (functions or {}).items():
        value = value.replace(sp.Function(name), body)
    return value


def number(value: sp.Expr) -> mpmath.mpf:
    return mpmath.mpf(sp.N(value, 40))


def evaluate(value: sp.Expr, point: dict[str, object], functions: dict | None = None) -> mpmath.mpf:
    """An expression at numbers given by name; sums and integrals are done term by term and by quadrature."""
    value = put(value, functions).subs({s: sp.sympify(point[s.name]) for s in value.free_symbols if s.name in point})
    value = written_out(value)
    value = value.replace(sp.Product, lambda f, limits: sp.exp(sp.Sum(sp.log(f), limits)))  # products are not printed
    return mpmath.mpf(sp.lambdify((), value, "mpmath")())
