"""Return probabilities: Polya's theorem, Watson's integrals, and the Bessel integral of walks along independent axes.

With u0 the expected number of visits to the start, the walk returns with probability 1 - 1/u0; u0 is the integral of
1/(1 - lambda(k)) over the Brillouin zone. Closed forms: Watson (1939), Glasser and Zucker (1977) for the simple cubic,
body-centred and face-centred lattices; the diamond lattice has 4/3 of the face-centred value.
"""

from __future__ import annotations

from itertools import combinations, product
from math import gcd

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.observables.backward import of_model
from symdiff.continuum.observables.embedded import embedded_walk
from symdiff.continuum.observables.lattice_walk import LatticeWalk, Vector, lattice_walk
from symdiff.continuum.observables.result import Found
from symdiff.errors import DerivationError, NotYetError
from symdiff.model.jump_model import JumpModel, ObservableStatement

ONE = sp.Integer(1)
Law = dict[Vector, sp.Expr]


def watson(lattice_name: str) -> sp.Expr:
    """The expected number of visits to the start on a cubic lattice."""
    g, r = sp.gamma, sp.Rational
    if lattice_name == "sc":
        return sp.sqrt(6) / (32 * sp.pi**3) * g(r(1, 24)) * g(r(5, 24)) * g(r(7, 24)) * g(r(11, 24))
    if lattice_name == "bcc":
        return g(r(1, 4)) ** 4 / (4 * sp.pi**3)
    return 9 * g(r(1, 3)) ** 6 / (2 ** r(14, 3) * sp.pi**4)


def lattice(model: JumpModel, statement: ObservableStatement) -> Found:
    """The probability ever to return to the first site (and state), step by step or jump by jump."""
    if model.boundaries:
        raise NotYetError("returns between walls are not handled yet")
    if model.clock == "waiting":  # waits change when a walker comes back, not whether
        model, _ = embedded_walk(model)
    generator = of_model(model)
    if not generator.homogeneous:
        raise NotYetError("returns are handled for walks whose rates do not depend on place so far")
    walk = lattice_walk(generator)
    if walk.size > 1 and _settles_nowhere(walk):
        return Found(
            ONE,
            (*_counted(generator.step), "no drift, and cycles of finite variance in one or two dimensions: recurrent"),
        )
    law, lazy = _step_law(walk, generator.step is not None and any(
        not any(r != 0 for r in m.step) and m.target == m.source for m in generator.moves))  # fmt: skip
    if lazy:
        raise NotYetError("resting listed as a jump counts as a return; such walks are not handled yet")
    notes = _counted(generator.step)
    moments = [sp.Add(*(p * v[i] for v, p in law.items())) for i in range(model.dimension)]
    drift = [sp.factor(sp.expand(m)) for m in moments]
    effective = sp.Matrix([list(v) for v in law]).rank() if law else 0
    if all(d == 0 for d in drift):
        if effective <= 2:
            return Found(ONE, (*notes, "no drift, and steps of finite variance in one or two dimensions: recurrent"))
        return Found(1 - 1 / _visits(law), notes)
    if effective == 1 and all(abs(next(m for m in v if m)) == 1 for v in law):
        return Found(_one_dimension(law), notes)
    return Found(1 - 1 / _visits(law), notes)


def _counted(step: sp.Expr | None) -> tuple[str, ...]:
    return () if step is not None else ("a return is counted when a jump ends at the start",)


def _settles_nowhere(walk: LatticeWalk) -> bool:
    """Whether a walker with states has no drift, in at most two dimensions, and comes to every state from every other.

    From one visit of a state to the next it makes a step of mean zero and of finite variance, and such walks return (the criterion of Chung and Fuchs).
    """
    leaving = [sp.Add(*(h.rate for h in walk.hops if h.source == j)) for j in range(walk.size)]
    reached = {0}
    for _ in range(walk.size):
        reached |= {h.target for h in walk.hops if h.source in reached}
    back = {0}
    for _ in range(walk.size):
        back |= {h.source for h in walk.hops if h.target in back}
    if len(reached) < walk.size or len(back) < walk.size or any(h.rate.is_zero for h in walk.hops):
        return False
    matrix = sp.zeros(walk.size, walk.size)
    for h in walk.hops:
        matrix[h.target, h.source] += h.rate
        matrix[h.source, h.source] -= h.rate
    shares = matrix.nullspace(simplify=sp.cancel)[0]
    drift = [sp.Add(*(shares[h.source] * h.rate * h.move[a] for h in walk.hops)) for a in range(len(walk.spacings))]
    moving = sp.Matrix([list(h.move) for h in walk.hops]).rank()
    return moving <= 2 and all(rate != 0 for rate in leaving) and all(sp.cancel(d) == 0 for d in drift)


def _one_dimension(law: Law) -> sp.Expr:
    """1 - |p - q|."""
    drift = sp.factor(sp.expand(sp.Add(*(p * next(m for m in v if m) for v, p in law.items()))))
    return ONE - sp.Abs(drift)


def of_equation(model: JumpModel, limit: ContinuumLimit, statement: ObservableStatement) -> Found:
    """A point is a set of its own: the diffusion limit has no lattice of sites to return to."""
    raise NotYetError("a return to one site is a matter of the lattice: the equation knows no sites")


