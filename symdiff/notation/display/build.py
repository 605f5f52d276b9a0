"""SymPy expressions to display trees, with terms and factors in the order in which people write them.

Ties keep SymPy's own canonical order, which does not depend on the run. Sums: time derivatives first, then ascending derivative order; coordinates before parameters (x - ell, t + tau);
polynomials by descending degree unless that would begin with a minus (2p - 1, but 1 - p). Products: numbers, then
probabilities, sums in brackets, other parameters, functions; the coefficient in front of the derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.notation.display.hyperbolic import hyperbolic
from symdiff.notation.display.nodes import (
    Big,
    Call,
    Cases,
    Fenced,
    Fraction,
    Fractional,
    Name,
    Node,
    Number,
    Partial,
    Power,
    Root,
    Row,
    Sign,
)
from symdiff.notation.names import latex_name, unicode_name
from symdiff.notation.symbol_latex import symbol_text

_RELATIONS = {sp.Equality: "=", sp.Unequality: "≠", sp.LessThan: "≤", sp.StrictLessThan: "<", sp.GreaterThan: "≥",
              sp.StrictGreaterThan: ">"}  # fmt: skip
_FORMAL = {"Propto": "∝", "Approx": "≈", "Tends": "→", "MuchLess": "≪", "MuchGreater": "≫"}
_ANGULAR = {"AngularLaplacian": (r"\Delta_{u}", "Δ_u"), "AngularDerivative": (r"\partial_{\varphi}", "∂_φ")}
_MEMORY = {"FracDeriv": "", "CaputoDerivative": "C", "RiemannLiouvilleDerivative": "RL", "WeylDerivative": "W"}
_OPERATOR_NAMES = {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "log", "exp", "Min", "Max",
                   "asin", "acos", "atan", "erf", "erfc", "sign", "sech", "csch", "asinh", "acosh", "atanh", "atan2"}  # fmt: skip
_SPOKEN = {"log": ("\\ln", "ln"), "Min": ("\\min", "min"), "Max": ("\\max", "max"), "asin": ("\\arcsin", "arcsin"),
           "acos": ("\\arccos", "arccos"), "atan": ("\\arctan", "arctan"), "gamma": ("\\Gamma", "Γ"), "zeta": ("\\zeta", "ζ"),
           "sign": ("\\operatorname{sgn}", "sgn"), "Heaviside": ("\\theta", "θ"), "DiracDelta": ("\\delta", "δ")}  # fmt: skip


@dataclass(frozen=True)
class Typography:
    """How names look, and which of them come first.

    ``latex`` overrides the LaTeX of names; ``densities`` are written without their arguments where these are just the
    coordinates and time (unless ``show_arguments``); ``leading`` names (probabilities) come first in products;
    ``coordinates`` include time; ``names`` are all that mean something in sentences about the model.
    """

    latex: Mapping[str, str] = field(default_factory=dict)
    coordinates: tuple[str, ...] = ("x", "y", "z", "t")
    densities: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    show_arguments: bool = False
    names: frozenset[str] = frozenset()

    def name(self, name: str) -> Name:
        """A declared name."""
        given = self.latex.get(name)
        return Name(given or latex_name(name), (given and symbol_text(given)) or unicode_name(name))


def build(expression: sp.Basic, typography: Typography) -> Node:
    """The display tree of an expression or relation."""
    return _Builder(typography).node(expression)


def build_equation(lhs: sp.Basic, rhs: sp.Basic, typography: Typography) -> Node:
    """lhs = rhs; densities keep their arguments in the whole equation where one of them is read at another place."""
    calls = [a for a in (*_calls(lhs), *_calls(rhs)) if a.func.__name__ in typography.densities]
    if any(not (x.is_Symbol and x.name in typography.coordinates) for a in calls for x in a.args):
        typography = replace(typography, show_arguments=True)
    builder = _Builder(typography)
    return Row((builder.node(lhs), Sign("="), builder.node(rhs)))


class _Builder:
    def __init__(self, typography: Typography) -> None:
        self.style = typography
        self._built: dict[sp.Basic, Node] = {}

    def node(self, e: sp.Basic) -> Node:
        """The tree of an expression, built once however often it occurs."""
        if e not in self._built:
            self._built[e] = self._new(e)
        return self._built[e]

    def _new(self, e: sp.Basic) -> Node:
        if e.is_Add:
            return self.sum(e)
        if (shorter := hyperbolic(e)) is not e:
            return self.node(shorter)
        if e.is_Mul or (e.is_Rational and not e.is_Integer) or (e.is_Pow and _negative(e.exp)):
            return self.product(e)
        if e.is_Integer:
            return Number(str(e)) if e >= 0 else Row((Sign("−"), Number(_digits(-e))))
        if e.is_Symbol:
            return self.style.name(e.name)
        if e.is_Pow:
            return self.power(e.base, e.exp)
        if isinstance(e, sp.Derivative):
            return self.derivative(e)
        if isinstance(e, AppliedUndef):
            return self.call(e)
        if isinstance(e, sp.Function):
            return self.known(e)
        return self.other(e)

    # --- sums -----------------------------------------------------------------------------------------------------

    def sum(self, e: sp.Expr) -> Node:
        items: list[Node] = []
        for term in self.ordered_terms([_sign_out(hyperbolic(t)) for t in e.args]):
            negative = _negative(term)
            if items or negative:
                items.append(Sign("−" if negative else "+"))
            shown = self.node(-term if negative else term)
            items.append(Fenced("()", shown) if (negative and (-term).is_Add) else shown)
        return Row(tuple(items))

    def ordered_terms(self, terms: list[sp.Expr]) -> list[sp.Expr]:
        """See the module's text."""
        if any(_is_dynamic(t, self.style) for t in terms):
            return sorted(terms, key=self._dynamic_key)
        coordinates = [t for t in terms if t.is_Symbol and t.name in self.style.coordinates]
        rest = [t for t in terms if t not in coordinates]
        descending = sorted(rest, key=lambda t: -_degree(t))
        if coordinates or not descending or not _negative(descending[0]):
            return sorted(coordinates, key=lambda c: c.name) + descending
        ascending = sorted(rest, key=_degree)
        if not _negative(ascending[0]):
            return ascending
        return [t for t in descending if not _negative(t)] + [t for t in descending if _negative(t)]

    def _dynamic_key(self, term: sp.Expr) -> tuple[Any, ...]:
        derivatives = _sorted(_derivatives(term), lambda d: (-d.derivative_count, _time_order(d), _printed(d)))
        time = _time_order(derivatives[0]) if derivatives else 0
        order = max((d.derivative_count for d in derivatives), default=0)
        fractional = any(f.func.__name__ in ("FracLaplacian", "Laplacian") for f in _calls(term))
        calls = _sorted([a for a in _calls(term) if a.func.__name__ in self.style.densities], _printed)
        shift = [self._shift_key(c) for c in calls]
        exponents = [
            [-d.variables.count(sp.Symbol(c, real=True)) for c in self.style.coordinates] for d in derivatives[:1]
        ]
        return (-time, order + (1 if fractional else 0), exponents, shift, term.has(sp.Limit) and _negative(term))

    def _shift_key(self, call: AppliedUndef) -> tuple[Any, ...]:
        """Shifted to the left first: p C(x - ell) before (1 - p) C(x + ell)."""
        signs = []
        for argument in call.args:
            rest = [p for p in sp.Add.make_args(argument) if not (p.is_Symbol and p.name in self.style.coordinates)]
            total = sp.Add(*rest)
            signs.append(0 if total == 0 else (-1 if _negative(total) else 1))
        return (call.func.__name__, [abs(s) for s in signs] == [0] * len(signs), signs)

    # --- products -------------------------------------------------------------------------------------------------

    def product(self, e: sp.Expr) -> Node:
        e = self._oriented(_sign_out(e))
        if _negative(e):
            turned = self._turned(e)
            if turned is not None:
                return self.product(turned)
            inner = self.product(-e)
            return Row((Sign("−"), inner))
        number, top, bottom, tail = sp.Integer(1), [], [], []
        for factor in sp.Mul.make_args(e):
            if factor.is_Rational:
                number *= factor
            elif _is_operand(factor, self.style):
                tail.append(factor)
            elif factor.is_Pow and _negative(factor.exp) and factor.base != sp.E:
                bottom.append(sp.Pow(factor.base, -factor.exp))
            else:
                top.append(factor)
        above = ([Number(_digits(number.p))] if number.p != 1 else []) + self.factors(
            top, alone=len(top) == 1 and number.p == 1
        )
        below = ([Number(_digits(number.q))] if number.q != 1 else []) + self.factors(
            bottom, alone=len(bottom) == 1 and number.q == 1
        )
        parts: list[Node] = []
        if below:
            bare = len(top) == 1 and number.p == 1
            upper = self.node(top[0]) if bare else Row(_dotted(above or [Number("1")]))
            lower = self.node(bottom[0]) if len(bottom) == 1 and number.q == 1 else Row(_dotted(below))
            parts.append(Fraction(upper, lower))
        elif above and not (len(above) == 1 and not top and not tail and number == 1):
            if len(top) == 1 and number.p == 1 and not tail:
                return self.node(top[0])
            parts += (
                self.factors(top, alone=False)
                if number.p == 1
                else [Number(_digits(number.p)), *self.factors(top, alone=False)]
            )
        for operand in sorted(tail, key=self._tail_key):
            shown = self.node(operand)
            parts.append(Fenced("()", shown) if operand.is_Add else shown)
        return parts[0] if len(parts) == 1 else Row(_dotted(parts or [Number("1")]))

    def _oriented(self, e: sp.Expr) -> sp.Expr:
        """Differences with a probability as 1 - p and 2p - 1, where no sign is left over: -(p - 1) D as (1 - p) D."""
        turned = []
        for factor in sp.Mul.make_args(e):
            base, exponent = factor.as_base_exp()
            terms = sorted(base.args, key=_printed) if base.is_Add and len(base.args) == 2 and exponent.is_odd else ()
            if len(terms) == 2 and terms[0] in (1, -1):
                share, symbol = terms[1].as_coeff_Mul()
                wanted = share == -1 if abs(share) == 1 else share > 1
                if symbol.is_Symbol and symbol.name in self.style.leading and terms[0] * share < 0 and not wanted:
                    turned.append(factor)
        if not turned or (len(turned) % 2 == 1) != _negative(e):
            return e
        rest = [f for f in sp.Mul.make_args(e) if f not in turned]
        flipped = [sp.Pow(sp.Add(*(-a for a in f.as_base_exp()[0].args)), f.as_base_exp()[1]) for f in turned]
        return sp.Mul(*rest, *flipped, -1 if len(turned) % 2 else 1)

    def _turned(self, e: sp.Expr) -> sp.Expr | None:
        """-(x - L) x as (L - x) x: the minus goes into the one difference that there is, unless it stands before a density."""
        factors = sp.Mul.make_args(e)
        differences = [f for f in factors if f.is_Add and len(f.args) == 2 and sum(_negative(a) for a in f.args) == 1]
        if len(differences) != 1 or any(_is_operand(f, self.style) for f in factors):
            return None
        (difference,) = differences
        rest = sp.Mul(*(f for f in factors if f is not difference))
        return None if rest.is_Add or rest == -1 else -rest * sp.Add(*(-a for a in difference.args))

    def _tail_key(self, e: sp.Expr) -> int:
        density = any(a.func.__name__ in self.style.densities for a in _calls(e))
        return 2 if density and _derivatives(e) else int(density)

    def factors(self, factors: list[sp.Expr], *, alone: bool) -> list[Node]:
        """Factors in order, sums in brackets unless they stand alone."""
        shown = []
        for factor in sorted(factors, key=self._factor_key):
            node = self.node(factor)
            shown.append(Fenced("()", node) if (factor.is_Add or isinstance(node, Cases)) and not alone else node)
        return shown

    def _factor_key(self, e: sp.Expr) -> tuple[Any, ...]:
        base = e.base if e.is_Pow and e.base != sp.E else e
        name = base.name if base.is_Symbol else ""
        if base.is_number:
            return (0, name)
        if base.is_Symbol:
            return (1, name) if name in self.style.leading else (3, name.lower(), name)
        if base.is_Add:
            return (2, len(base.args), name)
        return (4, name)

    def power(self, base: sp.Expr, exponent: sp.Expr) -> Node:
        if base == sp.E:
            return self.exponential(exponent)
        if exponent == sp.Rational(1, 2):
            return Root(self.node(base))
        shown = self.node(base)
        # k_B T, \Delta t: one quantity of several signs; \sigma^2, w': a second superscript beside the first
        if isinstance(shown, Name) and any(c in shown.latex.strip() for c in " ^'"):
            shown = Fenced("()", shown)
        if (
            base.is_Add
            or base.is_Mul
            or base.is_Pow
            or (base.is_Rational and not base.is_Integer)
            or (base.is_negative and base.is_number)
        ) or isinstance(base, (sp.Derivative, sp.Integral, sp.Sum, sp.Product)):
            shown = Fenced("()", shown)
        return Power(shown, _in_one_line(self.node(exponent)))

    def exponential(self, exponent: sp.Expr) -> Node:
        return Power(Name("e", "e"), _in_one_line(self.node(exponent)))

    # --- functions, derivatives -----------------------------------------------------------------------------------

    def call(self, e: AppliedUndef) -> Node:
        name = e.func.__name__
        if name in _FORMAL and len(e.args) == 2:
            return Row((self.node(e.args[0]), Sign(_FORMAL[name]), self.node(e.args[1])))
        if name == "Mean":
            return Fenced("<>", self.node(e.args[0]))
        if name == "FracLaplacian":
            return self.power_of_laplacian(e.args[0], e.args[1], 0)
        if name in _MEMORY and len(e.args) == 3:
            operand, variable, order = e.args
            derivative = Fractional(_MEMORY[name], self.node(variable), self.node(order))
            bare = isinstance(operand, (AppliedUndef, sp.Derivative))
            return Row((derivative, self.node(operand) if bare else Fenced("()", self.node(operand))))
        if name in _ANGULAR and e.args:
            shown = self.node(e.args[0])
            bare = isinstance(e.args[0], AppliedUndef)
            return Row((Name(*_ANGULAR[name]), shown if bare else Fenced("()", shown)))
        if name.startswith("Renewed_") and len(e.args) == 1:
            anew = self.style.name(name.removeprefix("Renewed_"))
            return Row((Name(rf"\mathcal{{R}}_{{{anew.latex}}}", f"R_{anew.text}"), Fenced("[]", self.node(e.args[0]))))
        if name == "Laplacian" and len(e.args) == 1:
            shown = self.node(e.args[0])
            return Row((Name("\\Delta", "Δ"), Fenced("()", shown) if e.args[0].is_Add else shown))
        function = self.style.name(name)
        plain = all(a.is_Symbol and a.name in self.style.coordinates for a in e.args)
        if name in self.style.densities and plain and not self.style.show_arguments:
            return function
        return Call(function, tuple(self.node(a) for a in e.args))

    def power_of_laplacian(self, operand: sp.Expr, exponent: sp.Expr, logarithms: int) -> Node:
        """(-Laplacian)^s ln(-Laplacian)^m P, which is also the m-th derivative of (-Laplacian)^s P along s."""
        minus = Fenced("()", Row((Sign("−"), Name("\\Delta", "Δ"))))
        items: list[Node] = (
            [] if exponent == 0 else [minus if exponent == 1 else Power(minus, _in_one_line(self.node(exponent)))]
        )
        if logarithms:
            ln = Name("\\ln", "ln")
            items += [ln if logarithms == 1 else Power(ln, Number(str(logarithms))), minus]
        shown = self.node(operand)
        return Row((*items, Fenced("()", shown) if operand.is_Add else shown))

    def derivative(self, e: sp.Derivative) -> Node:
        outside = _sign_out(e)
        if outside is not e:
            return Row((Sign("−"), self.derivative(-outside)))
        counts = sorted(e.variable_count, key=lambda vc: (vc[0].name == "t", self._position(vc[0])))
        variables = tuple((self.node(v), int(n)) for v, n in counts)
        operand = self.node(e.expr)
        simple = isinstance(e.expr, AppliedUndef)
        if not simple:
            operand = Fenced("[]", operand)
        elif e.expr.func.__name__ not in self.style.densities and len(e.expr.args) == 1 and len(variables) == 1:
            return self.prime(e.expr, variables[0][1])
        return Partial(int(e.derivative_count), variables, operand, simple)

    def _position(self, symbol: sp.Symbol) -> int:
        names = list(self.style.coordinates)
        return names.index(symbol.name) if symbol.name in names else len(names)

    def prime(self, call: AppliedUndef, order: int) -> Call:
        """V'(x), V''(x), V^(4)(x) for a function of one coordinate."""
        name = self.style.name(call.func.__name__)
        if order <= 3:
            head: Node = Name(name.latex + "'" * order, name.text + "′" * order)
        else:
            head = Power(name, Fenced("()", Number(str(order))))
        return Call(head, tuple(self.node(a) for a in call.args))

    def known(self, e: sp.Function) -> Node:
        name = e.func.__name__
        if isinstance(e, sp.exp):
            return self.exponential(e.args[0])
        if isinstance(e, sp.Abs):
            return Fenced("||", self.node(e.args[0]))
        if isinstance(e, sp.factorial):
            inner = self.node(e.args[0])
            return Row((inner if e.args[0].is_Atom else Fenced("()", inner), Sign("!")))
        if isinstance(e, sp.Piecewise):
            return Cases(tuple((self.node(v), self.condition(c)) for v, c in e.args))
        latex, text = _SPOKEN.get(name, (f"\\{name}" if name in _OPERATOR_NAMES else f"\\operatorname{{{name}}}", name))
        return Call(Name(latex, text), tuple(self.node(a) for a in e.args))

    def condition(self, e: sp.Basic) -> Node:
        """The condition of a case, with the coordinate on the left-hand side."""
        if e == sp.true:
            return Name("\\text{otherwise}", "otherwise")
        if isinstance(e, (sp.Or, sp.And)):
            word = "or" if isinstance(e, sp.Or) else "and"
            parts: list[Node] = []
            for part in sorted(e.args, key=_printed):
                parts += ([Sign(word)] if parts else []) + [self.condition(part)]
            return Row(tuple(parts))
        if type(e) in _RELATIONS:
            gap = sp.expand(e.args[0] - e.args[1])
            for c in gap.free_symbols:
                slope = gap.coeff(c, 1)
                if c.name in self.style.coordinates and slope in (1, -1) and not (gap - slope * c).has(c):
                    turned = e.reversed if slope == -1 else e
                    return Row((self.node(c), Sign(_RELATIONS[type(turned)]), self.node(-slope * (gap - slope * c))))
        return self.node(e)

    def one_sided(self, e: sp.Limit) -> Node:
        """u(0^+, t) and u_x(0^+, t): the value beside a place."""
        body, variable, place, direction = e.args
        shown = self.node(place)
        beside = Power(
            Fenced("()", shown) if place.is_Add or place.is_Mul else shown, Sign(str(direction).replace("-", "−"))
        )
        call = body.expr if isinstance(body, sp.Derivative) else body
        arguments = tuple(beside if a == variable else self.node(a) for a in call.args)
        if isinstance(body, sp.Derivative) and len(arguments) == 1 and call.func.__name__ not in self.style.densities:
            return Call(self.prime(call, int(body.derivative_count)).function, arguments)
        return Call(
            self.node(body) if isinstance(body, sp.Derivative) else self.style.name(call.func.__name__), arguments
        )

    def other(self, e: sp.Basic) -> Node:
        if type(e) in _RELATIONS:
            return Row((self.node(e.args[0]), Sign(_RELATIONS[type(e)]), self.node(e.args[1])))
        if isinstance(e, sp.And):
            items: list[Node] = []
            for part in sorted(e.args, key=_printed):
                items += ([Sign(",")] if items else []) + [self.node(part)]
            return Row(tuple(items))
        if isinstance(e, (sp.Integral, sp.Sum, sp.Product)) and all(len(limit) == 3 for limit in e.limits):
            kind = "sum" if isinstance(e, sp.Sum) else "prod" if isinstance(e, sp.Product) else "int"
            inner = self.node(e.function)
            if kind != "int" and e.function.is_Add:  # an integral ends with its d x
                inner = Fenced("()", inner)
            for variable, low, high in e.limits:  # SymPy lists the innermost first
                inner = Big(kind, self.node(variable), self.node(low), self.node(high), inner)
            return inner
        if isinstance(e, (sp.Min, sp.Max)):
            return self.known(e)
        if _is_logarithm(e):
            return self.power_of_laplacian(e.args[0].expr.args[0], e.args[2][0], int(e.args[0].derivative_count))
        if isinstance(e, sp.Limit) and isinstance(e.args[0], (AppliedUndef, sp.Derivative)):
            return self.one_sided(e)
        constants = {sp.pi: ("\\pi", "π"), sp.E: ("e", "e"), sp.I: ("i", "i"), sp.oo: ("\\infty", "∞"), -sp.oo: ("-\\infty", "−∞"),
                     sp.EulerGamma: ("\\gamma", "γ"), sp.true: ("\\text{true}", "true"), sp.false: ("\\text{false}", "false")}  # fmt: skip
        if e in constants:
            return Name(*constants[e])
        if isinstance(e, sp.Float):
            return Number(str(e))
        return Name("\\mathtt{" + str(e).replace("_", "\\_").replace("^", "\\^{}") + "}", str(e))


