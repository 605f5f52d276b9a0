"""SymPy expressions to display trees; the order of terms and factors is that of :mod:`symdiff.notation.display.term_order`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    Index,
    Name,
    Node,
    Number,
    Partial,
    Power,
    Root,
    Row,
    Sign,
)
from symdiff.notation.display.one_line import in_one_line, within_fraction
from symdiff.notation.display.term_order import (
    MEMORY_OPERATORS,
    calls_in,
    factor_key,
    is_logarithm,
    is_operand,
    negative,
    ordered_terms,
    oriented,
    printed,
    sign_out,
    tail_key,
    turned,
)
from symdiff.notation.names import latex_name, unicode_name
from symdiff.notation.symbol_latex import symbol_text

_RELATIONS = {sp.Equality: "=", sp.Unequality: "≠", sp.LessThan: "≤", sp.StrictLessThan: "<", sp.GreaterThan: "≥",
              sp.StrictGreaterThan: ">"}  # fmt: skip
_FORMAL = {"Propto": "∝", "Approx": "≈", "Tends": "→", "MuchLess": "≪", "MuchGreater": "≫"}
_ANGULAR = {"AngularLaplacian": (r"\Delta_{u}", "Δ_u"), "AngularDerivative": (r"\partial_{\varphi}", "∂_φ")}
_OPERATOR_NAMES = {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "log", "exp", "Min", "Max",
                   "asin", "acos", "atan", "erf", "erfc", "sign", "sech", "csch", "asinh", "acosh", "atanh", "atan2"}  # fmt: skip
_SPOKEN = {"log": ("\\ln", "ln"), "Min": ("\\min", "min"), "Max": ("\\max", "max"), "asin": ("\\arcsin", "arcsin"),
           "acos": ("\\arccos", "arccos"), "atan": ("\\arctan", "arctan"), "gamma": ("\\Gamma", "Γ"), "zeta": ("\\zeta", "ζ"),
           "sign": ("\\operatorname{sgn}", "sgn"), "Heaviside": ("\\theta", "θ"), "DiracDelta": ("\\delta", "δ")}  # fmt: skip

_BESSEL = {"besseli": Name("I", "I"), "besselj": Name("J", "J"), "besselk": Name("K", "K")}
MOST_OPPOSITE = 4  # terms of a sum that is multiplied out with an exponential before it


@dataclass(frozen=True)
class Typography:
    """How names look, and which of them come first.

    ``latex`` overrides the LaTeX of names; ``densities`` are written without their arguments where these are just the
    coordinates and time (unless ``show_arguments``); ``leading`` names (probabilities) come first in products;
    ``coordinates`` include time; ``shares`` are numbers over a system size, coordinates that no length is taken from; ``names``
    are all that mean something in sentences about the model; ``functions``, of the place, are factors of a coefficient like any other.
    """

    latex: Mapping[str, str] = field(default_factory=dict)
    coordinates: tuple[str, ...] = ("x", "y", "z", "t")
    densities: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    show_arguments: bool = False
    names: frozenset[str] = frozenset()
    functions: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """What a density depends on, in order."""
        return (*self.shares, *self.coordinates)

    def name(self, name: str) -> Name:
        """A declared name."""
        given = self.latex.get(name)
        return Name(given or latex_name(name), (given and symbol_text(given)) or unicode_name(name))


def build(expression: sp.Basic, typography: Typography) -> Node:
    """The display tree of an expression or relation."""
    return _Builder(typography).node(expression)


def build_equation(lhs: sp.Basic, rhs: sp.Basic, typography: Typography) -> Node:
    """lhs = rhs; densities keep their arguments in the whole equation where one of them is read at another place."""
    calls = [a for a in (*calls_in(lhs), *calls_in(rhs)) if a.func.__name__ in typography.densities]
    if any(not (x.is_Symbol and x.name in typography.places) for a in calls for x in a.args):
        typography = replace(typography, show_arguments=True)
    builder = _Builder(typography)
    return Row((builder.node(lhs), Sign("="), builder.node(rhs)))


def _moves_with(call: AppliedUndef, variable: sp.Symbol) -> bool:
    """Whether V'(x - a) says the same as d/dx V(x - a): a single argument, the variable but for a constant."""
    return len(call.args) == 1 and not sp.expand(call.args[0] - variable).has(variable)


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
        if e.is_Mul or (e.is_Rational and not e.is_Integer) or (e.is_Pow and negative(e.exp)):
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
        for term in ordered_terms([sign_out(hyperbolic(t)) for t in e.args], self.style):
            minus = negative(term)
            if items or minus:
                items.append(Sign("−" if minus else "+"))
            shown = self.node(-term if minus else term)
            items.append(Fenced("()", shown) if (minus and (-term).is_Add) else shown)
        return Row(tuple(items))

    # --- products -------------------------------------------------------------------------------------------------

    def product(self, e: sp.Expr) -> Node:
        e = oriented(sign_out(_without_opposite(e)), self.style)
        if negative(e):
            inside = turned(e, self.style)
            if inside is not None:
                return self.product(inside)
            if (-e).is_Add:  # an unevaluated -(a + b)
                return Row((Sign("−"), Fenced("()", self.node(-e))))
            return Row((Sign("−"), self.product(-e)))
        number, top, bottom, tail, cases = sp.Integer(1), [], [], [], []
        for factor in _without_contents(_joint_exponentials(sp.Mul.make_args(e))):
            if factor.is_Rational:
                number *= factor
            elif is_operand(factor, self.style):
                tail.append(factor)
            elif isinstance(factor, sp.Piecewise):
                cases.append(factor)  # beside a fraction: within it they are too small to read
            elif factor.is_Pow and negative(factor.exp) and factor.base != sp.E:
                bottom.append(sp.Pow(factor.base, -factor.exp))
            else:
                top.append(factor)
        if not bottom and number.q == 1:
            top, cases = top + cases, []
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
            parts.append(Fraction(within_fraction(upper), within_fraction(lower)))
        elif above and not (len(above) == 1 and not top and not tail and number == 1):
            if len(top) == 1 and number.p == 1 and not tail:
                return self.node(top[0])
            parts += (
                self.factors(top, alone=False)
                if number.p == 1
                else [Number(_digits(number.p)), *self.factors(top, alone=False)]
            )
        last = len(cases) == 1 and not tail and bool(parts)
        parts += [self.node(cases[0])] if last else self.factors(cases, alone=False)
        for operand in sorted(tail, key=lambda t: tail_key(t, self.style)):
            shown = self.node(operand)
            parts.append(Fenced("()", shown) if operand.is_Add else shown)
        return parts[0] if len(parts) == 1 else Row(_dotted(parts or [Number("1")]))

    def factors(self, factors: list[sp.Expr], *, alone: bool) -> list[Node]:
        """Factors in order, sums in brackets unless they stand alone; roots of what is not negative under one root."""
        shown: list[Node] = []
        ordered = sorted(factors, key=lambda f: factor_key(f, self.style))
        roots = [f for f in ordered if f.is_Pow and f.exp == sp.S.Half]
        if sum(not f.base.is_nonnegative for f in roots) > 1:  # of two unknown signs
            roots = [f for f in roots if f.base.is_nonnegative]
        joint = Root(self.node(sp.Mul(*(f.base for f in roots)))) if len(roots) > 1 else None
        for factor in ordered:
            if joint is not None and factor in roots:
                shown += [joint] if factor is roots[0] else []
                continue
            node = self.node(factor)
            shown.append(Fenced("()", node) if (factor.is_Add or isinstance(node, Cases)) and not alone else node)
        return shown

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
        return Power(shown, in_one_line(self.node(exponent)))

    def exponential(self, exponent: sp.Expr) -> Node:
        if exponent.is_Add:  # e^(-(lam + mu) t)
            exponent = sp.factor_terms(exponent)
        return Power(Name("e", "e"), in_one_line(self.node(exponent)))

    # --- functions, derivatives -----------------------------------------------------------------------------------

    def call(self, e: AppliedUndef) -> Node:
        name = e.func.__name__
        if name in _FORMAL and len(e.args) == 2:
            return Row((self.node(e.args[0]), Sign(_FORMAL[name]), self.node(e.args[1])))
        if name == "Mean" and isinstance(e.args[0], AppliedUndef) and e.args[0].func.__name__ == "Mean":
            within = Fenced("[]", self.node(e.args[0].args[0]))  # two angle brackets would be a cumulant
            return Fenced("<>", Row((Name("\\mathrm{E}", "E"), within)))
        if name == "Mean":
            return Fenced("<>", self.node(e.args[0]))
        if name == "Limit" and len(e.args) > 2:  # several symbols go to zero together
            together = [s for v in e.args[1:] for s in (Sign(","), self.node(v))][1:]
            inner = self.node(e.args[0])
            return Big(
                "lim", Row(tuple(together)), Number("0"), None, Fenced("()", inner) if e.args[0].is_Add else inner
            )
        if name == "FracLaplacian":
            return self.power_of_laplacian(e.args[0], e.args[1], 0)
        if name in MEMORY_OPERATORS and len(e.args) == 3:
            operand, variable, order = e.args
            derivative = Fractional(MEMORY_OPERATORS[name], self.node(variable), self.node(order))
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
        plain = all(a.is_Symbol and a.name in self.style.places for a in e.args)
        known = name in self.style.densities or name.partition("_")[0] in self.style.densities  # P_u_x, a moment of P
        if known and plain and not self.style.show_arguments:
            return function
        return Call(function, tuple(in_one_line(self.node(a)) for a in e.args))

    def power_of_laplacian(self, operand: sp.Expr, exponent: sp.Expr, logarithms: int) -> Node:
        """(-Laplacian)^s ln(-Laplacian)^m P, which is also the m-th derivative of (-Laplacian)^s P along s."""
        minus = Fenced("()", Row((Sign("−"), Name("\\Delta", "Δ"))))
        items: list[Node] = (
            [] if exponent == 0 else [minus if exponent == 1 else Power(minus, in_one_line(self.node(exponent)))]
        )
        if logarithms:
            ln = Name("\\ln", "ln")
            items += [ln if logarithms == 1 else Power(ln, Number(str(logarithms))), minus]
        shown = self.node(operand)
        if operand.is_Mul:
            return Row((*items, Fenced("[]", shown)))
        return Row((*items, Fenced("()", shown) if operand.is_Add else shown))

    def derivative(self, e: sp.Derivative) -> Node:
        outside = sign_out(e)
        if outside is not e:
            return Row((Sign("−"), self.derivative(-outside)))
        counts = sorted(e.variable_count, key=lambda vc: (vc[0].name == "t", self._position(vc[0])))
        variables = tuple((self.node(v), self.times(n)) for v, n in counts)
        operand = self.node(e.expr)
        simple = isinstance(e.expr, AppliedUndef)  # a mean in its brackets as well
        if not simple:
            operand = Fenced("[]", operand)
        elif (
            e.expr.func.__name__ not in self.style.densities
            and len(variables) == 1
            and _moves_with(e.expr, counts[0][0])
        ):
            order = variables[0][1]
            if isinstance(order, int):
                return self.prime(e.expr, order)
        return Partial(self.times(e.derivative_count), variables, operand, simple)

    def times(self, order: sp.Expr) -> int | Node:
        """The order of a derivative: a number, or a tree where it is a symbol."""
        return int(order) if sp.sympify(order).is_Integer else in_one_line(self.node(order))

    def _position(self, symbol: sp.Symbol) -> int:
        names = list(self.style.places)
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
            return Cases(tuple((in_one_line(self.node(v)), self.condition(c)) for v, c in e.args))
        if name in _BESSEL:
            return Call(Index(_BESSEL[name], in_one_line(self.node(e.args[0]))), (self.node(e.args[1]),))
        if isinstance(e, sp.KroneckerDelta):
            below = (self.node(e.args[0]), Sign(","), self.node(e.args[1]))
            return Index(Name("\\delta", "δ"), Row(below))
        if isinstance(e, sp.Heaviside):
            return Call(Name(*_SPOKEN[name]), (self.node(e.args[0]),))
        latex, text = _SPOKEN.get(name, (f"\\{name}" if name in _OPERATOR_NAMES else f"\\operatorname{{{name}}}", name))
        return Call(Name(latex, text), tuple(self.node(a) for a in e.args))

    def condition(self, e: sp.Basic) -> Node:
        """The condition of a case, with the coordinate on the left-hand side."""
        if e == sp.true:
            return Name("\\text{otherwise}", "otherwise")
        if isinstance(e, (sp.Or, sp.And)):
            word = "or" if isinstance(e, sp.Or) else "and"
            parts: list[Node] = []
            for part in sorted(e.args, key=printed):
                parts += ([Sign(word)] if parts else []) + [self.condition(part)]
            return Row(tuple(parts))
        if type(e) in _RELATIONS:
            gap = sp.expand(e.args[0] - e.args[1])
            for c in gap.free_symbols:
                slope = gap.coeff(c, 1)
                if (
                    c.name in self.style.coordinates
                    and slope.is_Rational
                    and slope != 0
                    and not (gap - slope * c).has(c)
                ):
                    turned = e.reversed if slope < 0 else e
                    place = in_one_line(self.node(sp.expand(-(gap - slope * c) / slope)))
                    return Row((self.node(c), Sign(_RELATIONS[type(turned)]), place))
        return self.node(e)

    def one_sided(self, e: sp.Limit) -> Node:
        """u(0^+, t) and u_x(0^+, t): the value beside a place."""
        body, variable, place, direction = e.args
        shown = in_one_line(self.node(place))
        beside = Power(
            Fenced("()", shown) if place.is_Add or place.is_Mul else shown, Sign(str(direction).replace("-", "−"))
        )
        return self._at_place(body, variable, beside)

    def limit(self, body: sp.Expr, variable: sp.Symbol, place: sp.Expr, direction: sp.Symbol | str = "+") -> Big:
        """The limit of a whole expression, from the left where that is meant."""
        shown = in_one_line(self.node(place))
        if str(direction) == "-" and place.is_finite is not False:
            shown = Power(Fenced("()", shown) if place.is_Add or place.is_Mul else shown, Sign("−"))
        inner = self.node(body)
        return Big("lim", self.node(variable), shown, None, Fenced("()", inner) if body.is_Add else inner)

    def _at_place(self, body: sp.Expr, variable: sp.Symbol, beside: Node) -> Node:
        """A density, or a derivative of one, with ``beside`` for one of its arguments."""
        call = body.expr if isinstance(body, sp.Derivative) else body
        arguments = tuple(beside if a == variable else self.node(a) for a in call.args)
        if isinstance(body, sp.Derivative) and len(arguments) == 1 and call.func.__name__ not in self.style.densities:
            return Call(self.prime(call, int(body.derivative_count)).function, arguments)
        head: Node = self.style.name(call.func.__name__)
        if isinstance(body, sp.Derivative):
            shown = self.derivative(body)
            head = shown._replace(operand=head) if isinstance(shown, Partial) and shown.on_top else shown
        return Call(head, arguments)

    def other(self, e: sp.Basic) -> Node:
        if type(e) in _RELATIONS:
            return Row((self.node(e.args[0]), Sign(_RELATIONS[type(e)]), self.node(e.args[1])))
        if isinstance(e, sp.And):
            items: list[Node] = []
            for part in sorted(e.args, key=printed):
                items += ([Sign(",")] if items else []) + [self.node(part)]
            return Row(tuple(items))
        if isinstance(e, (sp.Integral, sp.Sum, sp.Product)):
            kind = "sum" if isinstance(e, sp.Sum) else "prod" if isinstance(e, sp.Product) else "int"
            inner = self.node(e.function)
            if kind != "int" and e.function.is_Add:  # an integral ends with its d x
                inner = Fenced("()", inner)
            for variable, *ends in e.limits:  # SymPy lists the innermost first
                low, high = [None] * (2 - len(ends)) + [self.node(end) for end in ends]
                inner = Big(kind, self.node(variable), low, high, inner)
            return inner
        if isinstance(e, (sp.Min, sp.Max)):
            return self.known(e)
        if is_logarithm(e):
            return self.power_of_laplacian(e.args[0].expr.args[0], e.args[2][0], int(e.args[0].derivative_count))
        if (
            isinstance(e, sp.Limit)
            and isinstance(e.args[0], (AppliedUndef, sp.Derivative))
            and not e.args[2].is_infinite
        ):
            return self.one_sided(e)
        if isinstance(e, sp.Limit):
            return self.limit(*e.args)
        if isinstance(e, sp.Subs) and len(e.variables) == 1 and not _of_one_call(e.expr, e.variables[0]):
            taken = Row((self.node(e.variables[0]), Sign("="), in_one_line(self.node(e.point[0]))))
            return Index(Fenced("()", self.node(e.expr)), taken)
        if isinstance(e, sp.Subs) and len(e.variables) == 1 and _of_one_call(e.expr, e.variables[0]):
            return self._at_place(e.expr, e.variables[0], in_one_line(self.node(e.point[0])))
        constants = {sp.pi: ("\\pi", "π"), sp.E: ("e", "e"), sp.I: ("i", "i"), sp.oo: ("\\infty", "∞"), -sp.oo: ("-\\infty", "−∞"),
                     sp.EulerGamma: ("\\gamma", "γ"), sp.true: ("\\text{true}", "true"), sp.false: ("\\text{false}", "false")}  # fmt: skip
        if e in constants:
            return Name(*constants[e])
        if isinstance(e, sp.Float):
            return Number(str(e))
        return Name("\\mathtt{" + str(e).replace("_", "\\_").replace("^", "\\^{}") + "}", str(e))