def _step_law(walk: LatticeWalk, lazy: bool) -> tuple[Law, bool]:
    """The law of one jump; of two jumps where a walker alternates between two states."""
    if walk.size == 1:
        law: Law = {}
        for hop in walk.hops:
            law[hop.move] = law.get(hop.move, sp.Integer(0)) + hop.rate
    elif walk.size == 2 and all(h.source != h.target for h in walk.hops):
        law = {}
        for a, b in product(walk.hops, walk.hops):
            if a.source == 0 and b.source == 1:
                both = tuple(m + n for m, n in zip(a.move, b.move, strict=True))
                law[both] = law.get(both, sp.Integer(0)) + a.rate * b.rate
    else:
        raise NotYetError("returns of walkers with internal states are handled where two states alternate so far")
    total = sp.factor(sp.expand(sp.Add(*law.values())))
    return {v: sp.factor(sp.cancel(p / total)) for v, p in law.items()}, lazy


def _visits(law: Law) -> sp.Expr:
    """u0: with rests of probability s it is that of the moving walk divided by 1 - s."""
    zero = next((v for v in law if not any(v)), None)
    rest = law[zero] if zero is not None else sp.Integer(0)
    moving = {v: sp.factor(sp.cancel(p / (1 - rest))) for v, p in law.items() if any(v)}
    name = _named_lattice(moving)
    value = watson(name) if name else _bessel(moving)
    if value is None:
        value = _with_drift_on_a_line(moving) or _brillouin(moving)
    return value / (1 - rest)


def _named_lattice(law: Law) -> str:
    """The cubic lattice whose nearest neighbours these steps are, up to a linear map of the sites."""
    steps = list(law)
    if (
        len({sp.expand(p) for p in law.values()}) != 1
        or len(steps[0]) < 3
        or any(tuple(-m for m in v) not in law for v in steps)
    ):
        return ""
    if sp.Matrix([list(v) for v in steps]).rank() != 3:
        return ""
    shapes = {
        6: ("sc", ((1, 0, 0), (0, 1, 0), (0, 0, 1))),
        8: ("bcc", ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1))),
        12: ("fcc", ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, -1, 0), (0, 1, -1), (1, 0, -1))),
    }
    if len(steps) not in shapes:
        return ""
    name, half = shapes[len(steps)]
    for a, b, c in combinations(steps, 3):
        for signs in product((1, -1), repeat=3):
            axes = [tuple(s * m for m in v) for s, v in zip(signs, (a, b, c), strict=True)]
            if sp.Matrix([list(v) for v in axes]).rank() != 3:
                break
            images = {tuple(sum(n * axes[i][k] for i, n in enumerate(shape)) for k in range(len(a))) for shape in half}
            if images | {tuple(-m for m in v) for v in images} == set(steps):
                return name
    return ""


def _bessel(law: Law) -> sp.Expr | None:
    """Steps along independent axes: int_0^oo e^(-s) prod of I_0(2 s sqrt(p_i q_i)) ds."""
    pairs: list[tuple[sp.Expr, sp.Expr]] = []
    left = dict(law)
    axes = []
    while left:
        v, p = left.popitem()
        q = left.pop(tuple(-m for m in v), sp.Integer(0))
        axes.append(v)
        pairs.append((p, q))
    if sp.Matrix([list(v) for v in axes]).rank() != len(axes):
        return None
    s = sp.Symbol("_s", positive=True)
    body = sp.exp(-s)
    for p, q in pairs:
        body *= sp.besseli(0, 2 * s * sp.sqrt(sp.expand(p * q)))
    return sp.Integral(body, (s, 0, sp.oo))


def _with_drift_on_a_line(law: Law) -> sp.Expr | None:
    """Steps along one line with a drift v: 1/(2 abs(v)) + (1/pi) int_0^pi Re 1/(1 - lambda(q)) dq; None for others.

    1/(1 - z lambda(q)) has a pole of first order at q = 0 for z -> 1: half of its residue comes beside the principal value,
    of which the odd imaginary part leaves nothing. v is counted in sites of the walk's own sublattice. With c = cos q,
    1 - Re lambda = (1 - c) A/2 and Im lambda = B sin q, both polynomials in c: what is left has no quotient 0/0 at q = 0.
    """
    steps = list(law)
    if sp.Matrix([list(v) for v in steps]).rank() != 1:
        return None
    axis = next(i for i, m in enumerate(steps[0]) if m)
    unit = gcd(*(int(v[axis]) for v in steps))
    lengths = [(int(v[axis]) // unit, p) for v, p in law.items()]
    drift = sp.factor(sp.expand(sp.Add(*(m * p for m, p in lengths))))
    q, c = sp.Symbol("_q", positive=True), sp.Dummy("c")
    wave = sp.cos(q)
    even = sp.Add(*(2 * p * sp.quo(1 - sp.chebyshevt(abs(m), c), 1 - c, c) for m, p in lengths)).xreplace({c: wave})
    odd = sp.Add(*(sp.sign(m) * p * sp.chebyshevu(abs(m) - 1, c) for m, p in lengths)).xreplace({c: wave})
    real = even / ((1 - wave) * even**2 / 2 + 2 * (1 + wave) * odd**2)
    return 1 / (2 * sp.Abs(drift)) + sp.Integral(real, (q, 0, sp.pi)) / sp.pi


def _brillouin(law: Law) -> sp.Expr:
    """The integral over one period of every wave number."""
    dimension = len(next(iter(law)))
    waves = [sp.Symbol(f"_q{i}", real=True) for i in range(dimension)]
    symbol = sp.Integer(0)
    for v, p in law.items():
        angle = sp.Add(*(q * m for q, m in zip(waves, v, strict=True)))
        back = law.get(tuple(-m for m in v), sp.Integer(0))
        symbol += p * sp.cos(angle) if sp.expand(p - back) == 0 else p * sp.exp(sp.I * angle)
    if not any(sp.expand(symbol).has(q) for q in waves):
        raise DerivationError("the walk never moves")
    return sp.Integral(1 / (1 - symbol), *((q, -sp.pi, sp.pi) for q in waves)) / (2 * sp.pi) ** dimension
