"""A claim's side with every role, moment and density replaced by what one regime derives for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.dossier.quantities import MissingQuantityError, Quantities, hint_for
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.verification.roles import KNOWN_ROLES, role_of


@dataclass
class Resolver:
    """Replaces names by values, and remembers which roles it used."""

    model: JumpModel
    quantities: Quantities
    stated: dict[str, str]
    used: dict[str, sp.Expr] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)

    def resolve(self, expression: sp.Expr) -> sp.Expr:
        """The expression in the model's parameters, coordinates and time; raises :class:`MissingQuantityError`."""
        expression = self._averages(expression)
        expression = self._functions(expression)
        change = {s: self.symbol(s.name) for s in expression.free_symbols if not self._own(s)}
        result = expression.xreplace(change)
        return expand_definitions(result, self.model.functions).doit(deep=False) if result.atoms(sp.Derivative) else (
            expand_definitions(result, self.model.functions))  # fmt: skip

    def _own(self, symbol: sp.Symbol) -> bool:
        known = {p.symbol for p in self.model.parameters} | set(self.model.coordinate_symbols) | {self.model.time}
        return symbol in known

    def symbol(self, name: str) -> sp.Expr:
        """The value of an undeclared name."""
        if name in self._wave_names():
            return sp.Symbol(name, real=True)
        x = self.model.coordinates[0]
        if name in (f"{x}_rms", f"{x}rms"):
            return sp.sqrt(self.quantities.moment(self.model.coordinate_symbols[0] ** 2))
        role = role_of(name, self.stated)
        if role is None:
            raise MissingQuantityError(
                f"nothing is known of '{name}': {hint_for(name, self.model, KNOWN_ROLES)}", False
            )
        value = self.quantities.value(role)
        self.used[role] = value
        self.roles[name] = role
        return value

    def _wave_names(self) -> tuple[str, ...]:
        taken = {p.name for p in self.model.parameters}
        names = ("k", *(f"k_{c}" for c in self.model.coordinates))
        return tuple(n for n in names if n not in taken)

    # --- averages -------------------------------------------------------------------------------------------------

    def _averages(self, expression: sp.Expr) -> sp.Expr:
        change = {}
        for call in expression.atoms(AppliedUndef):
            if call.func.__name__ == "Mean":
                inside = self._displacement(call.args[0])
                change[call] = self.quantities.moment(inside)
                self.used[f"<{inside}>"] = change[call]
        return expression.xreplace(change)

    def _displacement(self, inside: sp.Expr) -> sp.Expr:
        """x, X, x(t), X(t), x_N all mean the displacement; r is its length."""
        x = self.model.coordinate_symbols
        names = {c.name: c for c in x} | {c.name.upper(): c for c in x}
        names |= {f"{c.name}_{n}": c for c in x for n in ("N", "n", "t")} | {
            f"{c.name.upper()}_{n}": c for c in x for n in ("N", "n", "t")
        }
        declared = {p.name for p in self.model.parameters}
        change: dict[sp.Basic, sp.Expr] = {}
        for call in inside.atoms(AppliedUndef):
            if call.func.__name__ in names:
                change[call] = names[call.func.__name__]
        for symbol in inside.free_symbols:
            if symbol.name in names and symbol.name not in declared:
                change[symbol] = names[symbol.name]
        length = sp.Symbol("r") if "r" not in declared else None
        result = inside.xreplace(change)
        if length is not None and result.has(length):
            square = sp.Add(*(c**2 for c in x))
            result = sp.expand(result.subs(length, sp.sqrt(square)))
        stray = sorted(str(s) for s in result.free_symbols - set(x))
        if stray:
            raise MissingQuantityError(f"the average of {', '.join(stray)} is not handled yet", False)
        return result

    # --- functions ------------------------------------------------------------------------------------------------

    def _functions(self, expression: sp.Expr) -> sp.Expr:
        """Roles written as functions: v(x), D(x), s(k), x_rms(t); P(x, t) is the density from a point."""
        declared = {d.name for d in self.model.functions}
        change: dict[sp.Basic, sp.Expr] = {}
        for call in sorted(expression.atoms(AppliedUndef), key=str):
            name = call.func.__name__
            if name in declared or name == "FracLaplacian":
                continue
            if name == self.model.density or (tuple(call.args) == (*self.model.coordinate_symbols, self.model.time)):
                change[call] = self.quantities.density()
                self.used[name] = change[call]
            elif all(a.is_Symbol for a in call.args):
                change[call] = self.symbol(name)
            else:
                raise MissingQuantityError(f"nothing is known of '{call}'", False)
        return expression.xreplace(change)
