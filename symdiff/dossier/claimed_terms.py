"""A linear equation for the density as the coefficients of its derivatives, those of fractional order in time among them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.isotropic import axis_term
from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.claim_kinds import MEMORY, density_calls
from symdiff.dossier.linear_terms import opened_products
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.dossier.resolving import Resolver
from symdiff.equations.evolution_equation import Term
from symdiff.model.jump_model import JumpModel
from symdiff.verification.claim import Relation
from symdiff.verification.roles import role_of


class NotLinearError(MissingQuantityError):
    """The claimed equation is not linear in the density."""


class Key(NamedTuple):
    """Which derivative of the density: in time, along the coordinates, (-Laplacian)^s, and what stands in front.

    ``caputo`` = a is the Caputo derivative of order a in time; ``memory`` = (a, k) is e^(-kt) D_t^a e^(kt) in the sense of
    Riemann and Liouville, and (0, k) beside ``caputo`` puts e^(-kt) and e^(kt) around that. With ``inside`` (-Laplacian)^s
    acts on the density times the coefficient.
    """

    time: int
    space: tuple[int, ...]
    fractional: sp.Expr | None = None
    caputo: sp.Expr | None = None
    memory: tuple[sp.Expr, sp.Expr] | None = None
    inside: bool = False

    def spoken(self, model: JumpModel) -> str:
        """The derivative in words."""
        names = "t" * self.time + "".join(c.name * n for c, n in zip(model.coordinate_symbols, self.space, strict=True))
        parts = [f"d_{names}"] if names else []
        if model.space_dimension is not None and self.space == (2,):
            parts = ["the Laplacian"] if not self.time else ["d_t of the Laplacian"]
        if self.fractional is not None:
            parts.append(f"(-Laplacian)^({self.fractional})" + (" of a product" if self.inside else ""))
        if self.caputo is not None:
            parts.append(f"d_t^({self.caputo})")
        if self.memory is not None:
            parts.insert(0, f"D_t^({self.memory[0]})")
        return " ".join(parts) or "the density itself"


Terms = dict[Key, sp.Expr]


def claimed_terms(relation: Relation, model: JumpModel, resolver: Resolver) -> Terms:
    """The coefficients of left - right, roles and parameters put in.

    Raises :class:`NotLinearError` for what is not linear in the density, :class:`MissingQuantityError` for other obstacles.
    """
    return with_caputo_head(linear_terms_of(relation.left - relation.right, relation, model, resolver))


def with_places(relation: Relation, resolver: Resolver) -> Relation:
    """``v`` and ``D`` under a derivative as v(x) and D(x), where this regime's coefficients of these names depend on the place."""
    model, limit = resolver.model, resolver.quantities.limit
    if limit is None or limit.equation is None or not limit.equation.is_linear:
        return relation
    known = {p.symbol for p in model.parameters} | {*model.coordinate_symbols, model.time}
    change: dict[sp.Basic, sp.Expr] = {}
    for symbol in sorted((relation.left.free_symbols | relation.right.free_symbols) - known, key=str):
        role = role_of(symbol.name, resolver.stated)
        if role is None or role.partition("_")[0] not in ("v", "D"):
            continue
        try:
            value = resolver.quantities.value(role)
        except MissingQuantityError:
            continue
        if value.has(*model.coordinate_symbols):
            change[symbol] = sp.Function(symbol.name)(*model.coordinate_symbols)
    return Relation(relation.kind, relation.left.xreplace(change), relation.right.xreplace(change))


@lru_cache(maxsize=16)  # each claim of a file is compared with the same equations
def derived_terms(limit: ContinuumLimit, model: JumpModel) -> Terms:
    """The coefficients of left - right of the equation of a limit; gains at fixed places are compared elsewhere."""
    equation = limit.equation
    assert equation is not None
    found: Terms = {}
    for sign, terms in ((1, equation.left), (-1, equation.right)):
        for term in (t for t in terms if t.density):
            for key, value in _of_term(term, limit, model).items():
                found[key] = found.get(key, sp.Integer(0)) + sign * value
    return found


def _of_term(term: Term, limit: ContinuumLimit, model: JumpModel) -> Terms:
    term = axis_term(term)
    if not term.inside:
        return {Key(term.time, term.space, term.fractional, term.caputo, term.memory): term.coefficient}
    if term.caputo is not None or term.memory is not None:
        raise MissingQuantityError("a fractional derivative of a product with the density is not compared yet", False)
    expression = term.expression(model.coordinate_symbols, model.time)
    resolver = Resolver(model, Quantities(model, limit), {})
    return linear_terms_of(expression, Relation("=", expression, sp.Integer(0)), model, resolver)


