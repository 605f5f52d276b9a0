r"""Transforms of first passage in claims: ``\tilde F(s)``, ``\hat S(x, s)``, ``\tilde F(n, z)``, by walkers that die on the way.

In continuous time E[e^{-sT}] is the chance to leave before one dies at the rate s, and the transform of S is the mean time until one leaves or
dies. In discrete time E[z^N], N the number of steps, is the chance to leave where one survives every step with the probability z, and
sum S_n z^n the mean number of steps until one leaves or dies. Source: Redner, A Guide to First-Passage Processes (2001), ch. 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_observables import exit_marked, exits_of
from symdiff.dossier.claim_senses import extended
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.dossier.derivation import derive_model
from symdiff.dossier.settings import Settings
from symdiff.model.crowd import Participant, Reaction
from symdiff.model.jump_model import Jump, JumpModel, ObservableStatement
from symdiff.model.parameter import Parameter, parse_parameter
from symdiff.verification.claim import Claim
from symdiff.verification.verdict import PROVED, UNDECIDED, Verdict

_TRANSFORM = re.compile(r"(?P<head>[FfSQ])(?:tilde|hat|bar|cal)?(?:_(?P<label>\w+|[+-]))?$")
_SURVIVAL = ("S", "Q")
_ROOTS = {f"{head}_{mark}": mark for head in ("lambda", "lam", "theta", "xi", "mu", "alpha", "r") for mark in "+-"}


@dataclass(frozen=True)
class _Sense:
    """A model whose walkers die on the way, the variable of the transform there, what it is said to be."""

    model: JumpModel
    variable: sp.Expr
    own: Parameter
    note: str


def judged_as_transforms(
    claim: Claim, model: JumpModel, settings: Settings, judge: Callable[..., Verdict]
) -> Verdict | None:
    """The verdict on a claim about a transform of first passage; None for other claims and for models that it is not known for."""
    taken = {
        *(p.name for p in model.parameters),
        *(d.name for d in model.functions),
        *(o.name for o in model.observables),
        *model.coordinates,
    }
    if not exits_of(model) or len(model.state_names) > 1 or model.depends_on_time:
        return None
    claim = _defined_roots(_as_averages(claim, model), taken)
    letters = [n for n in ("s", "z", "xi") if n not in taken and any(_calls(claim, n))]
    if len(letters) != 1:
        return None
    found: list[Verdict] = []
    for sense in _senses(letters[0], claim, model, taken):
        put = _put_in(claim, sp.Symbol(letters[0]), sense, model, taken)
        if put is None:
            continue
        asked, wider = put
        found.append(judge(asked, wider, derive_model(wider, settings), settings))
        if found[-1].verdict == PROVED:
            break
    return next((v for kind in (PROVED, UNDECIDED) for v in found if v.verdict == kind), found[0] if found else None)


def _calls(claim: Claim, letter: str) -> set[AppliedUndef]:
    return {c for r in claim.relations for c in calls_of(r) if c.args[-1:] == (sp.Symbol(letter),)}


# --- the models ---------------------------------------------------------------------------------------------------------


def _senses(letter: str, claim: Claim, model: JumpModel, taken: set[str]) -> list[_Sense]:
    """The models of walkers that die, one for each meaning of the letter."""
    if model.clock == "continuous":
        return [] if letter != "s" else [_dying(model, parse_parameter("s", "positive"))]
    if model.clock != "discrete" or model.time_step is None or model.signed or "z" in taken:
        return []
    z = parse_parameter("z", "0 < z < 1")
    wider = _surviving(model, z)
    if wider is None:
        return []
    by_steps = _Sense(wider, z.symbol, z, f"{letter}^(number of steps)")
    by_time = _Sense(wider, -sp.log(z.symbol) / model.time_step, z, f"e^(-{letter} time)")
    both = letter == "s" and any(sp.Symbol("z") in side.free_symbols for r in claim.relations for side in (r.left, r.right))  # fmt: skip
    return [by_steps] if letter != "s" else [by_time] if both else [by_time, by_steps]


def _dying(model: JumpModel, s: Parameter) -> _Sense:
    dies = Reaction((Participant(model.density, tuple(sp.S.Zero for _ in model.coordinates)),), (), s.symbol)
    crowd = replace(model.crowd, reactions=(*model.crowd.reactions, dies))
    return _Sense(extended(model, s, crowd=crowd), s.symbol, s, "e^(-s time)")


def _surviving(model: JumpModel, z: Parameter) -> JumpModel | None:
    """Walkers that survive every step with the probability z, also one at which they rest; None where that is not said by the jumps."""
    if model.motions or model.internals or model.crowd.reactions or any(j.region is not None for j in model.jumps):
        return None
    if any(j.intensity is None for j in model.jumps):
        return None
    jumps = [replace(j, intensity=z.symbol * j.intensity) for j in model.jumps]
    rest = sp.expand(1 - sp.Add(*(j.intensity for j in model.jumps)))
    if rest != 0 and not model.lossy:
        still: Jump = replace(model.jumps[0], displacement=tuple(sp.S.Zero for _ in model.coordinates), law=None)
        jumps.append(replace(still, intensity=z.symbol * rest))
    return extended(model, z, jumps=tuple(jumps), lossy=True)


def _put_in(
    claim: Claim, letter: sp.Symbol, sense: _Sense, model: JumpModel, taken: set[str]
) -> tuple[Claim, JumpModel] | None:
    """The claim about walkers who die, and the model that has what it asks for; None where a call is no transform."""
    exits, steps = exits_of(model), model.clock == "discrete"
    change: dict[sp.Basic, sp.Basic] = {letter: sense.variable, sp.Symbol("z"): sense.own.symbol}
    statements: dict[str, ObservableStatement] = {}
    places: set[tuple[sp.Expr, ...]] = set()
    notes = []
    dying = (1 - sense.own.symbol) / model.time_step if steps else sense.own.symbol
    for call in _calls(claim, letter.name):
        name = call.func.__name__
        if name in _ROOTS and (root := _root_of(name, sense, model)) is not None:
            change[call] = root
            continue
        found = _TRANSFORM.fullmatch(name)
        if found is None or name in (*taken, model.density, *model.states):
            return None
        label = found["label"]
        through = exit_marked(label, exits) if label else None
        survives = found["head"] in _SURVIVAL
        if (label and (through is None or survives)) or (steps and survives and sense.variable != sense.own.symbol):
            return None
        places.add(call.args[:-1])
        kind, target = ("splitting_probability", through) if label else ("mean_exit_time", None)
        known = f"F_{label}_of_{letter}" if label else f"S_of_{letter}"
        statements[known] = ObservableStatement(known, kind, None, target)
        lasting = sp.Symbol(known)
        total = lasting / model.time_step if steps and survives else lasting
        change[call] = total if label or survives else 1 - dying * lasting
        notes.append(_note(call, survives=survives, sense=sense, steps=steps))
    plain = [sp.Symbol(n) for n in _ROOTS if n.startswith("lambda") and n not in taken]
    change |= {n: root for n in plain if (root := _root_of(n.name, sense, model)) is not None}
    if not statements or not places <= {(), tuple(model.coordinate_symbols)}:
        return None
    wider = extended(sense.model, observables=(*model.observables, *statements.values()))
    asked = changed(claim, change, *notes)
    if steps and not asked.statement.level:
        asked = replace(asked, statement=replace(asked.statement, level="lattice"))
    return asked, wider


def _note(call: AppliedUndef, *, survives: bool, sense: _Sense, steps: bool) -> str:
    of = "the chance not to have left" if survives else "the time of leaving"
    if steps:
        return f"{call} is read as the generating function of {of}, the average of {sense.note}: walkers survive a step with probability z"
    return f"{call} is read as the Laplace transform of {of}: that of walkers who die at the rate s"


# --- how it is written --------------------------------------------------------------------------------------------------


def _as_averages(claim: Claim, model: JumpModel) -> Claim:
    """``<e^{-sT}>`` and ``<z^N>`` as F(s) and F(z)."""
    change: dict[sp.Basic, sp.Basic] = {}
    for call in {c for r in claim.relations for c in calls_of(r) if c.func.__name__ in ("Mean", "E")}:
        inner = call.args[0]
        for letter, base in (("s", sp.exp), ("z", sp.Pow)):
            power = inner.args[0] / -sp.Symbol(letter) if base is sp.exp and isinstance(inner, sp.exp) else inner.exp if inner.is_Pow and inner.base == sp.Symbol(letter) else None  # fmt: skip
            if power is not None and re.fullmatch(r"(?:T|tau|N|n|t)(?:_\w+)?", str(power)) and str(power) not in model.coordinates:  # fmt: skip
                change[call] = sp.Function("F")(sp.Symbol(letter))
    return changed(claim, change) if change else claim


def _defined_roots(claim: Claim, taken: set[str]) -> Claim:
    """``F(s) = lambda_-(s)^n, lambda_-(s) = ...``: a function of the variable that the claim itself defines is put in."""
    for r in claim.relations:
        call, rest = r.left, tuple(o for o in claim.relations if o is not r)
        if not isinstance(call, AppliedUndef) or r.kind != "=" or len(call.args) != 1 or call.func.__name__ in taken:
            continue
        used = any(call in calls_of(o) for o in rest) and _TRANSFORM.fullmatch(call.func.__name__) is None
        if used and call not in r.right.atoms(AppliedUndef):
            return changed(replace(claim, relations=rest), {call: r.right}, f"{call} is what the claim says it is")
    return claim


def _root_of(name: str, sense: _Sense, model: JumpModel) -> sp.Expr | None:
    """lambda_-, lambda_+: the roots of the sum of probability lambda^r = 1 over nearest neighbours, r in units of the step, where walkers die."""
    lengths = {sp.Abs(j.displacement[0]) for j in model.jumps if j.displacement[0] != 0}
    if model.dimension > 1 or len(lengths) != 1 or any(j.law is not None or j.region is not None for j in model.jumps):
        return None
    jumps = sense.model.jumps
    up = sp.Add(*(j.intensity for j in jumps if j.displacement[0].is_positive))
    down = sp.Add(*(j.intensity for j in jumps if j.displacement[0].is_negative))
    rest = sp.Add(*(j.intensity for j in jumps if j.displacement[0] == 0))
    if up == 0 or down == 0 or (up + down).has(*model.coordinate_symbols):
        return None
    middle = 1 - rest if model.clock == "discrete" else up + down + sense.own.symbol
    root = sp.sqrt(sp.expand(middle**2 - 4 * up * down))
    return (middle + (root if _ROOTS[name] == "+" else -root)) / (2 * up)