def _of_one_call(body: sp.Basic, variable: sp.Symbol) -> bool:
    """Whether this is a derivative of f(..., x, ...), x among its arguments as it stands."""
    return isinstance(body, sp.Derivative) and isinstance(body.expr, AppliedUndef) and variable in body.expr.args


def _without_opposite(e: sp.Expr) -> sp.Expr:
    """(1 - e^-a) e^a as e^a - 1."""
    powers = [f for f in e.args if isinstance(f, sp.exp)]
    sums = [f for f in e.args if f.is_Add and len(f.args) <= MOST_OPPOSITE]
    if len(powers) != 1 or len(sums) != 1:
        return e
    (wave,), (total,) = powers, sums
    opposite = sp.exp(-wave.exp)
    if not any(opposite in sp.Mul.make_args(t) for t in total.args):
        return e
    return sp.Mul(sp.Add(*(t * wave for t in total.args)), *(f for f in e.args if f not in (wave, total)))


def _joint_exponentials(factors: Sequence[sp.Expr]) -> list[sp.Expr]:
    """e^(-x^2) e^(-y^2) as e^(-x^2 - y^2)."""
    powers = [f for f in factors if isinstance(f, sp.exp)]
    if len(powers) < 2:
        return list(factors)
    return [*(f for f in factors if f not in powers), sp.exp(sp.Add(*(f.exp for f in powers)))]


