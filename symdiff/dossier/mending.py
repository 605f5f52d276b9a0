"""What would mend a refuted claim: the ratio to what is right, and the usual slip that explains it, if one does.

A slip is a change of the claimed expression. It explains the claim only if the changed expression is *proved* equal to
what was derived; a change that merely looks likely is never shown.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp

from symdiff.algebra.equality import Answer, compare, probe, same_integrals
from symdiff.dossier.comparing import Arena, in_model_form
from symdiff.errors import SymdiffError
from symdiff.model.dimension_weights import SPACE, TIME
from symdiff.model.dimensions import dimensions_of
from symdiff.model.jump_model import JumpModel
from symdiff.model.parameter import Parameter
from symdiff.verification.verdict import RegimeVerdict

_FRACTION = re.compile(r"-?\d+(?:/\d+)?")
LARGEST = 400  # operations in an expression that is still searched for slips
MOST_IN_A_RATIO, MOST_MULTIPLIED_OUT = 30, 100  # operations

FACTORS: dict[sp.Rational, str] = {
    sp.Rational(-1): "the sign",
    sp.Rational(1, 2): "a factor 2: {tumble}rate per direction against total rate, D against the noise strength 2D, or a missing 1/2 of the Taylor series",
    sp.Rational(2): "a factor 2: {tumble}total rate against rate per direction, the noise strength 2D against D, or one 1/2 too many",
    sp.Rational(-1, 2): "the sign and a factor 2",
    sp.Rational(-2): "the sign and a factor 2",
    sp.Rational(1, 6): "a missing 1/3! of the Taylor series",
    sp.Rational(1, 24): "a missing 1/4! of the Taylor series",
    sp.Rational(6): "a 1/3! too many: jump moment against Kramers-Moyal coefficient",
    sp.Rational(24): "a 1/4! too many: jump moment against Kramers-Moyal coefficient",
    sp.Rational(4): "a factor 4",
    sp.Rational(1, 4): "a factor 4",
}  # fmt: skip

CUBIC = {
    8: ("bcc", 2 / sp.sqrt(3)),
    12: ("fcc", sp.sqrt(2)),
    4: ("diamond", 4 / sp.sqrt(3)),
}  # lattice constant over jump


@dataclass(frozen=True)
class Mend:
    """``ratio`` is claimed/right where it is a plain expression; ``slip`` names the change that mends the claim."""

    ratio: sp.Expr | None
    slip: str


def mend(claimed: sp.Expr, right: sp.Expr, arena: Arena, *, chance: bool = False, sums_axes: bool = True) -> Mend:
    """Compare a refuted expression with the right one; ``slip`` is empty where no usual slip explains it.

    ``chance``: both are probabilities. ``sums_axes``: they may be a sum over the axes, as <r^2> is and <x^4> is not.
    """
    if any(e.has(sp.oo, sp.nan, sp.zoo) or sp.count_ops(e) > LARGEST for e in (claimed, right)):
        return Mend(None, "")
    if not arena.exact and any(_varies(e, arena.model) for e in (claimed, right)):
        return Mend(None, "")  # the leading order of an exponential of place and time is no quick question
    ratio = _ratio(claimed, right, arena.model)

    leading = [arena.leading(e) for e in (claimed, right)]
    if leading[0] is None or leading[1] is None:
        return Mend(ratio, "")
    nothing_claimed, nothing_right = claimed == 0, right == 0  # not only small in this regime
    claimed, right = leading[0], leading[1]
    here = probe((claimed, right), arena.draw(), random.Random(11))

    def equal(a: sp.Expr, b: sp.Expr) -> bool:
        if here is not None and here.tells_apart(a, b):
            return False
        if a.has(sp.Integral) or b.has(sp.Integral):  # quadrature for every candidate would take seconds each
            return same_integrals(a, b)
        return compare(a, b, arena.model.coordinate_symbols, arena.draw()).answer is Answer.PROVED

    for words, candidate in _candidates(claimed, ratio, arena, chance=chance, sums_axes=sums_axes):
        if equal(candidate, right):
            factor = claimed / candidate  # a number is shown as such, whatever identities of gamma functions it took
            return Mend(factor if factor.is_Rational else ratio, words)
    for words, candidate in _by_terms(claimed, right):
        if equal(candidate, right):
            return Mend(ratio, words)
    if all(_is_root(e) for e in (claimed, right)):
        claimed, right = claimed**2, right**2
        for words, candidate in _by_terms(claimed, right):
            if equal(candidate, right):
                return Mend(ratio, f"{words} under the root")
    absent = "the term is missing" if nothing_claimed else "the term should not be there" if nothing_right else ""
    return Mend(ratio, absent)


def _varies(e: sp.Expr, model: JumpModel) -> bool:
    """Whether an exponential of place or time stands in the expression."""
    variables = {model.time, *model.coordinate_symbols}
    return any(call.free_symbols & variables for call in e.atoms(sp.exp))


def mended(verdict: RegimeVerdict, claimed: sp.Expr, correct: sp.Expr, arena: Arena) -> RegimeVerdict:
    """A refutation with what is right, the ratio of the claim to it, and the slip that explains it."""
    found = mend(
        claimed, correct, arena, chance=_speaks_of_chances(verdict, arena), sums_axes=not _of_higher_moments(verdict)
    )
    shown = next((value for _, value in verdict.derived if _same_sum(value, correct)), None)
    shown = _factored(_shorter(correct, arena.model)) if shown is None else shown
    verdict = replace(verdict, correct=shown, ratio=found.ratio, mend=found.slip)
    return _in_leading_order(verdict, claimed, correct, arena) if found.slip else verdict


def _in_leading_order(verdict: RegimeVerdict, claimed: sp.Expr, correct: sp.Expr, arena: Arena) -> RegimeVerdict:
    """The witness's numbers by the leading orders, whose ratio is the one that is shown: where p - q is small, p + q counts as 2 q."""
    leading = [arena.leading(e) for e in (claimed, correct)]
    point = {name: sp.Rational(value) for name, value in verdict.witness if _FRACTION.fullmatch(value)}
    if None in leading or leading == [claimed, correct] or len(point) < len(verdict.witness):
        return verdict

    def at(e: sp.Expr) -> sp.Expr:
        return e.xreplace({s: point[s.name] for s in e.free_symbols if s.name in point})

    theirs, ours, first = (at(e) for e in (*leading, claimed))
    if not (theirs.is_Rational and ours.is_Rational and theirs != ours):
        return verdict
    pair = (str(theirs), str(ours)) if str(first) == verdict.left else (str(ours), str(theirs))
    return replace(verdict, left=pair[0], right=pair[1])


