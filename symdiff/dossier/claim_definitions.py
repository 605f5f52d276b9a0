"""What a claim defines beside what it says: symbols that nobody knows, chains of equations, what the file's parameters are here."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.claim_kinds import is_pde
from symdiff.dossier.claim_senses import extended
from symdiff.dossier.claim_sites import changed
from symdiff.model.jump_model import JumpModel
from symdiff.model.parameter import parse_parameter
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.roles import DIMENSIONLESS, role_of

GROUPS = (*DIMENSIONLESS, "Kn", "Bi", "Sh", "Fo")  # dimensionless groups by their letters


def with_definitions(claim: Claim, model: JumpModel, *, customary: bool = False) -> Claim:
    """``D = D_0 (1 + Pe^2/48), Pe = U a/D_0``: a symbol that nobody knows, defined beside what it is used in, is put in.

    With ``customary`` also a letter that commonly means a quantity, such as the c of c = 2 p - 1.
    """
    own = {p.symbol for p in model.parameters}
    waves = (
        set()
        if any(r.kind == "=" and r.left == sp.Symbol("k") and r.right.free_symbols <= own for r in claim.relations)
        else {"k"}
    )
    known = {p.name for p in model.parameters} | {*model.coordinates, "t", *waves} | {o.name for o in model.observables}
    stated = dict(claim.statement.symbols)
    for r in reversed(claim.relations):  # what is explained last is used by what stands before
        new, value = _solved_for_new(r, known, stated)
        rest = [other for other in claim.relations if other is not r]
        if (
            not new.is_Symbol
            or r.kind != "="
            or new.name in known
            or (_has_a_role(new.name, stated) and not (customary and new.name not in stated))
            or new in value.free_symbols
        ):
            continue
        if any(new in d.variables for o in rest for side in (o.left, o.right) for d in side.atoms(sp.Derivative)):
            continue  # \xi = x - v t: a frame
        if any(o.kind == "=" and o.left == r.left == new for o in rest):  # \lambda = \pm i w gives it two values
            continue
        slopes = [d for o in rest for side in (o.left, o.right) for d in side.atoms(sp.Derivative)]
        if any(new in d.variables for d in slopes):  # a frame that moves
            continue
        if any(new in side.free_symbols for other in rest for side in (other.left, other.right)):
            put_in = tuple(
                Relation(o.kind, o.left.xreplace({new: value}), o.right.xreplace({new: value})) for o in rest
            )
            note = f"{new} is what the claim says it is: {value}"
            again = replace(claim, relations=put_in, warnings=(*claim.warnings, note))
            return with_definitions(again, model, customary=customary)
    return claim if customary else _without_a_name(claim, known, stated)


def _has_a_role(name: str, stated: dict[str, str]) -> bool:
    """Whether a name means a quantity; ``D_0``, ``v_0`` beside what defines them are constants of the claim."""
    return bool(role_of(name, stated)) and (name in stated or not re.fullmatch(r"[Dv]_\d", name))


def _without_a_name(claim: Claim, known: set[str], stated: dict[str, str]) -> Claim:
    """``F = Var(n)/<n> = 1``: of a name that nobody knows the chain says what it is; the rest of the chain is the claim."""
    for first, second in itertools.pairwise(claim.relations):
        name, rest = first.left.as_base_exp()[0], [r for r in claim.relations if r is not first]
        new = isinstance(name, sp.Symbol) and name.name not in known and not role_of(name.name, stated)
        if not new or first.kind != "=" or second.left != first.right or first.right.is_number:
            continue
        if any(name in side.free_symbols for r in rest for side in (r.left, r.right)):
            continue
        note = f"{name} is what the claim says it is: {first.right}"
        return replace(claim, relations=tuple(rest), warnings=(*claim.warnings, note))
    return claim


def only_fixes(claim: Claim, model: JumpModel) -> str:
    r"""Why ``\mathrm{Pe} = vL/D = 10`` is no claim: a dimensionless group set to a number fixes a parameter; empty for other claims."""
    known = (
        {p.name for p in model.parameters} | {o.name for o in model.observables} | set(dict(claim.statement.symbols))
    )
    if not claim.relations or not claim.relations[0].left.is_Symbol:
        return ""
    group, last = claim.relations[0].left, claim.relations[-1].right
    if group.name in known or group.name not in GROUPS or any(r.kind not in ("=", "approx") for r in claim.relations):
        return ""
    if any(r.left != before.right for before, r in itertools.pairwise(claim.relations)):
        return ""
    if last.is_number:
        return (f"that {group} is {last} fixes a parameter: it says at which values the model is looked at, and nothing that follows "
                f"from it; put the value in (--set, given) and claim what holds there")  # fmt: skip
    return f"this defines {group}, of which the model knows nothing: a claim says what follows from it"


def fixed_parameters(claim: Claim, model: JumpModel) -> tuple[Claim, dict[str, sp.Expr]]:
    """``D = 2 p q a^2/tau, q = 1 - p`` where p and q are both declared: the claim without the condition, and what it fixes."""
    own = {p.symbol for p in model.parameters}
    fixed: dict[str, sp.Expr] = {}
    kept, notes = [], []
    for r in claim.relations:
        free = r.left.free_symbols | r.right.free_symbols
        plain = (
            r.kind == "=" and free and free <= own and not (r.left.atoms(AppliedUndef) | r.right.atoms(AppliedUndef))
        )
        solved = _solved_for_one(r) if plain else None
        if (
            solved is None
            or solved[0].name in fixed
            or solved[1].free_symbols & {p.symbol for p in model.parameters if p.name in fixed}
        ):
            kept.append(r)
            continue
        fixed[solved[0].name] = solved[1]
        notes.append(f"{r.left} = {r.right} is taken to say where the claim is meant")
    if not fixed or not kept or any(_only_of(r, own) for r in kept):
        return claim, {}
    change = {p.symbol: fixed[p.name] for p in model.parameters if p.name in fixed}
    relations = tuple(replace(r, left=r.left.xreplace(change), right=r.right.xreplace(change)) for r in kept)
    return replace(claim, relations=relations, warnings=(*claim.warnings, *notes)), fixed


CRITICAL = ("c", "crit", "cr", "min", "max", "*")  # marks of a parameter's value at which something begins


def critical_value(claim: Claim, model: JumpModel) -> tuple[Claim, dict[str, sp.Expr]]:
    r"""``L_c = \pi\sqrt{D/r}``: at this value of L the one decay rate of the model vanishes; what it fixes, empty where none is claimed."""
    rates = [o.name for o in model.observables if o.kind == "decay_rate"]
    if len(rates) != 1 or len(claim.relations) != 1 or (r := claim.relations[0]).kind != "=" or not r.left.is_Symbol:
        return claim, {}
    own = {p.name: p.symbol for p in model.parameters}
    heads = {f"{name}{mark}{label}": name for name in own for mark in "_^" for label in CRITICAL}
    name = heads.get(r.left.name, "")
    known = set(own.values()) - {own.get(name)}
    if not name or r.left.name in own or r.right.free_symbols - known or r.right.atoms(AppliedUndef):
        return claim, {}
    note = f"{r.left} is the value of {name} at which {rates[0]} vanishes"
    vanishes = (Relation("=", sp.Symbol(rates[0]), sp.S.Zero),)
    return replace(claim, relations=vanishes, warnings=(*claim.warnings, note)), {name: r.right}


def ordered_parameters(claim: Claim, model: JumpModel) -> tuple[Claim, JumpModel] | None:
    """``<n> = nu/(mu - lam), lam < mu``: mu as lam and a positive gap, which says all that the condition does; None where none stands beside.

    The condition may be a constraint of the model too.
    """
    beside = [r for r in claim.relations if r.kind in ("<", ">")] if len(claim.relations) > 1 else []
    orders = [(r, r.left, r.right) if r.kind == "<" else (r, r.right, r.left) for r in beside]
    own = {p.symbol for p in model.parameters if p.symbol.is_positive}
    constrained = [pair for c in model.constraints if (pair := _compared(c, model)) is not None]
    for r, small, large in [*orders, *((None, *pair) for pair in constrained)]:
        if not {small, large} <= own or small == large:
            continue
        name = f"{large}_minus_{small}"
        if name in {p.name for p in model.parameters}:
            continue
        gap = parse_parameter(name, "positive")
        constraints = tuple(c for c in model.constraints if _compared(c, model) != (small, large))
        wider = extended(model, gap, constraints=constraints).substitute({large.name: small + gap.symbol})
        rest = tuple(o for o in claim.relations if o is not r)
        note = f"{small} < {large}: {large} is put in as {small} and a positive difference"
        put = changed(replace(claim, relations=rest), {large: small + gap.symbol}, note)
        logs = {
            e: sp.log(sp.cancel(e.args[0]))
            for r in put.relations
            for e in (r.left.atoms(sp.log) | r.right.atoms(sp.log))
        }
        return changed(put, logs), wider
    return None


def _compared(constraint: str, model: JumpModel) -> tuple[sp.Symbol, sp.Symbol] | None:
    """The smaller and the larger parameter of a constraint that compares two."""
    found = re.fullmatch(r"\s*(\w+)\s*([<>])\s*(\w+)\s*", constraint)
    known = {p.name: p.symbol for p in model.parameters}
    if found is None or not {found[1], found[3]} <= known.keys():
        return None
    small, large = known[found[1]], known[found[3]]
    return (small, large) if found[2] == "<" else (large, small)


def _only_of(r: Relation, own: set[sp.Symbol]) -> bool:
    """Whether a relation speaks of the file's parameters alone, so that it is no claim about the walk."""
    calls = r.left.atoms(AppliedUndef) | r.right.atoms(AppliedUndef)
    return not calls and (r.left.free_symbols | r.right.free_symbols) <= own


