"""A claim's side with every role, moment and density replaced by what one regime derives for it."""

from __future__ import annotations

from collections.abc import Collection

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.power_sums import closed_series
from symdiff.algebra.telescoping import written_out
from symdiff.algebra.theta_sums import NoFormError, has_sums, normal_form
from symdiff.continuum.observables.moments import counts_individuals
from symdiff.dossier.claim_limits import elementary_limit
from symdiff.dossier.claimed_transforms import S as LAPLACE
from symdiff.dossier.claimed_transforms import is_transform, law_in_time, transform_value
from symdiff.dossier.late_growth import slowest_modes
from symdiff.dossier.quantities import MissingQuantityError, densities_of, hint_for, state_alone
from symdiff.dossier.resolving_averages import HIGHEST_CUMULANT, STATIONARY, AverageResolver
from symdiff.dossier.values_at import at_distance, coefficient_at, largest, observed_at
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.verification.roles import KNOWN_ROLES, PATTERNED, role_of

JUMP_MOMENTS = {  # of the Fokker-Planck equation, Kimura's, van Kampen's; a plain V may be a potential
    1: ("A", "M", "M_deltax", "a_1", "alpha_1"),
    2: ("B", "V_deltax", "a_2", "alpha_2"),
}
PLACES = ("r", "rbold", "rvec", "xbold", "xvec")  # the place as one letter, in several dimensions


STANDARDISED = {  # cumulants over powers of the width, with what is added
    "skewness": (3, 0, "skewness, kappa_3/kappa_2^(3/2)"),
    "kurtosis": (4, 3, "kurtosis, mu_4/sigma^4"),
    "excesskurtosis": (4, 0, "excess kurtosis, kappa_4/kappa_2^2"),
}
LETTERS = ("P", "p", "rho", "C", "c", "u", "G", "W", "w", "f", "n", "N", "phi", "psi")  # of densities


def is_stationary_law(name: str, model: JumpModel, stated: dict[str, str]) -> bool:
    """Whether a name is that of the density with a label that says: at late times."""
    head, mark, label = name.replace("^", "_").partition("_")
    declared = {p.name for p in model.parameters} | set(model.states)
    foreign = declared | {*model.coordinates, *(o.name for o in model.observables), *(f.name for f in model.functions)}
    named = head == model.density or (head.lower() == model.density.lower() and head not in declared)
    named = named or (head in LETTERS and head != "G" and head not in foreign and len(model.density_names) < 2)
    return name not in stated and bool(mark) and named and label in STATIONARY


def other_chance(model: JumpModel) -> dict[sp.Symbol, sp.Expr]:
    """``q = 1 - p``, as texts use it, where ``p`` is the model's one probability and ``q`` is not declared."""
    chances = [p for p in model.parameters if p.probability]
    chances = chances or [p for p in model.parameters if p.name == "p" and p.interval.low == 0 and p.interval.high == 1]
    taken = {p.name for p in model.parameters} | set(model.coordinates)
    return {sp.Symbol("q"): 1 - chances[0].symbol} if [p.name for p in chances] == ["p"] and "q" not in taken else {}


