"""Two sides of a claim once both are known: equal, close, proportional, up to an order, for late times."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.algebra.nested_integrals import with_decimals
from symdiff.continuum.cases import narrowed
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.check_orders import Beyond, to_order
from symdiff.dossier.check_relations import approximate, compared_late, from_comparison, inequality, proportional
from symdiff.dossier.claim_kinds import names_a_width
from symdiff.dossier.claim_late import NO_LIMIT
from symdiff.dossier.claimed_transforms import is_transform, speaks_of_laplace
from symdiff.dossier.comparing import Arena
from symdiff.dossier.kept_orders import beyond_the_kept
from symdiff.dossier.late_growth import late_growth, surely_positive
from symdiff.dossier.late_times import at_late_times
from symdiff.dossier.lattice_law import local_limit
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver, is_stationary_law
from symdiff.dossier.resolving_averages import STATIONARY as STATIONARY_LABELS
from symdiff.dossier.rounding import TO_THE_DECIMALS, agrees_when_rounded
from symdiff.dossier.small_values import LONG_WAVES, compared_early, same_long_waves, told_apart_by_waves
from symdiff.errors import SymdiffError
from symdiff.model.family import certainly_positive
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.model.polytope import range_under
from symdiff.model.ranges import parameter_intervals
from symdiff.model.scaling_path import conditions_on_parameters
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.roles import role_of
from symdiff.verification.verdict import CONDITIONAL, CONSISTENT, PROVED, REFUTED, SILENT, UNDECIDED, RegimeVerdict

_DECIMALS = re.compile(r"\d\.\d")
STATIONARY = "both sides agree in the stationary state, for t -> oo"


def is_coefficient(relation: Relation, model: JumpModel, stated: dict[str, str]) -> bool:
    """``D = Gamma a^2 (1 - rho)`` of a crowd: a coefficient, in which the density stands as it is."""
    heads = [
        s.name if s.is_Symbol else s.func.__name__
        for s in (relation.left, relation.right)
        if s.is_Symbol or isinstance(s, AppliedUndef)
    ]
    return is_crowd(model) and any(
        (role_of(name, stated) or "").partition("_")[0] in ("D", "v", "flux", "source") for name in heads
    )


def is_bare_place(relation: Relation, model: JumpModel) -> bool:
    """``x = v t``: a coordinate, or a power of it, against something that holds none."""
    variables = set(model.coordinate_symbols)
    for side, other in ((relation.left, relation.right), (relation.right, relation.left)):
        base = side.as_base_exp()[0]
        base = base.args[0] if isinstance(base, sp.Abs) else base
        if base in variables and not other.free_symbols & variables and relation.kind in ("=", "approx", "propto"):
            return True
    return False


def _is_drift_or_spread(relation: Relation, resolver: Resolver) -> bool:
    """``D = x``: a drift or a diffusivity stands alone on one side, and may be the place itself."""
    heads = [
        s.name for s in (relation.left, relation.right) if s.is_Symbol and s not in resolver.model.coordinate_symbols
    ]
    return any(resolver.roles.get(n, "").partition("_")[0] in ("v", "D") for n in heads)


def out_of_place(relation: Relation, model: JumpModel, stated: dict[str, str]) -> str:
    """A letter that is customary for a quantity which this relation does not speak of: s, gamma, n or N in a coefficient."""
    own = {p.name for p in model.parameters} | set(model.coordinates) | set(stated)
    sides = (relation.left, relation.right)
    names = {s.name for side in sides for s in side.free_symbols} - own
    coefficient = any(
        side.is_Symbol and (role_of(side.name, stated) or "")[:1] in ("D", "v", "K", "a") for side in sides
    )
    waves = any(n == "k" or n.startswith("k_") for n in names)
    others = [s.name for side in sides if side != sp.Symbol("k") for s in side.free_symbols]
    if "k" in names and sp.Symbol("k") in sides and not {"k", "s"} & set(others):
        return "k"  # a wave number is no value
    for name, fits in (("s", waves), ("gamma", False), ("n", not coefficient), ("N", not coefficient)):
        if name in names and not fits and not any(side.is_Symbol and side.name == name for side in sides):
            return name
    return ""


def potential_in(relation: Relation, model: JumpModel, resolver: Resolver) -> str:
    """A letter such as V of dV/dx that is by custom the drift, where the drift is the same everywhere: a potential, of which nothing is known."""
    own = {p.name for p in model.parameters} | set(resolver.stated)
    for d in sorted(relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative), key=str):
        head = d.expr
        name = head.func.__name__ if isinstance(head, AppliedUndef) else str(head)
        if name in own or role_of(name, {}) != "v" or not set(d.variables) & set(model.coordinate_symbols):
            continue
        try:
            if not resolver.quantities.value("v").has(*model.coordinate_symbols):
                return name
        except MissingQuantityError:
            continue
    return ""


def at_whole_steps(side: sp.Expr, model: JumpModel) -> sp.Expr:
    """floor(t/tau) as the number of steps: between steps nothing changes."""
    assert model.time_step is not None
    steps = model.time / model.time_step
    return side.xreplace({sp.floor(steps): steps})


def at_late_times_on_lattice(side: sp.Expr, law: sp.Expr, model: JumpModel, place: dict[sp.Basic, sp.Expr]) -> sp.Expr:
    """A side that is the law on the lattice itself, by what the law tends to at late times, where that is known."""
    try:
        return local_limit(model).xreplace(place) if side == law else side
    except SymdiffError:
        return side


def sides_compared(
    claim: Claim,
    relation: Relation,
    arena: Arena,
    resolver: Resolver,
    sides: tuple[sp.Expr, sp.Expr],
    named_right: bool,
    order: Beyond | None = None,
) -> RegimeVerdict:
    """Both sides in the model's parameters, by the kind of the relation; ``named_right``: the right one is what is claimed of."""
    left, right = (_settled_pieces(side, arena.model) for side in sides)
    if left.has(sp.Min, sp.Max) and right.has(sp.Min, sp.Max):
        left, right = (_powers_inside(side, arena.model) for side in (left, right))
    if left != right:
        every = relation.kind == "approx" and left.has(sp.Integral) != right.has(sp.Integral)
        left, right = (with_decimals(side, every=every) for side in (left, right))
    derived = resolver.derived
    if order is not None:
        return to_order(arena, order, left, right, derived, claim.late)
    if (
        claim.late
        and relation.kind in ("=", "approx", "propto")
        and (left.has(arena.model.time) or right.has(arena.model.time))
    ):
        return compared_late(arena, relation.kind, left, right, derived)
    if (
        claim.early
        and relation.kind in ("=", "approx", "propto")
        and (left.has(arena.model.time) or right.has(arena.model.time))
    ):
        return compared_early(arena, relation.kind, left, right, derived)
    if is_bare_place(relation, arena.model) and not _is_drift_or_spread(relation, resolver):
        return RegimeVerdict(
            "", UNDECIDED, derived, "a coordinate alone is no quantity: write its average, <x> or <x^2>, or x_rms"
        )
    if arena.limit is not None and _in_an_exponential(relation, resolver):
        return RegimeVerdict("", SILENT, derived, "the law of one step is that of the lattice")
    if relation.kind == "=":
        answer = arena.equal(left, right, _role_power(relation, resolver))
        if answer.answer is Answer.UNDECIDED and left.has(sp.I) and right.has(sp.I):
            answer = arena.equal(_circular(left), _circular(right), _role_power(relation, resolver))
        verdict = from_comparison(answer, derived, left, right)
        if verdict.verdict == REFUTED and _guessed_spread(relation, resolver):
            again, _, _ = _second_look(claim, relation, resolver, arena, left, right, verdict)
            if again.verdict == PROVED:
                return again
            return RegimeVerdict("", UNDECIDED, derived, "false if 'sigma' is the standard deviation of the position at "
                                 "time t; if it is something else (that of a single step, say), declare it")  # fmt: skip
        if verdict.verdict == REFUTED:
            verdict, left, right = _second_look(claim, relation, resolver, arena, left, right, verdict)
        if (
            verdict.verdict != PROVED
            and (left.has(sp.Float) or right.has(sp.Float))
            and agrees_when_rounded(left, right)
        ):
            return replace(
                verdict,
                verdict=CONSISTENT,
                why=TO_THE_DECIMALS,
                reservation=TO_THE_DECIMALS,
                witness=(),
                left="",
                right="",
            )
        if verdict.verdict == REFUTED and arena.limit is not None and "growth_rate" in resolver.roles.values() and (
            same_long_waves(arena, left, right)):  # fmt: skip
            return RegimeVerdict("", SILENT, derived, LONG_WAVES)
        if (
            verdict.verdict == UNDECIDED
            and arena.limit is not None
            and left.has(sp.I)
            and told_apart_by_waves(arena, left, right)
        ):
            return RegimeVerdict("", REFUTED, derived, "the two sides differ for long waves", (), str(left), str(right))
        if verdict.verdict == REFUTED and "flux" in resolver.roles.values() and _through_a_bond(arena, left, right):
            return RegimeVerdict("", PROVED, derived, THROUGH_A_BOND, reservation=THROUGH_A_BOND)
        if verdict.verdict == REFUTED:
            claimed, correct = (left, right) if named_right else (right, left)
            verdict = mended(verdict, claimed, correct, arena)
            if not verdict.mend and _varying_exponents(claimed, correct, arena.model):
                verdict = replace(verdict, mend=_in_the_exponent(correct, claimed, arena.model))
            if slip := _raw_for_central(relation, resolver, arena, claimed):
                verdict = replace(verdict, mend=slip)
            if beyond := beyond_the_kept(arena, relation, resolver.roles, left, right):
                verdict = replace(verdict, beyond=beyond)
        return verdict
    if relation.kind == "approx":
        written = claim.statement.latex or claim.statement.expression
        found = approximate(arena, left, right, derived, decimals=_DECIMALS.search(written) is not None)
        found = _of_other_widths(arena, resolver, left, right, found) or _in_some_limit(arena, left, right, found)
        return _at_the_centre(arena, resolver, left, right, found) or found
    if relation.kind == "propto":
        return _proportional(arena, left, right, derived, named_right)
    return inequality(arena, relation.kind, left, right, derived)


