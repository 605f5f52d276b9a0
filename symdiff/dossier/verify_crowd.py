"""The exact tier for crowds: the mean-field lattice equation against the derived one, on smooth densities, noise-free.

At five levels of eps the exact rates of change of the mean densities stand beside the right-hand sides of the derived equations,
at several places, for densities that are sums of waves; where rates depend on time, at one moment, which may lie anywhere. What
this does not see is the error of the mean field itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import lcm
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.typography import text
from symdiff.dossier.verify_claim import term_name
from symdiff.dossier.verify_exact import WRONG, negative_control
from symdiff.dossier.verify_kinks import kinks_of
from symdiff.dossier.verify_layout import writes_coordinates
from symdiff.dossier.verify_numbers import EpsPath, generator_for, power
from symdiff.dossier.verify_rules import assumed_laws
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.mean_field import Field, MeanField, Place
from symdiff.evidence.propagation.rods import Rods
from symdiff.evidence.propagation.zero_range import SiteLaw
from symdiff.evidence.solution.right_side import RightSide
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.notation.display.build import Typography
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.verification.convergence import Convergence, does_not_settle, exponent_grid, extrapolation, size
from symdiff.verification.tier import TierResult, frozen

Number = Any
Vector = list[Number]
Table = list[list[list[Vector]]]  # per level, place and equation: every term

LEVELS = (2, 4, 6, 8, 10)  # eps = 10**-2 ... 10**-10
PLACES = {"continuous": 6, "discrete": 3}
MOST_DRAWS = 200  # of places, where rates have kinks
MOST_STEPS = 8  # whose logarithm is taken, in discrete time
QUANTITY = "power of eps of (rate of change on the mean-field lattice - right-hand side of the equation)"
AGREE = "the mean-field lattice and the equation agree to the order that the regime keeps"


@dataclass(frozen=True)
class Waves:
    """offset + sum of height cos(q.X + phase) at X = unit x, times ``height``; cosines and sines are kept per place."""

    offset: Number
    parts: tuple[tuple[Number, tuple[Number, ...], Number], ...]
    unit: Number
    height: Number
    _known: dict[Place, list[tuple[Number, Number]]] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, place: Place, orders: tuple[int, ...]) -> Number:
        turn = sum(orders)
        total = mpmath.mpf(0) if turn else self.offset
        for (size_, wave, _), (cosine, sine) in zip(self.parts, self._at(place), strict=True):
            factor = size_
            for q, n in zip(wave, orders, strict=True):
                factor *= (q * self.unit) ** n
            total += factor * (cosine, -sine, -cosine, sine)[turn % 4]
        return total * self.height

    def _at(self, place: Place) -> list[tuple[Number, Number]]:
        """Cosine and sine of every wave."""
        if place not in self._known:
            found = []
            for _, wave, phase in self.parts:
                angle = mpmath.fsum(q * self.unit * x for q, x in zip(wave, place, strict=True)) + phase
                found.append(mpmath.cos_sin(angle))
            self._known[place] = found
        return self._known[place]


@dataclass(frozen=True)
class Written:
    """A function that the file writes out, at X = unit x; derivatives and values are kept."""

    arguments: tuple[str, ...]
    body: sp.Expr
    values: dict[sp.Symbol, Number]
    others: dict[str, Field]
    unit: Number
    _known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, place: Place, orders: tuple[int, ...]) -> Number:
        if (place, orders) not in self._known:
            symbols = [sp.Symbol(n, real=True) for n in self.arguments]
            if orders not in self._known:
                self._known[orders] = (
                    sp.diff(self.body, *zip(symbols, orders, strict=True)) if any(orders) else self.body
                )
            local = {**self.values, **dict(zip(symbols, (self.unit * x for x in place), strict=True))}

            def call(e: AppliedUndef, own: tuple[int, ...]) -> Number:
                here = tuple(evaluate(a, local, mp_arithmetic(), call) / self.unit for a in e.args)
                return self.others[e.func.__name__](here, own) / self.unit ** sum(own)

            self._known[place, orders] = evaluate(self._known[orders], local, mp_arithmetic(), call) * self.unit ** sum(
                orders
            )
        return self._known[place, orders]


@dataclass(frozen=True)
class _MeanRate:
    """The mean rate of a site as a function of its density."""

    sites: SiteLaw

    def __call__(self, place: Place, orders: tuple[int, ...]) -> Number:
        return self.sites.derivative(place[0], orders[0])


class CrowdTest:
    """One model in one regime: the lattice's numbers serve for every set of equations that is tested."""

    def __init__(self, model: JumpModel, limit: ContinuumLimit, path: EpsPath) -> None:
        self.model, self.limit, self.path = model, limit, path
        self.long_wave = limit.regime.origin == "long-wave"
        if self.long_wave and writes_coordinates(model, motions=False):
            raise NotYetError("crowds whose rates write coordinates out are cross-checked in stated regimes only")
        self.names = model.state_names
        self.tested = tuple(range(len(self.names)))  # the densities whose equations are compared
        self.digits = 40 + LEVELS[-1] * (int(abs(limit.kept_power)) + (10 if model.clock == "continuous" else 14))
        with mpmath.workdps(self.digits):
            self.kept = _mp(limit.kept_power)
            self.eps = [mpmath.mpf(10) ** -n for n in LEVELS]
            moment = {model.time: mpmath.mpf(generator_for(model, "moment").randint(100, 2000)) / 1000}
            self.values = [path.values(e) | (moment if model.depends_on_time else {}) for e in self.eps]
            self.fields = [self._fields(e) for e in self.eps]
            kind = Rods if _has_rods(model) else MeanField
            self.lattice: list[Any] = [kind(model, v, f) for v, f in zip(self.values, self.fields, strict=True)]
            macroscopic = self._draw_places(PLACES[model.clock])
            self.places = [[tuple(x / path.unit(e) for x in p) for p in macroscopic] for e in self.eps]
            self.step_power = mpmath.mpf(0)
            self.exact = (
                [[m.at(p) for p in places] for m, places in zip(self.lattice, self.places, strict=True)]
                if model.clock == "continuous"
                else self._by_steps()
            )
            change = size([x for row in self.exact[-1] for x in row])
            nothing = (
                change <= mpmath.mpf(10) ** (15 - self.digits) / self.eps[-1] ** 4
            )  # gain and loss cancel: rounding sets no scale
            self.scale = mpmath.mpf(1) if nothing else change / self.eps[-1] ** self.kept
            self.grid = self._exponents()

    def _by_steps(self) -> list[list[Vector]]:
        """d_t of the densities in discrete time: log(1 + Delta)/tau of the one-step map, Delta u = u(t + tau) - u(t)."""
        assert self.model.time_step is not None
        step = [evaluate(self.model.time_step, v, mp_arithmetic()) for v in self.values]
        self.step_power = slope_of(step, self.eps)
        change = [size(self._differences(i, 1)[0][1]) for i in (-2, -1)]
        gain = slope_of(change, self.eps) if min(change) else mpmath.mpf(0)
        if gain < mpmath.mpf(1) / 8:
            raise NotYetError(
                "in this regime densities change by a share of order one in every step: no equation in continuous time is near the step"
            )
        count = int(mpmath.ceil((self.kept + self.step_power + self._remainder() + 2) / gain))
        if count > MOST_STEPS:
            raise NotYetError(f"the {count} steps that the logarithm of one step takes here are not cross-checked yet")
        found = []
        for i, tau in enumerate(step):
            rows = []
            for differences in self._differences(i, count):
                signed = [[x * (-1) ** (j + 1) / j / tau for x in differences[j]] for j in range(1, count + 1)]
                rows.append([mpmath.fsum(column) for column in zip(*signed, strict=True)])
            found.append(rows)
        return found

    def _differences(self, level: int, count: int) -> list[list[Vector]]:
        """Per place: the densities and their first ``count`` differences in time."""
        later, zero = self.lattice[level].steps(count), (0,) * self.model.dimension
        found = []
        for place in self.places[level]:
            rows = [[fields[name](place, zero) for name in self.names] for fields in later]
            row = [rows[0]]
            while len(rows) > 1:
                rows = [[b - a for a, b in zip(x, y, strict=True)] for x, y in pairwise(rows)]
                row.append(rows[0])
            found.append(row)
        return found

    def _draw_places(self, count: int) -> list[Place]:
        """Places of order one; where rates have kinks, only such that no level has one within the steps that are taken."""
        kinks, found = kinks_of(self.model), []
        if kinks and any(j.law is not None for j in self.model.jumps):
            raise NotYetError("kinks of rates beside steps of random length are not cross-checked at single places yet")
        generator = generator_for(self.model, "places")
        for _ in range(MOST_DRAWS):
            place = tuple(mpmath.mpf(generator.randint(0, 999)) / 1000 for _ in self.model.coordinates)
            if not kinks or self._is_clear(kinks, place):
                found.append(place)
            if len(found) == count:
                return found
        raise NotYetError("no places were found around which the rates are smooth at every level")

    def _is_clear(self, kinks: Sequence[sp.Expr], place: Place) -> bool:
        """Whether what decides the branches has the same signs at the coarsest level, some steps around, and at the finest."""
        signs = set()
        for level in (0, -1):
            lattice = self.lattice[level]
            here = tuple(x / self.path.unit(self.eps[level]) for x in place)
            steps = [lattice.numbers(j.displacement, here) for j in self.model.jumps]
            near = [
                tuple(x + n * r for x, r in zip(here, step, strict=True))
                for step in steps
                for n in (-8, -4, -1, 1, 4, 8)
            ]
            signs |= {tuple(bool(v > 0) for v in lattice.numbers(kinks, p)) for p in (here, *near)}
        return len(signs) == 1

    def _fields(self, eps: Number) -> dict[str, Field]:
        generator = generator_for(self.model, "densities")
        unit = self.path.unit(eps)
        powers = {str(k): p for k, p in self.limit.regime.powers}
        share = mpmath.mpf(1) / len(self.names)
        if _has_rods(self.model):  # as many as fit
            assert self.model.crowd.rod_length is not None
            share /= evaluate(self.model.crowd.rod_length, self.path.values(eps), mp_arithmetic())
        found: dict[str, Field] = {}
        for name in self.names:
            sums = [total for total, members in self.model.densities if name in members]
            own = next((powers[n] for n in (name, *sums) if n in powers), Fraction(0))
            found[name] = _draw(
                generator, self.model.dimension, unit, share * mpmath.mpf("0.42"), share / 5, power(eps, own)
            )
        for f in self.model.functions:
            shape = mpmath.mpf("0.8"), mpmath.mpf("0.3"), mpmath.mpf(1)
            found[f.name] = _draw(generator, len(f.arguments), unit, *shape) if f.body is None else Written(
                f.arguments, f.body, self.path.values(eps), found, unit
            )  # fmt: skip
        return found

    def _exponents(self) -> list[Number]:
        denominators = [p.denominator for _, p in self.limit.regime.powers] + [self.limit.kept_power.denominator]
        denominators += [d.power.denominator for d in self.limit.discarded]
        return exponent_grid(Fraction(1, lcm(*denominators)), self.kept, [], 40)

    def table(self, equations: Sequence[EvolutionEquation]) -> Table:
        """Every term of every equation at every level and place."""
        timed = [f.name for f in self.model.functions if self.model.time.name in f.arguments]
        sides = [RightSide(e, timed=timed) for e in equations]
        fields = self.fields
        if self.model.crowd.site_rate is not None:  # the derivation's name for the mean rate of a site
            calls = {c.func.__name__ for e in equations for t in e.right for c in t.coefficient.atoms(AppliedUndef)}
            fields = [
                {**f, **{name: _MeanRate(m.sites) for name in calls - set(f)}}
                for f, m in zip(self.fields, self.lattice, strict=True)
            ]
        return [
            [[side.at(p, v, f) for side in sides] for p in places]
            for v, f, places in zip(self.values, fields, self.places, strict=True)
        ]

    def errors(self, table: Table, change: tuple[int, int, Number] | None = None) -> list[Vector]:
        """Lattice minus equations, one vector per level; ``change`` multiplies one term (equation, index) by a factor."""
        found = []
        for i, rows in enumerate(table):
            vector: Vector = []
            for row, exact in zip(rows, self.exact[i], strict=True):
                for n, (terms, own) in enumerate(zip(row, (exact[m] for m in self.tested), strict=True)):
                    total = mpmath.fsum(terms)
                    if change is not None and change[0] == n:
                        total += terms[change[1]] * (change[2] - 1)
                    vector.append((own - total) / self.eps[i] ** self.kept / self.scale)
            found.append(vector)
        return found

    def study(self, errors: list[Vector], start: Number, below: Number = 0) -> Convergence:
        """The limit of the differences over eps**below, whose first power is ``start``."""
        ladder = [p - below for p in self.grid if p > start - mpmath.mpf("1e-9")]
        noise = [
            mpmath.mpf(10) ** (-self.digits + 15) / e ** (self.kept + below + self.step_power + 4) for e in self.eps
        ]
        divided = [[x / e**below for x in v] for v, e in zip(errors, self.eps, strict=True)]
        return extrapolation(self.eps, ladder)(divided, noise)

    def first(self) -> Number:
        """The power of the first discarded term, against the kept one."""
        powers = [d.power for d in self.limit.discarded if any(t.coefficient != 0 for t in d.terms)]
        return min((_mp(p) for p in powers), default=self._remainder() + self.kept) - self.kept

    def _remainder(self) -> Number:
        return evaluate(self.limit.remainder_power, self.values[-1], mp_arithmetic()) - self.kept


