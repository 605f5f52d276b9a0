"""The microscopic statement as frozen values: jumps, states, regimes, claims, and the model that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.errors import ModelError
from symdiff.model.boundary import Boundary, Region
from symdiff.model.crowd import INDEPENDENT, Crowd, Population
from symdiff.model.lattice import Lattice
from symdiff.model.motion import InternalVariable, Motion
from symdiff.model.parameter import Parameter
from symdiff.model.places import read_at
from symdiff.model.scheme import Scheme
from symdiff.model.step_law import StepLaw
from symdiff.model.waiting import WaitingLaw
from symdiff.notation.expression import Scope
from symdiff.notation.storable import Storable


@dataclass(frozen=True)
class Jump:
    """One kind of jump: by ``displacement`` plus, with a ``law``, a random length along ``direction``.

    ``intensity`` is a probability per time step, a rate, or a bare weight, as the model's ``clock`` says; it depends
    on the coordinates of the site that is left. ``source`` and ``target`` are states (None: any, the same). A jump with a
    ``destination`` ends at that place wherever it began (resetting): it has no displacement, ().
    """

    displacement: tuple[sp.Expr, ...]
    intensity: sp.Expr
    source: str | None = None
    target: str | None = None
    law: StepLaw | None = None
    direction: tuple[sp.Expr, ...] = ()
    redraw: tuple[str, ...] = ()  # the continuous internal states that this jump renews
    label: str = field(default="", compare=False)
    waiting: WaitingLaw | None = None
    region: Region | None = None  # the sites from which it is open; None: from all
    destination: tuple[sp.Expr, ...] | None = None

    @property
    def directions(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """The direction of every length of the law, one row each; the axes for a law of the step vector."""
        d = len(self.displacement)
        if not self.direction:
            return tuple(tuple(sp.Integer(int(i == j)) for j in range(d)) for i in range(d))
        return tuple(self.direction[n : n + d] for n in range(0, len(self.direction), d))


@dataclass(frozen=True)
class FunctionDeclaration:
    """A smooth function of coordinates: unknown (``body`` None), or a definition that is expanded in results.

    ``slope_to`` > 0: the slope of an unknown grid, whose displacements are written out for results to this order; a model
    that is written to a file states these displacements, and is judged as it stands there.
    """

    name: str
    arguments: tuple[str, ...]
    body: sp.Expr | None = None
    slope_to: int = field(default=0, compare=False)


@dataclass(frozen=True)
class ScalingRegime:
    """Powers of the small parameter eps, by expression; ``origin`` is "stated", "long-wave" or "found"."""

    name: str
    origin: str
    powers: tuple[tuple[sp.Expr, Fraction], ...]


@dataclass(frozen=True)
class ClaimStatement:
    """A claim as the file states it; it is read and judged elsewhere."""

    id: str
    latex: str = ""
    expression: str = ""
    regime: str = ""
    source: str = ""
    expect: str = ""
    notes: str = ""
    symbols: tuple[tuple[str, str], ...] = ()
    given: tuple[tuple[str, sp.Expr], ...] = ()
    of: str = ""
    level: str = ""
    count: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class ObservableStatement:
    """An observable that the file asks for: name, kind, what it is an average of, the exits that count, the period."""

    name: str
    kind: str
    of: sp.Expr | None = None
    target: Region | None = None
    period: sp.Expr | None = None


@dataclass(frozen=True)
class Preparation:
    """Where the walker starts, and in which state (None: the stationary law of the states).

    ``stated``: the file gives the position; first-passage quantities otherwise keep the coordinates themselves.
    """

    position: tuple[sp.Expr, ...]
    states: tuple[tuple[str, sp.Expr], ...] | None = None
    stated: bool = False


@dataclass(frozen=True, init=False)
class JumpModel(Storable):
    """A microscopic jump model; built in the words of the model file.

    ``clock`` is "discrete" (probabilities per ``time_step``), "continuous" (rates), "waiting" (probabilities after random
    waits: ``waiting``, or those of the jumps) or "none" (weights that are only counted). ``densities`` names sums of
    states, where the file does. ``conditions`` are the assumptions under which the probabilities lie in [0, 1].

    Raises :class:`symdiff.errors.ModelError` with the place of what is wrong.

    >>> walk = JumpModel(parameters={"h": "positive", "g": "positive"}, coordinates=["x"],
    ...                  jumps=[{"displacement": "h", "rate": "g"}, {"displacement": "-h", "rate": "g"}])
    >>> walk.clock, len(walk.jumps)
    ('continuous', 2)
    """

    title: str
    topic: str
    source: str
    source_status: str
    notes: str
    parameters: tuple[Parameter, ...]
    functions: tuple[FunctionDeclaration, ...]
    definitions: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, sp.Expr], ...]
    coordinates: tuple[str, ...]
    density: str
    densities: tuple[tuple[str, tuple[str, ...]], ...]
    states: tuple[str, ...]
    clock: str
    time_step: sp.Expr | None
    signed: bool
    lossy: bool
    lattice: Lattice | None
    scheme: Scheme | None
    constraints: tuple[str, ...]
    jumps: tuple[Jump, ...]
    motions: tuple[Motion, ...]
    internals: tuple[InternalVariable, ...]
    regimes: tuple[ScalingRegime, ...]
    claims: tuple[ClaimStatement, ...]
    preparation: Preparation
    observables: tuple[ObservableStatement, ...]
    conditions: tuple[sp.Basic, ...]
    scope: Scope
    boundaries: tuple[Boundary, ...] = ()
    origin: tuple[sp.Expr, ...] = ()  # the place of the first site; () where it is zero
    crowd: Crowd = INDEPENDENT
    population: Population | None = None
    waiting: WaitingLaw | None = None
    state_waits: tuple[tuple[str | None, WaitingLaw], ...] = ()  # None: the one nameless state
    first_wait: str = "ordinary"
    space_dimension: sp.Expr | None = None  # of an isotropic walk whose one coordinate is any axis

    def __init__(self, **document: Any) -> None:
        from symdiff.model.reading import read_document

        for name, value in read_document(document).items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JumpModel):
            return NotImplemented
        return all(getattr(self, f) == getattr(other, f) for f in _COMPARED)

    def __hash__(self) -> int:
        return hash((self.title, self.coordinates, self.states, self.jumps, self.regimes))

    @property
    def dimension(self) -> int:
        """The number of coordinates."""
        return len(self.coordinates)

    @property
    def coordinate_symbols(self) -> tuple[sp.Symbol, ...]:
        """The coordinates as SymPy symbols."""
        return tuple(sp.Symbol(name, real=True) for name in self.coordinates)

    @property
    def time(self) -> sp.Symbol:
        """The symbol of time."""
        return sp.Symbol("t", real=True)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The internal states; without any, the one state bears the name of the density."""
        return self.states or (self.density,)

    @property
    def density_names(self) -> tuple[str, ...]:
        """The names of the densities in the equations: those of the named sums, else the one density."""
        return tuple(name for name, _ in self.densities) or (self.density,)

    @property
    def resets(self) -> tuple[Jump, ...]:
        """The jumps to a fixed place."""
        return tuple(j for j in self.jumps if j.destination is not None)

    @property
    def rests(self) -> bool:
        """Whether walkers have no motion between their jumps and no continuous internal state."""
        return not self.motions and not self.internals

    @property
    def depends_on_time(self) -> bool:
        """Whether a rate, a displacement or a motion depends on time itself."""
        t = self.time
        return any(
            e.has(t)
            for e in (
                *(v for j in self.jumps for v in (j.intensity, *j.displacement)),
                *(v for m in self.motions for v in (*m.velocity, *(d for row in m.diffusivity for d in row))),
                *(r.intensity for r in self.crowd.reactions),
            )
        )

    def motion_of(self, state: int) -> Motion | None:
        """The motion inside one state, by its number; None where walkers rest in it."""
        name = self.states[state] if self.states else None
        return next((m for m in self.motions if m.state == name), None)

    def parameter(self, name: str) -> Parameter:
        """The declared parameter of this name; raises KeyError."""
        return next(p for p in self.parameters if p.name == name)

    def transitions(self) -> list[tuple[int, int, Jump]]:
        """Every jump once per state that it leaves: (index of the target, index of the source, jump)."""
        names = self.state_names
        found = []
        for jump in self.jumps:
            for j, state in enumerate(names):
                if jump.source in (None, state):
                    target = state if jump.target is None else jump.target
                    found.append((names.index(target), j, jump))
        return found

    def single_reactions(self) -> list[tuple[int, sp.Expr, list[tuple[int, tuple[sp.Expr, ...]]], str]]:
        """Reactions that consume one agent: (index of its state, rate at the agent's own place, products, label).

        A product is (index of its state, its place less that of the agent).
        """
        names, found = self.state_names, []
        for reaction in self.crowd.reactions:
            (agent,) = reaction.consumes
            moved = {c: c - r for c, r in zip(self.coordinate_symbols, agent.displacement, strict=True) if r != 0}
            products = [
                (names.index(p.state), tuple(a - b for a, b in zip(p.displacement, agent.displacement, strict=True)))
                for p in reaction.produces
            ]
            found.append((names.index(agent.state), read_at(reaction.intensity, moved), products, reaction.label))
        return found

    def wait_before(self, source: int, jump: Jump) -> WaitingLaw:
        """The law of the wait that precedes a jump out of a state: its own, that of the state, or that of the model.

        Raises :class:`symdiff.errors.ModelError` where there is none.
        """
        own = dict(self.state_waits).get(self.states[source] if self.states else None)
        law = jump.waiting or own or self.waiting
        if law is None:
            raise ModelError(f"the jump {jump.label} has no waiting time, others have", where="waiting_time",
                             instead="give every jump, every state, or the file a waiting time")  # fmt: skip
        return law

    def substitute(self, change: Mapping[str, sp.Expr]) -> JumpModel:
        """The same model with parameters replaced by numbers or expressions of other parameters, exactly."""
        from symdiff.model.substitution import substituted

        return substituted(self, change)


_COMPARED = ("title", "topic", "source", "source_status", "notes", "parameters", "functions", "values", "coordinates", "density",
             "densities", "states", "clock", "time_step", "signed", "lossy", "lattice", "scheme", "constraints", "jumps", "regimes",
             "claims", "preparation", "observables", "boundaries", "origin", "motions", "internals", "crowd",
             "population", "waiting", "state_waits", "first_wait", "space_dimension")  # fmt: skip


def make_model(fields: Mapping[str, Any]) -> JumpModel:
    """A model from its fields, for code that has them already."""
    model = object.__new__(JumpModel)
    for name, value in fields.items():
        object.__setattr__(model, name, value)
    return model
