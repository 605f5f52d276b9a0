"""Master equations of several densities, one for each, as jumps between states: read before everything else of a model.

With w_ij(x, r) the rate at which j at x jumps by r and becomes i,

    d_t u_i(x) = sum_(j,r) w_ij(x - r, r) u_j(x - r) - (what is lost) u_i(x),

every term c(x) u_j(x + s) with another density or place is a jump from j to i by -s at the rate c(x - s) of the site that is
left. What u_i loses beyond all jumps out of it dies, what it loses less than that is born: the mean equations are the same.
In discrete time u_i(x, t + tau) stands on the left; what is missing from one dies. Derivatives in space are the motion of a
state, c d_x u = d_x (c u) - c' u: velocity and diffusivity. An equation of one density is read so where its coefficients depend
on place or where it holds derivatives in space; others are schemes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError, SymdiffError
from symdiff.model import fields as f
from symdiff.model.fields import Place
from symdiff.model.parameter import Parameter
from symdiff.model.scheme import KEYS, NO_PLACE, equation_of_latex, equation_of_text
from symdiff.notation.expression import Scope
from symdiff.notation.names import KNOWN_FUNCTIONS, SPECIAL_FORMS

TIME = sp.Symbol("t", real=True)
WITHOUT = "state the jumps with their states, and rates or reactions where agents meet"


@dataclass(frozen=True)
class Gain:
    """``coefficient`` times the density of ``state`` at x + ``shift``, t + ``later``; ``slope`` where it is its d_t, ``space`` its
    derivatives in space."""

    coefficient: sp.Expr
    state: str
    shift: tuple[sp.Expr, ...]
    later: sp.Expr
    slope: bool
    space: tuple[int, ...] = ()


def with_balances(
    document: Mapping[str, Any], coordinates: tuple[str, ...], parameters: tuple[Parameter, ...], place: Place
) -> Mapping[str, Any]:
    """The document with jumps in place of a list of master equations; as it is where there is none, or one without states."""
    head = document["model"]
    keys = [k for k in KEYS if k in head]
    if len(keys) != 1:
        return document
    here = place.at("model", keys[0])
    texts = f.texts(head[keys[0]], here)
    listed = f.texts(head.get("states", []), place.at("model", "states"))
    scope = _scope(document, coordinates, parameters)
    latex = keys[0].startswith("latex")
    single = "" if len(texts) != 1 or listed else str(head.get("density", "P"))
    if single and not _is_balance(texts[0], single, coordinates, scope, parameters, here, latex):
        return document
    for key in (*NO_PLACE, "jumps"):
        if key in head or (key == "jumps" and document.get("jumps")):
            raise place.at(*(("model", key) if key in head else (key,))).fail(f"'{key}' stands beside a master equation, which says everything itself", "leave it out")  # fmt: skip
    names = ((single,) if single else listed) or _called(texts, scope, here, latex)
    found: dict[str, tuple[Gain, list[Gain]]] = {}
    for n, text in enumerate(texts):
        at = here.at(n)
        read = equation_of_latex if latex else equation_of_text
        lhs, rhs = read(text, names, coordinates, scope, parameters, at)
        lead, rest = _solved(lhs - rhs, names, coordinates, at)
        if lead.state in found:
            raise at.fail(f"two equations for {lead.state}", "write one equation for each density")
        found[lead.state] = lead, rest
    missing = [n for n in names if n not in found]
    if missing:
        raise here.fail(f"there is no equation for {missing[0]}", "write one equation for each density")
    written = _document(document, keys[0], names, found, coordinates, here)
    return _of_one_density(written, single) if single else written


def _is_balance(
    text: str, density: str, coordinates: tuple[str, ...], scope: Scope, parameters: tuple[Parameter, ...],
    place: Place, latex: bool,
) -> bool:  # fmt: skip
    """Whether an equation of one density holds coefficients that depend on place, or motion, and says how the density changes."""
    try:
        lhs, rhs = (equation_of_latex if latex else equation_of_text)(
            text, (density,), coordinates, scope, parameters, place
        )
        _, rest = _solved(lhs - rhs, (density,), coordinates, place)
    except SymdiffError:
        return False  # read as a scheme, which says what is wrong
    x = [sp.Symbol(c, real=True) for c in coordinates]
    varies = any(g.coefficient.has(*x, TIME) or g.coefficient.atoms(AppliedUndef) for g in rest)
    return varies or any(map(any, (g.space for g in rest)))


def _of_one_density(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Without names of states: one density has none."""
    jumps = [{k: v for k, v in jump.items() if k not in ("from", "to")} for jump in document["jumps"]]
    head = {k: v for k, v in document["model"].items() if k != "states"} | {"density": name}
    result = {**document, "model": head, "jumps": jumps}
    if head.get("survival") == "lossy":  # a scheme that does not conserve may give more than it takes
        result["model"] = head | {"signed": True}
    if "states" in document:
        result["states"] = [{k: v for k, v in state.items() if k != "name"} for state in document["states"]]
    return result


