"""Distinguished limits of homogeneous models, found from the Newton polytope of the exact dispersion relation.

F(s, k) = det(e^(s tau) - T(k)) (in continuous time det(s - W(k))) is a polynomial in the growth rate s, the wave vector
and the parameters. Where an expression sigma of parameters is small (2p - 1, 1 - p, or F in exp(F a/T): those at which a long-wave
coefficient vanishes or diverges) the terms s^a k^b sigma^c compete. A distinguished limit is a facet of the lower hull
of the exponents (a, b, c): powers w_s, w_sigma > 0 (lengths of order 1/eps) at which three independent terms balance
and all others are smaller. Its sub-faces are its sub-limits and are not listed. Where walkers die, a weak drift and a weak
loss may have powers of their own: sigma_1 and sigma_2, and four independent terms. A loss of order one per step that is the
same everywhere is divided out: the dispersion relation is that of the survivors. Slow switching and a weak velocity have powers of
their own too. What vanishes at the ends of the ranges only (a + b, 2 - p - q) is small where all of it is (a and b, 1 - p and 1 - q).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Grading
from symdiff.algebra.operators import OperatorAlgebra
from symdiff.algebra.products import sum_of_products
from symdiff.continuum.derivation import per_survivor, survival_factor, with_ring
from symdiff.continuum.generator import build_generator
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.regimes import LONG_WAVE, PreparedRegime
from symdiff.model.jump_model import JumpModel, ScalingRegime, make_model
from symdiff.model.parameter import Interval
from symdiff.model.ranges import Intervals, enclosure, parameter_intervals
from symdiff.model.small_expressions import SmallExpression, add_small

DEGREE = 4  # derivatives kept in the dispersion relation
LARGEST = 4  # states
MOST_CHOICES = 16  # ways to make one factor of every drift small at once
MOST_GROUPS = 12  # pairs of slow switching and something else that is small
MOST_COMBINATIONS = 4000  # of terms that may balance
MOST_SYMBOLS, MOST_TOGETHER = 6, 3  # of a factor, and of those that make it vanish
Exponents = tuple[int, ...]  # of s, of all wave numbers together, of every small expression
Groups = tuple[tuple[SmallExpression, ...], ...]


def distinguished_regimes(
    model: JumpModel, limit: ContinuumLimit, deaths: tuple[sp.Expr, ...] = ()
) -> tuple[ScalingRegime, ...]:
    """The regimes in which some expression is small and three kinds of terms balance; ``limit`` is the long-wave one.

    With ``deaths``, the rates at which walkers die in the states, it is that of walkers who don't die, and all these rates are small.
    """
    if (
        model.internals
        or len(model.state_names) > LARGEST
        or limit.equation is None
        or not limit.equation.is_homogeneous
    ):
        return ()
    if any(j.law is not None and j.law.tail is not None for j in model.jumps):
        return ()
    found: list[ScalingRegime] = []
    single: list[Groups] = [(small,) for small in candidates(model, limit)]
    choices = (*single, *_drift_and_loss(model, limit), *_own_powers(model, limit))
    if deaths:
        choices = tuple(_beside_deaths(model, limit, deaths, single))
    for groups in choices:
        expanded = _expanded(model, tuple(s for group in groups for s in group))
        if expanded is None:
            continue
        for time_power, *small_powers in _facets(_exponents(expanded, groups), tuple(len(group) for group in groups)):
            powers = [(s.expression, w) for group, w in zip(groups, small_powers, strict=True) for s in group]
            powers += [(c, Fraction(-1)) for c in model.coordinate_symbols] + [(model.time, -time_power)]
            regime = ScalingRegime("found", "found", tuple(powers))
            if all({*regime.powers} != {*other.powers} for other in found):
                found.append(regime)
    one = len(choices[0][0]) if deaths and choices else 1
    alone = (
        1 + model.dimension + one
    )  # powers of the coordinates, of time, and of one small expression, or of all deaths
    return tuple(
        r for r in found if len(r.powers) <= alone or not any({*r.powers} < {*other.powers} for other in found)
    )


def _drift_and_loss(model: JumpModel, limit: ContinuumLimit) -> list[Groups]:
    """Every factor of the drift with every factor of the loss, where both can vanish."""
    if all(name != "a_0" or value == 0 for name, value in limit.coefficients):
        return []

    def of(letters: str) -> list[tuple[SmallExpression, ...]]:
        alone = tuple((n, v) for n, v in limit.coefficients if n.startswith(letters))
        return candidates(model, replace(limit, coefficients=alone))

    pairs: list[Groups] = []
    for drift in of("v"):
        for loss in of("a_0"):
            keys = tuple(s.expression for s in (*loss, *drift))
            together = None if len(set(keys)) < len(keys) else _solved(keys, _units(model))
            if together is not None:
                pairs.append((together[: len(loss)], together[len(loss) :]))
    return pairs


def _beside_deaths(
    model: JumpModel, limit: ContinuumLimit, deaths: tuple[sp.Expr, ...], others: list[Groups]
) -> list[Groups]:
    """Dying that is slow in every state, alone and beside what else is small."""
    sets = [candidates(model, replace(limit, coefficients=(("a_0", -rate),))) for rate in deaths]
    if not all(sets):
        return []
    keys = tuple(dict.fromkeys(s.expression for found in sets for s in found[0]))
    slow = _solved(keys, _units(model))
    found: list[Groups] = [] if slow is None else [(slow,)]
    for (small,) in others:
        together = _solved((*keys, *(s.expression for s in small)), _units(model))
        if together is not None and not {s.expression for s in small} & {*keys}:
            found.append((together[: len(keys)], together[len(keys) :]))
    return found


def _units(model: JumpModel) -> set[sp.Symbol]:
    """Steps and times: these only set the units."""
    units: set[sp.Symbol] = set().union(*(r.free_symbols for j in model.jumps for r in j.displacement))
    return units if model.time_step is None else units | model.time_step.free_symbols


def _shapes(model: JumpModel) -> set[sp.Symbol]:
    """Indices of tails: near the value at which a moment diverges a law has no expansion."""
    tails = (t for j in model.jumps if j.law is not None for t in j.law.singular)
    return {s for t in tails for s in t.exponent.free_symbols if isinstance(s, sp.Symbol)}


def candidates(model: JumpModel, limit: ContinuumLimit) -> list[tuple[SmallExpression, ...]]:
    """Sets of expressions that may be small: factors of drift and diffusivity that can vanish, and one of every drift."""
    found = _factors(model, limit)
    sets = [(key,) for key in found.keys]
    sets += found.together
    units = _units(model)
    if len(model.state_names) > 1:
        sets += _slow_together(limit, list(found.keys), list(found.together), units)
    for choice in itertools.islice(itertools.product(*found.drifts), MOST_CHOICES):
        sets.append(tuple(dict.fromkeys(choice)))
    return [s for s in (_solved(keys, units) for keys in dict.fromkeys(sets) if keys) if s is not None]


def _own_powers(model: JumpModel, limit: ContinuumLimit) -> list[Groups]:
    """Of walkers with states: slow switching beside a weak drift, and what together makes a sum vanish, each with a power of its own."""
    if len(model.state_names) == 1:
        return []
    found, units = _factors(model, limit), _units(model)
    few = [keys for keys in found.together if len(keys) <= MOST_TOGETHER]
    choices: list[tuple[tuple[sp.Expr, ...], ...]] = [tuple((key,) for key in keys) for keys in few]
    slow = [(key,) for key in found.keys if key in found.below] + [t for t in few if {*t} <= {*found.below}]
    choices += [(keys, (key,)) for keys in slow for key in found.keys if key not in keys]
    groups: list[Groups] = []
    for choice in dict.fromkeys(choices):
        flat = tuple(key for part in choice for key in part)
        used: list[sp.Symbol] = [s for key in flat for s in key.free_symbols]
        solved = _solved(flat, units) if len(set(used)) == len(used) else None
        if solved is not None:
            ends = list(itertools.accumulate(len(part) for part in choice))
            groups.append(tuple(solved[start:end] for start, end in zip((0, *ends), ends, strict=False)))
    return groups[:MOST_GROUPS]


@dataclass(frozen=True)
class _Factors:
    """Expressions that can vanish alone, sets that must vanish together, those that stand below a line, and those of each drift."""

    keys: tuple[sp.Expr, ...]
    together: tuple[tuple[sp.Expr, ...], ...]
    below: tuple[sp.Expr, ...]
    drifts: tuple[tuple[sp.Expr, ...], ...]


def _factors(model: JumpModel, limit: ContinuumLimit) -> _Factors:
    box, units, shapes = parameter_intervals(model.parameters), _units(model), _shapes(model)
    switching = len(model.state_names) > 1
    keys: list[sp.Expr] = []
    together: list[tuple[sp.Expr, ...]] = []
    below: list[sp.Expr] = []
    drifts: dict[str, list[sp.Expr]] = {}
    for name, value in limit.coefficients:
        numerator, denominator = sp.fraction(value)
        above = sp.Mul.make_args(numerator)
        for n, factor in enumerate((*above, *sp.Mul.make_args(denominator))):
            base, _ = factor.as_base_exp()
            if base.free_symbols & shapes:
                continue
            if base.atoms(sp.Function) or (name == "a_0" and base.is_Add and not base.is_rational_function()):
                singles = _transcendental(model, base, units, box)  # also the principal eigenvalue of mortal states
            elif not _may_be_small(base, units) or not enclosure(base, box).closed.contains(Fraction(0)):
                continue
            else:  # any parameter comes as near to the end of its range as one likes
                ends = _at_ends(base, box, units)
                sets = [(base,)] if ends is None or (base,) in ends else ends
                if base.is_Add and base.is_positive:  # all at once comes first
                    sets = [tuple(sorted(base.free_symbols - units, key=str)), *sets]
                together += [t for t in sets if len(t) > 1 and switching and t not in together]
                below += [key for t in sets for key in t if n >= len(above)]
                singles = [t[0] for t in sets if len(t) == 1]
            for single in singles:
                known = next((k for k in keys if sp.expand(k - single) == 0 or sp.expand(k + single) == 0), single)
                keys += [] if known in keys else [known]
                below += [known] if n >= len(above) else []
                if name.startswith("v"):
                    drifts.setdefault(name, []).append(known)
    return _Factors(tuple(keys), tuple(together), tuple(below), tuple(tuple(d) for d in drifts.values()))


def _transcendental(model: JumpModel, base: sp.Expr, units: set[sp.Symbol], box: Intervals) -> list[sp.Expr]:
    """What makes 1 - exp(F a/T) vanish: F, however near to zero its range lets it come; of a rate -log(s)/tau it is 1 - s."""
    zeros: list[sp.Expr] = [*_zeros(model, base, units, box)]
    if zeros or not isinstance(base, sp.log):
        return zeros
    gap = sp.expand(1 - base.args[0])
    weak = not gap.atoms(sp.Function) and enclosure(gap, box).closed.contains(Fraction(0))
    return [gap] if weak else []


def _at_ends(base: sp.Expr, box: Intervals, units: set[sp.Symbol]) -> list[tuple[sp.Expr, ...]] | None:
    """The smallest sets of expressions that make a factor vanish which vanishes nowhere within the ranges, only at their ends:
    those of a + b are a and b, of 2 - p - q 1 - p and 1 - q, of v^2 + 2 D g v with D or with g. None where it vanishes within."""
    inside = {s: Interval(span.low, span.high) for s, span in box.items()}
    if enclosure(base, inside).contains(Fraction(0)):
        return None
    symbols = sorted((s for s in base.free_symbols - units if s in box), key=str)
    if len(symbols) > MOST_SYMBOLS or not base.is_polynomial(*base.free_symbols):
        return []
    found: list[dict[sp.Symbol, Fraction]] = []
    for size in range(1, MOST_TOGETHER + 1):
        for chosen in itertools.combinations(symbols, size):
            spans = ([x for x in (box[s].low, box[s].high) if x is not None] for s in chosen)
            for ends in itertools.product(*spans):
                at = dict(zip(chosen, ends, strict=True))
                if any(f.items() <= at.items() for f in found):
                    continue
                if sp.expand(base.xreplace({s: sp.Rational(x.numerator, x.denominator) for s, x in at.items()})) == 0:
                    found.append(at)
    return [tuple(_distance(s, x, box[s]) for s, x in at.items()) for at in found]


def _distance(symbol: sp.Symbol, end: Fraction, span: Interval) -> sp.Expr:
    """How far a parameter is from an end of its range."""
    low = sp.Rational(end.numerator, end.denominator)
    return symbol - low if span.low == end else low - symbol


def _slow_together(
    limit: ContinuumLimit, keys: list[sp.Expr], together: list[tuple[sp.Expr, ...]], units: set[sp.Symbol]
) -> list[tuple[sp.Expr, ...]]:
    """Switching and dying that are slow at once: what makes the loss vanish beside each set of slow switching."""
    loss = dict(limit.coefficients).get("a_0", sp.Integer(0))
    rates = loss.free_symbols - units
    weak = [key for key in keys if key.free_symbols and key.free_symbols <= rates]
    if not weak:
        return []
    below = [sp.fraction(value)[1] for name, value in limit.coefficients if name.startswith("D")]
    slow = {sp.expand(sign * f.as_base_exp()[0]) for d in below for f in sp.Mul.make_args(d) for sign in (1, -1)}
    others = [(key,) for key in keys if key not in weak and sp.expand(key) in slow]  # where the diffusivity diverges
    every = tuple(sorted(rates, key=str))  # the loss as a function of all rates vanishes where they do
    sets = [every] if limit.local_equilibrium and len(every) > 1 and all(s in keys for s in every) else []
    return sets + [tuple(dict.fromkeys((*weak[:1], *other))) for other in (*others, *together)]


def _may_be_small(base: sp.Expr, units: set[sp.Symbol]) -> bool:
    """Expressions of parameters, but no overall step or time: these only set the units."""
    return not (base.is_number or (base.is_Symbol and base in units) or base.atoms(sp.Function))


def _zeros(model: JumpModel, base: sp.Expr, units: set[sp.Symbol], box: Intervals) -> list[sp.Symbol]:
    """The parameters at whose value zero a transcendental factor vanishes, where zero is in or next to their range.

    Of those that stand in the rates as a product only (a force over a temperature) one is taken.
    """
    near = [
        s
        for s in sorted(base.free_symbols - units, key=str)
        if s in box and enclosure(s, box).closed.contains(Fraction(0))
    ]
    zeros = [s for s in near if sp.expand(_without_squares(_at_zero(base, s))) == 0]
    zeros.sort(key=lambda s: not box[s].contains(Fraction(0)))
    return [s for n, s in enumerate(zeros) if not any(_as_product(model, s, earlier) for earlier in zeros[:n])]


def _without_squares(expression: sp.Expr) -> sp.Expr:
    """Roots of squares taken: sqrt(a**2 + 2*a*b + b**2) is a + b, of what is positive."""
    return expression.replace(lambda e: e.is_Pow and e.exp == sp.Rational(1, 2), lambda e: sp.sqrt(sp.factor(e.base)))


def _as_product(model: JumpModel, one: sp.Symbol, other: sp.Symbol) -> bool:
    """Whether all rates depend on two parameters through their product alone."""
    rates = [j.intensity for j in model.jumps]
    return all(sp.expand(one * sp.diff(r, one) - other * sp.diff(r, other)) == 0 for r in rates)


def _expanded(model: JumpModel, small: tuple[SmallExpression, ...]) -> JumpModel | None:
    """The model with its rates as polynomials in those small parameters that stand in functions; None where they can't be.

    The terms of lowest order, which alone decide the facets, are those of the model.
    """
    symbols = [s.expression for s in small if s.expression.is_Symbol]
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    jumps = []
    for jump in model.jumps:
        rate = jump.intensity
        for symbol in symbols:
            if any(f.has(symbol) for f in rate.atoms(sp.Function)):
                smooth = rate.rewrite(sp.Abs) if rate.has(sp.Min, sp.Max) else rate
                derivatives = [_derivative_at_zero(smooth, symbol, n) for n in range(DEGREE + 1)]
                if any(d.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or d.atoms(sp.Derivative, sp.Subs) for d in derivatives):
                    return None
                rate = sum((d * symbol**n / sp.factorial(n) for n, d in enumerate(derivatives)), sp.Integer(0))
        jumps.append(replace(jump, intensity=sp.expand(rate)) if rate != jump.intensity else jump)
    return make_model(fields | {"jumps": tuple(jumps)})


def _derivative_at_zero(rate: sp.Expr, symbol: sp.Symbol, n: int) -> sp.Expr:
    """Of the smooth part: at a kink (Metropolis) the mean of both sides, without what is singular there."""
    return _at_zero(sp.diff(rate, (symbol, n)).replace(sp.DiracDelta, lambda *_: sp.Integer(0)), symbol)


def _at_zero(expression: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
    try:
        return expression.xreplace({symbol: sp.Integer(0)})
    except ValueError:  # a minimum over what has no value there
        return sp.nan


def _solved(keys: tuple[sp.Expr, ...], units: set[sp.Symbol]) -> tuple[SmallExpression, ...] | None:
    found: tuple[SmallExpression, ...] = ()
    for key in keys:
        longer = add_small(found, key, set(), units)
        if longer is None:
            return None
        found = longer
    return found


def _exponents(model: JumpModel, groups: Groups) -> set[Exponents]:
    """Exponents (of s, of all wave numbers together, of every small expression) of the terms of F."""
    grading = Grading({}, Fraction(0), Fraction(1))
    prepared = PreparedRegime(LONG_WAVE, grading, tuple(s for group in groups for s in group), Fraction(0), ())

    def run(ring: DifferentialRing) -> set[Exponents]:
        generator = build_generator(model, prepared, ring, DEGREE + 1)
        time = ring.operator_symbol("time", sp.Symbol("d_t"))
        advance = time
        if model.clock == "discrete":  # e^(s tau) - 1, with s in units of 1/tau
            advance = time + time**2 * QQ(1, 2) + time**3 * QQ(1, 6)
        size = len(generator.matrix)
        rows = generator.matrix
        survival = survival_factor(rows, ring) if model.lossy else None
        if survival is not None and not _is_weak(ring, survival - ring.one, groups):
            rows = per_survivor(rows, survival, OperatorAlgebra(ring, generator.order, homogeneous=True))
        matrix = [[-_total(ring, x.terms.values()) for x in row] for row in rows]
        for i in range(size):
            matrix[i][i] = matrix[i][i] + advance
        numerator, _ = ring.fraction(_determinant(matrix))
        return _monomials(ring, numerator, groups)

    return with_ring(model, prepared, run)


def _is_weak(ring: DifferentialRing, loss: Any, groups: Groups) -> bool:
    """Whether a loss per step vanishes with the small expressions."""
    small = set().union(*(_indices(ring, group) for group in groups))
    return all(any(monomial[i] for i in small) for monomial, _ in loss.terms())


def _indices(ring: DifferentialRing, group: tuple[SmallExpression, ...]) -> set[int]:
    named = {s.expression for s in group}
    return {a.index for a in ring.atoms if a.expression in named and a.kind == "parameter"}


def _monomials(ring: DifferentialRing, numerator: Any, groups: Groups) -> set[Exponents]:
    d = ring.dimension
    time = next(a.index for a in ring.atoms if a.kind == "operator")
    places = [_indices(ring, (small,)) for group in groups for small in group]
    found: set[Exponents] = set()
    for monomial, _ in numerator.terms():
        found.add((monomial[time], sum(monomial[:d]), *(sum(monomial[i] for i in place) for place in places)))
    return {e for e in found if e[1] <= DEGREE and e[0] <= 3}


def _total(ring: DifferentialRing, parts: Any) -> Any:
    result = ring.zero
    for x in parts:
        result = result + x
    return result


def _determinant(matrix: list[list[Any]]) -> Any:
    if len(matrix) == 1:
        return matrix[0][0]
    minors = [
        _determinant([[x for k, x in enumerate(row) if k != j] for row in matrix[1:]]) for j in range(len(matrix))
    ]
    return sum_of_products(
        [(e if j % 2 == 0 else -e, m) for j, (e, m) in enumerate(zip(matrix[0], minors, strict=True))]
    )


def _facets(points: set[Exponents], sizes: tuple[int, ...]) -> list[tuple[Fraction, ...]]:
    """(w_s, w_sigma, ...) > 0 at which as many independent points as there are weights, and one more, share the lowest weight
    a w_s + b + c w_sigma + ...; one weight for every group of small expressions, each of which stands in one of these terms."""
    ends = [*itertools.accumulate(sizes, initial=2)]

    def grouped(p: Exponents) -> Exponents:
        return (*p[:2], *(sum(p[start:end]) for start, end in itertools.pairwise(ends)))

    every = {grouped(p) for p in points}
    lowest = sorted(
        p for p in every if not any(q != p and all(x <= y for x, y in zip(q, p, strict=True)) for q in every)
    )
    found: set[tuple[Fraction, ...]] = set()
    if math.comb(len(lowest), len(ends) + 1) > MOST_COMBINATIONS:
        return []
    for chosen in itertools.combinations(lowest, len(ends) + 1):
        solution = _balance(chosen)
        if solution is None or min(solution) <= 0 or solution in found:
            continue

        def weight(p: Exponents, weights: tuple[Fraction, ...] = solution) -> Fraction:
            return p[1] + sum((n * w for n, w in zip((p[0], *p[2:]), weights, strict=True)), Fraction(0))

        least = weight(chosen[0])
        if all(weight(p) >= least for p in lowest):
            touching = [p for p in points if weight(grouped(p)) == least]
            stand = all(any(p[i] for p in touching) for i in range(2, ends[-1]))
            if stand and {p[0] for p in touching} != {0} and any(p[1] for p in touching):
                found.add(solution)
    return sorted(found)


def _balance(points: tuple[Exponents, ...]) -> tuple[Fraction, ...] | None:
    """The weights at which all points balance."""
    first = points[0]
    rows = [
        [
            Fraction(x)
            for x in (p[0] - first[0], *(x - y for x, y in zip(p[2:], first[2:], strict=True)), first[1] - p[1])
        ]
        for p in points[1:]
    ]
    size = len(rows)
    for column in range(size):
        pivot = next((r for r in range(column, size) if rows[r][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [x / rows[column][column] for x in rows[column]]
        for r in range(size):
            if r != column and rows[r][column]:
                rows[r] = [x - rows[r][column] * y for x, y in zip(rows[r], rows[column], strict=True)]
    return tuple(row[-1] for row in rows)


def regime_name(derived_limit: ContinuumLimit, taken: set[str]) -> str:
    """Named after the leading equation; a second of the same name adds what is small."""
    equation = derived_limit.equation
    name = "coupled"
    if equation is not None:
        highest_time = max(t.time for t in equation.left)
        orders = {sum(t.space) + (2 if t.fractional == 1 else 0) for t in equation.right if t.time == 0}
        if any(t.caputo is not None for t in equation.left) or any(
            t.fractional not in (None, 1) for t in equation.right
        ):
            name = "fractional"
        elif highest_time == 2 and all(t.time + sum(t.space) <= 2 for t in (*equation.left, *equation.right)):
            name = "telegraph"
        elif highest_time == 1 and 2 in orders:
            name = "diffusive"
        elif highest_time == 1 and orders - {0} == {1}:
            name = "hyperbolic"
        elif highest_time == 1 and orders:
            name = f"order-{max(orders)}"
    if name in taken:
        scaled = {*derived_limit.coordinates, sp.Symbol("t", real=True)}
        small = [str(k) for k, _ in derived_limit.regime.powers if k not in scaled]
        name = f"{name} {small[0]}" if small else f"{name} 2"
    while name in taken:
        name += "'"
    return name
