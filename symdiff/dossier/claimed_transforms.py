r"""Transforms in claims: psi~(s) and psi(t) of a wait, lambda^(k) of a jump, P(k, s) by the formula of Montroll and Weiss, omega(k)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.observables import dispersion, transforms
from symdiff.continuum.observables.exits import passage_in_laplace
from symdiff.continuum.waiting import as_markov
from symdiff.continuum.waiting_relation import is_separable
from symdiff.dossier.comparing import LAPLACE, Arena
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.named_transforms import named_transform
from symdiff.model.waiting import WaitingLaw
from symdiff.verification.claim import Claim, Relation
from symdiff.verification.verdict import PROVED, REFUTED, UNDECIDED, RegimeVerdict, Verdict

if TYPE_CHECKING:
    from symdiff.dossier.resolving import Resolver

S = LAPLACE
WAITS = ("psi", "phi", "w")
JUMPS = ("lambda", "lam", "w", "f", "phi", "p", "eta")
_ACCENTS = re.compile(r"(?:hat|tilde|bar)+$")
_SENSES = (  # omega, in terms of the growth rate of e^(st + ikx)
    (sp.S.One, "e^{omega t + ikx}"),
    (sp.I, "e^{i(kx - omega t)}"),
    (-sp.I, "e^{i(kx + omega t)}"),
    (sp.S.NegativeOne, "e^{-omega t + ikx}"),
)


def speaks_of_laplace(relation: Relation, model: JumpModel) -> bool:
    """Whether a transform of a wait or of the law at the Laplace variable s occurs, so that s is no growth rate."""
    declared = {p.name for p in model.parameters}
    calls = relation.left.atoms(AppliedUndef) | relation.right.atoms(AppliedUndef)
    return "s" not in declared and any(str(c.args[-1]) == "s" and _kind(c, model) for c in calls if c.args)


def is_transform(call: AppliedUndef, model: JumpModel) -> bool:
    """``P^(k, t)``, also written P(k, t): the density's name, with a hat or a tilde or without, at wave numbers."""
    name, taken = call.func.__name__, {p.name for p in model.parameters}
    waves = {n for n in ("k", *(f"k_{c}" for c in model.coordinates)) if n not in taken}
    places = [str(a) for a in call.args[:-1]]
    return (
        name in (model.density, f"{model.density}hat", f"{model.density}tilde")
        and bool(places)
        and all(p in waves for p in places)
        and (len(places) == model.dimension or places == ["k"])
        and call.args[-1] == model.time
    )


def transform_value(call: AppliedUndef, quantities: Quantities) -> sp.Expr | None:
    """The value of psi~(s), psi(t), lambda^(k) or P(k, s); None for other calls.

    Raises :class:`MissingQuantityError` where the model has it in no closed form.
    """
    model = quantities.model
    kind = _kind(call, model)
    if kind == "wait in s":
        return waiting_transform(_wait(model))
    if kind == "survival in s":
        return (1 - waiting_transform(_wait(model))) / S
    if kind == "wait in t":
        return _waiting_density(_wait(model), model.time)
    if kind == "jump in k":
        return step_transform(model)
    if kind in ("first_passage_density", "survival_probability"):
        return _passage(call, kind, quantities)
    return law_in_laplace(quantities) if kind == "law in k and s" else None


def _passage(call: AppliedUndef, kind: str, quantities: Quantities) -> sp.Expr:
    """F~(s), or the survival (1 - F~(s))/s, from the start."""
    model = quantities.model
    statement = next(o for o in model.observables if o.name == _ACCENTS.sub("", call.func.__name__))
    if not set(call.args[:-1]) <= set(model.coordinate_symbols):
        raise MissingQuantityError(f"'{call}' at another place is not handled yet", False)
    try:
        value = passage_in_laplace(model, quantities.limit, statement, S)
    except SymdiffError as error:
        raise MissingQuantityError(f"the transform of first passage is not known here: {error.message}", True) from None
    return value if kind == "first_passage_density" else (1 - value) / S


