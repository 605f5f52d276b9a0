"""Verdicts on the claims of a model: each is read, compared in every regime, and the answers are combined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer, Comparison
from symdiff.continuum.regimes import LONG_WAVE
from symdiff.dossier.check_counts import judge_count
from symdiff.dossier.check_equations import judge_pde
from symdiff.dossier.check_master import judge_master
from symdiff.dossier.check_nonlinear import frozen
from symdiff.dossier.claim_kinds import is_master, is_pde
from symdiff.dossier.comparing import Arena, in_model_form
from symdiff.dossier.derivation import Derivation, derive_model
from symdiff.dossier.frames import IN_NUMBERS, IN_SCALED, frame_of, read_in_frame
from symdiff.dossier.late_times import at_late_times
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError, Quantities, hint_for
from symdiff.dossier.resolving import Resolver
from symdiff.dossier.rounding import agrees_when_rounded
from symdiff.dossier.settings import Settings
from symdiff.errors import UsageError
from symdiff.model.definitions import expand_definitions
from symdiff.model.dimensions import dimensions_of
from symdiff.model.jump_model import ClaimStatement, JumpModel
from symdiff.model.ranges import certain_range, parameter_intervals
from symdiff.notation.storable import Storable
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.roles import KNOWN_ROLES, role_of
from symdiff.verification.verdict import (
    CONDITIONAL,
    PROVED,
    REFUTED,
    SILENT,
    UNDECIDED,
    RegimeVerdict,
    Verdict,
    combine,
    together,
)

LEADING_PART = "its equation gives the leading part only; the claim is exact for the model itself"


@dataclass(frozen=True)
class CheckReport(Storable):
    """The verdicts on all claims of one model."""

    model: JumpModel
    derivation: Derivation | None
    verdicts: tuple[Verdict, ...]


def check_model(
    model: JumpModel,
    claims: tuple[ClaimStatement, ...] = (),
    settings: Settings | None = None,
    derivation: Derivation | None = None,
) -> CheckReport:
    """Judge the claims of the file and further ones.

    Raises :class:`UsageError` where there is nothing to check, and the reader's errors with the claim's id.
    """
    statements = (*model.claims, *claims)
    if not statements:
        raise UsageError("there is nothing to check: the model has no claims", where=model.title or "model",
                         instead="add [[claims]] to the file, or --claim 'D = \\frac{\\ell^2}{2\\tau}'")  # fmt: skip
    read = [read_in_frame(s, model) for s in statements]
    needs_limits = any(not c.statement.count for c in read)
    if derivation is None and needs_limits:
        derivation = derive_model(model, settings)
    verdicts = tuple(judge(claim, model, derivation, settings or Settings()) for claim in read)
    return CheckReport(model, derivation, verdicts)


def judge(claim: Claim, model: JumpModel, derivation: Derivation | None, settings: Settings) -> Verdict:
    """The verdict on one claim."""
    statement = claim.statement
    roles: dict[str, str] = {}
    if statement.count:
        regimes = [judge_count(claim, model, settings)]
    else:
        assert derivation is not None
        _check_regime(statement, derivation)
        regimes = _by_regime(claim, model, derivation, settings, roles)
    verdict, why = combine(regimes, statement.regime)
    return Verdict(statement.id, statement.latex or statement.expression, verdict, claim.equations, claim.warnings,
                   tuple(sorted(roles.items())), tuple(regimes), why, statement.expect, statement.regime, statement.source)  # fmt: skip


def _check_regime(statement: ClaimStatement, derivation: Derivation) -> None:
    names = [limit.regime.name for limit in derivation.limits]
    if statement.regime and statement.regime not in names:
        raise UsageError(f"the claim speaks of the regime '{statement.regime}', which the model does not have",
                         where=f"claim '{statement.id}'", instead=f"regimes: {', '.join(names)}")  # fmt: skip


def _unchained(claim: Claim, model: JumpModel) -> Claim:
    """``u_t = A = B`` as two equations for u_t; an equation of derivatives that holds approximately is one to leading order."""
    relations: list[Relation] = []
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


def _speaks_of_the_law(claim: Claim, model: JumpModel) -> bool:
    """Whether averages or observables occur: what the lattice knows exactly, and an equation to its own order."""
    names = {o.name for o in model.observables} | {"Mean", "Var"}
    sides = [side for r in claim.relations for side in (r.left, r.right)]
    calls = {c.func.__name__ for side in sides for c in side.atoms(AppliedUndef)}
    return bool(names & (calls | {s.name for side in sides for s in side.free_symbols}))


def _by_regime(
    claim: Claim, model: JumpModel, derivation: Derivation, settings: Settings, roles: dict[str, str]
) -> list[RegimeVerdict]:
    frame = frame_of(claim, model)
    claim = _unchained(claim, frame)
    if claim.relations and all(is_master(r, frame) for r in claim.relations):
        return [judge_master(claim, model, derivation)]
    lattice = Arena(model, None, derivation.observables)
    if claim.statement.level == "lattice":
        return [_one_regime(claim, lattice, settings, roles, "lattice")]
    stated = claim.statement.regime
    limits = [x for x in derivation.limits if stated in ("", x.regime.name)]
    found = []
    for x in limits:
        if (
            model.population is not None
            and not derivation.observables
            and (x.regime is LONG_WAVE) == (frame is not model)
        ):
            why = IN_NUMBERS if frame is not model else IN_SCALED
            found.append(RegimeVerdict(x.regime.name, SILENT, (), why))
            continue
        found.append(_one_regime(claim, Arena(frame, x, derivation.observables), settings, roles, x.regime.name))
    if derivation.observables and not stated and not claim.statement.level and all(r.verdict == SILENT for r in found):
        found.append(_one_regime(claim, lattice, settings, roles, "lattice"))  # what only the lattice knows
    if (
        not stated
        and not claim.statement.level
        and any(r.verdict == REFUTED for r in found)
        and _speaks_of_the_law(claim, model)
    ):
        exact = _one_regime(claim, lattice, settings, roles, "lattice")
        if exact.verdict == PROVED:
            found = [replace(r, verdict=SILENT, why=LEADING_PART) if r.verdict == REFUTED else r for r in found]
            found.append(exact)
    return found


def _one_regime(claim: Claim, arena: Arena, settings: Settings, roles: dict[str, str], name: str) -> RegimeVerdict:
    parts = [_one_relation(claim, relation, arena, settings, roles) for relation in claim.relations]
    silent = [p for p in parts if p.verdict == SILENT]
    if silent:
        return RegimeVerdict(name, SILENT, (), silent[0].why)
    return together(name, parts)


def _one_relation(
    claim: Claim, relation: Relation, arena: Arena, settings: Settings, roles: dict[str, str]
) -> RegimeVerdict:
    """A relation in one regime; a refuted one that is dimensionally wrong says so first."""
    verdict = _compared(claim, relation, arena, settings, roles)
    if verdict.verdict != REFUTED or relation.kind == "propto":
        return verdict
    dimensions = dimensions_of(arena.model)
    wrong = "" if dimensions is None else dimensions.difference(relation.left, relation.right, roles)
    return replace(verdict, why=f"{wrong}; {verdict.why}") if wrong else verdict


def _compared(
    claim: Claim, relation: Relation, arena: Arena, settings: Settings, roles: dict[str, str]
) -> RegimeVerdict:
    if is_pde(relation, arena.model):
        return judge_pde(claim, relation, arena, roles)
    resolver = Resolver(arena.model, Quantities(arena.model, arena.limit, arena.observables), dict(claim.statement.symbols),
                        claim.statement.of)  # fmt: skip
    vague = _out_of_place(relation, arena.model, resolver.stated)
    if vague:
        return RegimeVerdict(
            "", UNDECIDED, (), f"nothing is known of '{vague}': {hint_for(vague, arena.model, KNOWN_ROLES)}"
        )
    try:
        left, right = resolver.resolve(relation.left), resolver.resolve(relation.right)
    except MissingQuantityError as missing:
        return RegimeVerdict("", SILENT if missing.known else UNDECIDED, (), missing.what)
    roles.update(resolver.roles)
    change = settings.symbols(arena.model) | _given(claim.statement, arena.model)
    if change:
        left, right = left.xreplace(change), right.xreplace(change)
    derived = tuple(resolver.used.items())
    left, right = (frozen(e, arena.limit, arena.model) for e in (left, right))
    if relation.kind == "=":
        answer = arena.equal(left, right, _role_power(relation, resolver))
        verdict = _from_comparison(answer, derived, left, right)
        if verdict.verdict == REFUTED and _guessed_spread(relation, resolver):
            return RegimeVerdict("", UNDECIDED, derived, "false if 'sigma' is the standard deviation of the position at "
                                 "time t; if it is something else (that of a single step, say), declare it")  # fmt: skip
        if verdict.verdict == REFUTED:
            verdict = _second_look(claim, relation, arena, left, right, verdict)
        if verdict.verdict == REFUTED:
            named_right = relation.right.is_Symbol and not relation.left.is_Symbol
            claimed, correct = (left, right) if named_right else (right, left)
            verdict = mended(verdict, claimed, correct, arena)
        return verdict
    if relation.kind == "approx":
        return _approximate(arena, left, right, derived)
    if relation.kind == "propto":
        return _proportional(arena, left, right, derived)
    return _inequality(arena, relation.kind, left, right, derived)


def _guessed_spread(relation: Relation, resolver: Resolver) -> bool:
    """Whether ``sigma`` was taken for the width at time t although nothing in the claim depends on time."""
    used = relation.left.free_symbols | relation.right.free_symbols
    timed = resolver.model.time in used or "steps" in resolver.roles.values()
    return resolver.roles.get("sigma") == "standard deviation" and not timed


def _second_look(
    claim: Claim, relation: Relation, arena: Arena, left: sp.Expr, right: sp.Expr, verdict: RegimeVerdict
) -> RegimeVerdict:
    """A refuted equation that holds for the decimals that are written, or, between averages without time, at late times."""
    if agrees_when_rounded(left, right):
        return RegimeVerdict("", PROVED, verdict.derived, "both sides agree to the decimals that are written")
    time = arena.model.time
    timeless = not relation.left.has(time) and not relation.right.has(time)
    if timeless and (left.has(time) or right.has(time)):
        last = [at_late_times(e, time) for e in (left, right)]
        if None not in last and _speaks_of_the_law(replace(claim, relations=(relation,)), arena.model):
            late = _from_comparison(arena.equal(*last), verdict.derived, *last)
            if late.verdict == PROVED:
                return replace(late, why="both sides agree in the stationary state, for t -> oo")
    return verdict


def _out_of_place(relation: Relation, model: JumpModel, stated: dict[str, str]) -> str:
    """A letter that is customary for a quantity which this relation does not speak of: s, gamma, n or N in a coefficient."""
    own = {p.name for p in model.parameters} | set(model.coordinates) | set(stated)
    sides = (relation.left, relation.right)
    names = {s.name for side in sides for s in side.free_symbols} - own
    coefficient = any(
        side.is_Symbol and (role_of(side.name, stated) or "")[:1] in ("D", "v", "K", "a") for side in sides
    )
    waves = any(n == "k" or n.startswith("k_") for n in names)
    for name, fits in (("s", waves), ("gamma", False), ("n", not coefficient), ("N", not coefficient)):
        if name in names and not fits and not any(side.is_Symbol and side.name == name for side in sides):
            return name
    return ""


def _given(statement: ClaimStatement, model: JumpModel) -> dict[sp.Symbol, sp.Expr]:
    table = {p.name: p.symbol for p in model.parameters}
    for name, _ in statement.given:
        if name not in table:
            raise UsageError(f"'{name}' is no parameter of the model", where=f"claim '{statement.id}', given")
    return {table[name]: value for name, value in statement.given}


def _role_power(relation: Relation, resolver: Resolver) -> Fraction | None:
    """For 'role = expression': from which power on a difference does not count."""
    for side in (relation.left, relation.right):
        if side.is_Symbol or isinstance(side, AppliedUndef):
            name = side.name if side.is_Symbol else side.func.__name__
            role = role_of(name, resolver.stated)
            if role is not None and name in resolver.roles:
                return resolver.quantities.role_power(role)
    return None


def _from_comparison(
    answer: Comparison, derived: tuple[tuple[str, sp.Expr], ...], left: sp.Expr, right: sp.Expr
) -> RegimeVerdict:
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, derived, "both sides agree")
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, derived, "the two sides could be neither identified nor told apart")
    infinite = [str(s) for s in (left, right) if s.has(sp.oo)]
    why = "one side is infinite: the moment does not exist" if infinite else "the two sides differ"
    return RegimeVerdict("", REFUTED, derived, why, answer.witness, answer.left, answer.right)


CLOSE = sp.Rational(1, 100)


def _approximate(
    arena: Arena, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Proved where both sides agree, or are numbers within a hundredth; refuted where they differ by a plain factor; else open."""
    verdict = _from_comparison(arena.equal(left, right), derived, left, right)
    if verdict.verdict != REFUTED or left.has(sp.oo) or right.has(sp.oo) or right == 0:
        return verdict
    ratio = in_model_form(left / right, arena.model)
    if ratio is not None and ratio.is_number:
        gap = abs(sp.N(ratio - 1, 30))
        return replace(verdict, verdict=PROVED, why="the sides agree within 1 %") if gap < CLOSE else verdict
    shown = f": they differ by the factor {ratio}" if ratio is not None and sp.count_ops(ratio) < 30 else ""
    return RegimeVerdict("", UNDECIDED, derived, f"it is not said in which limit the two sides are close{shown}")


