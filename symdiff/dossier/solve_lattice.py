"""The rules on a ring of sites from a profile: mean numbers, apart from every equation, and the ring that is wide enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from scipy import special

from symdiff.dossier.initial_profile import EDGE, Profile, check_finite
from symdiff.dossier.solution import Times, Values
from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.propagation.crowd_ring import CrowdRing
from symdiff.evidence.solution.profiles import integrated
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

MOST_SITES = 16_384  # of a ring
MOST_ROWS = 2_001  # of the table, per time
CALLS = 30_000  # evaluations of the lattice's rates of change
LATTICE_PRECISION = 1e-11
CLOSE = 1e-9  # errors that need no finer grid and no wider ring


@dataclass(frozen=True)
class Stretch:
    """A ring of ``sites`` sites from ``first`` on (in spacings from the origin); ``joint`` is half the width in which the ends are joined."""

    profile: Profile
    spacing: float
    origin: float
    first: int
    sites: int
    joint: float

    @property
    def start(self) -> float:
        """The place of the first site."""
        return self.origin + self.first * self.spacing

    @property
    def length(self) -> float:
        """The way once around."""
        return self.sites * self.spacing

    def densities(self, places: FloatArray) -> FloatArray:
        """The profile on the ring, its ends joined smoothly."""
        if not self.joint:
            return self.profile.at(places)
        middle = self.start + self.length / 2
        away = (
            places - middle + self.length / 2
        ) % self.length - self.length / 2  # from the middle, within half a turn
        right = 0.5 * special.erfc(6 * (away - self.length / 2) / self.joint)  # 1 left of the cut on the right
        left = 0.5 * special.erfc(6 * (-away - self.length / 2) / self.joint)
        here, before, behind = (self.profile.at(middle + away + n * self.length) for n in (0, -1, 1))
        return np.asarray(np.where(away > 0, right * here + (1 - right) * before, left * here + (1 - left) * behind))


class Rules:
    """The rules at these values on rings of any number of sites."""

    def __init__(self, model: JumpModel, values: Values) -> None:
        self.model, self.values = model, values
        self.spacing = self.on(4).spacing
        origin = model.origin[0] if model.origin else sp.Integer(0)
        self.origin = float(evaluate(origin, values, array_arithmetic()))
        limit = model.crowd.occupancy
        self.most = None if limit is None else float(evaluate(limit, values, array_arithmetic()))

    def on(self, sites: int) -> CrowdRing:
        """A ring of so many sites."""
        return CrowdRing(self.model, self.values, sites, stripes=self.model.dimension > 1, in_steps=True)

    def run(self, start: FloatArray, times: Times) -> FloatArray:
        """Mean numbers at the times, of shape (times, densities, sites)."""
        ring, calls = self.on(start.shape[1]), 0
        self._check(ring, start)
        if self.model.clock == "discrete":
            found, current, done = [], start, 0
            if (times[-1][1] or 0) > CALLS:
                raise ResourceError(
                    f"{times[-1][1]} steps of a whole profile are too many",
                    where="--times",
                    instead=f"at most {CALLS} steps",
                )
            for _, steps in times:
                assert steps is not None
                for _ in range(steps - done):
                    current = ring.step(current)
                done = steps
                found.append(current)
            result = np.array(found)
        else:

            def slope(_: float, u: FloatArray) -> FloatArray:
                nonlocal calls
                calls += 1
                if calls > CALLS:
                    raise ResourceError("the lattice makes too many jumps in this time", where="--times",
                                        instead="ask for earlier times, or set a larger spacing")  # fmt: skip
                if not np.all(np.isfinite(u)):
                    raise ArithmeticError
                return ring.rate_of_change(u.reshape(start.shape)).ravel()

            try:
                result = integrated(slope, start, [t for t, _ in times], LATTICE_PRECISION)
            except ArithmeticError:
                raise NotYetError("the densities on the lattice grow without bound before the last time", where="--times",
                                  instead="ask for earlier times") from None  # fmt: skip
        if not np.all(np.isfinite(result)):
            raise NotYetError(
                "the densities on the lattice grow without bound before the last time",
                where="--times",
                instead="ask for earlier times",
            )
        return result

    def _check(self, ring: CrowdRing, start: FloatArray) -> None:
        """Densities that are numbers of agents, and rules that are rates or probabilities there."""
        size = float(np.max(np.abs(start)))
        if np.min(start) < -1e-12 * size:
            raise UsageError(
                f"a density of {np.min(start):.6g} is negative",
                where="--initial",
                instead="give numbers of agents per site",
            )
        if self.most is not None and np.max(start.sum(axis=0)) > self.most * (1 + 1e-12):
            raise UsageError(f"{np.max(start.sum(axis=0)):.6g} agents stand on a site, where {self.most:g} fit", where="--initial",
                             instead="give numbers of agents per site")  # fmt: skip
        for event, rate in ring.events:
            intensity = ring.intensity(rate, start)
            wrong = np.min(intensity) < -1e-12 or not np.all(np.isfinite(intensity))
            if wrong or (self.model.clock == "discrete" and np.max(intensity) > 1 + 1e-12):
                worst = np.min(intensity) if wrong else np.max(intensity)
                what = "probability" if self.model.clock == "discrete" else "rate"
                raise UsageError(f"{event.label} has a {what} of {worst:.6g} at this profile", where="--initial",
                                 instead="give another profile, or other values with --set")  # fmt: skip


class Lattice:
    """The rules from the profile: the ring that is wide enough, and the window that is tabled (``settled``: the user's own)."""

    def __init__(
        self, model: JumpModel, profile: Profile, rules: Rules, window: tuple[float, float], times: Times, *, settled: bool
    ) -> None:  # fmt: skip
        self.model, self.profile, self.rules, self.times = model, profile, rules, times
        h, (low, high) = rules.spacing, window
        samples = np.linspace(low - (high - low), high, 801)
        rows, later = profile.at(samples), profile.at(samples + (high - low))
        for r in (rows, later):
            check_finite(r, samples, profile)
        scale = max(float(np.max(np.abs(rows))), 1e-300)
        self.error, self.window = 0.0, window
        if float(np.max(np.abs(rows - later))) < 1e-9 * scale:
            count = round((high - low) / h)
            if (
                settled
                and float(np.ptp(rows, axis=1).max()) > 1e-9 * scale
                and abs(count * h - (high - low)) > 1e-6 * h
            ):
                raise UsageError(f"the period {high - low:.6g} is {(high - low) / h:.6g} spacings", where="--window",
                                 instead=f"set a spacing of which it is a multiple: {(high - low) / max(1, count):.9g}")  # fmt: skip
            first = int(np.ceil((low - rules.origin) / h - 1e-9))
            self.stretch = Stretch(profile, h, rules.origin, first, max(count, 4), 0.0)
            self.means = self._run(self.stretch)
            return
        self._widen(settled)

    def _run(self, stretch: Stretch) -> FloatArray:
        places = np.asarray(stretch.start + stretch.spacing * np.arange(stretch.sites), dtype=float)
        start = stretch.densities(places)
        check_finite(start, places, self.profile)
        return self.rules.run(start, self.times)

    def _ring(self, margin: float) -> Stretch:
        (low, high), h, origin = self.window, self.rules.spacing, self.rules.origin
        first, last = int(np.floor((low - margin - origin) / h)), int(np.ceil((high + margin - origin) / h))
        if last - first > MOST_SITES:
            raise ResourceError(f"the ring would take more than {MOST_SITES} sites", where="solve",
                                instead="set a larger spacing, earlier times or a narrower --window")  # fmt: skip
        return Stretch(self.profile, h, origin, first, last - first, margin / 2)

    def _widen(self, settled: bool) -> None:
        """Rings with growing margins, until twice the margin changes nothing in the window."""
        core = self.window
        margin = max(core[1] - core[0], 20 * self.rules.spacing)
        known: tuple[Stretch, FloatArray] | None = None
        while True:
            stretch = self._ring(margin)
            means = self._run(stretch)
            shown = core if settled else self._moved(stretch, means, core)
            if known is not None and shown is not None:
                self.window = shown
                before = self._inside(*known)
                change = float(np.max(np.abs(before - self._inside(stretch, means))) / np.max(np.abs(before)))
                self.window = core
                if change < CLOSE or 2 * (stretch.sites + 2 * margin / self.rules.spacing) > MOST_SITES:
                    self.error, self.window = change, shown
                    self.stretch, self.means = known
                    return
            known = (stretch, means) if shown is not None else None
            margin *= 2

    def _moved(self, stretch: Stretch, means: FloatArray, core: tuple[float, float]) -> tuple[float, float] | None:
        """The core and what has spread from it; None where that comes close to the joint."""
        places = stretch.start + stretch.spacing * np.arange(stretch.sites)
        edges = stretch.start + stretch.joint, stretch.start + stretch.length - stretch.joint
        low, high = core
        for row in means.reshape(-1, stretch.sites):
            height = float(np.ptp(row[(places >= edges[0]) & (places <= edges[1])]))
            left = np.flatnonzero((places >= edges[0]) & (places < core[0]))
            right = np.flatnonzero((places <= edges[1]) & (places > core[1]))
            off = left[np.abs(row[left] - row[left[0]]) > EDGE * height]
            low = min(low, float(places[off[0]])) if len(off) else low
            off = right[np.abs(row[right] - row[right[-1]]) > EDGE * height]
            high = max(high, float(places[off[-1]])) if len(off) else high
        room = 0.3 * stretch.joint
        return (low, high) if low > edges[0] + room and high < edges[1] - room else None

    def _inside(self, stretch: Stretch, means: FloatArray) -> FloatArray:
        first, last = self.sites()
        return means[:, :, first - stretch.first : last + 1 - stretch.first]

    def sites(self) -> tuple[int, int]:
        """The first and last site of the window."""
        h, origin = self.rules.spacing, self.rules.origin
        first = int(np.ceil((self.window[0] - origin) / h - 1e-9))
        last = int(np.floor((self.window[1] - origin) / h + 1e-9))
        if not self.stretch_joined:
            last = min(last, self.stretch.first + self.stretch.sites - 1)
        if last < first:
            raise UsageError("no site stands in the window", where="--window", instead="a wider one")
        return first, last

    @property
    def stretch_joined(self) -> bool:
        """Whether the ring is wider than the window."""
        stretch = getattr(self, "stretch", None)
        return stretch is None or stretch.joint > 0

    def table(self) -> tuple[FloatArray, FloatArray]:
        """Places in the window, and the means there at every time."""
        first, last = self.sites()
        numbers = np.arange(first, last + 1)
        numbers = numbers[:: -(-len(numbers) // MOST_ROWS)]
        places = np.asarray(self.rules.origin + self.rules.spacing * numbers, dtype=float)
        return places, self.means[:, :, numbers - self.stretch.first]