THROUGH_A_BOND = "in agents per time through a bond: the flux of the density is this times the length of the bond"


def _through_a_bond(arena: Arena, left: sp.Expr, right: sp.Expr) -> bool:
    """Whether the two sides differ by the one length of the jumps: agents per site instead of their density times a velocity."""
    lengths = {sp.Abs(r) for j in arena.model.jumps for r in j.displacement} - {sp.S.Zero}
    if len(lengths) != 1 or arena.model.dimension != 1:
        return False
    (h,) = lengths
    return any(arena.equal(a, h * b).answer is Answer.PROVED for a, b in ((left, right), (right, left)))


def _of_other_widths(
    arena: Arena, resolver: Resolver, left: sp.Expr, right: sp.Expr, found: RegimeVerdict
) -> RegimeVerdict | None:
    """Two laws said to be close whose ratio, at distances that grow like sqrt(t), stays a function of these for all times; else None."""
    model, time = arena.model, arena.model.time
    x = model.coordinate_symbols
    if found.verdict != UNDECIDED or model.density not in resolver.used or model.boundaries:
        return None
    if not all(left.has(c) and right.has(c) for c in x):
        return None
    try:
        centre = [resolver.quantities.moment(c) + a for c, a in zip(x, model.preparation.position, strict=True)]
    except MissingQuantityError:
        return None
    later = sp.Dummy(positive=True)
    far = {c: sp.Dummy(real=True) for c in x}
    put = {c: m + far[c] * sp.sqrt(time) for c, m in zip(x, centre, strict=True)}
    ratio = (left.xreplace(put) / right.xreplace(put)).xreplace({time: later})
    ratio = sp.powsimp(
        sp.powdenest(ratio.replace(lambda e: isinstance(e, sp.exp), lambda e: sp.exp(sp.expand(e.exp))), force=True)
    )
    if not ratio.has(*far.values()) or (ratio.has(later) and not _grows_apart(ratio, later, tuple(far.values()))):
        return None
    apart = from_comparison(arena.equal(left, right), found.derived, left, right)
    if apart.verdict != REFUTED:
        return None
    return replace(apart, why="the widths of the two laws differ at all times", correct=left)


