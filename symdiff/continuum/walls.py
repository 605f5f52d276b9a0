"""Continuum limits between walls: the equation of the bulk with the conditions that the microscopic rules amount to."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.coefficients import derivative_name
from symdiff.continuum.leading import leading
from symdiff.continuum.limit import BoundaryCondition, Coefficients, ContinuumLimit
from symdiff.continuum.observables.walls import Wall, intervals
from symdiff.continuum.regimes import PreparedRegime, prepare
from symdiff.continuum.wall_confirmation import confirm_chain, confirm_law
from symdiff.continuum.wall_oblique import NO_PLACE, check_along, keeps_its_place
from symdiff.continuum.wall_rules import (
    Rule,
    chain_of,
    chain_rule,
    check_sites,
    flight_rule,
    hops,
    law_rule,
    moved_place,
)
from symdiff.errors import DerivationError, ModelError, NotYetError, UsageError
from symdiff.model.boundary import Boundary
from symdiff.model.jump_model import JumpModel, make_model

BULK = "the equation holds away from the walls"
READ_AT_THE_WALL = "the law of the steps, which changes little over one step, is read at the wall"
UNIFORM_LAYER = (
    "absorption is weak: next to the wall the density is that of one which reflects, uniform over a few jumps"
)
THIN = "their density falls to zero over a few jumps, in a layer that the equation does not resolve"
WEAK = 'state a regime in which the drift is weak, as in h = 1 beside "p - q" = 1'


def without_walls(model: JumpModel) -> JumpModel:
    """The same walk in open space."""
    return make_model({name: getattr(model, name) for name in JumpModel.__dataclass_fields__} | {"boundaries": ()})


def with_conditions(model: JumpModel, limit: ContinuumLimit) -> ContinuumLimit:
    """The limit of the bulk with the conditions at the walls; what is not derived is said in the assumptions."""
    check_enclosure(model)
    found: list[BoundaryCondition] = []
    notes = [BULK]
    try:
        planes = intervals(model)
    except NotYetError:
        curved, more = _curved(model, limit)
        return _joined(limit, curved, [*notes, *more])
    except UsageError as error:
        raise ModelError(error.message, where=error.where, instead=error.instead) from None
    prepared = prepare(limit.regime, model)
    for interval in planes:
        check_sites(model, interval)
        if interval.periodic:
            assert interval.low is not None
            notes.append(f"the two ends of {interval.low.boundary.as_text()} are one site: the density is periodic")
            continue
        for wall, inward in ((interval.low, 1), (interval.high, -1)):
            if wall is not None:
                try:
                    condition, more = _at_plane(model, limit, prepared, wall, interval.axis, inward)
                    found.append(condition)
                    notes += more
                except (NotYetError, DerivationError) as error:
                    at = f"{model.coordinates[interval.axis]} = {wall.place}"
                    notes.append(f"the condition at {at} is not derived: {_reason(error)}")
    return _joined(limit, found, notes)


def _reason(error: NotYetError | DerivationError) -> str:
    return f"{error.message}; {error.instead}" if error.instead else error.message


def _joined(limit: ContinuumLimit, found: list[BoundaryCondition], notes: list[str]) -> ContinuumLimit:
    return replace(limit, boundary_conditions=tuple(found), assumptions=(*limit.assumptions, *dict.fromkeys(notes)))


def check_enclosure(model: JumpModel) -> None:
    """Refuse boundaries that leave no place, or that are no walls."""
    sides = [(side, boundary) for boundary in model.boundaries for side in boundary.domain]
    coordinates = set(model.coordinate_symbols)
    for n, (side, _) in enumerate(sides):
        for other, _ in sides[:n]:
            if sp.expand(side.gap - other.gap) == 0:
                raise ModelError(f"two boundaries stand at {sp.sstr(side.gap)} = 0: one has one kind along its whole length",
                                 where="boundaries", instead="state one of them")  # fmt: skip
            total = sp.expand(side.gap + other.gap)
            if total.free_symbols & coordinates:
                continue
            if total.is_negative or (total.is_zero and (side.strict or other.strict)):
                raise ModelError(f"nothing lies between {other.as_text()} and {side.as_text()}", where="boundaries",
                                 instead="exchange the walls, or drop one of them")  # fmt: skip
        if side.gap.is_negative:
            raise ModelError(f"no place satisfies {side.as_text()}", where="boundaries", instead="check its sign")
        if side.gap.is_positive:
            raise ModelError(f"every place satisfies {side.as_text()}: it bounds nothing", where="boundaries",
                             instead="leave it out")  # fmt: skip


# --- planes -----------------------------------------------------------------------------------------------------------


def _at_plane(
    model: JumpModel, limit: ContinuumLimit, prepared: PreparedRegime, wall: Wall, axis: int, inward: int
) -> tuple[BoundaryCondition, list[str]]:
    """The condition at one plane across a coordinate."""
    flux = Flux(limit, axis)
    rule, confirm = _rule(model, prepared, wall, axis, inward, flux)
    if rule.kind != "absorbing":
        rejected = wall.boundary.rejected
        check_along(model, prepared, axis, inward, rejected)
        if rule.wall is not None and not keeps_its_place(model, axis, rejected):
            rule = replace(rule, wall=None, notes=(*rule.notes, NO_PLACE))
    at = f"{model.coordinates[axis]} = {wall.place}"
    notes = list(rule.notes)
    coefficients: dict[str, sp.Expr] = {}
    kind = rule.kind
    if rule.length is not None:
        power, length = leading(model, prepared, rule.length)
        small = power > _length_unit(prepared)
    if kind == "partial":
        kappa = _kappa(model, prepared, rule, flux)
        if kappa is None:
            kind = "absorbing"
            notes.append(f"in this regime the wall at {at} absorbs whoever comes there")
        elif kappa == 0:
            kind = "reflecting"
            notes.append(f"in this regime the absorption at {at} vanishes")
        else:
            kind = "robin"
            coefficients["kappa"] = kappa
            coefficients["extrapolation_length"] = flux.extrapolation(kappa, inward)
    if kind == "absorbing" and rule.length is not None:
        shift = length if small or prepared.is_long_wave else rule.length
        coefficients["extrapolation_length"] = shift
        coefficients["wall"] = moved_place(wall.place, -inward * shift)
    if kind == "reflecting" and rule.wall is not None:
        coefficients["wall"] = moved_place(wall.place, inward * rule.wall)
    confirm(coefficients.get("kappa"), flux.diffusivity)
    density = flux.density
    lhs, rhs = (density, sp.Integer(0)) if kind == "absorbing" else (inward * flux.into(), sp.Integer(0))
    if kind == "robin":
        rhs = coefficients["kappa"] * density
    if kind == "reflecting" and inward < 0:
        lhs = flux.into()
    return BoundaryCondition(at, kind, lhs, rhs, tuple(coefficients.items())), notes


def _length_unit(prepared: PreparedRegime) -> sp.Expr:
    """The power of eps of the lengths over which the density varies."""
    return -1 if prepared.is_long_wave else -prepared.grading.derivative


def _rule(model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int, flux: Flux):  # type: ignore[no-untyped-def]
    """The wall's rule and the function that puts it to the test of numbers."""
    if any(density_reads(model)):
        return _of_crowd(model, prepared, wall, axis, inward, flux)
    if len(model.state_names) > 1:
        return _of_states(model, prepared, wall, axis, inward, flux)
    if model.internals:
        from symdiff.continuum.wall_confirmation import confirm_flights  # loaded when used: start-up time

        flown, path = flight_rule(model, wall)
        return flown, lambda kappa, spread: confirm_flights(model, prepared, flown, path)
    moves = hops(model, axis, inward)
    motion = model.motion_of(0)
    if motion is not None:
        if not moves and wall.boundary.kind == "partial":
            raise DerivationError("a partial wall takes some of those that would jump across it, and walkers that only diffuse make no jumps",
                                  instead="state their steps: jumps on a lattice, or normal steps in discrete time")  # fmt: skip
        if moves:
            raise NotYetError(
                "walls of walkers that move between their jumps are handled where they diffuse without jumps"
            )
        at_wall = sp.Integer(0)
        return Rule(wall.boundary.kind, length=at_wall, wall=at_wall), lambda kappa, spread: None
    if not moves:
        raise DerivationError("no jump leads to this wall")
    if any(m.law is not None for m in moves):
        places = set(model.coordinate_symbols)
        laws = [law for m in moves if m.law is not None for law in (m.law, m.law.inner) if law is not None]
        read = [m.slope for m in moves] + [value for law in laws for _, value in law.arguments]
        rule = law_rule(model, prepared, moves, wall)
        if any(v.free_symbols & places for v in (*read, *(m.length for m in moves))):
            if model.dimension > 1:
                raise NotYetError(
                    "the law of the steps depends on the place; next to walls of several dimensions it must be the same everywhere"
                )
            here = {model.coordinate_symbols[0]: wall.place}  # unknown functions stand as they do in the equation, at x
            length, flux_ = (
                e if e is None or e.atoms(AppliedUndef) else e.xreplace(here) for e in (rule.length, rule.flux)
            )
            rule = replace(rule, length=length, flux=flux_)
            return replace(rule, notes=(*rule.notes, READ_AT_THE_WALL)), lambda kappa, spread: None
        return rule, lambda kappa, spread: confirm_law(model, prepared, rule, moves, wall.boundary)
    try:
        chain = chain_of(model, prepared, moves, wall, axis, inward)
    except NotYetError:
        if not _without_drift(model, prepared, moves):
            raise
        return _long_jumps(model, prepared, moves, wall, axis, inward)
    rule = chain_rule(wall, chain)
    return rule, lambda kappa, spread: confirm_chain(
        model, prepared, wall, axis, inward, chain.spacing, rule, kappa, spread
    )


