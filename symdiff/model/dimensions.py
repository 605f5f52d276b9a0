"""Physical dimensions, inferred: what is a length follows from the displacements, what is a time from time step and rates.

A dimension is a rule of scaling: every symbol has a weight, and a sum is meaningful where its terms weigh the same. The
model's own statements are linear equations between the weights (a displacement weighs as much as x, a rate as 1/t, the
argument of exp nothing); what they leave free are the units. Most models leave length and time, one with a potential V
and beta also [beta]; displacements written as numbers leave no length at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from symdiff.errors import NotYetError
from symdiff.model.dimension_weights import SPACE, STAND_IN, TIME, Walker, Weight, generic_exponent, solved, sum_weights
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.occupancy import is_crowd
from symdiff.model.step_law import LAWS, StepLaw
from symdiff.model.waiting import S, WaitingLaw


class MismatchError(Exception):
    """Two terms of a sum have different dimensions."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} against {second}")
        self.first, self.second = first, second


@dataclass(frozen=True)
class Dimensions:
    """The dimension of every symbol of a model in its independent units."""

    table: Mapping[str, Mapping[str, Fraction]]
    arguments: Mapping[str, tuple[str, ...]]
    densities: tuple[str, ...] = ()
    time_power: Fraction = Fraction(1)

    def of(self, e: sp.Expr) -> str:
        """The dimension of an expression in words; raises :class:`MismatchError`, or NotYetError for unknown names."""
        return self.words(self.weight(e))

    def words(self, weight: Mapping[str, Fraction]) -> str:
        """A dimension as text, exponents with the model's symbols."""
        return shown(weight, self.table)

    def weight(self, e: sp.Expr) -> Weight:
        """The exponents of the units."""
        walker = Walker(self.arguments)
        found = self._in_units(walker.walk(e))
        for left, right in walker.equations:
            a, b = self._in_units(left), self._in_units(right)
            if a != b:
                raise MismatchError(self.words(a), self.words(b))
        return found

    def _of_role(self, role: str) -> Weight | None:
        """The dimension of a coefficient by its role, where the role tells it."""
        x, t = self.table[SPACE], self.table[TIME]
        stem, _, index = role.partition("_")
        order = {"v": 1, "D": 2}.get(stem)
        if stem == "a" and index:
            order = int(index) if index.isdigit() else len(index)
        if order is not None:
            return sum_weights({}, x, Fraction(order), t, -self.time_power)
        powers = {"c2": (2, -2), "speed": (1, -1), "growth_rate": (0, -1), "variance": (2, 0)}
        powers |= {"damping_rate": (0, -1), "relaxation_time": (0, 1), "standard_deviation": (1, 0), "kappa": (1, -1)}
        powers |= {
            "cross_rate": (1, -1),
            "bias_rate": (1, -2),
            "extrapolation_length": (1, 0),
            "wall": (1, 0),
            "storage": (1, 0),
        }
        powers |= {"permeability": (1, -1), "probability": (0, 0), "stability_index": (0, 0), "waiting_index": (0, 0)}
        found = powers.get(role)
        return None if found is None else sum_weights({}, x, Fraction(found[0]), t, Fraction(found[1]))

    def _in_units(self, weight: Weight) -> Weight:
        total: Weight = {}
        for name, exponent in weight.items():
            if name not in self.table:
                raise NotYetError(f"the dimension of {name} is not known")
            total = sum_weights(total, self.table[name], exponent)
        return total

    def difference(self, left: sp.Expr, right: sp.Expr, roles: Mapping[str, str] | None = None) -> str:
        """Why left = right is dimensionally wrong; empty where it is not, or where that is not known.

        ``roles`` names the coefficients that further symbols stand for.
        """
        if roles:
            known = {n: w for n, w in ((n, self._of_role(r)) for n, r in roles.items()) if w is not None}
            files = {n: dict(self.table[r]) for n, r in roles.items() if r in self.table}
            known = {**files, **known}
            return replace(self, table={**known, **self.table}).difference(left, right)
        if left == 0 or right == 0 or left.has(sp.oo) or right.has(sp.oo):
            return ""
        try:
            a, b = self.weight(left), self.weight(right)
        except MismatchError as error:
            return f"dimensionally wrong: terms of dimension {_said(error.first)} and {_said(error.second)} are added"
        except NotYetError:
            return ""
        if any(a.get(f"[{n}]") != b.get(f"[{n}]") for n in self.densities):
            return ""  # one walker's density or its chance on a site: what unit a density has, nobody says
        return (
            ""
            if a == b
            else f"dimensionally wrong: {_said(self.words(a))} on the left, {_said(self.words(b))} on the right"
        )


def shown(weight: Mapping[str, Fraction], names: Iterable[str] = ()) -> str:
    """A dimension as text, such as "length**2/time"; ``names`` may stand in exponents."""
    symbols = sp.Mul(*(sp.Symbol(n) ** _exponent(e, names) for n, e in sorted(weight.items())))
    return "none" if symbols == 1 else str(symbols)


