"""What stands beside a claim and says where or when it is meant: ``at x = 0``, ``t = 0``, ``t -> oo``, ``x > 0``, ``x = n a``."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.limit import Ranges
from symdiff.dossier.claim_kinds import names_a_width
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.parameter import Interval
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.roles import role_of

INEQUALITIES = ("<", "<=", ">", ">=")
WORDS = {"to": "->", "gg": ">>", "ll": "<<"}
FORMAL = (
    "Mean",
    "Var",
    "Cov",
    "omega",
    "s",
    "lambda_+",
    "lambda_-",
    "omega_+",
    "omega_-",
)  # no functions of the claim's own


def without_conditions(claim: Claim, model: JumpModel) -> Claim:
    """The claim with the conditions that stand beside it taken out of its relations; one of nothing else is left as it is.

    Raises :class:`UsageError` for a condition that is not understood.
    """
    kept: list[Relation] = []
    places: dict[sp.Symbol, sp.Expr] = {}
    late, early, far = False, False, False
    notes: list[str] = []
    vanishing: list[sp.Symbol] = []
    for r in claim.relations:
        fixed = _fixed(r, model)
        if fixed is not None:
            symbol, value, note = fixed
            if note:
                notes.append(note)
            else:
                places[symbol] = value
        elif _of_steps(r.left, model) and (r.kind == "gg" or (r.kind == "to" and r.right == sp.oo)):
            late = True
        elif (when := _of_scaled_time(r, model)) is not None:
            late, early = late or when == "late", early or when == "early"
        elif _says_small(r, model):
            notes.append(f"{r.left} -> 0 is taken to say that the leading terms are meant")
        elif r.kind in ("to", "ll") and r.left == model.time and (r.kind == "ll" or r.right == 0):
            early = True
        elif r.left == model.time and ((r.kind == "to" and r.right == sp.oo) or r.kind == "gg"):
            late = True
        elif _is_far(r, model):
            far = True
        elif r.kind in INEQUALITIES and _is_range(r, model):
            notes.append(f"{r.left} {r.kind} {r.right} is taken to say where the claim is meant")
        elif r.kind == "to" and r.right == 0 and r.left in {p.symbol for p in model.parameters}:
            notes.append(f"{r.left} -> 0 is taken to say that the continuum limit is meant")
            vanishing.append(r.left)
        elif (tiny := _tiny_beside(r, model)) and len(claim.relations) > 1:
            notes.append(f"the condition on {r.left} and {r.right} is taken to say that the leading terms are meant")
            vanishing += tiny
        elif len(claim.relations) > 1 and _has_an_order(r, model):
            notes.append(f"the size of {r.left} is taken to say in which regime the claim is meant")
        elif r.kind in INEQUALITIES and len(claim.relations) > 1 and _of_parameters(r, model):
            notes.append(f"{r.left} {r.kind} {r.right} is taken to say where the claim is meant")
        else:
            kept.append(r)
    if not kept and not any(r.kind in ("to", "gg", "ll") for r in claim.relations):
        return claim
    kept = kept or list(claim.relations)
    kept = [replace(r, kind="=") if (late or early) and r.kind == "to" and r.left != model.time else r for r in kept]
    small = any("-> 0 is taken" in note for note in notes) or bool(vanishing)
    tends = [r for r in kept if r.kind == "to" and _is_of_time(r, model)]
    if tends and not late and not early:
        kept = [replace(r, kind="=") if r in tends else r for r in kept]
        late = not small
        notes += [] if small else [f"{r.left} -> {r.right} is read as what it tends to for t -> oo" for r in tends]
    odd = next((r for r in kept if r.kind in ("to", "gg", "ll")), None)
    if odd is not None:
        raise UsageError(f"the condition {odd.left} {WORDS[odd.kind]} {odd.right} is not understood", where=f"claim '{claim.statement.id}'",
                         instead="t -> oo and x = 0 are, beside a relation such as D = \\frac{\\ell^2}{2\\tau}")  # fmt: skip
    warnings = (*claim.warnings, *notes)
    return replace(
        claim, relations=tuple(kept), warnings=warnings, at=tuple(places.items()), late=late, early=early, far=far,
        small=tuple(vanishing),
    )  # fmt: skip


def within_ranges(claim: Claim, model: JumpModel) -> Ranges:
    """``..., p < q`` beside q = 1 - p: the ranges of single parameters in which the claim is meant, where they are narrower than the file's."""
    found: dict[str, Interval] = {}
    own = {p.symbol: p for p in model.parameters}
    for r in claim.relations if len(claim.relations) > 1 else ():
        if r.kind not in ("<", "<=", ">", ">="):
            continue
        gap = sp.expand(r.left - r.right)
        if len(gap.free_symbols) != 1 or not gap.free_symbols <= own.keys():
            continue
        (symbol,) = gap.free_symbols
        slope = sp.diff(gap, symbol)
        bound = sp.cancel(symbol - gap / slope)
        if not slope.is_Rational or not bound.is_Rational:
            continue
        value, strict = Fraction(int(bound.p), int(bound.q)), r.kind in ("<", ">")
        above = (r.kind in (">", ">=")) == bool(slope > 0)
        side = Interval(low=value, low_open=strict) if above else Interval(high=value, high_open=strict)
        whole = found.get(symbol.name, own[symbol].interval)
        span = whole.intersect(side)
        if span == whole or (span.low is not None and span.high is not None and span.low >= span.high):
            continue
        found[symbol.name] = span
    return tuple(found.items())


