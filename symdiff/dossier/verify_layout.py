"""Where and when a place-dependent model is compared: box, test functions, levels of eps, times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import mpmath
import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.verify_functions import SHAPES, Stretched, Waves, all_functions, draw_waves, free_functions
from symdiff.dossier.verify_numbers import EpsPath, generator_for
from symdiff.dossier.verify_open import Place, place_name
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.evidence.arrays import FloatArray, SmoothFunction, array_arithmetic
from symdiff.evidence.propagation.periodic import Box, LatticeStep, valid
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.evidence.propagation.wave_walk import WaveWalk, needs_transforms
from symdiff.evidence.solution.spectral import SpectralOperator
from symdiff.model.definitions import composed_definitions, expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

MULTIPLES = {
    1: (2, 3, 4, 5, 6, 8, 10),
    2: (2, 3, 4, 5, 6, 8),
    3: (2, 3, 4, 5, 6, 8),
}  # eps = eps_1 (2/m)^b: whole numbers of steps fit into one time at every level
SLOWLY = (2, 3, 4, 5, 6, 8, 10, 12, 16)  # where the powers follow each other closely
DEEPER = tuple(
    2**n for n in range(1, 11)
)  # where waves are followed one by one: broken powers follow each other closely
FIRST = 0.25  # eps of the coarsest level, unless the window needs a smaller one
WINDOW = {1: 12, 2: 9, 3: 9}  # half width of a window in units of the width of the density: nothing reaches the ends
SPREAD = {1: 0.25, 2: 0.12, 3: 0.12}  # D t in units of the squared length; the density changes by about this share
SHIFT = 0.7  # v t in units of the length
PECLET = 20.0  # largest v R/D in a window
CONTRAST = 3.0  # largest ratio of diffusivities in a window
LONGEST = 1.6  # times the intended duration that the shortest possible one may take
COMMON = 12  # largest denominator of a power of eps that whole numbers of steps follow
RELAXED = 26  # e-folds after which fast internal states have relaxed to 5e-12, far below what the control plants
SLOWEST = 0.97  # largest relaxation factor per step (or jump) of internal states that are waited for
NOT_SMOOTH = (sp.Abs, sp.Heaviside, sp.sign, sp.floor, sp.Min, sp.Max, sp.Piecewise)


WITHOUT_JUMPS = (
    "walkers diffuse and drift without jumps: the rules are the equation, and no lattice gives other numbers"
)


class DoesNotApply(Exception):
    """This comparison is not possible for this model; the message says why."""


@dataclass(frozen=True)
class Level:
    """One eps: numbers, functions, the box in the model's own coordinates, and how long to go."""

    eps: float
    values: Mapping[sp.Symbol, float]
    functions: Mapping[str, SmoothFunction]
    stretch: float  # model's length of one macroscopic unit
    steps: int  # discrete time
    time: float


@dataclass(frozen=True)
class Layout:
    """The geometry of a comparison, in macroscopic lengths."""

    ring: bool
    centre: tuple[float, ...]
    length: float  # over which density and functions vary
    box: float  # side of the periodic box
    levels: tuple[Level, ...]
    drawn: tuple[tuple[str, Waves], ...]

    def grid(self, level: Level, points: int) -> Box:
        """The box of one level with ``points`` grid points per axis."""
        low = tuple((c - self.box / 2) * level.stretch for c in self.centre)
        return Box(low, (self.box * level.stretch,) * len(low), (points,) * len(low))


def is_broken(equations: Iterable[EvolutionEquation]) -> bool:
    """Whether derivatives of broken order occur."""
    terms = [t for e in equations for t in (*e.left, *e.right)]
    return any(t.fractional is not None or t.caputo is not None for t in terms)


def check_smooth(model: JumpModel) -> None:
    """Raises :class:`DoesNotApply` where a rate has kinks or jumps in place: Fourier series would converge too slowly."""
    _refuse_kinks(_shown(model), model)
    if is_homogeneous(model):
        return
    for jump in model.jumps:
        if jump.law is not None and jump.law.tail is not None:
            raise DoesNotApply("densities with heavy tails are solved where nothing depends on place only")


def check_smooth_equation(model: JumpModel, equation: EvolutionEquation) -> None:
    """Raises :class:`DoesNotApply` where a coefficient has kinks or jumps in place; rates may have them."""
    _refuse_kinks(
        [expand_definitions(t.coefficient, model.functions) for t in (*equation.left, *equation.right)], model
    )


