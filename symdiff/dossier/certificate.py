"""Certificates: a model, its limits, and what is needed to verify them again without the engine (``symdiff.certifier``)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from fractions import Fraction
from typing import Any

from symdiff import certifier
from symdiff.algebra.multiindex import unit
from symdiff.algebra.operators import lowest_power
from symdiff.continuum import assembly
from symdiff.continuum.clock import clock_name, clock_regime, with_clock
from symdiff.continuum.crowd import CrowdDerived, with_crowd
from symdiff.continuum.crowd_expansion import Balance
from symdiff.continuum.derivation import Derived, composed_equilibrium, derive_operator, with_ring
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.populations import derive_scaled, scaled_problem
from symdiff.continuum.regimes import PreparedRegime, prepare
from symdiff.continuum.scheme import derive_scheme
from symdiff.continuum.slow import shared_out, slow_names
from symdiff.continuum.staged import at_once
from symdiff.continuum.waiting import as_markov, with_shared_wait
from symdiff.continuum.walls import without_walls
from symdiff.dossier.certificate_laws import text_of
from symdiff.dossier.certificate_model import model_document, require_covered, with_used_functions
from symdiff.dossier.certificate_modes import mode_chain, stated
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.derive_document import provenance
from symdiff.dossier.settings import apply_to_model
from symdiff.errors import InternalFaultError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd

FORMAT = {"format": "symdiff certificate 3"}
TOO_MUCH = ("the certificate takes more work than is allowed", 2)


def certificate(derivation: Derivation, order: int | None = None) -> str:
    """The certificate of every limit of a derivation that can have one, as JSON text; see :func:`certificate_and_gaps`."""
    return certificate_and_gaps(derivation, order)[0]


def certificate_and_gaps(derivation: Derivation, order: int | None = None) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The certificate, and the regimes that it leaves out, each with the reason.

    Raises :class:`NotYetError` where no regime has one, and :class:`InternalFaultError` where the checker does not accept what
    the engine derived.
    """
    model = apply_to_model(derivation.model, derivation.settings)
    require_covered(model)
    if any(limit.ranges for limit in derivation.limits):
        raise NotYetError("certificates of results by cases are not handled yet", where="--certificate",
                          instead="narrow the range of the parameter, or set it")  # fmt: skip
    left = (
        sorted({str(s) for s, _ in derivation.limits[0].settings} & {p.name for p in model.parameters})
        if derivation.limits
        else []
    )
    if left:
        raise NotYetError(f"a certificate with a value for {', '.join(left)}, of which a scaling speaks, is not handled yet",
                          where="--certificate", instead="leave it a symbol")  # fmt: skip
    limits: list[dict[str, Any]] = []
    gaps: list[tuple[str, NotYetError]] = []
    for limit in derivation.limits:
        if not limit.steps:
            gaps.append((limit.regime.name, NotYetError(limit.closure.why)))
            continue
        try:
            limits.append(_verified(model, limit, order))
        except NotYetError as error:
            gaps.append((limit.regime.name, error))
    if not limits and gaps:
        raise next((e for _, e in gaps if e.where), gaps[0][1])
    left_out = tuple((name, error.message) for name, error in gaps)
    listed = {"left_out": [{"regime": name, "why": why} for name, why in left_out]} if left_out else {}
    return sealed(FORMAT | {"title": model.title, "limits": limits, "provenance": provenance(model)} | listed), left_out


OTHERS_SLOW = "other densities are slow as well"  # where all die at a rate of order one the checker has no gap to show


def _verified(model: JumpModel, limit: ContinuumLimit, order: int | None) -> dict[str, Any]:
    """The part of one limit, held against the checker; without the discarded terms where they are too much work for it."""
    try:
        found = _limit_document(model, limit, order)
        try:
            certifier.check(sealed(FORMAT | {"limits": [found]}))
        except certifier.RefusedError as error:
            if error.args != TOO_MUCH:
                raise
            found = _limit_document(model, limit, order, beyond=0)
            certifier.check(sealed(FORMAT | {"limits": [found]}))
        return found
    except certifier.RefusedError as error:
        if error.args[0] == OTHERS_SLOW and dict(limit.coefficients).get("a_0", 0) != 0:
            raise NotYetError("there is no certificate yet for walkers that die or are born as fast as their states relax",
                              where="--certificate", instead="make death and birth slow in [scaling]") from error  # fmt: skip
        if error.args[1] == 1:
            raise InternalFaultError(f"the checker of certificates refuses the result: {error.args[0]}",
                                     where="--certificate", instead="please report the model file as a fault of symdiff") from error  # fmt: skip
        raise NotYetError(f"the checker of certificates cannot verify this model: {error.args[0]}",
                          where=f"--certificate, regime '{limit.regime.name}'") from error  # fmt: skip