def _dotted(factors: list[Node]) -> tuple[Node, ...]:
    """Factors with a dot before those that begin with a digit: 16 times 2^(2/3) is not 162^(2/3)."""
    shown: list[Node] = []
    for factor in factors:
        first = factor.base if isinstance(factor, Power) else factor
        if shown and isinstance(first, Number):
            shown.append(Sign("·"))
        shown.append(factor)
    return tuple(shown)


def _sign_out(term: sp.Expr) -> sp.Expr:
    """d_x[-c P] as -d_x[c P]."""
    for factor in sp.Mul.make_args(term):
        if isinstance(factor, sp.Derivative) and _negative(factor.expr):
            return sp.Mul(-1, term / factor, sp.Derivative(-factor.expr, *factor.variable_count))
    return term


def _is_logarithm(e: sp.Basic) -> bool:
    """Whether this is d/ds (-Laplacian)^s f at some s, once or several times."""
    if not isinstance(e, sp.Subs) or not isinstance(e.expr, sp.Derivative):
        return False
    body = e.expr.expr
    along = set(e.expr.variables) == set(e.variables) and body.args[1:] == e.variables
    return bool(body.func.__name__ == "FracLaplacian" and along)


def _is_dynamic(term: sp.Expr, style: Typography) -> bool:
    """Whether a term holds a density, a derivative of one, or an integral over one."""
    if _within(term)[2]:
        return True
    dynamic = (*style.densities, "FracLaplacian", "Laplacian", *_MEMORY, "f")
    return any(a.func.__name__ in dynamic for a in _calls(term))


