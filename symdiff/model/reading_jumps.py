"""The jumps of a document: displacements, laws, intensities, states; and what makes them a valid process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symdiff.errors import ModelError, NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump
from symdiff.model.keys import check_key
from symdiff.model.lattice import lattice_entries, read_lattice
from symdiff.model.motion import InternalVariable
from symdiff.model.parameter import REAL_LINE, Interval
from symdiff.model.probabilities import validity_conditions
from symdiff.model.ranges import enclosure, parameter_intervals
from symdiff.model.reading_reactions import population_jumps
from symdiff.model.reading_states import read_internals, read_motions
from symdiff.model.step_law import LATER_LAWS, LAWS, StepLaw
from symdiff.notation.expression import Scope
from symdiff.notation.names import did_you_mean

MAX_JUMPS = 2_000
LATTICE_LABEL = "[model] lattice"
INTENSITIES = ("probability", "rate", "weight")
LAW_ARGUMENTS = ("value", "mean", "variance", "covariance", "scale", "low", "high", "shape", "dof", "index", "skewness",
                 "amplitude", "second_moment", "third_cumulant", "fourth_cumulant", "length", "trials", "success",
                 "cutoff")  # fmt: skip


def read_jumps(
    document: Mapping[str, Any], head: Mapping[str, Any], known: Mapping[str, Any], place: Place
) -> dict[str, Any]:
    """The fields ``jumps``, ``clock``, ``time_step``, ``signed``, ``lossy``, ``lattice``, ``conditions`` of a model."""
    scope: Scope = known["scope"]
    entries = f.tables(document.get("jumps", []), place.at("jumps"))
    lattice = read_lattice(head, scope, known["coordinates"], place.at("model"))
    moving = bool(document.get("states"))
    if not entries and lattice is None and not moving and not document.get("reactions"):
        raise place.fail(
            "the model has no jumps", 'write [[jumps]] with displacement = ["h"] and a rate or probability'
        )
    time_step = None
    if "time_step" in head:
        here = place.at("model", "time_step")
        time_step = f.real_expression(head["time_step"], scope, here)
        if time_step.is_positive is False or time_step.is_zero:
            raise here.fail(f"the time step {time_step} is not positive", "declare its parameters as positive")
        if {str(s) for s in time_step.free_symbols} & set(known["coordinates"]):
            raise here.fail("the time step depends on place", "put the dependence into the probabilities")
    signed = head.get("signed", False)
    if not isinstance(signed, bool):
        raise place.at("model", "signed").fail("true or false is expected", "write signed = true")
    lossy = _survival(head, time_step, place.at("model", "survival"))
    bonds = [] if lattice is None else lattice_entries(lattice, len(known["coordinates"]), time_step is not None)
    total_rate = None
    if "total_rate" in head and lattice is None:
        total_rate = f.real_expression(head["total_rate"], scope, place.at("model", "total_rate"))
    clock = _clock(entries + bonds, len(entries), time_step, total_rate, place)
    jumps: list[Jump] = []
    for i, entry in enumerate(entries):
        jumps += _read_jump(entry, f"[[jumps]] {i + 1}", clock, known, place.at("jumps", i))
        if len(jumps) > MAX_JUMPS:
            raise place.at("jumps", i).fail(f"more than {MAX_JUMPS} jumps", "state the law of the step instead")
    for bond in bonds:
        jumps += _read_jump(bond, LATTICE_LABEL, clock, known, place.at("model", "rate"))
    jumps += population_jumps(document, {**known, "time_step": time_step}, place)
    if any("weight" in e for e in entries + bonds) and clock != "none":
        jumps = _normalised(jumps, known["states"] or (known["density"],), total_rate)
    known = {**known, "time_step": time_step}
    motions = read_motions(document, known, place)
    internals = read_internals(document, known, place, lambda entry, here: _law(entry, known, 1, here)[0])
    _check_redraw(jumps, internals, clock, place)
    if clock == "none" and (motions or internals):
        raise place.at("jumps").fail("the jumps have weights but no rates, and the states move in time",
                                     "write a rate for every jump")  # fmt: skip
    conditions: tuple[str, ...] = ()
    if not signed:
        conditions = validity_conditions(jumps, clock, known, place)
    return {"jumps": tuple(jumps), "clock": clock, "time_step": time_step, "signed": signed, "lossy": lossy,
            "lattice": lattice, "motions": motions, "internals": internals, "conditions": conditions}  # fmt: skip


def _check_redraw(jumps: list[Jump], internals: tuple[InternalVariable, ...], clock: str, place: Place) -> None:
    """A jump renews continuous internal states that exist, in continuous time, by a law that is stated."""
    known = {v.name: v for v in internals} | {c: v for v in internals for c in v.components if v.domain != "direction"}
    for jump in jumps:
        for name in jump.redraw:
            here = place.at("jumps", int(jump.label.split()[-1]) - 1, "redraw")
            if name not in known:
                raise here.fail(
                    f"'{name}' is no continuous internal state",
                    did_you_mean(name, known) if known else "declare it in [[internal]]",
                )
            if clock == "discrete":
                raise here.fail("in discrete time internal states are renewed before every step", "leave 'redraw' out")
            if known[name].law is None and known[name].domain != "direction":
                raise here.fail(f"'{name}' is renewed, but by which law?", "name its distribution in [[internal]]")


def _survival(head: Mapping[str, Any], time_step: sp.Expr | None, place: Place) -> bool:
    """Whether a walker dies with the probability that is missing to one, instead of staying."""
    kind = f.text(head.get("survival", "stay"), place)
    if kind not in ("stay", "lossy"):
        raise place.fail(f"unknown survival '{kind}'", 'write survival = "lossy", or leave it out')
    if kind == "lossy" and time_step is None:
        raise place.fail("survival is a matter of probabilities per time step, and the model has rates",
                         'state killing at a rate as a reaction that consumes a walker')  # fmt: skip
    return kind == "lossy"


def _clock(
    entries: list[dict[str, Any]], listed: int, time_step: sp.Expr | None, total_rate: sp.Expr | None, place: Place
) -> str:
    """Discrete, continuous, or none (weights only); mixed statements are refused where they begin.

    The first ``listed`` entries are those of the file, the others come from a lattice.
    """
    for i, entry in enumerate(entries[:listed]):
        here = place.at("jumps", i)
        for key in entry:
            check_key("jumps", key, str(here.at(key)), also=LAW_ARGUMENTS)
        given = [k for k in INTENSITIES if k in entry]
        if len(given) > 1:
            raise here.fail(f"both {given[0]} and {given[1]} are given", "give one of them")
        if "probability" in entry and time_step is None:
            raise here.at("probability").fail("a probability, but the model has no time step",
                                              'write time_step = "tau" under [model], or a rate here')  # fmt: skip
        if "rate" in entry and time_step is not None:
            raise here.at("rate").fail(
                "a rate, but the model has a time step", "write a probability per step, or drop time_step"
            )
        if total_rate is not None and "weight" not in entry and given:
            raise here.fail("total_rate shares itself out by weights, but this jump has none", 'write weight = "1"')
    weights = [i for i, e in enumerate(entries) if "probability" not in e and "rate" not in e]
    if weights and len(weights) < len(entries):
        here = place.at("jumps", weights[0]) if weights[0] < listed else place.at("model", "lattice")
        raise here.fail("this jump has neither probability nor rate, others have",
                                                 "give every jump its probability or rate")  # fmt: skip
    if time_step is not None:
        return "discrete"
    if weights:
        return "continuous" if total_rate is not None else "none"
    return "continuous"


def _read_jump(entry: Mapping[str, Any], label: str, clock: str, known: Mapping[str, Any], place: Place) -> list[Jump]:
    scope, states = known["rate_scope"], known["states"]
    dimension = len(known["coordinates"])
    source, target = _state(entry, "from", states, place), _state(entry, "to", states, place)
    law, direction = _law(entry, known, dimension, place)
    redraw = f.texts(entry["redraw"], place.at("redraw")) if "redraw" in entry else ()
    key = next((k for k in INTENSITIES if k in entry), "weight")
    found = []
    for index, displacement in _displacements(entry, known["scope"], dimension, place, law is not None):
        inner = scope.with_symbols(index)
        r = _own_displacement(known["coordinates"], displacement, law, scope)
        here = place.at(key)
        intensity = f.real_expression(entry.get(key, "1"), inner.with_symbols(r), here)
        stray = sorted(str(s) for s in intensity.free_symbols if isinstance(s, sp.Dummy))
        if stray:
            raise NotYetError("intensities that depend on a random step r are not handled yet", where=str(here))
        if (
            source is None
            and target is None
            and not law
            and not redraw
            and all(d == 0 for d in displacement)
            and clock == "continuous"
        ):
            raise place.fail("a jump by zero that changes nothing", "leave it out: in continuous time it does nothing")
        found.append(Jump(displacement, intensity, source, target, law, direction, redraw, label))
    return found


def _state(entry: Mapping[str, Any], key: str, states: tuple[str, ...], place: Place) -> str | None:
    if key not in entry:
        return None
    name = f.text(entry[key], place.at(key))
    if name not in states:
        hint = did_you_mean(name, states) if states else 'declare states = ["right", "left"] under [model]'
        raise place.at(key).fail(f"'{name}' is no state of the model", hint)
    return name


def _displacements(
    entry: Mapping[str, Any], scope: Scope, dimension: int, place: Place, has_law: bool
) -> list[tuple[dict[str, sp.Expr], tuple[sp.Expr, ...]]]:
    """Every displacement of the entry with the values of its index."""
    zero = tuple(sp.Integer(0) for _ in range(dimension))
    if "displacements" in entry:
        if "displacement" in entry or "index" in entry:
            raise place.at("displacements").fail(
                "'displacements' stands beside 'displacement' or 'index'", "give one of them"
            )
        listed = entry["displacements"]
        if not isinstance(listed, (list, tuple)) or not listed:
            raise place.at("displacements").fail(
                "a list of displacements is expected", 'write [["h", "0"], ["-h", "0"]]'
            )
        return [({}, f.vector(v, scope, place.at("displacements", i), dimension)) for i, v in enumerate(listed)]
    if "displacement" not in entry:
        if has_law:
            return [({}, zero)]
        if "to" in entry or "redraw" in entry:  # it only switches
            return [({}, zero)]
        raise place.fail("a jump without displacement", 'write displacement = ["h"]')
    family = entry.get("index", {})  # beside a distribution, `index` may be the law's own
    ranges = _index({} if has_law and not isinstance(family, Mapping) else family, scope, place.at("index"))
    found: list[tuple[dict[str, sp.Expr], tuple[sp.Expr, ...]]] = []
    for index in ranges:
        inner = scope.with_symbols(index)
        found.append((index, f.vector(entry["displacement"], inner, place.at("displacement"), dimension)))
    return found


def _index(value: Any, scope: Scope, place: Place) -> list[dict[str, sp.Expr]]:
    combinations: list[dict[str, sp.Expr]] = [{}]
    for name, ends in f.table(value, place).items():
        if not isinstance(ends, (list, tuple)) or len(ends) != 2:
            raise place.at(name).fail("a range has two ends", f'write index = {{{name} = ["-3", "3"]}}')
        low, high = (f.expression(e, scope, place.at(name, i)) for i, e in enumerate(ends))
        if not (low.is_Integer and high.is_Integer):
            raise NotYetError("families of jumps with symbolic or infinite ranges are not handled yet", where=str(place.at(name)),
                              instead="give integers")  # fmt: skip
        if low > high:
            raise place.at(name).fail(f"the range from {low} to {high} is empty")
        if (high - low + 1) * len(combinations) > MAX_JUMPS:
            raise place.at(name).fail(f"more than {MAX_JUMPS} jumps", "state the law of the step instead")
        combinations = [{**c, name: sp.Integer(j)} for c in combinations for j in range(int(low), int(high) + 1)]
    return combinations


def _own_displacement(
    coordinates: tuple[str, ...], displacement: tuple[sp.Expr, ...], law: StepLaw | None, scope: Scope
) -> dict[str, sp.Expr]:
    """What ``r`` (``r_x``, ...) means in this jump, where the file does not declare these names itself."""
    entries = displacement if law is None else tuple(sp.Dummy("r") for _ in displacement)
    names = {f"r_{c}": d for c, d in zip(coordinates, entries, strict=True)}
    if len(coordinates) == 1:
        names["r"] = entries[0]
    return {n: d for n, d in names.items() if n not in scope.symbols}


def _law(
    entry: Mapping[str, Any], known: Mapping[str, Any], dimension: int, place: Place
) -> tuple[StepLaw | None, tuple[sp.Expr, ...]]:
    scope: Scope = known["scope"]
    if "distribution" not in entry:
        stray = sorted(k for k in entry if k in LAW_ARGUMENTS and k != "index")
        if stray or "direction" in entry:
            raise place.fail(f"'{(stray or ['direction'])[0]}' belongs to a law, but no distribution is named",
                             'write distribution = "normal", say')  # fmt: skip
        return None, ()
    name = f.text(entry["distribution"], place.at("distribution"))
    if name in LATER_LAWS:
        raise NotYetError(f"the law '{name}' is not handled yet", where=str(place.at("distribution")),
                          instead=f"handled today: {', '.join(LAWS)}")  # fmt: skip
    if name not in LAWS:
        raise place.at("distribution").fail(f"unknown distribution '{name}'", did_you_mean(name, [*LAWS, *LATER_LAWS]))
    definition = LAWS[name]
    given = {}
    for key in (*definition.required, *definition.optional):
        if key in entry:
            if isinstance(entry[key], (list, tuple, Mapping)):
                raise NotYetError(
                    f"a law in more than one dimension ('{key}' is a list) is not handled yet", where=str(place.at(key))
                )
            given[key] = f.real_expression(entry[key], scope, place.at(key))
        elif key in definition.required:
            raise place.fail(f"the law '{name}' needs '{key}'", f'write {key} = "..."')
    for key in entry:
        if key in LAW_ARGUMENTS and key not in given and not isinstance(entry[key], Mapping):
            later = name in ("levy", "tail") and key == "skewness"
            raise (NotYetError if later else ModelError)(
                f"the law '{name}' takes no '{key}'" + (" yet" if later else ""), where=str(place.at(key)),
                instead=did_you_mean(key, definition.required + definition.optional))  # fmt: skip
    deciding = given.get("index", given.get("dof"))
    span = REAL_LINE if deciding is None else enclosure(deciding, parameter_intervals(known["parameters"]))
    _check_law(name, given, span, place)
    if dimension > 1 and "direction" not in entry:
        raise place.fail("a law in more than one dimension needs its direction", 'write direction = ["1", "0"]')
    direction = f.vector(entry.get("direction", ["1"]), scope, place.at("direction"), dimension)
    return StepLaw(name, tuple(given.items()), span), direction


_POSITIVE = ("variance", "scale", "shape", "dof", "index", "amplitude", "second_moment")


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
    index = given.get("index")
    if index is not None and "variance" not in given:
        if span.low is not None and (span.low > 2 or (span.low == 2 and (span.low_open or name == "tail"))):
            raise place.at("index").fail(f"the index {index} is not below 2", "give the variance, which is then finite")
        if span.high is None or span.high > 2 or (span.high == 2 and not span.high_open and name == "tail"):
            raise place.at("index").fail(
                f"the index {index} may be 2 or more", f"declare '0 < {index} < 2', or give the variance"
            )
        if span.low is None or span.low < 0:
            raise place.at("index").fail(f"the index {index} may be negative", f"declare '0 < {index} < 2'")
    if name == "uniform" and (given["high"] - given["low"]).is_nonpositive:
        raise place.fail("the law 'uniform' has low >= high", "exchange them")


def _normalised(jumps: list[Jump], states: tuple[str, ...], total_rate: sp.Expr | None) -> list[Jump]:
    """Weights to probabilities (times the total rate): each over the sum of those open in the same state."""
    found = []
    for jump in jumps:
        sources = states if jump.source is None else (jump.source,)
        totals = {s: sp.Add(*(j.intensity for j in jumps if j.source in (None, s))) for s in sources}
        for state, total in totals.items():
            share = jump.intensity / total * (total_rate if total_rate is not None else 1)
            source = jump.source if len(set(totals.values())) == 1 else state
            target = jump.target
            if source != jump.source and target is None:
                target = source
            found.append(
                Jump(jump.displacement, share, source, target, jump.law, jump.direction, jump.redraw, jump.label)
            )
            if source == jump.source:
                break
    return found