def _exponent(value: Fraction, names: Iterable[str]) -> sp.Expr:
    """The exponent that a number of :func:`generic_exponent` stands for, where it has one symbol."""
    if value.denominator % STAND_IN == 0:
        for name in names:
            symbol = sp.Symbol(name)
            for n in (1, -1, 2, -2, 3, -3):
                rest = value - n * generic_exponent(symbol)
                if rest.denominator < 10:
                    return n * symbol + sp.Rational(rest.numerator, rest.denominator)
    return sp.Rational(value.numerator, value.denominator)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _said(dimension: str) -> str:
    """``length**2/time`` as it is written in a sentence: length²/time."""
    raised = re.sub(r"\*\*(?:\((-?\d+)\)|(\d+))", lambda m: (m.group(1) or m.group(2)).translate(_RAISED), dimension)
    return raised.replace("**", "^").replace("*", " ")


def dimensions_of(
    model: JumpModel, coordinates: Iterable[str] = (), waiting_index: sp.Expr = sp.S.One
) -> Dimensions | None:
    """The dimensions that a model's own statements imply; None where they cannot be read off.

    Numbers of individuals have none, scaled ones that of 1/system size: ``coordinates`` says which of them an equation is in.
    ``waiting_index`` is the order of the equation in time, which v and D are coefficients of.
    """
    arguments = {d.name: d.arguments for d in model.functions}
    places, size = (*(tuple(coordinates) or model.coordinates), str(model.time)), model.population
    densities = (*model.density_names, *model.state_names, *model.states)
    arguments |= dict.fromkeys(densities, places)
    walker = Walker(arguments)
    names = [p.name for p in model.parameters] + list(arguments)
    for c in model.coordinates:
        walker.columns[c] = {SPACE: Fraction(1)} if size is None else {}
    if size is not None:
        per_size = {size.system_size.name: Fraction(-1)}
        walker.columns |= dict.fromkeys(size.scaled, per_size)
        walker.equal({SPACE: Fraction(1)}, per_size if {*coordinates} & {*size.scaled} else {})
    walker.columns[str(model.time)] = {TIME: Fraction(1)}
    if model.space_dimension is not None:
        walker.require(model.space_dimension, {})  # a number of axes is a pure number
    try:
        _state(model, walker)
    except NotYetError:
        return None
    columns = [*dict.fromkeys([*walker.seen, *names])]
    last = (SPACE, TIME) if size is None else (SPACE, size.system_size.name, TIME)
    columns = [c for c in columns if c not in last] + [*last]
    rows = [sum_weights(left, right, Fraction(-1)) for left, right in walker.equations]
    through = solved(rows, columns)
    table: dict[str, Mapping[str, Fraction]] = {n: through[n] for n in columns}
    for c in (*model.coordinates, *(() if size is None else size.scaled)):
        table[c] = sum_weights({}, *(p for n, e in walker.columns[c].items() for p in (through[n], e)))
    table[str(model.time)] = through[TIME]
    for k in ("k", *(f"k_{c}" for c in model.coordinates)):
        table.setdefault(k, sum_weights({}, through[SPACE], Fraction(-1)))
    return Dimensions(table, arguments, densities, generic_exponent(waiting_index))


def _state(model: JumpModel, walker: Walker) -> None:
    """The equations between weights that a model's statements are."""
    per_time, nothing = {TIME: Fraction(-1)}, Weight()
    length = {SPACE: Fraction(1)} if model.population is None else nothing  # numbers of individuals have no dimension
    for parameter in model.parameters:
        if parameter.probability:
            walker.equal({parameter.name: Fraction(1)}, nothing)
    if model.time_step is not None:
        walker.require(model.time_step, {TIME: Fraction(1)})
    for d in model.functions:
        if d.body is not None:
            walker.require(d.body, {d.name: Fraction(1)})
    pace = per_time if model.clock == "continuous" else nothing
    for variable in model.internals:
        unit = nothing if variable.domain == "direction" else {variable.name: Fraction(1)}
        for symbol in variable.symbols:
            walker.columns[symbol.name] = unit
        for bound in (*variable.centre, *(() if variable.radius is None else (variable.radius,))):
            walker.require(bound, unit)
        walker.require(variable.diffusivity, sum_weights(unit, unit, per_time))
        for d in variable.drift:
            walker.require(d, sum_weights(unit, per_time))
        if variable.rate is not None:
            walker.require(variable.rate, per_time)
        for mean in (variable.mean_cosine, variable.mean_sine):
            if mean is not None:
                walker.require(mean, nothing)
        if variable.law is not None:
            _law(variable.law, walker, unit)
    if model.crowd.site_rate is not None:  # of which the jumps' own intensities are shares
        walker.require(model.crowd.site_rate, pace)
        pace = nothing
    for n, jump in enumerate(model.jumps):
        for r in jump.displacement if jump.destination is None else jump.destination:
            walker.require(r, length)
        _step(jump, walker, f"step {n}", pace if model.clock != "none" else None)
    for boundary in model.boundaries:
        if boundary.probability is not None:
            walker.require(boundary.probability, nothing)
        if boundary.rate is not None:
            walker.require(boundary.rate, per_time)
        walker.alike(boundary.members)
    for motion in model.motions:
        for v in motion.velocity:
            walker.require(v, sum_weights(length, per_time))
        for d in (d for row in motion.diffusivity for d in row):
            walker.require(d, sum_weights(length, length, per_time))
    if model.resets and not model.states:  # one walker, whose density has the total 1
        walker.equal({model.density: Fraction(1)}, {SPACE: Fraction(-model.dimension)})
    if is_crowd(model):
        for name in (*model.density_names, *model.state_names):
            walker.equal({name: Fraction(1)}, nothing)
    for reaction in model.crowd.reactions:
        walker.require(reaction.intensity, per_time if model.time_step is None else nothing)
    for wait in dict.fromkeys(
        model.wait_before(j, jump) for _, j, jump in model.transitions() if model.clock == "waiting"
    ):
        _wait(wait, walker)
    if model.scheme is not None:
        _scheme(model, walker)