def _has_rods(model: JumpModel) -> bool:
    return model.crowd.rod_length is not None and model.crowd.rod_length != 1


def slope_of(numbers: Sequence[Number], eps: Sequence[Number]) -> Number:
    """The power of eps in numbers, read off the last two."""
    slope = mpmath.log(abs(numbers[-1] / numbers[-2])) / mpmath.log(eps[-1] / eps[-2])
    return mpmath.nint(12 * slope) / 12


def crowd_tier(
    model: JumpModel, limit: ContinuumLimit, path: EpsPath, users: EvolutionEquation | None = None
) -> TierResult:
    """The verdict on the equations of a crowd in one regime, or on the user's own."""
    equations = limit.equations if users is None else (users,)
    if not equations:
        raise NotYetError(f"no equation to test: {limit.closure.why}")
    order = [e.density for e in equations]
    if (sorted(order) != sorted(model.state_names)) if users is None else (users.density not in model.state_names):
        kind = "crowds" if model.crowd.reactions or is_crowd(model) else "several densities"
        raise NotYetError(f"{kind} with internal states that are eliminated are not cross-checked in this tier yet")
    names = [n for n in model.state_names if n in order]
    test = CrowdTest(model, limit, path)
    test.tested = tuple(model.state_names.index(n) for n in names)
    chosen = tuple(equations[order.index(n)] for n in names)
    if model.crowd.site_rate is None and not _has_rods(model):
        return crowd_verdict(test, chosen, users is not None)
    quantity, agree = (s.replace("mean-field lattice", "lattice in local equilibrium") for s in (QUANTITY, AGREE))
    return crowd_verdict(test, chosen, users is not None, quantity=quantity, agree=agree)


