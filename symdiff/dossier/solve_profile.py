"""Densities from a profile that the user chooses: the derived equations beside the rules on the lattice, integrated apart.

For crowds the rules are the mean-field lattice equation, which is no exact law; for walkers, which do not see each other, it is
exact. Both run on one ring: the profile itself where it is periodic in the window, else wide enough that joining its ends does not
reach the window, which a ring with twice the margin measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.initial_profile import Profile, find_window, read_profile
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
from symdiff.dossier.solve_lattice import CLOSE, Lattice, Rules, Stretch
from symdiff.dossier.typography import equation_text, typography_of
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.solution.profiles import ProfileSolver, VolumeSolver
from symdiff.evidence.solution.well_posed import HighestOrder
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd

MEAN_FIELD = "mean field of the rules on the lattice"
EXACT_MEANS = "exact mean numbers on the lattice"
GRIDS = (32, 64, 128, 256, 512, 1024, 2048)
VOLUMES = (256, 512, 1024)  # where the diffusivity vanishes at some densities


def solve_from_profile(
    model: JumpModel, prepared: JumpModel, times: Sequence[str], settings: Settings, regime: str | None,
    initial: Mapping[str, str] | None, window: tuple[str, str] | None,
) -> Solution:  # fmt: skip
    """Densities at several times from ``initial``; raises :class:`UsageError` and :class:`NotYetError` with the reason."""
    _refuse(prepared)
    limit = _closed(model, prepared, settings, regime)
    values, drawn = numbers_of(prepared, limit, settings)
    profile = read_profile(prepared, initial, values)
    wanted = read_times(times, prepared, values)
    ring = Rules(prepared, values)
    equations = [next(e for e in limit.equations if e.density == n) for n in prepared.state_names]
    highest = HighestOrder(equations, values)
    lattice = Lattice(
        prepared,
        profile,
        ring,
        find_window(prepared, profile, ring.spacing, ring.origin, window, values),
        wanted,
        settled=window is not None,
    )
    degenerate = _check_posed(highest, lattice, wanted)
    solver, solution, error = _solved(equations, values, lattice.stretch, [t for t, _ in wanted], degenerate=degenerate)
    _check_states(highest, solution, solver, profile)
    error = max(error, lattice.error)
    if not error <= WORST:
        raise NotYetError(f"the solution is known to {error:.1g} of the highest density only: it is too steep for {GRIDS[-1]} points, or too stiff",
                          where="solve", instead="give a smoother profile, earlier times or a narrower --window")  # fmt: skip
    found = _rows(prepared, lattice, solver, solution, wanted)
    text = "; ".join(f"{sp.sstr(e.lhs)} = {sp.sstr(e.rhs)}" for e in equations)
    shown = "; ".join(equation_text(e.lhs, e.rhs, typography_of(model)) for e in equations)
    law = MEAN_FIELD if is_crowd(prepared) else EXACT_MEANS
    return Solution(model.title, limit.regime.name, text, prepared.coordinates[0], shown_values(values), drawn, tuple(found), 0.0,
                    error, tuple(_notes(prepared, limit, lattice, solver)), shown, law)  # fmt: skip


def _notes(prepared: JumpModel, limit: ContinuumLimit, lattice: Lattice, solver: ProfileSolver) -> list[str]:
    notes = []
    if prepared.dimension > 1:
        notes.append(f"densities vary along {prepared.coordinates[0]} only")
    stretch = lattice.stretch
    if stretch.joint:
        notes.append(
            f"on a ring of length {stretch.length:.6g}; joining the profile's ends there changes {lattice.error:.1g} in the window"
        )
    else:
        notes.append(f"on a ring of length {stretch.length:.6g}, of which the profile is a period")
    how = (
        "volumes, as its diffusivity vanishes at some densities"
        if isinstance(solver, VolumeSolver)
        else "points by Fourier series"
    )
    notes.append(
        f"the equation on {solver.points} {how}; the rules on {stretch.sites} sites {stretch.spacing:.6g} apart"
    )
    if is_crowd(prepared) and limit.closure.kind != "exact":
        notes.append(
            "the error of the mean field itself is not in this comparison: symdiff verify FILE --tier closure measures it"
        )
    return notes


def _refuse(model: JumpModel) -> None:
    if model.boundaries:
        raise NotYetError(
            "crowds between walls are not solved yet",
            where="solve",
            instead="leave the walls out: a profile far from them",
        )
    if model.resets or model.population is not None or model.internals or model.scheme is not None or model.signed:
        raise NotYetError("profiles are solved for walkers and agents that jump from site to site", where="solve")
    if (
        model.clock not in ("continuous", "discrete")
        or model.depends_on_time
        or (model.clock == "discrete" and model.lossy)
    ):
        raise NotYetError(
            "profiles are solved for rates, or for probabilities per step, that are constant in time", where="solve"
        )
    if any(j.law is not None for j in model.jumps):
        raise NotYetError("profiles with steps drawn from a law are not solved yet", where="solve")


def _closed(model: JumpModel, prepared: JumpModel, settings: Settings, regime: str | None) -> ContinuumLimit:
    """The first regime with one equation for every state."""
    limits = derive_model(model, settings, regime=regime).limits
    found = next((x for x in limits if sorted(e.density for e in x.equations) == sorted(prepared.state_names)), None)
    if found is None:
        sums = ", ".join(e.density for e in limits[0].equations)
        why = f"its equations are of sums of states ({sums})" if sums else limits[0].closure.why
        raise NotYetError(f"there is no equation for every state's density: {why}", where="solve")
    if found.frame is not None:
        raise NotYetError(
            "profiles in a moving frame are not solved yet", where="solve", instead="ask for another --regime"
        )
    return found


# --- the equations -----------------------------------------------------------------------------------------------------------


def _check_posed(highest: HighestOrder, lattice: Lattice, times: Times) -> bool:
    """Refuse what has no solution, before it is solved; whether the diffusivity vanishes somewhere (kinks)."""
    stretch = lattice.stretch
    places = stretch.start + stretch.length * np.arange(8192) / 8192
    start = stretch.densities(places)
    _raise_growing(highest, start, stretch.length / 8192, lattice.profile)
    shock = highest.shock_time(start, stretch.length / 8192)
    if shock is not None and times[-1][0] > 0.98 * shock:
        raise UsageError(f"the equation has no diffusion: its solution from this profile is steep without bound at t = {shock:.4g}, a shock",
                         where="--times", instead="ask for earlier times, or for a regime or an --order that keeps the diffusion")  # fmt: skip
    return highest.is_degenerate(start, stretch.length / 8192)


def _raise_growing(highest: HighestOrder, densities: FloatArray, spacing: float, profile: Profile) -> None:
    found = highest.growing_waves(densities, spacing)
    if found is not None:
        where = ", ".join(f"{n} = {v:.4g}" for n, v in zip(profile.names, found.densities, strict=True))
        what = "diffusivity" if highest.order == 2 else f"coefficient of the derivative of order {highest.order}"
        raise UsageError(f"the equation is ill-posed from this profile: its {what} is {found.coefficient:.4g} where {where}, and short waves grow without bound",
                         where="--initial", instead="a profile that stays where the diffusivity is positive")  # fmt: skip


def _check_states(highest: HighestOrder, solution: FloatArray, solver: ProfileSolver, profile: Profile) -> None:
    """Also the states that the solution reaches must be well-posed ones."""
    for densities in solution:
        size = float(np.max(np.abs(densities)))
        _raise_growing(
            highest, np.where(np.abs(densities) < 1e-6 * size, 0.0, densities), solver.length / solver.points, profile
        )


def _solved(
    equations: Sequence[EvolutionEquation],
    values: Values,
    stretch: Stretch,
    times: Sequence[float],
    *,
    degenerate: bool,
) -> tuple[ProfileSolver, FloatArray, float]:
    """The solution on grids that are halved until two agree, and their difference relative to the highest density."""
    known: tuple[ProfileSolver, FloatArray] | None = None
    error = float("inf")
    kind = VolumeSolver if degenerate else ProfileSolver
    for points in VOLUMES if degenerate else GRIDS:
        solver = kind(equations, values, stretch.start, stretch.length, points)
        try:
            found = solver.solutions(solver.projected(stretch.densities), times)
        except ArithmeticError:
            if known is not None and error <= WORST:
                break
            continue
        if known is not None:
            coarse, size = known[1], max(float(np.max(np.abs(found))), 1e-300)
            error = (
                (2 if degenerate else 1) * float(np.max(np.abs(found[:, :, ::2] - coarse))) / size
            )  # kinks: of first order
        known = solver, found
        if error < CLOSE:
            break
    if known is None or not np.isfinite(error):
        raise NotYetError("the solution grows without bound before the last time, or is too stiff for explicit steps", where="--times",
                          instead="ask for earlier times")  # fmt: skip
    return *known, error


def _rows(
    model: JumpModel, lattice: Lattice, solver: ProfileSolver, solution: FloatArray, times: Times
) -> list[SolvedTime]:
    places, means = lattice.table()
    several = len(model.state_names) > 1
    return [
        solved_time(time, places, means[n, k], solver.at(solution[n, k], places), name if several else "")
        for n, time in enumerate(times)
        for k, name in enumerate(model.state_names)
    ]