_POWERS_OF_TIME = {
    "shape": 0,
    "index": 0,
    "skewness": 0,
    "variance": 2,
    "second_moment": 2,
    "third_cumulant": 3,
    "fourth_cumulant": 4,
}


def _wait(law: WaitingLaw, walker: Walker) -> None:
    """The arguments of a waiting time; of a tail, A t**(-1 - index) is a density in time."""
    walker.columns[S.name] = {TIME: Fraction(-1)}
    if law.transform is not None:
        walker.require(law.transform, {})
        return
    for name, value in law.arguments:
        power = _POWERS_OF_TIME.get(name, 1)
        exponent = generic_exponent(dict(law.arguments)["index"]) if name == "amplitude" else Fraction(power)
        walker.require(value, {TIME: exponent})


def _scheme(model: JumpModel, walker: Walker) -> None:
    """Shifts are lengths and times, and all terms of the equation are added."""
    assert model.scheme is not None
    weights = []
    for term in model.scheme.terms:
        for r in term.shift:
            walker.require(r, {SPACE: Fraction(1)})
        walker.require(term.time_shift, {TIME: Fraction(1)})
        lowered = {SPACE: Fraction(-sum(term.space_orders)), TIME: Fraction(-term.time_order)}
        weights.append(sum_weights(walker.walk(term.coefficient), lowered))
    for w in weights[1:]:
        walker.equal(weights[0], w)


def _step(jump: Jump, walker: Walker, name: str, pace: Weight | None) -> None:
    law = jump.law
    if law is None:
        if pace is not None:
            walker.require(jump.intensity, pace)
        return
    unit = {} if law.distribution == "family" else {name: Fraction(1)}
    for s in law.variables:
        walker.columns[s.name] = unit
    for row in jump.directions:
        for e in row:
            if e != 0:
                walker.equal(sum_weights(walker.walk(e), unit), {SPACE: Fraction(1)})
    if pace is None:
        return
    weight = walker.walk(jump.intensity)
    if law.distribution == "density" and law.lengths == 1:
        from symdiff.model.density_law import total_of

        if total_of(law) is None:
            body = walker.walk(dict(law.arguments)["density"])
            walker.equal(sum_weights(body, unit, weight), pace)
            return
    walker.equal(weight, pace)
    _law(law, walker, unit)


def _law(law: StepLaw, walker: Walker, unit: Weight) -> None:
    """The arguments of a law of lengths that weigh ``unit``."""
    if law.inner is not None:
        walker.columns["step.0"] = unit
        _law(law.inner, walker, unit)
        return
    a = dict(law.arguments)
    if law.distribution == "density":
        walker.equal(sum_weights(walker.walk(a["density"]), *([unit] * law.lengths)), {})
        return
    if law.distribution in ("characteristic_function", "laplace_transform"):
        for n in range(law.lengths):
            walker.columns[f"k.{n}"] = sum_weights({}, unit, Fraction(-1))
        walker.columns["s.0"] = sum_weights({}, unit, Fraction(-1))
        walker.require(a["transform"], {})
        return
    if law.distribution == "family":
        for s in law.variables:
            walker.columns[s.name] = {}
        walker.require(a["weight"], {})
        for name, value in a.items():
            if name.startswith(("low.", "high.")) and value.is_finite is not False:
                walker.require(value, {})
        return
    lengths = LAWS[law.distribution].lengths if law.distribution in LAWS else {}
    for name, value in a.items():
        root = 2 if name.startswith("covariance.") else 1 if name.startswith("mean.") else lengths.get(name, 0)
        if name == "amplitude":
            walker.require(value, sum_weights({}, unit, generic_exponent(a["index"])))
        else:
            walker.require(value, sum_weights({}, unit, Fraction(root)))
    if law.distribution == "student":
        walker.equal(unit, {})
