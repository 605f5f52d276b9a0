"""What a walk does next to a wall: the first site inside, the jumps across, and the wall that they amount to.

Distances are counted from the stated wall into the domain. Next to the wall the density is stationary at leading order
and linear beyond the layer, u = a + b y. For jumps between neighbouring sites at spacing h, with the first site at delta,
the rate g of a jump in the bulk, r of one away from the wall and K of absorption from the first site,

    P_2 g = (r + K) P_1,   u vanishes at y = - lam,   lam = h (r + K)/K - h - delta.

For a symmetric law of steps with variance sigma^2 and an absorbing wall lam is that of Wiener and Hopf (Spitzer 1957),
- (1/pi) int_0^oo dk/k^2 log[2 (1 - phi(k))/(sigma^2 k^2)]; a weak absorption q per attempt gives the flux
q u E[max(-r, 0)]/tau, twice that where normal steps also hit the wall between their ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdiff.continuum.leading import leading
from symdiff.continuum.observables.walls import Interval, Wall
from symdiff.continuum.regimes import PreparedRegime
from symdiff.errors import ModelError, NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.step_law import StepLaw


@dataclass(frozen=True)
class Rule:
    """The wall that a microscopic rule amounts to.

    ``length`` is lam (None: not derived), ``reactivity`` kappa/D where absorption is weak (None: from ``length``),
    ``wall`` how far inside the effective reflecting wall stands (None: not derived); ``notes`` what is to be listed.
    """

    kind: str
    length: sp.Expr | None = None
    flux: sp.Expr | None = None  # kappa itself, for weak absorption
    wall: sp.Expr | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hop:
    """One jump seen along the axis that points into the domain: its length, its law, its rate."""

    length: sp.Expr
    rate: sp.Expr
    law: StepLaw | None
    slope: sp.Expr  # of the law's length along the axis


def hops(model: JumpModel, axis: int, inward: int) -> list[Hop]:
    """Every jump that moves along the axis, per unit of time; per wait where waits have no mean."""
    per_time = sp.Integer(1)
    if model.clock == "discrete":
        assert model.time_step is not None
        per_time = 1 / model.time_step
    found = []
    for jump in model.jumps:
        if model.clock == "waiting":
            per_time = _per_wait(model, jump)
        law, slope = (None, sp.Integer(0)) if jump.law is None else across(jump.law, jump, axis)
        length = jump.displacement[axis] * inward
        if length != 0 or slope != 0:
            found.append(Hop(length, jump.intensity * per_time, law, slope * inward))
    return found


def _per_wait(model: JumpModel, jump: Jump) -> sp.Expr:
    law = model.wait_before(0, jump)
    if not law.mean_is_infinite:
        return 1 / law.moment(1)
    if len({model.wait_before(j, other) for _, j, other in model.transitions()}) > 1:
        raise NotYetError("walls beside waits without a mean that differ between jumps are not handled yet")
    return sp.Integer(1)


def across(law: StepLaw, jump: Jump, axis: int) -> tuple[StepLaw, sp.Expr]:
    """The law of the step across a wall, and its slope: of several normal lengths their sum; an isotropic law stands for its own component."""
    if law.lengths == 1 and law.inner is None:
        return law, jump.direction[axis]
    weights = [row[axis] for row in jump.directions]
    if law.distribution == "normal":
        a, several = dict(law.arguments), range(law.lengths)
        mean = sum((weights[i] * a[f"mean.{i}"] for i in several), sp.Integer(0))
        variance = sum(
            (weights[i] * weights[j] * a[f"covariance.{min(i, j)}.{max(i, j)}"] for i in several for j in several),
            sp.Integer(0),
        )
        return StepLaw("normal", (("mean", mean), ("variance", sp.expand(variance)))), sp.Integer(variance != 0)
    if law.distribution == "isotropic" and weights == [sp.Integer(i == axis) for i in range(law.lengths)]:
        return law, sp.Integer(1)
    raise NotYetError(
        "walls next to steps whose law has several dimensions are handled for normal and isotropic steps so far"
    )


# --- neighbouring sites -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chain:
    """Jumps between neighbouring sites: the spacing, the rate in the bulk, the distance of the first site inside."""

    spacing: sp.Expr
    rate: sp.Expr
    first: sp.Expr
    notes: tuple[str, ...] = ()


def chain_of(model: JumpModel, prepared: PreparedRegime, moves: list[Hop], wall: Wall, axis: int, inward: int) -> Chain:
    """The chain next to a wall; raises :class:`NotYetError` for longer jumps and for a drift of the order of the rate."""
    lengths = list(dict.fromkeys(abs(m.length) if m.length.is_number else _positive(m.length) for m in moves))
    if len(lengths) != 1:
        raise NotYetError("jumps beyond the neighbouring site next to a wall are not handled yet")
    spacing = lengths[0]
    up = leading(model, prepared, sp.Add(*(m.rate for m in moves if m.length == spacing)))
    down = leading(model, prepared, sp.Add(*(m.rate for m in moves if m.length == -spacing)))
    if up[0] != down[0] or sp.expand(up[1] - down[1]) != 0:
        raise NotYetError(
            "a drift of the order of the jump rate makes a layer next to the wall that is as thin as the lattice"
        )
    first, notes = first_site(model, wall, spacing, axis, inward)
    return Chain(spacing, up[1], first, notes)


def _positive(value: sp.Expr) -> sp.Expr:
    if value.is_positive:
        return value
    if value.is_negative:
        return -value
    raise NotYetError(f"whether the displacement {value} leads to the wall depends on its sign")


def check_sites(model: JumpModel, interval: Interval) -> None:
    """Raise :class:`ModelError` where no site of a walk by equal jumps lies between two walls."""
    axis, low, high = interval.axis, interval.low, interval.high
    jumps = [jump.displacement[axis] for _, _, jump in model.transitions() if jump.destination is None]
    if low is None or high is None or model.motions or any(jump.law is not None for jump in model.jumps):
        return
    parts = {r.as_coeff_Mul()[1] for r in jumps if r != 0}
    if len(parts) != 1 or not all(r.as_coeff_Mul()[0].is_Rational for r in jumps):
        return
    sizes = [r.as_coeff_Mul()[0] for r in jumps if r != 0]
    spacing = sp.Mul(sp.gcd_list(sizes), *parts)
    origin = model.origin[axis] if model.origin else sp.Integer(0)
    begin, end = (sp.cancel((wall.place - origin) / spacing) for wall in (low, high))
    if not (begin.is_Rational and end.is_Rational and spacing.is_positive):
        return
    first = sp.floor(begin) + 1 if low.strict else sp.ceiling(begin)
    last = sp.ceiling(end) - 1 if high.strict else sp.floor(end)
    if first > last:
        raise ModelError(f"no site lies between the walls at {low.place} and {high.place}: the sites are {origin} and whole multiples of {spacing} "
                         "from there", where="boundaries", instead="move the walls apart, or state one site as [model] origin")  # fmt: skip


def first_site(
    model: JumpModel, wall: Wall, spacing: sp.Expr, axis: int, inward: int
) -> tuple[sp.Expr, tuple[str, ...]]:
    """How far inside the wall the first site is."""
    origin = model.origin[axis] if model.origin else sp.Integer(0)
    offset = sp.expand((wall.place - origin) / spacing) * inward
    notes: tuple[str, ...] = ()
    if not offset.is_Rational:
        notes = (f"the wall at {wall.place} stands on a site",)
        offset = sp.Integer(0)
    number = sp.ceiling(offset)
    if wall.strict and number == offset:
        number += 1
    return (number - offset) * spacing, notes


def chain_rule(wall: Wall, chain: Chain) -> Rule:
    """Absorbing, refused, mirrored and partly absorbing jumps to the neighbour outside."""
    h, g, delta, boundary = chain.spacing, chain.rate, chain.first, wall.boundary
    if boundary.kind == "absorbing":
        return Rule("absorbing", length=h - delta, notes=chain.notes)
    kept = sp.Integer(1)
    absorbed = sp.Integer(0)
    if boundary.probability is not None:
        absorbed, kept = boundary.probability * g, 1 - boundary.probability
    elif boundary.rate is not None:
        absorbed = boundary.rate
    away = g
    if boundary.rejected == "mirror" and landing(sp.expand(delta / h)) == 1:
        away = g + kept * g
    if boundary.kind == "reflecting":
        return Rule("reflecting", wall=sp.expand(delta + h / 2 - h * g / away), notes=chain.notes)
    return Rule("partial", length=sp.factor(h * (away + absorbed) / absorbed - h - delta), notes=chain.notes)


def moved_place(place: sp.Expr, by: sp.Expr) -> sp.Expr:
    """A wall's place moved, written out; beside radicals the way stays as it stands, one fraction."""
    radicals = any(p.exp.is_Rational and not p.exp.is_Integer for p in by.atoms(sp.Pow))
    return place + by if radicals else sp.expand(place + by)