def _of_states(model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int, flux: Flux):  # type: ignore[no-untyped-def]
    """The wall of walkers with internal states, by the layer next to it; where that is not solved, by what is conserved."""
    from symdiff.continuum.wall_confirmation import confirm_states  # loaded when used: start-up time
    from symdiff.continuum.wall_states import rule_of_states

    try:
        if model.dimension > 1 and wall.boundary.kind != "absorbing":
            raise NotYetError("the layer next to a wall in several dimensions is solved for absorbing walls only")
        rule = rule_of_states(model, prepared, wall, axis, inward)
    except NotYetError as error:
        found = _by_conservation(model, prepared, wall, flux, error)
        return found, lambda kappa, spread: None
    return rule, lambda kappa, spread: confirm_states(model, prepared, wall, axis, inward, rule, spread)


def _of_crowd(model: JumpModel, prepared: PreparedRegime, wall: Wall, axis: int, inward: int, flux: Flux):  # type: ignore[no-untyped-def]
    """The wall of a crowd: dilute next to one that absorbs, uniform next to one that reflects or takes few."""
    from symdiff.continuum.wall_crowds import DILUTE, lone, uniform_rule

    boundary = wall.boundary
    chance = sp.Integer(0) if boundary.probability is None else boundary.probability
    weak = boundary.kind == "reflecting" or leading(model, prepared, chance)[0] > 0 or boundary.rate is not None
    try:
        if weak and not (boundary.kind == "partial" and prepared.is_long_wave):
            return uniform_rule(model, prepared, wall, axis, inward), lambda kappa, spread: None
        alone = lone(model)
        if len(alone.state_names) > 1:
            raise NotYetError("the layer next to a wall is not solved for crowds of several kinds")
        rule, confirm = _rule(alone, prepare(prepared.regime, alone), wall, axis, inward, flux)
    except NotYetError as error:
        return _by_conservation(model, prepared, wall, flux, error), lambda kappa, spread: None
    if boundary.kind == "partial":
        flux.dilute()
    return replace(rule, notes=(*rule.notes, DILUTE)), confirm


