"""A JSON Schema of the model file, made from the same tables of keys that the reader uses; editors complete and check with it."""

from __future__ import annotations

from typing import Any

from symdiff.model.keys import BUILT, LATER, OBSERVABLE_KINDS
from symdiff.model.lattice import LATTICES
from symdiff.model.meanings import MEANINGS
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
        "lattice": {"enum": list(LATTICES)},
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
        "mean": ONE_OR_LIST, "covariance": {"type": "array"}, "length": {},
    },
    "states": {"name": TEXT, "velocity": COMPONENTS, "diffusivity": {}},
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


def model_schema() -> Schema:
    """The schema, draft 2020-12; keys that symdiff does not handle yet are marked as such."""
    parameter = {"anyOf": [TEXT, _object({"assume": TEXT, "latex": TEXT, "value": EXPRESSION}, [])]}
    power: Schema = {"type": ["integer", "number", "string"], "description": "a power of eps"}
    regime: Schema = {"type": "object", "properties": {"name": TEXT}, "additionalProperties": power}
    properties: dict[str, Schema] = {
        **dict.fromkeys(("title", "topic", "source", "source_status", "notes"), TEXT),
        "parameters": {"type": "object", "additionalProperties": parameter},
        "functions": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT, "minItems": 1}},
        "definitions": BY_NAME,
        "values": BY_NAME,
        "model": _table("model"),
        "waiting_time": _waiting(),
        "scaling": regime,
        "regimes": {"type": "array", "items": regime},
        "initial": _table("initial"),
    }
    for name in ("jumps", "states", "internal", "reactions", "boundaries", "claims", "observables"):
        properties[name] = {"type": "array", "items": _table(name)}
    known = {*BUILT["file"], *LATER["file"]}
    properties = {k: _described("file", k, v) for k, v in properties.items() if k in known}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "symdiff model file",
        **_object(properties, ["model"]),
    }


def _table(name: str) -> Schema:
    special = KEYS.get(name, {})
    if name in ("jumps", "states"):
        special = special | {"waiting_time": _waiting()}
    keys = [*BUILT[name], *LATER.get(name, ())]
    properties = {key: _described(name, key, special.get(key, EXPRESSION)) for key in keys}
    if name in ("jumps", "internal"):
        arguments = [key for key in LAW_ARGUMENTS if key not in properties]
        properties |= {key: _described("law", key, special.get(key, EXPRESSION)) for key in arguments}
    return _object(properties, REQUIRED.get(name, []))


def _waiting() -> Schema:
    special = {"distribution": KEYS["internal"]["distribution"], "first": {"enum": ["ordinary", "equilibrium"]}}
    keys = ("distribution", "density", "laplace_transform", "first", *LAW_ARGUMENTS)
    return _object({key: _described("law", key, special.get(key, EXPRESSION)) for key in keys}, [])


def _object(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _described(table: str, key: str, schema: Schema) -> Schema:
    later = key in LATER.get(table, ())
    return {**schema, "description": "not handled yet" if later else MEANINGS[table][key]}
