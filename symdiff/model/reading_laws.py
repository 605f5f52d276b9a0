"""Step laws as stated: by a named distribution, of one length along a direction or of the step vector itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model import transform_law
from symdiff.model.checking_laws import check_transform
from symdiff.model.fields import Place
from symdiff.model.parameter import REAL_LINE, Interval
from symdiff.model.ranges import enclosure, parameter_intervals
from symdiff.model.step_law import LATER_LAWS, LAWS, StepLaw
from symdiff.notation.expression import Scope
from symdiff.notation.names import did_you_mean

LAW_ARGUMENTS = ("value", "mean", "variance", "covariance", "scale", "low", "high", "shape", "dof", "index", "skewness",
                 "amplitude", "second_moment", "third_cumulant", "fourth_cumulant", "length", "trials", "success",
                 "cutoff")  # fmt: skip
Direction = tuple[sp.Expr, ...]
_WHOLE = {"binomial": ("trials",), "poisson": (), "geometric": ()}


def read_law(
    entry: Mapping[str, Any], known: Mapping[str, Any], dimension: int, place: Place
) -> tuple[StepLaw | None, Direction]:
    """The law of an entry's step and its direction; (None, ()) without a law."""
    scope: Scope = known["scope"]
    by = [k for k in ("distribution", *transform_law.BY_FORMULA, "rate_density") if k in entry]
    if len(by) > 1:
        raise place.at(by[1]).fail(f"a law is given by {by[0]} and by {by[1]}", "give one of them")
    if by and by[0] in transform_law.NAMES:
        return _by_transform(by[0], entry, known, dimension, place)
    if by and by[0] in ("density", "rate_density"):
        from symdiff.model.reading_density import law_by_density  # loaded when used: start-up time

        return law_by_density(by[0], entry, known, dimension, place)[:2]
    if "distribution" not in entry:
        stray = sorted(k for k in entry if k in LAW_ARGUMENTS and k != "index")
        if stray or "direction" in entry:
            raise place.fail(f"'{(stray or ['direction'])[0]}' belongs to a law, but no distribution is named",
                             'write distribution = "normal", say')  # fmt: skip
        return None, ()
    name = f.text(entry["distribution"], place.at("distribution"))
    if name == "isotropic":
        return _isotropic(entry, known, dimension, place), ()
    if name == "normal" and (isinstance(entry.get("mean"), (list, tuple)) or "covariance" in entry):
        return _several_normal(entry, known, dimension, place), ()
    law = named_law(name, entry, known, place)
    if dimension > 1 and "direction" not in entry:
        raise place.fail("a law in more than one dimension needs its direction", 'write direction = ["1", "0"]')
    return _place_in_direction(
        law, f.vector(entry.get("direction", ["1"]), scope, place.at("direction"), dimension), known
    )


def _place_in_direction(law: StepLaw, direction: Direction, known: Mapping[str, Any]) -> tuple[StepLaw, Direction]:
    """A length that depends on place, moved from the law into its direction: b(x) s with a fixed law of s."""
    places = {sp.Symbol(c, real=True) for c in known["coordinates"]}
    varying = {n for n, e in law.arguments if e.free_symbols & places or e.atoms(AppliedUndef)}
    lengths = {
        n: (e, root)
        for n, e in law.arguments
        for s, root in LAWS[law.distribution].lengths.items()
        if s == n and e != 0
    }
    if not varying or not varying <= set(lengths):
        return law, direction
    name = next(n for n, _ in law.arguments if n in varying)
    unit = lengths[name][0] if lengths[name][1] == 1 else lengths[name][0] ** sp.Rational(1, lengths[name][1])
    change = {n: sp.cancel(e / unit**root) for n, (e, root) in lengths.items()}
    if any(e.free_symbols & places or e.atoms(AppliedUndef) for e in change.values()):
        return law, direction
    fixed = StepLaw(
        law.distribution, tuple((n, change.get(n, e)) for n, e in law.arguments), law.index_range, box=law.box
    )
    return fixed, tuple(e * unit for e in direction)


