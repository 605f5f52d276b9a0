r"""Reactions that carry the number of a site, ``A_i \xrightarrow{\gamma} A_{i\pm1}``, ``A_i\emptyset_{i+1} \to \emptyset_i A_{i+1}``, ``10 \to 01``, and
transitions of a number or a place, ``n \xrightarrow{\lambda n} n+1``, ``x \to x \pm a`` at a rate.

An empty site on the left of an arrow means that one agent fits on a site, and that it must be free there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.pasted_names import own, plain_name, spelled
from symdiff.dossier.pasted_reactions import WORDS, arrows_in, stated_beside, with_constants
from symdiff.errors import ModelError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.latex import Reading, ReadingContext, read_latex
from symdiff.notation.latex.values import ReadSymbol

_PLACE = r"(?:[a-z](?:\s*(?:[+-]|\\pm|\\mp)\s*\d)?)"
_SITES = rf"\{{?\s*({_PLACE}(?:\s*,\s*{_PLACE})*)\s*\}}?"
_AGENT = re.compile(
    rf"\s*(\d?)\s*(\\emptyset|\\varnothing|0|[A-Z][A-Za-z]*|[a-z](?![a-z]))\s*(?:_\s*(?:{_SITES}|([a-z])))"
)
_NOTHING = re.compile(r"\s*(?:0|\\emptyset|\\varnothing|)\s*")
_WORD = re.compile(r"[01]{2,3}|[A-Z0]{2,3}|(?:\\(?:bullet|circ)\s*){2,3}")
_STEP = re.compile(r"\s*([a-z])\s*(?:([+-]|\\pm|\\mp)\s*(.+?))?\s*")
MOST = 24


@dataclass(frozen=True)
class _Side:
    """Agents and empty sites of one side of an arrow, each with its sites."""

    agents: tuple[tuple[str, tuple[str, ...]], ...]
    empty: tuple[tuple[str, ...], ...] = ()


@dataclass
class _Event:
    """What is consumed, produced and must be empty, by the distance from the first agent."""

    consumed: list[tuple[str, tuple[int, ...]]]
    produced: list[tuple[str, tuple[int, ...]]]
    empty: list[tuple[int, ...]] = field(default_factory=list)
    rate: str = ""


def hopping_model(text: str, context: ReadingContext | None) -> tuple[JumpModel, Reading, tuple[str, ...]] | None:
    """The walkers of reactions between sites, or of transitions of a place; None where a text states neither.

    Raises :class:`ModelError` where an arrow has no rate, :class:`NotYetError` for sites that are not neighbours along an axis.
    """
    arrows = arrows_in(text)
    if not arrows or len(arrows) > MOST:
        return None
    steps = [_transition(*a) for a in arrows]
    if all(s is not None for s in steps):
        return _of_transitions(text, [s for s in steps if s is not None], context)
    words = [_words(*a) for a in arrows]
    if all(w is not None for w in words) and any("0" in re.sub(r"\\circ", "0", side) for a in arrows for side in a[:2]):
        return _of_events(text, [e for w in words if w is not None for e in w], ("i",), context)
    sides = [(_side(left), _side(right), there, back) for left, right, there, back in arrows]
    if any(left is None or right is None for left, right, _, _ in sides):
        return None
    if not any(a[1] for left, right, _, _ in sides for s in (left, right) if s is not None for a in s.agents):
        return None
    letters = {re.match(r"[a-z]", p).group() for left, right, _, _ in sides for s in (left, right) if s is not None  # type: ignore[union-attr]
               for sites in (*(a[1] for a in s.agents), *s.empty) for p in sites}  # fmt: skip
    sizes = {
        len(sites)
        for left, right, _, _ in sides
        for s in (left, right)
        if s is not None
        for sites in (*(a[1] for a in s.agents), *s.empty)
    }
    if len(sizes) != 1 or len(letters) != sizes.copy().pop():
        raise NotYetError("sites that are named by different letters are not read: which of them are neighbours is not said",
                          instead="write A_i \\to A_{i\\pm1}, or a lattice in a model file")  # fmt: skip
    events: list[_Event] = []
    for left, right, there, back in sides:
        assert left is not None
        assert right is not None
        for one, other in _signs(left, right):
            events.append(_event(one, other, there))
            if back:
                events.append(_event(other, one, back))
    return _of_events(text, events, tuple(_in_order(sides, letters)), context)


def _in_order(sides: Sequence[Any], letters: set[str]) -> list[str]:
    for left, right, _, _ in sides:
        for sites in (*(a[1] for s in (left, right) for a in s.agents),):
            found = [p[0] for p in sites]
            if set(found) == letters:
                return found
    return sorted(letters)


# --- sides -----------------------------------------------------------------------------------------------------------


def _side(text: str) -> _Side | None:
    """``A_i + \\emptyset_{i+1}`` or ``A_i\\emptyset_{i+1}``; None for anything else."""
    if _NOTHING.fullmatch(text):
        return _Side(())
    agents: list[tuple[str, tuple[str, ...]]] = []
    empty: list[tuple[str, ...]] = []
    at = 0
    while at < len(text):
        gap = re.compile(r"\s*\+\s*|\s+").match(text, at)
        if gap and at:
            at = gap.end()
            if at == len(text):
                break
        m = _AGENT.match(text, at)
        if m is None:
            return None
        sites = tuple(re.sub(r"\s", "", s) for s in (m.group(3) or m.group(4)).split(","))
        if m.group(2) in ("0", r"\emptyset", r"\varnothing"):
            empty.append(sites)
        else:
            agents += [(m.group(2), sites)] * int(m.group(1) or 1)
        at = m.end()
    return _Side(tuple(agents), tuple(empty))


def _signs(left: _Side, right: _Side) -> list[tuple[_Side, _Side]]:
    """Both signs of ``i\\pm1`` at once."""
    if not any(
        r"\pm" in p or r"\mp" in p
        for s in (left, right)
        for sites in (*(a[1] for a in s.agents), *s.empty)
        for p in sites
    ):
        return [(left, right)]

    def put(side: _Side, plus: str, minus: str) -> _Side:
        def one(sites: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(p.replace(r"\pm", plus).replace(r"\mp", minus) for p in sites)

        return _Side(tuple((n, one(s)) for n, s in side.agents), tuple(one(s) for s in side.empty))

    return [(put(left, *signs), put(right, *signs)) for signs in (("+", "-"), ("-", "+"))]


def _number(place: str) -> int:
    return int(place[1:] or 0)


def _event(left: _Side, right: _Side, rate: str) -> _Event:
    sites = [a[1] for a in (*left.agents, *right.agents)]
    origin = tuple(_number(p) for p in sites[0]) if sites else ()

    def away(place: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(_number(p) - o for p, o in zip(place, origin, strict=True))

    return _Event(
        [(n, away(s)) for n, s in left.agents],
        [(n, away(s)) for n, s in right.agents],
        [away(s) for s in left.empty],
        rate,
    )


def _words(left: str, right: str, there: str, back: str) -> list[_Event] | None:
    """``10 \\to 01``: the occupation of neighbouring sites, written side by side."""
    left, right = (
        re.sub(r"\\circ\s*", "0", re.sub(r"\\bullet\s*", "1", re.sub(r"[\s{}]", "", s))) for s in (left, right)
    )
    if not (_WORD.fullmatch(left) and _WORD.fullmatch(right) and len(left) == len(right)):
        return None
    found = []
    for one, other, rate in ((left, right, there), (right, left, back)):
        if not rate:
            continue
        sides = [_Side(tuple((("A" if c == "1" else c), (f"i+{n}",)) for n, c in enumerate(w) if c != "0"),
                       tuple((f"i+{n}",) for n, c in enumerate(w) if c == "0")) for w in (one, other)]  # fmt: skip
        found.append(_event(sides[0], sides[1], rate))
    return found


# --- models ----------------------------------------------------------------------------------------------------------


def _rates(
    texts: Sequence[str], context: ReadingContext | None, table: dict[str, ReadSymbol], warnings: list[str]
) -> list[sp.Expr]:
    found = []
    for text in texts:
        if not text.strip():
            raise ModelError(
                "an arrow has no rate", instead=r"write \xrightarrow{\gamma} with the rate above the arrow"
            )
        reading = read_latex(f"q_{{990}} = {text}", context)
        if len(reading.equations) != 1 or not isinstance(reading.equations[0], sp.Equality):
            raise ModelError(f"'{text[:40]}' is no rate", instead="write one expression above the arrow")
        table |= {s.name: s for s in reading.symbols if s.name != "q_990"}
        warnings += [w for w in reading.warnings if w not in warnings]
        found.append(sp.sympify(reading.equations[0].rhs))
    return found


def _of_events(text: str, events: Sequence[_Event], indices: tuple[str, ...], context: ReadingContext | None) -> tuple[JumpModel, Reading, tuple[str, ...]]:  # fmt: skip
    table: dict[str, ReadSymbol] = {}
    warnings: list[str] = []
    given = stated_beside(text, context)
    rates = with_constants(_rates([e.rate for e in events], context, table, warnings), given)
    if any(r.atoms(AppliedUndef) or {s.name.rpartition("_")[2] for s in r.free_symbols} & set(indices) for r in rates):
        raise NotYetError(
            "rates that depend on the site are not read above arrows",
            instead="write the master equation, or a model file",
        )
    axes = ("x", "y", "z")[: len(indices)]
    species = list(dict.fromkeys(n for e in events for n, _ in (*e.consumed, *e.produced)))
    names: dict[sp.Basic, str] = {}
    counted = {s: plain_name(s, {*axes}) for s in species}
    for symbol in sorted({s for r in rates for s in r.free_symbols}, key=str):
        names[symbol] = plain_name(symbol.name, {*names.values(), *counted.values(), *axes})
    hops = [r for e, r in zip(events, rates, strict=True) if any(any(place) for _, place in e.produced)]
    lengths = [n for s, n in names.items() if any(all(not sp.expand(r * s**k).has(s) for r in hops) for k in (1, 2))]
    spacing = next(
        n for n in (*lengths, "a", "h", "ell", "dx") if n in lengths or n not in {*names.values(), *counted.values()}
    )
    crowded = any(e.empty for e in events)
    jumps: list[dict[str, Any]] = []
    reactions: list[dict[str, Any]] = []
    for e, rate in zip(events, rates, strict=True):
        free = sp.Mul(
            *(1 - sp.Add(*(_density(counted[s], axes, place, spacing) for s in species)) for place in e.empty)
        )
        weight = str(own(rate, names) * free)
        if len(e.consumed) == len(e.produced) == 1 and (
            e.produced[0][1] != e.consumed[0][1] or e.produced[0][0] != e.consumed[0][0]
        ):
            one, other = counted[e.consumed[0][0]], counted[e.produced[0][0]]
            ends = {} if len(species) == 1 else {"from": one, "to": other}
            jumps.append(ends | {"displacement": _moved(e.produced[0][1], spacing), "rate": weight})
        else:
            reactions.append(
                {
                    "consumes": _agents(e.consumed, counted, spacing),
                    "produces": _agents(e.produced, counted, spacing),
                    "rate": weight,
                }
            )
    document: dict[str, Any] = {
        "title": "A model read from LaTeX",
        "parameters": dict.fromkeys([*names.values(), spacing], "positive"),
        "model": {"coordinates": list(axes), "density": next(iter(counted.values()))},
        "jumps": jumps,
    }
    if len(species) > 1:
        document["model"] |= {
            "states": list(counted.values()),
            "density": next(n for n in ("P", "u", "rho", "total") if n not in {*names.values(), *counted.values()}),
        }
    if crowded:
        document["model"]["occupancy"] = "1"
    if reactions:
        document["reactions"] = reactions
    shown = ", ".join(f"{x} = {i}*{spacing}" for x, i in zip(axes, indices, strict=True))
    assumed = [
        f"{', '.join(indices)} number{'s' if len(indices) == 1 else ''} the sites of a lattice of spacing {spacing}: {shown}"
    ]
    assumed.append(
        "a rate is that of each set of agents that may react: n(n - 1) for two of a kind"
        if reactions
        else "a rate is that of each agent and each arrow"
    )
    if crowded:
        assumed += [
            "at most one agent fits on a site",
            "densities at different sites are taken as uncorrelated (mean field)",
        ]
    assumed += [f"{n} is positive" for n in sorted(document["parameters"])]
    return _finished(document, assumed, text, events, rates, table, warnings, names)


def _finished(document: dict[str, Any], assumed: list[str], text: str, events: Sequence[_Event], rates: Sequence[sp.Expr],
              table: dict[str, ReadSymbol], warnings: list[str], names: dict[sp.Basic, str]) -> tuple[JumpModel, Reading, tuple[str, ...]]:  # fmt: skip
    document["parameters"] = spelled(document["parameters"], names)
    model = JumpModel(**document, notes="Assumed: " + "; ".join(assumed) + ".")
    equations = []
    for e, rate in zip(events, rates, strict=True):
        sides = [
            " + ".join(f"{n}({', '.join(map(str, place))})" for n, place in agents) or "0"
            for agents in (e.consumed, e.produced)
        ]
        equations.append(sp.Equality(sp.Function("Rate")(sp.Symbol(" -> ".join(sides))), rate, evaluate=False))
    species = dict.fromkeys(n for e in events for n, _ in (*e.consumed, *e.produced))
    symbols = [*(ReadSymbol(n, "species") for n in species), *table.values()]
    return model, Reading(text, tuple(equations), tuple(symbols), tuple(warnings)), tuple(assumed)


def _density(name: str, axes: tuple[str, ...], place: tuple[int, ...], spacing: str) -> sp.Expr:
    return sp.Function(name)(*(sp.Symbol(x) + n * sp.Symbol(spacing) for x, n in zip(axes, place, strict=True)))


def _moved(place: tuple[int, ...], spacing: str) -> list[str]:
    return [str(n * sp.Symbol(spacing)) for n in place]


def _agents(
    listed: Sequence[tuple[str, tuple[int, ...]]], counted: dict[str, str], spacing: str
) -> list[dict[str, Any]]:
    return [{"state": counted[n], "displacement": _moved(place, spacing)} for n, place in listed]


# --- transitions of a place or a number ------------------------------------------------------------------------------


def _transition(left: str, right: str, there: str, back: str) -> tuple[str, list[tuple[str, str]], str] | None:
    """``n \\to n + 1``: the letter, the steps with their signs, and the rate."""
    start, end = _STEP.fullmatch(left), _STEP.fullmatch(right)
    if start is None or end is None or start.group(2) or end.group(1) != start.group(1) or not end.group(2) or back:
        return None
    signs = {"+": "+", "-": "-"}.get(end.group(2))
    both = [("+", end.group(3)), ("-", end.group(3))] if signs is None else [(signs, end.group(3))]
    return start.group(1), both, there


def _of_transitions(text: str, steps: Sequence[tuple[str, list[tuple[str, str]], str]], context: ReadingContext | None) -> tuple[JumpModel, Reading, tuple[str, ...]]:  # fmt: skip
    letters = {letter for letter, _, _ in steps}
    if len(letters) != 1:
        raise NotYetError(
            "transitions of several numbers are not read above arrows",
            instead="write reactions \\ce{A ->[k] B}, or the master equation",
        )
    (letter,) = letters
    chances = [_in_words(rate) for _, _, rate in steps]
    if len({kind for kind, _ in chances}) != 1:
        raise ModelError("rates stand beside probabilities", instead="state either")
    kind = chances[0][0]
    table: dict[str, ReadSymbol] = {}
    warnings: list[str] = []
    given = stated_beside(text, context)
    rates = with_constants(_rates([r for _, r in chances], context, table, warnings), given)
    lengths = [_rates([length for _, length in both], context, table, warnings) for _, both, _ in steps]
    place = sp.Symbol(letter)
    used = [*rates, *(x for row in lengths for x in row)]
    names: dict[sp.Basic, str] = {place: letter}
    functions: dict[str, list[str]] = {}
    for call in sorted({c for r in rates for c in r.atoms(AppliedUndef)}, key=str):
        if call.args != (place,):
            raise NotYetError(f"{call} is no function of {letter}", instead="write the master equation")
        names[call.func] = plain_name(call.func.__name__, set(names.values()))
        functions[names[call.func]] = [letter]
    for symbol in sorted({s for e in used for s in e.free_symbols} - {place}, key=str):
        names[symbol] = plain_name(symbol.name, {*names.values(), "tau"})
    key = "probability" if kind == "probability" else "rate"
    jumps = [
        {"displacement": [str(own(x if sign == "+" else -x, names))], key: str(own(rate, names))}
        for (_, both, _), row, rate in zip(steps, lengths, rates, strict=True)
        for (sign, _), x in zip(both, row, strict=True)
    ]
    parameters = {n: "positive" for s, n in names.items() if isinstance(s, sp.Symbol) and s != place}
    head: dict[str, Any] = {
        "coordinates": [letter],
        "density": next(n for n in ("P", "p", "C") if n not in names.values()),
    }
    assumed = [
        "each arrow is a jump of its own" + (", also the two of \\pm" if any(len(b) > 1 for _, b, _ in steps) else "")
    ]
    if key == "probability":
        head["time_step"] = "tau"
        parameters["tau"] = "positive"
        assumed.append("one step lasts tau")
        whole = sum((sp.sympify(r) * len(both) for r, (_, both, _) in zip(rates, steps, strict=True)), sp.S.Zero)
        if sp.expand(whole - 1) != 0:
            assumed.append(f"with the probability {sp.expand(1 - own(whole, names))} that is left the walker stays")
        parameters |= {n: "probability" for s, n in names.items() if s in rates}
    assumed += [f"{n} is positive" for n in sorted(parameters)]
    document: dict[str, Any] = {
        "title": "A model read from LaTeX",
        "parameters": parameters,
        "model": head,
        "jumps": jumps,
    }
    if functions:
        document["functions"] = functions
    document["parameters"] = spelled(parameters, names)
    model = JumpModel(**document, notes="Assumed: " + "; ".join(assumed) + ".")
    shown = [sp.Equality(sp.Function("Rate" if key == "rate" else "Probability")(sp.Symbol(f"{letter} -> {letter} {sign} {length}")), rate, evaluate=False)
             for (_, both, _), rate in zip(steps, rates, strict=True) for sign, length in both]  # fmt: skip
    symbols = [ReadSymbol(letter, "coordinate"), *(s for s in table.values() if s.name != letter)]
    return model, Reading(text, tuple(shown), tuple(symbols), tuple(warnings)), tuple(assumed)


def _in_words(rate: str) -> tuple[str, str]:
    """``rate`` or ``probability``, and its formula: words before it say which."""
    m = re.fullmatch(rf"{WORDS}(rate|probability){WORDS}(.*)", rate, re.S)
    return (m.group(1), m.group(2)) if m else ("rate", rate)