def landing(first: sp.Expr) -> sp.Expr:
    """Where a jump to the neighbour outside lands that is mirrored in the wall, in sites from the first one inside, which is ``first``
    spacings from the wall; 0 or 1."""
    landed = sp.expand(1 - 2 * first)
    if landed not in (0, 1):
        raise ModelError("the mirror image of the site outside is no site inside", where="boundaries",
                         instead='put the wall on a site (domain ">=") or half-way, or write rejected = "stay"')  # fmt: skip
    return landed


# --- steps with a law -------------------------------------------------------------------------------------------------

UNIFORM = "the extrapolation length is the integral of Wiener and Hopf (Spitzer), given to 16 digits"
# lam of steps that are uniform on (-1, 1): -(1/pi) int dk/k^2 log[6 (1 - sin(k)/k)/k^2]; a test evaluates the integral
UNIFORM_MILNE = "0.2979521902795923"


def law_rule(model: JumpModel, prepared: PreparedRegime, moves: list[Hop], wall: Wall) -> Rule:
    """Symmetric steps with a law: the Milne length of an absorbing wall, the flux of a weakly absorbing one."""
    boundary = wall.boundary
    if boundary.kind == "reflecting":
        return Rule("reflecting")
    if boundary.kind == "absorbing":
        if boundary.crossing == "bridge":
            return Rule("absorbing", length=sp.Integer(0))
        length, notes = _milne(model, prepared, moves)
        return Rule("absorbing", length=length, notes=notes)
    if boundary.probability is None:
        raise NotYetError("absorption at a rate next to steps with a continuous law is not handled yet")
    power, _ = leading(model, prepared, boundary.probability)
    if power <= 0:
        return Rule("absorbing", notes=("where exactly the wall stands is not derived for steps with a law and an absorption that is "
                                        "not weak",))  # fmt: skip
    factor = 2 if boundary.crossing == "bridge" else 1
    outward = sp.Add(*(m.rate * outward_mean(m, model, prepared) for m in moves))
    return Rule("partial", flux=factor * boundary.probability * outward)


