r"""Reactions pasted as LaTeX, ``\ce{A + B ->[k] 2B}`` or ``\emptyset \xrightarrow{k_1} A``, as a population in a well-mixed volume.

A constant k of a reaction that consumes m individuals gives the propensity k V^(1 - m) times the number of their ordered
sets, n(n - 1) for two of a kind: concentrations n/V then obey the rate equations that are written with the same constants.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.pasted_names import own, plain_name
from symdiff.errors import ModelError, NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.notation.latex import Reading, ReadingContext, read_latex
from symdiff.notation.latex.macros import at_the_start, expanded
from symdiff.notation.latex.paragraph import formulas_in
from symdiff.notation.latex.values import ReadSymbol

MAX_TEXT = 4_000
MOST_REACTIONS = 40
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"  # braces with one level of braces inside
_OPTION = r"\[((?:[^\[\]])*)\]"
_RIGHT = r"\\(?:long)?rightarrow|\\to"
_BOTH = r"\\(?:long)?rightleftharpoons|\\(?:long)?leftrightarrow|\\rightleftarrows|\\leftrightarrows"
_ARROWS = (  # (pattern, groups of the rates there and back)
    (re.compile(rf"\\x(?:rightleftharpoons|leftrightarrow|rightleftarrows|leftrightharpoons)\s*{_OPTION}\s*{_GROUP}"), (2, 1)),
    (re.compile(rf"\\xrightarrow\s*(?:\[[^\[\]]*\])?\s*{_GROUP}"), (1, 0)),
    (re.compile(rf"\\underset\s*{_GROUP}\s*\{{\s*\\overset\s*{_GROUP}\s*\{{\s*(?:{_BOTH})\s*\}}\s*\}}"), (2, 1)),
    (re.compile(rf"\\overset\s*{_GROUP}\s*\{{\s*\\underset\s*{_GROUP}\s*\{{\s*(?:{_BOTH})\s*\}}\s*\}}"), (1, 2)),
    (re.compile(rf"(?:\\mathop\s*\{{\s*)?(?:{_BOTH})(?:\s*\}})?(?:\\limits)?\s*\^\s*{_GROUP}\s*_\s*{_GROUP}"), (1, 2)),
    (re.compile(rf"(?:\\mathop\s*\{{\s*)?(?:{_BOTH})(?:\s*\}})?(?:\\limits)?\s*_\s*{_GROUP}\s*\^\s*{_GROUP}"), (2, 1)),
    (re.compile(rf"\\(?:overset|stackrel)\s*{_GROUP}\s*\{{\s*(?:{_RIGHT})\s*\}}"), (1, 0)),
)  # fmt: skip
_CE = re.compile(r"\\ce\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_CE_BOTH = re.compile(rf"<?<=>>?\s*{_OPTION}\s*{_OPTION}|<-->\s*{_OPTION}\s*{_OPTION}")
_CE_RIGHT = re.compile(rf"(?<!-)->\s*{_OPTION}")
_MARK = re.compile(r"\x01(\d+)\x01")
_SEPARATOR = re.compile(r"\\\\|\\q?quad(?![A-Za-z])|\\text\s*\{[^{}]*\}|\n|;|(?<!\\),")
_LAYOUT = re.compile(
    r"\\(?:begin|end)\s*\{[a-z]+\*?\}|\\(?:label|tag)\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])|(?<!\\)\\[,;:! ]|[~&]"
)
WORDS = "\x02"  # around "rate" or "probability", in front of a rate that stands behind words
_COMMA = "\x03"  # inside of braces, where it separates no reactions
_BRACED = re.compile(r"\{[^{}]*\}")
_IN_WORDS = re.compile(
    r"\\(?:long)?(?:to|rightarrow)(?![A-Za-z])\s*([^,;]{1,40}?)\s*(?:,?\s*\\q?quad)?\s*(?:\\[,;: ])*\s*"
    r"\\(?:text|mathrm|mbox|textrm)\s*\{[^{}]*\b(rate|probability)\b[^{}]*\}\s*((?:\\[a-zA-Z]+|\{[^{}]*\}|[^,;\\{}\n]){1,200})"
)
_UPRIGHT = re.compile(r"\\(?:mathrm|text|rm|mathsf|mathit|textrm)\s*\{([^{}]*)\}")
_AGENT = re.compile(r"(\d{0,2})\s*\*?\s*([A-Za-z][A-Za-z0-9]*)(?:_\{?([A-Za-z0-9]+)\}?)?(?:\^\{?([*+-])\}?)?")
_NOTHING = re.compile(r"|0|∅|\\(?:emptyset|varnothing)")


@dataclass(frozen=True)
class _Rule:
    consumed: tuple[str, ...]
    produced: tuple[str, ...]
    rate: str


def reaction_model(text: str, context: ReadingContext | None) -> tuple[JumpModel, Reading, tuple[str, ...]] | None:
    """The population that a text's reactions state; None where there are none.

    Raises :class:`ModelError` where an arrow has no rate, :class:`NotYetError` for rates that depend on numbers.
    """
    rules = _rules(text)
    if not rules:
        return None
    species = list(dict.fromkeys(n for r in rules for n in (*r.consumed, *r.produced)))
    if not species or len(rules) > MOST_REACTIONS:
        raise ModelError(f"{len(rules)} reactions of {len(species)} species are not read", instead="write a model file")
    names: dict[sp.Basic, str] = {}
    table: dict[str, ReadSymbol] = {}
    warnings: list[str] = []
    counted = {s: plain_name(s, set()) for s in species}
    given = stated_beside(text, context)
    rates = with_constants([_rate(r, context, table, warnings, set(species)) for r in rules], given)
    for symbol in sorted({s for r in rates for s in r.free_symbols}, key=str):
        names[symbol] = plain_name(symbol.name, {*names.values(), *counted.values()})
    orders = {len(r.consumed) for r in rules}
    taken = {*names.values(), *counted.values()}
    size = next(n for n in ("V", "Omega", "V0", "size") if n not in taken) if orders != {1} else ""
    head: dict[str, Any] = {"coordinates": list(counted.values())}
    head["density"] = next(n for n in ("P", "p", "prob") if n not in (*taken, size))
    if size:
        head |= {"system_size": size, "scaled": _scaled(counted, {*taken, size, head["density"]})}
    volume = sp.Symbol(size) if size else sp.S.One
    reactions = [
        {"rule": f"{_side(r.consumed, counted)} -> {_side(r.produced, counted)}",
         "rate": str(own(rate, names) * volume ** (1 - len(r.consumed)))}
        for r, rate in zip(rules, rates, strict=True)
    ]  # fmt: skip
    parameters = dict.fromkeys([*names.values(), *([size] if size else [])], "positive")
    assumed = [f"{', '.join(counted.values())} {'is the number' if len(counted) == 1 else 'are the numbers'} of individuals in a well-mixed system"]  # fmt: skip
    if size:
        assumed.append(f"a constant is that of the rate equations: with m individuals consumed the propensity is it times {size}**(1 - m) and n, n(n - 1), ...")  # fmt: skip
    assumed += [f"{n} is positive" for n in sorted(parameters)]
    document = {"title": "A model read from LaTeX", "parameters": parameters, "model": head, "reactions": reactions}
    model = JumpModel(**document, notes="Assumed: " + "; ".join(assumed) + ".")
    return model, _shown(text, rules, rates, table, warnings), tuple(assumed)


def _scaled(counted: dict[str, str], taken: set[str]) -> list[str]:
    """Names of the concentrations: small letters where these are free."""
    found: list[str] = []
    for number, name in enumerate(counted.values(), start=1):
        choices = (name[0].lower() + name[1:], "x" if len(counted) == 1 else f"x{number}", f"x_{name}")
        found.append(next(c for c in choices if plain_name(c, {*taken, *found}) == c))
    return found


def _side(agents: tuple[str, ...], counted: dict[str, str]) -> str:
    numbers = {a: agents.count(a) for a in agents}
    return " + ".join(f"{n} {counted[a]}" if n > 1 else counted[a] for a, n in numbers.items()) or "0"


# --- text ------------------------------------------------------------------------------------------------------------


def arrows_in(text: str) -> list[tuple[str, str, str, str]]:
    """The arrows of a text: what stands on their two sides, and the rates there and back; none where something else stands there."""
    return _taken_apart(text)[0]


def stated_beside(text: str, context: ReadingContext | None) -> dict[sp.Basic, sp.Expr]:
    r"""What a text says of constants beside its arrows, ``k = D/h^2``.

    Raises :class:`ModelError` for any other equation there: it would be left out in silence.
    """
    found: dict[sp.Basic, sp.Expr] = {}
    for part in _taken_apart(text)[1]:
        for e in read_latex(part, context).equations:
            if not isinstance(e, sp.Equality) or not e.lhs.is_Symbol or e.rhs.atoms(AppliedUndef):
                raise ModelError(f"'{part.strip()[:60]}' stands beside reactions and says nothing of their constants",
                                 instead="paste the reactions alone, with definitions such as k = D/h^2")  # fmt: skip
            found[e.lhs] = e.rhs
    return found


def with_constants(rates: Sequence[sp.Expr], given: dict[sp.Basic, sp.Expr]) -> list[sp.Expr]:
    """Rates with what is said of their constants put in; raises :class:`ModelError` for what none of them holds."""
    found, used = list(rates), {s for r in (*rates, *given.values()) for s in r.free_symbols}
    if idle := sorted(map(str, given.keys() - used)):
        raise ModelError(
            f"{idle[0]} = ... stands beside reactions in which it does not occur",
            instead="leave it out, or name it above an arrow",
        )
    for _ in given:
        found = [r.xreplace(given) for r in found]
    return found


def _taken_apart(text: str) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """The arrows, and the equations beside them."""
    if (
        not isinstance(text, str)
        or len(text) > MAX_TEXT
        or not re.search(r"\\ce|arrow|harpoons|\\stackrel|\\to\b", text)
    ):
        return [], []
    plain, _ = formulas_in(text)
    macros, start = at_the_start(plain)
    plain = expanded(plain[start:], macros, start) if macros else plain
    plain = re.sub(r"^\s*(?:\$\$?|\\\[|\\\()|(?:\$\$?|\\\]|\\\))\s*$", " ", plain.strip())
    arrows: list[tuple[str, str]] = []

    def mark(there: str | None, back: str | None) -> str:
        arrows.append((there or "", back or ""))
        return f"\x01{len(arrows) - 1}\x01"

    def chemical(m: re.Match[str]) -> str:
        inside = m.group(1).replace("$", "")
        inside = _CE_BOTH.sub(lambda a: mark(a.group(1) or a.group(3), a.group(2) or a.group(4)), inside)
        return _CE_RIGHT.sub(lambda a: mark(a.group(1), None), inside)

    plain = re.sub(r"\(\s*[a-z]\s*(?:=|\\in)[^()]*\)", " ", plain)  # (i = 1, ..., N)
    plain = _IN_WORDS.sub(lambda m: f"{mark(f'{WORDS}{m.group(2)}{WORDS}{m.group(3)}', None)}{m.group(1)}", plain)
    plain = _CE.sub(chemical, _LAYOUT.sub(" ", plain))
    for pattern, (there, back) in _ARROWS:
        plain = pattern.sub(lambda m, t=there, b=back: mark(m.group(t), m.group(b) if b else None), plain)  # type: ignore[misc]
    plain = _BRACED.sub(lambda m: m.group().replace(",", _COMMA), plain)
    found: list[tuple[str, str, str, str]] = []
    beside: list[str] = []
    for part in _SEPARATOR.split(plain):
        pieces = _MARK.split(part.replace(_COMMA, ","))  # side, arrow, side, arrow, side
        if len(pieces) == 1:
            if "=" not in part and part.strip(" .$"):
                return [], []
            beside += [part.replace(_COMMA, ",").strip(" .$")] if part.strip(" .$") else []
            continue
        for i, number in enumerate(pieces[1::2]):
            forth, home = arrows[int(number)]
            found.append((pieces[2 * i].strip(" .$"), pieces[2 * i + 2].strip(" .$"), forth, home))
    return found, beside


def _rules(text: str) -> list[_Rule]:
    """The reactions of a text, one for each direction; none where something else stands on a side of an arrow."""
    found: list[_Rule] = []
    for one, other, forth, home in arrows_in(text):
        left, right = _agents(one), _agents(other)
        if left is None or right is None:
            return []
        found.append(_Rule(left, right, forth))
        if home:
            found.append(_Rule(right, left, home))
    return found


def _agents(side: str) -> tuple[str, ...] | None:
    """``A + 2B`` as its agents, each as often as it stands there; None where this is something else."""
    side = _UPRIGHT.sub(r"\1", side).strip(" .")
    if _NOTHING.fullmatch(side):
        return ()
    found: list[str] = []
    for part in side.split("+"):
        m = _AGENT.fullmatch(part.strip())
        if m is None:
            return None
        above = {"*": "star", "+": "plus", "-": "minus"}.get(m.group(4) or "", "")
        name = m.group(2) + (f"_{m.group(3)}" if m.group(3) else "") + (f"_{above}" if above else "")
        found += [name] * int(m.group(1) or 1)
    return tuple(found)


# --- rates -----------------------------------------------------------------------------------------------------------


def _rate(rule: _Rule, context: ReadingContext | None, table: dict[str, ReadSymbol], warnings: list[str], species: set[str]) -> sp.Expr:  # fmt: skip
    spoken = f"{' + '.join(rule.consumed) or '0'} -> {' + '.join(rule.produced) or '0'}"
    if not rule.rate.strip():
        raise ModelError(f"the reaction {spoken} has no rate above its arrow", instead=r"write \ce{A ->[k] B} or A \xrightarrow{k} B")  # fmt: skip
    reading = read_latex(f"q_{{990}} = {rule.rate}", context)
    if len(reading.equations) != 1 or not isinstance(reading.equations[0], sp.Equality):
        raise ModelError(f"'{rule.rate[:40]}' is no rate", instead="write one constant above the arrow")
    value: sp.Expr = reading.equations[0].rhs
    if value.atoms(sp.Function) or {s.name for s in value.free_symbols} & species:
        raise NotYetError(
            f"the rate of {spoken} depends on more than constants", instead="write the propensity in a model file"
        )
    table |= {s.name: s for s in reading.symbols if s.name != "q_990"}
    warnings += [w for w in reading.warnings if w not in warnings]
    return value


def _shown(text: str, rules: list[_Rule], rates: list[sp.Expr], table: dict[str, ReadSymbol], warnings: list[str]) -> Reading:  # fmt: skip
    """The reading as rates of events: Rate(A + B -> 2 B) = k."""
    equations = []
    for rule, rate in zip(rules, rates, strict=True):
        counted = {n: n for n in (*rule.consumed, *rule.produced)}
        name = f"{_side(rule.consumed, counted)} -> {_side(rule.produced, counted)}"
        equations.append(sp.Equality(sp.Function("Rate")(sp.Symbol(name)), rate, evaluate=False))
    species = dict.fromkeys(n for r in rules for n in (*r.consumed, *r.produced))
    symbols = [*(ReadSymbol(n, "species") for n in species), *table.values()]
    return Reading(text, tuple(equations), tuple(symbols), tuple(warnings))
