"""The tier of solved densities for crowds: the equations by Fourier series beside the mean field of the rules, on rings.

Both start from the same smooth profile on a ring whose number of sites grows as eps falls; low Fourier coefficients at one later
time are compared and extrapolated. The equation and its mutations are solved together, so that their differences are exact. In
several dimensions densities vary along one direction, oblique to the lattice, in which every derivative counts. The error of
the mean field itself is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.verify_claim import Claim, claim_of
from symdiff.dossier.verify_functions import SHAPES, all_functions, draw_waves, free_functions
from symdiff.dossier.verify_layout import DoesNotApply, Layout, Level
from symdiff.dossier.verify_numbers import EpsPath, generator_for, power
from symdiff.dossier.verify_place import PlaceTest
from symdiff.dossier.verify_place_tier import PLANTED, judged
from symdiff.equations.evolution_equation import EvolutionEquation, Term
from symdiff.errors import NotYetError
from symdiff.evidence.arrays import FloatArray, SmoothFunction, array_arithmetic
from symdiff.evidence.propagation.crowd_ring import CrowdRing
from symdiff.evidence.solution.family import EquationFamily
from symdiff.evidence.solution.profiles import integrated
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate
from symdiff.verification.tier import TierResult, not_applicable

Number = Any

MULTIPLES = (3, 4, 5, 6, 8, 10, 12)  # of SITES; the coarsest level is eps = COARSEST
SITES = 8
COARSEST = 0.25
POINTS = (32, 48, 64, 96, 128)
MORE = 16  # points added to measure the noise
HEIGHTS = (0.42, 0.12, 0.05)  # of the profile: its mean, and two waves; shared among the densities
TURNED = (0.1, 0.03, 0.01)  # share by which the profile changes in the time of comparison; less where it gets steep
COMPARED = 3  # waves
PRECISE = (1e-12, 1e-13)
ROUNDING = 1e-14  # of the integrations
NEGLIGIBLE = 1e-12
CALLS = 20_000
QUANTITY = (
    "power of eps of (density of the mean field on the lattice - density of the equations), low Fourier coefficients"
)


def profile_tier(
    model: JumpModel, limit: ContinuumLimit, path: EpsPath, users: EvolutionEquation | None = None
) -> TierResult:
    """The verdict on the equations of one regime, or on the user's for the only density."""
    name, found = limit.regime.name, not_applicable("pde", "", limit.regime.name)
    for turned in TURNED:
        try:
            result = judged(ProfileTest(model, limit, path, turned, users), "pde", QUANTITY)
        except DoesNotApply as reason:
            found = found if found.applies else not_applicable("pde", str(reason), name)
            continue
        except NotYetError as reason:
            return not_applicable("pde", reason.message, name)
        if result.passed is not None:
            return result
        found = result
    return found