def _digits(number: int) -> str:
    return str(int(number))


def _negative(e: sp.Expr) -> bool:
    """Whether a term is written with a minus in front."""
    if e.is_Add:
        return False
    coefficient, _ = e.as_coeff_Mul()
    return bool(coefficient.is_negative)


@lru_cache(maxsize=8192)
def _within(e: sp.Basic) -> tuple[frozenset[AppliedUndef], frozenset[sp.Derivative], bool]:
    """The calls and derivatives within an expression, and whether there is an integral, a sum or a product: asked again for every term."""
    calls: frozenset[AppliedUndef] = frozenset((e,)) if isinstance(e, AppliedUndef) else frozenset()
    derivatives: frozenset[sp.Derivative] = frozenset((e,)) if isinstance(e, sp.Derivative) else frozenset()
    joined = isinstance(e, (sp.Integral, sp.Sum, sp.Product))
    for part in e.args:
        if part.args:
            more_calls, more_derivatives, more_joined = _within(part)
            calls, derivatives, joined = calls | more_calls, derivatives | more_derivatives, joined or more_joined
    return calls, derivatives, joined


def _calls(e: sp.Basic) -> frozenset[AppliedUndef]:
    return _within(e)[0]


def _derivatives(e: sp.Basic) -> frozenset[sp.Derivative]:
    return _within(e)[1]


