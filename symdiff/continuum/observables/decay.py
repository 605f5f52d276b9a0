"""The slowest rate at which a process relaxes or dies out: between walls, on a ring, of internal states, of confinement."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdiff.algebra.exponential_sums import Pole
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.averages import average
from symdiff.continuum.observables.backward import Backward, of_limit, of_model, state_law, switching_matrix
from symdiff.continuum.observables.decay_in_places import slowest_in_places
from symdiff.continuum.observables.dispersion import as_waves, eigenvalues, forward_symbol
from symdiff.continuum.observables.exit_modes import grid
from symdiff.continuum.observables.exit_quadrature import drift_and_diffusion
from symdiff.continuum.observables.lattice_walk import lattice_walk
from symdiff.continuum.observables.partial_walls import slowest_rate
from symdiff.continuum.observables.passage import constant_motion, neighbours
from symdiff.continuum.observables.passage_fractional import waiting_index
from symdiff.continuum.observables.result import Found
from symdiff.continuum.observables.round_domain import decay_in_quadric
from symdiff.continuum.observables.trap import Trap, decay_beside_wall, trap_beside
from symdiff.continuum.observables.walls import Interval, intervals
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

FREE = DerivationError("a free walk has no slowest rate: its modes decay arbitrarily slowly",
                       instead="add walls, a period, resetting or a confining rate; or ask for the dispersion relation")  # fmt: skip


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The slowest rate of the microscopic model."""
    generator = of_model(model)
    if model.boundaries:
        trap = _trap(model, generator)
        if trap is not None:
            return decay_beside_wall(trap)
        interval = _one_interval(model, generator)
        if (placed := _in_places(model, generator, None, interval)) is not None:
            return placed
        return _on_ring(model, generator, interval) if interval.periodic else _between_sites(model, generator, interval)
    return _without_walls(model, generator)


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """The slowest rate of a limit's equation."""
    generator = of_limit(model, limit)
    index = waiting_index(limit)
    if index is not None:
        raise DerivationError(f"beside waits without a mean every mode decays like t^(-{index}), by a Mittag-Leffler function: there is no "
                              "decay rate", instead="ask for survival_probability between walls")  # fmt: skip
    if generator is None:
        raise NotYetError("the regime has no equation or system of first order in time")
    if not model.boundaries:
        return _without_walls(model, generator)
    if any(not side.gap.is_polynomial(*model.coordinate_symbols) or sp.Poly(side.gap, *model.coordinate_symbols).total_degree() > 1
           for b in model.boundaries for side in b.domain):  # fmt: skip
        return decay_in_quadric(model, generator)
    trap = _trap(model, generator)
    if trap is not None:
        return decay_beside_wall(trap)
    interval = _one_interval(model, generator)
    assert interval.low is not None
    assert interval.high is not None
    length = sp.expand(interval.high.place - interval.low.place)
    killed = sp.Add(*(c.coefficient for c in generator.local if not any(c.order)))
    if (placed := _in_places(model, generator, limit, interval)) is not None:
        return placed
    v, spread = constant_motion(model, limit, interval, dying=True)
    kinds = {interval.low.boundary.kind, interval.high.boundary.kind}
    if killed != 0 and (interval.periodic or kinds == {"reflecting"}):  # the uniform mode outlives all others
        return Found(-killed)
    if interval.periodic:
        return Found(spread * (2 * sp.pi / length) ** 2)
    if len(kinds) == 1 and kinds <= {"absorbing", "reflecting"}:
        return Found(sp.pi**2 * spread / length**2 + v**2 / (4 * spread) - killed)
    if kinds == {"absorbing", "reflecting"} and v == 0:
        return Found(sp.pi**2 * spread / (4 * length**2) - killed)
    found = slowest_rate(limit, interval, v, spread)
    return replace(found, value=found.value - killed) if killed != 0 else found


def _in_places(model: JumpModel, generator: Backward, limit: ContinuumLimit | None, interval: Interval) -> Found | None:
    """The slowest rate of motion whose drift or diffusion depends on place; None for jumps, states, rings and constant motion."""
    x = model.coordinate_symbols[interval.axis]
    if (
        generator.moves
        or generator.step is not None
        or len(generator.states) > 1
        or interval.periodic
        or generator.internal
    ):
        return None
    if not any(term.coefficient.has(x) for term in generator.local):
        return None
    apart = tuple(term for term in generator.local if any(term.order))
    death = -sp.Add(*(term.coefficient for term in generator.local if not any(term.order)))
    v, spread = drift_and_diffusion(replace(generator, local=apart), interval.axis)
    return slowest_in_places(limit, interval, x, v, spread, death)


