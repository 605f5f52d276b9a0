"""A relation whose sides are known: equal, close, proportional, or of a certain order."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, Comparison
from symdiff.dossier.comparing import Arena, in_model_form
from symdiff.dossier.late_growth import growth_with_logarithm, late_growth, surely_positive
from symdiff.dossier.mending import mended
from symdiff.dossier.rounding import TO_THE_DECIMALS, differs_in_the_decimals
from symdiff.model.definitions import expand_definitions
from symdiff.model.parameter import Interval
from symdiff.model.polytope import range_under
from symdiff.model.ranges import Intervals, parameter_intervals
from symdiff.model.scaling_path import conditions_on_parameters
from symdiff.verification.verdict import CONDITIONAL, CONSISTENT, PROVED, REFUTED, UNDECIDED, RegimeVerdict


def from_comparison(
    answer: Comparison, derived: tuple[tuple[str, sp.Expr], ...], left: sp.Expr, right: sp.Expr
) -> RegimeVerdict:
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, derived, "both sides agree")
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, derived, "the two sides could be neither identified nor told apart")
    infinite = [str(s) for s in (left, right) if s.has(sp.oo) and not s.has(sp.Sum)]
    why = "one side is infinite: the moment does not exist" if infinite else "the two sides differ"
    return RegimeVerdict("", REFUTED, derived, why, answer.witness, answer.left, answer.right)


CLOSE = sp.Rational(1, 100)


def approximate(
    arena: Arena, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...], *, decimals: bool = False
) -> RegimeVerdict:
    """Proved where both sides agree, or are numbers within a hundredth (``decimals``: to those that the claim writes); refuted where
    they differ by a plain factor; else open."""
    verdict = from_comparison(arena.equal(left, right), derived, left, right)
    if verdict.verdict == PROVED or _is_infinite(left) or _is_infinite(right) or right == 0:
        return verdict
    ratio = in_model_form(left / right, arena.model)
    if ratio is not None and ratio.is_number:
        return _nearly(verdict, left, right, ratio, decimals)
    if verdict.verdict != REFUTED:
        return verdict
    shown = f": they differ by the factor {ratio}" if ratio is not None and sp.count_ops(ratio) < 30 else ""
    return RegimeVerdict("", UNDECIDED, derived, f"it is not said in which limit the two sides are close{shown}")


def _is_infinite(side: sp.Expr) -> bool:
    """Whether infinity stands in a side, elsewhere than at the end of a sum or an integral."""
    return bool(side.xreplace(dict.fromkeys(side.atoms(sp.Sum, sp.Integral), sp.S.One)).has(sp.oo))


def _nearly(verdict: RegimeVerdict, left: sp.Expr, right: sp.Expr, ratio: sp.Expr, decimals: bool) -> RegimeVerdict:
    """Two sides whose ratio is a number: by the decimals that are written, else to a hundredth."""
    gap = abs(sp.N(ratio - 1, 30))
    if not gap.is_Float:
        return verdict
    good = CONSISTENT if left.has(sp.Float) or right.has(sp.Float) else PROVED
    wrong = replace(verdict, verdict=REFUTED, why="the two sides differ", left=verdict.left or str(sp.N(left, 16)),
                    right=verdict.right or str(sp.N(right, 16)))  # fmt: skip
    differs = differs_in_the_decimals(left, right) if decimals else None
    if differs is None:
        near = "the sides agree within 1 %"
        return replace(verdict, verdict=good, why=near, reservation=near) if gap < CLOSE else wrong
    if differs:
        return replace(wrong, why="the two sides differ in the decimals that are written" if gap < CLOSE else wrong.why)
    return replace(verdict, verdict=good, why=TO_THE_DECIMALS, reservation=TO_THE_DECIMALS)


def proportional(
    arena: Arena, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """left = constant * right, where a constant depends on parameters but on neither time nor place."""
    left, right = (arena.up_to_logarithms(side) for side in (left, right))
    if left.has(sp.oo) or right.has(sp.oo):
        why = "the moment is infinite, so that it follows no power law; a typical width may"
        return RegimeVerdict("", REFUTED, derived, why, (), str(left), str(right))
    if (sp.expand(left) == 0) != (sp.expand(right) == 0):
        return RegimeVerdict(
            "", UNDECIDED, derived, "one side is zero, as from a start at the origin, and is in proportion to all"
        )
    variables = [v for v in (arena.model.time, *arena.model.coordinate_symbols) if left.has(v) or right.has(v)]
    for variable in variables:
        if (
            arena.limit is None
            and variable in arena.model.coordinate_symbols
            and _differs_between_sites(arena, left, right, variable)
        ):
            witness = f"the ratio of the sides depends on {variable}"
            return RegimeVerdict("", REFUTED, derived, witness, (), str(left), str(right))
        slope = sp.diff(left, variable) * right - left * sp.diff(right, variable)
        everywhere = replace(arena, limit=None)
        answer = everywhere.equal(slope, sp.Integer(0))
        if (
            answer.answer is Answer.UNDECIDED
        ):  # a difference that has a witness is not multiplied out: moments over roots grow large
            answer = everywhere.equal(sp.expand(slope), sp.Integer(0))
        if answer.answer is Answer.UNDECIDED and _same_slopes(arena, left, right, variable):
            continue
        if answer.answer is Answer.UNDECIDED:
            logarithmic = _differs_by_logarithm(arena, left, right, derived) if variable == arena.model.time else None
            if logarithmic is not None:
                return logarithmic
            return RegimeVerdict(
                "", UNDECIDED, derived, f"whether the ratio of the sides depends on {variable} is open"
            )
        if answer.answer is Answer.REFUTED:
            why = f"the ratio of the sides depends on {variable}"
            two = _two_ratios(arena, left, right, variable)
            if two is None:
                return RegimeVerdict("", REFUTED, derived, why, answer.witness, answer.left, answer.right)
            at, first, second = two
            return RegimeVerdict(
                "", REFUTED, derived, f"{why}: the witness is this ratio at two values", at, first, second
            )
    return RegimeVerdict("", PROVED, derived, "the ratio of the sides is constant")


def _two_ratios(
    arena: Arena, left: sp.Expr, right: sp.Expr, variable: sp.Symbol
) -> tuple[tuple[tuple[str, str], ...], str, str] | None:
    """The ratio of two sides at a value of the variable and at twice that; None where it is no number there."""
    if (of_functions := _ratios_by_values(left, right, variable)) is not None:
        return of_functions
    if left.atoms(AppliedUndef) | right.atoms(AppliedUndef):
        return None
    free = left.free_symbols | right.free_symbols
    drawn = arena.draw()(random.Random(3))
    values = {s: sp.Rational(v.numerator, v.denominator) for s, v in drawn.items() if s in free}
    values |= {s: sp.Rational(3, 2) for s in free - set(values)}  # a place, a time
    if values[variable] == 0:
        return None
    ratios = []
    for factor in (1, 2):
        here = values | {variable: factor * values[variable]}
        below = sp.N(right.xreplace(here), 15)
        ratio = sp.N(left.xreplace(here) / below, 15) if below != 0 else sp.nan
        if not ratio.is_Float or not ratio.is_finite:
            return None
        ratios.append(ratio)
    if abs(ratios[0] - ratios[1]) <= sp.Float("1e-9") * abs(ratios[0]):
        return None
    at = [(str(s), str(v)) for s, v in sorted(values.items(), key=lambda item: str(item[0])) if s != variable]
    at.append((str(variable), f"{values[variable]} and {2 * values[variable]}"))
    return tuple(at), str(ratios[0]), str(ratios[1])


def _ratios_by_values(
    left: sp.Expr, right: sp.Expr, variable: sp.Symbol
) -> tuple[tuple[tuple[str, str], ...], str, str] | None:
    """The ratio at two places that differ in the values of unknown functions there, V(x) = 1 and 2; None where more is asked."""
    calls = sorted((c for c in left.atoms(AppliedUndef) | right.atoms(AppliedUndef)), key=str)
    here = [c for c in calls if c.args == (variable,)]
    rest = {c: sp.S.Zero for c in calls if variable not in c.free_symbols}
    ratio = (left / right).xreplace(rest)
    if not here or len(here) + len(rest) < len(calls) or ratio.atoms(sp.Derivative, sp.Integral, sp.Sum):
        return None
    if variable in ratio.xreplace(dict.fromkeys(here, sp.S.One)).free_symbols:
        return None
    fixed = {s: sp.Integer(n + 1) for n, s in enumerate(sorted(ratio.free_symbols - {variable}, key=str))}
    found = [sp.N(ratio.xreplace(dict.fromkeys(here, sp.Integer(n))).xreplace(fixed), 15) for n in (1, 2)]
    if not all(r.is_Float and r.is_finite for r in found) or abs(found[0] - found[1]) <= sp.Float("1e-9") * abs(
        found[0]
    ):
        return None
    at = [(str(s), str(v)) for s, v in {**fixed, **rest}.items()] + [(str(c), "1 and 2") for c in here]
    return tuple(at), str(found[0]), str(found[1])


def _same_slopes(arena: Arena, left: sp.Expr, right: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the logarithms of two exponentials have the same slope, with log(a b) as log(a) + log(b) where a and b are positive."""
    gap = sp.expand(sp.diff(left, variable) / left - sp.diff(right, variable) / right)
    values = {s: sp.Rational(n.numerator, n.denominator) for s, n in arena.draw()(random.Random(1)).items()}
    factors = {f for c in gap.atoms(sp.log) for f in sp.Mul.make_args(sp.factor(sp.together(c.args[0])))}
    if not factors or not all(f.as_base_exp()[0].xreplace(values).is_positive for f in factors):
        return False
    change = {c: sp.log(sp.factor(sp.together(c.args[0]))) for c in gap.atoms(sp.log)}
    return bool(sp.expand(sp.expand_log(gap.xreplace(change), force=True)) == 0)


