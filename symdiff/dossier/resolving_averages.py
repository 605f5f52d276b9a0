"""Averages in a claim, by the moments that one regime derives: means, variances, cumulants, in time and at late times."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.observables.moments import by_powers_and_modes, counts_individuals
from symdiff.continuum.observables.result import Found
from symdiff.dossier.averaged_places import from_start, places_in, without_start
from symdiff.dossier.claimed_transforms import law_in_time, mean_wait
from symdiff.dossier.late_growth import growth_with_logarithm, late_growth, limit_where_confined, surely_positive
from symdiff.dossier.quantities import MissingQuantityError, Quantities
from symdiff.dossier.values_at import over_places
from symdiff.model.jump_model import JumpModel
from symdiff.verification.roles import role_of

HIGHEST_CUMULANT = 8
ONLY_LEADING = "averages are known by their leading powers of t alone here, which may cancel"
STATIONARY = ("eq", "st", "s", "ss", "stat", "infty", "oo", "inf")  # labels of the law at late times


_SPELLED = {spoken: plain for plain, spoken in (("lam", "lambda"), ("gam", "gamma"), ("zet", "zeta"), ("bet", "beta"))}


def plain_letters(name: str) -> str:
    """A name as it may be declared: without the marks of subscripts, Greek letters as files spell them.

    >>> plain_letters("lambda_1"), plain_letters("D_e")
    ('lam1', 'De')
    """
    for spoken, plain in _SPELLED.items():
        name = re.sub(rf"^{spoken}(?![a-z])", plain, name)
    return name.replace("_", "").replace("{", "").replace("}", "")


def _is_stationary(call: AppliedUndef) -> bool:
    """The average with a label that says: at late times."""
    head, _, label = call.func.__name__.partition("_")
    return head in ("Mean", "Var") and label in STATIONARY


@dataclass
class AverageResolver:
    """What is known while a claim's side is replaced by values, and the averages in it; names are given by ``symbol``."""

    model: JumpModel
    quantities: Quantities
    stated: dict[str, str]
    about: str = ""  # the observable that the claim says it is about
    used: dict[str, sp.Expr] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    averaged: bool = False
    from_origin: bool = False  # whether averages are of places measured from the origin
    late: bool = False  # whether the claim is one for t -> oo
    of_density: bool = False  # whether the relation is about a coefficient, in which densities stand as they are
    up_to_factor: bool = False  # whether constants in front do not matter
    laplace: bool = False  # whether s is the Laplace variable
    place: dict[sp.Basic, sp.Expr] = field(default_factory=dict)  # where the density was asked for
    leading_part: bool = False  # whether a value is the leading part at late times alone
    spoken: frozenset[str] = frozenset()  # the names in the claim
    needs: tuple[sp.Expr, ...] = ()  # what must be positive for averages at late times to exist
    stationary: Found | None = None  # the stationary law, where the claim speaks of it

    @property
    def derived(self) -> tuple[tuple[str, sp.Expr], ...]:
        """What was used, by name."""
        return tuple(sorted(self.used.items(), key=lambda item: item[0]))

    def symbol(self, name: str) -> sp.Expr:
        """The value of an undeclared name; raises :class:`MissingQuantityError`."""
        raise NotImplementedError

    def _own(self, symbol: sp.Symbol) -> bool:
        known = {p.symbol for p in self.model.parameters} | set(self.model.coordinate_symbols) | {self.model.time}
        return symbol in known and symbol.name not in self.stated

    def _observed(self, name: str) -> str | None:
        """The observable that a name means: its own name, or the one that the claim is about."""
        names = [o.name for o in self.quantities.observables]
        return self._named(name) or (self.about if self.about in names else None)

    def _named(self, name: str) -> str | None:
        """The observable of this name, or the only one that is spelled so in plain letters: D_e is De, lambda_1 lam1."""
        names = [o.name for o in self.quantities.observables]
        if name in names or name in self.stated:
            return name if name in names else None
        alike = [n for n in names if plain_letters(n) == plain_letters(name)]
        return alike[0] if len(alike) == 1 else None

    def _integrals(self, expression: sp.Expr) -> sp.Expr:
        """The integral of f(x) P(x, t) over all places is the average of f times the integral of P."""
        change: dict[sp.Basic, sp.Expr] = {}
        for integral in sorted(expression.atoms(sp.Integral), key=str):
            over = over_places(integral, self.model, self._observed, self.symbol)
            if over is not None:
                change[integral] = over
                self.used[str(integral)] = over
                continue
            places = [limits[0] for limits in integral.limits]
            calls = [c for c in integral.function.atoms(AppliedUndef) if c.func.__name__ == self.model.density]
            everywhere = all(len(limits) == 1 or tuple(limits[1:]) == (-sp.oo, sp.oo) for limits in integral.limits)
            plain = tuple(self.model.coordinate_symbols)
            if (
                everywhere
                and sorted(map(str, places)) == sorted(map(str, plain))
                and len(calls) == 1
                and calls[0].args == (*plain, self.model.time)
            ):
                weight = sp.expand(integral.function / calls[0])
                if not weight.has(calls[0]):
                    change[integral] = self._moment(weight) * self.quantities.total()
                    self.used[f"integral of {weight * calls[0]}"] = change[integral]
        return expression.xreplace(change)

    def _averages(self, expression: sp.Expr) -> sp.Expr:
        """Mean(...) and Var(...), inner ones first."""
        if self.quantities.leading_averages:
            expression = with_variances(expression)
        while True:
            calls = [
                c
                for c in sorted(expression.atoms(AppliedUndef), key=str)
                if c.func.__name__ in ("Mean", "Var", "Cov", "Mean_c") or _is_stationary(c)
            ]
            inner = [c for c in calls if not any(o in a.atoms(AppliedUndef) for o in calls for a in c.args)]
            if not inner:
                return expression
            change, self.averaged = {}, True
            for call in inner:
                wait = mean_wait(call, self.model)
                if wait is not None:
                    change[call] = wait
                    self.used[str(call)] = wait
                    continue
                if call.func.__name__ in ("Cov", "Mean_c"):
                    change[call] = self._joint(call)
                    self.used[str(call)] = _by_powers(change[call], self.model.time)
                    continue
                wave = self._characteristic(call)
                if wave is not None:
                    change[call] = self.used[str(call)] = wave
                    continue
                inside = self._from_start(self._in_the_moving_frame(call.args[0]))
                shown = self._shown(call.args[0], inside)
                if _is_stationary(call):
                    change[call], name = self._stationary_average(inside), f"<{shown}>"
                    if call.func.__name__.startswith("Var"):
                        central = self._stationary_average(inside**2) - change[call] ** 2
                        change[call] = sp.expand(central) if central.count_ops() <= LONG else central
                        name = f"Var({shown})"
                    self.used[f"stationary {name}"] = change[call]
                elif call.func.__name__ == "Mean":
                    change[call] = self._moment(inside)
                    self.used[f"<{shown}>"] = _by_powers(change[call], self.model.time)
                else:
                    change[call] = self._variance(inside)
                    self.used[f"Var({shown})"] = _by_powers(change[call], self.model.time)
            if self.quantities.leading_averages:
                _refuse_cancelling(expression, change, self.model.time)
            expression = expression.xreplace(change)

    def _variance(self, inside: sp.Expr) -> sp.Expr:
        """The second moment less the square of the first, or the variance itself where these are leading powers of t alone."""
        if not self.quantities.leading_averages:
            return self._moment(inside**2) - self._moment(inside) ** 2
        x = self.model.coordinate_symbols
        slopes = [sp.diff(inside, c) for c in x]
        if sum(a != 0 for a in slopes) != 1 or any(a.has(*x) for a in slopes):
            raise MissingQuantityError(f"the variance of {inside}: {ONLY_LEADING}", True)
        return next(a**2 * self.quantities.variance(c) for a, c in zip(slopes, x, strict=True) if a != 0)

    def _characteristic(self, call: AppliedUndef) -> sp.Expr | None:
        """``<e^(ikx)>``: all modes of the law that starts from a point; None for other averages."""
        power, x = call.args[0], self.model.coordinate_symbols
        if call.func.__name__ != "Mean" or not isinstance(power, sp.exp) or not power.exp.has(sp.I):
            return None
        taken = {p.name for p in self.model.parameters}
        names = ["k"] if len(x) == 1 and "k" not in taken else [f"k_{c}" for c in x]
        waves = [sp.Symbol(n) for n in names if n not in taken]
        phases = [sp.Add(*(w * c for w, c in zip(waves, x, strict=True)))] if len(waves) == len(x) else []
        phases += [sp.Symbol(k) * sp.Symbol(r) for k, r in (("kbold", "rbold"), ("kbold", "xbold"), ("kvec", "rvec"))]
        sign = next((s for s in (1, -1) for phase in phases if sp.expand(power.exp - s * sp.I * phase) == 0), None)
        if sign is None:
            return None
        value = law_in_time(self.quantities)  # an average of e^(-ikx)
        own = [s for s in value.free_symbols if s.name in names]
        return value.xreplace({s: -s for s in own}) if sign == 1 else value

    def _in_the_moving_frame(self, inside: sp.Expr) -> sp.Expr:
        """``<(x - v t)^2>``: the drift, where it stands beside a place and times the time alone; elsewhere v in an average moves itself."""
        time, way = self.model.time, sp.Dummy()
        for symbol in sorted(inside.free_symbols, key=str):
            role = None if self._own(symbol) else role_of(symbol.name, self.stated)
            if role is None or not (role == "v" or role.startswith("v_")):
                continue
            held = {c: sp.Dummy() for c in inside.atoms(AppliedUndef)}  # x(t)
            moved = sp.expand(inside.xreplace(held).xreplace({symbol: way / time}))
            if not moved.has(time) and moved.has(way) and moved.free_symbols - {way}:
                inside = inside.xreplace({symbol: self.symbol(symbol.name)})
        return inside

    def _joint(self, call: AppliedUndef) -> sp.Expr:
        """A covariance of two places, or ``<x^n>_c``, the cumulant."""
        if call.func.__name__ == "Mean_c":
            base, order = call.args[0].as_base_exp()
            if not order.is_Integer or not 0 < order <= HIGHEST_CUMULANT:
                raise MissingQuantityError(f"the cumulant '{call}' is not handled yet", False)
            return self._cumulant(self._displacement(base), int(order))
        if len(call.args) != 2:
            raise MissingQuantityError(f"'{call}' is no covariance of two places", False)
        a, b = (self._from_start(arg) for arg in call.args)
        if self.quantities.leading_averages:
            if a == b:
                return self._variance(a)
            raise MissingQuantityError(f"the covariance of {a} and {b}: {ONLY_LEADING}", True)
        return self._moment(sp.expand(a * b)) - self._moment(a) * self._moment(b)

    def _cumulant(self, of: sp.Expr, order: int) -> sp.Expr:
        """kappa_n = m_n - sum_(m < n) binomial(n - 1, m - 1) kappa_m m_(n - m)."""
        if self.quantities.leading_averages and order > 1:
            if order == 2:
                return self._variance(of)
            raise MissingQuantityError(f"the cumulant of order {order}: {ONLY_LEADING}", True)
        moments = [sp.Integer(1), *(self._moment(of**n) for n in range(1, order + 1))]
        found = [sp.Integer(0)]
        for n in range(1, order + 1):
            lower = (sp.binomial(n - 1, m - 1) * found[m] * moments[n - m] for m in range(1, n))
            found.append(sp.expand(moments[n] - sp.Add(*lower)))
        return found[order]

    def _from_start(self, inside: sp.Expr) -> sp.Expr:
        """What an average is taken of, by the displacement: the place is the start and it where places count from the origin."""
        return from_start(places_in(inside, self.model), self.model, from_origin=self.from_origin)

    def _shown(self, written: sp.Expr, inside: sp.Expr) -> sp.Expr:
        """What an average is shown to be of: the place as it is written, where places count from the origin."""
        if not self.from_origin:
            return inside
        try:
            return from_start(places_in(self._in_the_moving_frame(written), self.model), self.model, from_origin=False)
        except MissingQuantityError:
            return inside

    def _stationary_average(self, inside: sp.Expr) -> sp.Expr:
        """An average for t -> oo; where it is not known as a function of time, by the stationary law."""
        try:
            value = self._moment(inside)
        except MissingQuantityError:
            if any(a != 0 for a in self.model.preparation.position) and not counts_individuals(self.model):
                raise
            found = self.quantities.stationary_moment(inside)
            self.stationary = self.quantities.stationary_law()
            return found
        return self._settled(value, f"the average of {inside}")

    def _settled(self, value: sp.Expr, what: str) -> sp.Expr:
        """What a function of time tends to for t -> oo."""
        time = self.model.time
        if not value.has(time):
            return value
        found = late_growth(value, time, partial(surely_positive, self.model))
        if found is None and value.has(sp.log):
            slow = growth_with_logarithm(value, time, partial(surely_positive, self.model))
            if slow is not None:  # only where no power of t is left does the logarithm count
                found = (slow[0] or slow[1], slow[2])
        if found is None:
            confined = limit_where_confined(value, time, partial(surely_positive, self.model))
            if confined is not None:
                self.needs = tuple(dict.fromkeys((*self.needs, confined[1])))
                return confined[0]
            raise MissingQuantityError(f"{what}: its limit for t -> oo is not known in closed form", True)
        power, coefficient = found
        positive = partial(surely_positive, self.model)
        if coefficient == 0 or power == 0:
            return coefficient
        if power == -sp.oo or (power != sp.oo and positive(-power)):
            return sp.S.Zero
        if power == sp.oo or positive(power):
            for sign in (1, -1):
                if positive(sign * coefficient):
                    return sign * sp.oo
        raise MissingQuantityError(f"{what}: its limit for t -> oo depends on parameters", True)

    def _moment(self, of: sp.Expr) -> sp.Expr:
        """The average of a polynomial of the displacement whose coefficients do not depend on it."""
        x = self.model.coordinate_symbols
        if not of.has(*x):
            return of
        constant, power = of.as_independent(*x, as_Add=False)
        base, exponent = power.as_base_exp()
        if len(x) == 1 and base == sp.Abs(x[0]) and not exponent.has(x[0]) and not exponent.is_even:
            self.leading_part = True
            return constant * self.quantities.absolute_moment(exponent)
        if not of.is_polynomial(*x):
            return self.quantities.moment(of)
        if self.quantities.leading_averages:
            return self._leading_moment(sp.Poly(sp.expand(of), *x))
        total = sp.Integer(0)
        terms = sp.Poly(sp.expand(of), *x).terms()
        for powers, coefficient in terms:
            monomial = sp.Mul(*(c**n for c, n in zip(x, powers, strict=True)))
            total += coefficient * (self.quantities.moment(monomial) if any(powers) else 1)
        if len(terms) == 1 and total.count_ops() > LONG:
            return total  # by powers and modes, each with one factored coefficient: a hundred times shorter than multiplied out
        if any(e.has(self.model.time) for e in total.atoms(sp.exp)) or any(
            e.exp.has(self.model.time) for e in total.atoms(sp.Pow)
        ):
            merged = by_powers_and_modes(total, self.model.time)
            if merged is not None:
                return merged
        held = {modes: sp.Dummy() for modes in total.atoms(sp.Sum)}  # whose terms stay products
        return sp.expand(total.xreplace(held)).xreplace({mark: modes for modes, mark in held.items()})

    def _leading_moment(self, of: sp.Poly) -> sp.Expr:
        """Of a monomial, a sum of squares, or the square of the distance from the mean: nothing that cancels is lost."""
        terms = of.terms()
        even = all(n % 2 == 0 for powers, _ in terms for n in powers) and all(c.is_positive for _, c in terms)
        if len(terms) == 1 or even:
            parts = (
                c * self.quantities.moment(sp.Mul(*(x**n for x, n in zip(of.gens, p, strict=True)))) for p, c in terms
            )
            return sp.Add(*parts)
        if len(of.gens) == 1 and of.degree() == 2:
            a, b, c = (of.nth(n) for n in (2, 1, 0))
            mean = self.quantities.moment(of.gens[0])
            if sp.expand(2 * a * mean + b) == 0:
                return a * self.quantities.variance(of.gens[0]) + sp.expand((a * mean + b) * mean + c)
        raise MissingQuantityError(f"the average of {of.as_expr()}: {ONLY_LEADING}", True)

    def _displacement(self, inside: sp.Expr) -> sp.Expr:
        """A way from the start; raises :class:`MissingQuantityError` where the start itself is left in it."""
        return without_start(places_in(inside, self.model))


