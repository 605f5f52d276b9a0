"""Other forms of a derived equation: conservative, flux and non-divergence; Ito, Stratonovich and isothermal; dimensionless;
regularised; and whether each order is isotropic. Everything here is algebra on a finished limit of one linear density.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.ntheory.multinomial import multinomial_coefficients

from symdiff.algebra.equality import Answer, compare, probe
from symdiff.algebra.quotients import coefficients
from symdiff.continuum.coefficients import coefficient_name
from symdiff.continuum.limit import Coefficients, ContinuumLimit
from symdiff.equations.evolution_equation import EvolutionEquation, Term

Pair = tuple[sp.Expr, sp.Expr]
MOST_IN_FACTORS = 200
LENGTH = sp.Symbol("L", positive=True)
TIME = sp.Symbol("t", real=True)


@dataclass(frozen=True)
class Drifts:
    """The drift of the stochastic equation dx = drift dt + sqrt(2 D) dW in each convention.

    ``evaluation`` is the a (0 Ito, 1/2 Stratonovich, 1 isothermal) in which no drift is left, where there is one, and
    ``name`` its name.
    """

    ito: sp.Expr
    stratonovich: sp.Expr
    isothermal: sp.Expr
    evaluation: sp.Expr | None
    name: str


@dataclass(frozen=True)
class Dimensionless:
    """The equation with x = L xi and t in units of ``time``, and its groups by name."""

    time: sp.Expr
    groups: Coefficients
    equation: Pair


@dataclass(frozen=True)
class Regularised:
    """A form with the same dispersion relation to the order of its last term, and no growing short waves.

    These stay bounded where ``bounded`` <= 0; None where that is certain.
    """

    equation: Pair
    bounded: sp.Expr | None
    why: str = "the same dispersion relation to fourth order; short waves stay bounded"

    @property
    def condition(self) -> str:
        """Where short waves stay bounded, in the notation of model files; "" where they do in any case."""
        return "" if self.bounded is None else f"{self.bounded} <= 0"


def scalar_of(limit: ContinuumLimit) -> EvolutionEquation | None:
    """The equation where it is one linear equation of first order in time without memory; None otherwise."""
    e = limit.equation
    if e is None or not e.is_linear or len(e.left) != 1 or e.left[0].time != 1 or e.left[0].caputo is not None:
        return None
    plain = all(t.time == 0 and t.caputo is None and t.memory is None and t.density == e.density for t in e.right)
    return e if plain and e.left[0].coefficient == 1 else None


def divergence_forms(limit: ContinuumLimit) -> dict[str, Pair]:
    """The right-hand side as conservative (derivatives outside), flux (d_t P = - d J; lhs J) and non-divergence form.

    In more dimensions one flux for every coordinate (``flux_x``). To second order in derivatives; elsewhere only the forms that exist.
    """
    e = scalar_of(limit)
    if e is None or any(t.fractional is not None or not _written_out(t, e) for t in e.right):
        return {}
    x, p = e.coordinates, sp.Function(e.density)(*e.coordinates, e.time)
    found = {"conservative": (e.lhs, e.rhs)}
    constant = e.is_homogeneous  # nothing to multiply out: long coefficients stay as they are
    if constant or len(x) > 1:
        spread = sp.Add(*(_applied(t, e) for t in e.right))
        spread = spread if constant else sp.expand(spread)
    else:
        spread = _collected(_by_derivative(e), p, x[0])
    found["non_divergence"] = (e.lhs, spread)
    if len(x) == 1 and all(sum(t.space) for t in e.right):
        found["flux"] = sp.Function("J")(x[0], e.time), _flux(e, p, constant)
    if len(x) > 1 and all(0 < sum(t.space) <= 2 and (t.inside or constant or _is_fixed(t, e)) for t in e.right):
        for n, c in enumerate(x):
            found[f"flux_{c.name}"] = sp.Function(f"J_{c.name}")(*x, e.time), _flux_along(e, p, n)
    return found


def _is_fixed(t: Term, e: EvolutionEquation) -> bool:
    return not t.coefficient.free_symbols & {*e.coordinates, e.time} and not t.coefficient.atoms(AppliedUndef)


def _flux_along(e: EvolutionEquation, p: sp.Expr, n: int) -> sp.Expr:
    """J_n of d_t P = - sum d_n J_n to second order: v_n P - sum_m d_m (D_nm P), a mixed derivative shared by both axes."""
    parts = []
    for t in e.right:
        if not t.space[n]:
            continue
        others = [
            (c, m - (i == n)) for i, (c, m) in enumerate(zip(e.coordinates, t.space, strict=True)) if m > (i == n)
        ]
        share = sp.Rational(1, 2) if len([m for m in t.space if m]) > 1 else sp.Integer(1)
        if not others:
            parts.append(-share * t.coefficient * p)
        elif t.inside:
            parts.append(-share * sp.Derivative(t.coefficient * p, *others))
        else:
            parts.append(-share * t.coefficient * sp.Derivative(p, *others))
    return sp.Add(*parts)


def _flux(e: EvolutionEquation, p: sp.Expr, constant: bool) -> sp.Expr:
    """J of d_t P = - d J in one dimension."""
    (x,) = e.coordinates
    plain: dict[int, sp.Expr] = {}
    nested = []
    for t in e.right:
        n = t.space[0]
        if t.inside and n > 2:
            nested.append(-sp.Derivative(t.coefficient * p, (x, n - 1)))
            continue
        plain[n - 1] = plain.get(n - 1, sp.Integer(0)) - t.coefficient
        if t.inside and n == 2:  # -d(D P) = -D dP - D' P
            plain[0] = plain.get(0, sp.Integer(0)) - sp.diff(t.coefficient, x)
    if constant:
        return sp.Add(*(c * (sp.Derivative(p, (x, n)) if n else p) for n, c in plain.items()), *nested)
    return _collected(plain, p, x) + sp.expand(sp.Add(*nested))


def _by_derivative(e: EvolutionEquation) -> dict[int, sp.Expr]:
    """d^n (c P) = sum_j C(n, j) c^(n - j) d^j P, gathered by j."""
    (x,) = e.coordinates
    found: dict[int, sp.Expr] = {}
    for t in e.right:
        (n,) = t.space
        for j in range(n + 1) if t.inside else (n,):
            slope = sp.diff(t.coefficient, x, n - j) if n > j else t.coefficient
            found[j] = found.get(j, sp.Integer(0)) + sp.binomial(n, j) * slope
    return found


def _collected(parts: dict[int, sp.Expr], p: sp.Expr, x: sp.Symbol) -> sp.Expr:
    return sp.Add(*(sp.expand(c) * (sp.Derivative(p, (x, n)) if n else p) for n, c in parts.items()))


def _written_out(t: Term, e: EvolutionEquation) -> bool:
    return t.time == 0 and len(t.space) == len(e.coordinates)


def _applied(t: Term, e: EvolutionEquation) -> sp.Expr:
    """A term with its derivatives carried out on coefficient and density."""
    p = sp.Function(e.density)(*e.coordinates, e.time)
    body = t.coefficient * p
    for c, n in zip(e.coordinates, t.space, strict=True):
        for _ in range(n):
            body = sp.diff(body, c)
    return body


def drifts(limit: ContinuumLimit) -> Drifts | None:
    """In one dimension to second order: v, v - D'/2, v - D' (v of the conservative form); None where D is constant or absent."""
    e = scalar_of(limit)
    named = dict(limit.coefficients)
    if (
        e is None
        or len(e.coordinates) != 1
        or "D" not in named
        or "K" in named
        or any(sum(t.space) > 2 for t in e.right)
    ):
        return None
    (x,) = e.coordinates
    v, d = named.get("v", sp.Integer(0)), named["D"]
    slope = sp.diff(d, x)
    if slope == 0:
        return None
    share = sp.cancel(v / slope)
    evaluation = None if share.has(x) or share.atoms(AppliedUndef) else share
    names = {sp.Integer(0): "Ito", sp.Rational(1, 2): "Stratonovich", sp.Integer(1): "isothermal"}
    ways = [sp.factor_terms(sp.expand(v - a * slope)) for a in names]
    return Drifts(ways[0], ways[1], ways[2], evaluation, names.get(evaluation, ""))


def isotropy(limit: ContinuumLimit) -> tuple[tuple[int, bool], ...]:
    """Whether the derivatives of each even order are a power of the Laplacian, and those of each odd one vanish.

    In two and more dimensions at constant coefficients, for the orders of the equation and of what was discarded.
    """
    e = scalar_of(limit)
    if e is None or len(e.coordinates) < 2 or not e.is_homogeneous:
        return ()
    orders: dict[int, dict[tuple[int, ...], sp.Expr]] = {}
    for t in _all_terms(limit, e):
        if t.fractional is None and sum(t.space) > 0:
            row = orders.setdefault(sum(t.space), {})
            row[t.space] = row.get(t.space, sp.Integer(0)) + t.coefficient
    return tuple((n, _is_round(n, row, len(e.coordinates))) for n, row in sorted(orders.items()))


def _is_round(order: int, row: dict[tuple[int, ...], sp.Expr], d: int) -> bool:
    """Each coefficient against that of the power of the Laplacian: numbers first, since long quotients expand slowly."""
    first = row.get((order, *(0,) * (d - 1)), sp.Integer(0))
    wanted = {s: sp.Integer(0) for s in row}
    if order % 2 == 0:
        halves = multinomial_coefficients(d, order // 2)
        wanted |= {tuple(2 * n for n in half): ways * first for half, ways in halves.items()}
    pairs = [(row.get(s, sp.Integer(0)), want) for s, want in wanted.items()]
    open_pairs = [(found, want) for found, want in pairs if found != want]
    generator = random.Random(order)
    if any(probe(pair, None, generator).tells_apart(*pair) for pair in open_pairs):
        return False
    return all(compare(found, want).answer is Answer.PROVED for found, want in open_pairs)


def _all_terms(limit: ContinuumLimit, e: EvolutionEquation) -> tuple[Term, ...]:
    """The terms of the equation and those that it discards."""
    return (*e.right, *(t for part in limit.discarded for t in part.terms))


def _line_coefficients(limit: ContinuumLimit) -> dict[int, sp.Expr] | None:
    """a_0, ..., a_n of d_t P = sum a_n d^n P (a_1 = -v) in one dimension, or along the Laplacian where each order is isotropic."""
    e = scalar_of(limit)
    if e is None or not e.is_homogeneous or limit.regime.origin != "long-wave":
        return None  # elsewhere the discarded terms mix powers of eps
    terms = _all_terms(limit, e)
    if any(t.fractional is not None or not t.density or t.time for t in terms):
        return None
    if len(e.coordinates) > 1 and not all(round_ for n, round_ in isotropy(limit) if n <= 4):
        return None
    found: dict[int, sp.Expr] = {}
    for t in terms:
        n = sum(t.space)
        if t.space[0] == n:
            found[n] = found.get(n, sp.Integer(0)) + t.coefficient
    return {n: factored(c) if c.is_Add else c for n, c in found.items()}  # a product stands as it was worked out


def factored(value: sp.Expr) -> sp.Expr:
    """The value in factors; one with many roots of symbols stands as it is, since every root counts as one more variable."""
    if sp.count_ops(value) <= MOST_IN_FACTORS:
        return sp.factor(value)
    roots = {p for p in value.atoms(sp.Pow) if p.exp.is_Rational and not p.exp.is_Integer and not p.is_number}
    if len(roots) > 1:
        return value
    try:
        return coefficients(value, ()).get((), sp.Integer(0))
    except ValueError:  # a root, or a function
        return sp.factor(value)


def regularised(limit: ContinuumLimit) -> Regularised | None:
    """The Pade form (1 + b_1 d + b_2 d^2)(P_t + v P_x) = D P_xx with the equation's dispersion relation to fourth order.

    b_1 = -a_3/D, b_2 = -(a_4 - a_3^2/D)/D. It has the constants of the third and fourth order, no derivative of space
    beyond the second beside those in time, and growing short waves only where b_2 > 0.
    """
    a = _line_coefficients(limit)
    if a is None or a.get(2, 0) == 0 or (4 not in a and 3 not in a) or a.get(0, 0) != 0:
        return None
    if 4 not in a and limit.kept_power < 4 and not any(part.power >= 4 for part in limit.discarded):
        return None  # the fourth order was not worked out
    e = limit.equations[0]
    d, third, fourth = a[2], a.get(3, sp.Integer(0)), a.get(4, sp.Integer(0))
    first, second = factored(-third / d), factored(-(fourth - third**2 / d) / d)
    if second.is_positive or (second == 0 and first == 0):
        return None
    p = sp.Function(e.density)(*e.coordinates, e.time)
    x = e.coordinates
    carried = sp.Derivative(p, e.time) - a.get(1, sp.Integer(0)) * sp.Derivative(p, x[0])

    def along(body: sp.Expr, n: int) -> sp.Expr:
        return sp.Add(*(_raised(body, c, n) for c in (x if n == 2 else x[:1])))

    lhs = (
        carried + (first * along(carried, 1) if first != 0 else 0) + (second * along(carried, 2) if second != 0 else 0)
    )
    return Regularised((lhs, d * along(p, 2)), None if second.is_nonpositive else second)


def _raised(body: sp.Expr, c: sp.Symbol, n: int) -> sp.Expr:
    """d^n of a sum of derivatives, unevaluated."""
    total = []
    for part in sp.Add.make_args(body):
        factor, core = part.as_independent(sp.Derivative, AppliedUndef, as_Add=False)
        orders = {c: n}
        if isinstance(core, sp.Derivative):
            for v, m in core.variable_count:
                orders[v] = orders.get(v, 0) + int(m)
            core = core.expr
        total.append(factor * sp.Derivative(core, *sorted(orders.items(), key=lambda o: str(o[0]))))
    return sp.Add(*total)


def dimensionless(limit: ContinuumLimit) -> Dimensionless | None:
    """x = L xi, t = (L^2/D) theta, of a homogeneous equation: Pe = v L/D, Da = -a_0 L^2/D, A_n = a_n/(D L^(n-2)).

    Without diffusion t = (L/v) theta. In more dimensions D_xx (or the first that does not vanish) sets the time.
    """
    e = scalar_of(limit)
    if e is None or not e.is_homogeneous or any(t.fractional is not None for t in e.right):
        return None
    terms: dict[tuple[int, ...], sp.Expr] = {}
    for t in e.right:
        terms[t.space] = terms.get(t.space, sp.Integer(0)) + t.coefficient
    first = [s for s in terms if sum(s) == 2 and max(s) == 2] or [s for s in terms if sum(s) == 1]
    if not first:
        return None
    lead = min(first, key=lambda s: s.index(max(s)))
    scale = terms[lead] if sum(lead) == 2 else -terms[lead]
    unit = LENGTH ** sum(lead) / scale
    names = [c.name for c in e.coordinates]
    places = [sp.Symbol(f"{n}_L", real=True) for n in names]
    theta = sp.Symbol("theta", real=True)
    p = sp.Function(e.density)(*places, theta)
    groups: dict[str, sp.Expr] = {}
    right = []
    for space, c in terms.items():
        n = sum(space)
        value = sp.factor(c * unit / LENGTH**n)
        sign, shown = 1, value
        if not value.is_number:
            sign = -1 if n < 2 else 1
            stem = {0: "Da", 1: "Pe"}.get(n)
            role = coefficient_name(e.coordinates, space)
            name = (
                (stem if len(names) == 1 or n == 0 else f"{stem}_{role.partition('_')[2]}")
                if stem
                else f"A_{role.partition('_')[2] or n}"
            )
            groups[name] = sp.factor(sign * value)
            shown = sp.Symbol(name, real=True)
        orders = [(q, m) for q, m in zip(places, space, strict=True) if m]
        right.append(sign * shown * (sp.Derivative(p, *orders) if orders else p))
    return Dimensionless(unit, tuple(groups.items()), (sp.Derivative(p, theta), sp.Add(*right)))


def moving_frame(limit: ContinuumLimit) -> tuple[Coefficients, Pair] | None:
    """(velocity of the frame, equation in it) where a homogeneous equation has a drift at constant velocity.

    In x' = x - v t the coordinate keeps its name; the drift is gone and everything else stands.
    """
    e = scalar_of(limit)
    if e is None or not e.is_homogeneous or any(t.fractional is not None and sum(t.space) for t in e.right):
        return None
    speeds = []
    for i, c in enumerate(e.coordinates):
        own = [t for t in e.right if sum(t.space) == 1 and t.space[i] == 1 and t.fractional is None]
        speeds.append((c.name, sp.factor(-sp.Add(*(t.coefficient for t in own)))))
    if all(v == 0 for _, v in speeds):
        return None
    rest = tuple(t for t in e.right if sum(t.space) != 1 or t.fractional is not None)
    return tuple(speeds), (e.lhs, sp.Add(*(t.expression(e.coordinates, e.time) for t in rest)))