def _shorter(correct: sp.Expr, model: JumpModel) -> sp.Expr:
    """The right expression as the derivation would factor it, where that is shorter: <x^2> - <x>^2 = 4 p (1 - p) a^2 t/tau."""
    if sp.count_ops(correct) > LARGEST or correct.has(sp.Derivative, sp.Integral, sp.Sum, sp.oo):
        return correct
    found = in_model_form(correct, model)
    if found is None or sp.count_ops(found) >= sp.count_ops(correct):
        return correct
    return sp.powsimp(found, combine="exp")  # e^(-at) e^(-bt) as one exponential


CHANCES = ("splitting_probability", "survival_probability", "return_probability")


def _speaks_of_chances(verdict: RegimeVerdict, arena: Arena) -> bool:
    """Whether what was derived is a probability: an observable of that kind, or the share of a state."""
    names = {n for n, _ in verdict.derived}
    kinds = {o.name for o in arena.observables if o.kind in CHANCES} | {
        o.name for o in arena.model.observables if o.kind in CHANCES
    }
    return bool(names & (kinds | set(arena.model.states)))


_HIGHER = re.compile(r"(?:stationary )?<[a-z_0-9]+\*\*(?!2>)\d+>")  # <x**4> of one axis


def _of_higher_moments(verdict: RegimeVerdict) -> bool:
    """Whether a claim is about moments of one axis of another order than two, which no dimension multiplies."""
    averages = [n for n, _ in verdict.derived if "<" in n]
    return bool(averages) and all(_HIGHER.fullmatch(n) for n in averages)


def _factored(value: sp.Expr) -> sp.Expr:
    """An expression multiplied out and factored, where it is then the shorter one."""
    if sp.count_ops(value) > MOST_MULTIPLIED_OUT or value.has(
        sp.Sum, sp.Integral, sp.Derivative, sp.Piecewise, sp.Float
    ):
        return value
    whole = sp.factor(sp.powsimp(sp.expand(value)))
    return whole if sp.count_ops(whole) < sp.count_ops(value) else value


def _same_sum(value: sp.Expr, other: sp.Expr) -> bool:
    """Whether a derived value is an expression that was multiplied out: then its own form is the shorter one."""
    if value == other or sp.count_ops(value) > MOST_MULTIPLIED_OUT or not value.free_symbols <= other.free_symbols:
        return bool(value == other)
    return bool(sp.expand(value - other) == 0)