def _kind(call: AppliedUndef, model: JumpModel) -> str:
    name, taken = call.func.__name__, {p.name for p in model.parameters} | {d.name for d in model.functions}
    base, args = _ACCENTS.sub("", name), [str(a) for a in call.args]
    accent = base != name
    waves = {n for n in ("k", *(f"k_{c}" for c in model.coordinates)) if n not in taken}
    if name in taken or (args[-1:] == ["s"] and "s" in taken):
        return ""
    if base == model.density and len(args) in (2, model.dimension + 1) and set(args[:-1]) <= waves and args[-1] == "s":
        return "law in k and s"
    passage = next(
        (
            o.kind
            for o in model.observables
            if o.name == base and o.kind in ("first_passage_density", "survival_probability")
        ),
        "",
    )
    if passage and args[-1:] == ["s"]:
        return passage
    jump = base in JUMPS and (accent or base in ("lambda", "lam", "w", "phi")) and base != model.density
    if set(args) <= {*waves, "kbold"} and len(args) in (1, model.dimension) and jump and model.clock != "continuous":
        return "jump in k"
    if model.clock != "waiting":
        return ""
    if args == ["s"]:
        return "wait in s" if base in WAITS and accent else "survival in s" if base == "Psi" and accent else ""
    if args == [str(model.time)] and name == "psi":
        return "wait in t"
    return ""


def wait_in_laplace(call: sp.Expr, model: JumpModel) -> WaitingLaw | None:
    """The wait whose transform psi~(s) a call is; None for other calls."""
    return _wait(model) if isinstance(call, AppliedUndef) and _kind(call, model) == "wait in s" else None


def _wait(model: JumpModel) -> WaitingLaw:
    if not is_separable(model) or model.boundaries:
        raise MissingQuantityError("the waits of this model have no single law", True)
    return next(model.wait_before(j, jump) for _, j, jump in model.transitions())


def waiting_transform(law: WaitingLaw) -> sp.Expr:
    """E[e^(-st)] of a wait in closed form; raises :class:`MissingQuantityError` where there is none."""
    a = dict(law.arguments)
    if law.transform is not None:
        if law.remainder is not None:
            raise MissingQuantityError("of the waiting time only the beginning of its transform is known", True)
        return law.transform.xreplace({s: S for s in law.transform.free_symbols if s.name == "s"})
    if law.distribution == "mittag_leffler":
        return 1 / (1 + (S * a["scale"]) ** a["index"])
    value = named_transform(law.distribution, a, S)
    if value is None:
        raise MissingQuantityError(f"the law '{law.distribution}' has no transform in closed form here", True)
    return value


def _waiting_density(law: WaitingLaw, t: sp.Symbol) -> sp.Expr:
    """The density of a wait; of a heavy tail whose density has no closed form raises :class:`MissingQuantityError`."""
    a = dict(law.arguments)
    if law.distribution == "exponential":
        return sp.exp(-t / a["mean"]) / a["mean"]
    if law.distribution == "gamma":
        return t ** (a["shape"] - 1) * sp.exp(-t / a["scale"]) / (sp.gamma(a["shape"]) * a["scale"] ** a["shape"])
    if law.distribution == "pareto" and "cutoff" not in a:  # later than its scale
        return a["index"] * a["scale"] ** a["index"] / t ** (1 + a["index"])
    if law.distribution == "lomax":
        return a["index"] * a["scale"] ** a["index"] / (a["scale"] + t) ** (1 + a["index"])
    raise MissingQuantityError(f"the density of the law '{law.distribution}' has no closed form here", True)


def late_waiting_power(relation: Relation, model: JumpModel) -> sp.Expr | None:
    """The a of psi(t) ~ t^-a for late times, where a relation is of that form and the wait has a power-law tail."""
    call = relation.left
    if relation.kind != "propto" or not isinstance(call, AppliedUndef) or _kind(call, model) != "wait in t":
        return None
    tail = _wait(model).tail
    return None if tail is None or tail.logarithmic else 1 + tail.index