def _solved_for_one(r: Relation) -> tuple[sp.Symbol, sp.Expr] | None:
    """The parameter that a linear relation fixes: the one that stands alone, else the last by name."""
    for side, other in ((r.left, r.right), (r.right, r.left)):
        if side.is_Symbol and side not in other.free_symbols:
            return side, other
    gap = sp.expand(r.left - r.right)
    for symbol in sorted(gap.free_symbols, key=str, reverse=True):
        slope = sp.diff(gap, symbol)
        if slope != 0 and slope.is_number:
            return symbol, sp.expand(symbol - gap / slope)
    return None


def _solved_for_new(r: Relation, known: set[str], stated: dict[str, str]) -> tuple[sp.Expr, sp.Expr]:
    """``p + q = 1`` is a definition of q where only q is new: the new symbol and its value, else both sides."""
    strange = [
        s for s in r.left.free_symbols | r.right.free_symbols if s.name not in known and not role_of(s.name, stated)
    ]
    if (
        r.kind != "="
        or r.left.is_Symbol
        or len(strange) != 1
        or r.left.atoms(AppliedUndef) | r.right.atoms(AppliedUndef)
    ):
        return r.left, r.right
    for new in (strange[0], 1 / strange[0]):  # tau, or 1/tau = ...
        mark = sp.Dummy()
        gap = sp.expand((r.left - r.right).subs(new, mark))
        slope = sp.diff(gap, mark)
        if slope != 0 and not slope.has(mark) and not gap.has(strange[0]):
            value = sp.cancel(mark - gap / slope)
            return strange[0], value if new == strange[0] else 1 / value
    return r.left, r.right


def unchained(claim: Claim, model: JumpModel) -> Claim:
    """``u_t = A = B`` as two equations for u_t; an equation of derivatives that holds approximately is one to leading order."""
    relations: list[Relation] = []
    ends = [r.right for r in claim.relations]
    if len(ends) > 1 and ends[-1].is_number and all(r.kind == "=" for r in claim.relations) and all(
        r.left == before.right for before, r in itertools.pairwise(claim.relations)):  # fmt: skip
        claim = replace(claim, relations=tuple(Relation("=", r.left, ends[-1]) for r in claim.relations))  # a = b = 0
    for n, r in enumerate(claim.relations):
        r = (
            replace(r, kind="=")
            if r.kind == "approx" and (r.left.has(sp.Derivative) or r.right.has(sp.Derivative))
            else r
        )
        before = claim.relations[n - 1] if n else None
        if (
            before is not None
            and r.left == before.right
            and relations[-1].kind == r.kind == "="
            and is_pde(relations[0], model)
        ):
            r = Relation("=", relations[0].left, r.right)
        relations.append(r)
    return replace(claim, relations=tuple(relations))
