"""The bridge from a jump model to the step lists that are counted: lattice sites, multiplicities, probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

import sympy as sp

from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.lattice_terrain import condition_of, ratio_of, space_of_sites, walls_of
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import StateSteps, StepSet, Transition
from symdiff.evidence.counting.terrain import Condition, Polynomial, Terrain, Walk, WalledSteps
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.number_laws import is_number_law
from symdiff.model.occupancy import check_walkers
from symdiff.model.regions import comparisons
from symdiff.model.step_law import StepLaw

WalkSteps = StepSet | StateSteps
Vector = tuple[int, ...]


@dataclass(frozen=True)
class LatticeSteps:
    """``walks``: every listed jump counts once (or with its weight); ``chances``: with the probabilities of one step.

    A site is a displacement in units of ``spacings``, one per coordinate, or of the primitive vectors of a named lattice
    (then ``spacings`` is empty). ``chances`` is None where no probability per step is known, and ``why_no_chances`` says
    why. ``states_are_sites``: the states are the sublattices of a named lattice.
    """

    walks: Walk
    chances: Walk | None
    spacings: tuple[sp.Expr, ...]
    states: tuple[str, ...]
    why_no_chances: str = ""
    states_are_sites: bool = False
    symbolic_weights: bool = False  # ``walks`` counts every walk once, whatever its weight


@dataclass(frozen=True)
class SymbolicSteps:
    """A walk whose steps have formulas for probabilities: one for each transition, and for resting in each state."""

    walk: WalledSteps
    weights: tuple[sp.Expr, ...]
    rests: tuple[sp.Expr, ...]


def symbolic_steps(model: JumpModel, values: dict[sp.Symbol, sp.Expr]) -> SymbolicSteps | None:
    """The steps with the formulas of their probabilities; None where these depend on place, or there are none."""
    _refuse(model)
    grid = _grid(model)
    spaces = [space_of_sites(model, grid.vectors, offset, values) for offset in grid.offsets]
    formulas = [expand_definitions(j.intensity, model.functions).xreplace(values) for j in model.jumps]
    placed = any(f.has(*model.coordinate_symbols) or f.atoms(sp.core.function.AppliedUndef) for f in formulas)
    open_where = tuple(_conditions(j, spaces[0], values, model) for j in model.jumps)
    weights_only = model.clock == "none"
    if model.clock == "continuous" or placed or (any(open_where) and not weights_only):
        return None
    walls, periods = walls_of(model, values, spaces, grid.vectors, chances=not weights_only)
    steps, numbers = _steps(model, grid.steps, [Fraction(f != 0) for f in formulas], merge=False)
    rests = []
    for state in model.state_names:
        out = [f for j, f in zip(model.jumps, formulas, strict=True) if j.source in (None, state)]
        rests.append(sp.Integer(0) if model.lossy or weights_only else sp.expand(1 - sp.Add(*out)))
    conditions = tuple(open_where[i] for i in numbers) if any(open_where) else ()
    walk = WalledSteps(steps, Terrain(walls, periods, conditions))
    return SymbolicSteps(walk, tuple(formulas[i] for i in numbers), tuple(rests))


@dataclass(frozen=True)
class _Grid:
    """The sites of a model: the step of every jump (by number and by state left), in units of the vectors."""

    vectors: tuple[tuple[sp.Expr, ...], ...]
    offsets: tuple[tuple[sp.Expr, ...], ...]  # of every state, in space
    steps: tuple[Vector, ...]
    spacings: tuple[sp.Expr, ...]


def lattice_steps(model: JumpModel, values: dict[sp.Symbol, sp.Expr]) -> LatticeSteps:
    """The steps of a model on its lattice, between its walls.

    Raises :class:`UsageError` for steps that lie on no lattice, :class:`NotYetError` for what is not counted yet.
    """
    _refuse(model)
    grid = _grid(model)
    spaces = [space_of_sites(model, grid.vectors, offset, values) for offset in grid.offsets]
    open_where = tuple(_conditions(jump, spaces[0], values, model) for jump in model.jumps)
    named = model.lattice is not None and bool(model.states)

    def on_terrain(steps: WalkSteps, numbers: list[int], *, chances: bool, rest: bool, factors: _Factors = ()) -> Walk:
        walls, periods = walls_of(model, values, spaces, grid.vectors, chances=chances)
        terrain = Terrain(
            walls, periods, tuple(open_where[i] for i in numbers) if any(open_where) else (), rest, factors
        )
        return steps if terrain.plain else WalledSteps(steps, terrain)

    special = any(open_where)
    weights, symbolic = [Fraction(1)] * len(model.jumps), False
    if model.clock == "none":
        weights, symbolic = _weights(model, values)
    steps, numbers = _steps(model, grid.steps, weights, merge=not special)
    walks = on_terrain(steps, numbers, chances=False, rest=False)
    if model.clock == "none":
        chances, why = None, "the jumps carry weights only"
    else:
        chances, why = _chances(model, grid, values, spaces[0], special, on_terrain)
    return LatticeSteps(walks, chances, grid.spacings, model.states, why, named, symbolic)


_Factors = tuple[tuple[Polynomial, Polynomial] | None, ...]


def site_vectors(model: JumpModel) -> tuple[Vector, ...]:
    """The step of every jump, in the units of ``lattice_steps``."""
    return _grid(model).steps


def site_places(model: JumpModel, sites: Sequence[Sequence[int | str]]) -> list[tuple[float, ...]]:
    """Where sites (with their state, where there are states) lie in space, for a picture: lengths left open count as one."""
    grid = _grid(model)
    given = {name: value for name, value in model.values if value.is_number}
    lengths = [e for vector in (*grid.vectors, *grid.offsets) for e in vector]
    numbers = {s: given.get(s.name, sp.Integer(1)) for e in lengths for s in e.free_symbols}
    vectors = [[float(e.subs(numbers)) for e in v] for v in grid.vectors]
    states = model.states if len(grid.offsets) == len(model.states) else ()
    offsets = [[float(e.subs(numbers)) for e in v] for v in grid.offsets]
    axes = range(model.dimension)
    found = []
    for site in sites:
        cell = [int(c) for c in site[: model.dimension]]
        offset = offsets[states.index(str(site[-1]))] if states else offsets[0]
        found.append(tuple(offset[i] + sum(c * v[i] for c, v in zip(cell, vectors, strict=True)) for i in axes))
    return found


def _kind_of_steps(law: StepLaw) -> str:
    """What keeps the steps of a law from being listed."""
    if law.distribution == "binomial" and law.inner is None:
        return "the binomial law of the steps is not written out as a list"
    if law.distribution == "family" or is_number_law(law):
        return "the set of steps is infinite"
    return "the steps have a continuous law"


def _refuse(model: JumpModel) -> None:
    if model.space_dimension is not None:
        raise NotYetError(f"walks in {model.space_dimension} dimensions are not counted: their sites have no coordinates",
                          where="[model] dimension", instead="state the coordinates, as in coordinates = ['x', 'y']")  # fmt: skip
    if model.resets:
        raise NotYetError("with jumps to fixed places only the law of the end and single sites are counted", where=model.resets[0].label,
                          instead="ask for 'symdiff count -n ...'")  # fmt: skip
    for jump in model.jumps:
        if jump.law is not None:
            raise UsageError(f"{_kind_of_steps(jump.law)}: only finite lists of jumps are counted", where=jump.label,
                             instead="count a model with a finite list of jumps")  # fmt: skip
    if model.depends_on_time and model.clock != "continuous":
        raise NotYetError("probabilities that depend on time are not counted yet", where="jumps")
    if model.signed:
        raise UsageError("weights outside [0, 1] are no probabilities: there is nothing to count")
    if not model.rests:
        raise UsageError("walkers that move between their jumps visit no lattice: there are no walks to count",
                         instead="count a model that consists of jumps only")  # fmt: skip
    check_walkers(model, "counts")
    if model.clock == "continuous" and not model.boundaries and _of_individuals(model):
        raise UsageError("the rates vanish where a number of individuals would become negative: which jumps are possible depends on the"
                         " numbers, and walks that step on regardless are none", where="jumps",
                         instead="a boundary that keeps the numbers in their range, such as 'n >= 0', counts the walks inside")  # fmt: skip
    for jump in model.jumps:
        if any(r.has(*model.coordinate_symbols) or r.atoms(sp.core.function.AppliedUndef) for r in jump.displacement):
            raise NotYetError("jumps whose length depends on place are not counted", where=jump.label)


def _of_individuals(model: JumpModel) -> bool:
    """Whether no jump leads below zero: coordinates count individuals, and every rate vanishes where there are too few of them."""
    if not counts_individuals(model):
        return False
    below = [(j.intensity, x, -int(r)) for j in model.jumps for r, x in zip(j.displacement, model.coordinate_symbols, strict=True)
             if r.is_Integer and r < 0]  # fmt: skip
    return bool(below) and all(sp.expand(rate.subs(x, n)) == 0 for rate, x, size in below for n in range(size))


def _grid(model: JumpModel) -> _Grid:
    if model.lattice is not None:
        return _named_grid(model)
    spacings, steps = _sites(model)
    axes = range(model.dimension)
    vectors = tuple(tuple(spacings[j] if i == j else sp.Integer(0) for j in axes) for i in axes)
    return _Grid(vectors, ((sp.Integer(0),) * model.dimension,), tuple(steps), spacings)


def _named_grid(model: JumpModel) -> _Grid:
    """Sites as multiples of the primitive vectors of the lattice, with its sublattices as states."""
    assert model.lattice is not None
    vectors = model.lattice.primitive_vectors(model.dimension)
    positions = model.lattice.sublattice_positions(model.dimension)
    zero = (sp.Integer(0),) * model.dimension
    inverse = sp.Matrix([list(v) for v in vectors]).T.inv()
    steps = []
    for jump in model.jumps:
        away = [
            r + positions.get(jump.source or "", zero)[k] - positions.get(jump.target or jump.source or "", zero)[k]
            for k, r in enumerate(jump.displacement)
        ]
        found = [sp.radsimp(sp.expand(x)) for x in inverse * sp.Matrix(away)]
        if not all(x.is_Integer for x in found):
            raise UsageError(f"the jump {jump.displacement} leads to no site of the lattice", where=jump.label)
        steps.append(tuple(int(x) for x in found))
    offsets = tuple(positions.get(state, zero) for state in model.states) or (zero,)
    diagonal = all(not x for i, v in enumerate(vectors) for j, x in enumerate(v) if i != j)
    spacings = tuple(v[i] for i, v in enumerate(vectors)) if diagonal else ()
    return _Grid(vectors, offsets, tuple(steps), spacings)


def _conditions(
    jump: Jump, space: dict[sp.Symbol, sp.Expr], values: dict[sp.Symbol, sp.Expr], model: JumpModel
) -> tuple[Condition, ...]:
    """The conditions on the site left of a jump with ``where``."""
    if jump.region is None:
        return ()
    if model.lattice is not None and len(model.state_names) > 1:
        raise NotYetError(
            "jumps with 'where' on lattices of several sites per cell are not counted yet", where=jump.label
        )
    return tuple(
        condition
        for gap, sign in comparisons(jump.region)
        for condition in condition_of(gap, sign, values, space, model.dimension, jump.label)
    )


def _sites(model: JumpModel) -> tuple[tuple[sp.Expr, ...], list[Vector]]:
    """Displacements as integers: as written if they are integers, else in multiples of one spacing per coordinate."""
    entries = [list(j.displacement) for j in model.jumps]
    if all(r.is_Integer for row in entries for r in row):
        return tuple(sp.Integer(1) for _ in model.coordinates), [tuple(int(r) for r in row) for row in entries]
    spacings, columns = [], []
    for axis in range(model.dimension):
        spacing, multiples = _multiples([row[axis] for row in entries], model.coordinates[axis])
        spacings.append(spacing)
        columns.append(multiples)
    return tuple(spacings), [tuple(column[i] for column in columns) for i in range(len(entries))]


def _multiples(lengths: list[sp.Expr], axis: str) -> tuple[sp.Expr, list[int]]:
    parts = [r.as_coeff_Mul() for r in lengths if r != 0]
    if not parts:
        return sp.Integer(1), [0] * len(lengths)
    unit = parts[0][1]
    if any(other != unit for _, other in parts) or any(not c.is_Rational for c, _ in parts):
        shown = ", ".join(sorted({str(r) for r in lengths if r != 0}))
        raise UsageError(f"the displacements along {axis} ({shown}) are not multiples of one spacing: they lie on no lattice",
                         instead="state them as multiples of one length, such as h and -2*h")  # fmt: skip
    fractions = [Fraction(int(c.p), int(c.q)) for c, _ in parts]
    scale = Fraction(1)
    if any(f.denominator != 1 for f in fractions):
        scale = Fraction(gcd(*(f.numerator for f in fractions)), lcm(*(f.denominator for f in fractions)))
    found = [
        0 if r == 0 else int(Fraction(int(r.as_coeff_Mul()[0].p), int(r.as_coeff_Mul()[0].q)) / scale) for r in lengths
    ]
    return unit * sp.Rational(scale.numerator, scale.denominator), found


def _steps(
    model: JumpModel, vectors: Sequence[Vector], weights: Sequence[Fraction], rest: dict[str, Fraction] | None = None,
    *, merge: bool = True,
) -> tuple[WalkSteps, list[int]]:  # fmt: skip
    """A step list, with the states where there are any, and the number of the jump of every transition.

    ``rest`` adds the probability to stay, by state. Equal steps merge, unless they are open at different sites.
    """
    plain = [int(w) if w.denominator == 1 else w for w in weights]
    if merge and not model.states:
        extra = [] if not rest or not rest[model.density] else [((0,) * model.dimension, rest[model.density])]
        return StepSet.from_steps([*vectors, *(v for v, _ in extra)], [*plain, *(w for _, w in extra)]), []
    found: list[tuple[str, str, Vector, int | Fraction]] = []
    numbers = []
    for number, (jump, vector, weight) in enumerate(zip(model.jumps, vectors, plain, strict=True)):
        for state in model.states or ("",):
            if jump.source in (None, state) and weight:
                found.append((state, jump.target or state, vector, weight))
                numbers.append(number)
    for state, weight in (rest or {}).items():
        if weight:
            found.append((state, state, (0,) * model.dimension, weight))
    states = model.states or ("",)
    if merge:
        return StateSteps.from_transitions(found, states=states), []
    return StateSteps(states, tuple(Transition(*entry) for entry in found), distinct=False), numbers


def _weights(model: JumpModel, values: dict[sp.Symbol, sp.Expr]) -> tuple[list[Fraction], bool]:
    """The weights of the jumps; one for each, and true, where some are symbols."""
    weights = [jump.intensity.xreplace(values) for jump in model.jumps]
    for jump, value in zip(model.jumps, weights, strict=True):
        if value.has(*model.coordinate_symbols) or value.atoms(sp.core.function.AppliedUndef):
            raise NotYetError(
                f"the weight {jump.intensity} depends on place, which is not counted yet", where=jump.label
            )
    if all(value.is_Rational for value in weights):
        return [Fraction(int(value.p), int(value.q)) for value in weights], False
    return [Fraction(value != 0) for value in weights], True


def _chances(
    model: JumpModel, grid: _Grid, values: dict[sp.Symbol, sp.Expr], space: dict[sp.Symbol, sp.Expr], special: bool,
    on_terrain: Callable[..., Walk],
) -> tuple[Walk | None, str]:  # fmt: skip
    """The walk with the probabilities of its steps, where they are numbers at every site."""
    if model.clock == "continuous":
        return None, "the model has rates: the number of jumps up to a time is random"
    found: list[Fraction] = []
    factors: list[tuple[Polynomial, Polynomial] | None] = []
    for jump in model.jumps:
        value = expand_definitions(jump.intensity, model.functions).xreplace(values)
        ratio = None
        if not value.is_Rational:
            if value.has(*model.coordinate_symbols):
                ratio = ratio_of(value, values, space, model.dimension)
            if ratio is None:
                names = ", ".join(sorted(str(s) for s in value.free_symbols if s not in space)) or str(value)
                return None, f"the probabilities depend on {names}: give values with --set"
        factors.append(ratio)
        found.append(Fraction(1) if ratio is not None else Fraction(int(value.p), int(value.q)))
    lossy = model.lossy
    if special or any(f is not None for f in factors):
        steps, numbers = _steps(model, grid.steps, found, merge=False)
        chosen = tuple(factors[i] for i in numbers)
        return on_terrain(steps, numbers, chances=True, rest=not lossy, factors=chosen), ""
    rest = (
        {}
        if lossy
        else {
            state: 1
            - sum((p for j, p in zip(model.jumps, found, strict=True) if j.source in (None, state)), Fraction(0))
            for state in model.state_names
        }
    )
    if any(r < 0 for r in rest.values()):
        raise UsageError("with these values the probabilities of one step sum to more than one", where="--set",
                         instead="values for which they sum to at most one")  # fmt: skip
    if any(p < 0 for p in found):
        raise UsageError("with these values a probability is negative", where="--set")
    return on_terrain(*_steps(model, grid.steps, found, rest), chances=True, rest=False), ""
