r"""``[D u] = 0``, ``[[D u_x]]_{x=0} = 0`` beside an interface: brackets that mean the jump of a quantity across it."""

from __future__ import annotations

import re

import sympy as sp

from symdiff.model.jump_model import JumpModel

_LOOSE = re.compile(r"\\(?:left|right|big[lr]?|Big[lr]?)(?![A-Za-z])\s*|\\!")
_BRACKETS = re.compile(
    r"(?P<before>^|[,;]|\\quad|\\text\{\s*and\s*\})(?:\\[ ,;:]|\\q?quad|~|\s)*(?:\[\s*\[|\[|\\llbracket)(?P<inner>[^\[\]]+?)(?:\]\s*\]|\]|\\rrbracket)"
    r"(?P<at>\s*\|?\s*_\s*(?:\{[^{}^]*\}|\w))?\s*(?==)"
)


def with_jumps(latex: str, model: JumpModel) -> str:
    """The claim with such brackets written from one side of the interface to the other, ``[D u]_{0^-}^{0^+}``."""
    place = _interface(model)
    if place is None:
        return latex
    names = "|".join(map(re.escape, dict.fromkeys((model.density, *model.states))))

    def written(found: re.Match[str]) -> str:
        inner = found["inner"]
        if not re.search(rf"(?<![A-Za-z\\])(?:{names})(?![A-Za-z])|D(?:{names})(?![A-Za-z])", inner):
            return found[0]
        return rf"{found['before']} \left[{inner}\right]_{{{place}^-}}^{{{place}^+}} "

    return _by_sides(_BRACKETS.sub(written, _LOOSE.sub("", latex)), names, place)


def _by_sides(latex: str, names: str, place: str) -> str:
    """``K [P]`` as a factor, ``P^+`` and ``P_-``: the jump of the density, and its values on either side."""
    one = rf"(?P<name>{names})(?:\s*\(\s*x\s*,\s*t\s*\))?"
    factor = re.compile(rf"(?<![\\\[])(?:\[\s*\[|\[|\\llbracket)\s*{one}\s*(?:\]\s*\]|\]|\\rrbracket)(?!\s*_)")
    latex = factor.sub(lambda m: rf"\left({m['name']}({place}^+, t) - {m['name']}({place}^-, t)\right)", latex)
    side = re.compile(rf"(?<![A-Za-z\\])(?P<name>{names})[\^_]\s*\{{?(?P<side>[+-])\}}?(?!\s*\()")
    return side.sub(lambda m: f"{m['name']}({place}^{m['side']}, t)", latex)


def _interface(model: JumpModel) -> str | None:
    """Where the medium changes, in one dimension; None where there is no such place, or several."""
    if model.dimension != 1:
        return None
    (x,) = model.coordinate_symbols
    ends = {m for j in model.jumps if j.region is not None for m in j.region.members if not m.has(x)}
    lengths = {abs(r) for j in model.jumps for r in j.displacement}
    near = {m for m in ends if not any(sp.cancel(m / r).is_Integer and m != 0 for r in lengths if r != 0)}
    if len(near) == 2 and sp.expand(max(near, key=str) - min(near, key=str)) in {
        s * r for r in lengths for s in (1, -1)
    }:
        near = {sp.cancel(sp.Add(*near) / 2)}  # the bond between two sites
    place = near.pop() if len(near) == 1 else None
    return None if place is None else sp.latex(place)