def _ratio(claimed: sp.Expr, right: sp.Expr, model: JumpModel) -> sp.Expr | None:
    """claimed/right in the model's form; None where it is no short expression."""
    if right == 0 or claimed.atoms(sp.Derivative) or right.atoms(sp.Derivative):
        return None
    found = in_model_form(sp.expand_power_base(claimed) / sp.expand_power_base(right), model)
    return None if found is None or sp.count_ops(found) > MOST_IN_A_RATIO else found


def _candidates(
    claimed: sp.Expr, ratio: sp.Expr | None, arena: Arena, *, chance: bool = False, sums_axes: bool = True
) -> Iterator[tuple[str, sp.Expr]]:
    """Changed claims with the slip that each would explain, likeliest first; ``chance``: of a probability."""
    yield from _lengths(claimed, arena.model)
    yield "the sign", -claimed
    yield from _interpretations(claimed, arena)  # v = D' for D'/2 is no factor of directions
    yield from _factors(claimed, arena.model, sums_axes=sums_axes)
    yield from _chances(claimed, arena.model)
    yield from _central(claimed, arena)
    yield from _in_one_term(claimed)
    yield from _rates(claimed, arena.model)
    yield from _of_two(claimed, arena.model)
    if claimed.free_symbols and chance:
        yield "the chance of the opposite", 1 - claimed
    if ratio is not None and ratio.is_Rational:
        yield f"the factor {1 / ratio}", claimed / ratio


def _lengths(claimed: sp.Expr, model: JumpModel) -> Iterator[tuple[str, sp.Expr]]:
    """The lattice constant against the length of a jump, where all jumps are of one length."""
    if model.dimension < 2:
        return
    squares = {
        sp.expand(sp.Add(*(r**2 for r in j.displacement))) for j in model.jumps if j.law is None and any(j.displacement)
    }
    if len(squares) != 1:
        return
    length = sp.sqrt(squares.pop())
    units = [s for s in length.free_symbols if s in claimed.free_symbols]
    if len(units) != 1 or not (factor := sp.cancel(length / units[0])).is_number:
        return
    (a,) = units
    if factor != 1:
        yield f"the lattice constant {a} taken for the length of a jump, which is {length}", claimed.subs(a, length)
    neighbours = len(model.jumps) // max(len(model.states), 1)
    if model.dimension == 3 and factor == 1 and neighbours in CUBIC:
        name, constant = CUBIC[neighbours]
        yield (
            f"the length of a jump taken for the lattice constant, which is {constant * a} on {name}",
            claimed.subs(a, constant * a),
        )


def _factors(claimed: sp.Expr, model: JumpModel, *, sums_axes: bool = True) -> Iterator[tuple[str, sp.Expr]]:
    d = model.space_dimension or sp.Integer(model.dimension)
    if d != 1 and sums_axes:
        yield f"the number of dimensions, {d}, is missing in the denominator: <r^2> = 2 d D t", claimed / d
        yield (
            f"a factor of the number of dimensions, {d}, is missing: <r^2> = 2 d D t, or D_xx against its sum over the axes",
            claimed * d,
        )
        directions = len(model.jumps) // max(len(model.states), 1)
        also = (
            ", or the number of directions: rate per direction against total rate"
            if directions == 2 * d and model.clock == "continuous"
            else ""
        )
        yield f"twice the number of dimensions, {2 * d}: <r^2> = 2 d D t{also}", claimed / (2 * d)
    switching = _switches(model)
    for factor, words in FACTORS.items():
        tumble = "rate of reversal against rate of tumbles, " if switching else ""
        yield words.format(tumble=tumble), claimed * factor
        if factor == sp.Rational(-2):
            yield from _neighbours(claimed, model)


def _neighbours(claimed: sp.Expr, model: JumpModel) -> Iterator[tuple[str, sp.Expr]]:
    """The number of directions: the rate of one jump against that of all together."""
    directions = len(model.jumps) // max(len(model.states), 1)
    if directions > 2:
        words = f"the number of directions, {directions}: total rate against rate per direction"
        yield words, claimed * directions
        yield words, claimed / directions


