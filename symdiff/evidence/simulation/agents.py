"""Agents on a small ring that see each other: exclusion, adhesion, reactions; one word holds a whole ring, whole numbers only.

Every site is offered events at one common rate (thinning): a random number of 64 bits picks the site, and among the events that
are open there, or none. What is open, and what it leaves, is read from a table over the numbers of agents on the sites around.
With numba (extra ``fast``) the loop is compiled, without it NumPy does the same, with the same bits.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.evidence.simulation.compiled import has_numba
from symdiff.evidence.simulation.sites import Counts, offer_tails
from symdiff.evidence.simulation.streams import GAMMA, Words, chunk_key, mixed, walker_keys
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate

MOST_RINGS = 2**32  # a chunk
MOST_BITS = 20  # of a ring
MOST_WINDOW = 14  # bits of the sites around a site
MARGIN = 1 + 1e-9  # of the common rate: every sum of probabilities stays below one
Agents = tuple[tuple[int, int], ...]  # (state, sites away) of each


@dataclass(frozen=True)
class Rule:
    """Agents that go and agents that come around a site, and the rate per set of those that go."""

    gone: Agents
    come: Agents
    rate: sp.Expr


class AgentRings:
    """Copies of one ring; ``start`` gives the numbers of agents, shape (states, sites), of which ``cap`` at most are on a site.

    Raises :class:`NotYetError` for rules that these rings cannot hold, :class:`ResourceError` for rings that are too large.
    """

    def __init__(
        self, model: JumpModel, values: Mapping[sp.Symbol, float], start: npt.NDArray[np.int64], cap: int, time: float,
        fingerprint: str, seed: int,
    ) -> None:  # fmt: skip
        if model.clock != "continuous" or model.dimension != 1 or any(j.law is not None for j in model.jumps):
            raise NotYetError("agents are followed on sites in one dimension and continuous time only")
        self.model, self.values, self.fingerprint, self.seed = model, dict(values), fingerprint, seed
        self.states, self.sites, self.cap = *start.shape, cap
        self.digit = max(1, int(cap).bit_length())  # bits of one number
        self.bits = self.digit * self.states  # of one site
        if self.bits * self.sites > MOST_BITS:
            raise ResourceError(f"a ring takes more than {MOST_BITS} bits")
        self.rules = self._rules()
        offsets = [o for r in self.rules for _, o in (*r.gone, *r.come)] + [
            o for r in self.rules for o in self._seen(r)
        ]
        self.low, self.width = min(offsets), max(offsets) - min(offsets) + 1
        if self.width > self.sites or self.width * self.bits > MOST_WINDOW:
            raise ResourceError("the rules look too far for a ring of this size")
        self.upper, self.after, self.rate = self._table()
        mean = self.rate * self.sites * time
        tails = [min(int(t * 2.0**64), 2**64 - 1) for t in offer_tails(mean, MOST_RINGS)[1:]]
        self.tails: Words = np.array(tails[::-1], dtype=np.uint64)
        self.start, self.offers = self.word(start), mean

    def word(self, numbers: npt.NDArray[np.int64]) -> int:
        """A ring's numbers in one word: the first site in the lowest bits."""
        return sum(int(n) << (self.bits * i + self.digit * s) for (s, i), n in np.ndenumerate(numbers))

    def chunk(self, number: int, rings: int, *, compiled: bool | None = None) -> Counts:
        """How many rings of one chunk are at each word at the end; the last are those where a site was too full."""
        if not 0 < rings <= MOST_RINGS:
            raise UsageError(f"{rings} rings cannot be followed at once", instead=f"at most {MOST_RINGS}")
        key = chunk_key(self.fingerprint, self.seed, number)
        shape = self.sites, self.bits, self.low % self.sites, self.width
        if has_numba() if compiled is None else compiled:
            from symdiff.evidence.simulation.agents_kernel import follow

            out = np.zeros(2 ** (self.bits * self.sites) + 1, dtype=np.int64)
            follow(
                key,
                rings,
                self.tails,
                np.uint64(self.start),
                *shape,
                self.upper.shape[1],
                self.upper.ravel(),
                self.after.ravel(),
                out,
            )
            return out
        return plain(key, rings, self.tails, self.start, *shape, self.upper, self.after)

    # --- the rules, as a person would read them -----------------------------------------------------------------------

    def _rules(self) -> list[Rule]:
        model, found = self.model, []
        names = model.state_names
        moves = [sp.Abs(self._number(p)) for j in model.jumps for p in j.displacement if p != 0]
        self.spacing = float(min(moves, default=0))
        if not self.spacing:
            raise NotYetError("nothing moves: there is no lattice")
        for jump in model.jumps:
            rate = expand_definitions(jump.intensity, model.functions)
            away = self._away(jump.displacement[0])
            for s in range(len(names)) if jump.source is None else (names.index(jump.source),):
                to = s if jump.target is None else names.index(jump.target)
                found.append(Rule(((s, 0),), ((to, away),), rate))
        for reaction in model.crowd.reactions:
            gone, come = (
                tuple((names.index(p.state), self._away(p.displacement[0])) for p in agents)
                for agents in (reaction.consumes, reaction.produces)
            )
            found.append(Rule(gone, come, expand_definitions(reaction.intensity, model.functions)))
        return found

    def _number(self, e: sp.Expr) -> float:
        return float(evaluate(e, self.values, array_arithmetic()))

    def _away(self, distance: sp.Expr) -> int:
        length = self._number(distance)
        if abs(round(length / self.spacing) * self.spacing - length) > 1e-9 * self.spacing:
            raise NotYetError("the rules name places that are no sites")
        return round(length / self.spacing)

    def _seen(self, rule: Rule) -> list[int]:
        """How far away the sites are whose numbers a rate reads."""
        here = self.model.coordinate_symbols[0]
        return [self._away(c.args[0] - here) for c in rule.rate.atoms(AppliedUndef)]

    def _table(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], float]:
        """Upper ends of the events' shares in units of 2^-32, and what is on the sites afterwards; per code of the sites around."""
        codes = np.arange(2 ** (self.width * self.bits))
        ways = itertools.product(range(self.width), range(self.states))
        numbers = {
            (s, self.low + i): (codes >> (self.bits * i + self.digit * s)) & (2**self.digit - 1) for i, s in ways
        }
        totals = [sum(numbers[s, self.low + i] for s in range(self.states)) for i in range(self.width)]
        legal = np.all([t <= self.cap for t in totals], axis=0)
        rates, after = np.zeros((len(codes), len(self.rules))), np.tile(codes[:, None], (1, len(self.rules) + 1))
        for n, rule in enumerate(self.rules):
            left, rate = dict(numbers), np.where(legal, self._rate(rule, numbers), 0.0)
            for agent in rule.gone:
                rate = rate * np.maximum(left[agent], 0)
                left[agent] = left[agent] - 1
            for agent in rule.come:
                left[agent] = left[agent] + 1
            if np.min(rate) < -1e-12:
                raise NotYetError("a rate is negative for some numbers of agents: the rules are no process")
            rates[:, n] = np.maximum(rate, 0.0)
            full = np.any(
                [sum(left[s, self.low + i] for s in range(self.states)) > self.cap for i in range(self.width)], axis=0
            )
            packed = sum(np.maximum(left[s, o], 0) << (self.bits * (o - self.low) + self.digit * s) for s, o in left)
            after[:, n] = np.where(rates[:, n] == 0, codes, np.where(full, 2 ** (self.width * self.bits), packed))
        most = float(rates.sum(axis=1).max()) * MARGIN
        if most == 0:
            raise NotYetError("nothing happens: there is nothing to follow")
        upper = np.floor(np.cumsum(rates, axis=1) / most * 2.0**32).astype(np.uint32)
        return upper, after.astype(np.uint32), most

    def _rate(self, rule: Rule, numbers: Mapping[tuple[int, int], npt.NDArray[np.int64]]) -> FloatArray:
        here = self.model.coordinate_symbols[0]

        def call(e: AppliedUndef, orders: tuple[int, ...]) -> FloatArray:
            return numbers[self.model.state_names.index(e.func.__name__), self._away(e.args[0] - here)].astype(float)

        return np.asarray(evaluate(rule.rate, {**self.values, here: 0.0}, array_arithmetic(), call), dtype=float)