def linear_terms_of(expression: sp.Expr, relation: Relation, model: JumpModel, resolver: Resolver) -> Terms:
    """Coefficients of all derivatives of the density; raises MissingQuantityError for what is not linear in it."""
    densities = set(density_calls(relation, model))
    expression = _products_under_fractions(_without_orders(expression), densities, model)
    places = (*model.coordinate_symbols, model.time)
    calls = sorted((c for c in expression.atoms(AppliedUndef) if c.func.__name__ == "FracLaplacian"), key=str)
    whole = {c: sp.Function(f"_{n}")(*places) for n, c in enumerate(calls) if c.atoms(AppliedUndef) & densities}
    expression = expression.xreplace(whole)  # d/dx of it is no derivative by the density inside
    opened = expression.doit(deep=False) if not isinstance(expression, sp.Derivative) else expression
    opened = sp.expand(opened_products(opened, densities)).xreplace({held: call for call, held in whole.items()})
    found: Terms = {}
    held = {c for c in opened.atoms(AppliedUndef) if c.func.__name__ in MEMORY and c.atoms(AppliedUndef) & densities}
    for call in held:
        factor = sp.diff(opened.xreplace({call: (mark := sp.Dummy())}), mark)
        for key, value in _remembered(call, factor, relation, model, resolver).items():
            found[key] = found.get(key, sp.Integer(0)) + value
    for key, value in _plain_terms(
        opened.xreplace({c: sp.Integer(0) for c in held}), densities, model, resolver
    ).items():
        found[key] = found.get(key, sp.Integer(0)) + value
    return found


def _products_under_fractions(expression: sp.Expr, densities: set[AppliedUndef], model: JumpModel) -> sp.Expr:
    """(-Laplacian)^s of a sum of products with the density, term by term and constants in front."""
    change: dict[sp.Basic, sp.Expr] = {}
    for call in expression.atoms(AppliedUndef):
        if call.func.__name__ != "FracLaplacian" or not call.args[0].atoms(AppliedUndef) & densities:
            continue
        total: sp.Expr = sp.Integer(0)
        for term in sp.Add.make_args(sp.expand(call.args[0])):
            constant, rest = term.as_independent(*model.coordinate_symbols, model.time, as_Add=False)
            total += constant * call.func(rest, call.args[1])
        change[call] = total
    return expression.xreplace(change) if change else expression


def _inner(operand: sp.Expr, densities: set[AppliedUndef], model: JumpModel) -> tuple[sp.Expr, sp.Expr] | None:
    """(density, function of place in front of it) of what stands under a fractional Laplacian; None for anything else."""
    held = [f for f in sp.Mul.make_args(operand) if f in densities]
    factor = operand / held[0] if len(held) == 1 else operand
    if factor.atoms(AppliedUndef) & densities or factor.has(model.time):
        return None
    return held[0], factor


def _without_orders(expression: sp.Expr) -> sp.Expr:
    """Without O(...), o(...) and dots at the end: what they stand for is beyond the claim."""
    beyond = {c for c in expression.atoms(AppliedUndef) if c.func.__name__ in ("O", "o")}
    beyond |= set(expression.atoms(sp.Order)) | {s for s in expression.free_symbols if s.name == "..."}
    return expression.xreplace({c: sp.Integer(0) for c in beyond}) if beyond else expression


def _remembered(call: AppliedUndef, factor: sp.Expr, relation: Relation, model: JumpModel, resolver: Resolver) -> Terms:
    """A fractional derivative in time: of the density itself that of Caputo, of other terms that of Riemann and Liouville."""
    body, variable, order = call.args
    if variable != model.time:
        raise MissingQuantityError(f"a fractional derivative along {variable} is not compared yet", False)
    inside = linear_terms_of(body, relation, model, resolver)
    order, factor = resolver.resolve(order), resolver.resolve(factor)
    plain = Key(0, (0,) * model.dimension)
    if (
        set(inside) == {plain}
        and not inside[plain].has(model.time)
        and call.func.__name__ != "RiemannLiouvilleDerivative"
    ):
        return {Key(0, plain.space, caputo=order): factor * inside[plain]}
    found: Terms = {}
    for key, value in inside.items():
        rate = sp.diff(sp.expand_log(sp.log(value), force=True), model.time)
        tempered = sp.powsimp(value * sp.exp(-rate * model.time))
        outside = sp.powsimp(factor * sp.exp(rate * model.time))
        if tempered.has(model.time) or outside.has(model.time) or key.time or key.caputo or key.memory:
            raise MissingQuantityError("a fractional derivative of this kind is not compared yet", False)
        if set(inside) == {plain} and call.func.__name__ != "RiemannLiouvilleDerivative":
            return {key._replace(caputo=order, memory=(sp.Integer(0), sp.expand(rate))): outside * tempered}
        found[key._replace(memory=(order, sp.expand(rate)))] = outside * tempered
    return found


