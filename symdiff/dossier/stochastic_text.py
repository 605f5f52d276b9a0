r"""The text of stochastic differential equations: ``dX_t = a dt + b\,dW_t``, ``dX = \dots\circ dW``, ``\gamma\dot x = -V'(x) + \xi(t)``.

The reader of formulas knows no differentials that stand alone; each equation is given to it with plain symbols in their place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from symdiff.notation.latex.macros import at_the_start, expanded
from symdiff.notation.latex.paragraph import formulas_in

TIME, HEAD, NOISE = "q_{900}", "q_{990}", "q_{%d}"  # dt, the left-hand side, and the noises from q_{901} on
FIRST_NOISE = 901
VELOCITY = "q_{991}"  # of the one variable that has a second derivative
MAX_TEXT = 4_000
MOST_EQUATIONS = 8
_D = r"(?:\\mathrm\s*\{\s*d\s*\}|\\dd(?![A-Za-z])|(?<![A-Za-z\\])d)"
_LETTER = r"(?:\\(?!d?dot\b|frac\b|dd\b|mathrm\b)[A-Za-z]+|[A-Za-z])"
_INDEX = r"(?:_(?:\{[^{}]{1,6}\}|[A-Za-z0-9]))?"
_AT = r"(?:\s*\(\s*t\s*\))?"
_NAME = rf"(?P<name>{_LETTER})(?P<index>{_INDEX}){_AT}"
_DIFFERENTIAL = re.compile(rf"{_D}\s*{_NAME}\s*&?\s*=\s*&?")
_RATE = re.compile(
    rf"(?:\\(?P<dots>d?dot)\s*(?:\{{\s*(?P<inner>{_LETTER})\s*\}}|\s(?P<letter>{_LETTER})|(?P<command>\\(?!frac)[A-Za-z]+))(?P<index>{_INDEX}){_AT}"
    rf"|\\[dt]?frac\s*\{{\s*{_D}(?P<two>\^2|\^\{{2\}})?\s*(?P<name>{_LETTER})(?P<below>{_INDEX}){_AT}\s*\}}\s*\{{\s*{_D}\s*t(?:\^2|\^\{{2\}})?\s*\}}{_AT})\s*&?\s*=\s*&?"
)
_WIENER = re.compile(
    rf"(?P<circ>\\circ\s*)?{_D}\s*(?:[WB]|\\beta|\\mathbf\{{[WB]\}})(?P<scripts>(?:[_^](?:\{{[^{{}}]*\}}|[A-Za-z0-9])){{0,2}}){_AT}"
)
_DT = re.compile(rf"{_D}\s*t(?![A-Za-z])")
_WHITE = re.compile(
    r"(?:(?P<circ>\\circ)\s*)?\\(?P<letter>xi|eta|zeta)(?![A-Za-z])(?P<scripts>(?:[_^](?:\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z0-9])){0,2})\s*(?:\(\s*t\s*\))?"
)
_CORRELATION = re.compile(r"(?:\\left)?\s*\\langle(?P<inside>(?:(?!\\rangle).)*?)(?:\\right)?\s*\\rangle\s*&?=(?P<value>(?:(?!\\langle|\\dot|\\quad|\\qquad|\\\\).)*)", re.DOTALL)  # fmt: skip
_NO_TRAJECTORY = re.compile(r"\\(?:i*int|sum|prod|partial|nabla)(?![A-Za-z])")  # equations of densities
_LAYOUT = re.compile(
    r"\\(?:begin|end)\s*\{[a-z]+\*?\}|\\(?:label|tag)\s*\{[^{}]*\}|\\(?:nonumber|notag|left\.|right\.)(?![A-Za-z])"
)
_SEPARATOR = re.compile(r"\\\\|\\q?quad(?![A-Za-z])|\\text\s*\{[^{}]*\}|\n|;")
_COMMA = re.compile(r"(?<!\\),")
_EDGE = re.compile(r"^(?:[\s,.&]|\\[,;:! ])+|(?:[\s,.&]|\\[,;:! ])+$")


@dataclass
class StochasticText:
    """The equations as plain formulas: the variable, its order in time, the formula, and what stands before the head."""

    variables: list[str] = field(default_factory=list)  # LaTeX of each, with which formulas are written
    orders: list[int] = field(default_factory=list)
    factors: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    noises: list[str] = field(default_factory=list)  # what the symbols from q_{901} on stand for
    wiener: bool = False
    stratonovich: bool = False
    correlations: list[tuple[str, str]] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


def stochastic_text(text: str) -> StochasticText | None:
    """The stochastic differential equations of a text; None where it holds none."""
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        return None
    plain, _ = formulas_in(text)
    macros, start = at_the_start(plain)
    plain = expanded(plain[start:], macros, start) if macros else plain
    plain = _LAYOUT.sub(" ", re.sub(r"^\s*(?:\$\$?|\\\[|\\\()|(?:\$\$?|\\\]|\\\))\s*$", " ", plain.strip()))
    found = StochasticText()
    found.correlations = [(m.group("inside"), _trimmed(m.group("value"))) for m in _CORRELATION.finditer(plain)]
    plain = _CORRELATION.sub(r" \\\\ ", plain)
    plain = _with_rest_moved(plain)
    wiener = _DIFFERENTIAL.search(plain) is not None and _WIENER.search(plain) is not None
    white = _RATE.search(plain) is not None and _is_noise(plain, found.correlations)
    if wiener == white or _NO_TRAJECTORY.search(plain):
        return None
    found.wiener = wiener
    for part in _SEPARATOR.split(plain):
        _take(found, part, _DIFFERENTIAL if wiener else _RATE)
    if not found.variables or len(found.variables) > MOST_EQUATIONS:
        return None
    _name_apart(found)
    return found


_HEAD = _RATE.pattern.removesuffix(r"\s*&?\s*=\s*&?")
_LEFT = re.compile(rf"(?P<before>[^=+\-]*?)(?P<head>{_HEAD})\s*(?P<rest>[+\-][^=]*?)&?=&?(?P<side>[^=]*)", re.DOTALL)


def _with_rest_moved(plain: str) -> str:
    r"""``m\\dot v + \\gamma v = \\xi(t)`` with the derivative alone on the left: ``m\\dot v = \\xi(t) - (\\gamma v)``."""
    pieces, at = [], 0
    for end in [*(m.span() for m in _SEPARATOR.finditer(plain)), (len(plain), len(plain))]:
        part = plain[at : end[0]]
        found = _LEFT.fullmatch(part)
        if found is not None and "\\ddot" not in found.group("rest") and _trimmed(found.group("side")):
            rest = found.group("rest").strip().removeprefix("+")
            part = f"{found.group('before')}{found.group('head')} = {_trimmed(found.group('side'))} - ({rest}) "
        pieces += [part, plain[end[0] : end[1]]]
        at = end[1]
    return "".join(pieces)


def _is_noise(plain: str, correlations: list[tuple[str, str]]) -> bool:
    """Whether one of the letters for noise is one: written as a function of time, with a label, or with its correlation."""
    letters = {m.group("letter") for inside, _ in correlations for m in _WHITE.finditer(inside)}
    moving = {(m.group("inner") or m.group("letter") or m.group("command") or m.group("name")).lstrip("\\") for m in _RATE.finditer(plain)}  # fmt: skip
    return any(
        m.group("letter") in letters
        or m.group().rstrip().endswith(")")
        or (m.group("scripts") and m.group("letter") == "xi")
        for m in _WHITE.finditer(plain)
        if m.group("letter") not in moving
    )


def _take(found: StochasticText, part: str, head: re.Pattern[str]) -> None:
    """One part of the text: the equations in it, one behind the other, or something beside them."""
    heads = list(head.finditer(part))
    if not heads:
        if rest := _trimmed(part):
            found.beside.append(rest)
        return
    ends = [*(m.start() for m in heads[1:]), len(part)]
    factor = _trimmed(part[: heads[0].start()])
    for m, end in zip(heads, ends, strict=True):
        side = _trimmed(part[m.end() : end])
        commas = list(_COMMA.finditer(side)) if end < len(part) else []
        following = side[commas[-1].end() :] if commas else ""  # the factor of the next head stands behind the comma
        side = side[: commas[-1].start()] if commas else side
        groups = m.groupdict()
        index = groups.get("index") or groups.get("below") or ""
        name = groups.get("name") or groups.get("inner") or groups.get("letter") or groups.get("command") or ""
        found.variables.append(name + ("" if index.strip("_{}") == "t" else index))
        found.orders.append(2 if groups.get("dots") == "ddot" or groups.get("two") else 1)
        found.factors.append(factor)
        found.sides.append(_trimmed(side))
        factor = _trimmed(following)


def _trimmed(text: str) -> str:
    return _EDGE.sub("", text)


def _name_apart(found: StochasticText) -> None:
    """Put plain symbols for the differentials, and the variables as plain letters without their time."""
    words = set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", " ".join(found.sides)))
    lowered = {v: v.lower() for v in found.variables if v in ("X", "Y", "Z") and v.lower() not in words}
    for i, side in enumerate(found.sides):
        if found.wiener:
            side = _WIENER.sub(lambda m: _wiener(found, m), side)
            side = _DT.sub(f" {TIME} ", side)
        else:
            side = _WHITE.sub(lambda m: _white(found, m), side)
        for v, order in zip(found.variables, found.orders, strict=True):
            if order == 2:
                side = re.sub(
                    rf"\\dot\s*(?:\{{\s*{re.escape(v)}\s*\}}|\s{re.escape(v)})(?:\s*\(\s*t\s*\))?",
                    f" {VELOCITY} ",
                    side,
                )
            side = _with_plain(side, v, lowered.get(v, v))
        found.sides[i] = side
    found.variables = [lowered.get(v, v) for v in found.variables]


def _with_plain(side: str, variable: str, plain: str) -> str:
    """A variable without its time where it has one: X_t, X(t), X; letters of other commands stay."""
    base, _, index = variable.partition("_")
    index = index.strip("{}")
    below = rf"_(?:\{{{re.escape(index)}\}}|{re.escape(index)})" if index else r"(?:_(?:\{t\}|t(?![A-Za-z])))?"
    behind = "(?![A-Za-z])" if base.startswith("\\") else ""
    spelled = rf"(?P<own>{re.escape(base)}{behind}{below}(?:\s*\(\s*t\s*\))?)|\\[A-Za-z]+"
    return re.sub(spelled, lambda m: f"{plain}" if m.group("own") else m.group(), side)


def _plain(scripts: str) -> str:
    """The label of a noise without its time: x of _{x}, 1 of ^{(1)}_t."""
    return "".join(s for s in re.findall(r"[A-Za-z0-9]+", scripts) if s != "t")


def _wiener(found: StochasticText, m: re.Match[str]) -> str:
    found.stratonovich = found.stratonovich or m.group("circ") is not None
    return _noise(found, "W" + _plain(m.group("scripts")))


def _white(found: StochasticText, m: re.Match[str]) -> str:
    if "\\" + m.group("letter") in {v.partition("_")[0] for v in found.variables}:
        return m.group()  # a variable with an equation of its own
    found.stratonovich = found.stratonovich or m.group("circ") is not None
    return _noise(found, m.group("letter") + _plain(m.group("scripts")))


def _noise(found: StochasticText, label: str) -> str:
    if label not in found.noises:
        found.noises.append(label)
    return f" {NOISE % (FIRST_NOISE + found.noises.index(label))} "
