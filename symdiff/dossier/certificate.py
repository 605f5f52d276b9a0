"""Certificates: a model, its limits, and what is needed to verify them again without the engine (``symdiff.certifier``)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sympy as sp

from symdiff import certifier
from symdiff.algebra.operators import OperatorAlgebra
from symdiff.continuum import assembly
from symdiff.continuum.derivation import Derived, derive_operator, with_ring
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.regimes import prepare
from symdiff.continuum.slow import slow_names
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.derive_document import provenance
from symdiff.dossier.settings import apply_to_model
from symdiff.errors import InternalFaultError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.occupancy import is_crowd


def certificate(derivation: Derivation, order: int | None = None) -> str:
    """The certificate of every limit of a derivation that has an equation, as JSON text.

    Raises :class:`NotYetError` for a class of models that has none, and :class:`InternalFaultError` where the checker
    does not accept what the engine derived.
    """
    model = apply_to_model(derivation.model, derivation.settings)
    _require_covered(model)
    left = (
        sorted({str(s) for s, _ in derivation.limits[0].settings} & {p.name for p in model.parameters})
        if derivation.limits
        else []
    )
    if left:
        raise NotYetError(f"a certificate with a value for {', '.join(left)}, of which a scaling speaks, is not handled yet",
                          where="--certificate", instead="leave it a symbol")  # fmt: skip
    document: dict[str, Any] = {
        "format": "symdiff certificate 1",
        "title": model.title,
        "model": _model_document(model),
        "limits": [_limit_document(model, limit, order) for limit in derivation.limits if limit.steps],
        "provenance": provenance(model),
    }
    text = sealed(document)
    try:
        certifier.check(text)
    except certifier.RefusedError as error:
        if error.args[1] == 1:
            raise InternalFaultError(f"the checker of certificates refuses the result: {error.args[0]}",
                                     where="--certificate", instead="please report the model file as a fault of symdiff") from error  # fmt: skip
        raise NotYetError(
            f"the checker of certificates cannot verify this model: {error.args[0]}", where="--certificate"
        ) from error
    return text


def sealed(document: dict[str, Any]) -> str:
    """The document with its own fingerprint, as JSON text."""
    body = {k: v for k, v in document.items() if k != "sha256"}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return json.dumps(body | {"sha256": digest}, ensure_ascii=False, indent=1) + "\n"


def _require_covered(model: JumpModel) -> None:
    """Refuse a class of models whose limits the checker cannot rebuild."""
    time = sp.Symbol("t", real=True)
    reasons = {
        "waiting times": model.clock == "waiting",
        "difference schemes": model.scheme is not None,
        "walls": bool(model.boundaries),
        "places with rules of their own": any(j.region is not None for j in model.jumps),
        "random step lengths": any(j.law is not None for j in model.jumps),
        "motion between the jumps": bool(model.motions),
        "continuous internal states": bool(model.internals),
        "crowds": is_crowd(model),
        "reactions": bool(model.crowd.reactions),
        "jumps to fixed places": bool(model.resets),
        "populations": model.population is not None,
        "walkers that die where they do not jump": model.lossy,
        "rates that depend on time": any(j.intensity.has(time) or any(d.has(time) for d in j.displacement) for j in model.jumps),
    }  # fmt: skip
    found = [name for name, applies in reasons.items() if applies]
    if found:
        raise NotYetError(f"there is no certificate yet for {', '.join(found)}", where="--certificate",
                          instead="certificates exist for jumps on any lattice, with internal states, at rates that may depend on place")  # fmt: skip


def _model_document(model: JumpModel) -> dict[str, Any]:
    names = model.state_names
    return {
        "coordinates": list(model.coordinates),
        "states": list(names),
        "parameters": {p.name: "positive" if p.symbol.is_positive else "" for p in model.parameters},
        "functions": {f.name: [list(f.arguments), "" if f.body is None else str(f.body)] for f in model.functions},
        "time_step": None if model.time_step is None else str(model.time_step),
        "jumps": [
            {"from": names[j], "to": names[i], "displacement": [str(d) for d in jump.displacement], "rate": str(jump.intensity)}
            for i, j, jump in model.transitions()
        ],
    }  # fmt: skip


def _limit_document(model: JumpModel, limit: ContinuumLimit, order: int | None) -> dict[str, Any]:
    prepared = prepare(limit.regime, model)
    further = None if limit.regime.origin == "found" else order
    return with_ring(model, prepared, lambda ring: _claimed(derive_operator(model, prepared, ring, further), limit))


def _claimed(derived: Derived, limit: ContinuumLimit) -> dict[str, Any]:
    model, prepared = derived.model, derived.prepared
    single = len(derived.operator) == 1
    names = (model.density,) if single else slow_names(derived)
    grading = prepared.grading
    return {
        "regime": {
            "name": limit.regime.name,
            "scaling": [[str(key), str(power)] for key, power in limit.regime.powers],
            "powers": {str(s): str(p) for s, p in grading.symbols.items()},
            "replaced": {str(s.symbol): [str(s.parameter), str(s.solution), str(s.expression)] for s in prepared.small},
            "derivative": str(grading.derivative),
        },
        "kept": str(limit.kept_power),
        "remainder": str(assembly.remainder_power(derived)),
        "densities": {
            name: [model.state_names[i] for i in basin] for name, basin in zip(names, derived.slow, strict=True)
        },
        "operator": {a: {b: _terms(derived, derived.operator[i][j]) for j, b in enumerate(names)} for i, a in enumerate(names)},
        "equilibrium": _equilibrium(derived, names),
    }  # fmt: skip


def _terms(derived: Derived, series: Any) -> list[list[Any]]:
    return [[str(t.power), list(t.space), str(t.coefficient)] for t in assembly.operator_terms(derived, series)]


def _equilibrium(derived: Derived, names: tuple[str, ...]) -> dict[str, Any]:
    if not derived.reductions:
        return {}
    algebra = OperatorAlgebra(derived.ring, derived.generator.order, derived.homogeneous)
    total: Any = derived.reductions[0].local_equilibrium
    for reduction in derived.reductions[1:]:
        total = algebra.matmul(total, reduction.local_equilibrium)
    return {s: {a: _terms(derived, x) for a, x in zip(names, row, strict=True)}
            for s, row in zip(derived.model.state_names, total, strict=True)}  # fmt: skip