def judge_late_power(relation: Relation, power: sp.Expr, arena: Arena, resolver: Resolver) -> RegimeVerdict:
    """``psi(t) ~ t^-b``: b against the power of the tail of the wait."""
    t = arena.model.time
    slope = sp.simplify(-t * sp.diff(relation.right, t) / relation.right)
    used = (("the power of psi at late times", -power),)
    if slope.has(t):
        return RegimeVerdict("", UNDECIDED, used, "the right-hand side is no power of t")
    answer = arena.equal(resolver.resolve(slope), power)
    if answer.answer is Answer.PROVED:
        return RegimeVerdict("", PROVED, used, "the tail of the wait", reservation="for late times")
    if answer.answer is Answer.UNDECIDED:
        return RegimeVerdict("", UNDECIDED, used, "the powers could not be compared")
    return RegimeVerdict("", REFUTED, used, "another power of t", answer.witness, answer.left, answer.right)


def mean_wait(call: AppliedUndef, model: JumpModel) -> sp.Expr | None:
    """``<t>``, ``<t^2>``, ``<tau>`` of a model whose walkers wait: a moment of the wait; None for other averages."""
    if model.clock != "waiting" or call.func.__name__ != "Mean":
        return None
    base, order = call.args[0].as_base_exp()
    taken = {p.name for p in model.parameters}
    if not base.is_Symbol or (base != model.time and (base.name not in ("tau", "T") or base.name in taken)):
        return None
    law = _wait(model)
    if not order.is_Integer or not 0 < order <= 4:
        return None
    if law.mean_is_infinite:
        return sp.oo
    if law.highest_moment is not None and law.highest_moment < order:
        raise MissingQuantityError(f"the moment {order} of the wait is infinite or not known", True)
    return law.moment(int(order))


def step_transform(model: JumpModel) -> sp.Expr:
    """E[e^(ikr)] of one jump, in the convention of e^(ikx): of a biased one its conjugate is the factor of a wave."""
    if model.time_step is not None and len(model.state_names) == 1:
        try:
            return sp.expand(sp.exp(dispersion.lattice(model).value * model.time_step).simplify())
        except SymdiffError as error:
            raise MissingQuantityError(
                f"the transform of a step is not known in closed form: {error.message}", True
            ) from None
    if not is_separable(model) or len(model.state_names) > 1:
        raise MissingQuantityError("the jumps of this model have no single law", True)
    fields = {name: getattr(model, name) for name in JumpModel.__dataclass_fields__}
    jumps = tuple(replace(j, waiting=None) for j in model.jumps)
    try:
        rates = make_model(fields | {"jumps": jumps, "clock": "continuous", "waiting": None})
        return sp.expand(1 + dispersion.lattice(rates).value)
    except SymdiffError as error:
        raise MissingQuantityError(
            f"the transform of a jump is not known in closed form: {error.message}", True
        ) from None


def law_in_laplace(quantities: Quantities) -> sp.Expr:
    """The law that starts from a point, in k and s: by its growth rate, by the formula of Montroll and Weiss where walkers wait."""
    model, limit = quantities.model, quantities.limit
    waits = model.clock == "waiting"
    if limit is None and waits and as_markov(model) is None:
        if model.first_wait != "ordinary":
            raise MissingQuantityError("the formula of Montroll and Weiss is that of an ordinary first wait", True)
        psi, jump = waiting_transform(_wait(model)), step_transform(model)
        return (1 - psi) / S / (1 - psi * jump)
    if model.time_step is not None and limit is None:
        raise MissingQuantityError("a walk in discrete time has no Laplace transform here", True)
    named = {} if limit is None else dict(limit.coefficients)
    index = named.get("waiting_index", sp.S.One)
    if index == 1:
        several = _of_states(quantities, lambda: transforms.law_in_laplace(model, limit, S))
        return 1 / (S - quantities.value("growth_rate")) if several is None else several
    if set(named) - {"waiting_index", "stability_index", "K"}:
        raise MissingQuantityError("the transform of this equation is not handled yet", True)
    waves = dispersion.wave_vector(model)
    square = sp.Add(*(w**2 for w in waves))
    length = sp.Abs(waves[0]) if len(waves) == 1 else sp.sqrt(square)
    return S ** (index - 1) / (S**index + named["K"] * length ** named.get("stability_index", sp.Integer(2)))