@lru_cache(maxsize=4096)
def _printed(e: sp.Basic) -> str:
    """What expressions are sorted by; printing takes longer than all else that sorting does."""
    return str(e)


def _sorted(items: Iterable[Any], key: Callable[[Any], Any]) -> list[Any]:
    """Sorted; the key, which prints an expression, is not asked for where there is nothing to sort."""
    found = list(items)
    return sorted(found, key=key) if len(found) > 1 else found


def _time_order(derivative: sp.Derivative) -> int:
    return sum(int(n) for v, n in derivative.variable_count if v.name == "t")


def _degree(e: sp.Expr) -> int:
    """The total degree in symbols, roughly: it only orders terms."""
    total = 0
    for factor in sp.Mul.make_args(e):
        base, exponent = factor.as_base_exp()
        if not base.is_number:
            total += int(exponent) if exponent.is_Integer else 1
    return total


def _is_operand(e: sp.Expr, style: Typography) -> bool:
    """What stands behind the coefficient: densities, derivatives of them, integrals, sums of such things."""
    if isinstance(e, (sp.Integral, sp.Sum, sp.Product)):
        return True
    if isinstance(e, AppliedUndef):
        return True
    if isinstance(e, (sp.Derivative, sp.Limit)) or _is_logarithm(e):
        return True
    return e.is_Add and bool(_derivatives(e) or e.atoms(sp.Limit))


def _in_one_line(exponent: Node) -> Node:
    """Plain fractions in an exponent with a slash, which stacked ones would make too small to read."""
    if isinstance(exponent, Row):
        return Row(tuple(_in_one_line(item) if isinstance(item, Fraction) else item for item in exponent.items))
    if not isinstance(exponent, Fraction):
        return exponent
    top, bottom = (part.items[0] if isinstance(part, Row) and len(part.items) == 1 else part for part in exponent)
    if not (_is_flat(top) and _is_flat(bottom)):
        return exponent
    whole = bottom if isinstance(bottom, (Name, Number, Power)) else Fenced("()", bottom)
    return Row((top, Sign("/"), whole))


def _is_flat(node: Node) -> bool:
    """Products of names, numbers and their powers."""
    if isinstance(node, Row):
        return all(_is_flat(item) for item in node.items)
    if isinstance(node, Power):
        return _is_flat(node.base) and isinstance(node.exponent, (Name, Number))
    return isinstance(node, (Name, Number))
