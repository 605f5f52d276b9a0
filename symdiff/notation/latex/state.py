"""What the third stage keeps while it works: the facts, the symbol table, the warnings, and bounds on its work."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sympy as sp

from symdiff.errors import ExpressionError
from symdiff.notation.latex.algebra import MAX_ACTIONS, Value
from symdiff.notation.latex.commands import LETTERLIKE
from symdiff.notation.latex.facts import Facts
from symdiff.notation.latex.nodes import Node, Row
from symdiff.notation.latex.tokens import fail
from symdiff.notation.latex.values import ReadSymbol


@lru_cache(maxsize=1024)
def symbol(name: str) -> sp.Symbol:
    """A symbol without assumptions."""
    return sp.Symbol(name)


@lru_cache(maxsize=1024)
def function(name: str) -> Any:
    """An undefined function."""
    return sp.Function(name)


class State:
    """One elaboration. ``read`` turns a row into a value; it is set by the module that knows all node types."""

    def __init__(self, text: str, facts: Facts, read: Callable[[State, Row], Value], warnings: list[str]) -> None:
        self.text = text
        self.facts = facts
        self.warnings = warnings
        self.table: dict[tuple[str, str], ReadSymbol] = {}
        self.averaged = 0
        self.in_exponent = 0
        self.bound: list[str] = []
        self.actions = 0
        self.ellipses = 0
        self.nested = 0
        self._read = read

    # --- words to the user --------------------------------------------------------------------------------------

    def error(self, node: Node | int, message: str, instead: str = "") -> ExpressionError:
        """An error at the place of ``node``."""
        return fail(self.text, node if isinstance(node, int) else node.at, message, instead)

    def warn(self, message: str) -> None:
        """Note an assumption, once."""
        if message and message not in self.warnings:
            self.warnings.append(message)

    def guarded(self, node: Node | int, build: Callable[[], Any]) -> Any:
        """``build()``, with a place added to the errors that it raises."""
        try:
            return build()
        except ExpressionError as error:
            if error.where:
                raise
            raise self.error(node, error.message, error.instead) from None
        except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise self.error(node, f"the mathematics refuses this: {str(error)[:120]}", "check the formula") from None

    def limit(self, node: Node | int, value: sp.Expr, by: sp.Expr, place: sp.Expr, side: str = "+") -> sp.Expr:
        """The value where ``by`` comes to a place from one side; refused where that place moves with it."""
        if place.has(by):
            raise self.error(node, f"{by} comes to a place that depends on {by}", "write a fixed place: 0^+, x_0^-")
        return sp.Limit(value, by, place, side)

    # --- values -------------------------------------------------------------------------------------------------

    def value(self, row: Row) -> Value:
        """What a row amounts to."""
        return self._read(self, row)

    def expression(self, row: Row) -> sp.Expr:
        """What a row amounts to, where only a scalar makes sense."""
        value = self.value(row)
        if not isinstance(value, sp.Expr):
            raise self.error(row, "a vector or an operator stands where a value is expected", "write the components")
        return value

    def act(self, node: Node | int) -> None:
        """Count one application of an operator."""
        self.actions += 1
        if self.actions > MAX_ACTIONS:
            raise self.error(
                node, f"more than {MAX_ACTIONS} derivatives are applied", "write the equation in simpler steps"
            )

    # --- symbols ------------------------------------------------------------------------------------------------

    def symbol(self, name: str, written: str = "") -> sp.Symbol:
        """The symbol of that name, entered into the table."""
        facts = self.facts
        kind = "symbol"
        if name == facts.time:
            kind = "time"
        elif name in self.bound or name in facts.view.indices:
            kind = "index"
        elif name in facts.coordinates:
            kind = "coordinate"
        if (name, "symbol") not in self.table:
            self.table[name, "symbol"] = ReadSymbol(name, kind, (), self._latex(name, written))
        return symbol(name)

    def applied(self, name: str, arguments: tuple[sp.Expr, ...], kind: str = "function", written: str = "") -> sp.Expr:
        """The function of that name at ``arguments``, entered into the table with its plainest arguments."""
        shown = tuple(self._shown(a) for a in arguments)
        known = self.table.get((name, "function"))
        if known is None or ("..." in known.arguments and "..." not in shown):
            self.table[name, "function"] = ReadSymbol(name, kind, shown, self._latex(name, written))
        return function(name)(*arguments)

    def _latex(self, name: str, written: str) -> str:
        """How a name was written; by its alias where it was replaced for one."""
        if written and written != name:
            return written
        form = next((form for form, meant in self.facts.names.context.aliases if meant == name), "")
        return form or written or (f"\\{name}" if name in LETTERLIKE else name)

    def _shown(self, argument: sp.Expr) -> str:
        if argument.is_Symbol:
            return str(argument.name)
        names = sorted(s.name for s in argument.free_symbols)
        known = [
            n for n in names if n == self.facts.time or n in self.facts.coordinates or n in self.facts.view.indices
        ]
        return known[0] if len(known) == 1 else "..."

    def variable(self, name: str) -> sp.Expr:
        """The value of a variable named in a template: a symbol, or ``x(t)`` where x itself moves."""
        role = self.facts.roles.get(name)
        if (
            role is not None
            and role.kind == "field"
            and role.template == (self.facts.time,)
            and name != self.facts.time
        ):
            return self.applied(name, (symbol(self.facts.time),), "field")
        return self.symbol(name)