def law_by_waits(model: JumpModel) -> tuple[sp.Expr, sp.Expr] | None:
    """Index and argument of P(k, t) = E_a(-(t/t0)^a (1 - lambda(k))), which is exact for Mittag-Leffler waits; None for others.

    The formula of Montroll and Weiss with 1/(1 + (s t0)^a) is s^(a - 1)/(s^a + t0^-a (1 - lambda(k))).
    """
    if model.clock != "waiting" or model.first_wait != "ordinary" or not is_separable(model) or model.boundaries:
        return None
    law = _wait(model)
    if law.distribution != "mittag_leffler":
        return None
    a, scale = (dict(law.arguments)[name] for name in ("index", "scale"))
    return a, -((model.time / scale) ** a) * (1 - step_transform(model))


def law_in_time(quantities: Quantities) -> sp.Expr:
    """The law that starts from a point, in k and t: all its modes; raises :class:`MissingQuantityError`."""
    several = _of_states(quantities, lambda: transforms.law_in_time(quantities.model, quantities.limit))
    return sp.exp(quantities.value("growth_rate") * quantities.model.time) if several is None else several


def _of_states(quantities: Quantities, rule: Callable[[], sp.Expr | None]) -> sp.Expr | None:
    """The law of walkers with states; None where there is one, or where what moves is no walker of its own."""
    limit, model = quantities.limit, quantities.model
    if limit is None and len(model.state_names) < 2:
        return None
    if limit is not None and limit.equation is not None and max(t.time for t in limit.equation.left) < 2:
        return None
    try:
        return rule()
    except SymdiffError as error:
        raise MissingQuantityError(f"the transform of the law is not known here: {error.message}", True) from None


def senses_of_waves(claim: Claim, model: JumpModel) -> Iterator[tuple[Claim, str]]:
    """A transform of the law or of a step as an average of e^(-ikx), and of e^(ikx), as probabilists write it; where i occurs."""
    taken = {p.name for p in model.parameters}
    calls = {c for r in claim.relations for side in (r.left, r.right) for c in side.atoms(AppliedUndef)}
    imaginary = any(side.has(sp.I) for r in claim.relations for side in (r.left, r.right))
    spoken = any(is_transform(c, model) or _kind(c, model) in ("jump in k", "law in k and s") for c in calls)
    if not imaginary or not spoken or "k" in taken:
        return
    yield claim, ""
    flipped = tuple(replace(r, left=_flipped(r.left), right=_flipped(r.right)) for r in claim.relations)
    yield replace(claim, relations=flipped), "the transform is an average of e^(ikx)"


