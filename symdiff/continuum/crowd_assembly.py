"""From the balances of a crowd to the result that is shown: equations, roles, discarded terms, closure, steps."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.polys.rings import PolyElement

from symdiff.algebra.graded import GradedSeries, Power
from symdiff.algebra.multiindex import MultiIndex
from symdiff.continuum.assembly import wave_symbols
from symdiff.continuum.coefficients import coefficient_name, coefficient_value, derivative_name, expected_indices
from symdiff.continuum.crowd import CrowdDerived
from symdiff.continuum.crowd_closure import closure_of, crowd_assumptions
from symdiff.continuum.crowd_flux import Elements, FluxForm, JetView, conservative, flux_form
from symdiff.continuum.limit import Coefficients, ContinuumLimit, CoupledCoefficient, Discarded, Step
from symdiff.continuum.master import master_equation
from symdiff.continuum.staged import NOT_YET, confirmed
from symdiff.equations.evolution_equation import EvolutionEquation, Term

Roles = tuple[tuple[str, str, sp.Expr], ...]  # role, of which density, value


@dataclass(frozen=True)
class Described:
    """One equation with its roles; ``linear`` has the coefficients of the conservative form, where it is linear."""

    name: str
    equation: EvolutionEquation
    roles: Roles
    linear: Elements | None


def assemble(derived: CrowdDerived) -> ContinuumLimit:
    """The limit of a crowd, confirmed by the second route."""
    from symdiff.continuum.confirmation_crowd import CrowdResult, confirm_crowd  # loaded when used: start-up time

    model = derived.model
    view = JetView(derived.ring, model.state_names)
    described = [_described(derived, view, n) for n in range(len(model.state_names))]
    single = len(described) == 1
    linear = described[0].linear if single else None
    equations = tuple(d.equation for d in described)
    discarded, table = _discarded(derived, single)
    known = Fraction(derived.known)
    result = CrowdResult(
        tuple(e.rhs for e in equations), table, sp.Rational(known.numerator, known.denominator), Fraction(derived.kept)
    )
    closure = closure_of(model)
    limit = ContinuumLimit(
        density=model.density,
        regime=derived.prepared.regime,
        assumptions=(*((derived.note,) if derived.note else ()), *crowd_assumptions(derived, equations, closure)),
        master_equation=master_equation(model),
        equations=equations,
        system=(),
        local_equilibrium=(),
        coefficients=tuple((role, value) for role, _, value in described[0].roles) if single else (),
        flux_form=_flux_form(derived, described[0]) if single else (),
        growth_rate=_growth_rate(derived, linear) if linear is not None else None,
        backward=None,
        closure=closure,
        moments_exist_below=None,
        discarded=discarded,
        remainder_power=result.known_below,
        kept_power=Fraction(derived.kept),
        steps=_steps(derived, equations),
        confirmation=NOT_YET,
        coupled=() if single else tuple(CoupledCoefficient(d.name, r, of, v) for d in described for r, of, v in d.roles),
    )  # fmt: skip
    return confirmed(limit, lambda: confirm_crowd(model, derived.prepared.regime, result))


def _joined(derived: CrowdDerived, series: GradedSeries, highest: Power) -> PolyElement:
    """The terms up to a power, added up."""
    total = derived.ring.zero
    for grade, element in series.terms.items():
        if grade <= highest:
            total = total + element
    return derived.ring.tidy(total)


def _described(derived: CrowdDerived, view: JetView, n: int) -> Described:
    model, algebra = derived.model, derived.algebra
    name, balance = model.state_names[n], derived.balances[n]
    highest = derived.kept + derived.own_power(name)
    fluxes = tuple(_joined(derived, f, highest - algebra.weight) for f in balance.flux)
    source = _joined(derived, balance.source, highest)
    if len(model.state_names) == 1:
        elements = view.linear(_change(derived, fluxes, source))
        if elements is not None:
            return _linear(derived, name, conservative(derived.ring, elements))
    form = flux_form(view, fluxes, source)
    equation = _nonlinear_equation(derived, name, form)
    return Described(name, equation, _roles(derived, form), None)


def _change(derived: CrowdDerived, fluxes: tuple[PolyElement, ...], source: PolyElement) -> PolyElement:
    total = source
    for b, flux in enumerate(fluxes):
        total = total - derived.ring.total_derivative(flux, b)
    return derived.ring.tidy(total)


# --- linear: v, D, a_0 --------------------------------------------------------------------------------------------


def _linear(derived: CrowdDerived, name: str, elements: Elements) -> Described:
    ring, x = derived.ring, derived.model.coordinate_symbols
    zero = (0,) * len(x)
    shown: dict[MultiIndex, sp.Expr] = {}
    terms = []
    for alpha in sorted(elements, key=lambda a: (sum(a), [-n for n in a])):
        odd = sum(alpha) == 1
        shown[alpha] = -ring.to_expression(-elements[alpha]) if odd else ring.to_expression(elements[alpha])
        inside = ring.varies(elements[alpha]) and any(alpha)
        terms.append(Term(shown[alpha], name, alpha, 0, None, inside))
    equation = EvolutionEquation(name, x, derived.model.time, (Term(sp.Integer(1), name, zero, 1),), tuple(terms))
    roles: list[tuple[str, str, sp.Expr]] = []
    if zero in shown:
        roles.append(("a_0", "", shown[zero]))
    orders = expected_indices(len(x), 2) + [a for a in shown if sum(a) > 2]
    for alpha in orders:
        value = shown.get(alpha, sp.Integer(0))
        roles.append((coefficient_name(x, alpha), "", coefficient_value(alpha, value)))
    return Described(name, equation, tuple(roles), elements)


def _growth_rate(derived: CrowdDerived, elements: Elements) -> sp.Expr | None:
    if any(derived.ring.varies(c) for c in elements.values()):
        return None
    waves = wave_symbols(derived)  # type: ignore[arg-type]
    return sp.Add(
        *(
            derived.ring.to_expression(c) * sp.Mul(*((sp.I * k) ** n for k, n in zip(waves, alpha, strict=True)))
            for alpha, c in elements.items()
        )
    )


def _flux_form(derived: CrowdDerived, described: Described) -> Coefficients:
    """v and D of d_t P = - d_i(v_i P - D_ij d_j P) where the equation is linear; else the roles themselves."""
    if described.linear is None:
        return tuple((role, value) for role, _, value in described.roles)
    if any(sum(a) > 2 for a in described.linear):
        return ()
    ring, x = derived.ring, derived.model.coordinate_symbols
    d = len(x)
    found: dict[str, sp.Expr] = {}

    def index(*places: int) -> MultiIndex:
        return tuple(places.count(i) for i in range(d))

    for i in range(d):
        v = -described.linear.get(index(i), ring.zero)
        for j in range(d):
            slope = ring.total_derivative(described.linear.get(index(i, j), ring.zero), j)
            v = v - (slope if i == j else slope.mul_ground(ring.ring.domain(1, 2)))
        found[coefficient_name(x, index(i))] = ring.to_expression(v)
    for alpha in expected_indices(d, 2):
        if sum(alpha) == 2:
            value = ring.to_expression(described.linear.get(alpha, ring.zero))
            found[coefficient_name(x, alpha)] = coefficient_value(alpha, value)
    return tuple(found.items())


# --- nonlinear: D, flux, source -----------------------------------------------------------------------------------


def _roles(derived: CrowdDerived, form: FluxForm) -> Roles:
    ring, x, names = derived.ring, derived.model.coordinate_symbols, derived.model.state_names
    d, several = len(x), len(names) > 1
    found: list[tuple[str, str, sp.Expr]] = []
    for of in names:
        entries = form.diffusivity.get(of, {})
        for b in range(d):
            for c in range(d):
                value = entries.get((b, c), ring.zero)
                mirrored = entries.get((c, b), ring.zero)
                if b > c and ring.is_zero(value - mirrored):
                    continue  # a symmetric tensor is listed once
                role = "D" if d == 1 else f"D_{_pair(x, b, c)}"
                found.append((role, of if several else "", ring.to_expression(value)))
    for b in range(d):
        role = "flux" if d == 1 else f"flux_{x[b]}"
        found.append((role, "", ring.to_expression(form.flux[b])))
    found.append(("source", "", ring.to_expression(form.source)))
    return tuple(found)


def _pair(x: tuple[sp.Symbol, ...], b: int, c: int) -> str:
    if b == c:
        return derivative_name(x, tuple(2 * (i == b) for i in range(len(x))))
    names = [x[b].name, x[c].name]
    return ("_" if any(len(s.name) > 1 for s in x) else "").join(names)


def _nonlinear_equation(derived: CrowdDerived, name: str, form: FluxForm) -> EvolutionEquation:
    """d_t u = sum_b d_b( D d_c u_j ) - d_b f_b + R; a coefficient that depends on nothing stands outside."""
    ring, x, t = derived.ring, derived.model.coordinate_symbols, derived.model.time
    d = len(x)
    zero = (0,) * d
    terms: list[Term] = []
    for b in range(d):
        inside = []
        for of in derived.model.state_names:
            for c in range(d):
                value = form.diffusivity.get(of, {}).get((b, c), ring.zero)
                if ring.is_zero(value):
                    continue
                shown = ring.to_expression(value)
                if not ring.varies(value):
                    both = tuple((i == b) + (i == c) for i in range(d))
                    terms.append(Term(shown, of, both))
                else:
                    inside.append(shown * sp.Derivative(sp.Function(of)(*x, t), x[c]))
        along = tuple(int(i == b) for i in range(d))
        if inside:
            terms.append(Term(sp.Add(*inside), "", along, inside=True))
        if not ring.is_zero(form.flux[b]):
            negative = ring.to_expression(form.flux[b])
            terms.append(Term(negative, "", along, inside=True, sign=-1))
    if not ring.is_zero(form.source):
        terms.append(Term(ring.to_expression(form.source), "", zero))
    merged: dict[tuple[str, MultiIndex, sp.Expr], Term] = {}
    right: list[Term] = []
    for term in terms:
        key = (term.density, term.space, term.coefficient)
        if term.density and key in merged:  # D_xy d_x d_y twice
            right.remove(merged[key])
            term = Term(2 * term.coefficient, term.density, term.space)
        merged[key] = term
        right.append(term)
    return EvolutionEquation(name, x, t, (Term(sp.Integer(1), name, zero, 1),), tuple(right))


# --- what is left out, and how it was found -----------------------------------------------------------------------


def _discarded(
    derived: CrowdDerived, single: bool
) -> tuple[tuple[Discarded, ...], tuple[tuple[tuple[Fraction, sp.Expr], ...], ...]]:
    """The computed terms beyond the kept power, for display; and all computed terms, for the second route."""
    ring, algebra = derived.ring, derived.algebra
    zero = (0,) * len(derived.model.coordinates)
    shown: list[Discarded] = []
    table = []
    for name, balance in zip(derived.model.state_names, derived.balances, strict=True):
        own = derived.own_power(name)
        entries: list[tuple[Fraction, sp.Expr]] = []
        change = algebra.change(balance)
        for grade in sorted(change.terms):
            relative = grade - own
            if relative < derived.known and not ring.is_zero(change.terms[grade]):
                value = ring.to_expression(change.terms[grade])
                entries.append((Fraction(relative), value))
                if relative <= derived.kept:
                    continue
                term = Term(value, "", zero, power=Fraction(relative))
                shown.append(
                    Discarded(Fraction(relative), (term,), "" if single else name, derived.model.coordinate_symbols)
                )
        table.append(tuple(entries))
    return tuple(sorted(shown, key=lambda d: d.power)), tuple(table)


def _steps(derived: CrowdDerived, equations: tuple[EvolutionEquation, ...]) -> tuple[Step, ...]:
    model, algebra = derived.model, derived.algebra
    several = len(equations) > 1
    x, t = model.coordinate_symbols, model.time

    def of(name: str) -> str:
        return f" of {name}" if several else ""

    found = [
        Step(f"Mean-field master equation{of(e.state)}", e.lhs, e.rhs,
             "balance of the agents that come to x and leave it; the mean of a product is replaced by the product of the means")
        for e in master_equation(model).equations
    ]  # fmt: skip
    for name, balance in zip(model.state_names, derived.steps, strict=True):
        here = sp.Function(name)(*x, t)
        lhs = (
            sp.Derivative(here, t) if model.clock == "continuous" else sp.Function(name)(*x, t + model.time_step) - here
        )
        change = algebra.change(balance)
        limit = derived.kept + derived.own_power(name)
        if model.time_step is not None:
            limit = limit + algebra.order - derived.known
        rhs = derived.ring.to_expression(_joined(derived, change, limit))
        why = "every density and rate is expanded about x; products are multiplied out"
        found.append(Step(f"Expansion in gradients{of(name)}", lhs, rhs, why))
    if model.clock == "discrete":
        why = ("time derivatives are eliminated, not dropped: tau d_t u = sum_j (-1)^(j+1) Delta^j u / j over the iterated "
               "one-step map")  # fmt: skip
    else:
        why = "collected in conservative form d_x(D d_x u - f) + R"
    return (*found, *(Step(f"Continuum limit{of(e.density)}", e.lhs, e.rhs, why) for e in equations))