def _long_jumps(model: JumpModel, prepared: PreparedRegime, moves: list, wall: Wall, axis: int, inward: int):  # type: ignore[no-untyped-def, type-arg]
    """The rule and its confirmation where jumps reach beyond the neighbouring site."""
    from symdiff.continuum.wall_confirmation import confirm_states  # loaded when used: start-up time
    from symdiff.continuum.wall_long_jumps import NO_WALL, long_chain, long_rule
    from symdiff.continuum.wall_states import rule_of_chain

    try:
        chain = long_chain(model, prepared, moves, wall, axis, inward)
    except NotYetError:
        if wall.boundary.kind == "partial":
            raise
        return Rule(wall.boundary.kind, notes=(NO_WALL,)), lambda kappa, spread: None
    rate = wall.boundary.rate
    fastest = leading(model, prepared, sp.Add(*chain.rates.values()))[0]
    if (
        rate is not None
        and chain.symmetric
        and not prepared.is_long_wave
        and leading(model, prepared, rate)[0] > fastest
    ):
        reach = max((-r for r in chain.rates if r < 0), default=0)  # so many sites have a jump that leads outside
        weak = Rule("partial", flux=rate * chain.spacing * reach, notes=(UNIFORM_LAYER,))
        return weak, lambda kappa, spread: None
    absorbs = wall.boundary.kind == "absorbing"
    rule = long_rule(wall, chain) if absorbs else rule_of_chain(model, prepared, wall, chain)
    return rule, lambda kappa, spread: confirm_states(model, prepared, wall, axis, inward, rule, spread)