def in_waves(claim: Claim, model: JumpModel) -> tuple[Claim, bool] | None:
    """``<e^{ikx}>`` as the transform of the law, which is an average of e^(-ikx): with i as -i, which the second value says.

    None where it does not occur. In discrete time x_n, x_N is the place after so many steps.
    """
    taken, found = {p.name for p in model.parameters}, dict[sp.Basic, sp.Basic]()
    places, turns = model.coordinate_symbols, set[sp.Expr]()
    calls = {c for r in claim.relations for side in (r.left, r.right) for c in side.atoms(AppliedUndef)}
    after = {sp.Symbol(f"{head}_{n}"): c for c in places for head in (c.name, c.name.upper()) for n in "nN" if model.time_step is not None}  # fmt: skip
    after = {label: c for label, c in after.items() if label.name not in taken}
    for original in calls:
        call = original.xreplace(after)
        if call.func.__name__ != "Mean" or not isinstance(call.args[0], sp.exp):
            continue
        waves = {
            s.name: s
            for s in call.free_symbols
            if s.name in ("k", *(f"k_{c}" for c in model.coordinates)) and s.name not in taken
        }
        names = ["k"] if len(places) == 1 else [f"k_{c}" for c in model.coordinates]
        if set(names) != set(waves):
            continue
        turn = sp.cancel(
            call.args[0].args[0] / (sp.I * sp.Add(*(waves[n] * c for n, c in zip(names, places, strict=True))))
        )
        if turn in (1, -1):
            turns.add(turn)
            back = original.xreplace({sp.I: -sp.I}) if turn == 1 else original
            found[back] = sp.Function(f"{model.density}hat")(*(waves[n] for n in names), model.time)
    if len(turns) != 1:
        return None
    sides = [[_flipped(s) if 1 in turns else s for s in (r.left, r.right)] for r in claim.relations]
    put = [
        replace(r, left=a.xreplace(found), right=b.xreplace(found))
        for r, (a, b) in zip(claim.relations, sides, strict=True)
    ]
    return replace(claim, relations=tuple(put)), 1 in turns


def told_as_average(verdict: Verdict) -> Verdict:
    """A verdict on the transform of the law, in the words of ``<e^{ikx}>``: with i as -i in all that it shows."""
    regimes = []
    for r in verdict.regimes:
        derived = tuple((AVERAGE if name.endswith("hat") else name, _flipped(value)) for name, value in r.derived)
        correct, ratio = (None if e is None else _flipped(e) for e in (r.correct, r.ratio))
        left, right = _conjugate(r.left), _conjugate(r.right)
        regimes.append(replace(r, derived=derived, correct=correct, ratio=ratio, left=left, right=right))
    return replace(verdict, regimes=tuple(regimes))


AVERAGE = "<e^(ikx)>"


def _conjugate(number: str) -> str:
    """The number ``a - b*I`` as ``a + b*I``."""
    signs = {"- ": "+ ", "+ ": "- ", "-": "", "": "-"}
    return re.sub(r"([-+] |-|)([\d.e]+\*I)$", lambda m: signs[m[1]] + m[2], number)


def _flipped(side: sp.Expr) -> sp.Expr:
    """A side with i as -i, which is -k for k in what is real for real k."""
    return side.xreplace({sp.I: -sp.I})


# --- omega(k) ----------------------------------------------------------------------------------------------------------


def senses_of_omega(claim: Claim, model: JumpModel) -> Iterator[tuple[Claim, str]]:
    """The claim with omega(k) as the growth rate s, i s, -i s and -s, each with the wave that it belongs to.

    lambda_+- are the two branches of s or -s, lambda(k), sigma = -D k^2 that of a single one. Nothing where the letters are declared, or no wave number stands beside them.
    """
    claim = both_branches(claim)
    known = {p.name for p in model.parameters} | {n for n, _ in claim.statement.symbols}
    known |= {o.name for o in model.observables}
    parts = {p for r in claim.relations for side in (r.left, r.right) for p in side.atoms(sp.Symbol, AppliedUndef)}
    names = {_name(p) for p in parts}
    omegas = (names & {"omega", "omega_+", "omega_-", "lambda_+", "lambda_-"}) - known
    waves = {"k", "kbold", *(f"k_{c}" for c in model.coordinates)} - known
    alone = {
        _name(s) for r in claim.relations for s in (r.left, r.right) if s.is_Symbol or _is_of_waves(s, waves, model)
    }
    omegas = omegas or (alone & GROWTH_LETTERS) - known
    if (
        not omegas
        or not names & waves
        or any(_is_one_at_rest(side, waves) for r in claim.relations for side in (r.left, r.right))
    ):
        return
    letter = min(omegas).partition("_")[0]
    for factor, wave in _SENSES if letter == "omega" else (_SENSES[0], _SENSES[3]):
        rate = "growth_rate" if "s" in known else "s"
        change = {p: factor * sp.Symbol(rate + _name(p)[len(letter) :]) for p in parts if _name(p) in omegas}
        relations = tuple(Relation(r.kind, r.left.xreplace(change), r.right.xreplace(change)) for r in claim.relations)
        yield replace(claim, relations=relations), f"{letter} is that of {wave.replace('omega', letter)}"


