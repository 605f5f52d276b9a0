"""Products of 1 + exp(u), 1 - exp(u) and exponentials in the hyperbolic form in which people write them: for print only, results keep their form.

Rates such as k exp(F a/2T) and k exp(-F a/2T) give drifts like k (exp(u) - 1) (exp(u) + 1) exp(-u), which is 2 k sinh(u).
"""

from __future__ import annotations

import sympy as sp


def hyperbolic(product: sp.Expr) -> sp.Expr:
    """The same product with 1 + exp(u) = 2 exp(u/2) cosh(u/2) and 1 - exp(u) = -2 exp(u/2) sinh(u/2), where that is shorter.

    It is shorter where the exponentials that this frees cancel those of the product; else the product comes back as it is.

    >>> u, k = sp.symbols("u k", real=True)
    >>> hyperbolic(k * (sp.exp(u) - 1) * (sp.exp(u) + 1) * sp.exp(-u))
    2*k*sinh(u)
    """
    if not product.is_Mul:
        return product
    rest: list[sp.Expr] = []
    exponent: sp.Expr = sp.Integer(0)
    cosh: dict[sp.Expr, int] = {}
    sinh: dict[sp.Expr, int] = {}
    freed: sp.Expr = sp.Integer(0)
    sized: set[bool] = set()  # whether the factors 1 - exp(u) stand between bars
    for factor in product.args:
        if isinstance(factor, sp.exp):
            exponent += factor.exp
            continue
        found = _binomial(factor)
        if found is None:
            rest.append(factor)
            continue
        number, sign, u, power = found
        freed += power * u / 2
        rest.append((2 * sign * number) ** power)
        powers = cosh if sign > 0 else sinh
        if sign < 0:
            sized.add(isinstance(factor.as_base_exp()[0], sp.Abs))
        powers[u / 2] = powers.get(u / 2, 0) + power
    if (not cosh and not sinh) or len(sized) > 1:
        return product
    left = sp.expand(exponent + freed)
    if left != 0 and _terms(left) >= _terms(sp.expand(exponent)):
        return product
    joined = _joined(cosh, sinh)
    return sp.Mul(*rest, sp.exp(left), *(map(sp.Abs, joined) if True in sized else joined))


def _binomial(factor: sp.Expr) -> tuple[sp.Rational, int, sp.Expr, int] | None:
    """(c, s, u, n) of a factor (c (1 + s exp(u)))^n, or of its size, with s = 1 or -1."""
    base, power = factor.as_base_exp()
    absolute = isinstance(base, sp.Abs)
    base = base.args[0] if absolute else base
    if not (base.is_Add and len(base.args) == 2 and power.is_Integer):
        return None
    number, other = base.as_coeff_Add()
    slope, wave = other.as_coeff_Mul()
    if not (number.is_Rational and number != 0 and isinstance(wave, sp.exp) and abs(slope) == abs(number)):
        return None
    if absolute and (slope == number or not wave.exp.is_real):
        return None
    return (-abs(number) if absolute else number), int(slope / number), wave.exp, int(power)


def _terms(exponent: sp.Expr) -> int:
    return 0 if exponent == 0 else len(sp.Add.make_args(exponent))


def _joined(cosh: dict[sp.Expr, int], sinh: dict[sp.Expr, int]) -> list[sp.Expr]:
    """The factors, with sinh(w) cosh(w) = sinh(2w)/2 and sinh(w)/cosh(w) = tanh(w)."""
    found: list[sp.Expr] = []
    waiting = sorted({*cosh, *sinh}, key=lambda w: abs(w.as_coeff_Mul()[0]))  # 2w comes after w
    for w in waiting:
        up, down = sinh.get(w, 0), cosh.get(w, 0)
        if up * down > 0:
            both = min(up, down) if up > 0 else max(up, down)
            sinh[2 * w] = sinh.get(2 * w, 0) + both
            waiting += [] if 2 * w in waiting else [2 * w]
            found.append(sp.Integer(2) ** -both)
            up, down = up - both, down - both
        elif up * down < 0:
            both = min(abs(up), abs(down))
            found.append(sp.tanh(w) ** both if up > 0 else sp.coth(w) ** both)
            up, down = (up - both, down + both) if up > 0 else (up + both, down - both)
        found += [sp.sinh(w) ** up, sp.cosh(w) ** down]
    return found