class Resolver(AverageResolver):
    """Replaces names by values, and remembers which roles it used."""

    def resolve(self, expression: sp.Expr, kept: Collection[sp.Basic] = ()) -> sp.Expr:
        """The expression in the model's parameters, coordinates and time; symbols in ``kept`` stay.

        Raises :class:`MissingQuantityError`.
        """
        expression = self._joint_limits(self._integrals(expression))
        expression = self._averages(expression)
        expression = self._functions(expression)
        change = {
            s: self.symbol(s.name)
            for s in sorted(expression.free_symbols, key=str)
            if not self._own(s) and s not in kept
        }
        result = expand_definitions(expression.xreplace(change), self.model.functions)
        result = result.xreplace(
            {d: d.doit() for d in result.atoms(sp.Derivative) if not isinstance(d.expr, AppliedUndef)}
        )
        known = {d.name for d in self.model.functions}
        values = {
            s for s in result.atoms(sp.Subs) if {c.func.__name__ for c in s.atoms(AppliedUndef)} <= known
        }  # T'(0)
        return self._limits(result.xreplace({s: s.doit() for s in values if not s.has(sp.Integral, sp.Sum)}))

    def owns(self, symbol: sp.Symbol) -> bool:
        """Whether a symbol is a parameter, a coordinate or the time of the model."""
        return self._own(symbol)

    def is_live(self, expression: sp.Expr) -> bool:
        """Whether this is a density of a nonlinear equation, which stands for itself in coefficients."""
        return expression in self._live()

    def place_of(self, inside: sp.Expr) -> sp.Expr:
        """What an average is taken of, in the model's coordinates; raises :class:`MissingQuantityError`."""
        return self._displacement(inside)

    def _limits(self, expression: sp.Expr) -> sp.Expr:
        """Limits of rational functions; what else is left unevaluated cannot be compared."""
        change: dict[sp.Basic, sp.Expr] = {}
        for found in sorted(expression.atoms(sp.Limit), key=str):
            inner, variable, point = found.args[:3]
            if variable == self.model.time and point == sp.oo and not inner.has(sp.Limit):
                change[found] = self._settled(inner, "the expression under the limit")
                continue
            value = elementary_limit(inner, variable, point)
            if value is None:
                raise MissingQuantityError("a limit of this kind is not handled yet", False)
            change[found] = value
        result = self._closed(expression.xreplace(change))
        if self.up_to_factor and result.has(sp.Sum):
            result, shortened = slowest_modes(result, self.model.time)
            self.leading_part = self.leading_part or shortened
        if self.up_to_factor:  # what normalises a law
            moving = {*self.model.coordinate_symbols, self.model.time}
            result = sp.Mul(*(f for f in sp.Mul.make_args(result) if not f.has(sp.Integral) or f.free_symbols & moving))
        for kind, name in (
            (sp.Integral, "an integral"),
            (sp.Sum, "a sum"),
            (sp.Subs, "a value at a point"),
            (sp.Limit, "a limit"),
        ):
            if kind is sp.Integral and all(_is_definite(i, self.model) for i in result.atoms(sp.Integral)):
                continue
            if kind is sp.Sum and self.late and slowest_modes(result, self.model.time)[1]:
                continue  # powers of such sums too: their slowest modes are compared
            if result.has(kind) and not (kind is sp.Sum and _is_over_modes(result)):
                raise MissingQuantityError(f"{name} of this kind is not handled yet", False)
        return result

    def _closed(self, result: sp.Expr) -> sp.Expr:
        """Sums over few sites written out, and endless sums of powers in closed form."""
        if not result.has(sp.Sum):
            return result
        closed, ratios = closed_series(written_out(result))
        if ratios:
            raise MissingQuantityError(f"a sum converges where {ratios[0]} < 1, of which nothing is said (a condition beside the claim, or "
                                       "constraints in [model], says so)", True)  # fmt: skip
        return closed

    def symbol(self, name: str) -> sp.Expr:
        """The value of an undeclared name."""
        if name in self._wave_names():
            waves = [sp.Symbol(f"k_{c}", real=True) for c in self.model.coordinates]
            plane = name == "k" and len(waves) > 1  # the length of the wave vector
            return sp.sqrt(sp.Add(*(w**2 for w in waves))) if plane else sp.Symbol(name, real=True)
        if name == "s" and self.laplace:
            return LAPLACE
        own = self._named(name)
        own = own or self._of_this(name)
        spread = self._spread(name) if own is None else None
        if spread is not None:
            return spread
        role = own or role_of(name, self.stated) or self._of_index(name)
        if role is None and name == "d":
            self.roles[name] = "dimension"
            return sp.Integer(self.model.dimension)
        if role is None and name.startswith("Delta ") and self._observed(name.removeprefix("Delta ")):
            value = self.symbol(name.removeprefix("Delta "))
            self.roles[name] = "Laplacian"
            return sp.Add(*(sp.diff(value, c, 2) for c in self.model.coordinate_symbols))
        other = other_chance(self.model).get(sp.Symbol(name))
        if role is None and other is not None:
            self.roles[name] = str(other)
            return other
        if role is None and (highest := self._highest(name)) is not None:
            return highest
        if role is None:
            role = self._observed(name)
        if role is None and (uniform := self._uniform_density(name)) is not None:
            return uniform
        if role is None:
            raise MissingQuantityError(
                f"nothing is known of '{name}': {hint_for(name, self.model, KNOWN_ROLES)}", False
            )
        try:
            value = self.quantities.value(role)
        except MissingQuantityError as missing:
            if role == name or f"'{role}'" not in missing.what:
                raise
            raise MissingQuantityError(
                f"{missing.what} ('{name}' is taken for it; 'symbols' gives it another role)", missing.known
            ) from None
        self.used[role] = value
        self.roles[name] = role
        return value

    def _of_this(self, name: str) -> str | None:
        """``D_e`` of a claim that says which observable it is about: no coefficient along a coordinate e, which there is none."""
        head, _, index = name.partition("_")
        pieces = {*self.model.coordinates, *self.model.states, *self.model.density_names, "0", "eff"}
        if not index or role_of(name, {}) != name or any(index.startswith(x) for x in pieces):
            return None
        return self._observed(name) if head + "_" in PATTERNED and self.about else None

    def _uniform_density(self, name: str) -> sp.Symbol | None:
        """S0 of a front or a threshold that is derived about a uniform state which nothing fixes."""
        names = {f"{n}0" for n in (*self.model.states, self.model.density)}
        values = [
            v for o in self.quantities.observables for v in (o.lattice, *(e for _, e in o.equation)) if v is not None
        ]
        return next((s for v in values for s in v.free_symbols if s.name == name and name in names), None)

    def _jump_moment(self, call: AppliedUndef) -> sp.Expr | None:
        """A and B, Kimura's M and V_deltax, van Kampen's a_1 and a_2: mean and mean square of a change per time, v and 2 D."""
        name, limit = call.func.__name__, self.quantities.limit
        scaled = () if limit is None or limit.system_size is None else limit.system_size.coordinates
        order = next((n for n, letters in JUMP_MOMENTS.items() if name in letters), None)
        taken = name in self.stated or name in (*self.model.coordinates, *self.model.states, self.model.density)
        if order is None or taken or self.model.dimension != 1 or not (scaled or counts_individuals(self.model)):
            return None
        if len(call.args) != 1 or str(call.args[0]) not in (*self.model.coordinates, *scaled):
            return None  # a constant of integration, say
        role = "v" if order == 1 else "D"
        self.used[role] = value = self.quantities.value(role)
        self.roles[name] = "the first jump moment, v" if order == 1 else "the second jump moment, 2 D"
        return value if order == 1 else 2 * value

    def _highest(self, name: str) -> sp.Expr | None:
        """``T_max``: the largest value of an observable along the one coordinate."""
        of = next((name.removesuffix(m) for m in ("_max", "^max", "max") if name.endswith(m)), "")
        if not of or of not in [o.name for o in self.quantities.observables] or self.model.dimension > 1:
            return None
        self.used[name] = value = largest(self.symbol(of), self.model.coordinate_symbols[0], of)
        self.roles[name] = f"the largest {of}"
        return value

    def _of_index(self, name: str) -> str | None:
        """K_al or D_al, where al is the index of a fractional derivative of this regime: its constant."""
        head, _, tail = name.partition("_")
        if head not in ("K", "D") or self.quantities.limit is None:
            return None
        named = dict(self.quantities.limit.coefficients)
        indices = {named[n] for n in ("waiting_index", "stability_index") if n in named}
        symbols = {p.symbol for p in self.model.parameters if tail in (p.name, p.latex.lstrip("\\"))}
        return "K" if symbols & {s for i in indices for s in i.free_symbols} else None

    def _spread(self, name: str) -> sp.Expr | None:
        """Names of means and widths: x_rms, MSD, xbar, sigma_x; ``sigma`` in one dimension."""
        if name in self.stated:
            return None
        x = self.model.coordinate_symbols
        length = sp.Add(*(c**2 for c in x))
        by_name = dict.fromkeys(("MSD", "msd"), ("mean squared displacement", length))
        by_name |= dict.fromkeys(("RMS", "rms", "RMSD", "rmsd"), ("rms", length))
        for c in x:
            by_name |= {
                **dict.fromkeys((f"{c}_rms", f"{c}rms", f"{c}_RMS"), ("rms", c**2)),
                f"{c}bar": ("mean", c),
                f"sigma_{c}": ("standard deviation", c),
            }
        by_name |= {f"{r}_{rms}": ("rms", length) for r in ("r", "R") for rms in ("rms", "RMS") if len(x) > 1}
        if len(x) == 1:
            by_name["sigma"] = ("standard deviation", x[0])
            steps = {f"sigma_{n}" for n in ("N", "n", "t") if n != x[0].name}  # after N steps
            by_name |= dict.fromkeys(steps, ("standard deviation", x[0]))
        plain, _, label = name.rpartition("_")
        if (
            name not in by_name
            and plain in by_name
            and label in STATIONARY
            and by_name[plain][0] == "standard deviation"
        ):
            return self._late_spread(name, by_name[plain][1])
        if name not in by_name:
            return self._of_numbers(name)
        kind, of = by_name[name]
        self.roles[name], self.averaged = kind, True
        if kind == "standard deviation":
            return sp.sqrt(self._variance(of))
        return sp.sqrt(self._moment(of)) if kind == "rms" else self._moment(of)

    def _late_spread(self, name: str, of: sp.Expr) -> sp.Expr:
        """sigma_ss, sigma_x_eq: the standard deviation at late times."""
        self.roles[name], self.averaged = "standard deviation at late times", True
        mean, second = (self._settled(self._moment(of**n), f"the average of {of**n}") for n in (1, 2))
        self.used[f"stationary Var({of})"] = value = sp.expand(second - mean**2)
        return sp.sqrt(value)

    def _of_numbers(self, name: str) -> sp.Expr | None:
        """kappa_n, the cumulant; the Fano factor (F of a number of individuals) and the coefficient of variation."""
        if self.model.dimension != 1:
            return None
        (x,) = self.model.coordinate_symbols
        index = name.removeprefix("kappa_")
        if index != name and index.isdigit() and 0 < int(index) <= HIGHEST_CUMULANT:
            self.roles[name], self.averaged = f"cumulant {index}", True
            return self._cumulant(x, int(index))
        if name in STANDARDISED:
            order, shift, words = STANDARDISED[name]
            self.roles[name], self.averaged = words, True
            return self._cumulant(x, order) / self._cumulant(x, 2) ** sp.Rational(order, 2) + shift
        if name not in ("Fano", "CV") and not (name == "F" and counts_individuals(self.model)):
            return None
        self.averaged = True
        mean, variance = self._moment(x), self._cumulant(x, 2)
        if mean.is_polynomial(self.model.time) and variance.is_polynomial(self.model.time) and name != "CV":
            variance, mean = sp.cancel(variance / mean), sp.S.One  # of walkers, t cancels
        self.roles[name] = "coefficient of variation" if name == "CV" else "Fano factor, Var(n)/<n>"
        unit = sp.S.One if counts_individuals(self.model) else self._spacing()
        return sp.sqrt(variance) / mean if name == "CV" else variance / mean / unit

    def _spacing(self) -> sp.Expr:
        """The one length of all jumps, in units of which walkers are counted; one where there is none."""
        lengths = {sp.Abs(r) for j in self.model.jumps for r in j.displacement} - {sp.S.Zero}
        return lengths.pop() if len(lengths) == 1 and all(j.law is None for j in self.model.jumps) else sp.S.One

    def _wave_names(self) -> tuple[str, ...]:
        taken = {p.name for p in self.model.parameters}
        names = ("k", *(f"k_{c}" for c in self.model.coordinates))
        return tuple(n for n in names if n not in taken)

    def _joint_limits(self, expression: sp.Expr) -> sp.Expr:
        """``lim_{dx, dt -> 0} dx^2/(2 dt)`` of parameters: the ratio itself, which is what stays finite."""
        known = {p.symbol for p in self.model.parameters}
        change = {}
        for call in sorted(expression.atoms(AppliedUndef), key=str):
            if call.func.__name__ == "Limit" and len(call.args) > 2 and set(call.args[1:]) <= known:
                change[call] = call.args[0]
                self.roles[f"lim {', '.join(map(str, call.args[1:]))} -> 0"] = "the value itself"
        return expression.xreplace(change) if change else expression

    # --- functions ------------------------------------------------------------------------------------------------

    def _functions(self, expression: sp.Expr) -> sp.Expr:
        """Roles written as functions: v(x), D(x), s(k), x_rms(t); P(x, t) is the density from a point."""
        declared = {d.name for d in self.model.functions}
        observed = {o.name for o in self.quantities.observables} - {self.model.density}
        change: dict[sp.Basic, sp.Expr] = {}
        for call in sorted(expression.atoms(AppliedUndef), key=str):
            name = call.func.__name__
            if name in declared or name == "FracLaplacian":
                continue
            transform = transform_value(call, self.quantities) if name not in self.stated else None
            if transform is not None:
                change[call] = transform
                self.used[str(call)] = transform
                continue
            if call in self._live():
                continue  # the equation is nonlinear: its coefficients are functions of the density itself
            densities = densities_of(self.quantities.limit)
            if densities and name in self.model.states and name not in densities:
                raise MissingQuantityError(state_alone(name, densities), False)
            if is_transform(call, self.model):
                change[call] = law_in_time(self.quantities)
                self.used[f"the transform of {name}" if name == self.model.density else name] = change[call]
            elif name in observed and call.args == (*self.model.coordinate_symbols, self.model.time):
                change[call] = self.symbol(name)  # under a Laplacian, where the reader writes all that fields depend on
            elif name == self.model.density or (
                tuple(call.args) == (*self.model.coordinate_symbols, self.model.time) and not self._is_coefficient(name)
            ):
                change[call] = self._density_at(call)
                self.used[name] = change[call]
            elif self._is_stationary_density(call):
                found = self.quantities.stationary_law()
                law = self._shifted(found.value, call)
                change[call] = (
                    law.as_independent(*self.model.coordinate_symbols, as_Add=False)[1] if self.up_to_factor else law
                )
                self.stationary = found
                self.used[f"stationary {self.model.density}"] = change[call]
            elif self._observed(name) and set(call.args) <= {*self.model.coordinate_symbols, self.model.time}:
                change[call] = self.symbol(name)  # f(t), S(x, t): what it depends on is said, not put in
            elif self._observed(name) and len(call.args) in (self.model.dimension, self.model.dimension + 1):
                change[call] = observed_at(self.symbol(name), call, self.model)
            elif name in ("J", "j") and name not in self.stated and set(call.args) & self._live():
                change[call] = self.quantities.value("flux")  # J(u), the current of a uniform density
                self.used["flux"], self.roles[name] = change[call], "flux"
            elif self._observed(name) and len(call.args) == 1 and not self._is_vector(call.args):
                change[call] = at_distance(self.symbol(name), call, self.model, self._own)
            elif self._is_point(call):
                change[call] = coefficient_at(self.symbol(name), call, self.model, self._live(), self.spoken)
            elif sp.Symbol(name) in other_chance(self.model):
                raise MissingQuantityError(f"nothing is known of '{call}'", False)  # q_k beside q = 1 - p
            elif all(a.is_Symbol or a in self._live() for a in call.args):
                moment = self._jump_moment(call)
                change[call] = self.symbol(name) if moment is None else moment
            elif name in ("theta", "H") and len(call.args) == 1 and not call.args[0].is_Symbol:
                change[call] = sp.Heaviside(call.args[0])
                self.roles[name] = "the unit step"
            else:
                raise MissingQuantityError(f"nothing is known of '{call}'", False)
        result = expression.xreplace(change)
        if len(self.model.coordinates) < 2:
            return result
        length = sp.sqrt(sp.Add(*(c**2 for c in self.model.coordinate_symbols)))
        lengths = [e for n in ("rbold", "rvec", "xbold", "xvec") for e in (sp.Abs(sp.Symbol(n)), sp.Symbol(n))]
        if "r" not in {p.name for p in self.model.parameters}:
            lengths.append(sp.Symbol("r"))
        return result.xreplace(dict.fromkeys(lengths, length)) if result.has(*lengths) else result

    def _is_point(self, call: AppliedUndef) -> bool:
        """Whether a coefficient is asked for at one place, or at one density, that numbers and parameters give: D(L), D(0)."""
        fixed = {p.symbol for p in self.model.parameters}
        return self._is_coefficient(call.func.__name__) and all(a.free_symbols <= fixed for a in call.args)

    def _is_stationary_density(self, call: AppliedUndef) -> bool:
        """P_eq(x), P_st(x), P_s(x): the law at late times."""
        name = call.func.__name__
        places, fixed = self.model.coordinate_symbols, {p.symbol for p in self.model.parameters}
        plain = self._is_vector(call.args) or (
            len(call.args) == len(places)
            and all(a.free_symbols <= {x} | fixed for a, x in zip(call.args, places, strict=True))
        )
        return plain and not self._observed(name) and is_stationary_law(name, self.model, self.stated)

    def _shifted(self, law: sp.Expr, call: AppliedUndef) -> sp.Expr:
        """The law at the places of a call, such as P_st(n + 1)."""
        places = self.model.coordinate_symbols
        if self._is_vector(call.args) or call.args == tuple(places):
            return law
        return law.xreplace(dict(zip(places, call.args, strict=True)))

    def _is_vector(self, arguments: tuple[sp.Basic, ...]) -> bool:
        """Whether one argument is the place as a vector, or its length."""
        return len(arguments) == 1 < self.model.dimension and str(arguments[0]) in PLACES

    def _is_coefficient(self, name: str) -> bool:
        """Whether the name is that of a drift or a diffusion coefficient, which may depend on place and time."""
        return (role_of(name, self.stated) or "").partition("_")[0] in ("v", "D")

    def _live(self) -> set[AppliedUndef]:
        """The densities, where they occur in the coefficients of the equations themselves."""
        limit = self.quantities.limit
        if limit is None or (limit.equation is not None and limit.equation.is_linear and not self.of_density):
            return set()
        return {sp.Function(e.density)(*self.model.coordinate_symbols, self.model.time) for e in limit.equations}

    def _density_at(self, call: AppliedUndef) -> sp.Expr:
        """The density from a point, at the arguments of the call; P(r, t) is that of an isotropic law."""
        x, t = self.model.coordinate_symbols, self.model.time
        value = self.quantities.density()
        arguments = tuple(call.args)
        if len(arguments) == 2 and len(x) > 1 and str(arguments[0]) in PLACES:
            arguments = (*x, arguments[1])
        elif len(arguments) == 2 < len(x) + 1 and arguments[0] == 0:  # P(0, t): at the origin
            arguments = (*(sp.S.Zero for _ in x), arguments[1])
        if len(arguments) != len(x) + 1:
            raise MissingQuantityError(f"'{call}' has another number of arguments than the density", False)
        self.place = dict(zip((*x, t), arguments, strict=True))
        moved = _at_the_start(value.xreplace(self.place), t)
        if moved.has(sp.nan, sp.zoo) or (moved.has(sp.oo) and not value.has(sp.Integral, sp.Sum)):
            raise MissingQuantityError(f"the density that starts from a point has no value at {call}", False)
        return moved


