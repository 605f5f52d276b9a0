r"""Sums over images and over modes of walkers between walls, as sums of c(n) e^(-(a n^2 + b n)) over all integers in one form.

A sum over images, whose a falls like 1/t, becomes one over modes by Poisson's sum:
sum_n e^(-(a n^2 + b n)) = sqrt(pi/a) sum_m e^((b + 2 pi i m)^2/(4 a)). Then n -> -n and n -> n + 1 bring b into a normal form.
Source: R. Courant and D. Hilbert, Methods of Mathematical Physics I (1953), ch. II.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import sympy as sp

MOST_TERMS = 60  # of a sum to each side, in an enclosure
DIGITS = 30  # of a decimal that is shown, before rounding
NOTHING = 1e-40
LONGEST = 40  # summands after expansion
HALF = sp.Rational(1, 2)


@dataclass(frozen=True)
class Wave:
    """The shape a n^2 + b n of an exponent: ``a``, the real part of ``b`` over a (0 or 1), and the rest of it."""

    a: sp.Expr
    shift: sp.Expr
    rest: sp.Expr


class NoFormError(ValueError):
    """The expression is no such sum."""


@dataclass(frozen=True)
class Sums:
    """``plain`` + the sum over all integers n of c(n) e^(-(a n^2 + b n)) for every wave."""

    plain: sp.Expr
    waves: tuple[tuple[Wave, sp.Expr], ...]
    n: sp.Symbol

    def split(self) -> Sums:
        """The same with even and odd n apart; itself where n counts odd numbers already."""
        if any(wave.shift != 0 for wave, _ in self.waves):
            return self
        found = _Collector(self.n)
        for wave, c in self.waves:
            b = wave.shift * wave.a + wave.rest
            for odd in (0, 1):
                m = 2 * self.n + odd
                exponent = sp.expand(-(wave.a * m**2 + b * m))
                found.add(c.xreplace({self.n: m}), exponent)
        return found.sums(self.plain)

    def coefficients(self) -> list[sp.Expr]:
        """What must vanish where the sums are nought."""
        return [self.plain, *(c for _, c in self.waves)]


def has_sums(*sides: sp.Expr) -> bool:
    """Whether endless sums occur."""
    return any(s.limits[0][2] == sp.oo for e in sides for s in e.atoms(sp.Sum) if len(s.limits) == 1)


def normal_form(expression: sp.Expr) -> Sums:
    """The sums of an expression over all integers; raises :class:`NoFormError`."""
    n = sp.Symbol("_n", integer=True)
    found, plain = _Collector(n), sp.S.Zero
    marks = {s: sp.Dummy() for s in expression.atoms(sp.Sum)}  # the summands are opened by themselves
    for term in sp.Add.make_args(sp.expand_mul(expression.xreplace(marks))):
        sums = [s for s, m in marks.items() if term.has(m)]
        if not sums:
            plain += term
            continue
        outer = term / marks[sums[0]]
        if len(sums) > 1 or len(sums[0].limits) != 1 or outer.has(*marks.values()):
            raise NoFormError
        plain += found.add_sum(sums[0], outer)
    return found.sums(plain)


class _Collector:
    def __init__(self, n: sp.Symbol) -> None:
        self.n, self.found = n, dict[Wave, sp.Expr]()

    def sums(self, plain: sp.Expr) -> Sums:
        return Sums(plain, tuple((w, c) for w, c in self.found.items() if c != 0), self.n)

    def add_sum(self, total: sp.Sum, outer: sp.Expr) -> sp.Expr:
        """Add a sum; what is left over beside sums over all integers is returned."""
        index, low, high = total.limits[0]
        body = total.function.xreplace({index: self.n})
        if high != sp.oo or not (low == -sp.oo or low.is_Integer):
            raise NoFormError
        if low == -sp.oo:
            self._spread(body, outer)
            return sp.S.Zero
        body = _plain_signs(body, self.n)
        if _changes_sign(body, self.n):
            try:  # (-1)^n cos((2 n + 1) y)/(2 n + 1) is its own mirror image
                return self._from(body, int(low), outer)
            except NoFormError:
                pass
            rest = sp.S.Zero  # even and odd n apart: (1 - (-1)^n)/n
            for odd in (0, 1):
                m, first = 2 * self.n + odd, (int(low) - odd + 1) // 2
                part = body.xreplace({self.n: m})
                part = part.replace(lambda e: e.is_Pow and e.base == -1, sp.expand)
                rest += self._from(part, first, outer)
            return rest
        return self._from(body, int(low), outer)

    def _from(self, body: sp.Expr, low: int, outer: sp.Expr) -> sp.Expr:
        """The sum from ``low`` on as half of that over all integers, where the summand has a mirror."""
        if body == 0:
            return sp.S.Zero
        for s in (0, -1, 1):
            image = _plain_signs(body.xreplace({self.n: s - self.n}), self.n)
            if not _vanishes(_even(image, self.n) - _even(body, self.n)):
                continue
            inside = range(s - low + 1, low) if s - low < low else range(low, s - low + 1)
            sign = -1 if s - low < low else 1
            left = sp.Add(*(body.xreplace({self.n: sp.Integer(k)}) for k in inside))
            if left.has(sp.nan, sp.zoo, sp.oo):
                raise NoFormError
            self._spread(body, outer / 2)
            return sign * outer * left / 2
        raise NoFormError

    def _spread(self, body: sp.Expr, outer: sp.Expr) -> None:
        """The summand as exponentials of polynomials in n."""
        body = body.rewrite(sp.exp, deep=True)
        marks = {e: sp.Dummy() for e in body.atoms(sp.exp)}  # else e^-a is taken for a denominator
        back = {m: e for e, m in marks.items()}
        opened = sp.expand_mul(body.xreplace(marks))
        terms = sp.Add.make_args(opened)
        if len(terms) > LONGEST:
            raise NoFormError
        for term in terms:
            exponent, rest = sp.S.Zero, sp.S.One
            for f in sp.Mul.make_args(term):
                base, power = f.as_base_exp()
                if base in back:
                    exponent += back[base].exp * power
                elif base == -1 and power.has(self.n):
                    exponent += sp.I * sp.pi * power
                else:
                    rest *= f
            self.add(outer * rest, sp.expand(exponent))

    def add(self, factor: sp.Expr, exponent: sp.Expr) -> None:
        n = self.n
        if not exponent.is_polynomial(n) or sp.degree(exponent, n) != 2:
            raise NoFormError
        a, b, c = (sp.expand(-exponent.coeff(n, k)) for k in (2, 1, 0))
        if factor.has(sp.exp, sp.sin, sp.cos) and any(f.has(n) for f in factor.atoms(sp.exp, sp.sin, sp.cos)):
            raise NoFormError
        if (t := _falling(a)) is not None:  # over images: Poisson
            if factor.has(n):
                raise NoFormError
            factor, c = factor * sp.sqrt(sp.pi / a), sp.expand(c - b**2 / (4 * a))
            a, b = sp.pi**2 / a, sp.expand(-sp.I * sp.pi * b / a)
            if t in sp.expand(a).as_numer_denom()[1].free_symbols:
                raise NoFormError
        self._add(factor, sp.expand(a), b, c)

    def _add(self, factor: sp.Expr, a: sp.Expr, b: sp.Expr, c: sp.Expr) -> None:
        n = self.n
        real = sp.Add(*(x for x in sp.Add.make_args(b) if not x.has(sp.I)))
        ratio = sp.cancel(real / a)
        if not ratio.is_Integer:
            raise NoFormError
        best = None
        for sign in (1, -1):
            k = -((sign * int(ratio)) // 2)  # n -> sign (n + k)
            moved = sign * (n + k)
            whole = sp.expand(a * moved**2 + b * moved)
            slope, rest = sp.expand(whole.coeff(n, 1)), sp.expand(whole.coeff(n, 0))
            shift = sp.cancel(sp.Add(*(x for x in sp.Add.make_args(slope) if not x.has(sp.I))) / a)
            turn = _whole_turns(sp.expand(slope - shift * a))
            found = Wave(a, shift, turn), factor.xreplace({n: moved}) * sp.exp(-sp.expand(c + rest))
            if best is None or sp.default_sort_key(found[0].rest) < sp.default_sort_key(best[0].rest):
                best = found
            if sign == 1 and turn == 0 and not factor.has(n):
                break
        assert best is not None
        wave, value = best
        if wave.rest == 0 and factor.has(n):  # n and its mirror are one wave
            mirror = -n - wave.shift
            value = (value + value.xreplace({n: mirror})) / 2
        self.found[wave] = self.found.get(wave, sp.S.Zero) + value


def _even(body: sp.Expr, n: sp.Symbol) -> sp.Expr:
    """A summand with its exponents and angles opened, so that mirror images compare."""
    return body.replace(lambda e: isinstance(e, (sp.exp, sp.sin, sp.cos)), lambda e: e.func(sp.expand(e.args[0])))


def _vanishes(value: sp.Expr) -> bool:
    return bool(sp.expand(sp.fraction(sp.together(value))[0]) == 0)


def _changes_sign(body: sp.Expr, n: sp.Symbol) -> bool:
    return any(p.base == -1 and p.exp.has(n) for p in body.atoms(sp.Pow))


def _plain_signs(body: sp.Expr, n: sp.Symbol) -> sp.Expr:
    """(-1)^(k n + c) with whole k and c as (-1)^n or 1, times a sign."""

    def plain(e: sp.Expr) -> sp.Expr:
        power = sp.expand(e.exp)
        k, c = power.coeff(n, 1), power.coeff(n, 0)
        if not (k.is_Integer and c.is_Integer and sp.expand(power - k * n - c) == 0):
            return e
        return (-1) ** int(c % 2) * (sp.Integer(-1) ** n if k % 2 else sp.S.One)

    return body.replace(lambda e: e.is_Pow and e.base == -1 and e.exp.has(n), plain)


def _falling(a: sp.Expr) -> sp.Symbol | None:
    """The symbol such as t that ``a`` is inversely proportional to, besides a diffusivity: it stands in the denominator alone."""
    top, bottom = sp.fraction(sp.together(a))
    later = [s for s in bottom.free_symbols - top.free_symbols if s.name == "t"]
    return later[0] if later else None


def _whole_turns(b: sp.Expr) -> sp.Expr:
    """The angle without whole turns: e^(-2 pi i n) = 1."""
    turns = b.coeff(sp.I * sp.pi) if b.has(sp.I) else sp.S.Zero
    number = sp.Add(*(x for x in sp.Add.make_args(turns) if x.is_Rational))
    return sp.expand(b - sp.I * sp.pi * (number - sp.Mod(number, 2)))


def certainly_not_zero(sums: Sums, interval: Callable[[sp.Expr], mpmath.iv.mpf], at: dict[sp.Symbol, sp.Expr]) -> bool:
    """Whether the sums at numbers are certainly not nought: the terms to each side in interval arithmetic, and a bound on the rest.

    ``interval`` encloses a number. Raises NotImplementedError or ValueError where no bound is known.
    """
    iv = mpmath.iv
    total = _number(sums.plain.xreplace(at), interval)
    for wave, c in sums.waves:
        a, b = (_number(e.xreplace(at), interval) for e in (wave.a, wave.shift * wave.a + wave.rest))
        a, c = a.real if hasattr(a, "real") else a, c.xreplace(at)
        low = a.a
        if not low > 0:
            raise NotImplementedError("a sum that does not fall")
        slope = abs(b.real if hasattr(b, "real") else b).b + _growth(c, sums.n)[1]
        last = next(
            (m for m in range(8, MOST_TERMS) if low * (2 * m + 3) - slope > 1 and low * m * m - slope * m > 20), None
        )
        if last is None:
            raise NotImplementedError("a sum that falls slowly")
        fixed = None if c.has(sums.n) else _number(c, interval)
        for k in range(-last, last + 1):
            weight = _number(c.xreplace({sums.n: sp.Integer(k)}), interval) if fixed is None else fixed
            total += weight * _exp(-(a * k * k + b * k))
        bound = _growth(c, sums.n)[0](interval, last)
        tail = (4 * bound * iv.exp(-(a * (last + 1) ** 2) + iv.mpf(slope) * (last + 1))).b
        total += iv.mpc(iv.mpf([-tail, tail]), iv.mpf([-tail, tail]))
    return 0 not in total.real or 0 not in total.imag


def decimal(expression: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> str:
    """The value at numbers to 15 digits, for people to read."""
    form = normal_form(expression)
    total = mpmath.mpmathify(sp.N(form.plain.xreplace(at), DIGITS))
    for wave, c in form.waves:
        numbers = (sp.N(e.xreplace(at), DIGITS) for e in (wave.a, wave.shift * wave.a + wave.rest))
        a, b = (mpmath.mpmathify(v) for v in numbers)
        weight = c.xreplace(at)
        fixed = None if weight.has(form.n) else mpmath.mpmathify(sp.N(weight, DIGITS))
        for k in range(-MOST_TERMS, MOST_TERMS + 1):
            falls = mpmath.exp(-(a * k**2 + b * k))
            if abs(falls) < NOTHING:
                continue
            value = mpmath.mpmathify(sp.N(weight.xreplace({form.n: sp.Integer(k)}), DIGITS)) if fixed is None else fixed
            total += value * falls
    return str(mpmath.nstr(mpmath.re(total), 15))


def _number(value: sp.Expr, interval: Callable[[sp.Expr], mpmath.iv.mpf]) -> mpmath.iv.mpc:
    """An enclosure of a number that may be complex."""
    iv = mpmath.iv
    total = iv.mpc(0, 0)
    for term in sp.Add.make_args(sp.expand(value, power_exp=False)):
        product = iv.mpc(1, 0)
        for f in sp.Mul.make_args(term):
            if isinstance(f, sp.exp):
                product = product * _exp(_number(f.exp, interval))
            elif f is sp.I:
                product = product * iv.mpc(0, 1)
            elif f.has(sp.I) and f.is_Pow and f.exp.is_Integer:
                product = product * _number(f.base, interval) ** int(f.exp)
            else:
                product = product * interval(f)
        total = total + product
    return total


def _exp(z: mpmath.iv.mpc) -> mpmath.iv.mpc:
    iv = mpmath.iv
    size, angle = iv.exp(z.real), z.imag
    return iv.mpc(size * iv.cos(angle), size * iv.sin(angle))


def _growth(c: sp.Expr, n: sp.Symbol) -> tuple[Callable[..., mpmath.iv.mpf], int]:
    """A bound on |c(n)| beyond a number: a rule for its constant, and the power q of n, with n^q < e^(q n)."""
    top, bottom = sp.fraction(sp.together(c))
    above, below = sp.Poly(top, n), sp.Poly(bottom, n)
    power = max(0, above.degree() - below.degree())

    def constant(interval: Callable[[sp.Expr], mpmath.iv.mpf], last: int) -> mpmath.iv.mpf:
        size = [abs(_number(a, interval)) for a in above.all_coeffs()]
        lead, *rest = [abs(_number(b, interval)) for b in below.all_coeffs()]
        floor = lead - sum((b / mpmath.iv.mpf(last) ** (k + 1) for k, b in enumerate(rest)), mpmath.iv.mpf(0))
        if not floor > 0:
            raise NotImplementedError("a denominator that may vanish")
        return sum(size, mpmath.iv.mpf(0)) / floor

    return constant, power
