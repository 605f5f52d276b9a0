"""Evolution equations as ordered sums of terms, from which every printed form is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from symdiff.notation.storable import Storable

FracLaplacian = sp.Function("FracLaplacian")
Laplacian = sp.Function("Laplacian")
CaputoDerivative = sp.Function("CaputoDerivative")
RiemannLiouvilleDerivative = sp.Function("RiemannLiouvilleDerivative")
LOGARITHM = sp.Symbol("log of the root of minus the Laplacian")


def fractional_parts(fractional: sp.Expr) -> tuple[sp.Expr, int]:
    """(exponent, logarithms) of |D|**exponent log(|D|)**logarithms, which is stored as exponent + logarithms * LOGARITHM."""
    logs = fractional.coeff(LOGARITHM)
    return sp.expand(fractional - logs * LOGARITHM), int(logs)


def fractional_name(fractional: sp.Expr) -> str:
    """(-Laplacian)^s in words, with the logarithm that stands beside it: log|D| is half of log(-Laplacian)."""
    exponent, logs = fractional_parts(2 * fractional)
    words = [] if exponent == 0 else ["(-Laplacian)" + (f"^({exponent / 2})" if exponent != 2 else "")]
    return " ".join(words + ["(log(-Laplacian)/2)" + (f"^{logs}" if logs > 1 else "")] * bool(logs))


def _fractional(body: sp.Expr, half: sp.Expr) -> sp.Expr:
    """(-Laplacian)^s, and its derivative along s where a logarithm stands: log|D| |D|^(2s) = d/ds |D|^(2s) / 2."""
    exponent, logs = fractional_parts(2 * half)
    if half == 1:
        return -Laplacian(body)
    if not logs:
        return FracLaplacian(body, half)
    s = sp.Symbol("s_", real=True)
    return sp.Subs(sp.Derivative(FracLaplacian(body, s), (s, logs)), s, exponent / 2) / 2**logs


@dataclass(frozen=True)
class Term:
    """``coefficient`` times derivatives of a density; with ``inside`` the derivatives act on the product.

    ``space`` counts derivatives per coordinate, ``time`` those in time; ``fractional`` = s stands for (-Laplacian)^s.
    ``power`` is the power of eps at which the term appears in its regime. ``caputo`` = a stands for the Caputo derivative
    of order a in time; ``memory`` = (a, k) for e^(-kt) D_t^a e^(kt) in front of it all, with the Riemann-Liouville derivative.
    A term without ``density`` is ``sign`` times the derivative of its ``coefficient`` itself, an expression in all densities:
    equations of crowds are nonlinear.
    """

    coefficient: sp.Expr
    density: str
    space: tuple[int, ...]
    time: int = 0
    fractional: sp.Expr | None = None
    inside: bool = False
    power: Fraction = Fraction(0)
    sign: int = 1
    caputo: sp.Expr | None = None
    memory: tuple[sp.Expr, sp.Expr] | None = None

    @property
    def logarithms(self) -> int:
        """n of a factor log(-Laplacian)**n."""
        return 0 if self.fractional is None else fractional_parts(2 * self.fractional)[1]

    def expression(self, coordinates: tuple[sp.Symbol, ...], time: sp.Symbol) -> sp.Expr:
        """The term as a SymPy expression."""
        if not self.density:
            orders = [(c, n) for c, n in zip(coordinates, self.space, strict=True) if n]
            return self.sign * (sp.Derivative(self.coefficient, *orders) if orders else self.coefficient)
        field_ = sp.Function(self.density)(*coordinates, time)
        body = self.coefficient * field_ if self.inside else field_
        if self.fractional is not None:
            factor, body = body.as_independent(*coordinates, time, as_Add=False)  # constants stand in front
            body = factor * _fractional(body, self.fractional)
        orders = [(c, n) for c, n in zip(coordinates, self.space, strict=True) if n]
        if self.time:
            orders.append((time, self.time))
        if orders:
            body = sp.Derivative(body, *orders)
        if self.caputo is not None:
            body = CaputoDerivative(body, time, self.caputo)
        if self.memory is not None:
            order, rate = self.memory
            inner = RiemannLiouvilleDerivative(sp.exp(rate * time) * body, time, order)
            return (sp.Integer(1) if self.inside else self.coefficient) * sp.exp(-rate * time) * inner
        return body if self.inside else self.coefficient * body


@dataclass(frozen=True)
class EvolutionEquation(Storable):
    """lhs terms = rhs terms, for one density (or one state of a system)."""

    density: str
    coordinates: tuple[sp.Symbol, ...]
    time: sp.Symbol
    left: tuple[Term, ...]
    right: tuple[Term, ...] = field(default_factory=tuple)

    @property
    def lhs(self) -> sp.Expr:
        """The left-hand side as a SymPy expression."""
        return self._sum(self.left)

    @property
    def rhs(self) -> sp.Expr:
        """The right-hand side as a SymPy expression; zero where nothing is left."""
        return self._sum(self.right)

    def _sum(self, terms: Iterable[Term]) -> sp.Expr:
        return sp.Add(*(term.expression(self.coordinates, self.time) for term in terms))

    @property
    def is_linear(self) -> bool:
        """Whether the equation is linear in the densities (of which every term then names one)."""
        return all(t.density for t in self.right)

    @property
    def is_homogeneous(self) -> bool:
        """Whether the equation is linear and no coefficient depends on place."""
        return self.is_linear and not any(t.coefficient.has(*self.coordinates) for t in (*self.left, *self.right))


@dataclass(frozen=True)
class StateEquation:
    """One line of a master equation or of a system: an equation for one state."""

    state: str
    lhs: sp.Expr
    rhs: sp.Expr


@dataclass(frozen=True)
class MasterEquation(Storable):
    """The microscopic balance, one equation per state; ``closed`` is the equation of the total density, if there is one."""

    equations: tuple[StateEquation, ...]
    closed: tuple[sp.Expr, sp.Expr] | None