def _by_transform(
    name: str, entry: Mapping[str, Any], known: Mapping[str, Any], dimension: int, place: Place
) -> tuple[StepLaw, Direction]:
    """A law by E[e^(ikr)] in k (of the step vector in k_x, k_y, ...) or by E[e^(-sr)] in s."""
    scope, here = known["scope"], place.at(name)
    for key in entry:
        if key in LAW_ARGUMENTS and not isinstance(entry[key], Mapping):
            raise place.at(key).fail(f"a law given by its {name} takes no '{key}'", "write it into the formula")
    waves = transform_law.wave_symbols(max(1, dimension))
    if name == "laplace_transform":
        names: dict[str, sp.Expr] = {"s": transform_law.LAPLACE}
    else:
        names = {"k": waves[0]} | (
            {f"k_{c}": w for c, w in zip(known["coordinates"], waves, strict=True)} if dimension > 1 else {}
        )
    taken = sorted(set(names) & set(scope.symbols))
    if name == "characteristic_function" and "I" not in scope.symbols:
        names["I"] = sp.I
    if taken:
        raise here.fail(
            f"'{taken[0]}' is declared in the file, and stands for the transform's variable here",
            "declare another name",
        )
    body = f.expression(
        entry[name], Scope({**scope.symbols, **names}, {**scope.functions, "O": (1, sp.Function("O"))}), here
    )
    if body.free_symbols & {sp.Symbol(c, real=True) for c in known["coordinates"]}:
        raise NotYetError("step laws that depend on place through their transform are not handled yet", where=str(here))
    vector = dimension > 1 and name == "characteristic_function" and "direction" not in entry
    if vector and "k" in str(entry[name]).replace("k_", "") and body.has(waves[0]) and not body.has(*waves[1:]):
        raise place.fail(
            "a law in more than one dimension needs its direction",
            f"write direction, or the formula in k_{known['coordinates'][0]}, ...",
        )
    box = tuple(parameter_intervals(known["parameters"]).items())
    law = StepLaw(name, (("transform", body),), lengths=dimension if vector else 1, box=box)
    here.guard(lambda: check_transform(law))
    if vector:
        return law, ()
    if dimension > 1 and "direction" not in entry:
        raise place.fail("a law in more than one dimension needs its direction", 'write direction = ["1", "0"]')
    return law, f.vector(entry.get("direction", ["1"]), scope, place.at("direction"), dimension)


