"""Averages of functions of the displacement: moments, variances, their stationary values, and scaling exponents.

Lengths are measured from the start of the walk; where coordinates count individuals they are the numbers themselves.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.algebra.quotients import coefficients
from symdiff.algebra.telescoping import written_out
from symdiff.continuum.isotropic import limit_on_axis, on_axis
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables import in_time, stationary
from symdiff.continuum.observables.averages import Average, average, refuse_growth
from symdiff.continuum.observables.backward import Backward, local_terms, of_limit, of_model, refuse_more, state_law
from symdiff.continuum.observables.idle_walls import without_idle_walls
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.turning import carries_direction, turning_average
from symdiff.continuum.waiting_decay import death_rate, of_those_alive, without_death
from symdiff.equations.evolution_equation import EvolutionEquation
from symdiff.errors import DerivationError, NotYetError, SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel, ObservableStatement
from symdiff.model.waiting import WaitingLaw

HIGHEST_MOMENT = 12
ALIVE = "averages are over the walkers that are alive"


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The observable of the microscopic model, exactly."""
    model = without_idle_walls(model)
    if model.space_dimension is not None:
        return _in_space(model, statement, lattice(on_axis(model), statement))
    if _infinite(model, _degree(model, statement)):
        return Found(sp.oo)
    if model.depends_on_time:
        return in_time.lattice(model, statement)
    if model.clock in ("discrete", "continuous") and carries_direction(model):
        return _closed_with_direction(model, statement) or _of_direction(model, statement)
    if model.clock == "waiting" and statement.kind in ("moment", "variance"):
        return _of_waits(model, statement)
    generator = of_model(model)
    if statement.kind == "stationary_moment" and _needs_the_law(model, generator):
        return stationary.lattice_average(model, generator, _function(model, statement))
    if model.boundaries:
        raise NotYetError(
            "moments between walls are not handled yet", instead="ask for stationary_moment, or leave the walls out"
        )
    return _evaluate(model, generator, statement)


def _closed_with_direction(model: JumpModel, statement: ObservableStatement) -> Found | None:
    """From the closed averages of place and direction together: any degree, and motion that is linear in place."""
    if model.clock != "continuous" or model.boundaries:
        return None
    try:
        found = _evaluate(model, of_model(model), statement)
    except NotYetError:
        return None
    return replace(found, assumptions=(*found.assumptions, "the direction starts uniformly"))


def _of_direction(model: JumpModel, statement: ObservableStatement) -> Found:
    """Moments up to the second of walkers that carry a direction."""
    refuse_more(model)
    if model.boundaries or statement.kind == "stationary_moment":
        raise NotYetError("averages of walkers with a direction are handled as functions of time, without walls")
    function, t = _function(model, statement), model.time
    value, least = turning_average(model, function).at(t)
    if statement.kind == "variance":
        second, later = turning_average(model, sp.expand(function**2)).at(t)
        value, least = second - value**2, max(least, later)
    notes = ["the direction starts uniformly"]
    if model.time_step is not None:
        notes.append(f"t is a multiple of {model.time_step}" + (f", from {least} steps on" if least else ""))
    return Found(_tidy(value, t), tuple(notes))


def _of_waits(model: JumpModel, statement: ObservableStatement) -> Found:
    """Moments of walks that wait, from the number of jumps."""
    from symdiff.continuum.observables.renewal import renewal_average  # loaded when used: start-up time

    alive: tuple[str, ...] = ()
    if model.crowd.reactions and death_rate(model) != 0:  # one rate for all, whatever their clocks say
        model, alive = without_death(model), (ALIVE,)
    function = _function(model, statement)
    value = renewal_average(model, function)
    if statement.kind == "variance":
        value = renewal_average(model, sp.expand(function**2)) - value**2
    return Found(_tidy(value, model.time), alive)


