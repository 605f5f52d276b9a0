"""The exact tier at walls and special sites: conditions put to exact solutions of the chain of sites, in many digits.

At five levels of eps a slow mode comes in towards the wall; the balance of all sites there fixes what leaves. The slow part of this
solution, continued to the place of the wall, must satisfy the derived condition as eps -> 0. Where the derivation says where
exactly the wall stands, it must do so there to one power more: a wall that is off by half a cell is caught.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import lcm
from typing import Any

import mpmath
import sympy as sp

from symdiff.continuum.junctions import without_graveyard
from symdiff.continuum.limit import BoundaryCondition, ContinuumLimit
from symdiff.dossier.typography import in_words
from symdiff.dossier.verify_exact import negative_control
from symdiff.dossier.verify_numbers import EpsPath, generator_for
from symdiff.equations.evolution_equation import Term
from symdiff.errors import NotYetError
from symdiff.evidence.propagation.chain_geometry import Sign, geometry, open_beside
from symdiff.evidence.propagation.chain_modes import ChainModes, Scattering
from symdiff.model.jump_model import Jump, JumpModel, make_model
from symdiff.model.regions import axis_of, in_order, thresholds
from symdiff.notation.evaluation import evaluate, mp_arithmetic
from symdiff.notation.expression import parse_expression
from symdiff.verification.convergence import Convergence, exponent_grid, extrapolation
from symdiff.verification.tier import NegativeControl, TierResult, frozen, not_applicable

Number = Any
Vector = list[Number]

LEVELS = (3, 5, 7, 9, 11)  # eps = 10**-3 ... 10**-11
MODES = 5  # incoming modes per side
DIGITS = 150
STRONGER = 8  # times that the decay of the incoming modes is doubled until all others decay, where there is drift
QUANTITY = "power of eps of the condition at a wall, on exact solutions of the sites there"
FINE = "the exact solutions beside the walls satisfy the conditions there to the order that the regime keeps"


@dataclass(frozen=True)
class Jet:
    """coefficient times a derivative of the density on one side (-1 left, 1 right) of the place."""

    coefficient: sp.Expr
    side: int
    space: tuple[int, ...]
    time: int


@dataclass(frozen=True)
class Condition:
    """sum of jets = 0 at ``place``; ``wall``, where the derivation states it, is where this holds to one power more."""

    text: str
    axis: int
    place: sp.Expr
    jets: tuple[Jet, ...]
    wall: sp.Expr | None = None


def has_walls(model: JumpModel) -> bool:
    """Whether the model has walls, or sites with rules of their own."""
    return bool(model.boundaries) or any(j.region is not None for j in model.jumps)


Known = dict[tuple[int, sp.Expr], "Sites"]


def walls_tier(model: JumpModel, limit: ContinuumLimit, path: EpsPath, known: Known | None = None) -> TierResult:
    """The verdict on all conditions of one regime, as a row of its own.

    Exact solutions beside a place are looked up in ``known`` (of this model and path), and added to it.
    """
    name = limit.regime.name
    try:
        conditions = conditions_of(model, limit)
        left_out = [a for a in limit.assumptions if "not derived" in a or "not confirmed" in a]
        if not conditions:
            return not_applicable("exact", "; ".join(left_out) or "no condition at a wall is derived", name)
        with mpmath.workdps(DIGITS):
            known = {} if known is None else known
            for c in conditions:
                if (c.axis, c.place) not in known:
                    known[c.axis, c.place] = Sites(model, c.axis, c.place, path)
            tests = [WallTest(known[c.axis, c.place], c) for c in conditions]
            return _verdict(tests, name, path, left_out)
    except NotYetError as reason:
        return not_applicable("exact", f"conditions at walls: {reason.message}", name)


# --- the conditions ---------------------------------------------------------------------------------------------------


def conditions_of(model: JumpModel, limit: ContinuumLimit) -> list[Condition]:
    """The derived conditions, and continuity at special sites that leave no trace; raises :class:`NotYetError`."""
    found = _placed([_condition(model, limit, b) for b in limit.boundary_conditions])
    regions = [j.region for j in model.jumps if j.region is not None]
    if regions and not limit.boundary_conditions and not any("not derived" in a for a in limit.assumptions):
        found += _continuity(model, limit, regions)
    return found


def _placed(found: list[Condition]) -> list[Condition]:
    """Where media meet, the place that the derivation states is the one at which the flux is continuous: nothing is stored there."""
    result = []
    for c in found:
        group = [o for o in found if (o.axis, o.place) == (c.axis, c.place)]
        wall = next((o.wall for o in group if o.wall is not None), None)
        slopes = all(sum(j.space) == 1 for j in c.jets)
        result.append(c if len(group) == 1 or wall is None else replace(c, wall=wall if slopes else None))
    return result


def _condition(model: JumpModel, limit: ContinuumLimit, b: BoundaryCondition) -> Condition:
    name, _, text = b.at.partition(" = ")
    if name not in model.coordinates:
        raise NotYetError(f"the condition at {b.at} is not compared with the sites yet")
    axis = model.coordinates.index(name)
    place = parse_expression(text, model.scope)
    inward = _inward(model, axis, place)
    jets = _jets(model, limit, b.lhs - b.rhs, axis, inward)
    return Condition(
        f"{in_words(b.lhs)} = {in_words(b.rhs)} at {b.at}", axis, place, jets, dict(b.coefficients).get("wall")
    )


def _inward(model: JumpModel, axis: int, place: sp.Expr) -> int:
    """1 where walkers are above the place, -1 where they are below it."""
    x = model.coordinate_symbols[axis]
    for boundary in model.boundaries:
        for side in boundary.domain:
            gap = sp.expand(side.gap)
            if gap.coeff(x, 1) != 0 and sp.expand(gap.xreplace({x: place})) == 0:
                return 1 if gap.coeff(x, 1).is_positive else -1
    return 1


def _jets(model: JumpModel, limit: ContinuumLimit, value: sp.Expr, axis: int, inward: int) -> tuple[Jet, ...]:
    """The terms of a condition, each linear in the density or one of its derivatives."""
    x, t = model.coordinate_symbols, model.time
    density = limit.equations[0].density
    atoms = {a for a in sp.preorder_traversal(value) if isinstance(a, (sp.Limit, sp.Derivative))}
    atoms |= {a for a in value.atoms(sp.core.function.AppliedUndef) if a.func.__name__ == density}
    names: dict[sp.Basic, sp.Dummy] = {a: sp.Dummy() for a in sorted(atoms, key=str)}  # the same for every hash seed
    linear = sp.expand(value.xreplace(names))
    found = []
    for atom, dummy in names.items():
        coefficient = linear.coeff(dummy, 1)
        if coefficient == 0:
            continue
        side, orders, body = inward, dict.fromkeys((*x, t), 0), atom
        while not isinstance(body, sp.core.function.AppliedUndef):
            if isinstance(body, sp.Limit):
                side = 1 if str(body.args[3]) == "+" else -1
            else:
                for variable, n in body.variable_count:
                    orders[variable] += int(n)
            body = body.args[0]
        if coefficient.free_symbols & {*x, t, *names.values()} or coefficient.atoms(sp.core.function.AppliedUndef):
            raise NotYetError("conditions whose coefficients depend on place are not compared with the sites yet")
        found.append(Jet(coefficient, side, tuple(orders[c] for c in x), orders[t]))
    rest = sp.expand(linear - sp.Add(*(linear.coeff(d, 1) * d for d in names.values())))
    if rest != 0:
        raise NotYetError("conditions that are not linear in one density are not compared with the sites yet")
    return tuple(found)


def _continuity(model: JumpModel, limit: ContinuumLimit, regions: list[Any]) -> list[Condition]:
    """Density and flux pass special sites unchanged."""
    flux = dict(limit.flux_form)
    x = next(
        (c for c in model.coordinate_symbols if any(c in m.free_symbols for r in regions for m in r.members)), None
    )
    if model.dimension > 1 or x is None or "D" not in flux or flux["D"].has(sp.Piecewise):
        return []
    place = in_order(thresholds(regions, x))[0]
    spread, drift = flux["D"], flux.get("v", sp.Integer(0))
    density = tuple(Jet(sp.Integer(s), s, (0,), 0) for s in (1, -1))
    current = tuple(Jet(s * c, s, (n,), 0) for s in (1, -1) for c, n in ((spread, 1), (-drift, 0)) if c != 0)
    where = f"at {x} = {place}, whose sites leave no trace"
    return [Condition(f"the density is continuous {where}", 0, place, density),
            Condition(f"the flux is continuous {where}", 0, place, current)]  # fmt: skip


# --- the media --------------------------------------------------------------------------------------------------------


def media_of(model: JumpModel, limit: ContinuumLimit, path: EpsPath) -> list[tuple[str, JumpModel, ContinuumLimit]]:
    """Every homogeneous medium as a walk in open space, with its own equation; raises :class:`NotYetError`.

    The text says where the medium is ("" where there is one only).
    """
    if model.resets:
        raise NotYetError("walls beside jumps to a fixed place are not compared yet")
    walk, _ = without_graveyard(model)
    regions = [j.region for j in walk.jumps if j.region is not None]
    fields = {name: getattr(walk, name) for name in JumpModel.__dataclass_fields__} | {"boundaries": ()}
    if not regions:
        return [("", make_model(fields), limit)]
    x = axis_of(regions, walk.coordinates)
    axis = walk.coordinate_symbols.index(x)
    places = in_order(thresholds(regions, x))
    numbers = dict(path.base.values)
    at = [p.xreplace(numbers) for p in places]
    near = min([abs(a - b) for n, a in enumerate(at) for b in at[:n]], default=sp.Integer(1)) / 1000
    found: list[tuple[str, JumpModel, ContinuumLimit]] = []
    known: list[tuple[Jump, ...]] = []
    for place, number in zip(places, at, strict=True):
        for side, jumps in zip((-1, 1), open_beside(walk, axis, place, _sign_at(path)), strict=True):
            if jumps is None or jumps in known:
                continue
            known.append(jumps)
            free = tuple(replace(j, region=None) for j in jumps)
            own = _in_medium(limit, {**numbers, x: number + side * near})
            found.append((f"where {x} {'<' if side < 0 else '>'} {place}", make_model(fields | {"jumps": free}), own))
    return found if len(found) > 1 else [("", *found[0][1:])]


def _in_medium(limit: ContinuumLimit, here: dict[sp.Symbol, sp.Expr]) -> ContinuumLimit:
    """The equation with the branch that holds at one place."""

    def chosen(e: sp.Expr) -> sp.Expr:
        return e.xreplace({
            p: next(value for value, condition in p.args if condition == True or condition.xreplace(here) == True)  # noqa: E712
            for p in e.atoms(sp.Piecewise)
        })  # fmt: skip

    def plain(terms: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(replace(t, coefficient=chosen(t.coefficient)) for t in terms)

    equations = tuple(replace(e, left=plain(e.left), right=plain(e.right)) for e in limit.equations)
    return replace(limit, equations=equations, discarded=(), remainder_power=None)


def _sign_at(path: EpsPath) -> Sign:
    """Signs of expressions at numbers along the path."""
    with mpmath.workdps(40):
        numbers = path.values(mpmath.mpf(10) ** -LEVELS[0]) if path.moves_parameters else path.base.numbers()

    def sign(value: sp.Expr) -> int:
        found = evaluate(value, numbers, mp_arithmetic())
        return int((found > 0) - (found < 0))

    return sign


# --- the comparison ---------------------------------------------------------------------------------------------------


class Sites:
    """The exact solutions beside one place along the path of a regime: they serve for every condition there."""

    def __init__(self, model: JumpModel, axis: int, place: sp.Expr, path: EpsPath) -> None:
        (self.model, deaths), self.axis, self.place, self.path = without_graveyard(model), axis, place, path
        self.eps = [mpmath.mpf(10) ** -n for n in LEVELS]
        self.values = [path.values(e) for e in self.eps]
        self.chain = geometry(self.model, axis, place, _sign_at(path), deaths)
        moves = [m for sites in (*self.chain.sites, self.chain.left, self.chain.right) for m in sites or ()]
        if any(m.weight.has(*model.coordinate_symbols) for m in moves):
            raise NotYetError("rates that depend on place next to a wall are not compared with the sites yet")
        size = abs(evaluate(self.chain.spacing, path.base.numbers(), mp_arithmetic()))
        generator = generator_for(model, "walls")
        self.waves = [
            tuple(
                mpmath.mpf(0) if n == axis else mpmath.mpf(generator.randint(3, 9)) / (10 * size)
                for n in range(model.dimension)
            )
            for _ in range(MODES)
        ]
        self.decays = [mpmath.mpf(3 * 2**n) / (10 * size) for n in range(MODES)]
        self.solutions = [self._solve(i) for i in range(len(self.eps))]

    def _solve(self, i: int) -> list[tuple[Scattering, tuple[Number, ...]]]:
        found = []
        unit = self.path.unit(self.eps[i])
        for from_left, medium in ((True, self.chain.left), (False, self.chain.right)):
            if medium is None:
                continue
            for decay, wave in zip(self.decays, self.waves, strict=True):
                turned = tuple(k * unit for k in wave)
                modes = ChainModes(self.model, self.chain, self.values[i], turned)
                found.append((_incoming(modes, decay * unit * (-1 if from_left else 1), from_left), turned))
        return found

    @property
    def spacing_power(self) -> Number:
        """The power of eps of one spacing, in macroscopic lengths."""
        sizes = [
            abs(evaluate(self.chain.spacing, v, mp_arithmetic())) * self.path.unit(e)
            for v, e in zip(self.values[-2:], self.eps[-2:], strict=True)
        ]
        return mpmath.nint(12 * mpmath.log(sizes[1] / sizes[0]) / mpmath.log(self.eps[-1] / self.eps[-2])) / 12


class WallTest:
    """One condition on the exact solutions beside its place."""

    def __init__(self, sites: Sites, condition: Condition) -> None:
        self.sites, self.condition = sites, condition
        powers = [p.denominator for _, p in sites.path.regime.powers]
        self.grid = exponent_grid(Fraction(1, lcm(*powers) if powers else 1), mpmath.mpf(0), [], 40)

    def residuals(self, jets: tuple[Jet, ...], wall: sp.Expr | None = None, *, freely: bool = False) -> list[Vector]:
        """The condition on every solution, in units of its smallest term for the incoming mode; one vector per level.

        ``freely``: up to corrections of the coefficients, which are known to leading order; one for each term but the first.
        """
        rows = []
        for values, solutions in zip(self.sites.values, self.sites.solutions, strict=True):
            numbers = [evaluate(j.coefficient, values, mp_arithmetic()) for j in jets]
            shift = (
                mpmath.mpf(0)
                if wall is None
                else evaluate(sp.expand(wall - self.condition.place), values, mp_arithmetic())
            )
            terms: list[Vector] = [[] for _ in jets]
            for solution, wave in solutions:
                sizes = [
                    abs(c * _factor(solution, j, wave, solution.incoming)) for j, c in zip(jets, numbers, strict=True)
                ]
                unit = min((s for s in sizes if s != 0), default=mpmath.mpf(1))
                for term, jet, c in zip(terms, jets, numbers, strict=True):
                    term.append(c * _jet(solution, jet, wave, shift) / unit)
            total = [mpmath.fsum(parts) for parts in zip(*terms, strict=True)]
            rows.append(_apart_from(total, terms[1:]) if freely else total)
        return rows

    def study(self, errors: list[Vector], below: Number = 0) -> Convergence:
        """The limit of the residuals over eps**below."""
        ladder = [p - below for p in self.grid if p > below + mpmath.mpf("1e-9")]
        noise = [mpmath.mpf(10) ** (-DIGITS + 60) for _ in self.sites.eps]
        divided = [[x / e**below for x in v] for v, e in zip(errors, self.sites.eps, strict=True)]
        return extrapolation(self.sites.eps, ladder)(divided, noise)


def _apart_from(vector: Vector, others: list[Vector]) -> Vector:
    """What of a vector is orthogonal to others (Gram and Schmidt)."""
    basis: list[Vector] = []
    for candidate in (*others, vector):
        rest = candidate
        for b in basis:
            along = mpmath.fsum(mpmath.conj(y) * x for x, y in zip(rest, b, strict=True))
            rest = [x - along * y for x, y in zip(rest, b, strict=True)]
        size = mpmath.sqrt(mpmath.fsum(abs(x) ** 2 for x in rest))
        if candidate is vector:
            return rest
        if size != 0:
            basis.append([x / size for x in rest])
    return vector


def _incoming(modes: ChainModes, exponent: Number, from_left: bool) -> Scattering:
    for _ in range(STRONGER):
        try:
            return modes.solve(exponent, from_left)
        except ArithmeticError:
            exponent *= 2
    raise NotYetError("the drift is too strong for slow modes beside this wall")


def _jet(solution: Scattering, jet: Jet, wave: tuple[Number, ...], shift: Number) -> Number:
    parts = solution.right if jet.side > 0 else solution.left
    if parts is None:
        raise NotYetError("a condition speaks of a side on which there are no sites")
    return mpmath.fsum(a * mpmath.exp(e * shift) * _factor(solution, jet, wave, e) for a, e in parts)


def _factor(solution: Scattering, jet: Jet, wave: tuple[Number, ...], exponent: Number) -> Number:
    """What the derivative of one mode is, in units of the mode: along the axis the exponent, else i k."""
    value = solution.rate**jet.time
    for k, n in zip(wave, jet.space, strict=True):
        value = value * (1j * k if k != 0 else exponent) ** n
    return value


# --- the verdict ------------------------------------------------------------------------------------------------------


def _verdict(tests: list[WallTest], regime: str, path: EpsPath, left_out: list[str]) -> TierResult:
    wrong: list[str] = []
    claims: list[str] = []
    missed: list[str] = []
    orders, floors, rows, resolved = [], [], [], []
    for test in tests:
        c = test.condition
        main = test.study(test.residuals(c.jets))
        if not main.vanishes:
            wrong.append(f"the exact solutions do not satisfy {c.text}")
        controls = [_of_terms(test)]
        placed = None
        if c.wall is not None:
            placed, freely = _where_it_stands(test)
            if not placed.vanishes:
                wrong.append(f"the wall does not stand at {sp.sstr(c.wall)}: {c.text}")
            controls.append(_of_place(test, placed, freely=freely))
        for control, detectable in controls:
            claims += control.claims
            missed += control.missed
            resolved += [] if detectable is None else [detectable]
        orders.append(main.order)
        floors.append((float(main.floor), float(main.threshold)))
        rows.append({"condition": c.text, "order": None if main.order is None else float(main.order), "floor": float(main.floor),
                     "threshold": float(main.threshold), "wall": None if c.wall is None else sp.sstr(c.wall),
                     "order_at_the_wall": None if placed is None or placed.order is None else float(placed.order + test.sites.spacing_power)})  # fmt: skip
    control = NegativeControl(tuple(claims), tuple(missed))
    passed: bool | None = not wrong
    why = "; ".join(wrong)
    if passed and not control.rejected:
        passed, why = None, "the negative control was not rejected: this run could not have seen an error"
    found = [float(o) for o in orders if o is not None]
    details = frozen(
        conditions=rows, floor=max(f for f, _ in floors), floor_threshold=max(t for _, t in floors), levels=[mpmath.nstr(e, 3) for e in tests[0].sites.eps],
        modes=len(tests[0].sites.solutions[0]), digits=DIGITS, values=path.base.texts(), drawn=list(path.base.drawn), not_derived=left_out,
    )  # fmt: skip
    return TierResult("exact", True, why or FINE, regime, QUANTITY, float(tests[0].grid[0]), min(found, default=None),
                      max(t for _, t in floors), passed, max(resolved, default=None) if passed else None, control, details)  # fmt: skip


def _of_terms(test: WallTest) -> tuple[NegativeControl, float | None]:
    """Every term of a condition but one wrong by 1 + 1e-6 and by 2; of a single term, another condition in its place."""
    jets, text = test.condition.jets, test.condition.text
    main = test.study(test.residuals(jets))
    if len(jets) == 1:
        (jet,) = jets
        other = Jet(jet.coefficient, jet.side, tuple(0 if sum(jet.space) else int(n == test.condition.axis) for n in range(len(jet.space))),
                    jet.time)  # fmt: skip
        claim = f"{'the density' if sum(jet.space) else 'the gradient'} vanishes instead of {text}"
        seen = not test.study(test.residuals((other,))).vanishes
        return NegativeControl((claim,), () if seen else (claim,)), None

    def study(index: int, factor: Number) -> Convergence:
        return test.study(test.residuals(_scaled(jets, index, factor)))

    named: list[tuple[str, Callable[[Number], Convergence]]] = [
        (f"term {n + 1} of {text}", partial(study, n)) for n in range(1, len(jets))
    ]
    return negative_control(main, named)


def _scaled(jets: tuple[Jet, ...], index: int, factor: Number) -> tuple[Jet, ...]:
    exact = sp.Integer(2) if factor == 2 else 1 + sp.Rational(1, 10**6)
    return tuple(Jet(j.coefficient * (exact if n == index else 1), j.side, j.space, j.time) for n, j in enumerate(jets))


def _where_it_stands(test: WallTest) -> tuple[Convergence, bool]:
    """The condition at the wall's own place, one power of the spacing further; and whether only up to its coefficients' corrections.

    Where the rates of the two directions differ by a term of the order of the spacing, the coefficients that the regime keeps
    are wrong by as much as half a spacing would make; what is left beside such corrections tells the place alone.
    """
    c, power = test.condition, test.sites.spacing_power
    exactly = test.study(test.residuals(c.jets, c.wall), power)
    if exactly.vanishes or not 1 < len(c.jets) < len(test.sites.solutions[0]):
        return exactly, False
    freely = test.study(test.residuals(c.jets, c.wall, freely=True), power)
    return (freely, True) if freely.vanishes else (exactly, False)


def _of_place(test: WallTest, placed: Convergence, *, freely: bool) -> tuple[NegativeControl, float | None]:
    """The wall half a spacing off, and 1e-6 of a spacing."""
    c = test.condition
    assert c.wall is not None

    def study(factor: Number) -> Convergence:
        off = sp.Rational(1, 2) if factor == 2 else sp.Rational(1, 10**6)
        shifted = c.wall + off * test.sites.chain.spacing
        return test.study(test.residuals(c.jets, shifted, freely=freely), test.sites.spacing_power)

    control, detectable = negative_control(placed, [("the place of the wall", study)])
    named = {"2": "the wall half a spacing off", "(1 + 1e-6)": "the wall 1e-6 of a spacing off"}
    claims = tuple(
        f"{w}: {c.text}" for text in control.claims for key, w in named.items() if text.endswith(f"times {key}")
    )
    missed = tuple(
        f"{w}: {c.text}" for text in control.missed for key, w in named.items() if text.endswith(f"times {key}")
    )
    return NegativeControl(claims, missed), detectable
