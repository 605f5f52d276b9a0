"""Claims that are master equations, compared at every displaced density."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.dossier.claim_kinds import density_calls
from symdiff.dossier.comparing import Arena
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.linear_terms import opened_products
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import other_chance
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict


def judge_master(claim: Claim, model: JumpModel, derivation: Derivation) -> RegimeVerdict:
    """Compare a claimed master equation with the model's own, at every displaced density."""
    master = derivation.master_equation
    if len(master.equations) != 1:
        own = master.closed
        if own is None:
            return RegimeVerdict(
                "model", UNDECIDED, (), "the densities of the claim are not those of the internal states"
            )
    else:
        own = _with_rates(model) or (master.equations[0].lhs, master.equations[0].rhs)
    early = derivation.settings.early(model)  # these values stand in the model's equation, so also in the claim
    change = {p.symbol: early[p.name] for p in model.parameters if p.name in early}
    if len(change) < len(early):
        return RegimeVerdict("model", UNDECIDED, (), "master equations with functions put in are not compared yet")
    model = model.substitute(early) if early else model
    arena = Arena(model, None)
    used: dict[str, sp.Expr] = {}
    for relation in claim.relations:
        other = {
            s: v
            for s, v in other_chance(model).items()
            if s in relation.left.free_symbols | relation.right.free_symbols
        }
        used |= {s.name: v for s, v in other.items()}
        read = change | other
        relation = Relation(relation.kind, relation.left.xreplace(read), relation.right.xreplace(read))
        verdict = _one_master(relation, own, arena)
        if verdict.verdict != PROVED:
            return replace(verdict, derived=(*verdict.derived, *used.items()))
    return RegimeVerdict("model", PROVED, tuple(used.items()), "it is the model's own balance of gains and losses")


def _with_rates(model: JumpModel) -> tuple[sp.Expr, sp.Expr] | None:
    """The balance of walkers whose waits are exponential, which jump at constant rates; None for others."""
    waits = {model.wait_before(j, jump) for _, j, jump in model.transitions()} if model.clock == "waiting" else set()
    if (
        len(waits) != 1
        or len(model.states) > 1
        or any(j.law is not None or j.destination is not None for j in model.jumps)
    ):
        return None
    (wait,) = waits
    mean = wait.argument("mean")
    if wait.distribution != "exponential" or mean is None or model.boundaries:
        return None
    x, t = model.coordinate_symbols, model.time
    density = sp.Function(model.density)
    gains = []
    for jump in model.jumps:
        before = dict(zip(x, (c - r for c, r in zip(x, jump.displacement, strict=True)), strict=True))
        gains.append((jump.intensity * density(*x, t)).subs(before, simultaneous=True))
    return sp.Derivative(density(*x, t), t), (sp.Add(*gains) - density(*x, t)) / mean


def _one_master(relation: Relation, own: tuple[sp.Expr, sp.Expr], arena: Arena) -> RegimeVerdict:
    model = arena.model
    relation = places_first(relation, model)
    claimed_calls, own_calls = (set(density_calls(r, model)) for r in (relation, Relation("=", *own)))
    names = {c.func.__name__: "" for c in claimed_calls | own_calls}
    try:
        grid = grid_of(claimed_calls, model)
        relation = _at_the_same_time(relation, claimed_calls, own_calls, grid, model)
        claimed_calls = set(density_calls(relation, model))
        claimed = balance_terms(relation.left - relation.right, model, grid, claimed_calls, names)
        derived = balance_terms(own[0] - own[1], model, Grid(), own_calls, names)
        advanced = next(iter(balance_terms(own[0], model, Grid(), own_calls, names)))
    except MissingQuantityError as missing:
        return RegimeVerdict("model", UNDECIDED, (), missing.what)
    verdict = compare_balance(claimed, derived, advanced, arena, "model")
    if verdict.verdict == REFUTED and not verdict.mend:
        other = _mirrored(relation, claimed_calls, model)
        calls = set(density_calls(other, model))
        try:
            mirrored = balance_terms(other.left - other.right, model, grid, calls, names)
        except MissingQuantityError:
            return verdict
        if compare_balance(mirrored, derived, advanced, arena, "model").verdict == PROVED:
            return replace(verdict, mend=EXCHANGED)
    return verdict


