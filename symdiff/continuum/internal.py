"""The master operator of a model with continuous internal states: states times moments, from the operators per state."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from symdiff.algebra.differential_ring import DifferentialRing
from symdiff.algebra.graded import INFINITE, GradedSeries, Power
from symdiff.algebra.operators import Matrix, lowest_power, part
from symdiff.continuum.fast_states import require_closed
from symdiff.continuum.modes import Modes
from symdiff.continuum.regimes import PreparedRegime
from symdiff.model.jump_model import JumpModel

Redrawing = list[tuple[int, int, GradedSeries, tuple[str, ...]]]


def with_modes(
    model: JumpModel,
    prepared: PreparedRegime,
    ring: DifferentialRing,
    order: Power,
    plain: Matrix,
    redrawing: Redrawing,
) -> tuple[Matrix, Modes]:
    """``plain`` (what moves and switches, with the internal variables as symbols) over the moments that count.

    In continuous time K = plain + redrawing jumps + own motion; in discrete time a step is (1 + plain) after a renewal.
    """
    reach = _reach(model, prepared, ring, order, plain, redrawing)
    modes = Modes(model, prepared, ring, order, reach)
    if not modes.is_ball:
        shown = _shown_by(modes, plain, redrawing)
        if shown > reach:  # a coupling to higher moments is cut off together with them
            wider = Modes(model, prepared, ring, order, shown)
            whole = _over(wider, plain, redrawing)
            require_closed(part(whole, lowest_power(whole), ring), wider, f"regime '{prepared.regime.name}'")
    whole = _over(modes, plain, redrawing)
    return [[x.mapped(ring.tidy).truncated(order) for x in row] for row in whole], modes


def _over(modes: Modes, plain: Matrix, redrawing: Redrawing) -> Matrix:
    """What moves, switches, turns and is renewed, over the modes."""
    size, width = len(plain), modes.size
    whole = [[GradedSeries({}) for _ in range(size * width)] for _ in range(size * width)]

    def put(i: int, j: int, block: Matrix) -> None:
        for a, row in enumerate(modes.graded(block)):
            for b, x in enumerate(row):
                whole[i * width + a][j * width + b] = whole[i * width + a][j * width + b] + x

    discrete = modes.model.clock == "discrete"
    turned = modes.renewed([v.name for v in modes.model.internals], modes.identity()) if discrete else None
    for i in range(size):
        for j in range(size):
            if turned is None:
                put(i, j, modes.lift(plain[i][j]))
                continue
            step = plain[i][j] + GradedSeries({0: modes.ring.one}) if i == j else plain[i][j]
            block = _product(modes.lift(step), turned)
            if i == j:
                for a in range(width):
                    block[a][a] = block[a][a] - GradedSeries({0: modes.ring.one})
            put(i, j, block)
    for i, j, arriving, names in redrawing:
        put(i, j, modes.renewed(names, modes.lift(arriving)))
    if not discrete and not modes.is_ball:
        own = modes.own()
        for i in range(size):
            put(i, i, own)
    return whole


def _shown_by(modes: Modes, plain: Matrix, redrawing: Redrawing) -> int:
    """The degree up to which modes show whether the fast motion closes: two beyond that of its own rates."""
    scales = [s for f, s in zip(modes.factors, modes.scales, strict=True) for _ in f.symbols]
    given = [(x, Fraction(0)) for row in plain for x in row] + [(x, Fraction(0)) for _, _, x, _ in redrawing]
    for v in modes.model.internals:
        own = max(
            (Fraction(s) for f, s in zip(modes.factors, modes.scales, strict=True) if f.variable == v),
            default=Fraction(0),
        )
        for rate, lowers in ((v.rate, 0), (v.diffusivity, 2), *((d, 1) for d in v.drift)):
            if rate is not None:
                series = modes.expansion.series(modes.prepared.replace(rate), modes.order)
                given.append((series, own * lowers))
    parts = [(Fraction(grade) - lower + sum((s * e for s, e in zip(scales, exponents, strict=True)), Fraction(0)), sum(exponents))
             for series, lower in given for grade, c in series.terms.items() for exponents, _ in modes.split(c)]  # fmt: skip
    fastest = min((gain for gain, _ in parts), default=Fraction(0))
    largest = max((degree for gain, degree in parts if gain == fastest), default=0)
    # a direction's weight is twice its degree
    return 2 * (largest + 2) if largest else 0


def _product(a: Matrix, b: Matrix) -> Matrix:
    """Values at one place: the renewal happens where the walker is, before it steps."""
    result = []
    for row in a:
        line = []
        for j in range(len(b[0])):
            entry = GradedSeries({})
            for k, left in enumerate(row):
                if left.terms and b[k][j].terms:
                    entry = entry + left * b[k][j]
            line.append(entry)
        result.append(line)
    return result


def reach_of(model: JumpModel, prepared: PreparedRegime, ring: DifferentialRing, order: Power, plain: Matrix) -> int:
    """The highest degree in the internal variables that can matter to jumps and waits ``plain``, of order one and beyond."""
    return _reach(model, prepared, ring, order, plain, [])


def _reach(
    model: JumpModel,
    prepared: PreparedRegime,
    ring: DifferentialRing,
    order: Power,
    plain: Matrix,
    redrawing: Redrawing,
) -> int:
    """The highest degree in the internal variables that can matter: gradients that are left times degree per gradient."""
    probe = Modes(model, prepared, ring, order, 2)
    series = [x for row in plain for x in row] + [x for _, _, x, _ in redrawing]
    base = min([x.valuation for x in series if x.terms], default=0)
    if probe.is_ball:
        base = min(base, probe.between_walls()[1])
    elif model.clock == "continuous":
        base = min(base, lowest_power(probe.graded(probe.own())))
    if base == INFINITE:
        base = 0
    scales = [s for f, s in zip(probe.factors, probe.scales, strict=True) for _ in f.symbols]
    steepest, smallest = Fraction(0), Fraction(1)
    for x in series:
        for grade, element in x.terms.items():
            for exponents, _ in probe.split(element):
                degree = sum(exponents) * (2 if probe.is_ball and len(probe.model.internals[0].symbols) > 1 else 1)
                gain = (
                    Fraction(grade) - base + sum((s * e for s, e in zip(scales, exponents, strict=True)), Fraction(0))
                )
                if degree and gain > 0:
                    steepest = max(steepest, degree / gain)
                    smallest = min(smallest, gain)
    left = Fraction(order - base)
    if probe.is_ball:  # the inverse of the Laplacian raises the degree by two at every step
        return max(2, floor((left - 1) * (steepest + 2 / smallest)))
    return max(2, ceil(left * steepest) - 1)
