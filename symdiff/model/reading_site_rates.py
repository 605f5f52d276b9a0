"""Site rates as they may be stated: one for the model, shared out by rates, probabilities or weights; or one for each jump."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model import fields as f
from symdiff.model.fields import Place


def with_site_rates(
    document: Mapping[str, Any], head: dict[str, Any], known: Mapping[str, Any], place: Place
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The same document with one site rate under [model], and rates of the jumps that it is multiplied by.

    Raises :class:`NotYetError` in discrete time and for jumps whose site rates are not proportional.
    """
    entries = f.tables(document.get("jumps", []), place.at("jumps"))
    own = ["site_rate" in entry for entry in entries]
    if "site_rate" not in head and not any(own):
        return document, head
    here = place.at("model", "site_rate") if "site_rate" in head else place.at("jumps", own.index(True), "site_rate")
    if "time_step" in head:
        raise NotYetError("a site rate in discrete time, where several agents leave at once, is not handled yet", where=str(here),
                          instead="leave time_step out: the rates are those of continuous time")  # fmt: skip
    if any(own):
        if "site_rate" in head:
            raise here.fail("a site rate for the model and one for a jump", "give one of them")
        entries, head = _one_rate(entries, own, head, known, place)
    entries = [{("rate" if k == "probability" else k): v for k, v in entry.items()} for entry in entries]
    if "total_rate" not in head and "rate" not in head and not any("rate" in entry for entry in entries):
        head = {**head, "total_rate": "1"}  # the site's rate is shared out among the jumps
    return {**document, "jumps": entries, "model": head}, head


def _one_rate(
    entries: list[dict[str, Any]], own: list[bool], head: dict[str, Any], known: Mapping[str, Any], place: Place
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The site rate of the first jump for the model; those of the others as multiples of it."""
    found, first = [], None
    for i, entry in enumerate(entries):
        here = place.at("jumps", i)
        if not own[i]:
            raise here.fail("this jump has no site rate, others have", "write site_rate here too")
        given = [k for k in ("rate", "probability", "weight") if k in entry]
        if given:
            raise here.fail(f"both site_rate and {given[0]} are given", "give one of them")
        value = f.real_expression(entry["site_rate"], known["rate_scope"], here.at("site_rate"))
        first = value if first is None else first
        share = sp.cancel(value / first)
        if share.atoms(AppliedUndef):
            raise NotYetError("site rates that depend on the number of agents in different ways have no local equilibrium that "
                              "is known", where=str(here.at("site_rate")), instead="make them multiples of one")  # fmt: skip
        found.append({**{k: v for k, v in entry.items() if k != "site_rate"}, "rate": share})
    return found, {**head, "site_rate": first}
