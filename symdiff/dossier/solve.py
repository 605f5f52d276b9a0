"""The solution of the derived equation beside the exact law of the walker, at times and from a start that the user chooses.

The law comes from the rules alone, the solution from the equation alone; they meet here to be tabled and drawn side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp

from symdiff.continuum.isotropic import refuse_in_space
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.picture import first_axis, refuse, spacing, start_of
from symdiff.dossier.picture_fourier import CharacteristicLaw
from symdiff.dossier.settings import Settings, apply_to_model
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
from symdiff.dossier.verify_rules import stand_in
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic
from symdiff.evidence.propagation.characteristic import stationary_shares, transition_weights
from symdiff.evidence.propagation.inner_law import InnerLaw
from symdiff.evidence.propagation.lattice_law import MAX_SITES, LatticeWalk
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.solution.chebyshev import IntervalSolver
from symdiff.evidence.solution.line import EquationSpectrum, fourier_sum, gaussian
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.notation.evaluation import evaluate

MARKS = 121  # places where no lattice gives them
MODES = 4096
GRIDS = (200, 256, 384, 512)  # of a place-dependent equation; the difference of two is the numerical error
CLOSE = 1e-6  # an error that needs no finer grid
NEGLIGIBLE = 1e-10
LAW_ERROR = 1e-5  # of a law that is summed over waves
TAIL = 1e-9  # probability outside of the table


def solve_model(
    model: JumpModel, times: Sequence[str], settings: Settings | None = None, regime: str | None = None,
    initial: Mapping[str, str] | None = None, window: tuple[str, str] | None = None,
) -> Solution:  # fmt: skip
    """Solve the equation of the first regime that has a single one, or of a named regime.

    ``times`` are numbers or expressions of the parameters, such as ``10*tau``; ``initial`` gives every density at time 0 as an
    expression of the coordinate (crowds need it), ``window`` the places that are tabled. Raises :class:`UsageError` for times
    that make no sense and :class:`NotYetError` for models whose law or equation is not solved.
    """
    settings = settings or Settings()
    prepared = apply_to_model(model, settings)
    if (
        prepared.boundaries
        and not is_crowd(prepared)
        and not prepared.crowd.reactions
        and all(j.law is None for j in prepared.jumps)
    ):
        from symdiff.dossier.solve_walls import solve_between_walls

        return solve_between_walls(model, prepared, times, settings, regime, initial, window)
    crowd = is_crowd(prepared) or bool(prepared.crowd.reactions)
    if initial and not crowd and not prepared.boundaries and not is_homogeneous(prepared):
        from symdiff.dossier.solve_places import solve_places

        return solve_places(model, prepared, _limit(model, settings, regime), times, settings, initial, window)
    if initial or crowd:
        from symdiff.dossier.solve_profile import solve_from_profile

        return solve_from_profile(model, prepared, times, settings, regime, initial, window)
    if window is not None:
        raise UsageError(
            "a window belongs to a profile", where="--window", instead="add --initial 'DENSITY = ...', or leave it out"
        )
    return _solve_walker(model, prepared, times, settings, regime)


def _solve_walker(
    model: JumpModel, prepared: JumpModel, times: Sequence[str], settings: Settings, regime: str | None
) -> Solution:
    limit = _limit(model, settings, regime)
    equation = limit.equation
    assert equation is not None
    _refuse(prepared, limit)
    values, drawn = numbers_of(prepared, limit, settings)
    wanted = read_times(times, prepared, values)
    _check_reach(prepared, wanted)
    subject, note = stand_in(prepared)
    notes = [note] if note else []
    if prepared.dimension > 1:
        notes.append(f"the law and the solution are those of {prepared.coordinates[0]} alone")
    if subject.clock == "waiting":
        found, width, error = _renewal(subject, equation, values, wanted)
    elif is_homogeneous(subject):
        found, width, error = _homogeneous(subject, limit, equation, values, wanted)
    elif prepared.dimension > 1:
        raise NotYetError("laws with place-dependent rates are solved in one dimension only")
    else:
        found, width, error = _place_dependent(subject, equation, values, wanted)
    if not error <= WORST:
        raise NotYetError(f"the equation is solved to {error:.1g} of the highest density only at the first time",
                          where="--times", instead="ask for later times, when the density is smooth")  # fmt: skip
    if width:
        notes.append(f"both start from a Gaussian of width {width:.4g}")
    text = f"{sp.sstr(equation.lhs)} = {sp.sstr(equation.rhs)}"
    return Solution(model.title, limit.regime.name, text, prepared.coordinates[0], shown_values(values), drawn, tuple(found), width,
                    error, tuple(notes), equation_text(equation.lhs, equation.rhs, typography_of(model)))  # fmt: skip


def _limit(model: JumpModel, settings: Settings, regime: str | None) -> ContinuumLimit:
    limits = derive_model(model, settings, regime=regime).limits
    found = next((x for x in limits if x.equation is not None), None)
    if found is None:
        several = ", ".join(e.density for e in limits[0].equations)
        why = f"the equations are of several densities, {several}" if several else limits[0].closure.why
        raise UsageError(f"there is no single equation to solve: {why}", where="solve")
    return found


def _refuse(model: JumpModel, limit: ContinuumLimit) -> None:
    refuse_in_space(model, "solutions")
    if model.resets:
        raise NotYetError("equations with a gain at one place are not solved yet", where="solve",
                          instead="ask for --observable stationary_density or propagator, or verify the derivation")  # fmt: skip
    if model.population is not None or limit.equation is None or limit.equation.coordinates != model.coordinate_symbols:
        raise NotYetError("equations in scaled coordinates are not solved yet")
    if free := free_functions(model):
        raise UsageError(f"the function {free[0].name} is left open", where="solve",
                         instead=f"write it in [definitions], or --set {free[0].name}=...")  # fmt: skip
    dying = model.lossy and is_homogeneous(model) and not model.internals  # the law is that of the living
    refuse(model, limit, dying=dying)


def _check_reach(model: JumpModel, times: Times) -> None:
    """Every step reaches further sites."""
    most = max((steps or 0 for _, steps in times), default=0)
    if most > MAX_SITES and not any(j.law is not None for j in model.jumps):
        raise ResourceError(
            f"{most} steps reach more than {MAX_SITES} sites", where="--times", instead="ask for a shorter time"
        )


Found = tuple[list[SolvedTime], float, float]


# --- constant coefficients ------------------------------------------------------------------------------------------


def _homogeneous(
    model: JumpModel, limit: ContinuumLimit, equation: EvolutionEquation, values: Values, times: Times
) -> Found:
    shares = _shares(model, values, {})
    spectrum = EquationSpectrum(equation, values, _first_velocity(model, limit, values, shares))
    amounts = [float(time if steps is None else steps) for time, steps in times]
    if any(j.law is not None for j in model.jumps) or not model.rests or model.lossy:
        blur = 0.35 * spectrum.width(times[0][0])
        if model.internals:
            inner = InnerLaw(model, values)

            def spectral(waves: FloatArray, n: int) -> FloatArray:
                counts = np.exp(-((waves * blur) ** 2) / 2)
                return np.array([inner.at(float(k), amounts[n], float(c)) for k, c in zip(waves, counts, strict=True)])
        else:
            law = CharacteristicLaw(model, values, shares)

            def spectral(waves: FloatArray, n: int) -> FloatArray:
                return np.array([law.at(float(k), amounts[n]) for k in waves])

        return _by_waves(model, spectrum, values, times, blur, spectral)
    walk = LatticeWalk(model, values, {}, start_of(model, values))
    laws = [first_axis(walk, model, shares, a) for a in amounts]
    gap = spacing(laws)
    width = 0.0 if gap is not None and spectrum.order == 1 else 1.5 * _longest(model, values)
    start, reach = start_of(model, values)[0], 0.0
    found: list[SolvedTime] = []
    error = 0.0
    for time, (sites, law_) in zip(times, laws, strict=True):
        sites, law_ = _inside(sites, law_)
        reach = max(reach, 2 * float(np.max(np.abs(sites - start))) + 20 * width)
        places, density = sites, law_ / gap if gap is not None and not width else law_
        if width:
            places = np.linspace(sites[0] - 5 * width, sites[-1] + 5 * width, MARKS)
            density = gaussian(places[:, None] - sites[None, :], width) @ law_
        solution, worst = _line(spectrum, places - start, time[0], width, reach)
        error = max(error, worst)
        found.append(solved_time(time, places, density, solution))
    return found, width, error


def _line(
    spectrum: EquationSpectrum, x: FloatArray, time: float, blur: float, reach: float
) -> tuple[FloatArray, float]:
    """The solution on a periodic line that is wide enough, and what a wider one and the cut of the series change."""
    spread = spectrum.width(time)
    results = []
    for box in (3 * max(reach, 24 * spread), 4 * max(reach, 24 * spread)):
        waves = np.arange(MODES, dtype=float) * (2 * np.pi / box)
        values = spectrum.at(waves, time) * np.exp(-((waves * blur) ** 2) / 2)
        if not np.all(np.isfinite(values)):
            raise NotYetError("the equation has no solution at this time: short waves grow without bound")
        edge = float(np.sum(np.abs(values[-MODES // 8 :]))) / float(np.sum(np.abs(values)))
        results.append((fourier_sum(x, waves, values, box), edge))
    (first, edge), (second, _) = results
    return first, edge + float(np.max(np.abs(first - second)) / np.max(np.abs(first)))


def _by_waves(
    model: JumpModel, spectrum: EquationSpectrum, values: Values, times: Times, blur: float, spectral: object
) -> Found:
    """Law and solution on a common line of places, for laws that are known by their characteristic function."""
    start = start_of(model, values)[0]
    found: list[SolvedTime] = []
    error = 0.0
    for n, time in enumerate(times):
        spread, middle = spectrum.width(time[0]) + blur, spectrum.velocity * time[0]
        x = np.linspace(middle - 6 * spread, middle + 6 * spread, MARKS)
        reach = 2 * float(np.max(np.abs(x)))
        box = 3 * max(reach, 24 * spread)
        waves = np.arange(MODES, dtype=float) * (2 * np.pi / box)
        factor = np.exp(-((waves * blur) ** 2) / 2)
        live = factor > NEGLIGIBLE
        transform = np.zeros(MODES, dtype=complex)
        transform[live] = spectral(waves[live], n)  # type: ignore[operator]
        density = fourier_sum(x, waves, transform * factor, box)
        solution, worst = _line(spectrum, x, time[0], blur, reach)
        error = max(error, worst)
        found.append(solved_time(time, x + start, density, solution))
    return found, blur, error


def _renewal(model: JumpModel, equation: EvolutionEquation, values: Values, times: Times) -> Found:
    """Walks with waits: the law by the formula of Montroll and Weiss, the equation by its own Laplace transform."""
    if not is_homogeneous(model):
        raise NotYetError("walks with waits and place-dependent probabilities are not solved yet")
    walk = RenewalWalk(model, values)
    spectrum = EquationSpectrum(equation, values, 0.0)
    if spectrum.caputo is None and spectrum.order == 1:
        spectrum.velocity = spectrum.drift  # the table follows the walkers
    rest = (0.0,) * (model.dimension - 1)
    blur = max(0.35 * spectrum.width(times[0][0]), 1.5 * _longest(model, values))

    def spectral(waves: FloatArray, n: int) -> FloatArray:
        found, error = walk.at([(float(k), *rest) for k in waves], times[n][0])
        if not error * len(waves) <= LAW_ERROR:
            raise NotYetError(f"the law of these waits at t = {times[n][0]:.6g} is not found to enough digits: its transform is inverted to {error:.1g}",
                              where="--times", instead="ask for later times")  # fmt: skip
        return np.asarray(found)

    found, width, error = _by_waves(model, spectrum, values, times, blur, spectral)
    return found, width, max(error, spectrum.error)


def _first_velocity(model: JumpModel, limit: ContinuumLimit, values: Values, shares: Sequence[float]) -> float:
    """d<x>/dt at the start, which an equation of second order in time needs: from the shares of the states where it is one."""
    if limit.system and model.preparation.states is not None:
        total = 0.0
        index = {e.density: n for n, e in enumerate(limit.system)}
        one = (1, *(0,) * (model.dimension - 1))
        for e in limit.system:
            for t in e.right:
                if t.space == one:
                    total -= float(evaluate(t.coefficient, values, array_arithmetic())) * shares[index[t.density]]
        return total
    return float(evaluate(limit.drift[0], values, array_arithmetic())) if limit.drift else 0.0


# --- rates that depend on place -------------------------------------------------------------------------------------


def _place_dependent(model: JumpModel, equation: EvolutionEquation, values: Values, times: Times) -> Found:
    try:
        check_smooth_equation(model, equation)
    except DoesNotApply as reason:
        raise NotYetError(str(reason)) from None
    functions = all_functions(model, {}, values)
    start = start_of(model, values)
    walk = LatticeWalk(model, values, functions, start)
    shares = _shares(model, values, functions)
    laws = [first_axis(walk, model, shares, float(time if steps is None else steps)) for time, steps in times]
    kept = [_inside(*law) for law in laws]
    width = 1.5 * _longest(model, values)
    reach = max(float(np.max(np.abs(sites - start[0]))) for sites, _ in kept) + 8 * width
    places = [np.linspace(sites[0] - 4 * width, sites[-1] + 4 * width, MARKS) for sites, _ in kept]
    known: list[FloatArray] | None = None
    error = float("inf")
    for size in GRIDS:
        solver, rows = _on_grid(equation, values, functions, start[0], reach, size, width, times)
        solved = [solver.interpolated(row, x) for row, x in zip(rows, places, strict=True)]
        if known is not None:
            error = max(float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in zip(known, solved, strict=True))
        known = solved
        if error < CLOSE:
            break
    assert known is not None
    found = [
        solved_time(time, x, gaussian(x[:, None] - sites[None, :], width) @ law, own)
        for time, x, (sites, law), own in zip(times, places, kept, known, strict=True)
    ]
    return found, width, error


def _on_grid(
    equation: EvolutionEquation, values: Values, functions: Functions, start: float, reach: float, size: int, width: float, times: Times
) -> tuple[IntervalSolver, list[FloatArray]]:  # fmt: skip
    """The solution at every time, at the nodes of one grid."""
    solver = IntervalSolver(equation, values, start - reach, start + reach, size, functions)
    density, done = gaussian(solver.nodes - start, width), 0.0
    found = []
    for time, _ in times:
        density, done = solver.evolve(density, time - done), time
        found.append(density)
    return solver, found


def _shares(model: JumpModel, values: Values, functions: Functions) -> tuple[float, ...]:
    """How the states are occupied at the start: as the file says, else by their stationary law."""
    given = model.preparation.states
    if given is None:
        return stationary_shares(model, transition_weights(model, values, functions, start_of(model, values)))
    named = {n: float(evaluate(v, values, array_arithmetic())) for n, v in given}
    return tuple(named.get(n, 0.0) for n in model.state_names)


def _inside(sites: FloatArray, law: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The sites without the far tails."""
    live = (np.cumsum(law) > TAIL) & (np.cumsum(law[::-1])[::-1] > TAIL)
    return sites[live], law[live]


def _longest(model: JumpModel, values: Values) -> float:
    here = {**values, **dict.fromkeys(model.coordinate_symbols, 0.0)}
    sizes = [abs(float(evaluate(j.displacement[0], here, array_arithmetic()))) for j in model.jumps]
    return max(sizes, default=0.0) or 1.0
