"""The jumps of a document: displacements, laws, intensities, states; and what makes them a valid process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump
from symdiff.model.keys import check_key
from symdiff.model.lattice import lattice_entries, read_lattice
from symdiff.model.motion import InternalVariable
from symdiff.model.probabilities import open_together, validity_conditions
from symdiff.model.reading_entry import INTENSITIES, MAX_JUMPS, read_entry
from symdiff.model.reading_laws import LAW_ARGUMENTS, read_law
from symdiff.model.reading_reactions import population_jumps
from symdiff.model.reading_states import read_internals, read_motions
from symdiff.model.reading_waiting import read_waiting
from symdiff.model.scheme import Scheme, read_scheme
from symdiff.model.waiting import WaitingLaw
from symdiff.notation.expression import Scope
from symdiff.notation.names import did_you_mean

LATTICE_LABEL = "[model] lattice"


def read_jumps(
    document: Mapping[str, Any], head: Mapping[str, Any], known: Mapping[str, Any], place: Place
) -> dict[str, Any]:
    """The fields ``jumps``, ``clock``, ``time_step``, ``signed``, ``lossy``, ``lattice``, ``conditions`` of a model."""
    scope: Scope = known["scope"]
    scheme = read_scheme(head, known, place.at("model"))
    if scheme is not None:
        return _scheme_fields(document, head, scheme, place)
    entries = f.tables(document.get("jumps", []), place.at("jumps"))
    lattice = read_lattice(head, scope, known["rate_scope"], known["coordinates"], place.at("model"))
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
    total_rate = None
    if "total_rate" in head and lattice is None:
        total_rate = f.real_expression(head["total_rate"], scope, place.at("model", "total_rate"))
    waiting, first = None, None
    if "waiting_time" in document:
        waiting, first = read_waiting(document["waiting_time"], known, place.at("waiting_time"))
    state_waits, first = _state_waits(document, first, known, place)
    waits = waiting is not None or bool(state_waits) or any("waiting_time" in e for e in entries)
    if waits and time_step is not None:
        raise place.at("model", "time_step").fail("a time step beside waiting times", "give one of the two")
    bonds = (
        [] if lattice is None else lattice_entries(lattice, len(known["coordinates"]), waits or time_step is not None)
    )
    clock = _clock(entries + bonds, len(entries), time_step, total_rate, place, waits=waits)
    jumps: list[Jump] = []
    for i, entry in enumerate(entries):
        jumps += read_entry(entry, f"[[jumps]] {i + 1}", clock, known, place.at("jumps", i))
        if len(jumps) > MAX_JUMPS:
            raise place.at("jumps", i).fail(f"more than {MAX_JUMPS} jumps", "state the law of the step instead")
    for bond in bonds:
        jumps += read_entry(bond, LATTICE_LABEL, clock, known, place.at("model", "rate"))
    jumps += population_jumps(document, {**known, "time_step": time_step}, place)
    if clock != "none" and any(not {"probability", "rate", "rate_density"} & set(e) for e in entries + bonds):
        if any(j.region is not None for j in jumps):
            raise NotYetError("weights that are shared out among jumps with 'where' are not handled yet", where=str(place.at("jumps")),
                              instead="write probabilities or rates")  # fmt: skip
        jumps = _normalised(jumps, known["states"] or (known["density"],), total_rate)
    known = {**known, "time_step": time_step}
    motions = read_motions(document, known, place)
    internals = read_internals(document, known, place, lambda entry, here: read_law(entry, known, 1, here)[0])
    _check_redraw(jumps, internals, clock, place)
    _check_laws_beside(internals, jumps, place)
    if clock == "none" and (motions or internals):
        raise place.at("jumps").fail("the jumps have weights but no rates, and the states move in time",
                                     "write a rate for every jump")  # fmt: skip
    conditions: tuple[sp.Basic, ...] = ()
    if not signed:
        conditions = validity_conditions(jumps, clock, known, place)
    if waits:
        jumps, first, open_sums = _with_waits(jumps, entries, waiting, first, known, place)
        conditions = (*conditions, *open_sums)
    return {"jumps": tuple(jumps), "clock": clock, "time_step": time_step, "signed": signed, "lossy": lossy,
            "lattice": lattice, "scheme": None, "motions": motions, "internals": internals, "conditions": conditions,
            "waiting": waiting, "state_waits": state_waits, "first_wait": first or "ordinary"}  # fmt: skip


def _state_waits(
    document: Mapping[str, Any], first: str | None, known: Mapping[str, Any], place: Place
) -> tuple[tuple[tuple[str | None, WaitingLaw], ...], str | None]:
    """The waits that [[states]] state, by the name of the state."""
    found: list[tuple[str | None, WaitingLaw]] = []
    for i, entry in enumerate(f.tables(document.get("states", []), place.at("states"))):
        if "waiting_time" in entry:
            here = place.at("states", i, "waiting_time")
            law, own = read_waiting(entry["waiting_time"], known, here)
            first = _same_first(own, first, here)
            found.append((str(entry["name"]) if "name" in entry else None, law))
    return tuple(found), first


def _same_first(own: str | None, first: str | None, place: Place) -> str | None:
    if own is not None and first not in (None, own):
        raise place.at("first").fail("another first wait is stated elsewhere", "state it once")
    return own or first


def _with_waits(
    jumps: list[Jump], entries: list[dict[str, Any]], waiting: WaitingLaw | None, first: str | None,
    known: Mapping[str, Any], place: Place,
) -> tuple[list[Jump], str | None, tuple[sp.Basic, ...]]:  # fmt: skip
    """Every jump with the wait that belongs to it; the probabilities out of a state sum to one (what is open is listed)."""
    found = []
    open_sums: list[sp.Basic] = []
    for jump in jumps:
        number = int(jump.label.split()[-1]) - 1 if jump.label != LATTICE_LABEL else None
        law = None
        if number is not None and "waiting_time" in entries[number]:
            law, own = read_waiting(entries[number]["waiting_time"], known, place.at("jumps", number, "waiting_time"))
            first = _same_first(own, first, place.at("jumps", number, "waiting_time"))
        found.append(replace(jump, waiting=law))
    sums = [(state, together) for state in known["states"] or (known["density"],)
            for together in open_together([j for j in jumps if j.source in (None, state)], known["coordinates"])]  # fmt: skip
    for state, together in sums:
        total = sp.Add(*(j.intensity for j in together))
        rest = sp.cancel(total - 1)
        if rest == 0:
            continue
        powers = any(not p.exp.is_Integer for p in rest.atoms(sp.Pow))
        if powers or rest.atoms(sp.Function) - rest.atoms(sp.core.function.AppliedUndef):
            open_sums.append(sp.Eq(total, 1))  # whether exponentials and the like cancel is not decided here
        else:
            raise place.at("jumps").fail(
                f"after a wait the probabilities out of '{state}' sum to {sp.expand(total)}, not to one",
                "normalise them; for a walker that stays, add a jump of zero with the rest of the probability",
            )
    return found, first, tuple(open_sums)


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


def _check_laws_beside(internals: tuple[InternalVariable, ...], jumps: list[Jump], place: Place) -> None:
    """The law of a step does not depend on the continuous internal states; a mean that does is a displacement beside it."""
    inner = {s for v in internals for s in v.symbols}
    for jump in jumps:
        for name, value in () if jump.law is None else jump.law.arguments:
            if found := sorted(str(s) for s in value.free_symbols & inner):
                raise NotYetError(
                    f"{name} = {value}: step laws that depend on a continuous internal state ({', '.join(found)}) are not handled yet",
                    where=str(place.at("jumps", int(jump.label.split()[-1]) - 1)),
                    instead="write a mean that does as a displacement beside a law of mean 0: the two are added",
                )  # fmt: skip


def _scheme_fields(
    document: Mapping[str, Any], head: Mapping[str, Any], scheme: Scheme, place: Place
) -> dict[str, Any]:
    """A model that is stated by its master equation has no jumps, no clock of its own, and no conditions."""
    for key in ("jumps", "states", "internal", "reactions", "waiting_time"):
        if key in document:
            raise place.at(key).fail(
                f"[[{key}]] stands beside a master equation, which says everything itself", "give one of the two"
            )
    return {"jumps": (), "clock": "scheme", "time_step": None, "signed": head.get("signed", False) is True, "lossy": False,
            "lattice": None, "scheme": scheme, "conditions": (), "motions": (), "internals": (),
            "waiting": None, "state_waits": (), "first_wait": "ordinary"}  # fmt: skip


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
    entries: list[dict[str, Any]],
    listed: int,
    time_step: sp.Expr | None,
    total_rate: sp.Expr | None,
    place: Place,
    *,
    waits: bool,
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
        if "probability" in entry and time_step is None and not waits:
            raise here.at("probability").fail("a probability, but the model has no time step",
                                              'write time_step = "tau" under [model], or a rate here')  # fmt: skip
        if ("rate" in entry or "rate_density" in entry) and waits:
            raise here.at("rate").fail("a rate, but the model has waiting times", "write the probability of this jump")
        if ("rate" in entry or "rate_density" in entry) and time_step is not None:
            raise here.at("rate").fail(
                "a rate, but the model has a time step", "write a probability per step, or drop time_step"
            )
        if total_rate is not None and "weight" not in entry and given:
            raise here.at(given[0]).fail(f"total_rate is shared out by weights, but this jump states a {given[0]} of its own",
                                         'write weight = "1" here, or drop total_rate and give every jump its rate')  # fmt: skip
    weights = [i for i, e in enumerate(entries) if not {"probability", "rate", "rate_density"} & set(e)]
    if weights and len(weights) < len(entries):
        here = place.at("jumps", weights[0]) if weights[0] < listed else place.at("model", "lattice")
        raise here.fail("this jump has neither probability nor rate, others have",
                                                 "give every jump its probability or rate")  # fmt: skip
    if waits:
        if weights:
            raise place.at("jumps", weights[0]).fail("a jump without a probability beside waiting times",
                                                     'write probability = "1/2"')  # fmt: skip
        return "waiting"
    if time_step is not None:
        return "discrete"
    if weights:
        return "continuous" if total_rate is not None else "none"
    return "continuous"


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
                Jump(
                    jump.displacement,
                    share,
                    source,
                    target,
                    jump.law,
                    jump.direction,
                    jump.redraw,
                    jump.label,
                    destination=jump.destination,
                )
            )
            if source == jump.source:
                break
    return found