def _by_conservation(model: JumpModel, prepared: PreparedRegime, wall: Wall, flux: Flux, reason: NotYetError) -> Rule:
    """Leading order, without the layer next to the wall: what is conserved does not cross it, or those who come back vanish.

    Walkers that diffuse come back to an absorbing wall again and again, so that their density vanishes there; a drift of the order
    of the jumps carries them away or piles them up within the layer, which is not solved.
    """
    oblique = any(m.velocity for m in model.motions if m is not None) or any(
        j.law is not None or sum(c != 0 for c in j.displacement) > 1 for j in model.jumps
    )
    if model.dimension > 1 and oblique and wall.boundary.kind != "absorbing":
        raise NotYetError(
            "walkers that move along the wall while they press on it: what this carries along it is not handled yet"
        )
    kind, who = wall.boundary.kind, "crowds" if any(density_reads(model)) else "walkers with internal states"
    if kind == "partial":
        raise NotYetError(
            f"how much a partly absorbing wall takes of {who} depends on the layer next to it: {reason.message}",
            instead=reason.instead,
        )
    if kind == "absorbing" and prepared.is_long_wave and flux.drift != 0:
        raise NotYetError(f"an absorbing wall of {who} that drift: {THIN}", instead=WEAK)
    return Rule(
        kind,
        notes=(f"where exactly the wall stands, on the scale of one jump, is not derived for {who}: {reason.message}",),
    )


def _without_drift(model: JumpModel, prepared: PreparedRegime, moves: list) -> bool:  # type: ignore[type-arg]
    """Whether the mean jump vanishes against the jumps themselves."""
    drift = leading(model, prepared, sp.Add(*(m.rate * m.length for m in moves)))
    return drift[1] == 0 or drift[0] > leading(model, prepared, moves[0].rate * moves[0].length)[0]


def density_reads(model: JumpModel) -> list[bool]:
    """Whether a rate reads a density, jump by jump."""
    from symdiff.model.occupancy import density_calls

    return [bool(density_calls(j.intensity, model)) for j in model.jumps]


def _kappa(model: JumpModel, prepared: PreparedRegime, rule: Rule, flux: Flux) -> sp.Expr | None:
    """kappa at leading order; None where it diverges (an absorbing wall), zero where it vanishes."""
    value = rule.flux
    if value is not None and flux.role == "K":
        raise NotYetError("weak absorption of steps with a law, beside waits without a mean, is not handled yet")
    if value is None:
        assert rule.length is not None
        value = flux.diffusivity / rule.length
    power, shown = leading(model, prepared, value)
    if prepared.is_long_wave:
        return value if rule.flux is None else shown
    scale = leading(model, prepared, flux.diffusivity)[0] + prepared.grading.derivative
    if power < scale:
        return None
    return shown if power == scale else sp.Integer(0)