def outward_mean(move: Hop, model: JumpModel, prepared: PreparedRegime) -> sp.Expr:
    """E[max(-r, 0)] along the axis, for laws that are symmetric at leading order, and for fixed jumps."""
    if move.law is None:
        return _positive(-move.length) if move.length.is_negative else sp.Integer(0)
    a = dict(move.law.arguments)
    if move.length != 0 and not _is_slight(move, model, prepared):
        raise NotYetError("walls next to steps with a law and a displacement beside it are not handled yet")
    size = _size(move.slope)
    name = move.law.distribution
    if name == "normal" and _negligible(a["mean"], sp.sqrt(a["variance"]), model, prepared):
        return size * sp.sqrt(a["variance"]) / sp.sqrt(2 * sp.pi)
    if name == "laplace":
        return size * a["scale"] / 2
    if name == "uniform" and sp.expand(a["low"] + a["high"]) == 0:
        return size * a["high"] / 4
    if move.law.inner is not None:  # of a direction in d dimensions: Gamma(d/2)/(2 sqrt(pi) Gamma((d + 1)/2))
        half = sp.Rational(move.law.lengths, 2)
        return move.law.inner.raw_moment(1) * sp.gamma(half) / (2 * sp.sqrt(sp.pi) * sp.gamma(half + sp.Rational(1, 2)))
    if name in ("exponential", "gamma", "fixed"):  # one-sided: all of it leads out, or nothing
        return -move.slope * move.law.raw_moment(1) if move.slope.is_negative else sp.Integer(0)
    raise NotYetError(f"the mean step to the wall of the law '{name}' is not handled yet")


def _size(slope: sp.Expr) -> sp.Expr:
    """The absolute value of a factor; roots are positive."""
    return sp.Mul(*(f if f.is_Pow and f.exp == sp.Rational(1, 2) else sp.Abs(f) for f in sp.Mul.make_args(slope)))


def _is_slight(move: Hop, model: JumpModel, prepared: PreparedRegime) -> bool:
    """Whether a displacement beside a symmetric law is of a higher power of eps than the steps, as a drift over one time step."""
    assert move.law is not None
    a = dict(move.law.arguments)
    size = {"normal": lambda: sp.sqrt(a["variance"]), "laplace": lambda: a["scale"], "uniform": lambda: a["high"]}.get(
        move.law.distribution
    )
    return size is not None and _negligible(move.length, move.slope * size(), model, prepared)