def _trap(model: JumpModel, generator: Backward) -> Trap | None:
    """The linear trap beside one wall, where the process is no more than that."""
    if generator.moves or generator.homogeneous:
        return None
    found = intervals(model)
    return trap_beside(generator, found[0], model.coordinate_symbols[found[0].axis]) if len(found) == 1 else None


def _one_interval(model: JumpModel, generator: Backward) -> Interval:
    found = intervals(model)
    if len(found) != 1:
        raise NotYetError("decay rates are handled for walls across one coordinate so far")
    if found[0].low is None or found[0].high is None:
        if not generator.homogeneous:
            raise NotYetError("the slowest rate beside one wall is not handled for coefficients that depend on place",
                              instead="ask for the mean exit time")  # fmt: skip
        raise DerivationError("beside one wall there is no slowest mode: the rates of decay form a continuum, which begins at zero without "
                              "drift", instead="add a second wall, or ask for the survival probability")  # fmt: skip
    return found[0]


def _as_rate(value: sp.Expr, step: sp.Expr | None) -> sp.Expr:
    """From the rate of change per step (minus an eigenvalue of the generator) to a rate in time."""
    return value if step is None else -sp.log(sp.expand(1 - value)) / step


def _between_sites(model: JumpModel, generator: Backward, interval: Interval) -> Found:
    walk = neighbours(model, generator, interval)
    assert interval.low is not None
    assert interval.high is not None
    assert walk.count is not None
    walls = (interval.low.boundary, interval.high.boundary)
    kinds = [w.kind for w in walls]
    if kinds == ["absorbing", "absorbing"]:
        angle = sp.pi / walk.count
    elif any(w.kind == "reflecting" and w.rejected == "mirror" for w in walls):
        raise NotYetError("decay rates with mirroring walls are not handled yet")
    elif kinds == ["reflecting", "reflecting"] and walk.death != 0:  # the uniform mode outlives all others
        return Found(_as_rate(walk.death, generator.step))
    elif kinds == ["reflecting", "reflecting"]:
        angle = sp.pi / (walk.count - 1)
    elif set(kinds) == {"absorbing", "reflecting"} and walk.up == walk.down:
        angle = sp.pi / (2 * walk.count - 1)
    else:
        raise NotYetError("the slowest rate between these walls is the root of a transcendental equation")
    rate = sp.expand(walk.up + walk.down) - 2 * sp.sqrt(walk.up * walk.down) * sp.cos(angle) + walk.death
    notes = tuple(n for n in walk.notes if "is a site" not in n)
    return Found(_as_rate(rate, generator.step), notes)