class Flux:
    """D u_n - v u along one axis (D(u) u_n - f(u) of a crowd), from the limit of the bulk.

    Beside waits without a mean both the flux and what a wall takes are under one derivative of fractional order in time, which is
    left out on both sides: K stands for D.
    """

    def __init__(self, limit: ContinuumLimit, axis: int) -> None:
        equation = limit.equation
        plain = equation is not None and all(t.time == 1 or t.caputo is not None for t in equation.left)
        if equation is None or not plain or any(t.fractional is not None or t.time for t in equation.right):
            raise NotYetError("walls are handled for drift and diffusion of one density")
        named = dict(limit.flux_form) or dict(limit.coefficients)
        self.nonlinear = "flux" in named
        if not self.nonlinear and (
            any(sum(t.space) > 2 and not t.inside for t in equation.right)
            or not any(sum(t.space) == 2 for t in equation.right)
        ):
            raise NotYetError("the equation of this regime has no diffusion, or terms beyond it, and its conditions at walls are "
                              "not handled yet")  # fmt: skip
        self.x, self.axis = equation.coordinates, axis
        self.density = sp.Function(equation.density)(*equation.coordinates, equation.time)
        self.role = "K" if any(t.caputo is not None for t in equation.left) else "D"
        self.named: Coefficients = tuple(named.items())
        if not limit.flux_form and not self.nonlinear and self.role == "D":
            raise NotYetError("the equation of this regime has no flux form")
        if self.nonlinear and len(self.x) > 1:
            raise NotYetError("walls of crowds with nonlinear fluxes are handled in one dimension so far")
        self.diffusivity = self._coefficient(self.role, axis, axis)
        self.drift = named["flux"] if self.nonlinear else self._coefficient("v", axis)

    def _coefficient(self, role: str, *axes: int) -> sp.Expr:
        named = dict(self.named)
        if len(self.x) == 1:
            return named.get(role, sp.Integer(0))
        alpha = tuple(axes.count(i) for i in range(len(self.x)))
        return named.get(f"{role}_{derivative_name(self.x, alpha)}", sp.Integer(0))

    def dilute(self) -> None:
        """Read the diffusivity of a crowd where few agents are."""
        self.diffusivity = self.diffusivity.xreplace({self.density: sp.Integer(0)})

    def extrapolation(self, kappa: sp.Expr, inward: int) -> sp.Expr:
        """u/u_n = D/(kappa + v) at a wall, v the drift into the domain: how far outside the straight line through u ends."""
        return self.diffusivity / (kappa if self.nonlinear else kappa + inward * self.drift)

    def into(self) -> sp.Expr:
        """sum_j D_aj d_j u - v_a u."""
        if self.nonlinear:
            return self._coefficient(self.role, 0, 0) * sp.Derivative(self.density, self.x[0]) - self.drift
        spread = sp.Add(*(self._coefficient(self.role, *sorted((self.axis, j))) * sp.Derivative(self.density, c)
                          for j, c in enumerate(self.x)))  # fmt: skip
        return spread - self.drift * self.density


# --- curved walls -----------------------------------------------------------------------------------------------------


def _curved(model: JumpModel, limit: ContinuumLimit) -> tuple[list[BoundaryCondition], list[str]]:
    """Curved and oblique walls at leading order: the density vanishes, or the flux across the wall."""
    found: list[BoundaryCondition] = []
    notes: list[str] = []
    for boundary in model.boundaries:
        for side in boundary.domain:
            at = f"{sp.sstr(side.gap)} = 0"
            try:
                found.append(_at_curve(model, limit, boundary, side.gap, at))
                notes.append(f"where exactly the wall {at} stands, on the scale of one jump, is not derived")
            except NotYetError as error:
                notes.append(f"the condition at {at} is not derived: {error.message}")
    return found, notes


def _at_curve(model: JumpModel, limit: ContinuumLimit, boundary: Boundary, gap: sp.Expr, at: str) -> BoundaryCondition:
    if boundary.kind not in ("absorbing", "reflecting"):
        raise NotYetError("a partly absorbing wall that is curved or oblique is not handled yet")
    density = Flux(limit, 0).density
    if boundary.kind == "absorbing":
        return BoundaryCondition(at, "absorbing", density, sp.Integer(0))
    across = sp.Add(*(sp.diff(gap, c) * Flux(limit, n).into() for n, c in enumerate(model.coordinate_symbols)))
    return BoundaryCondition(at, "reflecting", across, sp.Integer(0))