def _grows_apart(ratio: sp.Expr, later: sp.Symbol, far: tuple[sp.Symbol, ...]) -> bool:
    """Whether a ratio is e to a power in which a distance stands beside a positive power of time."""
    exponent = sp.expand(sp.Add(*(f.exp for f in sp.Mul.make_args(ratio) if isinstance(f, sp.exp))))
    for term in sp.Add.make_args(exponent):
        base, power = term.as_independent(later, as_Add=False)[1].as_base_exp()
        if term.has(*far) and base == later and power.is_positive:
            return True
    return False


OF_A_SITE = "the probability of a site, which is the density times the distance of sites"


def _at_the_centre(
    arena: Arena, resolver: Resolver, left: sp.Expr, right: sp.Expr, found: RegimeVerdict
) -> RegimeVerdict | None:
    """Two laws said to be close: at their centre x = <x> they are apart where their ratio is a number there; in units of the spacing too.

    None where that settles nothing.
    """
    model = arena.model
    if found.verdict != UNDECIDED or model.dimension != 1 or model.density not in resolver.used or model.boundaries:
        return None
    (x,) = model.coordinate_symbols
    try:
        centre = resolver.quantities.moment(x) + model.preparation.position[0] if left.has(x) or right.has(x) else x
    except MissingQuantityError:
        return None
    sides = [side.xreplace({x: centre}) for side in (left, right)]
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement} - {sp.S.Zero}
    unit = lengths.pop() if len(lengths) == 1 else sp.S.One
    for scale in dict.fromkeys((sp.S.One, unit)):
        ratio = sp.powsimp(sp.powdenest(sp.expand_power_base(scale * sides[0] / sides[1], force=True), force=True))
        if not ratio.is_number:
            continue
        if ratio == 1 and arena.equal(scale * left, right).answer is Answer.PROVED:
            return replace(found, verdict=PROVED, why=OF_A_SITE, reservation=OF_A_SITE)
        apart = from_comparison(arena.equal(scale * sides[0], sides[1]), found.derived, scale * sides[0], sides[1])
        if ratio != 1 and apart.verdict == REFUTED:
            where = f"at the centre of the law, x = {centre}, " if left.has(x) or right.has(x) else ""
            units = f" ({OF_A_SITE})" if scale != 1 else ""
            why = f"{where}the two sides differ by the factor {1 / ratio} at all times{units}"
            apart = replace(mended(apart, sides[1], scale * sides[0], arena), why=why)
            return replace(apart, correct=scale * left, ratio=None) if where else apart
    return None


