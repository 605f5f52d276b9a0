"""Walkers whose rates depend on place, from a profile that the user chooses: the derived equation beside the exact mean numbers.

A profile that is a period of the window, as the rates are, lives on a ring and the equation is solved by Fourier series. Any other
one must vanish far out: it lives on a row of sites that is wide enough, and the equation on that interval by Chebyshev points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.initial_profile import EDGE, Profile, check_finite, find_window, read_profile
from symdiff.dossier.settings import Settings
from symdiff.dossier.solution import (
    WORST,
    Solution,
    SolvedTime,
    Times,
    Values,
    numbers_of,
    read_times,
    shown_values,
    solved_time,
)
from symdiff.dossier.typography import equation_text, typography_of
from symdiff.dossier.verify_functions import all_functions, free_functions
from symdiff.dossier.verify_layout import DoesNotApply, check_smooth_equation
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic
from symdiff.evidence.propagation.site_chain import SiteChain, spacing_of
from symdiff.evidence.solution.chebyshev import IntervalSolver
from symdiff.evidence.solution.spectral import SpectralOperator
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

LAW = "exact mean numbers on the lattice"
MOST_SITES = 16_384
MOST_ROWS = 2_001
MOST_STEPS = 200_000
NEGLIGIBLE = 1e-12
RINGS = (65, 129, 257, 399)
INTERVALS = (128, 200, 300, 450)
SAME = 1e-9


def solve_places(
    model: JumpModel, prepared: JumpModel, limit: ContinuumLimit, times: Sequence[str], settings: Settings,
    initial: Mapping[str, str] | None, window: tuple[str, str] | None,
) -> Solution:  # fmt: skip
    """One density at several times from ``initial``; raises :class:`UsageError` and :class:`NotYetError` with the reason."""
    equation = _refuse(prepared, limit)
    values, drawn = numbers_of(prepared, limit, settings)
    functions = all_functions(prepared, {}, values)
    profile = read_profile(prepared, initial, values)
    wanted = read_times(times, prepared, values)
    if (wanted[-1][1] or 0) > MOST_STEPS:
        raise ResourceError(f"{wanted[-1][1]} steps are too many", where="--times", instead=f"at most {MOST_STEPS}")
    spacing = spacing_of(prepared, values)
    origin = float(evaluate(prepared.origin[0], values, array_arithmetic())) if prepared.origin else 0.0
    ends = find_window(prepared, profile, spacing, origin, window, values)
    stage = _Stage(prepared, equation, values, functions, profile, origin, spacing, wanted)
    period = window is not None and stage.repeats(*ends)
    found, error, notes = stage.on_ring(*ends) if period else stage.on_row(*ends, settled=window is not None)
    if not error <= WORST:
        raise NotYetError(f"the solution is known to {error:.1g} of the highest density only: it is too steep for these points", where="solve",
                          instead="give a smoother profile, later times or a narrower --window")  # fmt: skip
    text = f"{sp.sstr(equation.lhs)} = {sp.sstr(equation.rhs)}"
    return Solution(model.title, limit.regime.name, text, prepared.coordinates[0], shown_values(values), drawn, tuple(found), 0.0, error,
                    tuple(notes), equation_text(equation.lhs, equation.rhs, typography_of(model)), LAW)  # fmt: skip


def _refuse(model: JumpModel, limit: ContinuumLimit) -> EvolutionEquation:
    if model.dimension > 1:
        raise NotYetError("profiles beside rates that depend on place are solved in one dimension only", where="solve")
    if len(model.state_names) > 1 or model.population is not None or model.scheme is not None or model.signed:
        raise NotYetError("profiles beside rates that depend on place are solved for walkers of one state", where="solve",
                          instead="leave --initial out: a walker from the origin is solved")  # fmt: skip
    if model.clock not in ("continuous", "discrete") or model.depends_on_time:
        raise NotYetError(
            "profiles are solved for rates, or for probabilities per step, that are constant in time", where="solve"
        )
    if free := free_functions(model):
        raise UsageError(f"the function {free[0].name} is left open", where="solve",
                         instead=f"write it in [definitions], or --set {free[0].name}=...")  # fmt: skip
    if limit.frame is not None or limit.equation is None:
        raise NotYetError(
            "there is no single equation at rest to solve in this regime",
            where="solve",
            instead="ask for another --regime",
        )
    try:
        check_smooth_equation(model, limit.equation)
    except DoesNotApply as reason:
        raise NotYetError(str(reason), where="solve") from None
    return limit.equation


class _Stage:
    """Model, equation and profile with numbers."""

    def __init__(
        self, model: JumpModel, equation: EvolutionEquation, values: Values, functions: Functions, profile: Profile, origin: float,
        spacing: float, times: Times,
    ) -> None:  # fmt: skip
        self.model, self.equation, self.values, self.functions = model, equation, values, functions
        self.profile, self.origin, self.spacing, self.times = profile, origin, spacing, times
        self.amounts = [float(time if steps is None else steps) for time, steps in times]

    def repeats(self, low: float, high: float) -> bool:
        """Whether the profile and all rates go on periodically beyond the window."""
        places, width = np.linspace(low - (high - low), high, 401), high - low
        first, second = (SiteChain(self.model, self.values, self.functions, x, width / 200, 0, 401, ring=True).matrix.diagonal()
                         for x in (low - width, low))  # fmt: skip
        rows = [self.profile.at(places), self.profile.at(places + width)]
        for r in rows:
            check_finite(r, places, self.profile)
        scale = max(float(np.max(np.abs(rows[0]))), 1e-300)
        same_rates = np.allclose(first, second, rtol=1e-9, atol=1e-9 * float(np.max(np.abs(first))))
        return bool(np.max(np.abs(rows[0] - rows[1])) < 1e-9 * scale and same_rates)

    def _means(self, first: int, sites: int, *, ring: bool) -> tuple[FloatArray, FloatArray]:
        chain = SiteChain(self.model, self.values, self.functions, self.origin, self.spacing, first, sites, ring=ring)
        start = self.profile.at(chain.places)
        check_finite(start, chain.places, self.profile)
        if np.min(start) < -NEGLIGIBLE * np.max(np.abs(start)):
            raise UsageError(
                f"a density of {np.min(start):.6g} is negative",
                where="--initial",
                instead="give mean numbers of walkers per site",
            )
        return chain.places, chain.run(start, self.amounts)[:, 0]

    def on_ring(self, low: float, high: float) -> tuple[list[SolvedTime], float, list[str]]:
        """The window is one period of everything."""
        count = round((high - low) / self.spacing)
        if abs(count * self.spacing - (high - low)) > 1e-6 * self.spacing or not 4 <= count <= MOST_SITES:
            raise UsageError(f"the period {high - low:.6g} is {(high - low) / self.spacing:.6g} spacings", where="--window",
                             instead=f"set a spacing of which it is a multiple: {(high - low) / max(4, count):.9g}")  # fmt: skip
        first = int(np.ceil((low - self.origin) / self.spacing - 1e-9))
        places, means = self._means(first, count, ring=True)
        known: FloatArray | None = None
        error = float("inf")
        for points in RINGS:
            solver = SpectralOperator([self.equation], self.values, [low], [high - low], [points], self.functions)
            start = self.profile.at(solver.places[0])
            solved = np.array([_at(solver.evolve(start, t)[0], low, high, places) for t, _ in self.times])
            if not np.all(np.isfinite(solved)):
                raise UsageError(
                    "the equation has no solution from this profile: short waves grow without bound", where="solve"
                )
            if known is not None:
                error = float(np.max(np.abs(solved - known)) / max(float(np.max(np.abs(solved))), 1e-300))
            known = solved
            if error < SAME:
                break
        assert known is not None
        keep = slice(None, None, -(-count // MOST_ROWS))
        notes = [f"on a ring of length {high - low:.6g}, of which profile and rates are a period",
                 f"the equation on {points} points by Fourier series; the rules on {count} sites {self.spacing:.6g} apart"]  # fmt: skip
        rows = zip(self.times, means, known, strict=True)
        return [solved_time(t, places[keep], m[keep], k[keep]) for t, m, k in rows], error, notes

    def on_row(self, low: float, high: float, *, settled: bool) -> tuple[list[SolvedTime], float, list[str]]:
        """A row of sites so wide that nothing reaches its ends."""
        margin = max(high - low, 20 * self.spacing)
        while True:
            first = int(np.floor((low - margin - self.origin) / self.spacing))
            last = int(np.ceil((high + margin - self.origin) / self.spacing))
            if last - first > MOST_SITES:
                raise ResourceError(f"the row would take more than {MOST_SITES} sites", where="solve",
                                    instead="a profile that vanishes far out, earlier times or a larger spacing")  # fmt: skip
            places, means = self._means(first, last - first + 1, ring=False)
            start, top = self.profile.at(places)[0], float(np.max(np.abs(means)))
            outer = max(float(np.max(np.abs(m[[0, 1, -2, -1]]))) for m in (start, *means))
            if outer <= NEGLIGIBLE * max(top, 1e-300):
                break
            if abs(start[0]) > EDGE * top or abs(start[-1]) > EDGE * top:
                raise NotYetError("beside rates that depend on place a profile must vanish far out, or be a period of the window as the rates are",
                                  where="--initial", instead="a profile such as exp(-x**2), or --window with one period")  # fmt: skip
            margin *= 1.6
        solved, error, points = self._between(places)
        inside = (places >= low - 1e-9) & (places <= high + 1e-9)
        if not settled:
            seen = np.flatnonzero(np.max(np.abs(means), axis=0) > EDGE * top)
            inside[seen[0] : seen[-1] + 1] = True
        shown = np.flatnonzero(inside)[:: -(-int(inside.sum()) // MOST_ROWS)]
        notes = [f"the equation between {places[0]:.6g} and {places[-1]:.6g} on {points} Chebyshev points; the rules on {len(places)} sites "
                 f"{self.spacing:.6g} apart"]  # fmt: skip
        return (
            [
                solved_time(t, places[shown], m[shown], s[shown])
                for t, m, s in zip(self.times, means, solved, strict=True)
            ],
            error,
            notes,
        )

    def _between(self, places: FloatArray) -> tuple[FloatArray, float, int]:
        """The solution at the sites, its error, and the number of points."""
        known: FloatArray | None = None
        error, used = float("inf"), 0
        for points in INTERVALS:
            solver = IntervalSolver(
                self.equation, self.values, float(places[0]), float(places[-1]), points, self.functions
            )
            density, done, rows = self.profile.at(solver.nodes)[0], 0.0, []
            for time, _ in self.times:
                density, done = solver.evolve(density, time - done), time
                rows.append(solver.interpolated(density, places))
            solved, used = np.array(rows), points
            if known is not None:
                error = float(np.max(np.abs(solved - known)) / max(float(np.max(np.abs(solved))), 1e-300))
            known = solved
            if error < SAME:
                break
        assert known is not None
        return known, error, used


def _at(values: FloatArray, low: float, high: float, places: FloatArray) -> FloatArray:
    """The trigonometric polynomial through values on a periodic grid, at other places."""
    n = len(values)
    waves = np.fft.fftfreq(n) * n
    turn = np.exp(2j * np.pi * np.outer((places - low) / (high - low), waves))
    return np.asarray((turn @ np.fft.fft(values)).real / n)