def sealed(document: dict[str, Any]) -> str:
    """The document with its own fingerprint, as JSON text."""
    body = {k: v for k, v in document.items() if k != "sha256"}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return json.dumps(body | {"sha256": digest}, ensure_ascii=False, indent=1) + "\n"


def _limit_document(
    model: JumpModel, limit: ContinuumLimit, order: int | None, beyond: int | None = None
) -> dict[str, Any]:
    """The limit of one regime with the model in the coordinates of its derivation; ``beyond`` bounds what is discarded."""
    regime = limit.regime
    further = None if regime.origin == "found" else order
    walls = bool(model.boundaries)
    model = without_walls(model) if walls else model
    if model.clock == "waiting":
        model = as_markov(model) or with_shared_wait(model)
    scaled = model.population is not None and regime.origin != "long-wave"
    if scaled:
        model, regime = scaled_problem(model, regime)
    prepared = prepare(regime, model)
    if model.depends_on_time:
        found = _claimed_in_time(model, limit, further, beyond)
        found["regime"] = _regime(prepared, dict.fromkeys(found["densities"], "0"))
    elif model.scheme is not None:
        found = with_ring(model, prepared, lambda ring: _claimed(derive_scheme(model, prepared, ring, further), limit))
    elif is_crowd(model):
        found = with_crowd(model, prepared, further, lambda derived: _claimed_by_crowd(derived, limit), timed=False)
    elif scaled:
        found = with_ring(model, prepared, lambda ring: _claimed(derive_scaled(model, prepared, ring, further), limit))
    else:
        found = with_ring(
            model, prepared, lambda ring: _claimed(derive_operator(model, prepared, ring, further, beyond), limit)
        )
    terms = min(40, math.ceil(Fraction(found["remainder"])) + (-1 if prepared.is_long_wave else 4))
    chain = found.pop("chain", {})
    document = model_document(model, terms)
    document["parameters"] |= chain.pop("parameters", {})
    return {"model": with_used_functions(document | chain) | {"walls": walls, "moments": bool(chain)}} | found