def _raw_for_central(relation: Relation, resolver: Resolver, arena: Arena, claimed: sp.Expr) -> str:
    """The slip of a variance where the second moment is asked, or the other way round; empty where it is none."""
    for side in (relation.left, relation.right):
        if not isinstance(side, AppliedUndef) or len(side.args) != 1:
            continue
        name, inside = side.func.__name__, side.args[0]
        head, _, label = name.partition("_")
        average = sp.Function(f"Mean_{label}" if label else "Mean")
        try:
            if head == "Mean" and isinstance(inside, sp.Pow) and inside.exp == 2 and not inside.atoms(AppliedUndef):
                other = resolver.resolve(side) - resolver.resolve(average(inside.base)) ** 2
                words = "the variance where the second moment is asked: <x^2> = Var(x) + <x>^2"
            elif head == "Var" or (head == "Mean" and inside.has(average)):
                place = inside if head == "Var" else next(iter(inside.atoms(AppliedUndef))).args[0]
                other, words = (
                    resolver.resolve(average(place**2)),
                    "the second moment where the variance is asked: Var(x) = <x^2> - <x>^2",
                )
            else:
                continue
        except MissingQuantityError:
            continue
        if arena.equal(claimed, other).answer is Answer.PROVED:
            return words
    return ""


def _circular(side: sp.Expr) -> sp.Expr:
    """e^(ikh) as cos(kh) + i sin(kh), and exponents multiplied out."""
    plain = side.replace(
        lambda e: isinstance(e, sp.exp) and e.exp.has(sp.I) and bool(sp.expand(e.exp / sp.I).is_real),
        lambda e: sp.cos(sp.expand(e.exp / sp.I)) + sp.I * sp.sin(sp.expand(e.exp / sp.I)),
    )
    return plain.replace(lambda e: isinstance(e, sp.exp), lambda e: sp.exp(sp.expand(e.exp)))


