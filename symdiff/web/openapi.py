"""The JSON API in words that machines read: one table, from which both the routes and the OpenAPI document are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symdiff.web.tasks import REPORTS


@dataclass(frozen=True)
class ApiTask:
    """One POST of the API: what it does, what it takes and gives, and for how long it may run."""

    summary: str
    takes: dict[str, dict[str, Any]] = field(default_factory=dict)
    gives: tuple[str, ...] = ()
    seconds: float = 20.0


_TEXT: dict[str, Any] = {"type": "string", "maxLength": 100_000}
_MODEL: dict[str, dict[str, Any]] = {
    "model": _TEXT | {"description": "the text of a model file"},
    "name": {"type": "string", "description": "a gallery entry, instead of a text"},
    "set": {"type": "object", "additionalProperties": {"type": "string"}, "description": "values to put in, exactly"},
}
_PARTS = {
    "type": "boolean",
    "description": 'answer with lines of JSON (application/x-ndjson): {"part": …} for every regime as soon as it stands, first with "confirmed": false while the second route runs, then {"result": …} or {"error": …}',
}
API_TASKS: dict[str, ApiTask] = {
    "gallery": ApiTask("the gallery, one line each", {}, ("entries",)),
    "entry": ApiTask("the text of a gallery entry", {"name": {"type": "string"}}, ("name", "model")),
    "derive": ApiTask("master equation, regimes, steps", {**_MODEL, "order": {"type": "integer"}}, ("document", "model", "regimes"), 30.0),
    "view": ApiTask("the regimes as the page shows them", {**_MODEL, "order": {"type": "integer"}, "parts": _PARTS}, ("dimension", "claims", "model", "regimes"), 30.0),
    "observe": ApiTask("observables on the lattice and from the equations", {**_MODEL, "kind": {"type": "string", "description": "one kind, instead of those that the model states"}}, ("kinds", "html"), 60.0),
    "check": ApiTask("verdicts on claims", {**_MODEL, "claims": {"type": "array", "items": {"type": "string"}}}, ("document", "status", "html"), 60.0),
    "count": ApiTask("exact walk counts", {**_MODEL, "n": {"type": "integer"}, "state": {"type": "string", "description": "the state that the walk starts in"}}, ("document", "states", "start", "places")),
    "verify": ApiTask("the numerical cross-check", {**_MODEL, "seed": {"type": "integer"}}, ("document", "html"), 120.0),
    "report": ApiTask("a report as text", {**_MODEL, "format": {"enum": list(REPORTS)}}, ("text", "format"), 120.0),
    "read": ApiTask("a master equation in LaTeX as a model", {"latex": _TEXT}, ("equations", "symbols", "warnings", "assumed", "model")),
    "scene": ApiTask("rules and solution as numbers, for the animation", {**_MODEL, "regime": {"type": "string"}}, ("kind", "times", "solution", "values", "parameters", "regimes", "note"), 30.0),
    "schema": ApiTask("the JSON Schema of the model file", {}, ("schema",)),
    "form": ApiTask("the text of a model as a plain document", {"model": _TEXT}, ("document",)),
    "toml": ApiTask("a plain document as the text of a model", {"document": {"type": "object"}, "model": _TEXT | {"description": "the text to be changed"}}, ("model",)),
}  # fmt: skip
_ERROR = {
    "description": "what is wrong, and what to write instead",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


def openapi_document(version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the server."""
    paths: dict[str, Any] = {}
    for name, task in API_TASKS.items():
        paths[f"/api/{name}"] = {"post": {
            "summary": task.summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object", "properties": task.takes}}}},
            "responses": {"200": _ok({"type": "object", "required": list(task.gives)})}
            | dict.fromkeys(("400", "401", "403", "413", "422", "500", "503"), _ERROR),
        }}  # fmt: skip
    task_name = {"task": {"enum": sorted(API_TASKS)}}
    job = {"parameters": [{"name": "job", "in": "path", "required": True, "schema": {"type": "string"}}]}
    paths["/api/jobs"] = {"post": {
        "summary": "start any task as a job", "requestBody": {"required": True, "content": {"application/json": {"schema": {
            "type": "object", "required": ["task"], "properties": task_name}}}},
        "responses": {"202": _ok({"type": "object", "required": ["job"]})}
        | dict.fromkeys(("400", "401", "403", "404", "413", "503"), _ERROR)}}  # fmt: skip
    paths["/api/jobs/{job}/events"] = {"get": {"summary": "progress, then the result, as server-sent events", **job,
                                               "responses": {"200": {"description": "events: progress, done, error, cancelled"}, "404": _ERROR}}}  # fmt: skip
    paths["/api/jobs/{job}"] = {
        "delete": {"summary": "cancel a job", **job, "responses": {"200": _ok({"type": "object"}), "404": _ERROR}}
    }
    paths["/api/openapi.json"] = {"get": {"summary": "this document", "responses": {"200": _ok({"type": "object"})}}}
    error = {"type": "object", "required": ["error"], "properties": {"error": {
        "type": "object", "required": ["status", "where", "message", "instead"]}}}  # fmt: skip
    return {"openapi": "3.1.0", "info": {"title": "symdiff workbench", "version": version}, "paths": paths,
            "components": {"schemas": {"Error": error}}}  # fmt: skip


def _ok(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "the result", "content": {"application/json": {"schema": schema}}}
