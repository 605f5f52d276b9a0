r"""Observables that a claim speaks of and the file does not declare: ``T(x)``, ``\pi_L(x)``, ``S(t)``, ``F(t)``, ``P_{ext}``, ``\lambda_1``, ``R``.

A letter of which nothing else is known is read as the quantity that it customarily means, where the model has such a quantity: times and
chances of leaving where walls absorb, extinction of a number, the slowest rate of what relaxes, the return of a free walk.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.catalogue import observable_results
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.continuum.observables.result import ObservableResult
from symdiff.dossier.claim_senses import extended, unknown_names
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.model.boundary import Region
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.verification.claim import Claim
from symdiff.verification.roles import role_of
from symdiff.verification.verdict import CONDITIONAL, CONSISTENT, PROVED, REFUTED, UNDECIDED, Verdict

TIME, CHANCE = "mean_exit_time", "splitting_probability"
WORDS = {
    TIME: "the mean time until the walker has left",
    CHANCE: "the chance to leave there",
    "survival_probability": "the chance not to have left",
    "first_passage_density": "the density of the time of leaving",
    "decay_rate": "the slowest rate of decay",
    "return_probability": "the chance ever to return",
    "front_speed": "the speed of the front",
}
_ACCENT = re.compile(r"(?:bar|hat|tilde|cal)$")
_OF_ALL = (
    "",
    "1",
    "ext",
    "extinct",
    "extinction",
    "exit",
    "ex",
    "e",
    "abs",
    "esc",
    "out",
    "FP",
    "fp",
    "MFPT",
    "FPT",
    "m",
    "mean",
    "escape",
    "life",
)
_MEANS = ("Mean", "Mean_st")
MOST = 8  # senses


@dataclass(frozen=True)
class _Exit:
    """One absorbing wall of a model in one dimension."""

    place: sp.Expr
    upper: bool
    target: Region


def senses_of_observables(
    claim: Claim, model: JumpModel
) -> list[tuple[Claim, JumpModel, tuple[ObservableStatement, ...]]]:
    """The claim with the letters that nobody knows as observables of a wider model, in every sense that they may have there."""
    if claim.statement.count or claim.statement.of:
        return []
    exits = exits_of(model)
    spelled = _apart(_as_written(claim, model, exits), model)
    timed = any(side.has(model.time, sp.Symbol("s")) for r in claim.relations for side in (r.left, r.right)) or any(
        len(c.args) == model.dimension + 1
        for r in spelled.relations
        for c in calls_of(r)
        if c.func.__name__ in ("S", "F", "f", "Q")
    )
    meanings: list[list[ObservableStatement]] = []
    transformed = {c.func.__name__ for r in spelled.relations for c in calls_of(r) if c.args[-1:] == (sp.Symbol("s"),)}
    for name, placed in sorted(_strange(spelled, model).items()):
        if name in transformed:
            continue
        found = list(_meanings(name, model, exits, placed=placed, timed=timed))
        if found:
            meanings.append(found)
    if not meanings and spelled is not claim:
        return [(spelled, model, ())]
    if not meanings or sp.prod(len(m) for m in meanings) > MOST:
        return []
    senses = []
    for chosen in itertools.product(*meanings):
        notes = tuple(_note(o) for o in chosen)
        wider = extended(model, observables=(*model.observables, *chosen))
        senses.append((changed(spelled, {}, *notes), wider, chosen))
    return senses


def _apart(claim: Claim, model: JumpModel) -> Claim:
    """``q_k = ... (q/p)^k``: a letter that is both a function of the start and a symbol of its own."""
    calls = {c for r in claim.relations for c in calls_of(r)}
    both = {
        c
        for c in calls
        if c.func.__name__ in _symbols(claim) and c.func.__name__ not in {d.name for d in model.functions}
    }
    return changed(claim, {c: sp.Function(f"{c.func.__name__}_exit")(*c.args) for c in both}) if both else claim


def _note(o: ObservableStatement) -> str:
    where = "" if o.target is None else f", at {o.target.as_text()}"
    name = f"1/{o.name.removeprefix('rate_')}" if o.name.startswith("rate_") else o.name
    return f"{name} is read as {WORDS[o.kind]}{where}; [[observables]] of kind {o.kind} would say so"


def _strange(claim: Claim, model: JumpModel) -> dict[str, bool]:
    """The names of which nothing is known, and whether each stands with a place or a time behind it."""
    stated = dict(claim.statement.symbols)
    known = {model.density, *model.states, *(d.name for d in model.functions), *(o.name for o in model.observables)}
    known |= {p.name for p in model.parameters} | set(model.coordinates) | set(stated)
    found = dict.fromkeys(unknown_names(claim, model), False)
    if len(model.states) > 1 and "speed" in {role_of(n, stated) for n in _symbols(claim)}:
        found |= {n: False for n in _symbols(claim) if role_of(n, stated) == "speed" and n not in known}
    for r in claim.relations:
        for call in calls_of(r):
            name = call.func.__name__
            if name not in known and (
                role_of(name, stated) is None or (name not in stated and _is_a_duration(call, claim, model))
            ):
                found[name] = True
    return found


def _symbols(claim: Claim) -> set[str]:
    return {s.name for r in claim.relations for side in (r.left, r.right) for s in side.free_symbols}


# --- how it is written ----------------------------------------------------------------------------------------------------


def _as_written(claim: Claim, model: JumpModel, exits: list[_Exit]) -> Claim:
    r"""``\pi_N(n)``, which is read as pi(N, n); ``<T>``, ``<t(x)>``; ``P_0(\infty)``; ``tau_rel``, one over a rate."""
    change: dict[sp.Basic, sp.Basic] = {}
    places = tuple(model.coordinate_symbols)
    for call in {c for r in claim.relations for c in calls_of(r)}:
        name, args = call.func.__name__, call.args
        if _at_a_wall(call, model, exits):
            change[call] = sp.Function(f"{name}_{args[0]}")(*args[1:])
        elif name in _MEANS and len(args) == 1 and exits and _is_a_time(args[0], model):
            change[call] = _plain_time(args[0], model)
        elif counts_individuals(model) and _is_nobody_at_last(call, model):
            change[call] = sp.Symbol("P_ext")
    for limit in {e for r in claim.relations for s in (r.left, r.right) for e in s.atoms(sp.Limit)}:
        inner, variable, point = limit.args[:3]
        if (
            counts_individuals(model)
            and variable == model.time
            and point == sp.oo
            and str(inner.func) == f"{model.density}_0"
        ):
            change[limit] = sp.Symbol("P_ext")
    if not exits and _dies(model) and model.dimension == 1 and len(model.state_names) == 1:
        (x,), t = places, model.time
        alive = sp.Integral(sp.Function(model.density)(x, t), (x, -sp.oo, sp.oo))
        change |= {
            c: alive for r in claim.relations for c in calls_of(r) if c in (sp.Function("S")(t), sp.Function("Psi")(t))
        }
    placed = any(side.has(*places) for r in claim.relations for side in (r.left, r.right))
    if exits and len(places) == 1 and not placed and not model.preparation.stated:
        walls = {e.place for e in exits}  # T_1, the time from one individual
        change |= {
            sp.Symbol(name): sp.Function(found[1])(sp.Integer(found[2]))
            for name in unknown_names(claim, model)
            if (found := re.fullmatch(r"(T|tau)_(\d+)", name)) and sp.Integer(found[2]) not in walls
        }
    relaxing = {n for n in unknown_names(claim, model) if re.fullmatch(r"(?:tau|t|T)_(?:rel|relax|r|R|eq|mix)", n)}
    if len(relaxing) == 1 and not exits:
        name = relaxing.pop()
        change[sp.Symbol(name)] = 1 / sp.Symbol(f"rate_{name}")
    return changed(claim, change) if change else claim


def _dies(model: JumpModel) -> bool:
    """Whether single walkers die."""
    return model.lossy or any(not r.produces and len(r.consumes) == 1 for r in model.crowd.reactions)


def _is_a_time(inner: sp.Basic, model: JumpModel) -> bool:
    """Whether an average is one of a time of leaving: <T>, <T(x)>, <t>, <t(x)>, <tau>."""
    if inner == model.time:
        return True
    name = (
        inner.name if isinstance(inner, sp.Symbol) else inner.func.__name__ if isinstance(inner, AppliedUndef) else ""
    )
    declared = {p.name for p in model.parameters} | {*model.coordinates, model.density, *model.states}
    plain = not isinstance(inner, AppliedUndef) or not inner.has(model.time)
    return plain and bool(re.fullmatch(r"(?:T|tau|t)(?:_\w+)?", name)) and name not in declared


def _plain_time(inner: sp.Basic, model: JumpModel) -> sp.Expr:
    """<t> as T_exit, <T_n> as T(n)."""
    if inner == model.time or inner.func.__name__ == "t":
        return sp.Symbol("T_exit") if inner == model.time else sp.Function("T_exit")(*inner.args)
    head, _, label = str(inner).partition("_")
    if isinstance(inner, sp.Symbol) and label in model.coordinates:
        return sp.Function(head)(*(c for c in model.coordinate_symbols if c.name == label))
    return inner


def _at_a_wall(call: AppliedUndef, model: JumpModel, exits: list[_Exit]) -> bool:
    r"""Whether a call is what the reader makes of ``\pi_N(n)``: a symbol of a wall before the places."""
    places, args = tuple(model.coordinate_symbols), call.args
    walls = {e.place for e in exits}
    return len(args) == len(places) + 1 and args[1:] == places and args[0] in walls and not args[0].is_number


def speaks_of_leaving(claim: Claim, model: JumpModel) -> bool:
    """Whether what looks like a density is a quantity of first passage: ``P_N(n)`` beside a wall at N, S(x, t) beside one that absorbs."""
    exits, declared = (
        exits_of(model),
        {model.density, *model.states, *(d.name for d in model.functions), *(o.name for o in model.observables)},
    )
    calls = {c for r in claim.relations for c in calls_of(r)}
    timed = (*model.coordinate_symbols, model.time)
    if exits and any(_is_a_duration(c, claim, model) for c in calls):
        return True
    survival = any(c.func.__name__ == "S" and c.args == timed for c in calls) and bool(exits) and "S" not in declared
    return survival or any(_at_a_wall(c, model, exits) for c in calls if c.func.__name__ == model.density)


def may_be_first_passage(claim: Claim, model: JumpModel) -> bool:
    """Whether ``F(x, t)``, ``f(x, t)`` beside a wall that absorbs, which is read as a density, may be that of the time of leaving."""
    timed, declared = (
        (*model.coordinate_symbols, model.time),
        {model.density, *model.states, *(d.name for d in model.functions)},
    )
    names = {c.func.__name__ for r in claim.relations for c in calls_of(r) if c.args == timed}
    return bool(names & ({"F", "f"} - declared)) and bool(exits_of(model))


def _is_a_duration(call: AppliedUndef, claim: Claim, model: JumpModel) -> bool:
    """``D_k``, the expected duration of the game, beside absorbing walls: no diffusivity has an index."""
    indexed = any("below D is read as an index" in w for w in claim.warnings)
    return call.func.__name__ == "D" and call.args == tuple(model.coordinate_symbols) and indexed


def _is_nobody_at_last(call: AppliedUndef, model: JumpModel) -> bool:
    """``P_0(oo)``, ``P(0, oo)``."""
    name, args = call.func.__name__, call.args
    return bool((name == f"{model.density}_0" and args == (sp.oo,)) or (name == model.density and args == (0, sp.oo)))


# --- what it may mean -----------------------------------------------------------------------------------------------------


def _meanings(
    name: str, model: JumpModel, exits: list[_Exit], *, placed: bool, timed: bool
) -> Iterator[ObservableStatement]:
    """The observables that a letter may stand for in a model."""
    head, _, label = name.replace("^", "_").partition("_")
    label = label.strip("{}*")
    head = _ACCENT.sub("", head) or head
    absorbs = any(b.kind in ("absorbing", "partial") for b in model.boundaries)
    if label in ("ext", "extinct", "extinction") and not absorbs:
        yield from _extinction(name, head, model)
        return
    if absorbs:
        yield from _leaving(name, head, label, model, exits, placed=placed, timed=timed)
    if (head in ("lambda", "mu", "Lambda") and label in ("0", "1", "min", "gap", "slow")) or (
        absorbs and name == "lambda" and not placed
    ) or head == "rate":  # fmt: skip
        yield ObservableStatement(name, "decay_rate")
    free = not model.boundaries and not model.crowd.reactions
    if free and (
        (name == "R" and not placed) or (head in ("P", "p", "R", "Pi") and label in ("ret", "return", "R", "back"))
    ):
        yield ObservableStatement(name, "return_probability")
    if role_of(name, {}) == "speed" and model.crowd.reactions:
        yield from (ObservableStatement(name, "front_speed", sp.Symbol(s)) for s in model.states)


def _leaving(
    name: str, head: str, label: str, model: JumpModel, exits: list[_Exit], *, placed: bool, timed: bool
) -> Iterator[ObservableStatement]:
    """Times and chances of leaving, in total or through one wall."""
    through = [e for e in exits if label in _marks(e)]
    if (
        head in ("T", "tau", "t", "MFPT", "MET", "D")
        and (label in _OF_ALL or through)
        and not (head == "t" and not label)
    ):
        yield from (ObservableStatement(name, TIME, None, e.target) for e in through)
        if label in _OF_ALL:
            yield ObservableStatement(name, TIME)
        return
    if timed and head in ("S", "Q") and label in ("", "0"):
        yield ObservableStatement(name, "survival_probability")
        return
    if timed and head in ("F", "f") and label in ("", "FP", "1", "T"):
        yield ObservableStatement(name, "first_passage_density")
        return
    chance = head in (
        "pi",
        "Pi",
        "epsilon",
        "varepsilon",
        "E",
        "p",
        "P",
        "q",
        "h",
        "H",
        "u",
        "phi",
        "w",
        "W",
        "rho",
        "R",
    )
    if not chance or timed:
        return
    upper, lower = [e for e in exits if e.upper], [e for e in exits if not e.upper]
    if label in ("fix", "win", "f") and upper:
        through = upper
    elif label in ("ext", "ruin", "loss", "lose") and lower:
        through = lower
    elif label in ("", "exit") and placed:
        through = exits
    yield from (ObservableStatement(name, CHANCE, None, e.target) for e in through)


def _marks(exit_: _Exit) -> set[str]:
    """How texts mark a wall: by its place, by its side."""
    sides = {"+", "r", "R", "right", "up", "top", ">"} if exit_.upper else {"-", "l", "left", "down", "bottom", "<"}
    return {str(exit_.place).replace("_", ""), str(exit_.place), *sides}


def exit_marked(label: str, exits: list[_Exit]) -> Region | None:
    """The target beyond the wall that a label means; None where it means none, or several."""
    found = [e.target for e in exits if label in _marks(e)]
    return found[0] if len(found) == 1 else None


def _extinction(name: str, head: str, model: JumpModel) -> Iterator[ObservableStatement]:
    """The chance, or the mean time, that nobody is left; of numbers of one kind."""
    if model.dimension != 1 or not counts_individuals(model):
        return
    nobody = Region((model.coordinate_symbols[0], sp.S.Zero), ("<=",))
    yield ObservableStatement(name, TIME if head in ("T", "tau", "t") else CHANCE, None, nobody)


def exits_of(model: JumpModel) -> list[_Exit]:
    """The absorbing walls of a model in one dimension, the lower one first."""
    if model.dimension != 1:
        return []
    (x,) = model.coordinate_symbols
    found = []
    for wall in (side for b in model.boundaries if b.kind in ("absorbing", "partial") for side in b.domain):
        slope = sp.diff(wall.gap, x)
        if not slope.is_number or slope == 0:
            continue
        place, upper = sp.expand(x - wall.gap / slope), bool(slope < 0)
        sign = {True: ">=", False: ">"} if upper else {True: "<=", False: "<"}
        found.append(_Exit(place, upper, Region((x, place), (sign[wall.strict],))))
    return sorted(found, key=lambda e: e.upper)


# --- the verdict ----------------------------------------------------------------------------------------------------------


def judged_in_their_senses(
    claim: Claim, model: JumpModel, derivation: Derivation, settings: Settings, judge: Callable[..., Verdict]
) -> Verdict | None:
    """The verdict where letters of which nothing is known are observables; None where they are none that the model has.

    It holds if it does so in one sense, and is false if it is so in every one.
    """
    found: list[Verdict] = []
    unknown: list[Verdict] = []  # where the model has no such quantity
    for sense, wider, more in senses_of_observables(claim, model):
        verdict = None
        if any(r.left.has(sp.Derivative) or r.right.has(sp.Derivative) for r in sense.relations):
            results = tuple(ObservableResult(o.name, o.kind, None, ()) for o in more)  # an equation needs no value
            verdict = judge(
                sense,
                wider,
                replace(derivation, model=wider, observables=(*derivation.observables, *results)),
                settings,
            )
        if verdict is None or verdict.verdict not in (PROVED, REFUTED):
            results = observable_results(apply_to_model(wider, settings), derivation.limits, more)
            known = replace(derivation, model=wider, observables=(*derivation.observables, *results))
            verdict = judge(sense, wider, known, settings)
            if more and verdict.verdict == UNDECIDED and all(o.lattice is None and not o.equation for o in results):
                unknown.append(verdict)
                continue
        found.append(verdict)
    for rank in (PROVED, CONDITIONAL, CONSISTENT, UNDECIDED):
        held = next((v for v in found if v.verdict == rank), None)
        if held is not None:
            return held
    slips = [v for v in found if v.witness is not None and v.witness.mend]
    return next(iter((*slips, *found, *unknown)), None)
