"""Rules and exact law of walkers with one continuous internal state: a direction, a number with its own motion, a number between walls.

Functions of the internal state are known by their values at the nodes of a quadrature, where multiplication is diagonal and the
state's own motion is diagonal in the waves or polynomials that belong to the nodes: e^(in angle), Legendre polynomials of the
component along the first coordinate, Hermite polynomials, cosines. The law is the mean of e^(tM(k)) 1 over the state at the start.
Values are kept times the root of the node's weight: the matrices are then symmetric where the motion is reversible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import linalg, special

from symdiff.dossier.scene_laws import Code
from symdiff.dossier.scene_rules import RUNS, FlightRules, Numbers, Spectra
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.rules import jump_factor
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.motion import InternalVariable
from symdiff.notation.evaluation import evaluate

Number = Callable[[sp.Expr], float]
Matrix = npt.NDArray[Any]
Polynomial = tuple[float, ...]
ANGLES, COSINES, NORMALS, PLACES = 41, 32, 41, 32
EVEN = np.linspace(
    -5.5, 5.5, 81
)  # of a number that keeps its value until it is renewed: Gauss's nodes would show echoes
TURN = 0.6  # radians at most in one step of the page
FINE = 0.1  # relaxation times at most in one step of the page
HIGHEST = 6  # power of the internal state in a velocity or a drift
NORMAL = 3.0  # the page's code of a normal law


@dataclass(frozen=True)
class InnerState:
    """The internal state as numbers for the page, and as matrices on functions at nodes (``weights``: its law at the start; see the module's text)."""

    kind: str  # "angle", "axis" (the component of a direction in space along x) or "number"
    symbols: tuple[sp.Symbol, ...]
    points: dict[sp.Symbol, FloatArray]
    weights: FloatArray
    own: Matrix  # backward generator of its own motion
    renewed: Matrix  # mean of a function after a renewal
    drift: Polynomial
    diffusivity: float
    turn: tuple[float, float]  # modulus and angle of E[e^(i turn)]; in space the mean cosine and 0
    law: Code | None  # of a number that is renewed
    walls: tuple[float, float] | None
    start: Code | None  # of a number; None: uniform
    relaxation: float  # the slowest rate of its own motion
    fastest: float  # the rate that the page's steps follow

    def polynomial(self, e: sp.Expr, number: Number) -> Polynomial:
        """Coefficients of an expression: of 1, cos, sin for an angle, else of the powers; raises :class:`NotYetError` for other expressions."""
        try:
            poly = sp.Poly(e, *self.symbols)
        except sp.PolynomialError:
            poly = None
        if poly is None or poly.total_degree() > (1 if self.kind == "angle" else HIGHEST):
            raise NotYetError("velocities and steps that are no polynomial of the internal state (linear in a direction) are not animated yet")  # fmt: skip
        if self.kind != "axis" or not any(any(m[1:]) for m in poly.monoms()):
            size = 3 if self.kind == "angle" else max(m[0] for m in poly.monoms()) + 1
            found = [0.0] * size
            for m, c in poly.terms():
                found[sum((i + 1) * n for i, n in enumerate(m)) if self.kind == "angle" else m[0]] += number(c)
            return tuple(found)
        raise NotYetError("walkers in space are animated where their motion along the first coordinate follows that component alone")  # fmt: skip

    def at_nodes(self, e: sp.Expr, values: Numbers) -> FloatArray:
        """An expression at the nodes."""
        here: Any = {**values, **self.points}
        return np.asarray(np.broadcast_to(evaluate(e, here, array_arithmetic()), self.weights.shape), dtype=float)

    def document(self) -> dict[str, Any]:
        """What the page needs."""
        return {
            "kind": self.kind, "drift": self.drift, "diffusivity": self.diffusivity, "turn": self.turn, "law": self.law,
            "walls": self.walls, "start": self.start, "fine": min(FINE / self.fastest, 1e12) if self.fastest else 1e12,
        }  # fmt: skip


def inner_state(model: JumpModel, number: Number) -> tuple[InnerState, str]:
    """The internal state of a model at given numbers, and what a reader must know; raises :class:`NotYetError`."""
    if len(model.internals) != 1:
        raise NotYetError("walkers with several continuous internal states are not animated yet")
    (v,) = model.internals
    inside = set(v.symbols)
    settings = [x for x in (v.diffusivity, v.rate, v.mean_cosine, v.mean_sine) if x is not None]
    motions = [m for m in map(model.motion_of, range(len(model.state_names))) if m is not None]
    spreads = [d for m in motions for row in m.diffusivity for d in row]
    waits = [law for law in (model.waiting, *(j.waiting for j in model.jumps)) if law is not None]
    told = [e for law in waits for _, e in law.arguments]
    if any(e.free_symbols & inside for e in (*settings, *spreads, *told, *(j.intensity for j in model.jumps))):
        raise NotYetError(
            "rates, diffusivities and laws of waits that depend on the internal state are not animated yet"
        )
    if v.domain == "direction" and model.dimension == 2:
        return _angle(v, number)
    if v.domain == "direction" and model.dimension == 3:
        return _axis(v, number)
    if v.domain == "direction" or len(v.symbols) > 1:
        raise NotYetError("walkers with internal states of several numbers, or directions in four dimensions, are not animated yet")  # fmt: skip
    return _between_walls(v, number) if v.domain == "ball" else _on_the_line(v, number)


def _angle(v: InternalVariable, number: Number) -> tuple[InnerState, str]:
    turning = v.drift[0] if v.drift else sp.S.Zero
    if turning.free_symbols & set(v.symbols):
        raise NotYetError("angular velocities that depend on the direction are not animated yet")
    spread, w = number(v.diffusivity), number(turning)
    z = complex(*(0.0 if e is None else number(e) for e in (v.mean_cosine, v.mean_sine)))
    if abs(z) > 1 + 1e-12:
        raise UsageError("at these values the turn has no law: its mean cosine and sine are too large", instead="move a slider")  # fmt: skip
    m = np.arange(-(ANGLES // 2), ANGLES // 2 + 1)
    angles = 2 * np.pi * np.arange(ANGLES) / ANGLES
    waves = np.exp(1j * np.outer(angles, m)) / np.sqrt(ANGLES)
    turned = np.where(m >= 0, z ** np.abs(m), np.conj(z) ** np.abs(m))
    x, y = v.symbols
    state = InnerState(
        "angle", v.symbols, {x: np.cos(angles), y: np.sin(angles)}, np.full(ANGLES, 1 / ANGLES),
        (waves * (1j * w * m - spread * m**2)) @ waves.conj().T, (waves * turned) @ waves.conj().T,
        (w,), spread, (abs(z), float(np.angle(z))), None, None, None, spread, spread + abs(w) * FINE / TURN,
    )  # fmt: skip
    return state, "" if v.uniform else f"turns of {v.name}, known through their mean, follow a wrapped Cauchy law"


def _axis(v: InternalVariable, number: Number) -> tuple[InnerState, str]:
    if any(d != 0 for d in v.drift):
        raise NotYetError("directions in space that turn about an axis are not animated yet")
    spread, g = number(v.diffusivity), 0.0 if v.mean_cosine is None else number(v.mean_cosine)
    nodes, weights = special.roots_legendre(COSINES)
    degrees = np.arange(COSINES)
    basis = np.sqrt((2 * degrees + 1) * weights[:, None] / 2) * special.eval_legendre(degrees, nodes[:, None])
    state = InnerState(
        "axis", v.symbols, {v.symbols[0]: nodes, **dict.fromkeys(v.symbols[1:], np.zeros(COSINES))}, weights / 2,
        (basis * (-spread * degrees * (degrees + 1))) @ basis.T + 0j, (basis * g**degrees) @ basis.T + 0j,
        (), spread, (g, 0.0), None, None, None, 2 * spread, 2 * spread,
    )  # fmt: skip
    return state, "" if v.uniform else f"turns of {v.name}, known through their mean, follow a Henyey-Greenstein law"


def _between_walls(v: InternalVariable, number: Number) -> tuple[InnerState, str]:
    if v.rate is not None or v.law is not None or any(d != 0 for d in v.drift):
        raise NotYetError("renewals and drifts between reflecting walls are not animated yet")
    assert v.radius is not None
    centre, radius, spread = number(v.centre[0]), number(v.radius), number(v.diffusivity)
    places = (np.arange(PLACES) + 0.5) / PLACES
    basis = np.cos(np.pi * np.outer(places, np.arange(PLACES))) * np.where(np.arange(PLACES), np.sqrt(2.0), 1.0)
    rates = spread * (np.pi * np.arange(PLACES) / (2 * radius)) ** 2
    own = (basis * -rates) @ basis.T / PLACES + 0j
    slowest = float(rates[1])
    state = InnerState(
        "number", v.symbols, {v.symbols[0]: centre + radius * (2 * places - 1)}, np.full(PLACES, 1 / PLACES), own, np.eye(PLACES) + 0j,
        (0.0,), spread, (0.0, 0.0), None, (centre - radius, centre + radius), None, slowest, slowest,
    )  # fmt: skip
    return state, ""


def _on_the_line(v: InternalVariable, number: Number) -> tuple[InnerState, str]:
    if v.law is None:
        return _pulled(v, number), ""
    if v.moves:
        raise NotYetError("numbers that move on the line and are renewed too are not animated yet")
    a = {n: number(e) for n, e in v.law.arguments}
    if v.law.distribution not in ("normal", "moments") or {"third_cumulant", "fourth_cumulant"} & set(a):
        raise NotYetError("numbers on the line that are renewed are animated for normal laws")
    mean = a.get("mean", 0.0)
    width = _width(a["variance"] if "variance" in a else a["second_moment"] - mean**2)
    weights = np.exp(-(EVEN**2) / 2)
    weights /= weights.sum()
    law, still = (NORMAL, mean, width, 0.0), np.zeros((len(EVEN), len(EVEN)), dtype=complex)
    state = InnerState(
        "number", v.symbols, {v.symbols[0]: mean + width * EVEN}, weights, still, still + np.sqrt(np.outer(weights, weights)),
        (0.0,), 0.0, (0.0, 0.0), law, None, law, 0.0, 0.0,
    )  # fmt: skip
    known = v.law.distribution == "moments"
    return state, f"{v.name}, known through moments when it is renewed, follows a normal law" if known else ""


def _pulled(v: InternalVariable, number: Number) -> InnerState:
    """A linear drift towards a place, and diffusion: at rest the law is normal, and Hermite polynomials relax at multiples of one rate."""
    (y,) = v.symbols
    drift = v.drift[0] if v.drift else sp.S.Zero
    slope = sp.diff(drift, y)
    if slope.has(y):
        raise NotYetError("numbers that move on the line are animated for drifts that are linear in them")
    pull, rest = -number(slope), number(drift.subs(y, 0))
    if pull <= 0:
        raise UsageError(
            "at these values the internal state runs away and has no stationary law", instead="move a slider"
        )
    mean, width = rest / pull, _width(number(v.diffusivity) / pull)
    nodes, weights = special.roots_hermitenorm(NORMALS)
    weights = weights / weights.sum()
    basis = np.sqrt(weights)[:, None] * np.ones(NORMALS)
    basis[:, 1] *= nodes
    for n in range(2, NORMALS):
        basis[:, n] = (nodes * basis[:, n - 1] - np.sqrt(n - 1) * basis[:, n - 2]) / np.sqrt(n)
    own = (basis * (-pull * np.arange(NORMALS))) @ basis.T + 0j
    return InnerState(
        "number", v.symbols, {y: mean + width * nodes}, weights, own, np.eye(NORMALS) + 0j,
        (rest, -pull), number(v.diffusivity), (0.0, 0.0), None, None, (NORMAL, mean, width, 0.0), pull, pull,
    )  # fmt: skip


def _width(variance: float) -> float:
    if variance < 0:
        raise UsageError("at these values a variance is negative", instead="move a slider")
    return float(np.sqrt(variance))


class InnerRules(FlightRules):
    """The rules of a homogeneous model with one continuous internal state, along the first coordinate."""

    def __init__(self, model: JumpModel, values: Numbers) -> None:
        self.values = values
        self.inner, self.inner_note = inner_state(model, self._number)
        self.renewals = 0.0 if model.internals[0].rate is None else self._number(model.internals[0].rate)
        super().__init__(model, values)

    def _along(self, e: sp.Expr) -> Polynomial:
        return self.inner.polynomial(e, self._number)

    def _velocity(self, e: sp.Expr) -> float:
        return float(self.inner.weights @ self.inner.at_nodes(e, self.values))

    def _jump(self, jump: Jump) -> dict[str, Any]:
        """Displacement and direction by the internal state, and whether the jump renews it."""
        law: Code = (0.0, 0.0, 0.0, 0.0)
        stretch: Polynomial = ()
        if jump.law is not None:
            if jump.law.lengths > 1 or jump.law.inner is not None:
                raise NotYetError("steps of several random lengths are not animated beside a continuous internal state")
            law, _ = self.tables.step(jump.law, [[sp.S.One]])
            stretch = self._along(jump.directions[0][0])
        return {"base": 0.0, "along": 1.0 if stretch else 0.0, "step": law, "shift": self._along(jump.displacement[0]),
                "stretch": stretch, "renews": self.model.clock != "continuous" or bool(jump.redraw)}  # fmt: skip

    def document(self) -> dict[str, Any]:
        """What the page needs of the internal state: its motion, its renewals, and the velocities by its value."""
        velocities = []
        for s in range(self.size):
            motion = self.model.motion_of(s)
            velocities.append(() if motion is None else self._along(motion.velocity[0]))
        return {
            **self.inner.document(),
            "rate": self.renewals,
            "velocities": velocities,
            "waits": self.model.clock == "waiting",
        }

    @property
    def relaxation(self) -> float:
        """The rate at which the internal state forgets."""
        return self.inner.relaxation + self.renewals * self._forgotten

    @property
    def _forgotten(self) -> float:
        """The share of its mean that one renewal takes."""
        kept = self.inner.turn[0] if self.inner.kind != "number" else 0.0
        return 1 - min(abs(kept), 0.95)

    def horizon(self) -> float:
        """Many times the memory of the internal state, or as many jumps as without it."""
        rates = [r for r in (self.relaxation, max(self.totals, default=0.0)) if r > 0]
        if self.model.clock == "continuous" and rates:
            return RUNS / min(rates)
        return super().horizon() / (self._forgotten if self.step is None else 1.0)

    def law(self, waves: FloatArray, times: FloatArray) -> list[Spectra] | None:
        """E[e^(-ikx)] at all times; None where waits have a memory."""
        if self.model.clock == "waiting":
            return None
        matrices = np.array([self._matrix(float(k)) for k in waves])
        moves = matrices if self.step is not None else linalg.expm(matrices * float(times[0]))
        roots = np.sqrt(self.inner.weights)
        start, one = np.kron(np.array(self.shares), roots), np.kron(np.ones(self.size), roots)
        state = np.tile(one.astype(complex), (len(waves), 1))
        found = []
        for _ in times:
            state = np.einsum("kij,kj->ki", moves, state)
            found.append(state @ start)
        return found

    def _matrix(self, k: float) -> Matrix:
        """One step, or the generator, on functions of (state, internal state)."""
        n, inner = len(self.inner.weights), self.inner
        whole = np.zeros((self.size, n, self.size, n), dtype=complex)
        for s in range(self.size):
            for target, jump, weight in self.ways[s]:
                landing = weight * self._factor(jump, k)[:, None] * np.eye(n)
                whole[s, :, target] += landing @ inner.renewed if self.step is None and jump.redraw else landing
            if self.step is not None:
                whole[s, :, s] += (0.0 if self.model.lossy else 1 - self.totals[s]) * np.eye(n)
                whole[s] = np.tensordot(inner.renewed, whole[s], 1)
                continue
            whole[s, :, s] += inner.own + self.renewals * (inner.renewed - np.eye(n)) - self.totals[s] * np.eye(n)
            motion = self.model.motion_of(s)
            if motion is not None:
                decay = -1j * k * inner.at_nodes(motion.velocity[0], self.values) - k**2 * self.diffusivities[s]
                whole[s, :, s] += np.diag(decay)
        return whole.reshape(self.size * n, self.size * n)

    def _factor(self, jump: Jump, k: float) -> Matrix:
        """E[e^(-ikr)] of a jump at every node."""
        shift: Matrix = np.exp(-1j * k * self.inner.at_nodes(jump.displacement[0], self.values))
        if jump.law is None:
            return shift
        along = self.inner.at_nodes(jump.directions[0][0], self.values)
        if jump.law.distribution == "normal":
            mean, variance = (self._number(dict(jump.law.arguments)[n]) for n in ("mean", "variance"))
            shift *= np.exp(-1j * k * along * mean - (k * along) ** 2 * variance / 2)
            return shift
        zero = [mpmath.mpf(0)]
        factors = [jump_factor((mpmath.mpf(k * float(a)),), zero, jump.law, [[sp.S.One]], self._exact) for a in along]
        shift *= np.array([complex(f) for f in factors])
        return shift