def crowd_verdict(
    test: CrowdTest,
    equations: Sequence[EvolutionEquation],
    users: bool,
    *,
    quantity: str = QUANTITY,
    agree: str = AGREE,
) -> TierResult:
    """The verdict on these equations, one per state; ``quantity`` and ``agree`` say what was compared."""
    with mpmath.workdps(test.digits):
        return _verdict(test, equations, users, quantity, agree)


def _verdict(
    test: CrowdTest, equations: Sequence[EvolutionEquation], users: bool, quantity: str, agree: str
) -> TierResult:
    table = test.table(equations)
    errors, first = test.errors(table), test.first()
    main = test.study(errors, first)
    if users and not main.vanishes:
        first = test.grid[0]
        main = test.study(errors, first)
    checks = {WRONG: main.vanishes and does_not_settle(main, first)}
    lower = max((p for p in test.grid if p < first - mpmath.mpf("1e-9")), default=mpmath.mpf(0))
    if lower > 0 and not users:
        checks["the difference vanishes more slowly than predicted"] = test.study(errors, first, lower).vanishes
    residual = None
    if test.limit.discarded and not users:
        residual, below = _residual(test, equations, table)
        checks["the discarded terms do not account for the difference"] = residual.vanishes

    def study(n: int, index: int, factor: Number) -> Convergence:
        return test.study(test.errors(table, (n, index, factor)), first)

    named: list[tuple[str, Callable[[Number], Convergence]]] = []
    densities = tuple(e.density for e in equations)
    for n, e in enumerate(equations):
        style = Typography(coordinates=(*(c.name for c in e.coordinates), e.time.name), densities=densities)
        for index, term in enumerate(e.right):
            shown = term_name(e, term) if term.density else text(term.expression(e.coordinates, e.time), style)
            named.append((f"{shown} in the equation of {e.density}", partial(study, n, index)))
    if not named:  # gain and loss cancel, the equations say that nothing changes: what they could lack are terms
        named = [(f"{e.density}_{e.coordinates[0].name * 2} added to the equation of {e.density}, plus one,", partial(_with_curvature, test, errors, first, n))
                 for n, e in enumerate(equations)]  # fmt: skip
    control, detectable = negative_control(main, named)
    passed: bool | None = all(checks.values())
    why = "; ".join(reason for reason, fine in checks.items() if not fine)
    if passed and not control.rejected:
        passed, why = None, "the negative control was not rejected: this run could not have seen an error"
    assumed = assumed_laws(test.model)
    details = frozen(
        floor=float(main.floor), floor_threshold=float(main.threshold),
        residual_order=None if residual is None or residual.order is None else float(residual.order + below),
        differences=[float(s) for s in main.sizes], levels=[mpmath.nstr(e, 3) for e in test.eps], digits=test.digits,
        values=test.path.base.texts(), drawn=list(test.path.base.drawn), closure=test.limit.closure.kind,
        **({"assumed": list(assumed)} if assumed else {}),
    )  # fmt: skip
    return TierResult(
        "exact", True, why or agree,
        test.limit.regime.name, quantity, float(first), None if main.order is None else float(main.order), float(main.threshold),
        passed, detectable, control, details,
    )  # fmt: skip