def _at_the_same_time(
    relation: Relation, claimed: set[AppliedUndef], own: set[AppliedUndef], grid: Grid, model: JumpModel
) -> Relation:
    """``P(n + 1), P(n), P(n - 1)`` as the model's ``P(t + 2 tau), P(t + tau), P(t)``: balances hold at all times, where nothing depends on it."""
    tau, t, d = model.time_step, model.time, model.dimension
    if tau is None or model.depends_on_time or any(len(c.args) != d + 1 for c in claimed):
        return relation

    def latest(calls: set[AppliedUndef], known: Grid) -> sp.Expr | None:
        table = dict(known.change)
        ahead = [sp.cancel((sp.expand(c.args[d].xreplace(table) * known.step) - t) / tau) for c in calls]
        return max(ahead) if ahead and all(a.is_Rational for a in ahead) else None

    theirs, ours = latest(claimed, grid), latest(own, Grid())
    if theirs is None or ours is None or theirs == ours:
        return relation
    move = (ours - theirs) * (
        1 if any(s != t for c in claimed for s in c.args[d].free_symbols - tau.free_symbols) else tau
    )
    change = {c: c.func(*c.args[:d], sp.expand(c.args[d] + move)) for c in claimed}
    return Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))


def _mirrored(relation: Relation, calls: set[AppliedUndef], model: JumpModel) -> Relation:
    """A balance with every displaced density on the other side."""
    change = {}
    for call in calls:
        places = []
        for a in call.args[: model.dimension]:
            letters = [
                s
                for s in a.free_symbols
                if (a - s).free_symbols.isdisjoint({s}) and s not in {p.symbol for p in model.parameters}
            ]
            places.append(2 * letters[0] - a if len(letters) == 1 else a)
        change[call] = call.func(*places, *call.args[model.dimension :])
    return Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))


EXCHANGED = "the two directions are exchanged: what comes from the right has jumped to the left"


def compare_balance(claimed: Balance, derived: Balance, advanced: str, arena: Arena, regime: str) -> RegimeVerdict:
    """Two balances, weight by weight, once both are divided by the weight of the density that is ``advanced``."""
    if all(arena.equal(c, sp.Integer(0)).answer is Answer.PROVED for c in claimed.values()):
        return RegimeVerdict(regime, PROVED, (), "an identity")
    if advanced not in claimed:
        return RegimeVerdict(
            regime,
            REFUTED,
            (),
            f"the density at {advanced} does not occur: it advances the density differently in time",
        )
    for key in {**claimed, **derived}:
        left, right = claimed.get(key, sp.Integer(0)) / claimed[advanced], derived.get(key, sp.Integer(0))
        answer = arena.equal(left, right)
        if answer.answer is Answer.REFUTED:
            why = f"the weight of the density at {key} differs: the model has {-right}, the claim {-left} (on the right-hand side)"
            verdict = RegimeVerdict(regime, REFUTED, (), why, answer.witness, answer.left, answer.right)
            return mended(verdict, -left, -right, arena)
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict(regime, UNDECIDED, (), f"the weight of the density at {key} could not be compared")
    return RegimeVerdict(regime, PROVED)


def places_first(relation: Relation, model: JumpModel) -> Relation:
    """``P_{n+1}(j) = p P_n(j - 1) + ...``: the number of steps stands in front of the place; elsewhere the relation as it is."""
    calls = sorted(set(density_calls(relation, model)), key=str)
    if model.time_step is None or any(len(c.args) != model.dimension + 1 for c in calls):
        return relation
    known = {*model.coordinate_symbols, model.time, *(p.symbol for p in model.parameters)}
    if any(a.free_symbols & known for c in calls for a in c.args):
        return relation
    if not _numbers_steps(calls) and (
        _is_a_level([c.args[-1] for c in calls]) or not _is_a_level([c.args[0] for c in calls])
    ):
        return relation
    change = {c: c.func(*c.args[1:], c.args[0]) for c in calls}
    return Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))


def _numbers_steps(calls: list[AppliedUndef]) -> bool:
    """``P_{n+1}(m)``: n or N in front of the letter of a site."""
    first, last = ({s.name for c in calls for s in c.args[i].free_symbols} for i in (0, -1))
    return len(first) == 1 and first <= {"n", "N"} and len(last) == 1 and last <= {"m", "j", "i", "l", "x"}


def _is_a_level(values: list[sp.Expr]) -> bool:
    """One density one step later than all others, which are at the same time."""
    kinds = sorted(set(values), key=str)
    if len(kinds) != 2 or abs(sp.expand(kinds[0] - kinds[1])) != 1:
        return False
    later = kinds[0] if sp.expand(kinds[0] - kinds[1]) == 1 else kinds[1]
    return values.count(later) == 1