def _chances(claimed: sp.Expr, model: JumpModel) -> Iterator[tuple[str, sp.Expr]]:
    """Probabilities of going on, of the reverse, and correlations taken for one another."""
    present = claimed.free_symbols
    for p in model.parameters:
        s = p.symbol
        if s not in present:
            continue

        def put(value: sp.Expr, s: sp.Symbol = s) -> sp.Expr:
            return claimed.subs({s: value}, simultaneous=True)

        if p.probability or _is_a_chance(p):
            yield f"{s} and 1 - {s} exchanged", put(1 - s)
            yield f"a correlation where the model has the probability {s} (correlation = 2*{s} - 1)", put(2 * s - 1)
            yield (
                f"a correlation where the model has the probability {s} of the reverse (correlation = 1 - 2*{s})",
                put(1 - 2 * s),
            )
            yield f"a probability where the model has the correlation {s}", put((1 + s) / 2)
            yield f"a square of {s} or 1 - {s} dropped: raw against central moment", claimed * 4 * s * (1 - s)
        elif (span := p.interval).low is not None and span.high is not None and -1 <= span.low < 0 < span.high <= 1:
            yield f"the sign of {s}", put(-s)
            yield f"a probability where the model has the correlation {s} (probability = (1 + {s})/2)", put((1 + s) / 2)
            yield (
                f"a probability of the reverse where the model has the correlation {s} (probability = (1 - {s})/2)",
                put((1 - s) / 2),
            )


def _is_a_chance(p: Parameter) -> bool:
    """Whether a parameter lies between 0 and 1."""
    low, high = p.interval.low, p.interval.high
    return low is not None and high is not None and low >= 0 and high == 1


def _rates(claimed: sp.Expr, model: JumpModel) -> Iterator[tuple[str, sp.Expr]]:
    """A factor 2 at one parameter."""
    for p in model.parameters:
        s = p.symbol
        if s in claimed.free_symbols and s.is_positive and not p.probability:
            for factor, said in ((sp.Integer(2), f"2*{s}"), (sp.Rational(1, 2), f"{s}/2")):
                yield f"{s} should be {said}: {_doubled(s, model)}", claimed.subs({s: factor * s}, simultaneous=True)


MOST_PAIRS = 15


def _of_two(claimed: sp.Expr, model: JumpModel) -> Iterator[tuple[str, sp.Expr]]:
    """Two parameters of one kind exchanged, or their arithmetic mean in the place of the harmonic or the geometric one."""
    dimensions = dimensions_of(model)
    present = [p.symbol for p in model.parameters if p.symbol in claimed.free_symbols]
    pairs = [
        (a, b) for a, b in itertools.combinations(present, 2)
        if dimensions is None or not dimensions.difference(a, b, {})
    ]  # fmt: skip
    for a, b in pairs[:MOST_PAIRS]:
        yield f"{a} and {b} exchanged", claimed.subs({a: b, b: a}, simultaneous=True)
    for a, b in pairs[:MOST_PAIRS]:
        if a.is_positive and b.is_positive:
            yield (
                f"the arithmetic mean of {a} and {b} in the place of the harmonic one (what stands in series adds as resistances)",
                claimed * 4 * a * b / (a + b) ** 2,
            )
            yield (
                f"the geometric mean of {a} and {b} in the place of the harmonic one, or the arithmetic in that of the geometric",
                claimed * 2 * sp.sqrt(a * b) / (a + b),
            )


def _switches(model: JumpModel) -> bool:
    """Whether states turn into each other at rates: of a place across a channel none is reversed."""
    return len(model.states) > 1 or any(u.rate is not None or u.domain == "direction" for u in model.internals)


def _units(s: sp.Symbol, model: JumpModel) -> dict[str, object]:
    """The units of a parameter with their powers; empty where they are not known."""
    dimensions = dimensions_of(model)
    known = {} if dimensions is None else dimensions.table.get(s.name, {})
    return {unit: power for unit, power in known.items() if power}


def _in_exponents(s: sp.Symbol, model: JumpModel) -> bool:
    """Whether a parameter stands in the exponents of rates: a temperature."""
    return any(s in e.exp.free_symbols for j in model.jumps for e in j.intensity.atoms(sp.exp))


def _doubled(s: sp.Symbol, model: JumpModel) -> str:
    """What a factor 2 at one parameter usually is."""
    units = _units(s, model)
    if set(units) in ({SPACE}, {SPACE, TIME}) and units[SPACE] == 1:
        return "the half for the whole: a radius against a diameter, a half width against a width, a mean against the largest value"
    if units and TIME not in units and _in_exponents(s, model):
        return "half of a difference of energy stands in the rate of one direction, the whole in the ratio of both and in the stationary law"
    if _switches(model):
        return "rate of reversal against rate of tumbles, or a rate per direction against a total rate"
    if model.time_step is not None and s in model.time_step.free_symbols:
        return "D against the noise strength 2D"
    return "a rate per direction against a total rate, or D against the noise strength 2D"


TERMS = 8  # in a sum whose terms are changed one by one