def _settled_pieces(side: sp.Expr, model: JumpModel) -> sp.Expr:
    """Cases, and smallest and largest values, that the ranges of the parameters decide: T = n/(1 - 2p) where p < 1/2."""
    found = side.atoms(sp.Piecewise, sp.Min, sp.Max)
    if not found:
        return side
    box, conditions = parameter_intervals(model.parameters), conditions_on_parameters(model)

    def certain(gap: sp.Expr) -> bool | None:
        """Whether a gap is positive for all allowed values, or for none."""
        span = range_under(gap, box, conditions)
        if span.low is not None and (span.low > 0 or (span.low == 0 and span.low_open)):
            return True
        return False if span.high is not None and span.high <= 0 else None

    change: dict[sp.Basic, sp.Expr] = {}
    for part in found:
        if isinstance(part, sp.Piecewise):
            kept = []
            for value, condition in part.args:
                ordered = isinstance(condition, sp.StrictLessThan | sp.LessThan | sp.StrictGreaterThan | sp.GreaterThan)
                holds = certain(condition.gts - condition.lts) if ordered else None
                kept += [] if holds is False else [(value, sp.true if holds else condition)]
                if holds:
                    break
            change[part] = sp.Piecewise(*kept)
        elif len(part.args) == 2:
            first = certain(part.args[0] - part.args[1])
            if first is not None:
                change[part] = part.args[0 if first == isinstance(part, sp.Max) else 1]
    return side.xreplace(change)


def _powers_inside(side: sp.Expr, model: JumpModel) -> sp.Expr:
    """min(1, a)^n as min(1, a^n), for what is not negative, and n positive by its assumptions or as a place beyond a wall."""
    walls = {i.gap for boundary in model.boundaries for i in boundary.domain}

    def positive(power: sp.Expr) -> bool:
        return bool(power.is_positive) or power in walls

    return side.replace(
        lambda e: isinstance(e, sp.Pow) and isinstance(e.base, sp.Min | sp.Max) and positive(e.exp)
        and all(a.is_nonnegative or bool(_positive_here(a, model)) for a in e.base.args),
        lambda e: e.base.func(*(a**e.exp for a in e.base.args)),
    )  # fmt: skip


def _positive_here(value: sp.Expr, model: JumpModel) -> bool:
    span = range_under(value, parameter_intervals(model.parameters), conditions_on_parameters(model))
    return span.low is not None and span.low >= 0


def _proportional(
    arena: Arena, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...], named_right: bool
) -> RegimeVerdict:
    """Proportional for all times; what holds for t -> oo alone, which was not said to be meant, is conditional."""
    verdict = proportional(arena, left, right, derived)
    if verdict.verdict == PROVED:
        return replace(verdict, constant=_other_constant(arena, *((right, left) if named_right else (left, right))))
    if verdict.verdict == REFUTED and not (left if named_right else right).has(sp.oo):
        correct, claimed = (right, left) if named_right else (left, right)
        verdict = replace(verdict, correct=correct, mend=_in_the_exponent(correct, claimed, arena.model))
    if verdict.verdict == REFUTED and left.has(arena.model.time) and right.has(arena.model.time):
        late = compared_late(_off_the_poles(arena, left, right), "propto", left, right, derived)
        if late.verdict == PROVED:
            return RegimeVerdict(
                "", CONDITIONAL, derived, f"holds to leading order for t -> oo alone: {verdict.why.partition(':')[0]}"
            )
    return verdict


