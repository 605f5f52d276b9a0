"""Reactions written as text, ``A + B -> 2 B``, one way or both ways."""

from __future__ import annotations

import re
from typing import Any

from symdiff.model.fields import Place

MAX_AGENTS = 20  # on one side of a reaction
BOTH_WAYS, ONE_WAY, BACKWARDS = "<->", "->", "<-"
_SPELLINGS = {
    BOTH_WAYS: ("<-->", "<=>", "<==>", "⇌", "⇋", "⇄", "⇆", "↔", "⟷", "⇔", "⟺"),
    ONE_WAY: ("-->", "=>", "==>", "→", "⟶", "⇒", "⟹"),
}
_SPELLED = {s: arrow for arrow, spellings in _SPELLINGS.items() for s in spellings}
_ARROW = re.compile("|".join(map(re.escape, sorted((*_SPELLED, *_SPELLINGS, BACKWARDS), key=len, reverse=True))))
_AGENT = re.compile(r"^(?:(\d{1,3})\s*[*·]?\s*)?([^\W\d]\w*)$")
_NONE = ("", "0", "∅")
REVERSE = {"rate": "reverse_rate", "probability": "reverse_probability"}

Agents = list[tuple[str, Any]]  # name, displacement as written (None: at the place of the reaction)


def read_rule(text: str, place: Place) -> tuple[Agents, Agents]:
    """Both sides of a rule; ``0``, the empty set or nothing stands for no agents."""
    left, _, right = _parts(text, place)
    return _side(left, place), _side(right, place)


def one_way(entry: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    """An entry, or the two of one that goes both ways: ``rule = "A <-> B"`` with ``rate`` and ``reverse_rate``."""
    rule = entry.get("rule")
    parts = _parts(rule, place.at("rule")) if isinstance(rule, str) else ("", ONE_WAY, "")
    given = [key for key in REVERSE.values() if key in entry]
    if parts[1] != BOTH_WAYS:
        if given:
            raise place.at(given[0]).fail("a reverse without a rule that goes both ways", 'write rule = "A <-> B"')
        return [entry]
    back = {forward: entry[reverse] for forward, reverse in REVERSE.items() if reverse in entry}
    if not back:
        raise place.fail(f"'{str(rule)[:60]}' goes both ways and has no rate of the way back",
                         'write reverse_rate = "k", or reverse_probability in discrete time')  # fmt: skip
    there = {key: value for key, value in entry.items() if key not in REVERSE.values()}
    rest = {key: value for key, value in there.items() if key not in REVERSE}
    return [there | {"rule": f"{parts[0]} -> {parts[2]}"}, rest | back | {"rule": f"{parts[2]} -> {parts[0]}"}]


def _parts(text: str, place: Place) -> tuple[str, str, str]:
    """What stands before the one arrow, the arrow, and what stands behind."""
    found = list(_ARROW.finditer(text))
    if len(found) != 1:
        raise place.fail(f"'{text[:60]}' is no rule", 'write it with one arrow, as in "A + B -> 2 B" or "A <-> B"')
    arrow = _SPELLED.get(found[0].group(), found[0].group())
    if arrow == BACKWARDS:
        raise place.fail(f"the arrow of '{text[:60]}' points backwards", 'write "A -> B", or "A <-> B" for both ways')
    return text[: found[0].start()].strip(), arrow, text[found[0].end() :].strip()


def _side(text: str, place: Place) -> Agents:
    agents: Agents = []
    if text not in _NONE:
        for part in text.split("+"):
            match = _AGENT.match(part.strip())
            if not match:
                raise place.fail(f"'{part.strip()[:40]}' is no agent", 'write "A", "2 A", or "0" for none')
            agents += [(match.group(2), None)] * int(match.group(1) or 1)
    if len(agents) > MAX_AGENTS:
        raise place.fail(f"{len(agents)} agents on one side; at most {MAX_AGENTS}")
    return agents


def has_places(agents: Agents) -> bool:
    """Whether an agent stands elsewhere than at the place of its reaction."""
    return any(displacement is not None for _, displacement in agents)