def _on_ring(model: JumpModel, generator: Backward, interval: Interval) -> Found:
    """The longest wave around the ring."""
    if not generator.homogeneous or len(generator.states) > 1:
        raise NotYetError("decay rates on a ring are handled for constant rates without internal states so far")
    assert interval.low is not None
    assert interval.high is not None
    length = sp.expand(interval.high.place - interval.low.place)
    spacing = lattice_walk(generator).spacings[interval.axis]
    count = sp.expand(length / spacing)
    if count.is_Rational and not count.is_Integer:
        raise NotYetError(
            f"the ring is {count} steps long: its sites lie closer than one jump", instead="put numbers in with --set"
        )

    def rate(angle: sp.Expr) -> sp.Expr:
        waves = [sp.I * angle / spacing if i == interval.axis else sp.Integer(0) for i in range(model.dimension)]
        value = as_waves(forward_symbol(generator, waves)[0, 0])
        if generator.step is None:
            return -sp.re(value) if value.has(sp.I) else -value
        return -sp.log(sp.Abs(value) if value.has(sp.I) else value) / generator.step

    notes = (
        *(n for n in grid(model, spacing, interval).notes if "is a site" not in n),
        "the slowest mode is the longest wave",
    )
    longest = rate(2 * sp.pi / count)
    if count.is_Integer and not longest.free_symbols:
        return Found(_slowest([rate(2 * sp.pi * k / count) for k in range(1, int(count) // 2 + 1)]), notes[:-1])
    if generator.step is not None and sp.re(sp.expand_complex(rate(sp.pi))) == 0:
        raise NotYetError("a walk that moves at every step keeps the parity of its site: on a ring of an even number of sites it never settles, "
                          "on others the shortest wave is the slowest", instead="put numbers in with --set")  # fmt: skip
    return Found(longest, notes)


def _slowest(rates: list[sp.Expr]) -> sp.Expr:
    """The least rate of decay of a list of numbers."""
    real = [sp.re(sp.expand_complex(r)) for r in rates]  # the logarithm of a negative factor has the imaginary part pi
    if any(not r.is_finite or abs(sp.N(r, 30)) < sp.Rational(1, 10**15) for r in real if r != sp.oo):
        raise NotYetError("a wave around the ring does not decay")
    return min((r for r in real if r != sp.oo), key=lambda r: sp.N(r, 30))


def _confined(model: JumpModel, generator: Backward) -> Found:
    """The slowest rate beside linear rates: that of a coordinate's mean, or of the number of walkers where they die.

    The averages of squares relax at further rates, which must not be slower: beside noise that grows like the square of the
    distance they are.
    """
    if len(generator.states) > 1:
        raise NotYetError(
            "relaxation rates of walkers with states beside rates that depend on place are not handled yet"
        )
    start = tuple(sp.Dummy(c, real=True) for c in model.coordinates)  # at rest nothing would relax
    shares = state_law(model, generator)

    def rates(function: sp.Expr) -> list[sp.Expr]:
        found = average(generator, function, start, shares)
        rest = sp.Integer(0 if generator.step is None else 1)
        if generator.step is not None and any(p.conjugate is not None for p in found.poles):
            raise NotYetError("complex relaxation rates in discrete time are not handled yet")
        places = dict.fromkeys(e for p in found.poles if p.conjugate or p.coefficient != 0 for e in _places(p)
                               if sp.expand(e - rest) != 0)  # fmt: skip
        return [sp.factor(-p) if generator.step is None else -sp.log(sp.Abs(p)) / generator.step for p in places]

    linear = list(dict.fromkeys(r for f in (sp.Integer(1), *model.coordinate_symbols) for r in rates(f)))
    if not linear:
        raise FREE
    if any(r.is_negative for r in linear):
        raise DerivationError("nothing confines the walkers, or they multiply: no mode decays slowest",
                              instead="ask for averages as functions of time")  # fmt: skip
    slowest = sp.Min(*linear)
    squares = [r for x in model.coordinate_symbols for r in rates(x**2)]
    if any(not _at_least_one(r, linear) for r in squares):
        raise NotYetError("relaxation rates beside noise that grows with the square of the distance are not handled: the average of a "
                          "square may relax more slowly than the mean", instead="ask for averages as functions of time")  # fmt: skip
    return Found(slowest, ("the mean relaxes at this rate; it is the slowest one for linear rates",))


def _places(pole: Pole) -> list[sp.Expr]:
    """Where a pole and its conjugate stand; of complex ones the real part, which is the rate in continuous time."""
    if pole.conjugate is None:
        return [pole.place]
    half = pole.conjugate[0]
    square = sp.factor(half**2)
    if square.is_negative:
        return [pole.place]
    if square.is_nonnegative:
        return [pole.place + half, pole.place - half]
    raise NotYetError("relaxation rates that are real or complex, as the parameters are, are not handled yet")


def _at_least_one(rate: sp.Expr, rates: list[sp.Expr]) -> bool:
    """Whether a rate is certainly no smaller than one of others."""
    return any(sp.factor(sp.expand_log(rate - r)).is_nonnegative for r in rates)


def _without_walls(model: JumpModel, generator: Backward) -> Found:
    """Confinement by linear rates, killing, or the relaxation of internal states."""
    zero = sp.Integer(0)
    if not generator.homogeneous:
        return _confined(model, generator)
    if len(generator.states) == 1:
        killed = sp.Add(*(c.coefficient for c in generator.local if not any(c.order)))
        if killed == 0:
            raise FREE
        if killed.is_positive:
            raise DerivationError(
                f"nothing decays: walkers multiply at the rate {killed}", instead="ask for the dispersion relation"
            )
        return Found(_as_rate(-killed, generator.step))
    matrix = switching_matrix(generator)
    if generator.step is not None:
        matrix = matrix + sp.eye(matrix.shape[0])
    values = eigenvalues(matrix, factored=True)
    rest = zero if generator.step is None else sp.Integer(1)
    others = [v for v in values if sp.expand(v - rest) != 0]
    if not others:
        raise FREE
    rates = [(-v if generator.step is None else -sp.log(sp.Abs(v)) / generator.step) for v in dict.fromkeys(others)]
    value = rates[0] if len(rates) == 1 else sp.Min(*rates) if not any(r.has(sp.I) for r in rates) else None
    if value is None:
        raise NotYetError("complex relaxation rates")
    return Found(
        sp.factor(value) if generator.step is None else value,
        ("the states relax at this rate; the density itself spreads for ever",),
    )