def _other_constant(arena: Arena, correct: sp.Expr, claimed: sp.Expr) -> str:
    """That a proportionality has the parameters of an equality, and another number in front: <x^2> ~ D t for 2 D t."""
    written = claimed.free_symbols - {arena.model.time, *arena.model.coordinate_symbols}
    if not written or correct == 0 or sp.count_ops(correct) > LONGEST_PROPORTION:
        return ""
    ratio = sp.cancel(claimed / correct)
    if not ratio.is_Rational or ratio == 1:
        return ""
    return f"as a proportionality alone: as an equality it is wrong, {ratio} times what is right"


LONGEST_PROPORTION = 60  # operations


def _off_the_poles(arena: Arena, left: sp.Expr, right: sp.Expr) -> Arena:
    """The arena without the ends of ranges at which a side has a pole: p < 1 beside 1/(1 - p)."""
    below = {sp.factor(sp.denom(sp.together(t))) for side in (left, right) for t in sp.Add.make_args(side)}
    ranges = []
    for p in arena.model.parameters:
        span = p.interval
        low, high = (
            end is not None and _is_pole(below, p.symbol, sp.Rational(end.numerator, end.denominator))
            for end in (span.low, span.high)
        )
        span = replace(span, low_open=span.low_open or low, high_open=span.high_open or high)
        if span != p.interval:
            ranges.append((p.name, span))
    return replace(arena, model=narrowed(arena.model, tuple(ranges))) if ranges else arena


def _varying_exponents(claimed: sp.Expr, correct: sp.Expr, model: JumpModel) -> bool:
    """Whether both are single exponentials of place or time, up to factors that do not vary."""
    varying = {*model.coordinate_symbols, model.time}
    for side in (claimed, correct):
        factors = [f for f in sp.Mul.make_args(sp.powsimp(side)) if f.free_symbols & varying]
        if not factors or not all(isinstance(f, sp.exp) for f in factors):
            return False
    return True


def _is_pole(below: set[sp.Expr], symbol: sp.Symbol, value: sp.Expr) -> bool:
    return any(symbol in d.free_symbols and d.subs(symbol, value) == 0 for d in below)


def _in_the_exponent(correct: sp.Expr, claimed: sp.Expr, model: JumpModel) -> str:
    """The slip of laws such as e^(-V/T) whose exponents are multiples of each other; empty for others."""
    varying = {*model.coordinate_symbols, model.time}
    exponents = []
    for side in (correct, claimed):
        parts = sp.Add.make_args(sp.expand(sp.expand_log(sp.log(side), force=True)))
        exponents.append(sp.Add(*(p for p in parts if p.free_symbols & varying)))
    if exponents[0] == 0 or exponents[1].has(sp.Integral, sp.Sum):
        return ""
    factor = sp.cancel(exponents[1] / exponents[0])
    if factor == -1:  # (l/r)^n is no sign of an exponent
        rates = [p.symbol for p in model.parameters if p.symbol in claimed.free_symbols & correct.free_symbols]
        for a, b in combinations(rates, 2):
            if sp.expand(exponents[1].xreplace({a: b, b: a}) - exponents[0]) == 0:
                return f"{a} and {b} exchanged"
        return "the sign of the exponent"
    return f"a factor {factor} in the exponent" if factor.is_Rational and factor not in (0, 1) else ""


def _decays(side: sp.Expr, time: sp.Symbol) -> bool:
    """Whether a side is one exponential of time, as modes are at late times."""
    factors = [f for f in sp.Mul.make_args(sp.powsimp(side)) if f.has(time)]
    return bool(factors) and all(isinstance(f, sp.exp) for f in factors)