def _differs_between_sites(arena: Arena, left: sp.Expr, right: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the ratio of two laws on sites surely changes from one site to the next."""
    lengths = {sp.Abs(r) for j in arena.model.jumps for r in j.displacement if r != 0}
    if len(lengths) != 1:
        return False
    step = lengths.pop()
    first, second = (sp.gammasimp(sp.combsimp(e.xreplace({variable: variable + step}) / e)) for e in (left, right))
    return bool(first.is_rational_function(variable) and second.is_rational_function(variable)
                and replace(arena, at_sites=False).equal(sp.cancel(first - second), sp.Integer(0)).answer is Answer.REFUTED)  # fmt: skip


def compared_late(
    arena: Arena, kind: str, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Both sides by their leading powers of t for t -> oo; with ``propto`` the powers alone."""
    positive = partial(surely_positive, arena.model)
    ours, theirs = (late_growth(side, arena.model.time, positive) for side in (left, right))
    if ours is None or theirs is None:
        same = kind != "propto" and arena.equal(left, right).answer is Answer.PROVED
        if same:
            return RegimeVerdict("", PROVED, derived, "both sides agree", reservation=LATE)
        if right != 0 and not right.has(sp.oo) and not left.has(sp.oo):
            return _exponentials(arena, kind, left, right, derived)
        return RegimeVerdict("", UNDECIDED, derived, "how the two sides behave for t -> oo is not known in closed form")
    (power, value), (other, claimed) = ours, theirs
    if kind != "propto" and right == 0 and value != 0:
        return _tends_to_zero(power, positive, derived)
    if power == other and power in (sp.oo, -sp.oo) and right != 0:
        return _exponentials(arena, kind, left, right, derived)
    answer = arena.equal(power, other)
    if answer.answer is Answer.REFUTED:
        why = f"for t -> oo the left-hand side goes as t**({power}), the right-hand side as t**({other})"
        return RegimeVerdict("", REFUTED, derived, why, answer.witness, answer.left, answer.right)
    if answer.answer is Answer.UNDECIDED or kind == "propto":
        return from_comparison(answer, derived, power, other)
    verdict = from_comparison(arena.equal(value, claimed), derived, value, claimed)
    if verdict.verdict == REFUTED:
        return mended(verdict, claimed, value, arena)
    return replace(verdict, reservation=LATE) if verdict.verdict == PROVED else verdict


def _exponentials(
    arena: Arena, kind: str, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Two sides that both grow, or both decay, exponentially: by their ratio, which tells rates and powers apart."""
    left, right = (arena.up_to_logarithms(side) for side in (left, right))
    found = late_growth(left / right, arena.model.time, partial(surely_positive, arena.model))
    if found is None:
        if (logarithmic := _differs_by_logarithm(arena, left, right, derived)) is not None:
            return logarithmic
        return RegimeVerdict(
            "", UNDECIDED, derived, "how the ratio of the sides behaves for t -> oo is not known in closed form"
        )
    power, value = found
    if power in (sp.oo, -sp.oo) or arena.equal(power, sp.S.Zero).answer is Answer.REFUTED:
        how = "exponentially" if power in (sp.oo, -sp.oo) else f"as t**({power})"
        way = "goes to zero" if power == -sp.oo else "changes"
        why = f"for t -> oo the ratio of the sides {way} {how}"
        return RegimeVerdict("", REFUTED, derived, why, (), str(left), str(right))
    if kind == "propto":
        return RegimeVerdict("", PROVED, derived, LATE, reservation=LATE)
    verdict = from_comparison(arena.equal(value, sp.S.One), derived, left, right)
    if verdict.verdict == REFUTED and value.is_number:
        verdict = replace(verdict, ratio=1 / value)
    return replace(verdict, reservation=LATE) if verdict.verdict == PROVED else verdict


def _differs_by_logarithm(
    arena: Arena, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict | None:
    """That the ratio of two sides changes for t -> oo like a power of t and one of log(t); None where it is not known to."""
    t = arena.model.time
    found = growth_with_logarithm(left / right, t, partial(surely_positive, arena.model)) if right != 0 else None
    if found is None or found[2] == 0 or found[:2] == (0, 0):
        return None
    how = " ".join(f"{base}**({power})" for base, power in (("t", found[0]), ("log(t)", found[1])) if power != 0)
    why = f"for t -> oo the ratio of the sides changes as {how}"
    return RegimeVerdict("", REFUTED, derived, why, (), str(left), str(right))


def _tends_to_zero(
    power: sp.Expr, positive: Callable[[sp.Expr], bool | None], derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Whether a quantity that goes as t**power (-oo: as a decaying exponential) vanishes for t -> oo."""
    if power == -sp.oo or (power != sp.oo and positive(-power)):
        return RegimeVerdict("", PROVED, derived, "it vanishes for t -> oo", reservation=LATE)
    if power in (0, sp.oo) or positive(power):
        return RegimeVerdict("", REFUTED, derived, f"for t -> oo it goes as t**({power})", (), f"t**({power})", "0")
    return RegimeVerdict("", UNDECIDED, derived, "whether it vanishes for t -> oo is open")


LATE = "both sides agree to leading order for t -> oo"

_FLIPPED = {"<=": False, "<": False, ">=": True, ">": True}


def inequality(
    arena: Arena, kind: str, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Proved or refuted where the whole range of the parameters decides it; else conditional, with the condition."""
    if kind == "!=":
        answer = arena.equal(left, right)
        flipped = {Answer.PROVED: REFUTED, Answer.REFUTED: CONDITIONAL, Answer.UNDECIDED: UNDECIDED}[answer.answer]
        return RegimeVerdict("", flipped, derived, "the sides are compared for difference")
    small, large = (right, left) if _FLIPPED[kind] else (left, right)
    gap, box = expand_definitions(large - small, arena.model.functions), parameter_intervals(arena.model.parameters)
    strict = kind in ("<", ">")
    whole, spans = _over_parameters(arena, gap, box)
    if all(s.low is not None and (s.low > 0 or (s.low == 0 and (not strict or s.low_open))) for s in spans):
        return RegimeVerdict("", PROVED, derived, "holds for all allowed values")
    if whole.high is not None and (whole.high < 0 or (whole.high == 0 and (strict or whole.high_open))):
        return RegimeVerdict("", REFUTED, derived, "fails for all allowed values", (), str(left), str(right))
    return RegimeVerdict("", CONDITIONAL, derived, f"holds only where {_condition(small, large, kind)}")


def _over_parameters(arena: Arena, gap: sp.Expr, box: Intervals) -> tuple[Interval, list[Interval]]:
    """The range of a gap, and of each of its branches, over all parameters that the model allows.

    In a limit the leading part counts. Where it lacks a symbol of a combination that is small there, that vanishes:
    D = q a^2/tau for p - q -> 0 and p + q <= 1 has q <= 1/2. What the leading part names is small, not zero.
    """
    conditions = conditions_on_parameters(arena.model)
    lead = None if arena.exact else arena.leading(gap)
    if lead is not None and arena.limit is not None:
        small = [e for e, power in arena.limit.regime.powers if power > 0 and not e.is_Symbol]
        conditions += [sp.Eq(e, 0) for e in small if e.free_symbols - lead.free_symbols]
        gap = lead
    return range_under(gap, box, conditions), [range_under(branch, box, conditions) for branch in _branches(gap)]


def _branches(gap: sp.Expr) -> list[sp.Expr]:
    """Expressions of which ``gap`` is one wherever it is evaluated: an absolute value with either sign."""
    sizes = list(gap.atoms(sp.Abs))
    if len(sizes) != 1:
        return [gap]
    return [gap.xreplace({sizes[0]: sign * sizes[0].args[0]}) for sign in (1, -1)]


def _condition(small: sp.Expr, large: sp.Expr, kind: str) -> str:
    """|a x| <= b as |x| <= b/a; strict where the claim is."""
    sign = kind.replace(">", "<")
    if isinstance(small, sp.Abs):
        factor = sp.Mul(*(a for a in sp.Mul.make_args(small.args[0]) if a.is_positive or a.is_negative))
        return f"{sp.Abs(small.args[0] / factor)} {sign} {large / sp.Abs(factor)}"
    inner = [a for a in sp.Mul.make_args(small) if isinstance(a, sp.Abs)]
    if len(inner) == 1:
        return f"{inner[0]} {sign} {large * inner[0] / small}"
    return f"{small} {sign} {large}"
