"""The solution between walls beside the exact law of the chain of sites, every jump at a wall made as the file says.

Both start from the same numbers of walkers at the same sites, or from the user's profile. The equation knows the derived conditions
only, at the place of the wall where the derivation states one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.initial_profile import check_finite, read_bounds, read_number, read_profile
from symdiff.dossier.picture import start_of
from symdiff.dossier.settings import Settings
from symdiff.dossier.solution import WORST, Solution, Times, Values, numbers_of, read_times, shown_values, solved_time
from symdiff.dossier.typography import equation_text, in_words, typography_of
from symdiff.dossier.verify_functions import all_functions, free_functions
from symdiff.dossier.verify_walls import Condition, conditions_of
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, Functions, array_arithmetic
from symdiff.evidence.propagation.walled_chain import WalledChain
from symdiff.evidence.solution.line import gaussian
from symdiff.evidence.solution.walled import End, WalledSolver
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

LAW = "exact law of the walker between its walls"
GRIDS = ((64, 96), (128, 192), (256, 384))  # degrees of the polynomials; the difference of two is the error
PANELS = 1024  # over which a profile is integrated
CLOSE = 1e-9
MISSING = 1e-11  # of the walkers: arrive at the far end of a chain that is open there
TAIL = 1e-9  # of the walkers: beyond the last place of the table
FARTHEST = 16_384  # sites on an open side
SPREAD = 1.5  # spacings over which the start is spread in discrete time, where a point would keep to every other site


def solve_between_walls(
    model: JumpModel, prepared: JumpModel, times: Sequence[str], settings: Settings, regime: str | None,
    initial: Mapping[str, str] | None, window: tuple[str, str] | None,
) -> Solution:  # fmt: skip
    """Law and solution at several times; raises :class:`UsageError` and :class:`NotYetError` with the reason."""
    limit = _limit(model, prepared, settings, regime)
    (equation,) = limit.equations
    values, drawn = numbers_of(prepared, limit, settings)
    wanted = read_times(times, prepared, values)
    functions = all_functions(prepared, {}, values)
    place, initial = _point(prepared, initial, values)
    chain = WalledChain(prepared, values, functions, place, 8)
    start = Start(prepared, values, chain, initial, place)
    chain, laws = _law(prepared, values, functions, start, wanted)
    conditions = conditions_of(prepared, limit)
    ends = tuple(_end(prepared, values, conditions, chain, low=low) for low in (True, False))
    sites, kept = _shown(chain, laws, window, prepared, values)
    solution, error = _solved(equation, values, functions, (ends[0], ends[1]), start, chain, wanted, sites)
    if not error <= WORST:
        raise NotYetError(f"the equation is solved to {error:.1g} of the highest density only: it is too steep at the first time",
                          where="--times", instead="ask for later times, or start from a smoother profile")  # fmt: skip
    found = [
        solved_time(t, sites, law[kept] / chain.spacing, u) for t, law, u in zip(wanted, laws, solution, strict=True)
    ]
    notes = [
        f"with {c.text}" + ("" if c.wall in (None, c.place) else f", the wall at {in_words(c.wall)}")
        for c in conditions
    ]
    notes += start.notes
    text = f"{sp.sstr(equation.lhs)} = {sp.sstr(equation.rhs)}"
    return Solution(model.title, limit.regime.name, text, prepared.coordinates[0], shown_values(values), drawn, tuple(found), start.width,
                    error, tuple(notes), equation_text(equation.lhs, equation.rhs, typography_of(model)), LAW)  # fmt: skip


def _point(
    model: JumpModel, initial: Mapping[str, str] | None, values: Values
) -> tuple[float, Mapping[str, str] | None]:
    """Where the walker starts: [initial] of the file, or 'x = 1' of the user; a profile stays one."""
    (x,) = model.coordinates[:1]
    if initial is None or set(initial) != {x}:
        return start_of(model, values)[0], initial
    return read_number(initial[x], model, values, "--initial"), None


def _limit(model: JumpModel, prepared: JumpModel, settings: Settings, regime: str | None) -> ContinuumLimit:
    """The first regime with one equation and a condition at every wall."""
    if (
        prepared.resets
        or prepared.population is not None
        or prepared.internals
        or prepared.scheme is not None
        or prepared.signed
    ):
        raise NotYetError("beside walls, walkers that jump from site to site are solved", where="solve")
    if prepared.depends_on_time:
        raise NotYetError("walls beside rates that change in time are not solved yet", where="solve")
    if free := free_functions(prepared):
        raise UsageError(f"the function {free[0].name} is left open", where="solve",
                         instead=f"write it in [definitions], or --set {free[0].name}=...")  # fmt: skip
    limits = derive_model(model, settings, regime=regime).limits
    found = next((x for x in limits if len(x.equations) == 1), None)
    if found is None:
        raise UsageError(f"there is no single equation to solve: {limits[0].closure.why}", where="solve")
    if missing := [a for a in found.assumptions if "not derived" in a or "not confirmed" in a]:
        raise NotYetError(f"a condition at a wall is missing: {missing[0]}", where="solve")
    if found.frame is not None:
        raise NotYetError("walls in a moving frame are not solved", where="solve", instead="ask for another --regime")
    return found


class Start:
    """The start: numbers of walkers per site, and for the equation the same, or the profile itself."""

    def __init__(
        self, model: JumpModel, values: Values, chain: WalledChain, initial: Mapping[str, str] | None, place: float
    ) -> None:
        self.profile = read_profile(model, initial, values) if initial else None
        self.place, self.width, self.notes = place, 0.0, list[str]()
        if self.profile is not None:
            return
        if not np.any(np.abs(chain.places - place) < 1e-6 * chain.spacing):
            raise UsageError(f"the start {model.coordinates[0]} = {place:.6g} is no site between the walls", where="[initial] position",
                             instead=f"start on a site (they are {chain.spacing:.6g} apart), as in --initial '{model.coordinates[0]} = PLACE', or from a profile")  # fmt: skip
        self.width = SPREAD * chain.spacing if model.clock == "discrete" else 0.0
        if not self.width:
            self.notes.append(f"both start at {model.coordinates[0]} = {place:.6g}")

    def on_sites(self, chain: WalledChain) -> FloatArray:
        """Walkers per site."""
        if self.profile is not None:
            found = self.profile.at(chain.places)
            check_finite(found, chain.places, self.profile)
            if np.min(found) < 0:
                raise UsageError(f"a density of {np.min(found):.6g} is negative", where="--initial")
            if not np.max(found) > 0:
                raise UsageError("the profile vanishes at every site", where="--initial")
            return np.asarray(found[0] * chain.spacing)
        if self.width:
            found = gaussian(chain.places - self.place, self.width)
            return np.asarray(found / found.sum())
        return np.asarray((np.abs(chain.places - self.place) < 1e-6 * chain.spacing).astype(float))

    def on_nodes(self, solver: WalledSolver, chain: WalledChain) -> FloatArray:
        """The density that the equation starts from."""
        if self.profile is not None:
            places, weights = solver.panels(PANELS)
            return solver.from_points(places, weights * self.profile.at(places)[0])
        amounts = self.on_sites(chain)
        live = amounts > 1e-16
        return solver.from_points(chain.places[live], amounts[live])


def _law(
    model: JumpModel, values: Values, functions: Functions, start: Start, times: Times
) -> tuple[WalledChain, list[FloatArray]]:
    """The law on a chain that is long enough: nothing arrives at an open end."""
    amounts = [float(time if steps is None else steps) for time, steps in times]
    far = 128
    while True:
        chain = WalledChain(model, values, functions, start.place, far)
        first = start.on_sites(chain)
        laws = chain.laws(first, amounts)
        reach = max(map(abs, chain.shifts))
        open_ends = [
            s
            for s, is_open in zip((slice(0, reach), slice(-reach, None)), _open_sides(chain, far), strict=True)
            if is_open
        ]
        edge = max((float(np.max(np.abs(law[s]))) for law in (first, *laws) for s in open_ends), default=0.0)
        if edge <= MISSING * float(np.max(first)):
            return chain, laws
        far *= 2
        if far > FARTHEST:
            raise ResourceError("walkers reach too many sites, or the profile does not vanish far from the wall", where="solve",
                                instead="earlier times, a larger spacing, or a profile that vanishes far away")  # fmt: skip


def _open_sides(chain: WalledChain, far: int) -> tuple[bool, bool]:
    """Whether the chain was cut on the left, and on the right."""
    return bool(chain.numbers[0] == chain.middle - far), bool(chain.numbers[-1] == chain.middle + far)


def _end(model: JumpModel, values: Values, conditions: Sequence[Condition], chain: WalledChain, *, low: bool) -> End:
    """The condition at one end in numbers; where the chain is open, the density vanishes far away."""
    edge = chain.places[0] if low else chain.places[-1]
    near = [c for c in conditions if abs(_number(c.place, values) - edge) < 1.5 * chain.spacing]
    if not near:
        if any(_stands_at(chain, edge, low)):
            raise NotYetError(
                f"no condition is derived at the wall beside {model.coordinates[0]} = {edge:.6g}", where="solve"
            )
        return End(float(edge + (-chain.spacing if low else chain.spacing)), 1.0, 0.0)
    if len(near) > 1:
        raise NotYetError("walls with several conditions are not solved yet", where="solve")
    (c,) = near
    value = slope = 0.0
    for jet in c.jets:
        number = _number(jet.coefficient, values)
        if jet.time or sum(jet.space) > 1:
            raise NotYetError(f"the condition {c.text} stores walkers at the wall (a sticky wall), or has further derivatives: it is not solved yet",
                              where="solve")  # fmt: skip
        value, slope = (value, slope + number) if sum(jet.space) else (value + number, slope)
    return End(_number(c.place if c.wall is None else c.wall, values), value, slope)


def _stands_at(chain: WalledChain, edge: float, low: bool) -> list[bool]:
    beyond = np.array([edge - chain.spacing if low else edge + chain.spacing])
    return [bool(chain._beyond(side, beyond)[0]) for side in chain.sides]


def _number(expression: sp.Expr, values: Values) -> float:
    return float(evaluate(expression, values, array_arithmetic()))


def _shown(
    chain: WalledChain, laws: Sequence[FloatArray], window: tuple[str, str] | None, model: JumpModel, values: Values
) -> tuple[FloatArray, np.ndarray]:
    """The sites of the table: the window, or all without the far tails."""
    if window is not None:
        low, high = read_bounds(window, model, values)
        kept = np.flatnonzero((chain.places >= low) & (chain.places <= high))
        if not len(kept):
            raise UsageError("no site stands in the window", where="--window", instead="a wider one")
        return chain.places[kept], kept
    live = np.zeros(len(chain.places), dtype=bool)
    for law in laws:
        total = float(law.sum())
        live |= (np.cumsum(law) > TAIL * total) & (np.cumsum(law[::-1])[::-1] > TAIL * total)
    kept = np.arange(int(np.argmax(live)), len(live) - int(np.argmax(live[::-1])))
    return chain.places[kept], kept


def _solved(
    equation: EvolutionEquation, values: Values, functions: Functions, ends: tuple[End, End], start: Start, chain: WalledChain,
    times: Times, sites: FloatArray,
) -> tuple[list[FloatArray], float]:  # fmt: skip
    """The solution at the sites, and the largest difference of two degrees relative to the highest density."""
    error = float("inf")
    found: list[FloatArray] = []
    for pair in GRIDS:
        results = []
        for size in pair:
            solver = WalledSolver(equation, values, ends, size, functions)
            density, done, rows = start.on_nodes(solver, chain), 0.0, []
            for time, _ in times:
                density, done = solver.evolve(density, time - done), time
                rows.append(solver.at(density, sites))
            results.append(rows)
        found = results[-1]
        changes = [float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in zip(*results, strict=True)]
        error = max(c if np.isfinite(c) else float("inf") for c in changes)
        if error < CLOSE:
            break
    return found, error
