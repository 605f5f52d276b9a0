"""The continuum limit of a crowd: mean field, gradients, one time step to a rate, and the roles of the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import sympy as sp
from sympy.polys.rings import PolyElement

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.expansion import Expansion
from symdiff.algebra.graded import GradedSeries, Power, power
from symdiff.algebra.ring_atoms import Implicit
from symdiff.continuum.crowd_expansion import Balance, CrowdAlgebra, check_growth, too_many
from symdiff.continuum.crowd_rules import Activity, jump_activities, reaction_activities
from symdiff.continuum.derivation import EXTRA, jets_needed, with_ring
from symdiff.continuum.generator import register_small
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.regimes import PreparedRegime, prepare
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ScalingRegime

MAX_STATES = 12

Value = TypeVar("Value")


@dataclass(frozen=True)
class CrowdDerived:
    """The evolution of all densities in a regime; series are graded like d/dt, those at or below ``kept`` belong to the result."""

    model: JumpModel
    prepared: PreparedRegime
    algebra: CrowdAlgebra
    balances: tuple[Balance, ...]  # of d_t u
    steps: tuple[Balance, ...]  # of one step, or the same
    kept: Power
    known: Power
    note: str = ""

    @property
    def ring(self) -> DifferentialRing:
        """The ring of all series."""
        return self.algebra.ring

    def own_power(self, name: str) -> Power:
        """The power of eps of a density itself."""
        return power(self.prepared.grading.fields.get(name, Fraction(0)))


def derive_crowd(model: JumpModel, regime: ScalingRegime, order: int | None) -> ContinuumLimit:
    """The mean-field limit in one regime; the arguments and errors are those of ``derive_regime``."""
    from symdiff.continuum.crowd_assembly import assemble  # loaded when used: start-up time

    if len(model.state_names) > MAX_STATES:
        raise NotYetError(f"a crowd of {len(model.state_names)} species; at most {MAX_STATES} are handled so far")
    if model.clock == "waiting" or any(j.waiting is not None for j in model.jumps):
        raise NotYetError("waiting times in a crowd are not handled yet", where="waiting_time")
    prepared = prepare(regime, model)

    return with_crowd(model, prepared, order, assemble)


def with_crowd(
    model: JumpModel,
    prepared: PreparedRegime,
    order: int | None,
    use: Callable[[CrowdDerived], Value],
    *,
    timed: bool = True,
) -> Value:
    """What ``use`` makes of the evolution of all densities, in a ring that is large enough; ``timed`` shows them as u(x, t)."""
    highest = _kept(prepared, order) + EXTRA
    further = 0 if prepared.is_long_wave else 2  # rates that are large, as G = D/h**2, are expanded further
    needed = len(model.state_names) * jets_needed(model.dimension, int(highest) + further)

    def run(ring: DifferentialRing) -> Value:
        if timed:  # before the expansion, which makes expressions of the ring's elements
            ring.evolving = dict.fromkeys(model.state_names, model.time)
        ring.implicit = _implicit(model)
        return use(_derived(model, prepared, ring, order))

    return with_ring(model, prepared, run, extra=needed)


def _implicit(model: JumpModel) -> dict[str, Implicit]:
    """The fugacity of a zero range process, where it has no closed form."""
    if model.crowd.site_rate is None:
        return {}
    from symdiff.continuum.zero_range import fugacity  # loaded when used: start-up time

    found = fugacity(model)
    if found.value is None or found.slope is None:
        return {}
    return {found.name: Implicit(found.value, found.density, found.slope)}


def _kept(prepared: PreparedRegime, further: int | None) -> Power:
    if prepared.is_long_wave:
        return 2 if further is None else further
    return power(prepared.time_power) + (further or 0)


def _derived(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, further: int | None) -> CrowdDerived:
    kept = _kept(prepared, further)
    names = model.state_names
    highest = max((power(p) for p in prepared.grading.fields.values()), default=0)
    order = kept + _extra(model, prepared, further) + 1 + max(0, highest)
    register_small(prepared, ring)
    step = None
    step_power: Power = 0
    if model.time_step is not None:
        step = Expansion(ring, prepared.grading).series(prepared.replace(1 / model.time_step), order)
        step_power = -step.valuation
    too_many(model.dimension, int(order + max(0, step_power)) if prepared.is_long_wave else 2)
    algebra = CrowdAlgebra(ring, prepared, names, order + step_power)
    steps = one_step(model, algebra)
    balances = steps
    if step is not None:
        check_growth(steps, algebra)
        rates = algebra.rates(steps)
        balances = [
            Balance(tuple((f * step).mapped(ring.tidy) for f in b.flux), (b.source * step).mapped(ring.tidy))
            for b in rates
        ]
    known = order - max(0, highest)  # beside a density of its own, as long as it is
    derived = CrowdDerived(model, prepared, algebra, tuple(balances), tuple(steps), kept, known)
    return derived if prepared.is_long_wave else _bounded(derived)


def _extra(model: JumpModel, prepared: PreparedRegime, further: int | None) -> int:
    """How many powers beyond those kept are computed; the local equilibrium of rods is known to second order in gradients.

    Functions that are known by their slopes get very long in higher orders.
    """
    if _implicit(model):
        return 0
    if model.crowd.rod_length is None or model.crowd.rod_length == 1:
        return EXTRA
    if further and (further > 2 or not prepared.is_long_wave):
        raise NotYetError("the local equilibrium of rods is known to second order in gradients", where="--order",
                          instead="leave --order out")  # fmt: skip
    return 0 if prepared.is_long_wave else _known_of_rods(model, prepared)


def _known_of_rods(model: JumpModel, prepared: PreparedRegime) -> int:
    """The powers beyond the kept one at which the second order in gradients of a regime with small jumps still tells all."""
    from symdiff.continuum.leading import leading  # loaded when used: start-up time

    if prepared.grading.derivative:
        return 0
    rate = min(leading(model, prepared, j.intensity)[0] for j in model.jumps)
    length = min(leading(model, prepared, d)[0] for j in model.jumps for d in j.displacement)
    return max(0, min(EXTRA, int(rate + 3 * length - _kept(prepared, None)) - 1))


def one_step(model: JumpModel, algebra: CrowdAlgebra) -> list[Balance]:
    """The rate of change, or the change in one step: the jumps, then the reactions among those who have moved."""
    jumps, reactions = jump_activities(model), reaction_activities(model)
    if model.motions:
        return [with_motion(b, n, model, algebra) for n, b in enumerate(algebra.balances([*jumps, *reactions]))]
    if model.clock != "discrete" or not reactions:
        return algebra.balances([*jumps, *reactions])
    first = algebra.balances(jumps)
    moved = {}
    for name, balance in zip(algebra.names, first, strict=True):
        here = algebra.ring.jet(name, (0,) * algebra.dimension, tuple(range(algebra.dimension)))
        own = power(algebra.prepared.grading.fields.get(name, Fraction(0)))
        moved[name] = GradedSeries({own: here}) + algebra.change(balance)
    second = algebra.balances(reactions, moved)
    return [
        Balance(tuple(a + b for a, b in zip(p.flux, q.flux, strict=True)), p.source + q.source)
        for p, q in zip(first, second, strict=True)
    ]


def with_motion(balance: Balance, state: int, model: JumpModel, algebra: CrowdAlgebra) -> Balance:
    """The balance with the motion inside a state: the flux v_b u + a (d_c D_bc) u - d_c(D_bc u)."""
    motion = model.motion_of(state)
    if motion is None:
        return balance
    expansion = Expansion(algebra.ring, algebra.prepared.grading)
    here = sp.Function(model.state_names[state])(*model.coordinate_symbols)

    def series(value: sp.Expr) -> GradedSeries:
        return expansion.series(algebra.prepared.replace(value), algebra.order)

    fluxes = []
    for b, flux in enumerate(balance.flux):
        flux = flux + series(motion.velocity[b] * here)
        for c, entry in enumerate(motion.diffusivity[b] if motion.diffusivity else ()):
            flux = flux - algebra.slope(series(entry * here), c)
            flux = flux + algebra.slope(series(entry), c) * series(motion.evaluation * here)
        fluxes.append(flux.mapped(algebra.ring.tidy).truncated(algebra.order))
    return Balance(tuple(fluxes), balance.source)


def _bounded(derived: CrowdDerived) -> CrowdDerived:
    """What is faster than the regime's time diverges; where nothing happens in it, the first thing that does is shown."""
    algebra, ring = derived.algebra, derived.ring
    found: dict[Power, tuple[str, PolyElement]] = {}
    for name, balance in zip(algebra.names, derived.balances, strict=True):
        for grade, element in algebra.change(balance).terms.items():
            relative = grade - derived.own_power(name)
            if relative not in found and not ring.is_zero(element):
                found[relative] = (name, element)
    lowest = min(found, default=derived.kept)
    floor = power(derived.prepared.time_power)
    if lowest < floor:
        name, element = found[lowest]
        raise DerivationError(
            f"d_t {name} = {ring.to_expression(element)} is of order eps**({Fraction(lowest) - floor}) in this regime: "
            "it diverges as eps -> 0",
            where=f"regime '{derived.prepared.regime.name}'",
            instead="add what makes it small to the scaling (a weak bias or a slow reaction, say), or scale time otherwise",
        )
    if lowest > derived.kept:
        note = f"nothing happens on this time scale; what is shown is of order eps**({lowest})"
        return CrowdDerived(
            derived.model, derived.prepared, algebra, derived.balances, derived.steps, lowest, derived.known, note
        )
    return derived


def crowd_activities(model: JumpModel) -> list[Activity]:
    """Every event of a crowd."""
    return [*jump_activities(model), *reaction_activities(model)]