def _with_curvature(test: CrowdTest, errors: list[Vector], first: Number, n: int, factor: Number) -> Convergence:
    """The limit of the differences where factor - 1 times the second derivative of the n-th density is added, in lengths of order one."""
    bent = []
    for i, vector in enumerate(errors):
        name, unit = test.names[test.tested[n]], test.path.unit(test.eps[i])
        orders = (2,) + (0,) * (test.model.dimension - 1)
        added = [test.fields[i][name](p, orders) / unit**2 for p in test.places[i]]
        size_ = len(test.tested)
        bent.append([x - (factor - 1) * added[m // size_] * (m % size_ == n) for m, x in enumerate(vector)])
    return test.study(bent, first)


def _residual(test: CrowdTest, equations: Sequence[EvolutionEquation], table: Table) -> tuple[Convergence, Number]:
    """What is left once the discarded terms are subtracted."""
    extra = [
        replace(e, right=tuple(t for d in test.limit.discarded if d.density in ("", e.density) for t in d.terms))
        for e in equations
    ]
    more = test.table(extra)
    full = [
        [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(r, q, strict=True)]
        for r, q in zip(table, more, strict=True)
    ]
    start = test._remainder()
    start = next((p for p in test.grid if p > start - mpmath.mpf("1e-9")), test.grid[-1])
    below = max((p for p in test.grid if p < start - mpmath.mpf("1e-9")), default=mpmath.mpf(0))
    return test.study(test.errors(full), start, below), below


def _draw(
    generator: random.Random, dimension: int, unit: Number, offset: Number, most: Number, height: Number
) -> Waves:
    """Two waves of lengths of order one around an offset."""
    parts = []
    for _ in range(2):
        wave = tuple(mpmath.mpf(generator.randint(5, 20) * generator.choice((-1, 1))) / 10 for _ in range(dimension))
        parts.append(
            (most * mpmath.mpf(generator.randint(50, 100)) / 100, wave, mpmath.mpf(generator.randint(0, 628)) / 100)
        )
    return Waves(offset, tuple(parts), unit, height)


def draw_smooth(generator: random.Random, dimension: int) -> Waves:
    """A smooth density of order one in coordinates of order one."""
    return _draw(generator, dimension, mpmath.mpf(1), mpmath.mpf("0.8"), mpmath.mpf("0.3"), mpmath.mpf(1))


def _mp(value: Fraction) -> Number:
    return mpmath.mpf(value.numerator) / value.denominator