# --- places and times ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """How a claim writes places and times: indices in units of a spacing and of the time step, or the variables themselves."""

    change: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()
    spacing: sp.Expr = sp.S.One
    step: sp.Expr = sp.S.One

    def place(self, call: AppliedUndef, model: JumpModel) -> str:
        """Place and time of a density, in the model's variables."""
        table = dict(self.change)
        arguments = [sp.expand(a.xreplace(table) * self.spacing) for a in call.args[: model.dimension]]
        arguments += [sp.expand(a.xreplace(table) * self.step) for a in call.args[model.dimension :]]
        return f"({', '.join(map(str, arguments))})"


def grid_of(calls: set[AppliedUndef], model: JumpModel) -> Grid:
    """Indexed sites P_j mean the places j times the lattice spacing, and a level n the time n times the step."""
    known = {*model.coordinate_symbols, model.time, *(p.symbol for p in model.parameters)}
    places = {s for c in calls for a in c.args[: model.dimension] for s in a.free_symbols} - known
    levels = {s for c in calls for a in c.args[model.dimension :] for s in a.free_symbols} - known
    change: dict[sp.Symbol, sp.Expr] = {}
    spacing = step = sp.Integer(1)
    if places:
        found = _spacing(model)
        if found is None or len(places) > model.dimension:
            raise MissingQuantityError("indexed sites need one lattice spacing", False)
        spacing = found
        change |= {s: x / spacing for s, x in zip(sorted(places, key=str), model.coordinate_symbols, strict=False)}
    if levels:
        if model.time_step is None or len(levels) > 1 or levels & places:
            raise MissingQuantityError("a numbered time needs one index and a model with a time step", False)
        step = model.time_step
        change[levels.pop()] = model.time / step
    return Grid(tuple(change.items()), spacing, step)


def _spacing(model: JumpModel) -> sp.Expr | None:
    """The longest length of which all displacements are multiples; None where there is none."""
    lengths = sorted({sp.Abs(r) for j in model.jumps for r in j.displacement if r != 0}, key=str)
    if not lengths:
        return None
    ratios = [sp.cancel(length / lengths[0]) for length in lengths]
    if not all(r.is_Rational for r in ratios):
        return None
    common = sp.ilcm(1, *(r.q for r in ratios))
    return lengths[0] * sp.igcd(0, *(int(r * common) for r in ratios)) / common


Balance = dict[str, sp.Expr]


def balance_terms(
    expression: sp.Expr, model: JumpModel, grid: Grid, densities: set[AppliedUndef], names: dict[str, str]
) -> Balance:
    """The coefficient of every density, or product of densities, at displaced places and times; ``names`` are those under which they are compared."""
    expression = sp.expand(opened_products(expression, densities))
    atoms: dict[sp.Basic, tuple[sp.Dummy, str]] = {}
    for d in sorted(expression.atoms(sp.Derivative), key=str):
        if d.expr in densities:
            by = "".join(v.name * int(n) for v, n in d.variable_count)
            atoms[d] = (
                sp.Dummy(),
                f"d_{by} {names[d.expr.func.__name__]} at {grid.place(d.expr, model)}".replace("  ", " "),
            )
    marked = expression.xreplace({a: d for a, (d, _) in atoms.items()})
    for call in sorted(densities, key=str):
        atoms[call] = (sp.Dummy(), f"{names[call.func.__name__]}{grid.place(call, model)}")
    marked = sp.expand(marked.xreplace({c: atoms[c][0] for c in densities}))
    spoken = dict(atoms.values())
    if not marked.is_polynomial(*spoken):
        raise MissingQuantityError("the balance is no polynomial in the densities", False)
    found: Balance = {}
    for powers, coefficient in sp.Poly(marked, *spoken).terms():
        name = " ".join(sorted(n for n, times in zip(spoken.values(), powers, strict=True) for _ in range(times)))
        if not name and coefficient != 0:
            raise MissingQuantityError("the balance has terms without a density", False)
        found[name] = found.get(name, sp.Integer(0)) + coefficient
    found = {name: value for name, value in found.items() if value != 0}
    undeclared = sorted(
        {str(s) for c in found.values() for s in c.free_symbols}
        - {p.name for p in model.parameters}
        - set(model.coordinates)
        - {model.time.name}
    )
    if undeclared:
        raise MissingQuantityError(f"nothing is known of '{undeclared[0]}'", False)
    return found