def with_functions(claim: Claim, model: JumpModel) -> Claim:
    """``D(u) = D_0 (q(u) - u q'(u)), q(u) = (1 - u)^2``: a function that nobody knows, defined beside its use, is put in."""
    known = {d.name for d in model.functions} | {model.density, *model.states, *(o.name for o in model.observables)}
    stated = dict(claim.statement.symbols)
    for r in claim.relations:
        head, rest = r.left, [other for other in claim.relations if other is not r]
        if isinstance(head, AppliedUndef) and head.func.__name__ in FORMAL:
            continue
        if r.kind != "=" or not isinstance(head, AppliedUndef) or r.right.has(head.func) or r.right.has(sp.Derivative):
            continue
        name, arguments = head.func.__name__, head.args
        strange = {c.func.__name__ for c in r.right.atoms(AppliedUndef)} - known
        if name in known or role_of(name, stated) or strange or len(set(arguments)) < len(arguments):
            continue
        if not all(a.is_Symbol or isinstance(a, AppliedUndef) for a in arguments):
            continue
        if set(arguments) & {p.symbol for p in model.parameters} and any(
            c.func == head.func and c.args != arguments
            for o in rest
            for c in o.left.atoms(AppliedUndef) | o.right.atoms(AppliedUndef)
        ):  # T(L) = 0 is a value at a place
            continue
        if any(side.has(head.func) for o in rest for side in (o.left, o.right)):
            put = tuple(replace(o, left=_put_in(o.left, r), right=_put_in(o.right, r)) for o in rest)
            note = f"{head} is what the claim says it is: {r.right}"
            return with_functions(replace(claim, relations=put, warnings=(*claim.warnings, note)), model)
    return claim


def _put_in(side: sp.Expr, definition: Relation) -> sp.Expr:
    """A side with the function written out; its derivatives are taken, those of other things are left as they are."""
    head = definition.left

    def value(call: sp.Expr) -> sp.Expr:
        return definition.right.xreplace(dict(zip(head.args, call.args, strict=True)))

    if not side.has(head.func) or any(len(c.args) != len(head.args) for c in side.atoms(head.func)):
        return side
    slopes = {
        d: d.xreplace({d.expr: value(d.expr)}).doit() for d in side.atoms(sp.Derivative) if d.expr.func == head.func
    }
    side = side.xreplace(slopes)
    return side.xreplace({c: value(c) for c in side.atoms(head.func)})


def _fixed(r: Relation, model: JumpModel) -> tuple[sp.Symbol, sp.Expr, str] | None:
    """A coordinate or the time that is set to a value; with a note where the value names a site or a step: x = n a."""
    variables = {*model.coordinate_symbols, model.time}
    if r.kind != "=" or r.left not in variables or r.right.has(*variables):
        return None
    strange = {s.name for s in r.right.free_symbols} - {p.name for p in model.parameters}
    note = f"{r.left} = {r.right} is taken to name the sites or steps" if strange else ""
    return r.left, r.right, note


def _of_scaled_time(r: Relation, model: JumpModel) -> str | None:
    r"""``\alpha t \gg 1``, ``t/\tau \ll 1``, ``1 \ll \alpha t``: late or early; None for other conditions."""
    if r.kind not in ("gg", "ll") or r.left == model.time or r.right == 0:
        return None
    ratio = r.left / r.right
    power = sum((f.as_base_exp()[1] for f in sp.Mul.make_args(ratio) if f.as_base_exp()[0] == model.time), sp.S.Zero)
    rest = sp.expand(ratio / model.time**power)
    if (
        not power.is_number
        or power == 0
        or rest.atoms(AppliedUndef)
        or rest.free_symbols - {p.symbol for p in model.parameters}
    ):
        return None
    return "late" if (r.kind == "gg") == bool(power > 0) else "early"


