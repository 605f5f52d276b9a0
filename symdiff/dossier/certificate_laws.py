"""Formulas as the checker of certificates reads them: text, clocks, transforms of random steps and waits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import Application, AppliedUndef
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from sympy.printing.str import StrPrinter

from symdiff.algebra.multiindex import of_degree
from symdiff.continuum.law_average import first_moments
from symdiff.errors import NotYetError
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.named_transforms import named_exponent, named_transform
from symdiff.model.number_laws import is_number_law
from symdiff.model.step_law import StepLaw
from symdiff.model.transform_law import LAPLACE, wave_symbols
from symdiff.model.waiting import S, WaitingLaw

WHERE = "--certificate"
D_T = sp.Symbol("d_t")
WAVES = (TrigonometricFunction, HyperbolicFunction)
OPEN = sp.Function("O")  # what is not known of a transform


class _Printer(StrPrinter):  # type: ignore[misc]  # sympy has no types
    """The text of a formula, every derivative with each of its variables: Derivative(V(x), x, x); the unit i as a root."""

    def _print_ImaginaryUnit(self, _: sp.Expr) -> str:
        return "sqrt(-1)"

    def _print_Exp1(self, _: sp.Expr) -> str:
        return "exp(1)"

    def _print_Derivative(self, expression: sp.Derivative) -> str:
        return f"Derivative({', '.join(map(self._print, (expression.expr, *expression.variables)))})"


READABLE = (
    sp.Symbol,
    sp.Rational,
    sp.Add,
    sp.Mul,
    sp.Pow,
    sp.exp,
    sp.log,
    sp.sin,
    sp.cos,
    AppliedUndef,
    sp.Derivative,
    sp.Tuple,
)


def text_of(expression: sp.Basic) -> str:
    """A formula as the checker of certificates reads it; raises :class:`NotYetError` for what it does not read.

    Functions of constants (gamma, zeta, ...) stay: they count as constants of any value.
    """
    expression = expression.rewrite((sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch), sp.exp)
    expression = expression.rewrite((sp.tan, sp.cot, sp.sec, sp.csc), sp.cos)
    for e in sp.preorder_traversal(expression):
        constant = isinstance(e, Application) and not e.atoms(AppliedUndef, sp.Derivative)
        if not isinstance(e, READABLE) and not constant and e not in (sp.pi, sp.I, sp.E):
            raise NotYetError(f"there is no certificate yet for formulas with {e.func.__name__}", where=WHERE,
                              instead="handled: sums, products, quotients, powers, exp, log, sin, cos, sqrt, functions left open, functions of constants")  # fmt: skip
    return str(_Printer().doprint(expression))


def slope(coordinate: str) -> sp.Symbol:
    """d_x, the derivative to the left."""
    return sp.Symbol(f"d_{coordinate}")


def slopes(model: JumpModel) -> tuple[sp.Symbol, ...]:
    """The derivatives along the coordinates."""
    return tuple(map(slope, model.coordinates))


def clock_text(model: JumpModel, terms: int) -> str:
    """F(d_t, d) of F P = K P: d_t for rates, 1/psi(d_t) - 1 for jumps after waits of the law psi, the scheme of a scheme."""
    if model.scheme is not None:
        return text_of(sp.Add(*(_scheme_term(t, model) for t in model.scheme.terms)))
    if model.time_step is not None:
        return text_of(sp.exp(model.time_step * D_T) - 1)
    if model.clock != "waiting":
        return text_of(D_T)
    law = model.waiting
    if not isinstance(law, WaitingLaw):
        raise _no_transform("the waits of this kind")
    if law.transform is not None:
        value = None if law.remainder is not None else law.transform.xreplace({S: D_T})
    else:
        value = named_transform(law.distribution, dict(law.arguments), D_T)
    if value is None or not _is_closed(value):
        value = _waits_by_moments(law, terms)
    return text_of(1 / value - 1)


def _waits_by_moments(law: WaitingLaw, terms: int) -> sp.Expr:
    """sum_n (-s)^n E[t^n]/n! as far as the moments are known, and O(what follows)."""
    if law.mean_is_infinite:
        raise NotYetError("there is no certificate yet for waits without a mean: d_t stands in the equation to a power that is not whole",
                          where=WHERE)  # fmt: skip
    last = terms if law.highest_moment is None else min(terms, law.highest_moment)
    known = sp.Add(*((-D_T) ** n * law.moment(n) / sp.factorial(n) for n in range(last + 1)))
    following = last + 1 if law.open_power is None else _number(law.stand_in(law.open_power))
    return known + OPEN((law.moment(1) * D_T) ** min(following, last + 1))


def step_text(jump: Jump, law: StepLaw, model: JumpModel, terms: int) -> list[Any]:
    """The displacement from the place that is left, and E[e^(-sum_a s_a e_a.d)] of the random lengths s_a along e_a.

    A law of numbers and the displacement beside it, whose means may cancel, are one exponential.
    """
    along = [sp.Add(*(r * d for r, d in zip(row, slopes(model), strict=True))) for row in jump.directions]
    a, plain = dict(law.arguments), law.inner is None and law.lengths == 1
    steps = [text_of(d) for d in jump.displacement]
    if is_number_law(law) and (exponent := named_exponent(law.distribution, a, along[0])) is not None:
        whole = exponent - sp.Add(*(r * d for r, d in zip(jump.displacement, slopes(model), strict=True)))
        return [["0"] * len(steps), text_of(sp.exp(whole))]
    value = named_transform(law.distribution, a, along[0]) if plain else None
    if law.inner is None and law.lengths > 1 and law.distribution == "normal":
        spread = (
            a[f"covariance.{min(i, j)}.{max(i, j)}"] * p * q / 2
            for i, p in enumerate(along)
            for j, q in enumerate(along)
        )
        value = sp.exp(sp.Add(*spread) - sp.Add(*(a[f"mean.{i}"] * q for i, q in enumerate(along))))
    if law.distribution == "laplace_transform":
        value = a["transform"].xreplace({LAPLACE: along[0]})
    if law.distribution == "characteristic_function":
        imaginary = {k: sp.I * q for k, q in zip(wave_symbols(law.lengths), along, strict=True)}
        value = sp.expand(a["transform"].xreplace(imaginary))
        value = value.replace(lambda e: isinstance(e, WAVES), lambda e: e.rewrite(sp.exp))  # not powers, as O(d_x**4)
    if value is None or not _is_closed(value):
        value = _by_moments(law, along, terms)
    return [steps, text_of(value)]


def _by_moments(law: StepLaw, along: list[sp.Expr], terms: int) -> sp.Expr:
    """sum_n (-q)^n E[s^n]/n! below the first moment that is not known and the first power that is not whole, and O(what follows)."""
    bounds = [terms + 1, *([] if law.highest_moment is None else [law.highest_moment + 1])]
    bounds += [] if law.known_below is None else [_number(law.stand_in(law.known_below))]
    bounds += [_number(law.order_of(t)) for t in law.singular]
    end = min(bounds)
    if end < 2:
        raise NotYetError("there is no certificate yet for laws without a mean: |k| stands in the equation to a power that is not whole",
                          where=WHERE)  # fmt: skip
    known = sp.Integer(0)
    for orders in (o for n in range(int(sp.ceiling(end))) for o in of_degree(len(along), n)):
        weight = sp.Mul(*((-q) ** n / sp.factorial(n) for q, n in zip(along, orders, strict=True)))
        known += law.analytic_moment(*orders) * weight
    return known + OPEN(sp.Add(*(size ** sp.Rational(end, root) * q**end for size, root in _sizes(law) for q in along)))


def _sizes(law: StepLaw) -> list[tuple[sp.Expr, int]]:
    """What tells the length of a step: quantities that are powers of it."""
    if law.length_scales or law.distribution in ("student", "fixed"):
        return list(law.length_scales) or [(sp.Integer(1), 1)]
    found = [(law.analytic_moment(*orders), sum(orders)) for orders in first_moments(law)]
    return [(value, root) for value, root in found if value != 0]


def _number(value: Fraction) -> sp.Expr:
    return sp.Rational(value.numerator, value.denominator)


def _is_closed(value: sp.Expr) -> bool:
    """Whether the formula is one that the checker reads."""
    return all(isinstance(e, READABLE) or e is sp.I for e in sp.preorder_traversal(value))


def _no_transform(what: str) -> NotYetError:
    return NotYetError(f"there is no certificate yet for {what}: its transform is not at hand in closed form", where=WHERE,
                       instead="handled: normal, uniform, exponential, gamma, Laplace, Poisson, binomial, geometric and fixed laws, formulas of exponentials and quotients")  # fmt: skip


def _scheme_term(term: Any, model: JumpModel) -> sp.Expr:
    """c d^orders e^(a.d) d_t^m e^(b d_t)."""
    along = slopes(model)
    shift = sp.Add(*(a * d for a, d in zip(term.shift, along, strict=True))) + term.time_shift * D_T
    orders = sp.Mul(*(d**n for d, n in zip(along, term.space_orders, strict=True)))
    return term.coefficient * orders * D_T**term.time_order * sp.exp(shift)
