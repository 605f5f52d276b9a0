"""The quantities of one regime that a claim may speak of, by role."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.derive import derive_regime
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables import dispersion, fronts, propagators
from symdiff.continuum.observables.absolute import absolute_moment
from symdiff.continuum.observables.catalogue import on_level
from symdiff.continuum.observables.moments import (
    averages_are_leading,
    equation_moment,
    lattice_moment,
    share_alive,
)
from symdiff.continuum.observables.result import Found, ObservableResult, readable
from symdiff.continuum.observables.widths import scaling_exponent
from symdiff.errors import SymdiffError
from symdiff.model.jump_model import JumpModel, ObservableStatement, ScalingRegime
from symdiff.notation.names import nearest

HIGHEST_ORDER = 12  # of a coefficient that a claim may name


@lru_cache(maxsize=16)  # claims about a_3, a_4 and their equations ask for the same ones
def to_order(model: JumpModel, regime: ScalingRegime, order: int) -> ContinuumLimit:
    """The limit of a regime to an order; raises what :func:`derive_regime` raises."""
    return derive_regime(model, regime, order)


class MissingQuantityError(Exception):
    """The regime has no such quantity; ``known`` tells whether the name means anything at all."""

    def __init__(self, what: str, known: bool) -> None:
        super().__init__(what)
        self.what, self.known = what, known


@dataclass(frozen=True)
class Quantities:
    """One limit (or, with ``limit`` None, the lattice) as a source of values for roles; ``exact`` are further ones by name.

    ``borrowed``: on the lattice, the limit whose constant drift and diffusion a claim about exact averages may name.
    """

    model: JumpModel
    limit: ContinuumLimit | None
    observables: tuple[ObservableResult, ...] = ()
    exact: tuple[tuple[str, sp.Expr], ...] = ()
    empty: bool = False  # whether growth rates are those about the state without anybody
    borrowed: ContinuumLimit | None = None

    def observable(self, name: str) -> sp.Expr | None:
        """An observable of this regime (of the lattice) by its name; None where there is none of that name."""
        found = next((o for o in self.observables if o.name == name), None)
        if found is None:
            return None
        value = found.lattice if self.limit is None else dict(found.equation).get(self.limit.title)
        if value is None:
            raise MissingQuantityError(
                f"'{name}' is not known in closed form here" + (f": {found.why}" if found.why else ""), True
            )
        if (
            population := self.model.population
        ) is not None:  # a claim that names it speaks of n, and of x = n/V as of that
            shares = (sp.Symbol(x, real=True) for x in population.scaled)
            numbers = (n / population.system_size for n in self.model.coordinate_symbols)
            return value.xreplace(dict(zip(shares, numbers, strict=False)))
        return value

    def _at_walls(self, role: str) -> sp.Expr | None:
        """A coefficient of the boundary conditions, where all walls that have it agree on it."""
        assert self.limit is not None
        found = {value for b in self.limit.boundary_conditions for name, value in b.coefficients if name == role}
        return found.pop() if len(found) == 1 else None

    def value(self, role: str) -> sp.Expr:
        """The value of a role; raises :class:`MissingQuantityError`."""
        if role == "steps":
            return self._steps()
        if role in ("walks", "probability"):
            raise MissingQuantityError(f"'{role}' is a count: state count = {{n = 3, to = [1, 2]}} in the claim", True)
        observed = self.observable(role)
        if observed is not None:
            return observed
        if role in dict(self.exact):
            return dict(self.exact)[role]
        if role in ("growth_rate_+", "growth_rate_-"):
            return self._branch(role)
        if self.limit is None:
            return self._lattice(role)
        named = dict(self.limit.coefficients)
        if role not in named and role.startswith("a_"):
            named = self._higher(role, named)
        if role in named:
            return named[role]
        derived = self._derived(role, named)
        if derived is None:
            derived = self._between_densities(role)
        if derived is None:
            derived = self._at_walls(role)
        if derived is not None:
            return derived
        raise MissingQuantityError(f"the regime has no quantity '{role}'", True)

    def _between_densities(self, role: str) -> sp.Expr | None:
        """``D_AB``, ``D_12``: the coefficient of d_x B in the flux of A, ``D_A`` that of its own; ``source_A``, ``flux_A``. Else None."""
        assert self.limit is not None
        names = [e.density for e in self.limit.equations]
        head, _, label = role.partition("_")
        if role == "D":  # of the only ones that spread, or of all alike
            spreads = {c.value for c in self.limit.coupled if c.role == "D" and c.of == c.density} - {sp.S.Zero}
            crossing = any(c.role == "D" and c.of != c.density and c.value != 0 for c in self.limit.coupled)
            return spreads.pop() if len(spreads) == 1 and not crossing else None
        if len(names) < 2 or not self.limit.coupled or not label:
            return None
        if head == "D":
            numbers = [str(n + 1) for n in range(len(names))]
            marks = [*zip(names, names, strict=True), *zip(numbers, names, strict=True)]
            pairs = {a: (x, x) for a, x in marks}  # D_A: how A itself spreads
            pairs |= {f"{a}{mark}{b}": (x, y) for a, x in marks for b, y in marks for mark in ("", "_", ",")}
            if label not in pairs:
                return None
            density, of = pairs[label]
        elif head in ("flux", "source") and label in names:
            density, of = label, ""
        else:
            return None
        own = {(c.role, c.of): c.value for c in self.limit.coupled if c.density == density}
        return own.get((head, of), sp.S.Zero) if own else None

    def _steps(self) -> sp.Expr:
        if self.model.time_step is None:
            raise MissingQuantityError("a model in continuous time has no number of steps", True)
        return self.model.time / self.model.time_step

    def _higher(self, role: str, named: dict[str, sp.Expr]) -> dict[str, sp.Expr]:
        """Coefficients of higher derivatives, from an expansion that goes as far as the role asks."""
        assert self.limit is not None
        index = role[2:]
        order = int(index) if index.isdigit() else len(index.replace("_", ""))
        if not 3 <= order <= HIGHEST_ORDER or not (
            index.isdigit() or set(index) <= set("".join(self.model.coordinates))
        ):
            return named
        if self.limit.regime.origin != "long-wave":
            return self._further(named, order)
        limit = to_order(self.model, self.limit.regime, order)
        if index.isdigit() and self.model.dimension > 1:
            isotropic = _isotropic_coefficient(limit, order)
            return named if isotropic is None else {**named, role: isotropic}
        absent = {role: sp.Integer(0)} if limit.equation is not None else {}
        return {**absent, **dict(limit.coefficients)}

    def _further(self, named: dict[str, sp.Expr], order: int) -> dict[str, sp.Expr]:
        """Coefficients of a stated regime with further powers of eps, two for every two derivatives beyond the second."""
        assert self.limit is not None
        try:
            limit = to_order(self.model, self.limit.regime, 2 * ((order - 1) // 2))
        except SymdiffError:
            return named
        return dict(limit.coefficients) if limit.equation is not None else named

    def _derived(self, role: str, named: dict[str, sp.Expr]) -> sp.Expr | None:
        assert self.limit is not None
        if role == "D" and "D_xx" in named:
            return _isotropic(self.limit)
        for first, second in itertools.permutations(self.model.coordinates, 2):  # the tensor is symmetric
            for between in ("", "_"):
                if role == f"D_{second}{between}{first}" and f"D_{first}{between}{second}" in named:
                    return named[f"D_{first}{between}{second}"]
        if role.startswith("D_") and role[2:] in self.model.coordinates:
            return named.get(f"{role}{role[2:]}")  # D_x for D_xx
        if role == "v" and any(k.startswith("v_") for k in named):
            return sp.Integer(0) if all(v == 0 for v in self.limit.drift) else None
        if role == "speed" and "c2" in named:
            return sp.sqrt(named["c2"])
        grows = self.model.crowd.reactions and "a_0" in named
        if role == "speed" and self.limit.equation is not None and (not self.limit.equation.is_linear or grows):
            return _value(
                self.model, fronts.of_equation, self.model, self.limit, ObservableStatement("", "front_speed")
            )
        if role == "growth_rate":
            known = None if self.empty else self.limit.growth_rate
            return self._about_a_uniform_state() if known is None else known
        if role in ("wave_speed", "agent_speed") and "flux" in named and len(self.limit.equations) == 1:
            density = sp.Function(self.limit.equations[0].density)(*self.model.coordinate_symbols, self.model.time)
            return sp.diff(named["flux"], density) if role == "wave_speed" else sp.cancel(named["flux"] / density)
        if role == "scaling_exponent":
            return _value(self.model, scaling_exponent, self.limit)
        if role in ("variance", "standard_deviation"):
            x = self.model.coordinate_symbols
            value = equation_moment(self.model, self.limit, x[0], central=True)
            return value if value is None or role == "variance" else sp.sqrt(value)
        return None

    def _lattice(self, role: str) -> sp.Expr:
        if role in ("variance", "standard_deviation"):
            value = self.variance(self.model.coordinate_symbols[0])
            return value if role == "variance" else sp.sqrt(value)
        if role == "growth_rate":
            rule = partial(dispersion.lattice, empty=self.empty)
            found = _value(self.model, rule, self.model)
            if found is not None:
                return found
        if self.borrowed is not None and role.partition("_")[0] in ("v", "D", "a"):
            value = Quantities(self.model, self.borrowed).value(role)
            if not value.has(*self.model.coordinate_symbols, self.model.time) and not value.atoms(AppliedUndef):
                return value
        raise MissingQuantityError(f"'{role}' is no quantity of the lattice", True)

    def _about_a_uniform_state(self) -> sp.Expr | None:
        """The growth rate of a nonlinear equation about its uniform state, or about the empty one."""
        assert self.limit is not None
        return _value(self.model, partial(dispersion.of_equation, empty=self.empty), self.model, self.limit)

    def _branch(self, role: str) -> sp.Expr:
        """The growth rate that tends to zero with k (+), or the other one of two."""
        rule, arguments = (dispersion.lattice, ()) if self.limit is None else (dispersion.of_equation, (self.limit,))
        try:
            branches = rule(self.model, *arguments).branches
        except SymdiffError as error:
            raise MissingQuantityError(f"the branches are not known here: {error.message}", True) from None
        if len(branches) != 2:
            raise MissingQuantityError("there are no two branches here", True)
        return branches[0 if role.endswith("+") else 1]

    def moment(self, of: sp.Expr) -> sp.Expr:
        """The average of a polynomial of the displacement at time t."""
        if self.limit is None:
            value = lattice_moment(self.model, of)
        else:
            value = equation_moment(self.model, self.limit, of)
        if value is None:
            raise MissingQuantityError(f"the average of {of} is not known in closed form here", True)
        return value

    @cached_property
    def leading_averages(self) -> bool:
        """Whether averages are known by their leading powers of t alone: what is left when two cancel is not known."""
        return self.limit is not None and averages_are_leading(self.model, self.limit)

    def variance(self, coordinate: sp.Symbol) -> sp.Expr:
        """The variance of a coordinate at time t."""
        if self.limit is None:
            value = lattice_moment(self.model, coordinate, central=True)
        else:
            value = equation_moment(self.model, self.limit, coordinate, central=True)
        if value is None:
            raise MissingQuantityError(f"the variance of {coordinate} is not known in closed form here", True)
        return value

    def stationary_moment(self, of: sp.Expr) -> sp.Expr:
        """The average over the stationary law, where it is known though averages at time t are not (between walls, say)."""
        try:
            value = on_level(self.model, self.limit, ObservableStatement("", "stationary_moment", of)).value
        except SymdiffError as error:
            raise MissingQuantityError(f"the average of {of} is not known here: {error.message}", True) from None
        if value.has(sp.Sum, sp.Integral):
            raise MissingQuantityError(f"the stationary average of {of} is not known in closed form here", True)
        return value

    def absolute_moment(self, q: sp.Expr) -> sp.Expr:
        """E[|x|^q] from the equation of a limit, which is its leading part at late times."""
        if self.limit is None:
            raise MissingQuantityError(f"the average of |x|**({q}) is not known in closed form on the lattice", True)
        try:
            return absolute_moment(self.model, self.limit, q)
        except SymdiffError as error:
            raise MissingQuantityError(f"the average of |x|**({q}) is not known here: {error.message}", True) from None

    def total(self) -> sp.Expr:
        """The integral of the density at time t: one unless walkers die or are born."""
        value = share_alive(self.model, self.limit)
        if value is None:
            raise MissingQuantityError("the integral of the density is not known in closed form here", True)
        return value

    def density(self) -> sp.Expr:
        """The density that starts from a point."""
        statement = ObservableStatement("", "propagator")
        if self.limit is None:
            value = _value(self.model, propagators.lattice, self.model, statement)
        else:
            value = _value(self.model, propagators.of_equation, self.model, self.limit, statement)
        if value is None:
            raise MissingQuantityError("the density is not known in closed form here", True)
        return value

    def stationary_law(self) -> Found:
        """The law at late times, with what it needs in order to exist."""
        try:
            found = on_level(self.model, self.limit, ObservableStatement("", "stationary_density"))
        except SymdiffError as error:
            raise MissingQuantityError(f"the stationary density is not known here: {error.message}", True) from None
        if found.value.has(sp.Integral) and not found.value.free_symbols & set(self.model.coordinate_symbols):
            raise MissingQuantityError("the stationary density is not known in closed form here", True)
        return found

    def role_power(self, role: str) -> Fraction | None:
        """The power of eps with which a coefficient of the equation enters where it counts; None for other roles."""
        if self.limit is None or self.limit.equation is None or any(t.time > 1 for t in self.limit.equation.left):
            return None
        order = {"v": 1, "D": 2, "a_0": 0}.get(role.split("_")[0] if role[:2] in ("v_", "D_") else role)
        if order is None:
            return None
        unit = next((-v for k, v in self.limit.regime.powers if k in self.model.coordinate_symbols), Fraction(0))
        return Fraction(self.limit.kept_power) - order * unit


def _value(model: JumpModel, rule: Callable[..., Found], *arguments: Any) -> sp.Expr | None:
    """What an observable's rule finds, with names that are free in the model; None where it finds nothing."""
    try:
        return readable(rule(*arguments), model).value
    except SymdiffError:
        return None


