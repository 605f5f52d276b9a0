"""A JSON Schema of the model file, made from the same tables of keys that the reader uses; editors complete and check with it."""

from __future__ import annotations

from typing import Any

from symdiff.model.keys import BUILT, LATER, OBSERVABLE_KINDS
from symdiff.model.reading_laws import LAW_ARGUMENTS
from symdiff.model.step_law import LATER_LAWS, LAWS

Schema = dict[str, Any]
EXPRESSION: Schema = {"type": ["string", "number"], "description": "an expression in Python notation, or a number"}
EXPRESSIONS: Schema = {"type": "array", "items": EXPRESSION, "minItems": 1}
TEXT: Schema = {"type": "string"}
ONE_OR_LIST: Schema = {"anyOf": [EXPRESSION, EXPRESSIONS]}
BY_NAME: Schema = {"type": "object", "additionalProperties": EXPRESSION}
COMPONENTS: Schema = {"anyOf": [TEXT, {"type": "number"}, {"type": "array", "items": {"type": ["string", "number"]}}]}
VERDICTS = ("proved", "conditional", "refuted", "consistent", "undecided")

KEYS: dict[str, dict[str, Schema]] = {  # what differs from a plain expression, by table
    "model": {
        "coordinates": {"type": "array", "items": TEXT, "minItems": 1, "description": "names; their number is the dimension"},
        "density": {"anyOf": [TEXT, {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}]},
        "states": {"type": "array", "items": TEXT, "minItems": 1},
        "constraints": {"type": "array", "items": TEXT},
        "origin": EXPRESSIONS,
        "signed": {"type": "boolean"},
        "survival": {"enum": ["stay", "lossy"]},
        "lattice": {"enum": ["square", "triangular", "honeycomb", "kagome", "cubic", "bcc", "fcc", "diamond", "hcp", "hypercubic"]},
        "rate": {"anyOf": [EXPRESSION, BY_NAME]},
        "total_rate": {"anyOf": [EXPRESSION, BY_NAME]},
        "scaled": {"type": "array", "items": TEXT},
        "master_equation": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]},
        "latex_master_equation": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]},
        "embedding": BY_NAME,
        "dimension": TEXT,
    },
    "jumps": {
        "displacement": ONE_OR_LIST,
        "displacements": {"type": "array", "items": ONE_OR_LIST, "minItems": 1},
        "destination": EXPRESSIONS,
        "direction": EXPRESSIONS,
        "index": {"anyOf": [EXPRESSION, {"type": "object", "additionalProperties": {"type": "array", "items": EXPRESSION, "minItems": 2, "maxItems": 2}}]},
        "distribution": {"enum": sorted({*LAWS, *LATER_LAWS, "isotropic"})},
        "from": TEXT, "to": TEXT, "where": TEXT, "redraw": {"type": "array", "items": TEXT},
        "mean": ONE_OR_LIST, "covariance": {"type": "array"}, "length": {}, "waiting_time": {"type": "object"},
    },
    "states": {"name": TEXT, "velocity": COMPONENTS, "diffusivity": {}, "waiting_time": {"type": "object"}},
    "internal": {"name": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}, "domain": TEXT, "drift": {}, "diffusivity": {},
                 "distribution": {"enum": sorted({*LAWS, *LATER_LAWS, "isotropic"})}},
    "claims": {"id": TEXT, "latex": TEXT, "expression": TEXT, "regime": TEXT, "source": TEXT, "notes": TEXT, "of": TEXT,
               "expect": {"enum": list(VERDICTS)}, "symbols": {"type": "object", "additionalProperties": TEXT}, "given": BY_NAME,
               "level": {"enum": ["lattice", "equation"]}, "count": {"type": "object"}},
    "initial": {"position": EXPRESSIONS, "states": BY_NAME},
    "observables": {"name": TEXT, "kind": {"enum": list(OBSERVABLE_KINDS)}, "target": TEXT},
    "boundaries": {"domain": TEXT, "kind": {"enum": ["absorbing", "reflecting", "partial", "periodic"]},
                   "rejected": {"enum": ["stay", "mirror"]}, "crossing": {"enum": ["end", "bridge"]}},
    "reactions": {"consumes": {"type": "array"}, "produces": {"type": "array"}, "rule": TEXT},
}  # fmt: skip
REQUIRED = {"claims": [], "observables": ["name", "kind"], "boundaries": ["domain", "kind"], "model": []}
REACTION_KEYS = ("consumes", "produces", "rule", "rate", "probability")


def model_schema() -> Schema:
    """The schema, draft 2020-12; keys that symdiff does not handle yet are marked as such."""
    tables = {
        name: _table(name)
        for name in ("model", "jumps", "states", "internal", "claims", "initial", "observables", "boundaries")
    }
    tables["reactions"] = _object({k: KEYS["reactions"].get(k, EXPRESSION) for k in REACTION_KEYS}, [])
    parameter = {"anyOf": [TEXT, _object({"assume": TEXT, "latex": TEXT, "value": EXPRESSION}, [])]}
    power: Schema = {"type": ["integer", "number", "string"], "description": "a power of eps"}
    regime: Schema = {"type": "object", "properties": {"name": TEXT}, "additionalProperties": power}
    properties: dict[str, Schema] = {
        **dict.fromkeys(("title", "topic", "source", "source_status", "notes"), TEXT),
        "parameters": {"type": "object", "additionalProperties": parameter},
        "functions": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT, "minItems": 1}},
        "definitions": BY_NAME,
        "values": BY_NAME,
        "model": tables["model"],
        "scaling": regime,
        "regimes": {"type": "array", "items": regime},
        "initial": tables["initial"],
        "waiting_time": {"type": "object"},
    }
    for name in ("jumps", "states", "internal", "claims", "observables", "boundaries", "reactions"):
        properties[name] = {"type": "array", "items": tables[name]}
    known = {*BUILT["file"], *LATER["file"]}
    properties = {k: _marked(v, k in BUILT["file"]) for k, v in properties.items() if k in known}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "symdiff model file",
        **_object(properties, ["model"]),
    }


def _table(name: str) -> Schema:
    special = KEYS.get(name, {})
    keys = [*BUILT[name], *LATER.get(name, ()), *(LAW_ARGUMENTS if name in ("jumps", "internal") else ())]
    properties = {key: _marked(special.get(key, EXPRESSION), key not in LATER.get(name, ())) for key in keys}
    return _object(properties, REQUIRED.get(name, []))


def _object(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _marked(schema: Schema, built: bool) -> Schema:
    return schema if built else {**schema, "description": "not handled yet"}