def plain(
    key: np.uint64, count: int, tails: Words, start: int, sites: int, bits: int, low: int, width: int,
    upper: npt.NDArray[np.uint32], after: npt.NDArray[np.uint32],
) -> Counts:  # fmt: skip
    """Where ``count`` rings of one chunk end, by NumPy."""
    own, word = walker_keys(key, 0, count), np.full(count, start, dtype=np.uint64)
    size, window = np.uint64(sites * bits), np.uint64(2 ** (width * bits))
    whole = np.uint64(2 ** (sites * bits) - 1)
    with np.errstate(over="ignore"):
        left = len(tails) - np.searchsorted(tails, mixed(own + GAMMA), side="right")
        ended = [np.zeros(0, dtype=np.uint64)]
        for step in range(int(left.max(initial=0))):
            ended.append(word[left <= step])
            on = left > step
            own, word, left = own[on], word[on], left[on]
            draw = mixed(own + np.uint64(2 + step) * GAMMA)
            site = ((draw >> np.uint64(32)) * np.uint64(sites)) >> np.uint64(32)
            turn = np.uint64(bits) * ((site + np.uint64(low)) % np.uint64(sites))
            code = ((word >> turn) | (word << (size - turn))) & (window - np.uint64(1))
            value = draw & np.uint64(0xFFFFFFFF)
            taken = (value[:, None] >= upper[code]).sum(axis=1)
            new = after[code, taken].astype(np.uint64)
            full = new == window
            change = np.where(full, np.uint64(0), code ^ new)
            word = word ^ (((change << turn) | (change >> (size - turn))) & whole)
            word[full] = whole + np.uint64(1)
            left[full] = 0
        ended.append(word)
    return np.bincount(np.concatenate(ended).astype(np.int64), minlength=int(whole) + 2).astype(np.int64)
