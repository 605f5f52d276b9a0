r"""Equations for averages, ``d<n>/dt = b - m<n>``, against the generator: they must hold from every start.

d<f>/dt = <L f>. Linear in averages, the claim is <F> = 0 with one function F, and holds for every start exactly where F = 0.
Else (``<n>^2`` beside ``<n^2>``) both sides are expanded in powers of t about a start x, where the j-th derivative of <f> is
(L^j f)(x): a power that does not vanish for all x refutes the claim.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.equality import Answer
from symdiff.continuum.observables.averages import applied
from symdiff.continuum.observables.backward import Backward, of_limit, of_model
from symdiff.dossier.comparing import Arena
from symdiff.dossier.mending import mended
from symdiff.dossier.quantities import MissingQuantityError
from symdiff.dossier.resolving import Resolver
from symdiff.errors import NotYetError, SymdiffError
from symdiff.verification.claim import Relation
from symdiff.verification.verdict import CONDITIONAL, PROVED, REFUTED, RegimeVerdict

ORDERS = 3  # powers of t that are compared where averages are multiplied
CLOSURE = "it is a closure: products of averages stand for averages of products, which holds to leading order in the system size alone"
LAW = "d<f>/dt = <L f> with the generator L of the model, from every start"


def judge_moments(relation: Relation, arena: Arena, resolver: Resolver) -> RegimeVerdict | None:
    """The verdict on an equation for the derivative of averages of a walk whose rates depend on place; None for other claims."""
    time = arena.model.time
    derivatives = [
        d
        for d in relation.left.atoms(sp.Derivative) | relation.right.atoms(sp.Derivative)
        if d.variables == (time,) and _is_average(d.expr)
    ]
    if relation.kind != "=" or not derivatives or arena.model.depends_on_time or arena.model.boundaries:
        return None
    try:
        generator = of_model(arena.model) if arena.limit is None else of_limit(arena.model, arena.limit)
        if generator is None or generator.step is not None or len(generator.states) > 1 or generator.homogeneous:
            return None
        return _judged(relation, generator, arena, resolver)
    except (SymdiffError, MissingQuantityError, sp.PolynomialError):
        return None


def _is_average(e: sp.Expr) -> bool:
    return isinstance(e, AppliedUndef) and e.func.__name__ in ("Mean", "Var", "Cov")


def _judged(relation: Relation, generator: Backward, arena: Arena, resolver: Resolver) -> RegimeVerdict | None:
    t = arena.model.time
    gap = relation.left - relation.right
    functions: dict[sp.Expr, sp.Symbol] = {}

    def mean(f: sp.Expr) -> sp.Expr:
        f = sp.expand(f)
        return (
            f if not f.has(*generator.coordinates) else functions.setdefault(f, sp.Function(f"_m{len(functions)}")(t))
        )

    def value(call: AppliedUndef) -> sp.Expr:
        inner = [resolver.place_of(a) for a in call.args]
        if call.func.__name__ == "Mean":
            return mean(inner[0])
        other = inner[-1]
        return mean(inner[0] * other) - mean(inner[0]) * mean(other)

    gap = gap.xreplace({c: value(c) for c in sorted(gap.atoms(AppliedUndef), key=str) if _is_average(c)}).doit()
    gap = sp.expand(gap.xreplace({s: resolver.symbol(s.name) for s in gap.free_symbols if not resolver.owns(s)}))
    if gap.has(t) and gap.xreplace(dict.fromkeys(functions.values(), sp.S.Zero)).doit().has(t):
        return None  # the start enters by an explicit function of time
    marks = {m: f for f, m in functions.items()}
    linear = _as_one_average(gap, marks, generator, t)
    if linear is not None:
        answer = arena.equal(linear, sp.S.Zero)
        if answer.answer is Answer.PROVED:
            return RegimeVerdict("", PROVED, (), LAW)
        if answer.answer is Answer.REFUTED:
            rates = [(d, sp.diff(gap, d)) for d in gap.atoms(sp.Derivative)]
            verdict = _refuted(linear, arena)
            if len(rates) != 1 or rates[0][1].free_symbols & set(generator.coordinates):
                return verdict
            correct = _image(generator, marks[rates[0][0].expr])
            return mended(verdict, sp.expand(correct - linear / rates[0][1]), correct, arena)
        return None
    series = {m: _series(f, generator, t) for m, f in marks.items()}
    rest = sp.expand(gap.xreplace({sp.Derivative(m, t): sp.diff(s, t) for m, s in series.items()}).xreplace(series))
    for order in range(ORDERS):
        coefficient = sp.expand(rest.coeff(t, order))
        if arena.equal(coefficient, sp.S.Zero).answer is Answer.REFUTED:
            if order > 0 and arena.model.population is not None:
                return RegimeVerdict("", CONDITIONAL, (), CLOSURE)
            return _refuted(coefficient, arena)
    return None


def _refuted(gap: sp.Expr, arena: Arena) -> RegimeVerdict:
    places = {c: sp.Symbol(f"{c.name}_0") for c in arena.model.coordinate_symbols}
    said = sp.factor(gap).xreplace(places)
    answer = arena.equal(gap, sp.S.Zero)
    why = f"from a start at {', '.join(map(str, places.values()))} the two sides differ by {said} after a short time"
    return RegimeVerdict("", REFUTED, (), why, answer.witness, answer.left, answer.right)


def _as_one_average(gap: sp.Expr, marks: dict[sp.Basic, sp.Expr], generator: Backward, t: sp.Symbol) -> sp.Expr | None:
    """F with gap = <F>, where the gap is linear in averages and their derivatives with constant coefficients."""
    total = sp.Integer(0)
    for term in sp.Add.make_args(gap):
        factors = [f for f in sp.Mul.make_args(term) if f.has(*marks)]
        if not factors:
            total += term
            continue
        if len(factors) > 1:
            return None
        constant = sp.Mul(*(f for f in sp.Mul.make_args(term) if f is not factors[0]))
        if constant.has(t):
            return None
        if factors[0] in marks:
            total += constant * marks[factors[0]]
        elif isinstance(factors[0], sp.Derivative) and factors[0].variables == (t,):
            total += constant * _image(generator, marks[factors[0].expr])
        else:
            return None
    return sp.expand(total)


def _image(generator: Backward, function: sp.Expr) -> sp.Expr:
    """L f; of rates that are no polynomials, for one state without resets and laws of steps."""
    try:
        return applied(generator, function)
    except NotYetError:
        if generator.resets or any(m.law is not None for m in generator.moves):
            raise
    x, total = generator.coordinates, sp.S.Zero
    for move in generator.moves:
        ahead = function.subs(
            dict(zip(x, (c + r for c, r in zip(x, move.step, strict=True)), strict=True)), simultaneous=True
        )
        total += move.rate * (ahead - function)
    for term in generator.local:
        slope = function
        for c, n in zip(x, term.order, strict=True):
            slope = sp.diff(slope, c, n) if n else slope
        total += term.coefficient * slope
    return sp.expand(total)


def _series(function: sp.Expr, generator: Backward, t: sp.Symbol) -> sp.Expr:
    """<f> from a start at x in powers of t."""
    total, image = function, function
    for order in range(1, ORDERS + 1):
        image = _image(generator, image)
        total += image * t**order / sp.factorial(order)
    return total