def _without_contents(factors: Sequence[sp.Expr]) -> list[sp.Expr]:
    """(2 - 2p) t as 2 (1 - p) t, (1/2 + b/2) J as (1 + b) J/2: the common number of a sum among factors stands before it."""
    found: list[sp.Expr] = []
    for factor in factors:
        base, exponent = (factor.base, factor.exp) if factor.is_Pow else (factor, sp.Integer(1))
        content, rest = base.primitive() if base.is_Add and len(factors) > 1 else (sp.Integer(1), base)
        if content == 1 or not exponent.is_Integer or not (content.is_Integer or _of_one_denominator(base, content.q)):
            found.append(factor)
        else:
            found += [content**exponent, rest**exponent]
    return found


def _of_one_denominator(e: sp.Expr, number: int) -> bool:
    """Whether every term of a sum is divided by this number, and by nothing else."""
    return all(
        t.as_coeff_Mul()[0].q == number and not any(f.is_Pow and negative(f.exp) for f in sp.Mul.make_args(t))
        for t in e.args
    )


def _dotted(factors: list[Node]) -> tuple[Node, ...]:
    """Factors with a dot before those that begin with a digit: 16 times 2^(2/3) is not 162^(2/3)."""
    shown: list[Node] = []
    for factor in factors:
        first = factor.base if isinstance(factor, Power) else factor
        if shown and isinstance(first, Number):
            shown.append(Sign("·"))
        shown.append(factor)
    return tuple(shown)


def _digits(number: int) -> str:
    return str(int(number))