def _isotropic_coefficient(limit: ContinuumLimit, order: int) -> sp.Expr | None:
    """a_(2n) of an isotropic term a_(2n) Laplacian^n P in several dimensions; None where the terms of this order are not such."""
    if limit.equation is None or any(t.inside or not t.density for t in limit.equation.right):
        return None
    found = {t.space: t.coefficient for t in limit.equation.right if sum(t.space) == order and t.fractional is None}
    if order % 2:
        return sp.Integer(0) if not any(found.values()) else None
    axis = (order, *(0,) * (len(limit.equation.coordinates) - 1))
    head = found.get(axis, sp.Integer(0))
    half = order // 2
    for powers in _compositions(half, len(axis)):
        times = sp.factorial(half) / sp.Mul(*(sp.factorial(n) for n in powers))
        if sp.expand(found.pop(tuple(2 * n for n in powers), sp.Integer(0)) - times * head) != 0:
            return None
    return head if not any(found.values()) else None


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    """All ways to write ``total`` as an ordered sum of so many numbers."""
    if parts == 1:
        return [(total,)]
    return [(first, *rest) for first in range(total + 1) for rest in _compositions(total - first, parts - 1)]


def _isotropic(limit: ContinuumLimit) -> sp.Expr | None:
    tensor = limit.diffusion_tensor
    diagonal = {tensor[i][i] for i in range(len(tensor))}
    off = {tensor[i][j] for i in range(len(tensor)) for j in range(len(tensor)) if i != j}
    return diagonal.pop() if len(diagonal) == 1 and off <= {sp.Integer(0)} else None


def densities_of(limit: ContinuumLimit | None) -> set[str]:
    """The names of the densities whose equations a limit gives."""
    return set() if limit is None else {e.density for e in limit.equations}


def state_alone(name: str, densities: set[str]) -> str:
    """Why nothing is said of the density of one internal state."""
    other = f'; if {name} is not that state here, say what it is: symbols = {{{name} = "D"}}'
    return f"{name} is the density of one internal state; the equations are of {', '.join(sorted(densities))}{other}"


def hint_for(name: str, model: JumpModel, roles: tuple[str, ...]) -> str:
    """What to write for a name of which nothing is known."""
    near = nearest(name, [p.name for p in model.parameters])
    also = f"; is it the parameter '{near}'?" if near else ""
    return f'say what it is: symbols = {{{name} = "D"}} (roles: {", ".join(roles[:8])}, ...){also}'