def _in_one_term(claimed: sp.Expr) -> Iterator[tuple[str, sp.Expr]]:
    """One term of a sum with the other sign, or with a factor 2."""
    sums = sorted((a for a in claimed.atoms(sp.Add) if len(a.args) <= TERMS), key=str)
    for whole in sums[:TERMS]:
        for term in sorted(whole.args, key=str):
            for factor, words in ((-1, "the sign"), (2, "a factor 2"), (sp.Rational(1, 2), "a factor 2")):
                changed = claimed.xreplace({whole: whole - term + factor * term})
                yield f"{words} of the term {term}", changed


def _is_root(e: sp.Expr) -> bool:
    """Whether the square of an expression has no roots, and the expression has: 2 sqrt(D k)."""
    return (
        bool(e.atoms(sp.Pow))
        and any(p.exp == sp.S.Half for p in e.atoms(sp.Pow))
        and sp.expand(e**2).is_rational_function()
    )


def _by_terms(claimed: sp.Expr, right: sp.Expr) -> Iterator[tuple[str, sp.Expr]]:
    """A term of what is right that is missing, or one too many."""
    for e, sign, words in ((right, 1, "is missing"), (claimed, -1, "should not be there")):
        terms = sp.Add.make_args(sp.expand(e)) if sp.count_ops(e) <= MOST_MULTIPLIED_OUT else ()
        if 1 < len(terms) <= TERMS:
            for term in sorted(terms, key=str):
                yield f"the term {term} {words}", claimed + sign * term


def _central(claimed: sp.Expr, arena: Arena) -> Iterator[tuple[str, sp.Expr]]:
    """Raw against central second moment: they differ by v^2/2 times the time between jumps in D."""
    limit, step = arena.limit, _time_between_jumps(arena.model)
    if limit is not None and (memory := _memory(arena.model)) is not None and (v := dict(limit.coefficients).get("v")):
        words = "the raw second moment of the velocity instead of its variance, <v^2> - <v>^2: as if P_tt were nothing in the telegrapher's equation with a drift"
        yield words, claimed - v**2 * memory
    if limit is None or step is None:
        return
    for name, v in limit.coefficients:
        if name == "v" or name.startswith("v_"):
            yield (
                "the raw second moment instead of the variance: in discrete time D = (<r^2> - <r>^2)/(2 tau)",
                claimed - v**2 * step / 2,
            )
            yield (
                "the variance instead of the raw second moment: in continuous time D = rate <r^2>/2",
                claimed + v**2 * step / 2,
            )


def _memory(model: JumpModel) -> sp.Expr | None:
    """The time in which the velocity of walkers with two states forgets the state: one over the sum of the two rates."""
    if len(model.states) != 2 or model.clock != "continuous" or any(any(j.displacement) or j.law for j in model.jumps):
        return None
    rates = [j.intensity for j in model.jumps]
    total = sp.Add(*rates)
    return 1 / total if len(rates) == 2 and total.free_symbols <= {p.symbol for p in model.parameters} else None


def _time_between_jumps(model: JumpModel) -> sp.Expr | None:
    """The time step, the mean wait, or one over the total rate; None where that depends on the state."""
    if model.time_step is not None:
        return model.time_step
    if len(model.states) > 1 or not model.jumps:
        return None
    if model.clock == "waiting":
        waits = {model.wait_before(0, j) for j in model.jumps}
        try:
            return waits.pop().moment(1) if len(waits) == 1 else None
        except SymdiffError:  # no mean wait
            return None
    return 1 / sp.Add(*(j.intensity for j in model.jumps)) if model.clock == "continuous" else None


def _interpretations(claimed: sp.Expr, arena: Arena) -> Iterator[tuple[str, sp.Expr]]:
    """A drift that is off by D' or D'/2: the same noise read at another place."""
    limit = arena.limit
    if limit is None:
        return
    for name, value in limit.coefficients:
        if name not in ("D", *(f"D_{c}{c}" for c in arena.model.coordinates)):
            continue
        axis = arena.model.coordinate_symbols[0] if name == "D" else next(
            c for c in arena.model.coordinate_symbols if name == f"D_{c}{c}")  # fmt: skip
        if not value.has(axis):
            continue
        slope = sp.diff(value, axis)
        for sign, first, second in ((1, "isothermal", "Ito"), (-1, "Ito", "isothermal")):
            yield (
                f"the {first} reading of the noise where the model has the {second} one (they differ by D')",
                claimed - sign * slope,
            )
        for sign in (1, -1):
            yield "the Stratonovich reading of the noise (it differs by D'/2)", claimed - sign * slope / 2