def _at_the_start(value: sp.Expr, time: sp.Symbol) -> sp.Expr:
    """int_0^oo e^(-c k^a) dk = Gamma(1 + 1/a) c^(-1/a), which is what a stable density is at its centre."""
    change, later = {}, sp.Dummy(positive=True)
    for found in value.atoms(sp.Integral):
        k, *ends = found.limits[0]
        inner = found.function
        if tuple(ends) != (0, sp.oo) or not isinstance(inner, sp.exp):
            continue
        constant, power = (-inner.exp).xreplace({time: later}).as_independent(k, as_Add=False)
        base, index = power.as_base_exp()
        if base == k and not index.has(k) and constant.is_positive:
            change[found] = (sp.gamma(1 + 1 / index) * constant ** (-1 / index)).xreplace({later: time})
    return value.xreplace(change)


def _is_over_modes(value: sp.Expr) -> bool:
    """Whether the sums of an expression are those over images or modes of walkers between walls, which can be compared."""
    if not has_sums(value) or value.has(sp.Integral, sp.Subs, sp.Limit):
        return False
    try:
        normal_form(value)
    except (NoFormError, ValueError, TypeError):
        return False
    return True


def _is_definite(integral: sp.Integral, model: JumpModel) -> bool:
    """Whether a coordinate stands in its limits alone, and it holds no functions but those that the file declares."""
    known = {d.name for d in model.functions}
    plain = all(len(limits) == 3 for limits in integral.limits) and not integral.function.has(*model.coordinate_symbols)
    return plain and all(c.func.__name__ in known for c in integral.atoms(AppliedUndef))