def _waiting_moment(model: JumpModel, equation: EvolutionEquation, statement: ObservableStatement) -> sp.Expr:
    """E[f] = sum_j (L^j f)(start) t^(ja)/Gamma(1 + ja) for the Caputo derivative of order a on the left."""
    left, x, t = equation.left, model.coordinate_symbols, model.time
    order = left[0].caputo
    if len(left) != 1 or order is None or left[0].coefficient != 1 or left[0].time or not equation.is_homogeneous:
        raise NotYetError("moments of this fractional equation are not handled yet")
    generator = Backward(x, (left[0].density,), (), local_terms(model, (equation,), (left[0].density,)), None, False)

    def mean(function: sp.Expr) -> sp.Expr:
        total, image, j = sp.Integer(0), function, 0
        while image != 0:
            if j > 2 * HIGHEST_MOMENT:
                raise NotYetError("moments of this fractional equation do not close")
            total += image.xreplace(dict.fromkeys(x, sp.Integer(0))) * t ** (j * order) / sp.gamma(1 + j * order)
            image, j = (
                sp.expand(sum((c.coefficient * _derived(image, c.order, x) for c in generator.local), sp.Integer(0))),
                j + 1,
            )
        return total

    function = _function(model, statement)
    if not function.is_polynomial(*x) or statement.kind.startswith("stationary"):
        raise NotYetError("only moments of polynomials are handled for fractional equations")
    value = mean(function)
    return mean(function**2) - value**2 if statement.kind == "variance" else value


def _derived(function: sp.Expr, order: tuple[int, ...], x: tuple[sp.Symbol, ...]) -> sp.Expr:
    for c, n in zip(x, order, strict=True):
        function = sp.diff(function, c, n) if n else function
    return function


def _needs_the_law(model: JumpModel, generator: Backward) -> bool:
    """Whether a stationary average is one over a stationary law that is known, and no closed system of averages."""
    if model.boundaries:
        return True
    return not generator.homogeneous and any(
        not e.is_polynomial(*generator.coordinates) or e.atoms(AppliedUndef)
        for e in (*(m.rate for m in generator.moves), *(c.coefficient for c in generator.local))
    )


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The observable from the terms that a limit's equation keeps."""
    model = without_idle_walls(model)
    if model.space_dimension is not None:
        return _in_space(model, statement, of_equation(on_axis(model), limit_on_axis(limit), statement))
    if model.depends_on_time:
        return in_time.of_equation(model, limit, statement)
    if limit.in_shares and model.population is not None and not model.boundaries:
        return _of_shares(model, limit, statement)
    if model.boundaries and statement.kind != "stationary_moment":
        from symdiff.continuum.observables import moments_between_walls  # loaded when used: start-up time

        function = _function(model, statement)
        return moments_between_walls.of_equation(model, limit, function, central=statement.kind == "variance")
    from symdiff.continuum.levy_walks import is_levy_walk  # loaded when used: start-up time

    if model.clock == "waiting" and is_levy_walk(model):
        from symdiff.continuum.observables.levy import levy_average  # loaded when used: start-up time

        return levy_average(model, _function(model, statement), statement.kind)
    if (
        model.clock == "waiting"
        and not model.crowd.reactions
        and limit.equation is not None
        and (late := _late(model, limit))
    ):
        from symdiff.continuum.observables.late_waits import late_average  # loaded when used: start-up time

        return late_average(model, late, _function(model, statement), statement.kind)
    equation = limit.equation
    if equation is not None and (alive := of_those_alive(equation)) is not None:
        found = of_equation(model, replace(limit, equations=(alive,)), statement)
        return replace(found, assumptions=(*found.assumptions, ALIVE))
    if equation is not None and any(t.fractional is not None for t in equation.right):
        if _degree(model, statement) >= 2:
            return Found(sp.oo)
        raise NotYetError("low moments of a fractional equation are not handled yet")
    if equation is not None and any(t.caputo is not None for t in equation.left):
        return Found(_waiting_moment(model, equation, statement))
    generator = of_limit(model, limit)
    if generator is None:
        raise NotYetError("the regime has no equation or system of first order in time")
    if statement.kind == "stationary_moment" and _needs_the_law(model, generator):
        return stationary.equation_average(model, generator, _function(model, statement))
    return _evaluate(model, generator, statement)


