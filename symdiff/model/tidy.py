"""A model's document in the shorter words that a person would write: the same model, with fewer keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LAWS = ("distribution", "density", "characteristic_function", "rate_density")


def tidied(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what the model file grants anyway, and with rules and lists of jumps where they say the same.

    >>> tidied({"model": {"coordinates": ["x"]}, "jumps": [{"displacement": ["0"], "distribution": "normal", "rate": "g"}]})["jumps"]
    [{'distribution': 'normal', 'rate': 'g'}]
    """
    found = dict(document)
    size = len(found["model"].get("coordinates", ()))
    if found.get("jumps"):
        found["jumps"] = _together([_jump(j, size) for j in found["jumps"]])
    elif found.get("states") or found.get("reactions"):
        found.pop("jumps", None)
    if "states" in found:
        found["states"] = [_state(s) for s in found["states"]]
    if "reactions" in found:
        found["reactions"] = [_reaction(r) for r in found["reactions"]]
    return found


def _jump(entry: Mapping[str, Any], size: int) -> dict[str, Any]:
    found = dict(entry)
    drawn = any(k in found for k in LAWS)
    if drawn and all(d == "0" for d in found.get("displacement", ["1"])):
        del found["displacement"]
    if size == 1 and found.get("direction") == ["1"]:
        del found["direction"]
    return found


def _together(jumps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring entries that differ in their displacement alone, as one with a list of displacements."""
    found: list[dict[str, Any]] = []
    for entry in jumps:
        last = found[-1] if found else {}
        if (
            "displacement" in entry
            and "index" not in entry
            and not any(k in entry for k in LAWS)
            and _same(last, entry)
        ):
            listed = last.pop("displacements", None) or [last.pop("displacement")]
            found[-1] = {**{k: v for k, v in last.items() if k in ("from", "to")}, "displacements": [*listed, entry["displacement"]],
                         **{k: v for k, v in last.items() if k not in ("from", "to")}}  # fmt: skip
        else:
            found.append(dict(entry))
    return found


def _same(last: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    moved = ("displacement", "displacements")
    return any(k in last for k in moved) and {k: v for k, v in last.items() if k not in moved} == {
        k: v for k, v in entry.items() if k not in moved
    }


def _state(entry: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(entry)
    diffusivity = found.get("diffusivity")
    if isinstance(diffusivity, list):
        size = len(diffusivity)
        alike = all(
            diffusivity[i][j] == (diffusivity[0][0] if i == j else "0") for i in range(size) for j in range(size)
        )
        if alike:
            found["diffusivity"] = diffusivity[0][0]
        if all(v == "0" for v in found.get("velocity", ["1"])):
            del found["velocity"]
    return found


def _reaction(entry: Mapping[str, Any]) -> dict[str, Any]:
    sides = [entry.get("consumes"), entry.get("produces")]
    if any(
        s is None or any(d != "0" for p in s for d in p["displacement"]) or any(p["state"] is None for p in s)
        for s in sides
    ):
        return dict(entry)
    rule = " -> ".join(_side([p["state"] for p in s or ()]) for s in sides)
    return {"rule": rule} | {k: v for k, v in entry.items() if k not in ("consumes", "produces")}


def _side(names: list[str]) -> str:
    return " + ".join(f"{names.count(n)} {n}" if names.count(n) > 1 else n for n in dict.fromkeys(names)) or "0"