def _refuse_kinks(shown: Iterable[sp.Expr], model: JumpModel) -> None:
    for e in shown:
        for atom in e.atoms(*NOT_SMOOTH):
            if atom.free_symbols & set(model.coordinate_symbols):
                raise DoesNotApply(
                    f"{atom} is no smooth function of place: the equation cannot be solved to high accuracy"
                )


def writes_coordinates(model: JumpModel, *, motions: bool = True) -> bool:
    """Whether rates (and ``motions`` inside states) show coordinates outside of open functions: the model then has no period."""
    composed = composed_definitions(model.functions)
    written = {f.name for f in model.functions if f.body is not None and f not in composed}
    for e in _shown(model, motions=motions):
        e = expand_definitions(e, composed)
        calls = [c for c in e.atoms(AppliedUndef) if c.func.__name__ not in written]
        hidden = e.xreplace({d: sp.Dummy() for d in e.atoms(sp.Derivative) if d.expr in calls})
        hidden = hidden.xreplace({c: sp.Dummy() for c in calls})
        if hidden.free_symbols & set(model.coordinate_symbols):
            return True
    return False


def _shown(model: JumpModel, *, motions: bool = True) -> list[sp.Expr]:
    """All that says how walkers jump and, with ``motions``, how they move inside a state."""
    moved = [e for m in model.motions for e in (*m.velocity, *(d for row in m.diffusivity for d in row))]
    moved += [e for v in model.internals for e in (v.diffusivity, *v.drift, v.rate) if e is not None]
    return [e for j in model.jumps for e in (j.intensity, *j.displacement)] + (moved if motions else [])