def _claimed(derived: Derived, limit: ContinuumLimit) -> dict[str, Any]:
    model = derived.model
    if model.scheme is not None and len(derived.operator) > 1:
        return _claimed_by_branches(derived, limit)
    names = (model.density,) if len(derived.operator) == 1 else slow_names(derived)
    if len(names) > 1 and (shared := shared_out(derived)):
        raise NotYetError(f"there is no certificate yet for densities that share out a transient state ({shared[0][0]})",
                          where="--certificate", instead="ask for another --regime")  # fmt: skip
    remainder = _whole_below(derived)
    modes = derived.generator.modes
    chain = None if modes is None else mode_chain(derived, modes)
    states, width = (
        (model.state_names, 1)
        if chain is None
        else (tuple(chain["states"]), len(chain["states"]) // len(model.state_names))
    )
    if remainder <= Fraction(limit.kept_power):
        raise NotYetError(
            "there is no certificate yet for equations with a derivative whose order is not whole",
            where="--certificate",
        )
    regime = _regime(derived.prepared, dict.fromkeys(names, "0"))
    if chain is not None:
        regime["units"] = chain.pop("units")
    return {
        "regime": regime,
        "kept": str(limit.kept_power),
        "remainder": str(remainder),
        "densities": {
            name: [states[i * width] for i in basin] for name, basin in zip(names, derived.slow, strict=True)
        },
        "operator": {a: {b: _terms(derived, derived.operator[i][j], remainder) for j, b in enumerate(names)} for i, a in enumerate(names)},
        "equilibrium": _equilibrium(derived, names, states, remainder),
    } | ({} if chain is None else {"chain": chain})  # fmt: skip


def _claimed_in_time(
    model: JumpModel, limit: ContinuumLimit, further: int | None, beyond: int | None
) -> dict[str, Any]:
    """What is claimed where rates depend on time: from walkers with a clock of their own, of any reading, at s = t.

    Derivatives along the clock stand to the left and vanish in the sum over readings; the checker knows no clock, only d_t.
    """
    clock = clock_name(model)
    extended = with_clock(model, clock)
    own = prepare(clock_regime(limit.regime, model, clock), extended)
    with at_once():
        found = with_ring(
            extended, own, lambda ring: _claimed(derive_operator(extended, own, ring, further, beyond), limit)
        )

    def read(terms: list[list[Any]]) -> list[list[Any]]:
        return [[p, orders[:-1], re.sub(rf"\b{clock}\b", "t", text)] for p, orders, text in terms if not orders[-1]]

    return found | {
        part: {a: {b: read(terms) for b, terms in row.items()} for a, row in found[part].items()}
        for part in ("operator", "equilibrium")
    }


def _claimed_by_branches(derived: Derived, limit: ContinuumLimit) -> dict[str, Any]:
    """Two slow branches of a scheme, of u and u_t: d_t u = u_t, d_t u_t = - c u - b u_t."""
    name, prepared = derived.model.density, derived.prepared
    pace = Fraction(1) if prepared.is_long_wave else Fraction(prepared.time_power)
    rate, zero = f"{name}_t", [0] * derived.model.dimension

    def moved(series: Any, by: Fraction) -> list[list[Any]]:
        return [[str(Fraction(p) + by), orders, text] for p, orders, text in _terms(derived, series)]

    zeroth, first = derived.operator[1]
    return {
        "regime": _regime(prepared, {name: "0", rate: str(pace)}),
        "kept": str(limit.kept_power),
        "remainder": str(assembly.remainder_power(derived)),
        "densities": {name: [name], rate: []},
        "operator": {name: {rate: [[str(pace), zero, "1"]]}, rate: {name: moved(zeroth, -pace), rate: moved(first, Fraction(0))}},
        "equilibrium": {},
    }  # fmt: skip


def _claimed_by_crowd(derived: CrowdDerived, limit: ContinuumLimit) -> dict[str, Any]:
    """The rate of change of every density, in conservative form."""
    names = derived.model.state_names
    return {
        "regime": _regime(derived.prepared, {name: str(derived.own_power(name)) for name in names}),
        "kept": str(limit.kept_power),
        "remainder": str(derived.known),
        "densities": {name: [name] for name in names},
        "operator": {a: {"": _changes(derived, a, b)} for a, b in zip(names, derived.balances, strict=True)},
        "equilibrium": {},
    }  # fmt: skip


def _changes(derived: CrowdDerived, name: str, balance: Balance) -> list[list[Any]]:
    ring, own, weight = derived.ring, derived.own_power(name), derived.algebra.weight
    dimension = derived.model.dimension
    found = [(grade - own, (0,) * dimension, element) for grade, element in balance.source.terms.items()]
    for i, flux in enumerate(balance.flux):
        found += [(grade + weight - own, unit(dimension, i), -element) for grade, element in flux.terms.items()]
    shown = (
        [power, list(orders), text_of(ring.to_expression(element))]
        for power, orders, element in found
        if power < derived.known
    )
    return [[str(p), orders, text] for p, orders, text in sorted(shown, key=lambda t: t[0])]  # fmt: skip


def _regime(prepared: PreparedRegime, fields: dict[str, str]) -> dict[str, Any]:
    grading = prepared.grading
    return {
        "name": prepared.regime.name,
        "scaling": [
            [text_of(key), str(power)]
            for key, power in prepared.regime.powers
            if not (str(key) in fields and fields[str(key)] == "0")
        ],  # of a linear equation the density falls out
        "powers": {str(s): str(p) for s, p in grading.symbols.items()},
        "fields": fields,
        "units": {},
        "replaced": {
            str(s.symbol): [str(s.parameter), text_of(s.solution), text_of(s.expression)] for s in prepared.small
        },
        "derivative": str(grading.derivative),
    }


def _whole_below(derived: Derived) -> Fraction:
    """The power of eps below which all is known and every derivative is of whole order."""
    series = [assembly.operator_terms(derived, x) for row in derived.operator for x in row]
    found = [t.power for terms in series for t in terms if t.fractional is not None]
    known = min(Fraction(x.order) for row in derived.operator for x in row)
    return min([known, *found])


def _terms(derived: Derived, series: Any, below: Fraction | None = None) -> list[list[Any]]:
    modes = derived.generator.modes
    return [[str(t.power), list(t.space), text_of(t.coefficient if modes is None else stated(t.coefficient, modes))]
            for t in assembly.operator_terms(derived, series) if below is None or t.power < below]  # fmt: skip


def _equilibrium(
    derived: Derived, names: tuple[str, ...], states: tuple[str, ...], remainder: Fraction
) -> dict[str, Any]:
    """The shares of the states, as far as the equation below ``remainder`` is verified by them."""
    if not derived.reductions:
        return {}
    generator, cut, needed = derived.generator, Fraction(0), Fraction(0)
    if derived.model.clock != "waiting":
        step = 0 if generator.inverse_step is None else -Fraction(generator.inverse_step.valuation)
        cut = max(cut, Fraction(generator.order) - remainder - step)
        needed = (
            remainder + step - Fraction(lowest_power(generator.matrix))
        )  # K_0 Q counts as long as the equation does

    def below(x: Any) -> Fraction:
        return max(Fraction(x.order) - cut, min(Fraction(x.order), needed))

    return {
        s: {a: _terms(derived, x, below(x)) for a, x in zip(names, row, strict=True) if x.terms}
        for s, row in zip(states, composed_equilibrium(derived), strict=True)
    }
