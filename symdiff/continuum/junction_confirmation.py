"""The second route for special sites: the stationary density of a finite chain of numbers, solved as a linear system.

Every jump of the model is sent where the model's own words send it, the two outermost sites are held at fixed densities, and
density and current are extrapolated from both bulks to the place of the junction. Nothing of the recursion in
:mod:`junction_chain` is used.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

from symdiff.continuum.numeric_matrices import solver
from symdiff.errors import InternalFaultError
from symdiff.model.jump_model import JumpModel
from symdiff.model.regions import holds, place_of
from symdiff.model.scaling_path import draw_values, values_at
from symdiff.notation.evaluation import evaluate, mp_arithmetic

if TYPE_CHECKING:
    from symdiff.continuum.junction_chain import Chain, Contact, End
    from symdiff.continuum.junction_walls import NearWall
    from symdiff.continuum.regimes import PreparedRegime

Number = Any
FAR = 8  # sites of the bulk on either side
DIGITS = 60
EPS = 12  # eps = 10**-12 in a stated scaling
NOISE = 50  # digits to which the largest terms, which may cancel, are known
SEED = 4712


def confirm_contact(model: JumpModel, prepared: PreparedRegime, chain: Chain, found: Contact) -> bool:
    """u_+ = ratio u_- - resistance J_- and J_+ = kept J_- - loss u_-, in two solved chains.

    False where rates that depend on place allow no check; raises :class:`InternalFaultError`.
    """
    solved = _Solved(model, prepared, chain)
    if not solved.possible:
        return False
    with mpmath.workdps(DIGITS):
        n = solved.number
        for ends in ((1, 0), (1, 3)):
            left, right, before, after = solved.sides(ends)
            sums = [n(found.ratio) * left, -n(found.resistance) * before]
            solved.compare("the density", sum(sums), right, sums)
            sums = [n(found.kept) * before, -n(found.loss) * left]
            solved.compare("the current", sum(sums), after, sums)
        rows = [solved.sides(ends) for ends in ((1, 0), (1, 3))]
        masses = [solved.excess(ends, n(found.ratio)) for ends in ((1, 0), (1, 3))]
        storage, _ = mpmath.lu_solve(mpmath.matrix([[row[0], row[2]] for row in rows]), mpmath.matrix(masses))
        solved.compare("the storage", n(found.storage), storage, [n(chain.spacing), storage])
    return True


def confirm_ends(model: JumpModel, prepared: PreparedRegime, chain: Chain, walls: tuple[End, End]) -> bool:
    """alpha u = beta J at either wall; like :func:`confirm_contact`."""
    solved = _Solved(model, prepared, chain)
    if not solved.possible:
        return False
    with mpmath.workdps(DIGITS):
        left, right, before, after = solved.sides((1, 3))
        for wall, density, current in ((walls[0], left, before), (walls[1], right, -after)):
            a, b = solved.number(wall.alpha) * density, solved.number(wall.beta) * current
            size = max(
                abs(solved.number(wall.alpha)) / solved.spacing,
                abs(solved.number(wall.beta) * solved.number(chain.up[0])),
            )
            solved.compare("the wall", a, b, [a, b, size * mpmath.mpf(10) ** (solved.digits - NOISE)])
    return True


def confirm_wall(
    model: JumpModel, prepared: PreparedRegime, chain: Chain, near: NearWall, end: End, storage: sp.Expr
) -> bool:
    """alpha u = beta J at a wall with special sites next to it, and what these hold; like :func:`confirm_contact`."""
    solved = _SolvedWall(model, prepared, chain, near)
    if not solved.possible:
        return False
    with mpmath.workdps(DIGITS):
        density, current, held = solved.at_wall()
        a, b = solved.number(end.alpha) * density, solved.number(end.beta) * current
        hop = solved.rates[-2][1]
        size = max(abs(solved.number(end.alpha)) / solved.spacing, abs(solved.number(end.beta)) * hop)
        solved.compare("the wall", a, b, [a, b, size * mpmath.mpf(10) ** (solved.digits - NOISE)])
        if end.beta != 0:
            solved.compare("the storage", solved.number(storage), held, [solved.spacing, held])
    return True


class _Solved:
    """The chain as numbers."""

    def __init__(self, model: JumpModel, prepared: PreparedRegime, chain: Chain) -> None:
        self.model, self.chain, self.x = model, chain, model.coordinate_symbols[chain.axis]
        self.digits = 20 if prepared.is_long_wave else EPS // 3
        unknown = {*model.coordinate_symbols, model.time}
        self.possible = not any(
            j.intensity.free_symbols & unknown or j.intensity.atoms(sp.core.function.AppliedUndef) for j in model.jumps
        )
        if not self.possible:
            return
        with mpmath.workdps(DIGITS):
            arithmetic = mp_arithmetic()
            drawn = draw_values(model, random.Random(SEED))
            base = {s: mpmath.mpf(v.numerator) / v.denominator for s, v in drawn.items()}
            eps = mpmath.mpf(10) ** (0 if prepared.is_long_wave else -EPS)
            values = values_at(
                prepared.regime, base, arithmetic, lambda w: eps ** (mpmath.mpf(w.numerator) / w.denominator)
            )
            self.values, self.arithmetic = values, arithmetic
            self.spacing = self.number(chain.spacing)
            self.index = [chain.first - FAR + n for n in range(len(chain.up) + 2 * FAR)]
            self.phase = mpmath.mpf(chain.phase.numerator) / chain.phase.denominator
            self.rates = [self._open(i) for i in self.index]

    def number(self, expression: sp.Expr) -> Number:
        """An expression at the drawn values."""
        return evaluate(expression, self.values, self.arithmetic)

    def _open(self, i: int) -> dict[int, Number]:
        """The rates of the steps from one site, per unit of time; step 0: death."""
        per_time = mpmath.mpf(1)
        if self.model.time_step is not None:
            per_time = 1 / self.number(self.model.time_step)

        def sign_at(gap: sp.Expr) -> int:
            place = place_of(gap, self.x)
            ahead = (i + self.phase) * self.spacing if place in self.chain.places else 0  # other places are far away
            value = (
                self.number(gap.coeff(self.x, 1))
                * (ahead + self.number(sp.expand(self.chain.centre - place)))
                / self.spacing
            )
            return 0 if abs(value) < mpmath.mpf(10) ** -10 else int(mpmath.sign(value))

        found: dict[int, Number] = {0: mpmath.mpf(0)}
        total = mpmath.mpf(0)
        opened = [j for j in self.model.jumps if holds(j.region, self.x, sign_at)]
        if self.model.clock == "waiting" and opened:
            waits = [self.number(j.intensity) * self.number(self.model.wait_before(0, j).moment(1)) for j in opened]
            per_time = 1 / mpmath.fsum(waits)
        for jump in opened:
            rate = self.number(jump.intensity) * per_time
            step = int(mpmath.nint(self.number(jump.displacement[self.chain.axis]) / self.spacing))
            total += rate
            if step:
                found[step] = found.get(step, mpmath.mpf(0)) + rate
        if self.model.lossy:
            found[0] = per_time - total
        found[0] += mpmath.fsum(
            self.number(j.intensity) * per_time for j in self.chain.deaths if holds(j.region, self.x, sign_at)
        )
        return found

    @cached_property
    def _solution(self) -> Callable[[Any], Any]:
        """The stationary densities for given ends."""
        count = len(self.index)
        matrix = mpmath.zeros(count, count)
        for n, rates in enumerate(self.rates):
            for step, rate in rates.items():
                matrix[n, n] -= rate
                if step and 0 <= n + step < count:
                    matrix[n + step, n] += rate
        for n in self._held:
            for m in range(count):
                matrix[n, m] = mpmath.mpf(m == n)
        return solver(matrix)

    @cached_property
    def _held(self) -> list[int]:
        """Both ends; a site that is never left is an end too."""
        return sorted({0, len(self.index) - 1} | {n for n, r in enumerate(self.rates) if not any(r.values())})

    def _densities(self, ends: tuple[Number, Number]) -> list[Number]:
        count = len(self.index)
        right = mpmath.zeros(count, 1)
        right[0], right[count - 1] = ends
        for n in self._held:
            right[n] = right[n] if any(self.rates[n].values()) else mpmath.mpf(0)
        return list(self._solution(right))

    def sides(self, ends: tuple[Number, Number]) -> tuple[Number, Number, Number, Number]:
        """(u_-, u_+, J_-, J_+) extrapolated to the centre."""
        density = self._densities(ends)

        def at_centre(a: int) -> tuple[Number, Number]:
            slope = density[a + 1] - density[a]
            current = self.rates[a][1] * density[a] - self.rates[a + 1][-1] * density[a + 1]
            return (density[a] - (self.index[a] + self.phase) * slope) / self.spacing, current

        (left, before), (right, after) = at_centre(1), at_centre(len(density) - 3)
        return left, right, before, after

    def excess(self, ends: tuple[Number, Number], ratio: Number) -> Number:
        """The mass on the listed sites less that of constant densities u_- and ratio u_- on both sides of the centre."""
        density, listed = self._densities(ends), len(self.chain.up)
        left = self.sides(ends)[0]
        low = self.index[FAR] + self.phase - mpmath.mpf(1) / 2
        return mpmath.fsum(density[FAR : FAR + listed]) - self.spacing * left * (-low + ratio * (low + listed))

    def compare(self, what: str, derived: Number, solved: Number, terms: list[Number]) -> None:
        """Raise where the two differ by more than the precision of the largest term allows."""
        if abs(derived - solved) > mpmath.mpf(10) ** -self.digits * max(map(abs, terms)):
            raise InternalFaultError(
                f"the two routes disagree at {self.x} = {self.chain.centre}: {what} is {mpmath.nstr(derived, 8)} by the recursion and "
                f"{mpmath.nstr(solved, 8)} in the solved chain; no result is given",
                instead="please report the model file as a fault of symdiff")  # fmt: skip


class _SolvedWall(_Solved):
    """The sites between a wall and the bulk as numbers; what would end outside does what the wall's own words say."""

    def __init__(self, model: JumpModel, prepared: PreparedRegime, chain: Chain, near: NearWall) -> None:
        self.near = near
        super().__init__(model, prepared, chain)
        if not self.possible:
            return
        with mpmath.workdps(DIGITS):
            place = self.number(sp.expand(near.wall.place - chain.centre)) / self.spacing
            self.distances = [(i + self.phase - place) * near.inward for i in self.index]
            least = mpmath.mpf(10) ** -10 * (1 if near.wall.strict else -1)
            inside = [n for n, y in enumerate(self.distances) if y > least]
            ordered = inside if near.inward > 0 else inside[::-1]
            rates = [{near.inward * step: r for step, r in self.rates[n].items()} for n in ordered]
            self.distances = [self.distances[n] for n in ordered]
            self.rates = [dict(r) for r in rates]
            self.index = list(range(len(ordered)))
            for n in range(len(ordered)):
                for step in [s for s in self.rates[n] if n + s < 0]:
                    self._strike(n, step)

    def _strike(self, n: int, step: int) -> None:
        """A jump that would end outside."""
        rates, wall = self.rates[n], self.near.wall.boundary
        rate = rates.pop(step)
        if wall.kind == "absorbing":
            rates[0] += rate
            return
        if wall.probability is not None:
            caught = self.number(wall.probability) * rate
            rates[0] += caught
            rate -= caught
        elif wall.rate is not None:
            rates[0] += self.number(wall.rate)
        if wall.rejected == "mirror":
            image = int(mpmath.nint(-2 * self.distances[0] - (n + step)))
            if image != n:
                rates[image - n] = rates.get(image - n, mpmath.mpf(0)) + rate

    @cached_property
    def _held(self) -> list[int]:
        return sorted({len(self.index) - 1} | {n for n, r in enumerate(self.rates) if not any(r.values())})

    def at_wall(self) -> tuple[Number, Number, Number]:
        """(density, current towards the wall) extrapolated to it, and the mass that the sites hold in excess, per density."""
        sites = self._densities((mpmath.mpf(0), mpmath.mpf(1)))
        last = len(sites) - 2
        slope = sites[last] - sites[last - 1]
        current = self.rates[last][-1] * sites[last] - self.rates[last - 1][1] * sites[last - 1]
        value, end = sites[last] - self.distances[last] * slope, self.distances[last] + mpmath.mpf(1) / 2
        mass = mpmath.fsum(sites[: last + 1]) - value * end - slope * end**2 / 2
        return value / self.spacing, current, self.spacing * mass / value if value else value
