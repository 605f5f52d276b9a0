"""A model file to a :class:`JumpModel`, and back to text."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from symdiff.model.boundary import Boundary
from symdiff.model.crowd import Participant, Reaction
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump, JumpModel, make_model
from symdiff.model.lattice import Lattice
from symdiff.model.motion import InternalVariable, Motion
from symdiff.model.reading import read_document
from symdiff.model.reading_jumps import LATTICE_LABEL
from symdiff.model.tidy import tidied
from symdiff.model.toml_form import written
from symdiff.model.toml_text import parse_toml, read_bytes
from symdiff.model.waiting import WaitingLaw


def load_file(path: Path) -> JumpModel:
    """The model in a TOML file; raises :class:`symdiff.errors.ModelError` with file, line and key."""
    return load_bytes(read_bytes(path), path.name)


def load_bytes(data: bytes, name: str) -> JumpModel:
    """The model in TOML text; ``name`` stands in the messages."""
    document, lines = parse_toml(data, name)
    return make_model(read_document(document, Place(name, lines)))


def load_text(text: str, name: str = "model") -> JumpModel:
    """The model in a string of TOML."""
    return load_bytes(text.encode(), name)


def to_toml(model: JumpModel) -> str:
    """The model as TOML text: every field that carries meaning, in a fixed order."""
    return written(tidied(to_document(model)))


def fingerprint(model: JumpModel) -> str:
    """SHA-256 of the model's TOML form: equal models have equal fingerprints, however they were written."""
    import hashlib  # loaded when used: start-up time

    import tomli_w  # its form is kept, so that a fingerprint stays what it was

    return hashlib.sha256(tomli_w.dumps(to_document(model)).encode()).hexdigest()


def to_document(model: JumpModel) -> dict[str, Any]:
    """The model as a plain document, in the words of the model file."""
    head: dict[str, Any] = {"coordinates": list(model.coordinates), "density": model.density}
    if model.space_dimension is not None:
        head["dimension"] = str(model.space_dimension)
    if model.densities:
        head["density"] = {name: list(states) for name, states in model.densities}
    if model.states and not (model.lattice and model.lattice.sublattice_positions(model.dimension)):
        head["states"] = list(model.states)
    if model.time_step is not None:
        head["time_step"] = str(model.time_step)
    if model.signed:
        head["signed"] = True
    if model.lossy:
        head["survival"] = "lossy"
    if model.scheme is not None:
        head["master_equation"] = f"{model.scheme.lhs} = {model.scheme.rhs}"
    if model.lattice is not None:
        head |= _lattice(model.lattice)
    if model.constraints:
        head["constraints"] = list(model.constraints)
    head |= {k: str(getattr(model.crowd, k)) for k in ("occupancy", "site_rate", "rod_length")
             if getattr(model.crowd, k) is not None}  # fmt: skip
    if model.population is not None:
        head |= {"system_size": str(model.population.system_size), "scaled": list(model.population.scaled)}
    if model.origin:
        head["origin"] = [str(x) for x in model.origin]
    document: dict[str, Any] = {
        k: getattr(model, k) for k in ("title", "topic", "source", "source_status", "notes") if getattr(model, k)
    }
    document["parameters"] = _parameters(model)
    functions = {d.name: list(d.arguments) for d in model.functions if d.body is None}
    sections = {
        "functions": functions,
        "definitions": {
            f"{d.name}({', '.join(d.arguments)})": str(d.body) for d in model.functions if d.body is not None
        },
        "values": {name: str(value) for name, value in model.values},
    }
    document |= {k: v for k, v in sections.items() if v}
    document["model"] = head
    if model.scheme is None:
        document["jumps"] = [_jump(jump, model) for jump in model.jumps if jump.label != LATTICE_LABEL]
    states = _states(model)
    if states and model.scheme is None:
        document["states"] = states
    if model.internals:
        document["internal"] = [_internal(v) for v in model.internals]
    if model.crowd.reactions:
        document["reactions"] = [_reaction(r, model) for r in model.crowd.reactions]
    if model.boundaries:
        document["boundaries"] = [_boundary(b) for b in model.boundaries]
    if model.clock == "waiting" and model.waiting is not None:
        document["waiting_time"] = waiting_document(model.waiting)
    document |= _statements(model)
    _state_first_wait(document, model)
    return document


def _parameters(model: JumpModel) -> dict[str, Any]:
    """As tables where one of them needs a table: TOML writes tables behind plain values, and the order is kept."""
    if not any(p.latex for p in model.parameters):
        return {p.name: p.assume for p in model.parameters}
    return {p.name: {"assume": p.assume} | ({"latex": p.latex} if p.latex else {}) for p in model.parameters}


def _lattice(lattice: Lattice) -> dict[str, Any]:
    head: dict[str, Any] = {"lattice": lattice.name, "spacing": str(lattice.spacing)}
    if lattice.height is not None:
        head["c"] = str(lattice.height)
    if lattice.rates:
        rates = {name: str(rate) for name, rate in lattice.rates}
        head["total_rate" if lattice.total else "rate"] = rates.get("", rates)
    return head


