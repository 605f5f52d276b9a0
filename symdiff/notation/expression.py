"""The whitelisting parser of Python-like expressions; the only way in which text becomes mathematics.

No text is evaluated as code: the parser knows numbers, operators, the names of its :class:`Scope` and the functions of
``notation.names``, and builds SymPy objects from them one by one, through the guards of ``notation.limits``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import sympy as sp

from symdiff.errors import ExpressionError
from symdiff.notation import limits
from symdiff.notation.names import CONSTANTS, KNOWN_FUNCTIONS, SPECIAL_FORMS, did_you_mean, is_identifier

Function = Callable[..., sp.Expr]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<op>\*\*|<=|>=|==|!=|[-+*/()<>=,]))"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RELATIONS = {"<": sp.StrictLessThan, "<=": sp.LessThan, ">": sp.StrictGreaterThan, ">=": sp.GreaterThan,
              "=": sp.Equality, "==": sp.Equality, "!=": sp.Unequality}  # fmt: skip
_BUILDERS: dict[str, Function] = {name: getattr(sp, name) for name in KNOWN_FUNCTIONS if name != "Rational"}


@dataclass(frozen=True)
class Scope:
    """What the names of an expression mean: symbols by name, functions by name with their number of arguments."""

    symbols: Mapping[str, sp.Expr]
    functions: Mapping[str, tuple[int, Function]] = field(default_factory=dict)

    def with_symbols(self, extra: Mapping[str, sp.Expr]) -> Scope:
        """The same scope with further symbols, which win over those of the same name."""
        return Scope({**self.symbols, **extra}, self.functions)

    def names(self) -> list[str]:
        """Every name that may be written."""
        return [*self.symbols, *self.functions, *KNOWN_FUNCTIONS, *SPECIAL_FORMS, *CONSTANTS]


def parse_expression(text: str | int | sp.Rational, scope: Scope) -> sp.Expr:
    """Read one expression; decimal numbers are exact.

    Raises :class:`ExpressionError` with the column for anything unknown, unbalanced, too long, too deep or too large.

    >>> x = sp.Symbol("x")
    >>> parse_expression("0.3*x**2 - x/4", Scope({"x": x}))
    3*x**2/10 - x/4
    """
    result = _Parser(_as_text(text), scope).whole(condition=False)
    return _checked_value(result)


def parse_condition(text: str, scope: Scope) -> sp.Basic:
    """Read a comparison or a chain of them, such as ``0 < x < L``; ``=`` and ``==`` mean the same.

    >>> x = sp.Symbol("x")
    >>> parse_condition("0 < x <= 2", Scope({"x": x}))
    (x <= 2) & (0 < x)
    """
    result = _Parser(_as_text(text), scope).whole(condition=True)
    if isinstance(result, sp.Expr):
        raise ExpressionError(f"'{text}' is no comparison", instead="write for example 'x < 0' or '0 < x < L'")
    return result


def parse_chain(text: str, scope: Scope) -> tuple[tuple[sp.Expr, ...], tuple[str, ...]]:
    """Read ``a < b <= c`` as its members and its signs, without joining them."""
    return _Parser(_as_text(text), scope).chain()


def check_text(text: str) -> None:
    """Refuse control characters, which TOML makes out of LaTeX in double quotes, and text that is too long."""
    limits.check_length(text)
    found = _CONTROL.search(text)
    if found:
        raise ExpressionError(
            f"a control character (code {ord(found.group())}) at column {found.start() + 1}",
            instead="in TOML, put LaTeX in single quotes: '\\tau'; in double quotes \\t, \\f, \\n, \\r, \\b, \\u are escapes",
        )


def _as_text(text: Any) -> str:
    if isinstance(text, bool) or not isinstance(text, (str, int, sp.Rational)):
        raise ExpressionError(f"an expression is a string or an exact number, not {type(text).__name__}")
    if isinstance(text, int) and text.bit_length() > limits.MAX_NUMBER_BITS:
        raise ExpressionError("a number of more than 6,000 digits", instead="write it with a symbol")
    return str(text)


def _checked_value(value: Any) -> sp.Expr:
    if not isinstance(value, sp.Expr):
        raise ExpressionError("a comparison stands where a value is expected")
    if value.has(sp.nan, sp.zoo):
        raise ExpressionError("the expression is not a number: it divides by zero", instead="check its denominators")
    return limits.check_terms(value)


class _Parser:
    """Precedence climbing over a token list; every method consumes tokens and returns SymPy objects."""

    def __init__(self, text: str, scope: Scope) -> None:
        check_text(text)
        self.text, self.scope = text, scope
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0
        self.nodes = 0

    # --- entry points -------------------------------------------------------------------------------------------

    def whole(self, *, condition: bool) -> Any:
        if self.peek() == "":
            raise ExpressionError("the expression is empty", instead="write a number or a formula, such as '1/2'")
        result = self.comparison() if condition else self.sum()
        self.expect_end(condition)
        return result

    def chain(self) -> tuple[tuple[sp.Expr, ...], tuple[str, ...]]:
        members, signs = [self.sum()], []
        while self.peek() in _RELATIONS:
            signs.append(self.take())
            members.append(self.sum())
        self.expect_end(True)
        return tuple(members), tuple(signs)

    def expect_end(self, condition: bool) -> None:
        if self.peek() != "":
            found = self.peek()
            if found in _RELATIONS and not condition:
                self.fail(f"'{found}' stands in a value", "comparisons are for conditions and claims only")
            self.fail(f"'{found}' is not expected here", "check the operators and brackets before it")

    # --- tokens -------------------------------------------------------------------------------------------------

    def peek(self) -> str:
        return self.tokens[self.at][1]

    def take(self) -> str:
        token = self.tokens[self.at][1]
        self.at += 1
        self.nodes += 1
        if self.nodes > limits.MAX_NODES:
            self.fail(f"the expression has more than {limits.MAX_NODES} parts", "split it with [definitions]")
        return token

    def fail(self, message: str, instead: str = "") -> NoReturn:
        column = self.tokens[min(self.at, len(self.tokens) - 1)][2] + 1
        shown = self.text if len(self.text) <= 80 else self.text[:77] + "..."
        raise ExpressionError(message, where=f"column {column} of '{shown}'", instead=instead)

    def expect(self, token: str) -> None:
        if self.peek() != token:
            self.fail(f"'{token}' is missing before '{self.peek() or 'the end'}'", "balance the brackets")
        self.take()

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > limits.MAX_DEPTH:
            self.fail(f"the expression is nested deeper than {limits.MAX_DEPTH}", "split it with [definitions]")

    # --- grammar ------------------------------------------------------------------------------------------------

    def comparison(self) -> Any:
        members, signs = [self.sum()], []
        while self.peek() in _RELATIONS:
            signs.append(self.take())
            members.append(self.sum())
        if not signs:
            return members[0]
        return sp.And(*(_RELATIONS[s](a, b) for s, a, b in zip(signs, members, members[1:], strict=False)))

    def sum(self) -> Any:
        self.deeper()
        terms = [self.product()]
        while self.peek() in ("+", "-"):
            sign = self.take()
            term = self.product()
            terms.append(term if sign == "+" else -term)
        self.depth -= 1
        return terms[0] if len(terms) == 1 else limits.check_number(sp.Add(*terms))

    def product(self) -> Any:
        result = self.unary()
        while self.peek() in ("*", "/"):
            if self.take() == "*":
                result = result * self.unary()
            else:
                divisor = self.unary()
                if divisor.is_zero:
                    self.fail("division by zero", "check the denominator")
                result = result / divisor
            limits.check_number(result)
        return result

    def unary(self) -> Any:
        sign = 1
        while self.peek() in ("+", "-"):
            if self.take() == "-":
                sign = -sign
        value = self.power()
        return value if sign == 1 else -value

    def power(self) -> Any:
        base = self.atom()
        if self.peek() != "**":
            return base
        self.take()
        self.deeper()
        exponent = self.unary()
        self.depth -= 1
        return self.guarded(lambda: limits.power(base, exponent))

    def atom(self) -> Any:
        kind, token, _ = self.tokens[self.at]
        if kind == "number":
            return self.number()
        if kind == "name":
            return self.name()
        if token == "(":
            self.take()
            self.deeper()
            inner = self.sum()
            self.depth -= 1
            self.expect(")")
            return inner
        return self.fail(f"'{token or 'the end'}' stands where a value is expected", "write a number, a name or '('")

    def number(self) -> sp.Rational:
        digits = self.tokens[self.at][1]
        mantissa, _, exponent = digits.lower().partition("e")
        if len(mantissa) > 1_000 or abs(int(exponent or 0)) > limits.MAX_EXPONENT:
            self.fail("a number with more than 1,000 digits", "write it with a symbol")
        self.take()
        whole, _, part = mantissa.partition(".")
        value = sp.Rational(int((whole + part) or 0), 10 ** len(part))
        return value * sp.Integer(10) ** int(exponent) if exponent else value

    def name(self) -> Any:
        name = self.tokens[self.at][1]
        call = self.tokens[self.at + 1][1] == "("
        scope = self.scope
        if name in scope.functions and (call or name not in scope.symbols):
            return self.declared_call(name) if call else self.fail(
                f"'{name}' is a function and stands here without its argument", f"write {name}({self.usual_arguments(name)})")  # fmt: skip
        if name in scope.symbols and not call:
            self.take()
            return scope.symbols[name]
        if call and name in SPECIAL_FORMS:
            return self.special_form(name)
        if call and name in KNOWN_FUNCTIONS:
            return self.known_call(name)
        if name in ("pi", "oo", "True", "False") and not call:
            self.take()
            return {"pi": sp.pi, "oo": sp.oo, "True": sp.true, "False": sp.false}[name]
        if call and name in scope.symbols:
            self.fail(f"'{name}' is declared as a symbol but is called as a function",
                      f"write a product as {name}*(...), or declare {name} in [functions]")  # fmt: skip
        if name in KNOWN_FUNCTIONS or name in SPECIAL_FORMS:
            self.fail(f"the function {name} stands here without its argument", f"write {name}(...)")
        if not is_identifier(name):
            self.fail(f"'{name}' is no name that can be declared", "names are ASCII letters, digits and underscores")
        if name == "I" and not call:
            self.fail("unknown symbol 'I'; the imaginary unit is not part of the language: rates and probabilities are real, and the "
                      "amplitudes of a quantum walk are no probabilities", "declare I in [parameters] if it is a quantity of yours")  # fmt: skip
        pool = [*scope.functions, *KNOWN_FUNCTIONS, *SPECIAL_FORMS] if call else list(scope.symbols)
        return self.fail(f"unknown {'function' if call else 'symbol'} '{name}'", did_you_mean(name, pool))

    def usual_arguments(self, name: str) -> str:
        """The coordinates, where they are as many as the function takes."""
        places = [c for c in ("x", "y", "z") if c in self.scope.symbols]
        return ", ".join(places) if len(places) == self.scope.functions[name][0] else "..."

    # --- calls --------------------------------------------------------------------------------------------------

    def arguments(self) -> list[Any]:
        self.expect("(")
        self.deeper()
        found = [self.comparison()] if self.peek() != ")" else []
        while self.peek() == ",":
            self.take()
            found.append(self.comparison())
        self.depth -= 1
        self.expect(")")
        return found

    def declared_call(self, name: str) -> Any:
        arity, build = self.scope.functions[name]
        self.take()
        found = self.arguments()
        if len(found) != arity:
            self.fail(f"{name} takes {arity} argument(s), {len(found)} given")
        if any(not isinstance(a, sp.Expr) for a in found):
            self.fail(f"a comparison stands in the argument of {name}")
        return self.guarded(lambda: build(*found))

    def known_call(self, name: str) -> Any:
        self.take()
        found = self.arguments()
        low, high = KNOWN_FUNCTIONS[name]
        if not low <= len(found) <= high:
            self.fail(f"{name} takes {low if low == high else f'{low} to {high}'} argument(s), {len(found)} given")
        if any(not isinstance(a, sp.Expr) for a in found):
            self.fail(f"a comparison stands in the argument of {name}")
        return self.guarded(lambda: _build_known(name, found))

    def special_form(self, name: str) -> Any:
        self.take()
        self.expect("(")
        self.deeper()
        result = {"Piecewise": self.piecewise, "Derivative": self.derivative}.get(name, lambda: self.bound(name))()
        self.depth -= 1
        self.expect(")")
        return result

    def piecewise(self) -> Any:
        branches = []
        while True:
            self.expect("(")
            value = self.sum()
            self.expect(",")
            branches.append((value, self.comparison()))
            self.expect(")")
            if self.peek() != ",":
                break
            self.take()
        for _, condition in branches:
            if isinstance(condition, sp.Expr):
                self.fail("a branch of Piecewise has no condition", "write Piecewise((a, x < 0), (b, True))")
        return sp.Piecewise(*branches)

    def derivative(self) -> Any:
        value = self.sum()
        variables: list[Any] = []
        plain = False  # whether the last variable came without its order
        while self.peek() == ",":
            self.take()
            if self.peek() == "(":
                plain = False
                self.take()
                variable = self.sum()
                self.expect(",")
                count = self.sum()
                self.expect(")")
                if not (count.is_Integer and 0 < count <= 20):
                    self.fail("the order of a derivative is an integer from 1 to 20")
                variables.append((variable, count))
            else:
                variable = self.sum()
                if plain and variable.is_Integer and 0 < variable <= 20:  # Derivative(V(x), x, 2), as SymPy reads it
                    variables[-1] = (variables[-1][0], variable)
                else:
                    variables.append((variable, sp.Integer(1)))
                plain = variable.is_Symbol
        if not variables or not all(v.is_Symbol for v, _ in variables):
            self.fail("Derivative needs a variable", "write Derivative(V(x), x) or Derivative(V(x), (x, 2))")
        return sp.Derivative(value, *variables)

    def bound(self, name: str) -> Any:
        """``Sum(f, (j, a, b))`` and ``Integral(f, (x, a, b))``; the bound variable is known in ``f`` only."""
        variable = self.bound_variable()
        outer = self.scope
        self.scope = outer.with_symbols({variable: sp.Symbol(variable, integer=True if name == "Sum" else None)})
        value = self.sum()
        symbol = self.scope.symbols[variable]
        self.expect(",")
        self.expect("(")
        self.take()
        self.scope = outer
        ends = []
        for _ in range(2):
            self.expect(",")
            ends.append(self.sum())
        self.expect(")")
        return (sp.Sum if name == "Sum" else sp.Integral)(value, (symbol, *ends))

    def bound_variable(self) -> str:
        """Look ahead for ``, (name,`` at this bracket's own level."""
        level = 0
        for i in range(self.at, len(self.tokens) - 3):
            token = self.tokens[i][1]
            level += {"(": 1, ")": -1}.get(token, 0)
            if level < 0:
                break
            following = [t[1] for t in self.tokens[i + 1 : i + 4]]
            if level == 0 and token == "," and following[0] == "(" and following[2] == ",":
                if self.tokens[i + 2][0] == "name" and is_identifier(following[1]):
                    return str(following[1])
                break
        return self.fail("no range is given", "write Sum(f(j), (j, 1, m)) or Integral(f(r), (r, 0, oo))")

    def guarded(self, build: Callable[[], Any]) -> Any:
        try:
            return build()
        except ExpressionError as error:
            return self.fail(error.message, error.instead)
        except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
            return self.fail(f"the mathematics refuses this: {error}")


def _build_known(name: str, found: list[sp.Expr]) -> sp.Expr:
    if name == "Rational":
        if not (found[0].is_Rational and found[1].is_Rational and found[1] != 0):
            raise ExpressionError("Rational takes two numbers, the second not zero")
        return found[0] / found[1]
    if name == "sqrt":
        return limits.power(found[0], sp.Rational(1, 2))
    if name in ("factorial", "gamma", "binomial", "besseli", "besselk", "zeta"):
        for value in found:
            limits.small_argument(value, name)
    if name == "exp" and found[0].is_Rational and abs(found[0]) > 10**6:
        raise ExpressionError("exp of a number beyond 10**6", instead="write the argument with a symbol")
    return _BUILDERS[name](*found)


def _tokens(text: str) -> list[tuple[str, str, int]]:
    tokens, at, stripped = [], 0, text.rstrip()
    while at < len(stripped):
        found = _TOKEN.match(stripped, at)
        if not found:
            start = at + len(stripped[at:]) - len(stripped[at:].lstrip())
            raise _bad_character(text, start)
        kind = found.lastgroup or ""
        tokens.append((kind, found.group(kind), found.start(kind)))
        at = found.end()
    tokens += [("end", "", len(text))] * 2
    return tokens


def _bad_character(text: str, at: int) -> ExpressionError:
    character = text[at]
    instead = {
        "^": "write ** for a power",
        "\\": "this key takes Python notation; LaTeX goes into keys that start with 'latex'",
        "{": "use round brackets",
        "[": "use round brackets",
        ".": "names have no attributes; write 0.5 for a decimal number",
        "|": "write Abs(x)",
        "!": "write factorial(n)",
        "_": "names begin with a letter",
        "'": "strings are not expressions",
        '"': "strings are not expressions",
    }.get(character, "expressions are numbers, names, + - * / ** ( ) and commas")
    shown = text if len(text) <= 80 else text[:77] + "..."
    return ExpressionError(f"'{character}' is not allowed", where=f"column {at + 1} of '{shown}'", instead=instead)