def _in_some_limit(arena: Arena, left: sp.Expr, right: sp.Expr, verdict: RegimeVerdict) -> RegimeVerdict:
    """``S(t) = x_0/sqrt(pi D t)`` to leading order, of which no limit is said: conditional where it holds for t -> oo, or for t -> 0."""
    time = arena.model.time
    if verdict.verdict != UNDECIDED or not (left.has(time) and right.has(time)):
        return verdict
    late = compared_late(_off_the_poles(arena, left, right), "=", left, right, verdict.derived)
    early = compared_early(arena, "=", left, right, verdict.derived)
    for found, when in ((late, "t -> oo"), (early, "t -> 0")):
        if found.verdict == PROVED:
            return RegimeVerdict("", CONDITIONAL, verdict.derived, f"holds to leading order for {when} alone")
    if (
        late.verdict == REFUTED
        and late.ratio is not None
        and late.ratio.is_number
        and (early.verdict in (REFUTED, SILENT) or _decays(right, time))
    ):
        return replace(late, why="for t -> oo the two sides differ by a number")
    return verdict


def _guessed_spread(relation: Relation, resolver: Resolver) -> bool:
    """Whether ``sigma`` was taken for the width at time t although nothing in the claim depends on time."""
    averages = {c.func.__name__ for side in (relation.left, relation.right) for c in side.atoms(AppliedUndef)}
    if "Mean" in averages and counts_individuals(resolver.model):
        return False  # sigma^2/<n> of a number
    used = relation.left.free_symbols | relation.right.free_symbols
    timed = resolver.model.time in used or "steps" in resolver.roles.values()
    return resolver.roles.get("sigma") == "standard deviation" and not timed


def _second_look(
    claim: Claim,
    relation: Relation,
    resolver: Resolver,
    arena: Arena,
    left: sp.Expr,
    right: sp.Expr,
    verdict: RegimeVerdict,
) -> tuple[RegimeVerdict, sp.Expr, sp.Expr]:
    """A refuted equation that holds for the decimals that are written, or, between averages without time, at late times.

    With the sides that were compared: of a claim without time the stationary ones, which say what is right.
    """
    if agrees_when_rounded(left, right):
        good = CONSISTENT if left.has(sp.Float) or right.has(sp.Float) else PROVED
        return RegimeVerdict("", good, verdict.derived, TO_THE_DECIMALS, reservation=TO_THE_DECIMALS), left, right
    time = arena.model.time
    timed = relation.left.has(time) or relation.right.has(time) or "steps" in resolver.roles.values()
    timeless = not timed
    if timeless and (left.has(time) or right.has(time)):
        box = tuple((p.symbol, p.interval) for p in arena.model.parameters)  # a rate of zero has no stationary state
        last = [at_late_times(e, time, lambda x: certainly_positive(box, x) or x.is_nonnegative) for e in (left, right)]
        if None in last and resolver.averaged and not _surely_grows(left - right, arena):
            return RegimeVerdict("", UNDECIDED, verdict.derived, NO_LIMIT), left, right
        first, second = last
        if (
            first is not None
            and second is not None
            and (resolver.averaged or speaks_of_the_law(replace(claim, relations=(relation,)), arena.model))
        ):
            late = from_comparison(arena.equal(first, second), verdict.derived, first, second)
            if late.verdict == PROVED:
                return replace(late, why=STATIONARY, reservation=STATIONARY), first, second
            if late.verdict == REFUTED and not all(side.has(time) for side in (left, right)):
                return replace(late, why=f"{late.why} in the stationary state, for t -> oo"), first, second
    return _by_order(left, right, arena, verdict), left, right


def _by_order(left: sp.Expr, right: sp.Expr, arena: Arena, verdict: RegimeVerdict) -> RegimeVerdict:
    """(mu/lam)^n against min(1, mu/lam)^n: it holds where mu/lam <= 1."""
    extremes = sorted(left.atoms(sp.Min, sp.Max) | right.atoms(sp.Min, sp.Max), key=str)
    if len(extremes) != 1 or len(extremes[0].args) > 3:
        return verdict
    (extreme,) = extremes
    for value in sorted(extreme.args, key=str):
        if arena.equal(left.xreplace({extreme: value}), right.xreplace({extreme: value})).answer is Answer.PROVED:
            sign = "<=" if isinstance(extreme, sp.Min) else ">="
            where = " and ".join(f"{value} {sign} {other}" for other in sorted(extreme.args, key=str) if other != value)
            return RegimeVerdict("", CONDITIONAL, verdict.derived, f"holds where {where} alone")
    return verdict