def _jump(jump: Jump, model: JumpModel) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    if jump.source is not None:
        entry["from"] = jump.source
    if jump.target is not None:
        entry["to"] = jump.target
    if jump.destination is None:
        entry["displacement"] = [str(d) for d in jump.displacement]
    else:
        entry["destination"] = [str(d) for d in jump.destination]
    intensity: Any = jump.intensity
    if jump.law is not None:
        from symdiff.model.writing_laws import law_entry  # loaded when used: start-up time

        entry, intensity = law_entry(jump, jump.law, model, entry)
    if jump.redraw:
        entry["redraw"] = list(jump.redraw)
    key = {"discrete": "probability", "continuous": "rate", "none": "weight", "waiting": "probability"}[model.clock]
    if jump.region is not None:
        entry["where"] = jump.region.as_text()
    if jump.waiting is not None:
        entry["waiting_time"] = waiting_document(jump.waiting)
    return entry if intensity is None else entry | {key: str(intensity)}


def _states(model: JumpModel) -> list[dict[str, Any]]:
    """Every state with its motion; empty where nothing moves between its jumps."""
    waits = dict(model.state_waits)
    if not model.motions and not waits and model.jumps:
        return []
    if not model.states:
        motion = model.motion_of(0)
        own = {"waiting_time": waiting_document(waits[None])} if None in waits else {}
        return [({} if motion is None else _motion(motion)) | own]
    moving = {m.state: m for m in model.motions}
    return [
        {"name": s}
        | (_motion(moving[s]) if s in moving else {})
        | ({"waiting_time": waiting_document(waits[s])} if s in waits else {})
        for s in model.states
    ]


def _motion(motion: Motion) -> dict[str, Any]:
    entry: dict[str, Any] = {"velocity": [str(v) for v in motion.velocity]}
    if motion.diffusivity:
        entry["diffusivity"] = [[str(d) for d in row] for row in motion.diffusivity]
    if motion.evaluation != 0:
        entry["evaluation"] = str(motion.evaluation)
    return entry


def _internal(variable: InternalVariable) -> dict[str, Any]:
    names = list(variable.components)
    entry: dict[str, Any] = {"name": names if len(names) > 1 and variable.domain != "direction" else variable.name,
                             "domain": variable.domain_text}  # fmt: skip
    if variable.diffusivity != 0:
        entry["diffusivity"] = str(variable.diffusivity)
    if variable.drift:
        entry["drift"] = [str(d) for d in variable.drift]
    for key in ("rate", "mean_cosine", "mean_sine"):
        if getattr(variable, key) is not None:
            entry[key] = str(getattr(variable, key))
    if variable.law is not None:
        from symdiff.model.writing_laws import law_words  # loaded when used: start-up time

        entry |= law_words(variable.law)
    return entry


def _reaction(reaction: Reaction, model: JumpModel) -> dict[str, Any]:
    def agents(listed: tuple[Participant, ...]) -> list[dict[str, Any]]:
        return [{"state": p.state, "displacement": [str(r) for r in p.displacement]} for p in listed]

    key = "probability" if model.clock == "discrete" else "rate"
    return {"consumes": agents(reaction.consumes), "produces": agents(reaction.produces), key: str(reaction.intensity)}


def _boundary(boundary: Boundary) -> dict[str, Any]:
    entry: dict[str, Any] = {"domain": boundary.as_text(), "kind": boundary.kind}
    for key in ("probability", "rate"):
        if getattr(boundary, key) is not None:
            entry[key] = str(getattr(boundary, key))
    entry |= {k: getattr(boundary, k) for k, default in (("rejected", "stay"), ("crossing", "end"))
              if getattr(boundary, k) != default}  # fmt: skip
    return entry


def _state_first_wait(document: dict[str, Any], model: JumpModel) -> None:
    """Say once how the first wait is distributed, where it is not the ordinary one."""
    if model.clock != "waiting" or model.first_wait == "ordinary":
        return
    holders = [document, *document.get("states", []), *document["jumps"]]
    next(h["waiting_time"] for h in holders if "waiting_time" in h)["first"] = model.first_wait


def waiting_document(law: WaitingLaw) -> dict[str, Any]:
    """A waiting-time law as an inline table."""
    if law.transform is not None:
        text = str(law.transform) + ("" if law.remainder is None else f" + O({law.remainder})")
        return {"laplace_transform": text}
    found: dict[str, Any] = {"distribution": law.distribution} | {name: str(value) for name, value in law.arguments}
    return found | ({"skewness": "1"} if law.distribution == "levy" else {})


def _statements(model: JumpModel) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if model.regimes:
        found["regimes"] = [{"name": r.name} | {str(k): _number(v) for k, v in r.powers} for r in model.regimes]
    claims = []
    for claim in model.claims:
        entry: dict[str, Any] = {"id": claim.id}
        entry |= {k: getattr(claim, k) for k in ("latex", "expression", "regime", "source", "expect", "notes", "of", "level")
                  if getattr(claim, k)}  # fmt: skip
        if claim.symbols:
            entry["symbols"] = dict(claim.symbols)
        if claim.given:
            entry["given"] = {k: str(v) for k, v in claim.given}
        if claim.count:
            entry["count"] = {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in claim.count}
        claims.append(entry)
    if claims:
        found["claims"] = claims
    preparation = model.preparation
    initial: dict[str, Any] = {}
    if preparation.stated:
        initial["position"] = [str(p) for p in preparation.position]
    if preparation.states is not None:
        initial["states"] = {name: str(share) for name, share in preparation.states}
    if initial:
        found["initial"] = initial
    if model.observables:
        found["observables"] = [
            {"name": o.name, "kind": o.kind}
            | ({"of": str(o.of)} if o.of is not None else {})
            | ({"target": o.target.as_text()} if o.target is not None else {})
            | ({"period": str(o.period)} if o.period is not None else {})
            for o in model.observables
        ]
    return found


def _number(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
