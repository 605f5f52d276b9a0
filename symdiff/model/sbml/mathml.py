"""MathML of SBML to expressions: a fixed list of operators, every name looked up, nothing evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from symdiff.errors import ModelError, SymdiffError
from symdiff.model.sbml.xml_tree import Element
from symdiff.notation import limits

MATHML = "http://www.w3.org/1998/Math/MathML"
MAX_WRITTEN = 1_000  # parts of a formula in which functions are written out
MAX_NESTED = 6  # roots, exponentials, ... inside each other: what SymPy asks of them grows fast with the depth
MAX_CALLS = 20  # function definitions inside each other
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")
_UNARY: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    "exp": sp.exp, "ln": sp.log, "abs": sp.Abs, "sin": sp.sin, "cos": sp.cos, "tan": sp.tan, "sec": sp.sec, "csc": sp.csc,
    "cot": sp.cot, "sinh": sp.sinh, "cosh": sp.cosh, "tanh": sp.tanh, "sech": sp.sech, "csch": sp.csch, "coth": sp.coth,
    "arcsin": sp.asin, "arccos": sp.acos, "arctan": sp.atan, "arcsinh": sp.asinh, "arccosh": sp.acosh,
    "arctanh": sp.atanh,
}  # fmt: skip
_WHY = {
    "piecewise": "laws in pieces are not read",
    "delay": "the past does not enter a jump process",
    "rateOf": "rates of change do not enter a jump process",
    "time": "laws that depend on time are not read",
}


@dataclass(frozen=True)
class Definition:
    """A function definition: the names of its arguments, and its body, read again at every call."""

    arguments: tuple[str, ...]
    body: Element


@dataclass(frozen=True)
class Names:
    """What the identifiers of a formula mean; ``refused`` has the reason for those that mean something else."""

    symbols: Mapping[str, sp.Expr]
    functions: Mapping[str, Definition] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    avogadro: sp.Expr | None = None

    def with_symbols(self, more: Mapping[str, sp.Expr]) -> Names:
        """The same names, and further ones that win over those of the same name."""
        return Names({**self.symbols, **more}, self.functions, self.refused, self.avogadro)


def exact_number(text: str) -> sp.Rational | None:
    """A decimal number as the exact fraction that it is; None where it is none."""
    text = text.strip()
    if len(text) > 1000 or not _NUMBER.fullmatch(text):
        return None
    mantissa, _, exponent = text.lower().partition("e")
    if abs(int(exponent or 0)) > 1000:
        return None
    return sp.Rational(mantissa.rstrip(".") if mantissa.endswith(".") else mantissa) * sp.Integer(10) ** int(
        exponent or 0
    )


def formula(parent: Element, names: Names, where: str) -> sp.Expr:
    """The expression in the ``<math>`` of an element; raises :class:`ModelError` with place and line."""
    math = next((c for c in parent.children if c.name == "math"), None)
    if math is None or math.namespace != MATHML:
        raise ModelError("a formula is missing", where=where, instead=f'write it in <math xmlns="{MATHML}">')
    if len(math.children) != 1:
        raise ModelError(f"<math> holds {len(math.children)} formulas, not one", where=where)
    return _Reader(names, where).value(math.children[0])


def lambda_of(element: Element, where: str) -> Definition:
    """The arguments and the body of a function definition."""
    math = next((c for c in element.children if c.name == "math" and c.namespace == MATHML), None)
    inner = math.children[0] if math is not None and len(math.children) == 1 else None
    while inner is not None and inner.name == "semantics" and inner.children:
        inner = inner.children[0]
    if inner is None or inner.name != "lambda" or not inner.children:
        raise ModelError("a function definition without <lambda>", where=where)
    *bound, body = inner.children
    names = [v.children[0].text.strip() for v in bound if v.name == "bvar" and len(v.children) == 1]
    if len(names) != len(bound) or len(set(names)) != len(names) or body.name == "bvar":
        raise ModelError("the arguments of <lambda> are wrong", where=where, instead="one <bvar><ci>x</ci></bvar> each")
    return Definition(tuple(names), body)


class _Reader:
    def __init__(self, names: Names, where: str, caller: _Reader | None = None) -> None:
        self.names, self.where = names, where
        self.calls: int = 0 if caller is None else caller.calls + 1
        self.budget: list[int] = [limits.MAX_NODES] if caller is None else caller.budget
        self.sizes: dict[sp.Basic, tuple[int, int]] = {} if caller is None else caller.sizes
        self.depth = 0

    def fail(self, element: Element, message: str, instead: str = "") -> ModelError:
        return ModelError(message, where=f"{self.where}, line {element.line}", instead=instead)

    def value(self, element: Element) -> sp.Expr:
        """One MathML element as an expression."""
        self.depth += 1
        self.budget[0] -= 1
        if self.depth > limits.MAX_DEPTH:
            raise self.fail(
                element, f"the formula is nested deeper than {limits.MAX_DEPTH}", "name its parts as functions"
            )
        if self.budget[0] < 0:
            raise self.fail(element, f"the formula has more than {limits.MAX_NODES} parts", "split the reaction")
        if element.namespace != MATHML:
            raise self.fail(element, f"<{element.name}> is no MathML")
        try:
            found = self._one(element)
            limits.check_number(found)
        except SymdiffError as error:
            raise error if error.where else error.located(f"{self.where}, line {element.line}") from None
        written, nested = self._size(found)
        if written > MAX_WRITTEN:  # calls share their arguments: small in memory, endless when written out
            raise self.fail(
                element, f"the formula has more than {MAX_WRITTEN} parts when it is written out", "split the reaction"
            )
        if nested > MAX_NESTED:
            raise self.fail(
                element, f"more than {MAX_NESTED} roots and functions inside each other", "simplify the law"
            )
        if found.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise self.fail(element, "the formula is no number: it divides by zero")
        self.depth -= 1
        return found

    def _size(self, value: sp.Basic) -> tuple[int, int]:
        """Parts of an expression when it is written out, and how deep roots and functions stand inside each other."""
        if value not in self.sizes:
            parts = [self._size(part) for part in value.args]
            deeper = value.is_Function or (value.is_Pow and not value.exp.is_Integer)
            self.sizes[value] = 1 + sum(p[0] for p in parts), int(deeper) + max((p[1] for p in parts), default=0)
        return self.sizes[value]

    def _one(self, element: Element) -> sp.Expr:
        simple: dict[str, Callable[[Element], sp.Expr]] = {
            "cn": self._number, "ci": self._name, "csymbol": self._symbol, "apply": self._apply,
            "semantics": self._semantics}  # fmt: skip
        if element.name in simple:
            return simple[element.name](element)
        if element.name == "pi":
            return sp.pi
        if element.name == "exponentiale":
            return sp.E
        raise self.fail(element, f"<{element.name}> is not read here" + _because(element.name), "use numbers, names, + - * / ^, roots, exp, logarithms")  # fmt: skip

    def _semantics(self, element: Element) -> sp.Expr:
        if not element.children:
            raise self.fail(element, "<semantics> is empty")
        return self.value(element.children[0])

    def _number(self, element: Element) -> sp.Expr:
        kind = element.attributes.get("type", "real").strip()
        parts = [element.text.strip()] if not element.children else _separated(element)
        if element.attributes.get("base", "10").strip() != "10":
            raise self.fail(element, "a number that is not in base 10")
        numbers = [n for n in map(exact_number, parts) if n is not None]
        wanted = {"integer": 1, "real": 1, "rational": 2, "e-notation": 2}.get(kind)
        if wanted is None or len(parts) != wanted or len(numbers) != wanted:
            raise self.fail(element, f"'{' '.join(parts)[:60]}' is no number of type '{kind[:20]}'", 'write <cn>0.5</cn> or <cn type="rational">1<sep/>2</cn>')  # fmt: skip
        first = numbers[0]
        if kind == "integer" and not first.is_Integer:
            raise self.fail(element, f"'{parts[0][:60]}' is no integer")
        if kind == "rational":
            if numbers[1].is_zero:
                raise self.fail(element, "a fraction over zero")
            return first / numbers[1]
        if kind == "e-notation":
            if not numbers[1].is_Integer or abs(numbers[1]) > 1000:
                raise self.fail(element, f"'{parts[1][:20]}' is no exponent")
            return first * sp.Integer(10) ** numbers[1]
        return first

    def _name(self, element: Element) -> sp.Expr:
        name = element.text.strip()
        if name in self.names.symbols:
            return self.names.symbols[name]
        if name in self.names.refused:
            raise self.fail(element, f"'{name[:60]}' {self.names.refused[name]}")
        raise self.fail(
            element, f"'{name[:60]}' is not defined", "it is no species, compartment, parameter or function here"
        )

    def _symbol(self, element: Element) -> sp.Expr:
        which = element.attributes.get("definitionURL", "").strip().rpartition("/")[2]
        if which == "avogadro" and self.names.avogadro is not None:
            return self.names.avogadro
        raise self.fail(element, f"the symbol '{which[:40]}' is not read here" + _because(which))

    def _apply(self, element: Element) -> sp.Expr:
        if not element.children:
            raise self.fail(element, "<apply> is empty")
        head, *rest = element.children
        if head.name == "ci":
            return self._call(head, rest)
        if head.name == "csymbol":
            return self._symbol(head)
        qualifiers = [r for r in rest if r.name in ("degree", "logbase")]
        values = [self.value(r) for r in rest if r.name not in ("degree", "logbase")]
        given = None
        if qualifiers:
            if len(qualifiers) > 1 or len(qualifiers[0].children) != 1 or (head.name, qualifiers[0].name) not in (("root", "degree"), ("log", "logbase")):  # fmt: skip
                raise self.fail(qualifiers[0], f"<{qualifiers[0].name}> does not belong to <{head.name}> like this")
            given = self.value(qualifiers[0].children[0])
        return self._operator(head, values, given)

    def _operator(self, head: Element, values: list[sp.Expr], given: sp.Expr | None) -> sp.Expr:
        name, many = head.name, len(values)
        if name in ("plus", "times"):
            return limits.check_terms((sp.Add if name == "plus" else sp.Mul)(*values))
        arity = {"minus": (1, 2), "divide": (2,), "power": (2,), "root": (1,), "log": (1,)}.get(name)
        if arity is None and name in _UNARY:
            arity = (1,)
        if arity is None:
            raise self.fail(
                head, f"<{name}> is not read here" + _because(name), "use + - * / ^, roots, exp, logarithms"
            )
        if many not in arity:
            raise self.fail(head, f"<{name}> with {many} argument(s)")
        if name == "minus":
            return -values[0] if many == 1 else values[0] - values[1]
        if name == "divide":
            if values[1].is_zero:
                raise self.fail(head, "division by zero")
            return values[0] / values[1]
        if name == "power":
            return limits.power(values[0], values[1])
        if name == "root":
            degree = sp.Integer(2) if given is None else given
            if degree.is_zero:
                raise self.fail(head, "a root of degree zero")
            return limits.power(values[0], 1 / degree)
        if name == "log":
            base = sp.Integer(10) if given is None else given
            if base.is_zero or base == 1:
                raise self.fail(head, f"a logarithm to the base {base}")
            return sp.log(limits.small_argument(values[0], "log")) / sp.log(limits.small_argument(base, "log"))
        return _UNARY[name](limits.small_argument(values[0], name))

    def _call(self, head: Element, rest: list[Element]) -> sp.Expr:
        name = head.text.strip()
        definition = self.names.functions.get(name)
        if definition is None:
            raise self.fail(head, f"'{name[:60]}' is no function of this file")
        if len(rest) != len(definition.arguments):
            raise self.fail(head, f"'{name}' takes {len(definition.arguments)} argument(s), not {len(rest)}")
        if self.calls >= MAX_CALLS:
            raise self.fail(
                head, f"functions call each other more than {MAX_CALLS} deep", "a function must not call itself"
            )
        given = dict(zip(definition.arguments, (self.value(r) for r in rest), strict=True))
        inner = Names(given, self.names.functions, {}, self.names.avogadro)
        return _Reader(inner, f"{self.where}, function '{name}'", self).value(definition.body)


def _separated(element: Element) -> list[str]:
    """The two numbers around ``<sep/>``: expat gives the text of an element in one piece, with a mark for the child."""
    if len(element.children) != 1 or element.children[0].name != "sep":
        return []
    return element.text.split()


def _because(name: str) -> str:
    return f": {_WHY[name]}" if name in _WHY else ""