def _surely_grows(gap: sp.Expr, arena: Arena) -> bool:
    """Whether a difference of averages goes as a positive power of t, or exponentially, so that it has no stationary value."""
    found = late_growth(gap, arena.model.time, partial(surely_positive, arena.model))
    return found is not None and found[1] != 0 and (found[0] == sp.oo or surely_positive(arena.model, found[0]) is True)


def _in_an_exponential(relation: Relation, resolver: Resolver) -> bool:
    """e^(s tau): both sides begin with 1, which an equation to leading order cannot tell apart."""
    waves = {name for name, role in resolver.roles.items() if role == "growth_rate"}
    powers = relation.left.atoms(sp.exp) | relation.right.atoms(sp.exp)
    return any(s.name in waves for e in powers for s in e.free_symbols)


def _role_power(relation: Relation, resolver: Resolver) -> Fraction | None:
    """For 'role = expression': from which power on a difference does not count."""
    for side in (relation.left, relation.right):
        if side.is_Symbol or isinstance(side, AppliedUndef):
            name = side.name if side.is_Symbol else side.func.__name__
            role = role_of(name, resolver.stated)
            if role is not None and name in resolver.roles:
                return resolver.quantities.role_power(role)
    return None


def speaks_of_the_law(claim: Claim, model: JumpModel) -> bool:
    """Whether averages, observables, a stationary law or the growth rate of a wave occur: what the lattice knows exactly, an
    equation to its order."""
    names, stated = names_of(claim), dict(claim.statement.symbols)
    stationary = any(is_stationary_law(n, model, stated) for n in names - {p.name for p in model.parameters})
    told = {"Mean", "Var", "Cov", "Mean_c", *(o.name for o in model.observables)}
    told |= {f"{head}_{label}" for head in ("Mean", "Var") for label in STATIONARY_LABELS}
    return (
        stationary
        or speaks_of_waves(claim, model)
        or bool(names & told)
        or any(names_a_spread(n, model) for n in names - {p.name for p in model.parameters} - set(stated))
        or any(stated.get(n) in ("variance", "standard_deviation") for n in names)
        or any(_is_the_density(r, model) for r in claim.relations)
    )


def names_a_spread(name: str, model: JumpModel) -> bool:
    """sigma_x, x_rms, MSD, kappa_4, the Fano factor: averages by names of their own."""
    return names_a_width(name, model) or bool(
        re.fullmatch(r"sigma_[Nnt]|kappa_\d|Fano|CV|F|(excess)?kurtosis|skewness", name)
    )


def _is_the_density(relation: Relation, model: JumpModel) -> bool:
    """The law that starts from a point, against a formula: no derivative of it, and no second place."""
    sides = (relation.left, relation.right)
    calls = {c for side in sides for c in side.atoms(AppliedUndef) if c.func.__name__ == model.density}
    return len(calls) == 1 and not model.states and not any(side.has(sp.Derivative) for side in sides)


def speaks_of_waves(claim: Claim, model: JumpModel) -> bool:
    """Whether the growth rate of a wave occurs, or the transform of the law that starts from a point."""
    declared = {p.name for p in model.parameters} | {d.name for d in model.functions}
    stated = dict(claim.statement.symbols)
    calls = {c for r in claim.relations for side in (r.left, r.right) for c in side.atoms(AppliedUndef)}
    if any(is_transform(c, model) and c.func.__name__ not in declared for c in calls):
        return True
    if any(c.func.__name__ == "Mean" and isinstance(c.args[0], sp.exp) and c.args[0].has(sp.I) for c in calls):
        return True
    if any(speaks_of_laplace(r, model) for r in claim.relations):
        return True
    return any((role_of(n, stated) or "").startswith("growth_rate") for n in names_of(claim) - declared)


def names_of(claim: Claim) -> set[str]:
    """The names of all symbols and functions of a claim."""
    sides = [side for r in claim.relations for side in (r.left, r.right)]
    calls = {c.func.__name__ for side in sides for c in side.atoms(AppliedUndef)}
    return calls | {s.name for side in sides for s in side.free_symbols}
