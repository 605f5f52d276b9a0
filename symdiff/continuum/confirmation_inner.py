"""The second route for continuous internal states whose motion depends on place: the backward operator, level by level.

A test function h(x) B_a(u) is carried by the exact backward operator W+ (T+ in discrete time), in numeric jets over the
modes of :class:`NumericModes`; with the derived local equilibrium Q, Q+ W+ f = L+ Q+ f. Every level a enters the
equation of the density through the levels below it: an error e at level a is one of e times the couplings on the way
down, each divided by the relaxation of the level that it leaves. So the power of eps asked for at level a is that of the
equation less what the way down costs.
"""

from __future__ import annotations

from collections.abc import Iterable

import mpmath
import sympy as sp

from symdiff.continuum.confirmation_probe import Number, Probe
from symdiff.continuum.confirmation_smooth import SmoothComparison
from symdiff.continuum.numeric_internal import NumericModes
from symdiff.continuum.numeric_jets import NumericJet
from symdiff.continuum.numeric_matrices import Sparse, solver
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel

COARSE_DIGITS, COARSE_JETS = 45, 2  # for the sizes of couplings: two derivatives of exponentials
Vector = dict[tuple[int, int], NumericJet]  # (state, mode) -> its coefficient as a function of place
Level = tuple[int, int]  # (state, function of the local equilibrium)
Powers = dict[Level, dict[Level, float]]