def named_law(name: str, entry: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> StepLaw:
    """A named law of one length with its arguments."""
    scope: Scope = known["scope"]
    if name in LATER_LAWS:
        raise NotYetError(f"the law '{name}' is not handled yet", where=str(place.at("distribution")),
                          instead=f"handled today: {', '.join(LAWS)}, isotropic")  # fmt: skip
    if name not in LAWS:
        raise place.at("distribution").fail(f"unknown distribution '{name}'", did_you_mean(name, [*LAWS, *LATER_LAWS]))
    definition = LAWS[name]
    given = {}
    for key in (*definition.required, *definition.optional):
        if key in entry:
            if isinstance(entry[key], (list, tuple, Mapping)):
                raise place.at(key).fail(
                    f"'{key}' of the law '{name}' is one expression", "lists are for normal laws of a step vector"
                )
            given[key] = f.real_expression(entry[key], scope, place.at(key))
        elif key in definition.required:
            raise place.fail(f"the law '{name}' needs '{key}'", f'write {key} = "..."')
    for key in entry:
        if key in LAW_ARGUMENTS and key not in given and not isinstance(entry[key], Mapping):
            raise place.at(key).fail(f"the law '{name}' takes no '{key}'",
                                     did_you_mean(key, definition.required + definition.optional))  # fmt: skip
    intervals = parameter_intervals(known["parameters"])
    deciding = given.get("index", given.get("dof"))
    span = REAL_LINE if deciding is None else enclosure(deciding, intervals)
    _check_law(name, given, span, place)
    box = tuple(intervals.items()) if deciding is not None else ()
    return StepLaw(name, tuple(given.items()), span, box=box)


def _isotropic(entry: Mapping[str, Any], known: Mapping[str, Any], dimension: int, place: Place) -> StepLaw:
    if "direction" in entry:
        raise place.at("direction").fail("an isotropic step has no direction", "leave it out")
    if "length" not in entry:
        raise place.fail(
            "the law 'isotropic' needs 'length'",
            'write length = "h", or length = {distribution = "exponential", mean = "h"}',
        )
    for key in entry:
        if key in LAW_ARGUMENTS and key != "length" and not isinstance(entry[key], Mapping):
            raise place.at(key).fail(f"the law 'isotropic' takes no '{key}'", "put it into length = {...}")
    value, here = entry["length"], place.at("length")
    if isinstance(value, Mapping):
        for key in value:
            if key not in LAW_ARGUMENTS and key not in ("distribution", "density"):
                raise here.at(key).fail(f"unknown key '{key}' in a law", did_you_mean(key, LAW_ARGUMENTS))
        if "density" in value:
            found, _ = read_law(value, known, 1, here)
            assert found is not None
            inner = found
        else:
            inner = named_law(f.text(value.get("distribution", ""), here.at("distribution")), value, known, here)
    else:
        inner = StepLaw("fixed", (("value", f.real_expression(value, known["scope"], here)),))
    return StepLaw("isotropic", (), inner.index_range, dimension, inner.box, inner)


def _several_normal(entry: Mapping[str, Any], known: Mapping[str, Any], dimension: int, place: Place) -> StepLaw:
    """A normal law of the step vector: a list of means, a matrix of covariances."""
    scope = known["scope"]
    if "direction" in entry or "variance" in entry:
        raise place.fail("a normal law of the step vector has 'mean' and 'covariance', no direction or variance")
    mean = f.vector(entry.get("mean", ["0"] * dimension), scope, place.at("mean"), dimension)
    rows = entry.get("covariance")
    here = place.at("covariance")
    if dimension == 1 and not isinstance(rows, (list, tuple)):
        rows = [[rows]] if rows is not None else None
    if not isinstance(rows, (list, tuple)) or len(rows) != dimension:
        raise here.fail(f"a covariance of {dimension} rows is expected", 'write [["sxx", "sxy"], ["sxy", "syy"]]')
    matrix = [f.vector(row, scope, here.at(i), dimension) for i, row in enumerate(rows)]
    arguments = {f"mean.{i}": m for i, m in enumerate(mean)}
    for i in range(dimension):
        if matrix[i][i].is_negative:
            raise here.at(i).fail(f"the variance {matrix[i][i]} is negative", "declare its parameters as positive")
        for j in range(i, dimension):
            if sp.expand(matrix[i][j] - matrix[j][i]) != 0:
                raise here.at(i).fail(
                    "the covariance is not symmetric", "write the same entry on both sides of the diagonal"
                )
            arguments[f"covariance.{i}.{j}"] = matrix[i][j]
    if dimension == 1:
        return StepLaw("normal", (("mean", mean[0]), ("variance", matrix[0][0])))
    return StepLaw("normal", tuple(arguments.items()), lengths=dimension)


_POSITIVE = ("variance", "scale", "shape", "dof", "index", "amplitude", "second_moment", "cutoff")


def _check_law(name: str, given: Mapping[str, sp.Expr], span: Interval, place: Place) -> None:
    for key in _POSITIVE:
        if key in given and (given[key].is_negative or (given[key].is_zero and key != "variance")):
            raise place.at(key).fail(f"{key} = {given[key]} is not positive", "declare its parameters as positive")
    if name == "moments":
        if "variance" not in given and "second_moment" not in given:
            raise place.fail("the law 'moments' needs 'variance' or 'second_moment'", 'write variance = "sigma**2"')
        if "variance" in given and "second_moment" in given:
            raise place.fail("both 'variance' and 'second_moment' are given", "give one of them")
        if "fourth_cumulant" in given and "third_cumulant" not in given:
            raise place.fail("'fourth_cumulant' without 'third_cumulant'", 'write third_cumulant = "0"')
        _check_moments(given, place)
    if "index" in given:
        _check_index(name, given, span, place)
    if name == "uniform" and (given["high"] - given["low"]).is_nonpositive:
        raise place.fail("the law 'uniform' has low >= high", "exchange them")
    if name == "pareto" and "cutoff" in given and (given["cutoff"] - given["scale"]).is_nonpositive:
        raise place.at("cutoff").fail("the cut-off is not above the scale", "exchange them")
    if name in _WHOLE and name == "binomial" and given["success"].is_number and not 0 <= given["success"] <= 1:
        raise place.at("success").fail(f"success = {given['success']} is no probability")


def _check_moments(given: Mapping[str, sp.Expr], place: Place) -> None:
    """Moments that no law has: a negative variance, or k_4 k_2 < k_3^2 - 2 k_2^3 (Pearson's inequality)."""
    mean, third = given.get("mean", sp.Integer(0)), given.get("third_cumulant", sp.Integer(0))
    variance = sp.expand(given["variance"] if "variance" in given else given["second_moment"] - mean**2)
    if variance.is_negative:
        raise place.fail(f"the variance {variance} is negative", "the mean square is at least the square of the mean")
    fourth = given.get("fourth_cumulant")
    if fourth is not None and sp.expand(fourth * variance - third**2 + 2 * variance**3).is_negative:
        raise place.fail(f"no law has the fourth cumulant {fourth} beside the variance {variance}",
                         "k_4 k_2 is at least k_3**2 - 2*k_2**3")  # fmt: skip


def _check_index(name: str, given: Mapping[str, sp.Expr], span: Interval, place: Place) -> None:
    """Which index a law allows: a stable law at most 2, a tail with a variance above 2, without one at most 2."""
    index, here = given["index"], place.at("index")
    if span.low is None or span.low < 0:
        raise here.fail(f"the index {index} may be negative", f"declare '0 < {index} < 2'")
    above_two = span.low > 2 or (span.low == 2 and span.low_open)
    may_exceed = span.high is None or span.high > 2
    if name == "levy" and may_exceed:
        raise here.fail(f"the index {index} of a stable law may be above 2", f"declare '0 < {index} <= 2'")
    if name == "tail" and "variance" in given and not above_two:
        raise here.fail(f"the index {index} is not above 2, where the variance is infinite", "leave the variance out")
    if name == "tail" and "variance" not in given and (above_two or may_exceed):
        raise here.fail(f"the index {index} is not below 2", "give the variance, which is then finite"
                        if above_two else f"declare '0 < {index} < 2', or give the variance")  # fmt: skip
    if name == "levy" and "skewness" in given and index == 1 and given["skewness"] != 0:
        raise NotYetError("a skew stable law of index 1 (with a logarithm) is not handled yet", where=str(here))