GROWTH_LETTERS = {"lambda", "Lambda", "Omega", "sigma", "Gamma"}  # of a mode, where they stand alone on a side


def _is_of_waves(side: sp.Expr, waves: set[str], model: JumpModel) -> bool:
    """``lambda(k)``, ``lambda_k``: a function of the wave number alone, not the law of one step in k."""
    return isinstance(side, AppliedUndef) and {str(a) for a in side.args} <= waves and not _kind(side, model)


def _is_one_at_rest(side: sp.Expr, waves: set[str]) -> bool:
    """Whether a side is one at k = 0: a structure function lambda(k) = (cos k_x a + cos k_y a)/2 of steps, no growth rate."""
    held = {s: sp.S.Zero for s in side.free_symbols if s.name in waves}
    return bool(held) and not side.atoms(AppliedUndef) and sp.expand(side.xreplace(held)) == 1


ONE_BRANCH = "one of the two branches: the claim obeys their dispersion relation"


def dispersion_relation(relation: Relation, model: JumpModel) -> Relation | None:
    """``s = -a - sqrt(b)`` as (s + a)^2 - b = 0, which holds for either branch; None where s is declared or has no such root."""
    taken = {p.name for p in model.parameters} | {o.name for o in model.observables}
    parts = relation.left.atoms(sp.Symbol, AppliedUndef) | relation.right.atoms(sp.Symbol, AppliedUndef)
    signs = {p for p in parts if _name(p) == "s" and (isinstance(p, sp.Symbol) or set(map(str, p.args)) <= {"k"})}
    if relation.kind != "=" or "s" in taken or len(signs) != 1 or speaks_of_laplace(relation, model):
        return None
    sign, mark = signs.pop(), sp.Dummy()
    gap = sp.expand((relation.left - relation.right).xreplace({sign: mark}))
    slope = sp.diff(gap, mark)
    if slope == 0 or slope.has(mark):
        return None
    value = sp.expand(mark - gap / slope)
    roots = [p for p in value.atoms(sp.Pow) if p.exp == sp.S.Half]
    plain = value.xreplace(dict.fromkeys(roots, sp.S.Zero))
    relation = _quadratic(sign, 2 * plain, plain**2 - sp.expand((value - plain) ** 2))
    return relation if roots and not _has_roots(relation) else None


def _quadratic(sign: sp.Expr, total: sp.Expr, product: sp.Expr) -> Relation:
    return Relation("=", sp.expand(sign**2 - total * sign + product), sp.S.Zero)


def _has_roots(relation: Relation) -> bool:
    return any(not p.exp.is_Integer for p in relation.left.atoms(sp.Pow))


def both_branches(claim: Claim) -> Claim:
    """``omega = a +- b`` as the quadratic equation of which both are the roots, where that has no roots in it."""
    if len(claim.relations) != 2 or any(r.kind != "=" for r in claim.relations):
        return claim
    one, two = claim.relations
    if (
        one.left != two.left
        or _name(one.left) not in ("omega", "s")
        or not isinstance(one.left, (sp.Symbol, AppliedUndef))
    ):
        return claim
    quadratic = _quadratic(one.left, sp.expand(one.right + two.right), sp.expand(one.right * two.right))
    return claim if _has_roots(quadratic) or one.right == two.right else replace(claim, relations=(quadratic,))


def _name(part: sp.Basic) -> str:
    return part.name if isinstance(part, sp.Symbol) else str(part.func.__name__)