class ProfileTest(PlaceTest):
    """One crowd in one regime: profiles on rings of more and more sites."""

    def __init__(
        self,
        model: JumpModel,
        limit: ContinuumLimit,
        path: EpsPath,
        turned: float,
        users: EvolutionEquation | None = None,
    ) -> None:
        self.model, self.path, self.turned = model, path, turned
        self.claim, self.reference = _claimed(model, limit, users)
        self.kept = mpmath.mpf(self.claim.kept.numerator) / self.claim.kept.denominator
        self.broken_order, self.irregular = 1.0, list[Number]()
        self.long_wave = limit.regime.origin == "long-wave"
        self.along: tuple[float, ...] | None = None
        self._draw()
        self.q = self._sites_power()
        self.factors = self._variants()
        self._solved_with: dict[tuple[float, int], FloatArray] = {}
        self.layout = self._plan()
        self.points = self._resolve()
        self.lattice = tuple(self._on_lattice(level, PRECISE[0]) for level in self.layout.levels)
        self.start = ()
        self.grid = tuple(self._exponents())
        self.noise = self._noise()

    # --- geometry ---------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        if any(f.arguments != (self.model.coordinates[0],) for f in free_functions(self.model)):
            raise NotYetError("crowds with open functions of densities or of several places are not solved yet")
        generator = generator_for(self.model, "functions")
        self.drawn = {
            f.name: draw_waves(f, generator, dict.fromkeys(f.arguments, 1.0), SHAPES[0])
            for f in free_functions(self.model)
        }
        phases = generator_for(self.model, "profiles")
        self.phases = [(phases.uniform(0, 6.28), phases.uniform(0, 6.28)) for _ in self.model.state_names]

    def _numbers(self, eps: float) -> dict[sp.Symbol, float]:
        with mpmath.workdps(40):
            return {s: float(v) for s, v in self.path.values(mpmath.mpf(eps)).items()}

    def _functions(self, length: float, values: dict[sp.Symbol, float]) -> dict[str, SmoothFunction]:
        return all_functions(self.model, {n: _Turned(w, length) for n, w in self.drawn.items()}, values)

    def _ring(self, eps: float, sites: int) -> CrowdRing:
        values = self._numbers(eps)
        along = self._direction()
        bare = CrowdRing(self.model, values, sites, self._functions(1.0, values), in_steps=True, along=along)
        found = self._functions(sites * bare.spacing, values)
        return CrowdRing(self.model, values, sites, found, in_steps=True, along=along)

    def _direction(self) -> tuple[float, ...]:
        """Weights of the coordinates: along them the primitive jumps lead one, two, ... sites further."""
        if self.model.dimension == 1:
            return (1.0,)
        if self.along is None:
            values = self._numbers(COARSEST)
            rows: list[list[float]] = []
            for jump in self.model.jumps:
                row = [float(evaluate(r, values, array_arithmetic())) for r in jump.displacement]
                if np.linalg.matrix_rank([*rows, row]) > len(rows):
                    rows.append(row)
            if len(rows) < self.model.dimension:
                raise NotYetError("crowds that do not move in every direction are not solved yet")
            found = np.linalg.solve(np.array(rows), np.arange(1.0, len(rows) + 1))
            self.along = tuple(float(c) for c in found / np.linalg.norm(found))
        return self.along

    def _sites_power(self) -> Fraction:
        """q of eps ~ sites^(-1/q): how the spacing, in lengths of order one, falls with eps."""
        sizes = [self._ring(e, SITES).spacing * float(self.path.unit(mpmath.mpf(e))) for e in (0.1, 0.01)]
        q = Fraction(float(np.log10(sizes[0] / sizes[1]))).limit_denominator(12)
        if q <= 0:
            raise DoesNotApply("the spacing of the sites does not vanish in this regime")
        return q

    def _eps(self, multiple: int) -> float:
        return COARSEST * math.pow(MULTIPLES[0] / multiple, 1 / self.q)

    def profile(self, eps: float, places: FloatArray) -> FloatArray:
        """Every density at places in parts of the ring."""
        powers = {str(k): p for k, p in self.claim.regime.powers}
        share, found = 1 / len(self.model.state_names), []
        mean, first, second = HEIGHTS
        for name, (a, b) in zip(self.model.state_names, self.phases, strict=True):
            sums = [total for total, members in self.model.densities if name in members]
            own = next((powers[n] for n in (name, *sums) if n in powers), Fraction(0))
            wave = mean + first * np.cos(2 * np.pi * places + a) + second * np.cos(4 * np.pi * places + b)
            found.append(share * float(power(mpmath.mpf(eps), own)) * wave)
        return np.array(found)

    # --- times ------------------------------------------------------------------------------------------------------

    def _plan(self) -> Layout:
        rates = [self._rate(e) for e in (self._eps(MULTIPLES[0]), 1e-3, 1e-4)]
        if min(rates) <= 0:
            raise DoesNotApply("the equations say that nothing happens")
        falls = Fraction(float(np.log10(rates[1] / rates[2]))).limit_denominator(12)
        step, growth, whole = self._step(rates[0], falls)
        levels = []
        for m in MULTIPLES:
            eps = self._eps(m)
            values = self._numbers(eps)
            ring = self._ring(eps, SITES * m)
            steps = whole * (m // 1) ** growth if step else 0
            now = self._time_step(values)
            time = (
                self.turned / rates[0] * (self._eps(MULTIPLES[0]) / eps) ** float(falls) if now is None else steps * now
            )
            levels.append(Level(eps, values, self._functions(ring.sites * ring.spacing, values), 1.0, steps, time))
        return Layout(True, (0.0,), 1.0, 1.0, tuple(levels), ())

    def _step(self, rate: float, falls: Fraction) -> tuple[float, int, int]:
        """In discrete time: the step at the coarsest level, and n, w of w (multiple)^n steps."""
        eps = self._eps(MULTIPLES[0])
        tau = self._time_step(self._numbers(eps))
        if tau is None:
            return 0.0, 0, 0
        later = self._time_step(self._numbers(eps / 100))
        assert later is not None
        growth = (falls + Fraction(float(np.log(tau / later) / np.log(100.0))).limit_denominator(12)) / self.q
        if growth.denominator != 1 or growth < 0:
            raise DoesNotApply("no time is a whole number of steps at every level")
        return tau, int(growth), max(1, round(self.turned / (rate * tau * MULTIPLES[0] ** int(growth))))

    def _time_step(self, values: dict[sp.Symbol, float]) -> float | None:
        if self.model.time_step is None:
            return None
        return float(evaluate(self.model.time_step, values, array_arithmetic()))

    def _rate(self, eps: float) -> float:
        """How fast the terms of the equations change the profile, by the largest of them."""
        values, length = self._numbers(eps), self._length(eps)
        start = self.profile(eps, np.arange(POINTS[0]) / POINTS[0])
        largest = 0.0
        for own in range(len(self.reference)):
            for n, _ in enumerate(self.reference[own].right):
                only = np.zeros((1, sum(len(e.right) for e in self.reference)))
                only[0, sum(len(e.right) for e in self.reference[:own]) + n] = 1
                family = EquationFamily(
                    self.reference, values, length, POINTS[0], only, self._functions(length, values), self._direction()
                )
                change = family.rate_of_change(start[:, None, :])[own, 0]
                largest = max(largest, float(np.max(np.abs(change)) / np.max(np.abs(start[own]))))
        return largest

    def _length(self, eps: float) -> float:
        """The ring at any eps, in the model's lengths."""
        first = self._eps(MULTIPLES[0])
        whole = self._ring(first, SITES).spacing * SITES * MULTIPLES[0] * float(self.path.unit(mpmath.mpf(first)))
        return float(whole / float(self.path.unit(mpmath.mpf(eps))))

    # --- both solutions ---------------------------------------------------------------------------------------------

    def _variants(self) -> FloatArray:
        """Factors of all terms: none changed, and every kept one times 2 and the planted errors."""
        self._rows: dict[tuple[int, int, sp.Expr], int] = {}
        total = [len(e.right) for e in self.reference]
        rows = [np.ones(sum(total))]
        for n, e in enumerate(self.reference):
            for index, term in enumerate(e.right):
                for factor in (sp.Integer(2), *(1 + p for p in PLANTED["pde"])):
                    if term.coefficient == 0:
                        continue
                    self._rows[n, index + len(e.left), factor] = len(rows)
                    row = np.ones(sum(total))
                    row[sum(total[:n]) + index] = float(factor)
                    rows.append(row)
        return np.array(rows)

    def _family(self, level: Level, points: int, precision: float) -> FloatArray:
        """Low Fourier coefficients of all densities and variants at the end, shape (variants, coefficients)."""
        if (level.eps, points) not in self._solved_with:
            length = self._length(level.eps)
            family = EquationFamily(
                self.reference, level.values, length, points, self.factors, level.functions, self._direction()
            )
            start = self.profile(level.eps, np.arange(points) / points)
            try:
                found = family.evolve(start, level.time, precision)
            except ArithmeticError as reason:
                raise DoesNotApply(f"no accurate solution of the equations: {reason}") from None
            spectra = np.fft.rfft(found[:, 0], axis=-1)
            edge = np.max(np.abs(spectra[:, -points // 8 :])) / np.max(np.abs(spectra))
            self._solved_with[level.eps, points] = np.concatenate(
                [_low(found), np.full((len(self.factors), 1), edge)], axis=1
            )
        return self._solved_with[level.eps, points]

    def _on_lattice(self, level: Level, precision: float) -> FloatArray:
        multiple = MULTIPLES[[x.eps for x in self.layout.levels].index(level.eps)]
        ring = self._ring(level.eps, SITES * multiple)
        start = self.profile(level.eps, np.arange(ring.sites) / ring.sites)
        if self.model.clock == "discrete":
            found = start
            for _ in range(level.steps):
                found = ring.step(found)
            return np.asarray(_low(found[:, None])[0])
        calls = 0

        def slope(_: float, u: FloatArray) -> FloatArray:
            nonlocal calls
            calls += 1
            if calls > CALLS or not np.all(np.isfinite(u)):
                raise DoesNotApply("the mean field on the lattice explodes, or is too stiff")
            return ring.rate_of_change(u.reshape(start.shape)).ravel()

        return np.asarray(_low(integrated(slope, start, [level.time], precision)[0][:, None])[0])

    def _resolve(self) -> int:
        ends = (self.layout.levels[0], self.layout.levels[-1])
        for points in POINTS:
            if all(self._family(level, points, PRECISE[0])[0, -1].real < NEGLIGIBLE for level in ends):
                return points
        raise DoesNotApply("the densities get too rough for an accurate solution")

    def _noise(self) -> list[Number]:
        """Errors of both integrations, measured: with smaller steps, and on a finer grid."""
        worst = ROUNDING
        for i in (0, -1):
            level = self.layout.levels[i]
            scale = _scale(self._family(level, self.points, PRECISE[0])[0])
            finer = self._family(level, self.points + MORE, PRECISE[1])[0, :-1]
            gap = np.max(np.abs(finer - self._family(level, self.points, PRECISE[0])[0, :-1]))
            if self.model.clock == "continuous":
                gap = max(gap, np.max(np.abs(self._on_lattice(level, PRECISE[1]) - self.lattice[i])))
            worst = max(worst, float(gap / scale))
        return [worst * self._weight(level) for level in self.layout.levels]

    # --- the interface of a test of densities -----------------------------------------------------------------------

    def solve(self, equations: Sequence[EvolutionEquation]) -> list[FloatArray]:
        """The coefficients of the unchanged equations."""
        assert equations is self.reference
        return self._row(0)

    def _row(self, row: int) -> list[FloatArray]:
        return [self._family(level, self.points, PRECISE[0])[row, :-1] for level in self.layout.levels]

    def difference(self, lattice: FloatArray, solved: FloatArray) -> FloatArray:
        """Of low Fourier coefficients, relative to the largest."""
        return np.asarray((lattice - solved) / _scale(lattice))

    def scaled_errors(self, n: int, index: int, factor: sp.Expr) -> list[list[Number]]:
        """The differences where one coefficient is multiplied by a factor."""
        return self.errors(self._row(self._rows[n, index, factor]))

    def corrections(self, terms: Sequence[Term]) -> list[FloatArray]:
        """None: what the equations leave out is accounted for by the exact tier."""
        raise NotImplementedError


class _Turned:
    """A function of the place in parts of the ring as one of the place itself."""

    def __init__(self, function: SmoothFunction, length: float) -> None:
        self.function, self.length = function, length

    def __call__(self, places: tuple[FloatArray, ...], orders: tuple[int, ...]) -> FloatArray:
        return self.function(tuple(p / self.length for p in places), orders) / self.length ** sum(orders)


def _claimed(
    model: JumpModel, limit: ContinuumLimit, users: EvolutionEquation | None
) -> tuple[Claim, tuple[EvolutionEquation, ...]]:
    """What is claimed, and one equation per state."""
    derived = claim_of(limit)
    given = limit.equations if users is None else tuple(
        users if e.density == users.density else e for e in limit.equations or (users,)
    )  # beside a user's equation of one density stand the derived ones of the others  # fmt: skip
    if not given:
        raise NotYetError(f"no equation to solve: {limit.closure.why}")
    if given[0].coordinates != model.coordinate_symbols:
        raise NotYetError("an equation in scaled coordinates is not cross-checked yet")
    if sorted(e.density for e in given) != sorted(model.state_names):
        sums = ", ".join(e.density for e in given)
        raise NotYetError(f"the equations are of sums of states ({sums}): no profile of every state is known")
    order = tuple(next(e for e in given if e.density == n) for n in model.state_names)
    first = derived.discarded
    return Claim(
        derived.regime, None, order, derived.kept, len(order), first, derived.remainder, users is not None
    ), order


def _low(densities: FloatArray) -> FloatArray:
    """The longest waves per site, of shape (variants, densities * waves); ``densities``: (densities, variants, places)."""
    spectra = np.fft.fft(densities, axis=-1) / densities.shape[-1]
    kept = np.concatenate([spectra[..., : COMPARED + 1], spectra[..., -COMPARED:]], axis=-1)
    return np.asarray(np.moveaxis(kept, 1, 0).reshape(densities.shape[1], -1))


def _scale(coefficients: FloatArray) -> float:
    return float(np.max(np.abs(coefficients)))