LONG = 150  # operations


def with_variances(expression: sp.Expr) -> sp.Expr:
    """``<f^2> - <f>^2`` as the variance of f."""
    mean, variance = sp.Function("Mean"), sp.Function("Var")
    change: dict[sp.Basic, sp.Expr] = {}
    for total in expression.atoms(sp.Add):
        for square in total.args:
            call, size = next(
                ((c, -square.coeff(c**2)) for c in square.atoms(AppliedUndef) if c.func == mean), (None, 0)
            )
            if call is None or size == 0 or sp.expand(square + size * call**2) != 0:
                continue
            second = size * mean(sp.expand(call.args[0] ** 2))
            if second in total.args:
                change[total] = total - second - square + size * variance(call.args[0])
    return expression.xreplace(change)


def _refuse_cancelling(expression: sp.Expr, change: dict[sp.Basic, sp.Expr], time: sp.Symbol) -> None:
    """Raise :class:`MissingQuantityError` where leading powers of t cancel in a sum: what is left is not known."""
    for total in expression.atoms(sp.Add):
        parts = [part.xreplace(change) for part in total.args if part.has(*change)]
        if len(parts) > 1:
            sizes = [late_growth(part, time) for part in (*parts, sp.expand(sp.Add(*parts)))]
            if any(size is None or size[0] != sizes[-1][0] for size in sizes if sizes[-1]) or sizes[-1] in (
                None,
                (0, 0),
            ):
                raise MissingQuantityError(f"{total}: {ONLY_LEADING}", True)


def _by_powers(value: sp.Expr, time: sp.Symbol) -> sp.Expr:
    """An average as it is shown: by powers of time with factored coefficients, where it is a polynomial of a moderate size."""
    if sp.count_ops(value) > 600 or not value.is_polynomial(time):
        return value
    return sp.Add(*(sp.factor(c) * time**n for (n,), c in sp.Poly(value, time).terms()))