def _scope(document: Mapping[str, Any], coordinates: tuple[str, ...], parameters: tuple[Parameter, ...]) -> Scope:
    """Every declared name as it stands; definitions are put in when the jumps are read."""
    symbols = {p.name: p.symbol for p in parameters} | {c: sp.Symbol(c, real=True) for c in coordinates} | {"t": TIME}
    functions: dict[str, tuple[int, Any]] = {}
    for name, arguments in dict(document.get("functions", {})).items():
        functions[name] = (len(arguments), sp.Function(name))
    for name in dict(document.get("definitions", {})):
        stem, _, arguments = name.partition("(")
        if arguments:
            functions[stem.strip()] = (arguments.count(",") + 1, sp.Function(stem.strip()))
        else:
            symbols[stem.strip()] = sp.Symbol(stem.strip())
    return Scope(symbols, functions)


def _called(texts: tuple[str, ...], scope: Scope, place: Place, latex: bool) -> tuple[str, ...]:
    """The densities by the calls that nothing declares, in the order in which they occur."""
    if latex:
        raise place.fail("which names are densities is not said", 'list them, as states = ["u", "v"]')
    known = {*KNOWN_FUNCTIONS, *SPECIAL_FORMS, *scope.functions}
    calls = (m.group(1) for text in texts for m in re.finditer(r"([^\W\d]\w*)\s*\(", text))
    return tuple(dict.fromkeys(c for c in calls if c not in known))


def _solved(
    equation: sp.Expr, names: tuple[str, ...], coordinates: tuple[str, ...], place: Place
) -> tuple[Gain, list[Gain]]:
    """The one term that tells the next time, and all others with the coefficients that they have on the other side."""
    opened = equation.replace(
        lambda e: isinstance(e, sp.Derivative) and any(c.func.__name__ in names for c in e.atoms(AppliedUndef)),
        lambda e: sp.diff(e.expr, *e.variable_count),
    )
    terms = [_gain(part, names, coordinates, place) for part in sp.Add.make_args(sp.expand(opened)) if part != 0]
    leads = [g for g in terms if g.slope or g.later != 0]
    x = {sp.Symbol(c, real=True) for c in coordinates}
    if len(leads) != 1 or any(s != 0 for s in leads[0].shift) or leads[0].coefficient.free_symbols & {*x, TIME}:
        raise NotYetError("an equation of several densities says how one of them changes, and the right-hand side holds all of them at the "
                          "time t", where=str(place), instead=WITHOUT)  # fmt: skip
    (lead,) = leads
    total: dict[
        tuple[str, tuple[sp.Expr, ...], tuple[int, ...]], sp.Expr
    ] = {}  # 1 and -p of (1 - p) u(x - h, t) together again
    for g in terms:
        if g is not lead:
            where = g.state, g.shift, g.space
            total[where] = total.get(where, sp.Integer(0)) - g.coefficient / lead.coefficient
    return lead, [
        Gain(sp.factor(sp.expand(c)), state, shift, sp.Integer(0), False, space)
        for (state, shift, space), c in total.items()
        if sp.expand(c) != 0
    ]


def _gain(part: sp.Expr, names: tuple[str, ...], coordinates: tuple[str, ...], place: Place) -> Gain:
    calls = [c for c in part.atoms(AppliedUndef) if c.func.__name__ in names]
    if len(calls) != 1:
        what = "holds no density" if not calls else "is a product of densities"
        raise NotYetError(f"the term {part} {what}; master equations of several densities are linear in them",
                          where=str(place), instead=WITHOUT)  # fmt: skip
    (call,) = calls
    x = tuple(sp.Symbol(c, real=True) for c in coordinates)
    slopes = [d for d in part.atoms(sp.Derivative) if d.has(call)]
    in_time = bool(slopes) and slopes[0].variables == (TIME,)
    in_space = bool(slopes) and set(slopes[0].variables) <= set(x) and len(slopes[0].variables) <= 2
    if any(d.expr != call for d in slopes) or (slopes and not in_time and not (in_space and call.args == (*x, TIME))):
        raise NotYetError(f"the term {part} has derivatives in space or time that are no motion of a state", where=str(place),
                          instead="handled: d_t, and first and second derivatives in space of a density at its own place")  # fmt: skip
    coefficient = sp.expand(part / (slopes[0] if slopes else call))
    space = tuple(slopes[0].variables.count(c) for c in x) if in_space else (0,) * len(x)
    moved = [sp.expand(a - c) for a, c in zip(call.args, (*x, TIME), strict=True)]
    if coefficient.has(call) or any(s.has(*x, TIME) for s in moved):
        raise place.fail(f"the term {part} is not a rate times a density at a shifted place")
    return Gain(coefficient, call.func.__name__, tuple(moved[:-1]), moved[-1], in_time, space)


