r"""Claims about the generating function G(z, t) = sum_n z^n P_n(t) of a number: its equation, and closed forms of it.

A jump by r at the rate w(n) gives (z^r - 1) w(z d_z) G in d_t G. A closed form is put into that equation; at z = 1 it is 1, and at t = 0
it is z^(n_0). Source: C. W. Gardiner, Stochastic Methods (2009), ch. 11; N. G. van Kampen (2007), ch. VI.6.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.dossier.claim_sites import calls_of, changed
from symdiff.dossier.comparing import Arena
from symdiff.dossier.resolving_averages import STATIONARY
from symdiff.errors import SymdiffError
from symdiff.model.crowd import INDEPENDENT
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict, together

LETTERS = ("G", "F", "H", "g", "Phi", "Psi", "Pi", "phi", "psi")
VARIABLES = ("z", "s", "zeta", "xi")
NAME = "G"
HIGHEST = 6  # derivative by z


def about_generating_function(claim: Claim, model: JumpModel) -> Claim | None:
    """The claim with every sum of z^n P_n, and every name of it, as G(z, t), or G(z) at late times; None where it speaks of none.

    Derivatives at z = 1 are factorial moments, which are averages.
    """
    found = _heads(claim, model)
    if not found:
        return None
    z = next(iter(found.values()))
    own = sp.Function("_G")
    change: dict[sp.Basic, sp.Basic] = {}
    for call, variable in found.items():
        change[call] = own(z, model.time) if _in_time(call, model) else own(z)
        if variable != z:
            return None
    claim = changed(claim, change)
    moments = {}
    for r in claim.relations:
        for point in r.left.atoms(sp.Subs) | r.right.atoms(sp.Subs):
            if (average := _moment(point, own, model)) is not None:
                moments[point] = average
    return (
        changed(claim, moments, "derivatives of the generating function at 1 are factorial moments")
        if moments
        else claim
    )


def speaks_of_it(claim: Claim) -> bool:
    """Whether the generating function itself is left in a claim."""
    return any(c.func.__name__ == "_G" for r in claim.relations for c in calls_of(r))


def _heads(claim: Claim, model: JumpModel) -> dict[sp.Basic, sp.Symbol]:
    """What stands for the generating function, each with its variable."""
    taken = {p.name for p in model.parameters} | {d.name for d in model.functions} | {o.name for o in model.observables}
    taken |= {model.density, *model.states, *model.coordinates, *dict(claim.statement.symbols)}
    found: dict[sp.Basic, sp.Symbol] = {}
    for r in claim.relations:
        for side in (r.left, r.right):
            for total in side.atoms(sp.Sum):
                if (z := _variable_of(total, model)) is not None:
                    found[total] = z
            by = {v for d in side.atoms(sp.Derivative) if isinstance(d.expr, AppliedUndef) for v in d.variables}
            for call in side.atoms(AppliedUndef):
                head, _, label = call.func.__name__.replace("^", "_").partition("_")
                letters = [a for a in call.args if str(a) in VARIABLES and str(a) not in taken]
                rest = {a for a in call.args if a not in letters} - {*model.coordinate_symbols, model.time}
                if head in taken or len(letters) != 1 or rest or (label and label not in STATIONARY):
                    continue
                if head in LETTERS and (str(letters[0]) == "z" or letters[0] in by):
                    found[call] = letters[0]
    return found


def _variable_of(total: sp.Sum, model: JumpModel) -> sp.Symbol | None:
    """The z of sum_n z^n P_n(t)."""
    if len(total.limits) != 1 or total.limits[0][2] != sp.oo:
        return None
    n = total.limits[0][0]
    powers = [p for p in sp.Mul.make_args(total.function) if p.is_Pow and p.exp == n and p.base.is_Symbol]
    laws = [c for c in sp.Mul.make_args(total.function) if isinstance(c, AppliedUndef) and n in c.args]
    if len(powers) != 1 or len(laws) != 1 or sp.Mul(*powers, *laws) != total.function:
        return None
    return powers[0].base if laws[0].func.__name__.replace("^", "_").partition("_")[0] == model.density else None


def _in_time(part: sp.Basic, model: JumpModel) -> bool:
    calls = part.atoms(AppliedUndef)
    marked = any(c.func.__name__.replace("^", "_").partition("_")[2] in STATIONARY for c in calls)
    return not marked and any(model.time in c.args for c in calls)


def _moment(point: sp.Subs, own: type[AppliedUndef], model: JumpModel) -> sp.Expr | None:
    """d_z^m G at z = 1: <n (n - 1) ... (n - m + 1)>."""
    body = point.expr
    if (
        not isinstance(body, sp.Derivative)
        or body.expr.func != own
        or tuple(point.point) != (1,)
        or len(set(body.variables)) != 1
    ):
        return None
    n = model.coordinate_symbols[0]
    falling = sp.expand(sp.ff(n, len(body.variables)))
    mean = sp.Function("Mean" if len(body.expr.args) == 2 else "Mean_ss")
    return sp.Add(*(c * mean(n**k) for (k,), c in sp.Poly(falling, n).terms()))


# --- the equation of the generating function ------------------------------------------------------------------------------


def generator_of(model: JumpModel, z: sp.Symbol) -> dict[int, sp.Expr] | None:
    """The coefficient of every derivative d_z^m in d_t G; None where the model has no such equation."""
    plain = model.dimension == 1 and model.clock == "continuous" and len(model.state_names) == 1 and not model.internals
    if (
        not plain
        or model.boundaries
        or model.crowd != INDEPENDENT
        or model.motions
        or model.depends_on_time
        or model.scheme is not None
    ):
        return None
    (x,) = model.coordinate_symbols
    if any(j.law is not None or j.region is not None or j.destination is not None for j in model.jumps):
        return None
    lengths = {sp.Abs(r) for j in model.jumps for r in j.displacement} - {sp.S.Zero}
    unit = sp.S.One if lengths <= {sp.Integer(k) for k in range(1, 100)} else min(lengths, key=sp.default_sort_key)
    total: dict[int, sp.Expr] = {}
    for jump in model.jumps:
        r, rate = (
            sp.cancel(jump.displacement[0] / unit),
            expand_definitions(jump.intensity, model.functions).xreplace({x: unit * x}),
        )
        if not r.is_Integer or not rate.is_polynomial(x) or sp.degree(rate, x) > HIGHEST:
            return None
        for (power,), c in sp.Poly(rate, x).terms():
            for m in range(power + 1):  # (z d_z)^p = sum of Stirling's numbers of the second kind z^m d_z^m
                weight = sp.functions.combinatorial.numbers.stirling(power, m)
                total[m] = total.get(m, sp.S.Zero) + c * weight * (z**r - 1) * z**m
    return {m: sp.expand(c) for m, c in total.items()}


def judge_generating(claim: Claim, model: JumpModel) -> RegimeVerdict:
    """Every relation about the generating function against the equation of the model."""
    z = next(c.args[0] for r in claim.relations for c in calls_of(r) if c.func.__name__ == "_G")
    equation = generator_of(model, z)
    if equation is None:
        return RegimeVerdict("model", UNDECIDED, (), "the generating function is handled for one number with rates that are polynomials in it, in continuous time")  # fmt: skip
    arena = Arena(model, None)
    relations = [r for r in claim.relations if r.left != r.right]
    try:
        return together("model", [_judged(r, z, equation, arena) for r in relations]) if relations else RegimeVerdict(
            "model", PROVED, (), "it is what the generating function means")  # fmt: skip
    except SymdiffError as error:
        return RegimeVerdict("model", UNDECIDED, (), error.message)


def _judged(relation: Relation, z: sp.Symbol, equation: dict[int, sp.Expr], arena: Arena) -> RegimeVerdict:
    model = arena.model
    sides, shown = (relation.left, relation.right), (("the equation of G", _spoken(z, equation, model)),)
    calls = {c for side in sides for c in side.atoms(AppliedUndef) if c.func.__name__ == "_G"}
    others = {c for side in sides for c in side.atoms(AppliedUndef)} - calls
    known = {p.symbol for p in model.parameters} | {z, model.time, *_starts(model)}
    unknown = sorted(str(s) for side in sides for s in side.free_symbols - known) + sorted(map(str, others))
    if unknown or len(calls) != 1 or relation.kind != "=":
        why = (
            f"nothing is known of '{unknown[0]}'"
            if unknown
            else "what it says of the generating function is not handled"
        )
        return RegimeVerdict("", UNDECIDED, shown, why)
    (call,) = calls
    derivatives = {d for side in sides for d in side.atoms(sp.Derivative)}
    if derivatives:
        return _equation_compared(relation, call, derivatives, z, equation, arena, shown)
    mark = sp.Dummy()
    gap = sp.expand((relation.left - relation.right).xreplace({call: mark}))
    slope = sp.diff(gap, mark)
    if slope == 0 or slope.has(mark):
        return RegimeVerdict("", UNDECIDED, shown, "the generating function does not stand alone")
    form = relation.right if relation.left == call else -gap.xreplace({mark: sp.S.Zero}) / slope
    return _form_compared(form, call, z, equation, arena, shown)


def _starts(model: JumpModel) -> set[sp.Symbol]:
    """n_0, m, N: the number at the start, where the file states none."""
    c = model.coordinates[0]
    taken = {p.name for p in model.parameters}
    return (
        set()
        if model.preparation.stated
        else {sp.Symbol(n) for n in (f"{c}_0", f"{c.upper()}_0", "m", "N", "n_0") if n not in taken}
    )


def _equation_compared(
    relation: Relation, call: AppliedUndef, derivatives: set[sp.Derivative], z: sp.Symbol, equation: dict[int, sp.Expr], arena: Arena,
    shown: tuple[tuple[str, sp.Expr], ...],
) -> RegimeVerdict:  # fmt: skip
    """A linear equation for G, derivative by derivative; without a time derivative, up to a factor."""
    model, timed = arena.model, len(call.args) == 2
    marks = {d: sp.Dummy() for d in derivatives} | {call: sp.Dummy()}
    if any(d.expr != call or (set(d.variables) != {z} and tuple(d.variables) != (model.time,)) for d in derivatives):
        return RegimeVerdict(
            "", UNDECIDED, shown, "mixed or nested derivatives of the generating function are not compared"
        )
    gap = sp.expand((relation.left - relation.right).xreplace(marks))
    claimed: dict[int | str, sp.Expr] = {}
    for part, mark in marks.items():
        key = 0 if part == call else "t" if part.variables[0] == model.time else len(part.variables)
        claimed[key] = sp.diff(gap, mark)
    rest = gap.xreplace(dict.fromkeys(marks.values(), sp.S.Zero))
    if rest != 0 or any(c.has(*marks.values()) for c in claimed.values()):
        return RegimeVerdict("", UNDECIDED, shown, "the equation is not linear in the generating function")
    derived: dict[int | str, sp.Expr] = {m: -c for m, c in equation.items()}
    unit: int | str = "t" if timed and "t" in claimed else max((m for m, c in equation.items() if c != 0), default=0)
    derived["t"] = sp.S.One if "t" in claimed else sp.S.Zero
    for key in sorted({*claimed, *derived}, key=str):
        zero = sp.S.Zero
        left = claimed.get(key, zero) * derived.get(unit, zero)
        right = derived.get(key, zero) * claimed.get(unit, zero)
        answer = arena.equal(left, right)
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict("", UNDECIDED, shown, "the equations could not be compared")
        if answer.answer is Answer.REFUTED:
            what = "G itself" if key == 0 else "d_t G" if key == "t" else f"d_{str(z) * int(key)} G"
            ours = -sp.factor(derived.get(key, zero))
            return RegimeVerdict("", REFUTED, shown, f"the coefficient of {what} differs", answer.witness, answer.left, answer.right, correct=ours)  # fmt: skip
    return RegimeVerdict("", PROVED, shown, "it is the equation of the generating function")


def _form_compared(
    form: sp.Expr,
    call: AppliedUndef,
    z: sp.Symbol,
    equation: dict[int, sp.Expr],
    arena: Arena,
    shown: tuple[tuple[str, sp.Expr], ...],
) -> RegimeVerdict:
    """A closed form put into the equation, at z = 1 and at the start."""
    t = arena.model.time
    timed = len(call.args) == 2
    if form.has(sp.Sum, sp.Integral, sp.Limit):
        return RegimeVerdict(
            "", UNDECIDED, shown, "sums and integrals are not put into the equation of the generating function"
        )
    moved = sp.Add(*(c * (sp.diff(form, z, m) if m else form) for m, c in equation.items()))
    left = sp.diff(form, t) if timed else sp.S.Zero
    # divided by the form: what is left of exponentials is rational
    checks = [(left / form, moved / form, "put into the equation of the generating function it leaves a remainder")]
    checks.append((form.xreplace({z: sp.S.One}), sp.S.One, "at z = 1 it is not 1, the sum of all chances"))
    for a, b, why in checks:
        answer = arena.equal(a, b)
        if answer.answer is Answer.REFUTED:
            return RegimeVerdict("", REFUTED, shown, why, answer.witness, answer.left, answer.right)
        if answer.answer is Answer.UNDECIDED:
            return RegimeVerdict("", UNDECIDED, shown, "the closed form could not be compared")
    return _at_the_start(form, z, arena, shown) if timed else RegimeVerdict("", PROVED, shown, "it solves the equation of the generating function")  # fmt: skip


def _at_the_start(form: sp.Expr, z: sp.Symbol, arena: Arena, shown: tuple[tuple[str, sp.Expr], ...]) -> RegimeVerdict:
    model = arena.model
    first = sp.powsimp(form.xreplace({model.time: sp.S.Zero}))
    stated = model.preparation.stated
    starts = [model.preparation.position[0]] if stated else [sp.S.Zero, sp.S.One, *sorted(_starts(model), key=str)]
    answers = [arena.equal(first, z**n) for n in starts]
    for n, a in zip(starts, answers, strict=True):
        if a.answer is Answer.PROVED:
            note = "" if stated else f"from the start {model.coordinates[0]} = {n}"
            return RegimeVerdict(
                "", PROVED, shown, "it solves the equation of the generating function, from its start", reservation=note
            )
    if all(a.answer is Answer.REFUTED for a in answers):
        a = answers[0]
        return RegimeVerdict(
            "", REFUTED, shown, f"at t = 0 it is not {z}**({starts[0]}), the start", a.witness, a.left, a.right
        )
    return RegimeVerdict("", UNDECIDED, shown, "the closed form could not be compared at the start")


def _spoken(z: sp.Symbol, equation: dict[int, sp.Expr], model: JumpModel) -> sp.Expr:
    """The right-hand side of d_t G, to be shown."""
    field = sp.Function(NAME)(z, model.time)
    return sp.Add(
        *(sp.factor(c) * (sp.Derivative(field, (z, m)) if m else field) for m, c in equation.items() if c != 0)
    )