def with_caputo_head(terms: Terms) -> Terms:
    """d_t P = D_t^(1 - a) (...) in the sense of Riemann and Liouville as the Caputo derivative of order a of P.

    Beside death at the rate k the other way round: e^(-kt) D_t^a [e^(kt) P] = A P (Caputo) as d_t P + k P = e^(-kt) D_t^(1 - a)
    [e^(kt) A P] (Riemann-Liouville).
    """
    for head in [k for k in terms if k.caputo is not None and k.memory is not None]:
        assert head.memory is not None
        assert head.caputo is not None
        if any(k.memory is not None or k.caputo is not None or k.time for k in terms if k != head):
            return terms
        order, rate, size = sp.expand(1 - head.caputo), head.memory[1], terms[head]
        plain = Key(0, head.space)
        moved = {k._replace(memory=(order, rate)): v for k, v in terms.items() if k != head}
        return moved | {plain._replace(time=1): size, plain: size * rate}
    heads = [k for k in terms if k.time and k.memory is None]
    rest = [k for k in terms if not k.time]
    memories = {k.memory for k in rest}
    if len(heads) != 1 or heads[0].time != 1 or any(heads[0].space) or len(memories) != 1:
        return terms
    (memory,) = memories
    if memory is None or memory[1] != 0:
        return terms
    found = {Key(0, heads[0].space, caputo=sp.expand(1 - memory[0])): terms[heads[0]]}
    return found | {k._replace(memory=None): terms[k] for k in rest}


def _plain_terms(expression: sp.Expr, densities: set[AppliedUndef], model: JumpModel, resolver: Resolver) -> Terms:
    none = (0,) * model.dimension
    atoms: dict[sp.Basic, tuple[sp.Dummy, Key]] = {}
    inner: dict[sp.Dummy, sp.Expr] = {}  # functions of place under a fractional Laplacian
    for d in expression.atoms(sp.Derivative):
        operand, fractional = d.expr, None
        if operand.is_Function and operand.func.__name__ == "FracLaplacian":
            operand, fractional = operand.args[0], resolver.resolve(operand.args[1])
        under = _inner(operand, densities, model) if fractional is not None else (operand, sp.Integer(1))
        if under is not None and under[0] in densities:
            time, space = _orders(d.variable_count, model)
            atoms[d] = (sp.Dummy(), Key(time, space, fractional))
            inner[atoms[d][0]] = under[1]
    marked = expression.xreplace({a: d for a, (d, _) in atoms.items()})
    for call in marked.atoms(AppliedUndef):
        if call.func.__name__ != "FracLaplacian" or not call.args[0].atoms(AppliedUndef) & densities:
            continue
        under = _inner(call.args[0], densities, model)
        if under is None:
            raise MissingQuantityError(
                "a fractional derivative of what is no product with the density is not compared yet", False
            )
        atoms[call] = (sp.Dummy(), Key(0, none, resolver.resolve(call.args[1])))
        inner[atoms[call][0]] = under[1]
    marked = marked.xreplace({a: d for a, (d, _) in atoms.items()})
    for call in densities:
        atoms[call] = (sp.Dummy(), Key(0, none))
    marked = sp.expand(marked.xreplace({call: atoms[call][0] for call in densities}))
    found: Terms = {}
    coefficients, rest = _coefficients(marked, {d for d, _ in atoms.values()})
    for dummy, key in atoms.values():
        if dummy in coefficients and (coefficient := sp.Add(*coefficients[dummy])) != 0:
            factor, coefficient = resolver.resolve(inner.get(dummy, sp.Integer(1))), resolver.resolve(coefficient)
            if factor != 1 and coefficient.has(*model.coordinate_symbols):
                raise MissingQuantityError(
                    "functions of place before and under a fractional derivative are not compared yet", False
                )
            at = key._replace(inside=factor.has(*model.coordinate_symbols))
            found[at] = found.get(at, sp.Integer(0)) + coefficient * factor
    if sp.expand(rest) != 0:
        raise MissingQuantityError("the equation has terms without the density", False)
    return found


def _coefficients(total: sp.Expr, marks: set[sp.Dummy]) -> tuple[dict[sp.Expr, list[sp.Expr]], sp.Expr]:
    """The coefficients of the marks in an expanded sum that is linear in them, and the terms without any."""
    found: dict[sp.Expr, list[sp.Expr]] = {}
    rest = []
    for term in sp.Add.make_args(total):
        held = term.free_symbols & marks
        if not held:
            rest.append(term)
            continue
        factors = sp.Mul.make_args(term)
        own = [f for f in factors if f in held]
        others = [f for f in factors if f not in held]
        if len(own) != 1 or any(f.free_symbols & marks for f in others):
            raise NotLinearError("the equation is not linear in the density", False)
        found.setdefault(own[0], []).append(sp.Mul(*others))
    return found, sp.Add(*rest)


def _orders(variable_count: tuple[tuple[sp.Symbol, sp.Expr], ...], model: JumpModel) -> tuple[int, tuple[int, ...]]:
    time, space = 0, [0] * model.dimension
    for variable, count in variable_count:
        if not count.is_Integer:
            raise MissingQuantityError(f"a derivative of order {count} is not compared yet", False)
        if variable == model.time:
            time += int(count)
        elif variable in model.coordinate_symbols:
            space[model.coordinate_symbols.index(variable)] += int(count)
        else:
            raise MissingQuantityError(f"a derivative along {variable}, which is no coordinate of the model", False)
    return time, tuple(space)
