"""The simulation's comparison for continuous step laws: means of cos(k.X), sin(k.X) against the exact characteristic function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from symdiff.dossier.verify_cells import POWER, Judgement, judgement_of
from symdiff.dossier.verify_rules import Wrong
from symdiff.dossier.verify_setting import Setting
from symdiff.dossier.verify_sites import SPEED
from symdiff.errors import NotYetError, SymdiffError
from symdiff.evidence.arrays import FloatArray
from symdiff.evidence.propagation.characteristic import CharacteristicFunction, ComplexArray
from symdiff.evidence.propagation.renewal import RenewalWalk
from symdiff.evidence.simulation.hops import Hops
from symdiff.evidence.simulation.walkers import CHUNK, DEAD, Endpoints, Walkers
from symdiff.model.jump_model import JumpModel
from symdiff.verification.bets import UNIT, BoundedBets, Means
from symdiff.verification.sequential import smallest_seen
from symdiff.verification.statistics import Comparison, compare_means, walkers_needed

TARGETS = (0.9, 0.7, 0.5, 0.25)  # sizes of the characteristic function at the wave vectors that are used
FEWER = (
    0.7,
    0.25,
)  # the same where every state has functions of its own: alike ones make bets large, and large bets are cut
NO_INFORMATION = 1e-9
BET = 6e-9  # seconds of one bet on one walker: fixed, so that a seed fixes the outcome
MORE = 4  # times the walkers that are needed with the planned power: then a run that is not decided ends


class LawTest:
    """Bounded functions of the end point, whose exact means and covariances follow from the characteristic function."""

    delta = 0.02  # relative error of a rule that a passed run excludes

    def __init__(
        self,
        setting: Setting,
        wrong: Sequence[Wrong],
        alpha: float,
        stream: tuple[str, int] = ("", 0),
        delta: float | None = None,
    ) -> None:
        self.setting, self.alpha = setting, alpha
        self.delta = delta or self.delta
        self.waves, self.weights = self._resolved(self._waves())
        self.names = [
            f"{kind}({np.array2string(k, precision=3)}.x){self._of_states(w)}"
            for k, w in zip(self.waves, self.weights, strict=True)
            for kind in ("cos", "sin")
        ]
        self.exact = self._exact(setting.model)
        self.inverse = np.linalg.pinv(self.exact.covariance, rcond=1e-10)
        self.wrong_exact: dict[str, Means] = {}
        self.information: list[float] = []
        self.directions: list[tuple[str, FloatArray]] = []
        for w in wrong:
            self._add(w)
        self.bets = BoundedBets(self.exact, self.wrong_exact, alpha)
        needed = self.bets.walkers_needed(POWER) if self.information else CHUNK
        self.enough = MORE * math.ceil(needed / CHUNK)
        self.cost = CHUNK * max(setting.events, 1.0) / SPEED
        if setting.model.motions:  # whose functions of every state are many
            self.cost += CHUNK * self.bets.count * BET
        self.effort = math.ceil(needed / CHUNK) * self.cost if self.information else math.inf
        self.each, self.chunks, self.walkers = CHUNK, 0, 0
        self.sums = [0] * len(self.names)
        self._stream = stream
        self._walkers: Hops | Walkers | None = None

    def _function(self, model: JumpModel) -> Callable[[Sequence[float]], ComplexArray]:
        """E[e^(ik.X); state], one value per state."""
        if model.clock == "waiting":
            whole = RenewalWalk(model, self.setting.values).characteristic(self.setting.amount)
            return lambda wave: np.array([whole(wave)])
        return CharacteristicFunction(model, self.setting.values, self.setting.shares, self.setting.amount).by_state

    def _waves(self) -> list[FloatArray]:
        by_state, d = self._function(self.setting.model), self.setting.model.dimension

        def phi(wave: Sequence[float]) -> complex:
            return complex(by_state(wave).sum())

        directions = list(np.eye(d)) + ([np.ones(d) / np.sqrt(d)] if d > 1 else [])
        found = [np.zeros(d)] if self.setting.model.lossy else []  # the share of those who are alive
        alive = abs(phi([0.0] * d))
        for direction in directions:
            for target in FEWER if self.setting.model.motions else TARGETS:
                k = 1e-6
                while abs(phi((k * direction).tolist())) > target * alive and k < 1e9:
                    k *= 1.3
                if k < 1e9:
                    found.append(k * direction)
        if not found:
            raise NotYetError("nothing about these walkers is random: there is no law to compare them with")
        return found

    def _resolved(self, waves: list[FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
        """The waves with the weights of the states; where walkers move, also the shares of states, and long waves in each state.

        Sums over the states alone would leave rules open that change who is where and not where all are.
        """
        size = len(self.setting.shares)
        found, weights = list(waves), [np.ones(size) for _ in waves]
        if self.setting.model.motions:
            long = [np.zeros(self.setting.model.dimension), *waves[:: len(FEWER)]]
            for state in np.eye(size)[:-1]:
                found += long
                weights += [state] * len(long)
        return found, weights

    def _of_states(self, weights: FloatArray) -> str:
        return "" if weights.all() else f" in {self.setting.model.state_names[int(np.argmax(weights))]}"

    def _mean(self, phi: Callable[[Sequence[float]], ComplexArray]) -> FloatArray:
        values = [w @ phi(k.tolist()) for k, w in zip(self.waves, self.weights, strict=True)]
        return np.array([part for v in values for part in (v.real, v.imag)])

    def _exact(self, model: JumpModel) -> Means:
        phi = self._function(model)
        mean = self._mean(phi)
        n = len(self.waves)
        second = np.zeros((2 * n, 2 * n))
        for a in range(n):
            for b in range(n):
                both = self.weights[a] * self.weights[b]
                plus, minus = (
                    both @ phi((self.waves[a] + self.waves[b]).tolist()),
                    both @ phi((self.waves[a] - self.waves[b]).tolist()),
                )
                second[2 * a, 2 * b] = (plus.real + minus.real) / 2
                second[2 * a + 1, 2 * b + 1] = (minus.real - plus.real) / 2
                second[2 * a, 2 * b + 1] = (plus.imag - minus.imag) / 2
                second[2 * b + 1, 2 * a] = second[2 * a, 2 * b + 1]
        return Means(mean, second - np.outer(mean, mean))

    def _add(self, wrong: Wrong) -> None:
        try:
            bent, slope = self._exact(wrong.model), self._mean(self._function(wrong.slope))
        except (SymdiffError, ValueError, ArithmeticError):
            return  # the wrong rule is none
        change = (slope - self.exact.mean) / wrong.step
        direction = self.inverse @ change
        information = float(change @ direction)
        if not np.isfinite(information) or information < NO_INFORMATION:
            return
        self.information.append(information)
        self.wrong_exact[f"{wrong.name} times (1 {'+' if wrong.factor > 1 else '-'} {self.delta:g})"] = bent
        if wrong.factor > 1:
            self.directions.append((wrong.name, direction))

    def _level(self) -> float:
        return self.alpha / (len(self.names) + len(self.directions) + 1)

    # --- walkers ----------------------------------------------------------------------------------------------------

    def sample(self, chunk: int) -> list[int]:
        """Sums of the wave functions over the walkers of one chunk, and the logarithms of all bets on them, in units of UNIT."""
        s = self.setting
        if self._walkers is None:
            self._walkers = _walkers(s, self._stream)
        functions = self._functions(self._walkers.chunk(chunk, s.amount))
        return [*_sums(functions), *self.bets.outcomes(functions)]

    def _functions(self, ends: Endpoints) -> FloatArray:
        """Every function of every walker, of shape (functions, walkers)."""
        moved, alive = ends.positions - np.array(self.setting.start), ends.states != DEAD
        parts = [
            part(moved @ k) * (alive * w[ends.states])
            for k, w in zip(self.waves, self.weights, strict=True)
            for part in (np.cos, np.sin)
        ]
        return np.array(parts)

    def judge_all(self, ends: Endpoints, power: float) -> tuple[Judgement, float | None]:
        """End points whose number is fixed beforehand, in every direction; and the relative error that they reveal."""
        self.sums, self.walkers = _sums(self._functions(ends)), len(ends.states)
        claimed = self._compare(self.exact)
        missed = tuple(name for name, exact in self.wrong_exact.items() if not self._compare(exact).rejected)
        resolved = None
        if self.information:
            needed = walkers_needed(min(self.information), self.delta, self._level(), power)
            resolved = float(np.sqrt(needed / self.walkers) * self.delta)
        return judgement_of(claimed, self.alpha, self.wrong_exact, missed), resolved

    def add(self, counts: Sequence[int]) -> None:
        """One more chunk."""
        count = len(self.names)
        self.sums = [a + b for a, b in zip(self.sums, counts[:count], strict=True)]
        self.bets.add(counts[count:])
        self.chunks += 1
        self.walkers += CHUNK

    @property
    def decided(self) -> bool:
        """Whether more walkers are not needed."""
        return self.bets.decided

    def judgement(self) -> Judgement:
        """What the walkers say so far."""
        seen, compared = self.bets, self._compare(self.exact)
        missed = tuple(name for name, excluded in seen.excluded.items() if not excluded)
        return Judgement(
            tuple(seen.excluded), missed, seen.rejected, compared.worst.name, seen.p, self.alpha, compared.scores, seen.evidence
        )  # fmt: skip

    def _compare(self, exact: Means) -> Comparison:
        seen = np.array([UNIT * s / self.walkers for s in self.sums])
        return compare_means(exact.mean, exact.covariance, seen, self.walkers, self.directions, self.names, self.alpha)

    def resolution(self, power: float) -> float | None:
        """The relative error of any rule that these walkers reveal."""
        if not self.information:
            return None
        return smallest_seen(min(self.information), self.delta, self.walkers, len(self.information), self.alpha, power)


class CoarseLawTest(LawTest):
    """The same where the budget does not suffice: many rules, or rules of little weight, as waits beside steps."""

    delta = 0.05


def _sums(functions: FloatArray) -> list[int]:
    return [int(n) for n in np.rint(functions / UNIT).astype(np.int64).sum(axis=1)]


def _walkers(s: Setting, stream: tuple[str, int]) -> Hops | Walkers:
    """Walkers whose laws are drawn by counters (compiled where numba is there, with the same bits), else by NumPy's generators."""
    try:
        return Hops(s.model, s.values, s.start, s.shares, *stream)
    except NotYetError:
        if s.model.motions:
            raise
        return Walkers(s.model, s.values, s.functions, s.start, s.shares, *stream)