def _proportional(
    arena: Arena, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """left = constant * right, where a constant depends on parameters but on neither time nor place."""
    if left.has(sp.oo) or right.has(sp.oo):
        why = "the moment is infinite, so that it follows no power law; a typical width may"
        return RegimeVerdict("", REFUTED, derived, why, (), str(left), str(right))
    variables = [v for v in (arena.model.time, *arena.model.coordinate_symbols) if left.has(v) or right.has(v)]
    for variable in variables:
        slope = sp.diff(left, variable) * right - left * sp.diff(right, variable)
        answer = Arena(arena.model, None).equal(sp.expand(slope), sp.Integer(0))
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict(
                "", UNDECIDED, derived, f"whether the ratio of the sides depends on {variable} is open"
            )
        if answer.answer is Answer.REFUTED:
            return RegimeVerdict("", REFUTED, derived, f"the ratio of the sides depends on {variable}", answer.witness,
                                 answer.left, answer.right)  # fmt: skip
    return RegimeVerdict("", PROVED, derived, "the ratio of the sides is constant")


_FLIPPED = {"<=": False, "<": False, ">=": True, ">": True}


def _inequality(
    arena: Arena, kind: str, left: sp.Expr, right: sp.Expr, derived: tuple[tuple[str, sp.Expr], ...]
) -> RegimeVerdict:
    """Proved or refuted where the whole range of the parameters decides it; else conditional, with the condition."""
    if kind == "!=":
        answer = arena.equal(left, right)
        flipped = {Answer.PROVED: REFUTED, Answer.REFUTED: CONDITIONAL, Answer.UNDECIDED: UNDECIDED}[answer.answer]
        return RegimeVerdict("", flipped, derived, "the sides are compared for difference")
    small, large = (right, left) if _FLIPPED[kind] else (left, right)
    gap, box = expand_definitions(large - small, arena.model.functions), parameter_intervals(arena.model.parameters)
    whole, strict = certain_range(gap, box), kind in ("<", ">")
    spans = [certain_range(branch, box) for branch in _branches(gap)]
    if all(s.low is not None and (s.low > 0 or (s.low == 0 and (not strict or s.low_open))) for s in spans):
        return RegimeVerdict("", PROVED, derived, "holds for all allowed values")
    if whole.high is not None and (whole.high < 0 or (whole.high == 0 and (strict or whole.high_open))):
        return RegimeVerdict("", REFUTED, derived, "fails for all allowed values", (), str(left), str(right))
    return RegimeVerdict("", CONDITIONAL, derived, f"holds only where {_condition(small, large, kind)}")


def _branches(gap: sp.Expr) -> list[sp.Expr]:
    """Expressions of which ``gap`` is one wherever it is evaluated: an absolute value with either sign."""
    sizes = list(gap.atoms(sp.Abs))
    if len(sizes) != 1:
        return [gap]
    return [gap.xreplace({sizes[0]: sign * sizes[0].args[0]}) for sign in (1, -1)]


def _condition(small: sp.Expr, large: sp.Expr, kind: str) -> str:
    """|a x| <= b as |x| <= b/a; strict where the claim is."""
    sign = kind.replace(">", "<")
    if isinstance(small, sp.Abs):
        factor = sp.Mul(*(a for a in sp.Mul.make_args(small.args[0]) if a.is_positive or a.is_negative))
        return f"{sp.Abs(small.args[0] / factor)} {sign} {large / sp.Abs(factor)}"
    inner = [a for a in sp.Mul.make_args(small) if isinstance(a, sp.Abs)]
    if len(inner) == 1:
        return f"{inner[0]} {sign} {large * inner[0] / small}"
    return f"{small} {sign} {large}"