class InnerComparison(SmoothComparison):
    """The comparison on products of smooth functions of place and functions of the internal states."""

    def __init__(self, probe: Probe, degree: int | None = None) -> None:
        super().__init__(probe, degree=degree)
        _require_handled(self.model)
        functions = probe.result.modes
        symbols = [s for v in self.model.internals for s in v.symbols]
        highest = max(_degree(f, symbols) for f in functions)
        steps = int(probe.known_below + self.advance) + 1
        self.modes = NumericModes(self.model, probe.number, 2 * (highest + steps * _steepest(self.model, symbols)))
        if any(v.rate is not None or v.law is not None or v.domain == "direction" for v in self.model.internals):
            self.constants |= {s: self.shape.constant(c) for s, c in self.modes.drawn().items()}
        self.own = self.modes.own()
        self._monomials: dict[tuple[int, ...], Sparse] = {}
        start = self._constant()
        self.functions = [self.modes.row(f, start) for f in functions]
        support = sorted({n for row in self.functions for n in row})
        self.place = {n: k for k, n in enumerate(support)}
        wanted = mpmath.matrix(len(support), len(support))
        for a, row in enumerate(self.functions):
            for n, c in row.items():
                wanted[self.place[n], a] = c
        solve = solver(wanted)
        unit = [mpmath.matrix([mpmath.mpf(int(k == n)) for k in range(len(support))]) for n in range(len(support))]
        self.read = [list(solve(column)) for column in unit]  # a mode by the functions of the local equilibrium

    def _constant(self) -> int:
        """The mode that is one everywhere: degree zero in every part."""
        zero = tuple(part.degrees.index(0) for part in self.modes.parts)
        return self.modes.labels.index(zero)

    # --- the backward operator ------------------------------------------------------------------------------------

    def _times(self, expression: sp.Expr, vector: Vector) -> Vector:
        """A polynomial in the internal states, with coefficients that depend on place, times a function."""
        found: Vector = {}
        for exponents, coefficient in self.modes.monomials(expression):
            if exponents not in self._monomials:
                self._monomials[exponents] = self.modes.monomial(exponents)
            value = self.value(coefficient)
            _add(found, {key: value * f for key, f in _acted(self._monomials[exponents], vector).items()})
        return found

    def _shifted(self, jump: Jump, vector: Vector) -> Vector:
        """f(x + r, u) of a jump whose steps may depend on the internal states and on place."""
        landed = vector
        inside = {s for v in self.model.internals for s in v.symbols}
        if any(e.free_symbols & inside for e in jump.displacement):
            landed = self._exponential_of(jump.displacement, landed, lambda n: mpmath.mpf(1))
        else:
            factor = self.jets.functions["exp"](self._along(jump.displacement))
            landed = {key: f * factor for key, f in landed.items()}
        if jump.law is None:
            return landed
        law = jump.law
        if len(jump.directions) != 1 or jump.intensity.free_symbols & set(law.variables):
            raise NotYetError("laws of the step vector, or rates that depend on the step, beside continuous internal states "
                              "whose motion depends on place are not handled yet", where=jump.label)  # fmt: skip
        return self._exponential_of(jump.directions[0], landed, lambda n: self.probe.law_moment(law, (n,)))

    def _along(self, vector: Iterable[sp.Expr]) -> NumericJet:
        total = self.shape.constant(mpmath.mpf(0))
        for q, r in zip(self.tests[0], vector, strict=True):
            total = total + self.value(r) * (q * self.probe.unit)
        return total

    def _exponential_of(self, vector: Iterable[sp.Expr], start: Vector, moment: object) -> Vector:
        """sum_n E[s^n] (q.e)^n / n! on a function: the shift of an exponential, e a polynomial in the internal states."""
        entries = tuple(vector)
        total, term = dict(start), start
        smallest = self.probe.eps ** (self.probe.known_below + self.advance + 3)  # far below what is compared
        for n in range(1, mpmath.mp.dps + 1):
            following: Vector = {}
            for q, e in zip(self.tests[0], entries, strict=True):
                if e != 0:
                    _add(following, _scaled(self._times(e, term), q * self.probe.unit / n))
            term = following
            weight = moment(n)  # type: ignore[operator]
            _add(total, _scaled(term, weight))
            if max((abs(c) for f in term.values() for c in f.coefficients.values()), default=0) <= smallest:
                break
        return total

    def _turned(self, names: tuple[str, ...], vector: Vector) -> Vector:
        return _acted(self.modes.turn(names), vector) if names else vector

    def backward(self, vector: Vector) -> Vector:
        """T+ f in discrete time, W+ f in continuous time."""
        discrete = self.probe.tau is not None
        lossy = self.model.lossy
        if discrete:  # reactions follow the jumps
            vector = self._then_reactions(vector)
        found: Vector = dict(vector) if discrete and not lossy else {}
        for i, j, jump in self.model.transitions():
            arriving = self._turned(jump.redraw, _moved(vector, i, j))
            gained = self._shifted(jump, arriving)
            if not lossy:
                _add(gained, _scaled(_only(vector, j), mpmath.mpf(-1)))
            _add(found, self._times(jump.intensity, gained))
        for j in range(len(self.model.state_names)):
            motion = self.model.motion_of(j)
            if motion is not None:
                _add(found, self._flown(j, motion.velocity, motion.diffusivity, motion.evaluation, vector))
        if discrete:  # renewed where the walker is, before it steps
            return self._turned(tuple(v.name for v in self.model.internals), found)
        _add(found, self._by_reactions(vector))
        for matrix, factor in self.own:
            _add(found, self._times(factor, _acted(matrix, vector)))
        return found

    def _then_reactions(self, vector: Vector) -> Vector:
        found = dict(vector)
        _add(found, self._by_reactions(vector))
        return found

    def _by_reactions(self, vector: Vector) -> Vector:
        """What reactions of single agents add to a function: those of the agents that come, less that of the one that goes."""
        found: Vector = {}
        for j, rate, products, label in self.model.single_reactions():
            if any(r != 0 for _, away in products for r in away):
                raise NotYetError(
                    "reactions at a distance beside continuous internal states are not handled yet", where=label
                )
            gained = _scaled(_only(vector, j), mpmath.mpf(-1))
            for i, _ in products:
                _add(gained, _moved(vector, i, j))
            _add(found, self._times(rate, gained))
        return found

    def _flown(
        self, j: int, velocity: Iterable[sp.Expr], diffusivity: object, evaluation: sp.Expr, vector: Vector
    ) -> Vector:
        """v_i d_i f + D_ij d_ij f + a (d_j D_ij) d_i f in one state; d_i f = q_i f for exponentials."""
        here, unit = _only(vector, j), self.probe.unit
        found: Vector = {}
        for i, v in enumerate(velocity):
            along = _slope(here, i, unit)
            _add(found, self._times(v, along))
            for k, entry in enumerate(diffusivity[i] if diffusivity else ()):  # type: ignore[index]
                both = self._times(entry, _slope(along, k, unit))
                _add(found, both)
                if evaluation != 0:
                    weight = self.value(evaluation)
                    product = _slope(self._times(entry, along), k, unit)  # (d D) d f = d(D d f) - D d d f
                    _add(product, _scaled(both, mpmath.mpf(-1)))
                    _add(found, {key: f * weight for key, f in product.items()})
        return found

    # --- the comparison -------------------------------------------------------------------------------------------

    def _level_function(self, level: Level) -> Vector:
        state, a = level
        still = [self.shape.constant(mpmath.mpf(0))] * self.model.dimension
        wave = self.test_function(0, still)
        return {(state, n): wave.times(c) for n, c in self.functions[a].items()}

    def _by_functions(self, vector: Vector) -> dict[Level, NumericJet]:
        """A function by the functions of the local equilibrium; what lies beyond them is of higher order."""
        found: dict[Level, NumericJet] = {}
        for (state, n), f in vector.items():
            if n in self.place:
                for a, c in enumerate(self.read[self.place[n]]):
                    if c:
                        found[state, a] = found[state, a] + f.times(c) if (state, a) in found else f.times(c)
        return found

    def levels(self) -> list[Level]:
        """Every function of every state."""
        return [(j, a) for j in range(len(self.model.state_names)) for a in range(len(self.functions))]

    def couplings(self) -> dict[Level, dict[Level, Number]]:
        """The size with which W+ leads from every level to every other."""
        found = {}
        for level in self.levels():
            change = self.backward(self._level_function(level))
            if self.probe.tau is not None:
                _add(change, _scaled(self._level_function(level), mpmath.mpf(-1)))
            found[level] = {
                k: max((abs(c) for c in f.coefficients.values()), default=mpmath.mpf(0))
                for k, f in self._by_functions(change).items()
            }
        return found

    def residuals(self) -> list[tuple[str, float, Number]]:
        """Q+ W+ f - L+ Q+ f at the point, for every level and slow density."""
        probe, q = self.probe, self.probe.result.local_equilibrium
        assert q is not None
        width, slow = len(self.functions), len(probe.result.operator)
        if slow > 1:
            raise NotYetError(
                "several densities beside continuous internal states are not handled yet", where="internal"
            )
        with mpmath.workdps(COARSE_DIGITS):
            costs = _costs(_powers(InnerComparison(probe, COARSE_JETS), InnerComparison(probe.nearer(), COARSE_JETS)))
        scale = mpmath.mpf(1) if probe.tau is None else probe.tau

        def project(functions: dict[Level, NumericJet]) -> NumericJet:
            total = self.shape.constant(mpmath.mpf(0))
            for (state, a), f in functions.items():
                total = total + self.adjoint(q[state * width + a][0], f)
            return total

        found = []
        for level, cost in costs.items():
            start = self._level_function(level)
            exact = project(self._by_functions(self.backward(start)))
            current = [project(self._by_functions(start))]
            (derived,) = (
                self._apply(probe.result.operator, current) if probe.tau is None else self._exponential(current)
            )
            name = f"level {probe.result.modes[level[1]]} of {self.model.state_names[level[0]]}"
            found.append((name, probe.known_below, (exact - derived).value / scale * probe.eps**cost))
        return found