def _of_shares(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The average of a function of the numbers n = V x, by the equation of the shares x."""
    from symdiff.continuum.populations import scaled_model  # loaded when used: start-up time

    assert model.population is not None
    scaled = scaled_model(model)
    shares = scaled.coordinate_symbols
    numbers = {n: model.population.system_size * x for n, x in zip(model.coordinate_symbols, shares, strict=True)}
    function = _function(model, statement).xreplace(numbers)
    if not counts_individuals(scaled) and not statement.kind.startswith(
        "stationary"
    ):  # whose places count from the start
        function = function.xreplace({x: x + a for x, a in zip(shares, scaled.preparation.position, strict=True)})
    found = of_equation(scaled, replace(limit, in_shares=False), replace(statement, of=function))
    return replace(found, assumptions=tuple(a for a in found.assumptions if not a.startswith("lengths are measured")))


def _late(model: JumpModel, limit: ContinuumLimit) -> WaitingLaw | None:
    """The law of waits beside which averages are not those of the equation, which describes the body of the density."""
    from symdiff.continuum.levy_walks import lags_behind  # loaded when used: start-up time
    from symdiff.continuum.observables.late_waits import slow_waits

    assert limit.equation is not None
    behind = lags_behind(model)
    if behind and _weakly_biased(limit):
        if (
            limit.regime.origin == "found"
        ):  # says nothing of t -> oo with all parameters fixed, which is what claims about them mean
            raise NotYetError("averages of walkers with a weak drift, who wait long at times, are those of the equation at first "
                              "and those of single long waits in the end", instead="state the regime")  # fmt: skip
        return None
    if not behind and not any(t.coefficient.has(model.time) for t in limit.equation.right):
        return None
    law = slow_waits(model)
    if law is None:
        raise NotYetError(
            "averages of these walks are those of single long waits, not of the equation; they are not handled yet"
        )
    return law


def _weakly_biased(limit: ContinuumLimit) -> bool:
    """Whether the drift, and it alone, vanishes with something that the regime takes as small: its square is then lost beside D."""
    named = dict(limit.coefficients)
    drift = [e for name, e in named.items() if name.partition("_")[0] == "v" and e != 0]
    spread = [e for name, e in named.items() if name.partition("_")[0] == "D" and e != 0]
    for key, power in limit.regime.powers:
        for symbol in sorted(key.free_symbols if power > 0 else (), key=str):
            root = sp.cancel(symbol - key / key.diff(symbol)) if not sp.expand(key.diff(symbol, 2)) else symbol
            if root.has(symbol):
                continue
            gone, left = ([sp.cancel(e.xreplace({symbol: root})) for e in some] for some in (drift, spread))
            if drift and not any(gone) and any(left):
                return True
    return False


def _in_space(model: JumpModel, statement: ObservableStatement, found: Found) -> Found:
    """x**2 of a vector is the sum of d squares of equal averages; other functions of place have no meaning without names of coordinates."""
    function, (x,) = _function(model, statement), model.coordinate_symbols
    square = function == x if statement.kind == "variance" else function == x**2
    if not square and function != 1 and not (function == x and statement.kind != "variance"):
        raise NotYetError(f"the average of {function} in {model.space_dimension} dimensions is not handled yet",
                          instead='ask for of = "x**2", the square of the distance')  # fmt: skip
    value = sp.factor_terms(model.space_dimension * found.value) if square else found.value
    return Found(value, (*found.assumptions, "x is the place as a vector, x**2 the square of its length"))


def _function(model: JumpModel, statement: ObservableStatement) -> sp.Expr:
    return written_out(statement.of) if statement.of is not None else model.coordinate_symbols[0]


def _degree(model: JumpModel, statement: ObservableStatement) -> int:
    function = _function(model, statement)
    if not function.is_polynomial(*model.coordinate_symbols):
        return 0
    degree = int(sp.Poly(function, *model.coordinate_symbols).total_degree())
    if degree > HIGHEST_MOMENT:
        raise UsageError(f"a moment of order {degree}; at most {HIGHEST_MOMENT} is handled",
                         where=f"observable '{statement.name}'")  # fmt: skip
    return 2 * degree if statement.kind == "variance" else degree


def _infinite(model: JumpModel, degree: int) -> bool:
    """Whether a heavy tail makes an even moment of this order infinite."""
    if degree < 2 or degree % 2:
        return False
    for jump in model.jumps:
        if jump.law is not None and jump.law.tail is not None:
            return True
        if jump.law is not None and any(t.exponent.is_Rational and t.exponent <= degree for t in jump.law.singular):
            return True
    return False


def counts_individuals(model: JumpModel) -> bool:
    """Whether coordinates are numbers of individuals: plain integer changes at rates that depend on the numbers."""
    if model.population is not None:
        return True
    plain = all(j.destination is None for j in model.jumps) and all(
        r.is_Integer or r == -c
        for j in model.jumps
        for r, c in zip(j.displacement, model.coordinate_symbols, strict=True)
    )
    anew = any(
        r == -c and j.law is not None
        for j in model.jumps
        if j.destination is None
        for r, c in zip(j.displacement, model.coordinate_symbols, strict=True)
    )  # the law is one of the new number
    varying = anew or any(
        j.intensity.has(*model.coordinate_symbols) and not j.intensity.atoms(AppliedUndef) for j in model.jumps
    )
    return plain and varying


def _evaluate(model: JumpModel, generator: Backward, statement: ObservableStatement) -> Found:
    function = _function(model, statement)
    _degree(model, statement)
    x, start = model.coordinate_symbols, model.preparation.position
    stationary = statement.kind.startswith("stationary")
    notes: list[str] = []
    if generator.homogeneous and not counts_individuals(model):
        start = tuple(sp.Integer(0) for _ in x)
    elif any(a != 0 for a in start) and not counts_individuals(model) and not stationary:
        function = function.xreplace({c: c - a for c, a in zip(x, start, strict=True)})
        notes.append("lengths are measured from the start of the walk")
    shares = state_law(model, generator)
    if len(shares) > 1 and model.preparation.states is None:
        notes.append("the states start in their stationary law")
    first = average(generator, function, start, shares)
    alive, _ = average(generator, sp.Integer(1), start, shares).at(model.time)
    if stationary:
        if alive != 1:
            raise DerivationError("walkers die or multiply: no stationary law is reached",
                                  instead="ask for the moment as a function of time: it is over those that are alive")  # fmt: skip
        return Found(_stationary(first, str(statement.of)), (*notes, *_decay_notes(first)))
    value, least = first.at(model.time)
    if alive != 1:
        value = value / alive
        notes.append(ALIVE)
    if statement.kind == "variance":
        second, later = average(generator, function**2, start, shares).at(model.time)
        value, least = second / alive - value**2, max(least, later)
    if generator.exact and generator.step is not None:
        notes.append(f"t is a multiple of {generator.step}" + (f", from {least} steps on" if least else ""))
    return Found(_tidy(value, model.time), tuple(notes))


def _stationary(found: Average, what: str) -> sp.Expr:
    value = found.stationary()
    if value is None:
        raise refuse_growth(f"the stationary average of {what}")
    return sp.factor(value)


def _decay_notes(found: Average) -> tuple[str, ...]:
    return tuple(f"{place} < 0, so that the stationary law is reached" for place in dict.fromkeys(found.decaying()))


def _tidy(value: sp.Expr, t: sp.Symbol) -> sp.Expr:
    found = by_powers_and_modes(value, t)
    return value if found is None else found


def by_powers_and_modes(value: sp.Expr, t: sp.Symbol) -> sp.Expr | None:
    """A sum by powers, exponentials and waves in t, each coefficient factored; None for what is not made of these."""
    growing = {e: sp.Dummy() for e in value.atoms(sp.exp) if e.has(t)}
    waves = {e: sp.Dummy() for e in value.atoms(sp.cos, sp.sin, sp.cosh, sp.sinh) if e.has(t)}
    waves |= {e: sp.Dummy() for e in value.atoms(sp.Pow) if e.exp.has(t) and not e.base.has(t)}  # in steps: c^(t/tau)
    named = {**growing, **waves}
    plain = value.xreplace(named)
    if not named:
        plain = sp.expand(plain)
    exponents = [sp.expand(e.args[0]) for e in growing]
    if not plain.is_polynomial(t, *named.values()) or any(sp.expand(a.coeff(t) * t - a) != 0 for a in exponents):
        return None
    variables = (t, *named.values())
    try:
        terms = coefficients(plain, variables).items()
    except ValueError:  # coefficients with roots
        terms = dict(sp.Poly(plain, *variables).terms()).items()
    found: dict[tuple[int, sp.Expr, sp.Expr], list[sp.Expr]] = {}
    for (n, *powers), c in terms:
        slope = sp.expand(sp.Add(*(m * a for m, a in zip(powers, exponents, strict=False))))
        wave = sp.Mul(*(e**m for e, m in zip(waves, powers[len(growing) :], strict=True)))
        found.setdefault((n, slope, wave), []).append(c)
    parts = ((c[0] if len(c) == 1 and c[0].is_Mul else sp.factor(sp.Add(*c)), key) for key, c in found.items())
    return sp.Add(*(c * t**n * sp.exp(a) * wave for c, (n, a, wave) in parts))


def lattice_moment(model: JumpModel, function: sp.Expr, *, central: bool = False) -> sp.Expr | None:
    """The exact moment (or variance) of the displacement at time t; None where it is not known in closed form."""
    try:
        return lattice(model, ObservableStatement("", "variance" if central else "moment", function)).value
    except SymdiffError:
        return None


def equation_moment(
    model: JumpModel, limit: ContinuumLimit, function: sp.Expr, *, central: bool = False
) -> sp.Expr | None:
    """The moment (or variance) from the terms that an equation keeps; oo where infinite, None where not known."""
    try:
        return of_equation(model, limit, ObservableStatement("", "variance" if central else "moment", function)).value
    except SymdiffError:
        return None


def averages_are_leading(model: JumpModel, limit: ContinuumLimit) -> bool:
    """Whether averages from this limit are their leading powers of t alone, so that differences of them may be lost."""
    from symdiff.continuum.levy_walks import is_levy_walk  # loaded when used: start-up time

    if model.clock != "waiting" or model.boundaries or model.depends_on_time:
        return False
    if is_levy_walk(model):
        return True
    try:
        return not model.crowd.reactions and limit.equation is not None and _late(model, limit) is not None
    except SymdiffError:
        return False


def share_alive(model: JumpModel, limit: ContinuumLimit | None) -> sp.Expr | None:
    """The integral of the density at time t, by which averages are divided; None where it is not known in closed form.

    ``limit`` is None for the microscopic model itself.
    """
    try:
        if model.lossy and (model.clock == "waiting" or model.internals):
            return None
        if model.clock == "waiting":
            kept = limit is None or "a_0" in dict(limit.coefficients)
            return sp.exp(-death_rate(model) * model.time) if kept else sp.Integer(1)
        if model.internals:
            return sp.Integer(1) if not model.crowd.reactions else None
        generator = of_model(model) if limit is None else of_limit(model, limit)
        if generator is None or model.boundaries:
            return None
        start = model.preparation.position
        origin = tuple(sp.Integer(0) for _ in start) if generator.homogeneous else start
        share, _ = average(generator, sp.Integer(1), origin, state_law(model, generator)).at(model.time)
        return _tidy(share, model.time)
    except SymdiffError:
        return None