class Planner:
    """Finds a layout for a model and a path; ``equations`` only set the scale of time."""

    def __init__(
        self, model: JumpModel, source: JumpModel, equations: tuple[EvolutionEquation, ...], path: EpsPath
    ) -> None:
        check_smooth(model)
        self.model, self.source, self.equations, self.path = model, source, equations, path
        self.long_wave = path.regime.origin == "long-wave"
        if not self.long_wave and path.length_power != 0 and not is_homogeneous(model):
            raise DoesNotApply(
                "a scaling of the coordinates themselves is cross-checked for constant coefficients only"
            )
        self.ring = not writes_coordinates(source)
        self.broken = is_broken(equations)
        self.drawn: dict[str, Waves] = {}
        self.resolution = 0.25

    # --- one eps ----------------------------------------------------------------------------------------------------

    def numbers(self, eps: float) -> dict[sp.Symbol, float]:
        """Parameters as floats."""
        with mpmath.workdps(40):
            return {s: float(v) for s, v in self.path.values(mpmath.mpf(eps)).items()}

    def functions(self, eps: float, values: Mapping[sp.Symbol, float]) -> dict[str, SmoothFunction]:
        """All functions of place; in the long-wave regime stretched, and definitions made of stretched functions."""
        if not self.long_wave:
            return all_functions(self.source, self.drawn, values)
        own = all_functions(self.source, self.drawn, values)
        own |= {place_name(c): Place() for c in self.model.coordinates}
        composed = {f.name for f in composed_definitions(self.model.functions)}
        return all_functions(self.model, {n: Stretched(f, eps) for n, f in own.items() if n not in composed}, values)

    def stretch(self, eps: float) -> float:
        """The model's length of one macroscopic unit."""
        return 1 / eps if self.long_wave else float(1 / self.path.unit(eps))

    def lattice(self, eps: float, centre: tuple[float, ...], radius: float, points: int) -> LatticeStep:
        """The microscopic step on a box around a centre (macroscopic lengths)."""
        values = self.numbers(eps)
        s = self.stretch(eps)
        box = Box(tuple((c - radius) * s for c in centre), (2 * radius * s,) * len(centre), (points,) * len(centre))
        return LatticeStep(self.model, values, box, self.functions(eps, values))

    def operator(self, eps: float, centre: tuple[float, ...], radius: float, points: int) -> SpectralOperator:
        """The reference equation on the same box."""
        values = self.numbers(eps)
        s = self.stretch(eps)
        n = len(centre)
        return SpectralOperator(self.equations, values, [(c - radius) * s for c in centre], [2 * radius * s] * n, [points] * n,
                                self.functions(eps, values))  # fmt: skip

    def jump_length(self, eps: float, centre: tuple[float, ...]) -> float:
        """The longest jump near the centre, in macroscopic units."""
        if needs_transforms(self.model):
            return WaveWalk(self.model, self.numbers(eps)).length / self.stretch(eps)
        step = self.lattice(eps, centre, 1e-3, 3)
        longest = 0.0
        for jump in self.model.jumps:
            size = np.sqrt(sum(step.on_grid(r) ** 2 for r in jump.displacement))
            longest = max(longest, float(np.max(size)))
            if jump.law is not None:
                second = float(np.max(step.on_grid(jump.law.raw_moment(2))))
                longest = max(longest, second**0.5)
        return max(longest, run_length(step)) / self.stretch(eps)

    def rates(self, eps: float, centre: tuple[float, ...], radius: float, length: float) -> dict[float, float]:
        """The size of the kept terms of each order on a density that varies over ``length``."""
        operator = self.operator(eps, centre, radius, 33 if len(centre) == 1 else 13)
        found: dict[float, float] = {}
        terms = [t for e in self.equations for t in (*e.right, *(t for t in e.left if not t.time and t.caputo is None))]
        for t in terms:
            order = sum(t.space) + self._number(2 * (t.fractional or sp.Integer(0)), eps)
            value = float(np.max(np.abs(operator.on_grid(t.coefficient)))) / (length * self.stretch(eps)) ** order
            found[order] = max(found.get(order, 0.0), value)
        return found

    def _number(self, e: sp.Expr, eps: float) -> float:
        return float(evaluate(e, self.numbers(eps), array_arithmetic()))

    def time_order(self, eps: float) -> float:
        """a of the Caputo derivative D_t^a, else 1."""
        found = next((t.caputo for e in self.equations for t in e.left if t.caputo is not None), None)
        return 1.0 if found is None else self._number(found, eps)

    # --- the plan ---------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """What decides how fine the comparison must be: "broken", "drift", "states" or "plain"."""
        if self.broken:
            return "broken"
        if len(self.equations) == 1 and (len(self.model.state_names) > 1 or self.model.internals):
            return "states"
        if not self.long_wave:
            return "plain"
        self._draw(1.0)
        centre = (0.0,) * self.model.dimension
        if not self.ring:
            centre, _ = self._room(FIRST)
        if self.jump_length(FIRST, centre) == 0:
            raise DoesNotApply(WITHOUT_JUMPS)
        self._draw(2 * np.pi * self.jump_length(FIRST, centre) / self.resolution)
        length = self.jump_length(FIRST, centre)
        return "drift" if self._slowest_power(FIRST, centre, 4 * length, length) == 1 else "plain"

    def plan(self, resolution: float) -> Layout | None:
        """The layout at a resolution: the longest jump at the coarsest level, in units of the density's length.

        None where the shortest time that fits all levels is too long. Raises :class:`DoesNotApply`.
        """
        self.resolution = resolution
        self._draw(1.0)
        centre = (0.0,) * self.model.dimension
        if self.ring:
            eps = FIRST
            length = self.jump_length(eps, centre) / self.resolution
            if length == 0:
                raise DoesNotApply(WITHOUT_JUMPS)
            box = 2 * np.pi * length
            self._settle(eps, centre, box)
        else:
            eps, centre, length = self._window()
            box = 2 * self.window * length
        return self._times(eps, centre, length, box)

    def ring_levels(self, resolution: float, steps: Sequence[int]) -> Layout:
        """Levels of eps on a ring, without times: for modes, which need none. Raises :class:`DoesNotApply`."""
        self.resolution = resolution
        if not self.ring:
            raise DoesNotApply("modes are compared where rates have a period only")
        self._draw(1.0)
        centre = (0.0,) * self.model.dimension
        length = self.jump_length(FIRST, centre) / resolution
        if length == 0:
            raise DoesNotApply(WITHOUT_JUMPS)
        box = 2 * np.pi * length
        self._settle(FIRST, centre, box)
        levels = []
        for m in steps:
            eps = FIRST * steps[0] / m
            values = self.numbers(eps)
            levels.append(Level(eps, values, self.functions(eps, values), self.stretch(eps), 0, 0.0))
        return Layout(True, centre, length, box, tuple(levels), tuple(self.drawn.items()))

    def _draw(self, period: float, shape: int = 0) -> None:
        generator = generator_for(self.source, "functions")
        for f in free_functions(self.source):
            self.drawn[f.name] = draw_waves(f, generator, dict.fromkeys(f.arguments, period), SHAPES[shape])

    def _settle(self, eps: float, centre: tuple[float, ...], box: float) -> None:
        """Draw test functions of period ``box`` for which all probabilities are valid."""
        for shape in range(len(SHAPES)):
            self._draw(box, shape)
            if self._fine(eps, centre, box / 2):
                return
        raise DoesNotApply("no test functions were found for which all probabilities lie between zero and one")

    def _fine(self, eps: float, centre: tuple[float, ...], radius: float) -> bool:
        if needs_transforms(self.model):
            return True
        with np.errstate(all="ignore"):
            points = {1: 65, 2: 25, 3: 9}[self.model.dimension]
            return bool(np.all(valid(self.lattice(eps, centre, radius, points))))

    @property
    def window(self) -> int:
        """Half the width of a window, in units of the width of the density."""
        return WINDOW[self.model.dimension]

    def _window(self) -> tuple[float, tuple[float, ...], float]:
        eps = FIRST
        for _ in range(40):
            centre, radius = self._room(eps)
            jump = self.jump_length(eps, centre)
            if jump == 0:
                raise DoesNotApply(WITHOUT_JUMPS)
            if jump * self.window <= self.resolution * radius:
                return eps, centre, max(jump / self.resolution, min(radius / self.window, jump * 10))
            eps *= 0.8
        raise DoesNotApply("the window in which all probabilities are valid is too narrow for a smooth density")

    def _room(self, eps: float) -> tuple[tuple[float, ...], float]:
        """The nearest centre with enough room: within a half width the model is valid and changes moderately.

        Without one, the centre with the most room.
        """
        with mpmath.workdps(20):
            numbers = {s: mpmath.mpf(v) for s, v in self.numbers(eps).items()}
        start = tuple(float(p.xreplace(numbers)) for p in self.model.preparation.position)
        unit = self.jump_length(eps, start)
        if unit == 0:
            raise DoesNotApply(WITHOUT_JUMPS)
        best: tuple[tuple[float, ...], float] | None = None
        for distance in (0.0, *(unit * 4.0**n * sign for n in range(8) for sign in (1, -1))):
            centre = tuple(c + distance for c in start)
            radius = self._radius(eps, centre, unit)
            if best is None or radius > best[1]:
                best = (centre, radius)
            if best[1] * self.resolution >= unit * self.window:
                break
        if best is None or best[1] == 0:
            raise DoesNotApply("no place was found around which all probabilities lie between zero and one")
        if free_functions(self.source):
            self._draw(2 * best[1])
        return best

    def _radius(self, eps: float, centre: tuple[float, ...], unit: float) -> float:
        best, radius = 0.0, unit / 4
        while radius < 1e6 * unit:
            if free_functions(self.source):
                self._draw(2 * radius)
            if not (self._fine(eps, centre, radius) and self._moderate(eps, centre, radius)):
                break
            best, radius = radius, radius * 1.25
        return best

    def _moderate(self, eps: float, centre: tuple[float, ...], radius: float) -> bool:
        operator = self.operator(eps, centre, radius, 33 if len(centre) == 1 else 9)
        drifts: list[FloatArray] = []
        spreads: list[FloatArray] = []
        for e in self.equations:
            for t in e.right:
                value = operator.on_grid(t.coefficient)
                if not np.all(np.isfinite(value)):
                    return False
                (drifts if sum(t.space) == 1 else spreads if sum(t.space) == 2 else []).append(value)
        pure = [d for d in spreads if np.max(np.abs(d)) > 0]
        least = min((float(np.min(d)) for d in pure if np.min(d) > 0), default=0.0)
        if any(
            np.min(d) <= 0 < np.max(d) or np.max(np.abs(d)) > CONTRAST * np.min(np.abs(d)) for d in pure if d is pure[0]
        ):
            return False
        size = radius * self.stretch(eps)
        middle = tuple(n // 2 for n in operator.places[0].shape)
        if self.long_wave:  # diffusion is smaller than drift there by a power of eps
            return True
        return least == 0 or all(np.max(np.abs(v - v[middle])) * size <= PECLET * least for v in drifts)

    def _times(self, eps: float, centre: tuple[float, ...], length: float, box: float) -> Layout | None:
        core = box / 2 if self.ring else 4 * length
        now = self.rates(eps, centre, core, length)
        speed = max(
            [
                *(r / SPREAD[self.model.dimension] for n, r in now.items() if n == 2 or n != int(n)),
                now.get(1, 0.0) / SHIFT,
                now.get(0, 0.0),
                *(r for n, r in now.items() if n > 2),
            ]
        )
        if speed == 0:
            raise DoesNotApply("the equation says that nothing happens")
        power, order = self.path.time_power, self.time_order(eps)
        follows = self.long_wave or (order != 1 and power == 0)  # beside waits without a mean no scaling states it
        if follows:
            power = self._slowest_power(eps, centre, core, length)
        if order != 1:  # in other regimes time is scaled already
            speed, power = speed ** (1 / order), Fraction(float(power) / order) if follows else power
        step = self._step_power()
        total = power + (step or Fraction(0))
        root: float = total.denominator
        growth = int(total * total.denominator)
        if root > COMMON or self.broken:  # powers that no whole numbers of steps follow, unless eps does
            growth, root = 2, 2 / float(total)
        if growth < 0:
            raise DoesNotApply("times get shorter than one step along this scaling")
        levels = []
        first = self.numbers(eps)
        tau = self._time_step(first)
        multiples: tuple[int, ...] = SLOWLY
        if self.broken and is_homogeneous(self.model):
            multiples = DEEPER
        elif power in (self.path.time_power, 2):
            multiples = MULTIPLES[self.model.dimension]
        whole = multiples[0] ** growth
        if tau is not None and speed * tau * whole > LONGEST:
            return None
        steps = 0 if tau is None else max(1, round(1 / (speed * tau * whole)))
        time = 1 / speed if tau is None else steps * whole * tau
        for m in multiples:
            e = eps * (multiples[0] / m) ** root
            values = self.numbers(e)
            span = time * (m / multiples[0]) ** (float(power) * root)
            levels.append(
                Level(e, values, self.functions(e, values), self.stretch(e), steps * m**growth if tau else 0, span)
            )
        layout = Layout(self.ring, centre, length, box, tuple(levels), tuple(self.drawn.items()))
        if tau is not None:
            self._check_steps(layout)
        return layout

    def _slowest_power(self, eps: float, centre: tuple[float, ...], core: float, length: float) -> Fraction:
        """In the long-wave regime: the power of eps of the fastest kept term, one with a drift and two without, or a broken one."""
        now, later = (self.rates(e, centre, core, length) for e in (eps, eps / 4))
        top = max(now.values(), default=0.0)
        falls = [np.log(now[n] / later[n]) / np.log(4) for n in now if now[n] > 1e-9 * top and later[n] > 0]
        if self.broken and falls:
            return Fraction(float(min(falls))).limit_denominator(10**9)
        return Fraction(1 if falls and min(falls) < 1.5 else 2)

    def _time_step(self, values: Mapping[sp.Symbol, float]) -> float | None:
        if self.model.time_step is None:
            return None
        with mpmath.workdps(30):
            from symdiff.notation.evaluation import evaluate, mp_arithmetic

            return float(evaluate(self.model.time_step, {s: mpmath.mpf(v) for s, v in values.items()}, mp_arithmetic()))

    def _step_power(self) -> Fraction | None:
        """The power of eps of the time step."""
        if self.model.time_step is None:
            return None
        first, second = (self._time_step(self.numbers(e)) for e in (1e-3, 1e-5))
        if first is None or second is None:
            return None
        return Fraction(float(np.log(first / second) / np.log(100.0))).limit_denominator(12)

    def _check_steps(self, layout: Layout) -> None:
        for level in layout.levels:
            tau = self._time_step(level.values)
            if tau is None or abs(level.steps * tau / level.time - 1) > 1e-11:
                raise DoesNotApply(
                    "the time step is no plain power of eps: no time is a whole number of steps at every level"
                )


def run_length(step: LatticeStep) -> float:
    """The longest way that motion inside a state takes until the walker leaves that state; zero where none moves."""
    longest = 0.0
    for state, coefficient, factor in step.motions:
        leaving = sum((w for i, j, _, w in step.weights if j == state), np.zeros_like(coefficient))
        with np.errstate(all="ignore"):
            way = np.abs(coefficient) / leaving
            way = way if np.any(np.imag(factor)) else np.sqrt(way)
        longest = max(longest, float(np.max(way[np.isfinite(way)], initial=0.0)))
    return longest


def relaxation(step: LatticeStep) -> float:
    """The time (or number of steps) after which internal states have relaxed, from the switching at every place.

    Raises :class:`DoesNotApply` where they relax slowly or, as on a bipartite set of states, never.
    """
    size = step.size
    shape = step.places[0].shape
    matrix = np.zeros((*shape, size, size))
    for i, j, _, weight in step.weights:
        matrix[..., i, j] += weight
        matrix[..., j, j] -= weight
    rates = np.sort(np.abs(np.linalg.eigvals(matrix)), axis=-1)
    fastest = float(np.max(rates))
    if step.time_step is not None:
        factors = np.sort(np.abs(1 + np.linalg.eigvals(matrix)), axis=-1)
        slow = float(np.max(factors[..., -2]))
        if slow > SLOWEST:
            raise DoesNotApply("the internal states relax over very many steps, or alternate for ever")
        return float(np.ceil(RELAXED / min(-np.log(max(slow, 1e-20)), 0.5)))
    gap = float(np.min(rates[..., 1]))
    if gap < (1 - SLOWEST) * fastest:
        raise DoesNotApply("the internal states relax very slowly")
    return RELAXED / gap