def _negligible(small: sp.Expr, large: sp.Expr, model: JumpModel, prepared: PreparedRegime) -> bool:
    """Whether the first length vanishes, or is of a higher power of eps than the second."""
    if small == 0:
        return True
    return leading(model, prepared, small)[0] > leading(model, prepared, large)[0]


def _milne(model: JumpModel, prepared: PreparedRegime, moves: list[Hop]) -> tuple[sp.Expr | None, tuple[str, ...]]:
    """lam of one symmetric law; in closed form where there is one."""
    missing = "the shift of the absorbing wall is not derived for this law of steps"
    if len(moves) != 1 or moves[0].law is None or (moves[0].length != 0 and not _is_slight(moves[0], model, prepared)):
        return None, (missing,)
    move, law = moves[0], moves[0].law
    a, name, size = dict(law.arguments), law.distribution, _size(move.slope)
    if name == "normal" and _negligible(a["mean"], sp.sqrt(a["variance"]), model, prepared):
        return -size * sp.zeta(sp.Rational(1, 2)) / sp.sqrt(2 * sp.pi) * sp.sqrt(a["variance"]), ()
    if name == "laplace":
        return size * a["scale"], ()
    if name == "uniform" and sp.expand(a["low"] + a["high"]) == 0:
        return size * a["high"] * sp.Float(UNIFORM_MILNE, 16), (UNIFORM,)
    if law.inner is not None and law.inner.distribution == "exponential" and law.lengths in FLIGHT_MILNE:
        notes = (DIGITS_OF_MILNE,) if law.lengths == 3 else ()
        return FLIGHT_MILNE[law.lengths] * law.inner.raw_moment(1), notes
    if (
        law.inner is not None and law.inner.distribution == "fixed" and law.lengths == 3
    ):  # uniform along every axis (Archimedes)
        return law.inner.raw_moment(1) * sp.Float(UNIFORM_MILNE, 16), (UNIFORM,)
    return None, (missing,)


# --- flights in a direction -------------------------------------------------------------------------------------------

# lam over the mean free path of flights of one speed that turn anywhere: Laplace steps in one dimension, 1/2 + 1/pi in two,
# Milne's problem of radiative transfer in three (Chandrasekhar 1950); the second route evaluates Spitzer's integral
FLIGHT_MILNE = {1: sp.Integer(1), 2: sp.Rational(1, 2) + 1 / sp.pi, 3: sp.Float("0.710446089598763", 16)}
DIGITS_OF_MILNE = "the extrapolation length of Milne's problem in three dimensions is given to 15 digits"


def flight_rule(model: JumpModel, wall: Wall) -> tuple[Rule, sp.Expr]:
    """(rule, mean free path) of walkers that fly at one speed and turn at a rate to any direction alike."""
    boundary, motion = wall.boundary, model.motion_of(0)
    if boundary.kind == "reflecting":
        if boundary.rejected != "mirror":
            raise NotYetError("walkers that fly against a wall and stay there until they turn are not handled yet",
                              instead='write rejected = "mirror"')  # fmt: skip
        return Rule("reflecting", wall=sp.Integer(0)), sp.Integer(0)
    plain = len(model.internals) == 1 and not model.jumps and motion is not None and not motion.diffusivity
    variable = model.internals[0]
    if (
        not plain
        or motion is None
        or variable.domain != "direction"
        or variable.moves
        or not variable.uniform
        or variable.rate is None
    ):
        raise NotYetError("walls of walkers with continuous internal states are handled for flights of one speed that turn at a rate "
                          "to any direction alike")  # fmt: skip
    speeds = {sp.cancel(v / u) for v, u in zip(motion.velocity, variable.symbols, strict=True)}
    (speed, *others) = speeds
    inside = {*variable.symbols, *model.coordinate_symbols, model.time}
    if (
        others
        or speed.free_symbols & inside
        or variable.rate.free_symbols & inside
        or speed.atoms(sp.core.function.AppliedUndef)
    ):
        raise NotYetError(
            "walls of flights whose speed or turning rate depends on direction or place are not handled yet"
        )
    if boundary.kind == "partial":
        raise NotYetError("walls that absorb some of the flights are not handled yet")
    path = _positive(speed) / variable.rate
    notes = (DIGITS_OF_MILNE,) if model.dimension == 3 else ()
    return Rule("absorbing", length=FLIGHT_MILNE[model.dimension] * path, notes=notes), path