def _says_small(r: Relation, model: JumpModel) -> bool:
    r"""``s \to 0``, ``k \to 0``, ``k\ell \ll 1``: the Laplace variable or the wave number, where the file has no such parameter."""
    taken = {p.name for p in model.parameters}
    signs = {"s", "k", *(f"k_{c}" for c in model.coordinates)} - taken
    if r.kind == "to":
        return r.right == 0 and isinstance(r.left, sp.Symbol) and r.left.name in signs
    known = {p.symbol for p in model.parameters}
    strange = r.left.free_symbols - known
    return r.kind == "ll" and r.right == 1 and len(strange) == 1 and strange.pop().name in signs


def _of_steps(symbol: sp.Expr, model: JumpModel) -> bool:
    """n or N as the number of steps."""
    taken = {p.name for p in model.parameters} | set(model.coordinates)
    return model.time_step is not None and isinstance(symbol, sp.Symbol) and symbol.name in {"n", "N"} - taken


def _tiny_beside(r: Relation, model: JumpModel) -> list[sp.Symbol]:
    r"""``a \ll L``, ``\lambda\tau \to 0``, ``|p - q| \ll 1`` is left out: the parameter that is small beside the others of a product."""
    if r.kind not in ("to", "gg", "ll") or (r.kind == "to" and r.right not in (0, sp.oo)):
        return []
    less = (
        r.left / r.right
        if r.kind == "ll"
        else r.right / r.left
        if r.kind == "gg"
        else r.left
        if r.right == 0
        else 1 / r.left
    )
    own = {p.symbol for p in model.parameters}
    powers = [f.as_base_exp() for f in sp.Mul.make_args(sp.powsimp(less, force=True)) if not f.is_number]
    if not powers or any(base not in own or not exponent.is_number for base, exponent in powers):
        return []
    shrinking = [base for base, exponent in powers if exponent > 0]
    ends = {s for b in model.boundaries for m in b.members for s in m.free_symbols}  # places shrink with them
    return sorted(shrinking, key=lambda s: (s in ends, str(s)))[:1]


def _has_an_order(r: Relation, model: JumpModel) -> bool:
    """``p - q = O(a)``: the size of a combination of parameters."""
    own = {p.symbol for p in model.parameters}
    if r.kind == "ll" and r.right == 1 and r.left.free_symbols and r.left.free_symbols <= own:
        return True  # |p - q| << 1
    orders = r.right.atoms(sp.Order) | {c for c in r.right.atoms(AppliedUndef) if c.func.__name__ == "O"}
    return r.kind == "=" and r.right in orders and bool(r.left.free_symbols) and r.left.free_symbols <= own


def _is_far(r: Relation, model: JumpModel) -> bool:
    """``|x| -> oo``, ``x -> oo``, ``|x| >> ...`` of a coordinate."""
    place = r.left.args[0] if isinstance(r.left, sp.Abs) else r.left
    return place in model.coordinate_symbols and (r.kind == "gg" or (r.kind == "to" and abs(r.right) == sp.oo))


def _of_parameters(r: Relation, model: JumpModel) -> bool:
    """An inequality between parameters and numbers."""
    free = r.left.free_symbols | r.right.free_symbols
    calls = r.left.atoms(AppliedUndef) | r.right.atoms(AppliedUndef)
    return bool(free) and free <= {p.symbol for p in model.parameters} and not calls


def _is_of_time(r: Relation, model: JumpModel) -> bool:
    """Whether what tends to something is an average, the density or a transform of it: what changes with time."""
    names = {"Mean", "Var", "Cov", *(f"{model.density}{accent}" for accent in ("", "hat", "tilde"))}
    declared = {p.name for p in model.parameters}
    spoken = {c.func.__name__ for c in r.left.atoms(AppliedUndef)}
    widths = {n for n in spoken | {s.name for s in r.left.free_symbols} if names_a_width(n, model)}
    return bool(spoken & names or widths - declared) and not r.right.has(sp.oo)


def _is_range(r: Relation, model: JumpModel) -> bool:
    """A bound of one coordinate or of the time alone."""
    variables = {*model.coordinate_symbols, model.time}
    return (r.left in variables or r.right in variables) and len(
        (r.left.free_symbols | r.right.free_symbols) & variables
    ) == 1
