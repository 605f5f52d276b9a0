"""Waiting times of a document: inline tables with a law, and the preparation of the first wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.complete_monotony import broken_everywhere
from symdiff.model.fields import Place
from symdiff.model.parameter import REAL_LINE, Interval
from symdiff.model.ranges import enclosure, parameter_intervals
from symdiff.model.waiting import BY_MOMENTS, HEAVY, LAPLACE, NEGATIVE, S, WaitingLaw
from symdiff.model.waiting_transform import number_at
from symdiff.notation.expression import Scope
from symdiff.notation.names import did_you_mean

ARGUMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # required, optional
    "fixed": (("value",), ()), "exponential": (("mean",), ()), "gamma": (("shape", "scale"), ()),
    "uniform": (("low", "high"), ()),
    "moments": (("mean",), ("variance", "second_moment", "third_cumulant", "fourth_cumulant")),
    "pareto": (("index", "scale"), ("cutoff",)), "lomax": (("index", "scale"), ()),
    "mittag_leffler": (("index", "scale"), ()), "levy": (("index", "scale"), ("skewness",)),
    "tail": (("index", "amplitude"), ("mean", "variance")),
}  # fmt: skip
FIRST = ("ordinary", "equilibrium")
_REMAINDER = re.compile(r"^(.*?)\+\s*O\((.*)\)\s*$", re.DOTALL)


def read_waiting(value: Any, known: Mapping[str, Any], place: Place) -> tuple[WaitingLaw, str | None]:
    """A waiting-time law and, where the table says so, how the first wait is distributed."""
    entry = f.table(value, place)
    first = None
    if "first" in entry:
        first = f.text(entry["first"], place.at("first"))
        if first not in FIRST:
            raise place.at("first").fail(f"'{first}' is no preparation of the first wait", did_you_mean(first, FIRST))
    given = [k for k in ("distribution", "density", LAPLACE) if k in entry]
    if len(given) != 1:
        raise place.fail("a waiting time is one law" if given else "a waiting time without a law",
                         'write {distribution = "exponential", mean = "tau"}, density = "..." or laplace_transform = "..."')  # fmt: skip
    if given[0] == "distribution":
        return _named(entry, known, place), first
    _no_stray(entry, (given[0], "first"), place)
    if given[0] == "density":
        return _density(entry["density"], known, place.at("density")), first
    return _transform(entry[LAPLACE], known, place.at(LAPLACE)), first


def _no_stray(entry: Mapping[str, Any], allowed: tuple[str, ...], place: Place) -> None:
    for key in entry:
        if key not in allowed:
            raise place.at(key).fail(f"unknown key '{key}' in a waiting time", did_you_mean(key, allowed))


def _named(entry: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> WaitingLaw:
    name = f.text(entry["distribution"], place.at("distribution"))
    if name in NEGATIVE:
        raise place.at("distribution").fail(f"the law '{name}' is no law of a waiting time",
                                            f"a wait is positive and has a density: {', '.join(ARGUMENTS)}")  # fmt: skip
    if name not in ARGUMENTS:
        raise place.at("distribution").fail(f"unknown distribution '{name}'", did_you_mean(name, ARGUMENTS))
    required, optional = ARGUMENTS[name]
    _no_stray(entry, ("distribution", "first", *required, *optional), place)
    given = {}
    for key in (*required, *optional):
        if key in entry:
            given[key] = f.real_expression(entry[key], known["scope"], place.at(key))
        elif key in required:
            raise place.fail(f"the waiting time '{name}' needs '{key}'", f'write {key} = "..."')
    _no_place(given.values(), known, place)
    box = parameter_intervals(known["parameters"])
    span = enclosure(given["index"], box) if "index" in given else REAL_LINE
    law = WaitingLaw(name, tuple((k, v) for k, v in given.items() if k != "skewness"), None, tuple(box.items()), span)
    _check(law, given, place)
    return law


def _no_place(values: Any, known: Mapping[str, Any], place: Place) -> None:
    for value in values:
        stray = {str(s) for s in value.free_symbols} & {*known["coordinates"], "t"}
        if stray or value.atoms(sp.core.function.AppliedUndef):
            raise NotYetError("waiting times that depend on place or time are not handled yet", where=str(place))


def _check(law: WaitingLaw, given: Mapping[str, sp.Expr], place: Place) -> None:
    name = law.distribution
    for key in ("value", "mean", "scale", "shape", "amplitude", "second_moment", "high"):
        if key in given and given[key].is_positive is False:
            raise place.at(key).fail(f"{key} = {given[key]} is not positive", "declare its parameters as positive")
    if "low" in given and given["low"].is_negative:
        raise place.at("low").fail("waits cannot be negative", 'write low = "0"')
    if name == "uniform" and (given["high"] - given["low"]).is_nonpositive:
        raise place.fail("the law 'uniform' has low >= high", "exchange them")
    if name == "pareto" and "cutoff" in given and (given["cutoff"] - given["scale"]).is_nonpositive:
        raise place.at("cutoff").fail("the cut-off is not above the scale", "exchange them")
    if name == "moments" and ("variance" in given) == ("second_moment" in given):
        raise place.fail(
            "the waiting time 'moments' needs either 'variance' or 'second_moment'", 'write variance = "..."'
        )
    variance = given.get("variance", given["second_moment"] - given["mean"] ** 2 if "second_moment" in given else None)
    variance = None if variance is None else sp.expand(variance)
    if variance is not None and variance.is_negative:
        raise place.fail(f"the variance {variance} is negative", "E[t^2] is at least E[t]^2")
    if name in HEAVY:
        _check_index(law, given, place)


def _check_index(law: WaitingLaw, given: Mapping[str, sp.Expr], place: Place) -> None:
    span, name, index = law.index_range, law.distribution, given["index"]
    mend = 'write index = "1/2", say' if index.is_number else f'declare {index} = "0 < {index} < 1"'
    if span.low is None or span.low < 0 or (span.low == 0 and not span.low_open):
        how = "is not positive" if index.is_number else "may be zero or negative"
        raise place.at("index").fail(f"the index {index} {how}", mend)
    if name in ("levy", "mittag_leffler"):
        limit = "below 1" if name == "levy" else "at most 1"
        if span.high is None or span.high > 1 or (name == "levy" and span.high == 1 and not span.high_open):
            raise place.at("index").fail(f"the index {index} of a waiting time '{name}' must be {limit}", mend)
        if name == "levy" and given.get("skewness") != 1:
            raise place.fail("a stable law is a waiting time only if it is one-sided", 'write skewness = "1"')
    if name == "tail":
        if "mean" in given and law.side_of(1) in (-1, 0):
            raise place.at("mean").fail(f"a tail of index {index} has no mean", "leave it out")
        if "mean" not in given and law.side_of(1) != -1 and law.side_of(1) != 0:
            raise place.fail(f"with an index {index} above 1 the mean exists and is needed", 'write mean = "..."')
        if "variance" in given and law.side_of(2) != 1:
            raise place.at("variance").fail(f"a tail of index {index} has no variance", "leave it out")


def _transform(value: Any, known: Mapping[str, Any], place: Place) -> WaitingLaw:
    """psi(s) as a formula, up to O(...) where it ends in one."""
    scope: Scope = known["scope"]
    inner = scope if "s" in scope.symbols else scope.with_symbols({"s": S})
    if "s" in scope.symbols:
        raise place.fail("'s' is declared in the file, but here it is the Laplace variable", "rename the parameter")
    text = str(value)
    match = _REMAINDER.match(text)
    remainder = None
    if match:
        text = match.group(1)
        remainder = f.expression(match.group(2), inner, place)
    transform = f.expression(text, inner, place)
    return _checked(transform, remainder, known, place)


def _checked(transform: sp.Expr, remainder: sp.Expr | None, known: Mapping[str, Any], place: Place) -> WaitingLaw:
    from symdiff.model.small_variable import LOG, SmallVariable
    from symdiff.model.waiting import logarithm_of, singular_exponents

    _no_place([transform.xreplace({S: sp.Integer(1)})], known, place)
    box = parameter_intervals(known["parameters"])
    small = SmallVariable(S, box, 4)
    found = place.guard(lambda: small.expand(transform, remainder))
    total = found.terms.get(sp.Integer(0), sp.Integer(0))
    lowest = min((small.representative(x) for x in found.terms), default=0)
    if lowest < 0 or sp.expand(total - 1) != 0:
        total = total.xreplace({LOG: sp.log(1 / S)})
        raise place.fail(f"psi(0) = {total if lowest >= 0 else 'oo'}, but a waiting time has total probability 1",
                         "normalise it: E[e^(-st)] is 1 at s = 0")  # fmt: skip
    exponents = sorted((x for x in found.terms if x != 0), key=small.representative)
    if not exponents:
        raise place.fail("nothing is known of this waiting time beyond its normalisation", "state more of it")
    singular = singular_exponents(found, small)
    if singular and found.terms[singular[0]].has(LOG) and small.representative(singular[0]) <= 2:
        place.guard(lambda: logarithm_of(-found.terms[singular[0]], singular[0]))
    first = sp.Poly(found.terms[exponents[0]], LOG).LC()  # the logarithm outweighs what stands beside it
    if (-first).is_nonpositive or small.representative(exponents[0]) > 1:
        raise place.fail("this is no law of a positive time: 1 - psi(s) must grow with s at first order at most",
                         "check the sign of its first term")  # fmt: skip
    if remainder is None:
        _falling(transform, box, place)
    span = enclosure(singular[0], box) if singular else REAL_LINE
    return WaitingLaw(LAPLACE, (), transform, tuple(box.items()), span, remainder)


def _falling(transform: sp.Expr, box: Mapping[sp.Symbol, Interval], place: Place) -> None:
    """Refuse what is known for all s and is no E[e^(-st)], whatever the parameters."""
    own = {x: box.get(x, REAL_LINE) for x in transform.free_symbols - {S}}
    found = broken_everywhere(lambda values, s: number_at(transform, S, s, values.__getitem__), own)
    if found is None:
        return
    drawn, s = found
    at = sp.Rational(s.numerator, s.denominator)
    shown = {x: sp.Rational(v.numerator, v.denominator) for x, v in drawn.items()}
    value = transform.xreplace({**shown, S: at})
    seen = f" for {', '.join(f'{x} = {v}' for x, v in shown.items())}; no drawn values make it one" if shown else ""
    raise place.fail(f"this is no law of a positive time: E[e^(-st)] falls from 1 towards 0 and its derivatives alternate in sign, "
                     f"which fails near s = {at}, where psi = {value}{seen}", "end it in + O(s**2) if it holds for small s only")  # fmt: skip


def _density(value: Any, known: Mapping[str, Any], place: Place) -> WaitingLaw:
    """Sums of c t^n e^(-bt), whose transform is sum c n!/(s + b)^(n + 1), and c (a + b t)^(-1 - index): Lomax."""
    scope: Scope = known["scope"]
    t = sp.Symbol("t", positive=True)
    density = f.expression(value, scope.with_symbols({"t": t}), place)
    _no_place([density.xreplace({t: sp.Integer(1)})], known, place)
    index_and_scale = _lomax(density, t)
    if index_and_scale is not None:
        index, scale = index_and_scale
        whole = sp.powsimp(sp.powdenest(sp.cancel(density.xreplace({t: sp.Integer(0)}) * scale / index), force=True))
        if sp.cancel(whole - 1) != 0:
            raise place.fail(f"psi(0) = {whole}, but a waiting time has total probability 1",
                             "normalise it: its integral from 0 to oo is 1")  # fmt: skip
        entry = {"distribution": "lomax", "index": sp.sstr(index), "scale": sp.sstr(scale)}
        return _named(entry, known, place)
    parts = [_gamma_part(part, t) for part in sp.Add.make_args(sp.expand(density, power_exp=True))]
    if any(p is None for p in parts):
        raise NotYetError("waiting times by a density are handled where it is a sum of terms c*t**n*exp(-b*t), or "
                          "a power c*(a + t)**(-1 - index)", where=str(place),
                          instead=f"name a law ({', '.join((*BY_MOMENTS, *HEAVY))}), or give its laplace_transform")  # fmt: skip
    return _checked(sp.Add(*(p for p in parts if p is not None)), None, known, place)


def _lomax(density: sp.Expr, t: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """(index, scale) of c (a + b t)^(-1 - index)."""
    _, body = sp.factor_terms(density).as_independent(t, as_Add=False)
    base, exponent = body.as_base_exp()
    if exponent.has(t) or not base.is_polynomial(t) or sp.degree(base, t) != 1:
        return None
    slope, start = sp.Poly(base, t).all_coeffs()
    scale = sp.cancel(start / slope)
    return (sp.expand(-exponent - 1), scale) if scale.is_positive else None


def _gamma_part(part: sp.Expr, t: sp.Symbol) -> sp.Expr | None:
    """The transform of c t^n e^(-bt) with b > 0, n > -1."""
    n, rate, factor = sp.Integer(0), sp.Integer(0), sp.Integer(1)
    for item in sp.Mul.make_args(part):
        base, exponent = item.as_base_exp()
        if not item.has(t):
            factor *= item
        elif base == t and not exponent.has(t):
            n += exponent
        elif isinstance(item, sp.exp) and not sp.expand(-item.args[0] / t).has(t):
            rate += sp.expand(-item.args[0] / t)
        else:
            return None
    if not rate.is_positive or not (n + 1).is_positive:
        return None
    return factor * sp.gamma(n + 1) / (S + rate) ** (n + 1)