def _document(
    document: Mapping[str, Any], key: str, names: tuple[str, ...], found: Mapping[str, tuple[Gain, list[Gain]]],
    coordinates: tuple[str, ...], place: Place,
) -> dict[str, Any]:  # fmt: skip
    """Jumps, deaths and births in the words of a model file."""
    steps = {lead.later for lead, _ in found.values()}
    if len(steps) > 1 or len({lead.slope for lead, _ in found.values()}) > 1:
        raise place.fail("the equations do not share one time step", "write all of them in discrete or in continuous time")  # fmt: skip
    (step,) = steps
    x = [sp.Symbol(c, real=True) for c in coordinates]
    jumps: list[dict[str, Any]] = []
    left = dict.fromkeys(names, sp.Integer(0))  # what the jumps take from each
    own = dict.fromkeys(names, sp.Integer(0))
    rate = "rate" if step == 0 else "probability"
    motion = {n: _Motion(len(x)) for n in names}
    for target, (_, gains) in found.items():
        for gain in gains:
            if any(gain.space):
                if step != 0 or gain.state != target:
                    raise place.fail(f"the equation of {target} holds derivatives in space of {gain.state}",
                                     "motion belongs to the density that moves, in continuous time")  # fmt: skip
                own[target] += motion[target].add(gain.coefficient, gain.space, x)
                continue
            if gain.state == target and all(s == 0 for s in gain.shift):
                own[target] += gain.coefficient
                continue
            at = gain.coefficient.xreplace({c: c - s for c, s in zip(x, gain.shift, strict=True)})
            left[gain.state] += at
            jumps.append({"from": gain.state, "to": target, "displacement": [str(-s) for s in gain.shift], rate: str(at)})  # fmt: skip
    head = {k: v for k, v in document["model"].items() if k != key} | {"states": list(names)}
    result = dict(document)
    if any(m.moves for m in motion.values()):
        del head["states"]
        result["states"] = [{"name": n} | motion[n].entry() for n in names]
    missing = {n: sp.expand((0 if step == 0 else 1) - own[n] - left[n]) for n in names}
    if step != 0:
        head["time_step"] = str(step)
        if any(missing.values()):
            head["survival"] = "lossy"
            jumps += [{"from": n, "displacement": ["0"] * len(x), rate: str(p)} for n, p in own.items() if p != 0]
    else:
        result["reactions"] = [*document.get("reactions", []), *(r for n in names for r in _own_changes(n, missing[n]))]
    return result | {"model": head, "jumps": jumps}


class _Motion:
    """Velocity and diffusivity of one state, as its equation says them."""

    def __init__(self, dimension: int) -> None:
        self.velocity: list[sp.Expr] = [sp.Integer(0)] * dimension
        self.diffusivity = [[sp.Integer(0)] * dimension for _ in range(dimension)]

    @property
    def moves(self) -> bool:
        """Whether there is any."""
        return any(self.velocity) or any(map(any, self.diffusivity))

    def add(self, c: sp.Expr, space: tuple[int, ...], x: list[sp.Symbol]) -> sp.Expr:
        """c d_a u = d_a (c u) - c_a u, c d_ab u = d_ab (c u) - d_a (c_b u) - d_b (c_a u) + c_ab u; the last term is returned."""
        where = [n for n, times in enumerate(space) for _ in range(times)]
        if len(where) == 1:
            self.velocity[where[0]] -= c
            return -sp.diff(c, x[where[0]])
        a, b = where
        self.diffusivity[a][b] += c / 2
        self.diffusivity[b][a] += c / 2
        self.velocity[a] += sp.diff(c, x[b])
        self.velocity[b] += sp.diff(c, x[a])
        return sp.diff(c, x[a], x[b])

    def entry(self) -> dict[str, Any]:
        """In the words of a model file."""
        found: dict[str, Any] = {}
        if any(self.velocity):
            found["velocity"] = [str(sp.expand(v)) for v in self.velocity]
        if any(map(any, self.diffusivity)):
            found["diffusivity"] = [[str(sp.expand(d)) for d in row] for row in self.diffusivity]
        return found


def _own_changes(name: str, loss: sp.Expr) -> list[dict[str, Any]]:
    """Deaths and births, term by term."""
    terms = sp.Add.make_args(loss)
    deaths = sp.Add(*(t for t in terms if not t.could_extract_minus_sign()))
    births = sp.Add(*(-t for t in terms if t.could_extract_minus_sign()))
    return [{"consumes": [name], "produces": produced, "rate": str(r)}
            for r, produced in ((deaths, []), (births, [name, name])) if r != 0]  # fmt: skip