def _powers(near: InnerComparison, nearer: InnerComparison) -> Powers:
    """The power of eps of every coupling, from its sizes at two values of eps."""
    ratio = mpmath.log(near.probe.eps) - mpmath.log(nearer.probe.eps)
    floor = mpmath.mpf(10) ** (-COARSE_DIGITS * 2 // 3)
    sizes, others = near.couplings(), nearer.couplings()
    return {
        a: {
            b: round(float((mpmath.log(size) - mpmath.log(others[a][b])) / ratio), 2)
            for b, size in row.items()
            if size > floor and others[a].get(b, 0) > floor
        }
        for a, row in sizes.items()
    }


def _costs(powers: Powers) -> dict[Level, float]:
    """What the way from every level down to the walkers' number costs, in powers of eps; unreached levels are left out."""
    costs: dict[Level, float] = {level: 0.0 for level in powers if level[1] == 0}
    left = set(costs)
    while left:
        above = min(left, key=lambda k: costs[k])
        left.discard(above)
        for level, power in powers[above].items():
            if level not in powers[level]:
                continue  # it does not relax: a way through it has no cost of its own
            cost = costs[above] + max(0.0, power - powers[level][level])
            if cost < costs.get(level, float("inf")) - 1e-6:
                costs[level] = cost
                left.add(level)
    return costs


def _require_handled(model: JumpModel) -> None:
    places = set(model.coordinate_symbols)
    for v in model.internals:
        if v.domain == "ball":
            raise NotYetError("an internal state between walls, whose walkers' motion depends on place, is not handled yet",
                              where="internal", instead="handled between walls: velocities that are the same everywhere")  # fmt: skip
        drawn = [x for x in (v.mean_cosine, v.mean_sine) if x is not None]
        drawn += [] if v.law is None else [x for _, x in v.law.arguments if isinstance(x, sp.Expr)]
        if any(x.free_symbols & places or x.atoms(sp.core.function.AppliedUndef) for x in drawn):
            raise NotYetError(f"a law by which '{v.name}' is renewed that depends on place is not handled yet", where="internal",
                              instead="let the rate of renewal depend on place")  # fmt: skip


def _degree(expression: sp.Expr, symbols: list[sp.Symbol]) -> int:
    inside = [s for s in symbols if s in expression.free_symbols]
    return int(sp.Poly(sp.expand(expression), *inside).total_degree()) if inside else 0


def _steepest(model: JumpModel, symbols: list[sp.Symbol]) -> int:
    """The highest degree in the internal states of a velocity, a step or a rate."""
    found = [e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))]
    found += [e for j in model.jumps for e in (*j.displacement, j.intensity, *(x for row in j.directions for x in row))]
    return max([1, *(_degree(e, symbols) for e in found)])


def _acted(matrix: Sparse, vector: Vector) -> Vector:
    """f B_a -> f sum_b M_ab B_b."""
    found: Vector = {}
    for (state, a), f in vector.items():
        for b, c in matrix.rows[a].items():
            _add(found, {(state, b): f.times(c)})
    return found


def _slope(vector: Vector, i: int, unit: Number) -> Vector:
    return {k: f.derivative(tuple(int(n == i) for n in range(f.dimension))).times(unit) for k, f in vector.items()}


def _only(vector: Vector, state: int) -> Vector:
    return {key: f for key, f in vector.items() if key[0] == state}


def _moved(vector: Vector, source: int, target: int) -> Vector:
    """The function of state ``source``, seen from ``target``."""
    return {(target, n): f for (state, n), f in vector.items() if state == source}


def _scaled(vector: Vector, factor: Number) -> Vector:
    return {key: f.times(factor) for key, f in vector.items()}


def _add(total: Vector, more: Vector) -> None:
    for key, f in more.items():
        total[key] = total[key] + f if key in total else f
