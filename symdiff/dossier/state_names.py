"""Which internal state a name in a claim means."""

from __future__ import annotations

import re

from symdiff.model.jump_model import JumpModel
from symdiff.model.ranges import certain_range, parameter_intervals

SHARES = ("p", "P", "pi", "Pi", "w", "f", "phi", "rho")  # heads of the letters for the share of walkers in a state
LATE = ("^st", "^ss", "^s", "^eq", "^stat", "^infty", "^oo", "^*")  # labels of the law at late times


def state_of_share(name: str, model: JumpModel) -> str | None:
    """The state of ``P_A``, ``p_+``, ``\\pi_{right}``, ``p_A^{eq}``: the share of walkers in it; None for other names."""
    bare = next((name.removesuffix(label) for label in LATE if name.endswith(label)), name)
    head, mark, _ = bare.partition("_")
    if not mark or head not in (*SHARES, model.density, model.density.lower()):
        return None
    found = [s for s in model.states if carries(bare, s, model)]
    return found[0] if len(found) == 1 else headings(model).get(bare[-1:])


def headings(model: JumpModel) -> dict[str, str]:
    """In one dimension ``P_+`` is the state that moves to larger x and ``P_-`` the other one, where there are two such states."""
    if model.dimension != 1 or len(model.states) != 2:
        return {}
    box = parameter_intervals(model.parameters)
    found: dict[str, str] = {}
    for j, state in enumerate(model.states):
        motion = model.motion_of(j)
        ways = [motion.velocity[0]] if motion is not None else []
        ways += [jump.displacement[0] for target, source, jump in model.transitions() if target == source == j]
        spans = [certain_range(way, box) for way in ways if way != 0]
        if spans and all(span.low is not None and span.low >= 0 for span in spans):
            found["+"] = state
        elif spans and all(span.high is not None and span.high <= 0 for span in spans):
            found["-"] = state
    return found if len(found) == 2 else {}


def carries(name: str, state: str, model: JumpModel) -> bool:
    """``R``, ``r``, ``P_R``, ``P^R``, ``p_right`` of the state R or right; ``P_1`` of the state one, 1 or s1."""
    if name == state:
        return True
    initials = [s for s in model.states if s.lower().startswith(name.lower())]
    if len(name) == 1 and name != model.density and initials == [state]:
        return True
    _, mark, tail = name.replace("^", "_").partition("_")
    if mark and tail.isdigit():
        spelled = dict(zip("123456", ("one", "two", "three", "four", "five", "six"), strict=True)).get(tail)
        return state in (tail, spelled) or re.fullmatch(f"[A-Za-z]+_?{tail}", state) is not None
    return bool(mark) and (tail == state or (len(tail) == 1 and state.lower().startswith(tail.lower())
                           and sum(s.lower().startswith(tail.lower()) for s in model.states) == 1))  # fmt: skip
