"""The result of a derivation: the continuum limit of a model in one regime, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.confirmation import Confirmation
from symdiff.equations.evolution_equation import EvolutionEquation, MasterEquation, Term, fractional_parts
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel, ScalingRegime
from symdiff.model.parameter import Interval
from symdiff.notation.storable import Shown, Storable

Ranges = tuple[tuple[str, Interval], ...]
Coefficients = tuple[tuple[str, sp.Expr], ...]


def backward_field(model: JumpModel) -> AppliedUndef:
    """The average f(x, t) of which backward equations speak; under another letter where the model declares f itself."""
    taken = {p.name for p in model.parameters} | {d.name for d in model.functions}
    taken |= {*model.coordinates, model.density, *model.states}
    name = next(n for n in ("f", "g", "w", "phi", "f_0") if n not in taken)
    return sp.Function(name)(*model.coordinate_symbols, model.time)


@dataclass(frozen=True)
class Step(Shown):
    """One step of a derivation: an equation and the reason for it."""

    title: str
    lhs: sp.Expr
    rhs: sp.Expr
    why: str


@dataclass(frozen=True)
class Closure:
    """Whether and how one equation closes: "exact", "mean-field", "local-equilibrium" or "none", and why."""

    kind: str
    why: str


@dataclass(frozen=True)
class Discarded(Shown):
    """Terms of one power of eps that an equation leaves out, as they would stand on its right-hand side.

    ``density`` names the equation where there are several; ``coordinates`` are those of the terms' derivatives.
    """

    power: Fraction
    terms: tuple[Term, ...]
    density: str = ""
    coordinates: tuple[sp.Symbol, ...] = ()

    @property
    def logarithms(self) -> int:
        """How many factors log(eps) stand beside the power, as beside k^2 log(k)."""
        return max((fractional_parts(2 * t.fractional)[1] for t in self.terms if t.fractional is not None), default=0)

    @property
    def whole_power(self) -> Fraction:
        """The power without the small share by which a logarithm makes a term larger than its power."""
        return self.power.limit_denominator(100) if self.logarithms else self.power


@dataclass(frozen=True)
class CoupledCoefficient:
    """One coefficient of several coupled equations: ``role`` of ``of`` in the equation of ``density``.

    Roles are v, D, a_0, ... of each density ``of``; ``flux`` and ``source`` belong to the equation as a whole (``of`` "").
    """

    density: str
    role: str
    of: str
    value: sp.Expr


@dataclass(frozen=True)
class BoundaryCondition(Shown):
    """A condition at a wall: lhs = rhs ``at`` a place; ``kind`` is absorbing, reflecting, robin, sticky or interface."""

    at: str
    kind: str
    lhs: sp.Expr
    rhs: sp.Expr
    coefficients: Coefficients = ()


@dataclass(frozen=True)
class ResetSource:
    """The gain of ``target`` at one place by jumps of ``source`` to it: weight(x) times the walkers there, summed over x.

    ``kernel`` lists the derivatives of the delta function beside the gain, over the gain. ``is_total``: the weight is a
    constant and no walker is lost, so that the sum is the weight itself.
    """

    place: tuple[sp.Expr, ...]
    weight: sp.Expr
    source: str
    target: str
    kernel: tuple[tuple[tuple[int, ...], sp.Expr], ...] = ()
    is_total: bool = False


@dataclass(frozen=True)
class RareEvents:
    """The slope of Phi(x) in the law e^(-V Phi), by the jumps and by the diffusion approximation.

    The two agree to first order in the drift only: times and probabilities of rare events differ by a factor e^(V ...).
    """

    jumps: sp.Expr
    diffusion: sp.Expr


@dataclass(frozen=True)
class SystemSizeExpansion(Shown):
    """Van Kampen's expansion n = V x + V^(1/2) xi of a population; see ``symdiff.continuum.system_size`` for the equations.

    ``macroscopic`` is dx/dt; ``drift_matrix`` A and ``noise_covariance`` B are those of the linear noise approximation;
    ``covariance`` lists dS/dt, ``mean_correction`` d delta/dt, ``third_cumulants`` dK/dt and ``covariance_correction`` dC/dt by
    name; ``next_order`` the terms of order V^(-1/2) in the equation of Pi(xi, t); ``stationary`` the fixed points where they
    are known in closed form, each stable where its ``stationary_conditions`` hold, and
    ``stationary_missing`` why there may be others.
    """

    size: sp.Symbol
    coordinates: tuple[str, ...]
    macroscopic: tuple[sp.Expr, ...]
    drift_matrix: tuple[tuple[sp.Expr, ...], ...]
    noise_covariance: tuple[tuple[sp.Expr, ...], ...]
    covariance: Coefficients
    mean_correction: Coefficients
    third_cumulants: Coefficients
    covariance_correction: Coefficients
    next_order: sp.Expr
    stationary: tuple[Coefficients, ...] = ()
    stationary_conditions: tuple[tuple[sp.Expr, ...], ...] = ()
    stationary_missing: str = ""
    rare_events: RareEvents | None = None


@dataclass(frozen=True)
class ContinuumLimit(Storable):
    """The continuum limit of a jump model in one regime.

    ``equations`` holds one evolution equation per conserved density, none where none closes (``closure`` says why).
    Coefficients follow d_t P = - v d_x P + D d_xx P + a_3 d_xxx P + ...; where they depend on place they are those of the
    conservative form - d_x(v P) + d_xx(D P) + ..., and ``flux_form`` has d_t P = - d_x(v P - D d_x P); those of several
    densities are in ``coupled``. ``frame`` is the velocity of a moving frame, by coordinate. ``discarded`` holds the next
    terms, ``remainder_power`` the first power of eps that was not computed.
    """

    density: str
    regime: ScalingRegime
    assumptions: tuple[str, ...]
    master_equation: MasterEquation
    equations: tuple[EvolutionEquation, ...]
    system: tuple[EvolutionEquation, ...]
    local_equilibrium: Coefficients
    coefficients: Coefficients
    flux_form: Coefficients
    growth_rate: sp.Expr | None
    backward: tuple[sp.Expr, sp.Expr] | None
    closure: Closure
    moments_exist_below: sp.Expr | None
    discarded: tuple[Discarded, ...]
    remainder_power: sp.Expr
    kept_power: Fraction
    steps: tuple[Step, ...]
    confirmation: Confirmation
    settings: Coefficients = field(default=())
    coupled: tuple[CoupledCoefficient, ...] = ()
    boundary_conditions: tuple[BoundaryCondition, ...] = ()
    frame: Coefficients | None = None
    system_size: SystemSizeExpansion | None = None
    in_shares: bool = False  # of a population in scaled numbers x = n/V
    resets: tuple[ResetSource, ...] = ()
    ranges: Ranges = ()  # where the result holds for some values of parameters only: one case of several
    latex_names: tuple[tuple[str, str], ...] = ()  # how the model prints its parameters, for views of the limit alone

    @property
    def case(self) -> str:
        """For which values the result holds, where it is one case of several."""
        return ", ".join(span.text(name) for name, span in self.ranges)

    @property
    def title(self) -> str:
        """The name of the regime, with the case."""
        return f"{self.regime.name} ({self.case})" if self.ranges else self.regime.name

    @property
    def equation(self) -> EvolutionEquation | None:
        """The evolution equation where there is exactly one."""
        return self.equations[0] if len(self.equations) == 1 else None

    def coefficient(self, name: str) -> sp.Expr:
        """A coefficient by its name, such as "D" or "v_x"; raises KeyError, which names those that there are."""
        named = dict(self.coefficients)
        if name not in named:
            raise KeyError(
                f"no coefficient '{name}' in regime '{self.regime.name}'; there are: {', '.join(named) or 'none'}"
            )
        return named[name]

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """The coordinates of space."""
        source = next(iter((*self.equations, *self.system)), None)
        return source.coordinates if source else ()

    @property
    def drift(self) -> tuple[sp.Expr, ...]:
        """The drift velocity, one entry per coordinate."""
        named = dict(self.coefficients)
        names = ["v"] if "v" in named else [f"v_{c}" for c in self.coordinates]
        return tuple(named[n] for n in names if n in named)

    @property
    def diffusion_tensor(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """The symmetric tensor D_ij of the equation's D_ij d_i d_j."""
        named = dict(self.coefficients)
        if "D" in named:
            return ((named["D"],),)
        long = any(len(c.name) > 1 for c in self.coordinates)
        rows = []
        for i, a in enumerate(self.coordinates):
            row = []
            for j, b in enumerate(self.coordinates):
                first, second = (a, b) if i <= j else (b, a)
                name = f"D_{first}_{second}" if long else f"D_{first}{second}"
                if name not in named:
                    return ()
                row.append(named[name])
            rows.append(tuple(row))
        return tuple(rows)

    def with_settings(self, settings: Coefficients) -> ContinuumLimit:
        """The same limit with the values that the user set, which are put in where it is shown."""
        return replace(self, settings=settings)


def without_equation(sample: ContinuumLimit, regime: ScalingRegime, error: SymdiffError) -> ContinuumLimit:
    """The entry of a regime that has no equation."""
    return replace(
        sample, regime=regime, ranges=(), system_size=None, assumptions=(), equations=(), system=(), local_equilibrium=(), coefficients=(), flux_form=(), coupled=(),
        growth_rate=None, backward=None, moments_exist_below=None, closure=Closure("none", error.message), discarded=(), remainder_power=sp.Integer(0),
        steps=(), confirmation=Confirmation("none: there is no result", "0", None, 0))  # fmt: skip
