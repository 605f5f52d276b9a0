"""Products of densities in a pasted master equation: the rules of agents that see each other, in mean field.

``d/dt rho_i = p rho_{i-1} (1 - rho_i) - ...``: each gain is a jump from the site of one of its densities, at a rate that is the
rest of the term. Which density that is, the loss terms decide; what is left over, at one site, are births and deaths.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError, NotYetError

MOST_CHOICES = 256
MOST_TERMS = 60


@dataclass(frozen=True)
class Hop:
    """An agent of ``source`` at x moves by ``displacement`` and becomes one of ``target``, at ``rate`` (written at x, the site left).

    ``born``: it stays, and another one is put there.
    """

    source: str
    target: str
    displacement: tuple[sp.Expr, ...]
    rate: sp.Expr
    born: bool = False


@dataclass(frozen=True)
class Change:
    """Agents of ``name`` at ``rate`` per agent of ``parent`` at the same site: one more (``born``), or one less.

    Without a ``parent`` they arrive from outside, at ``rate`` per site.
    """

    name: str
    parent: str
    rate: sp.Expr
    born: bool


@dataclass(frozen=True)
class Crowd:
    """The rules that several equations state together."""

    names: tuple[str, ...]
    places: tuple[sp.Symbol, ...]
    time: sp.Symbol
    step: sp.Expr | None
    hops: tuple[Hop, ...]
    changes: tuple[Change, ...]


def crowd_of(rates: dict[str, sp.Expr], places: tuple[sp.Symbol, ...], time: sp.Symbol, step: sp.Expr | None) -> Crowd:
    """The rules behind d/dt (or the change in one step) of each density, as written.

    Raises :class:`ModelError` where gain and loss do not match, :class:`NotYetError` where several sets of rules would do.
    """
    reader = _Reader(tuple(rates), places, time)
    gains = [(name, term) for name, rate in rates.items() for term in reader.terms(rate) if reader.is_gain(name, term)]
    choices = [[(name, term, call) for call in reader.starts(name, term)] for name, term in gains]
    count = sp.prod([len(c) for c in choices])
    if count > MOST_CHOICES or len(gains) > MOST_TERMS:
        raise NotYetError(
            "too many products of densities to tell which of them move", instead="state the rules in a model file"
        )
    found: dict[tuple[Hop, ...], dict[str, sp.Expr]] = {}
    for hops in _sets_of_rules(reader, choices):
        left = {name: reader.left_over(name, rate, hops) for name, rate in rates.items()}
        if all(reader.is_local(e) for e in left.values()):
            found[hops] = left
    exact = {hops: left for hops, left in found.items() if all(e == 0 for e in left.values())}
    found = exact or {hops: left for hops, left in found.items() if reader.has_own_symbols(hops, left)}
    moved = {hops: left for hops, left in found.items() if not any(h.born for h in hops)}
    found = moved or {hops: left for hops, left in found.items() if reader.births_apart(hops)}
    if not found:
        raise ModelError("the gains and losses of the densities do not match: no rule of jumps gives both",
                         instead="check the loss terms; state the rules in a model file: rates may name densities, as in 'C(x + h)'")  # fmt: skip
    if len(found) > 1:
        raise NotYetError("several sets of rules give this equation: which of the densities in a product moves is not said",
                          instead="state the rules in a model file: rates may name densities, as in 'C(x + h)'")  # fmt: skip
    ((hops, left),) = found.items()
    changes = tuple(c for name, e in left.items() for c in reader.changes(name, e))
    return Crowd(tuple(rates), places, time, step, hops, changes)


def _sets_of_rules(
    reader: _Reader, choices: Sequence[Sequence[tuple[str, sp.Expr, AppliedUndef]]]
) -> Iterator[tuple[Hop, ...]]:
    """All gains as jumps; then some of them as births on a neighbouring site, as far as these are few."""
    for chosen in itertools.product(*choices):
        yield tuple(reader.hop(name, term, call) for name, term, call in chosen)
    if sp.prod([2 * len(c) for c in choices]) > MOST_CHOICES:
        return
    for chosen in itertools.product(*choices):
        plain = tuple(reader.hop(name, term, call) for name, term, call in chosen)
        away = [any(h.displacement) for h in plain]
        for born in itertools.product(*((False, True) if far else (False,) for far in away)):
            if any(born):
                yield tuple(replace(h, born=b) for h, b in zip(plain, born, strict=True))


class _Reader:
    def __init__(self, names: tuple[str, ...], places: tuple[sp.Symbol, ...], time: sp.Symbol) -> None:
        self.names, self.places, self.time = names, places, time

    def calls(self, e: sp.Basic) -> list[AppliedUndef]:
        return sorted((c for c in e.atoms(AppliedUndef) if c.func.__name__ in self.names), key=str)

    def shift(self, call: AppliedUndef) -> tuple[sp.Expr, ...]:
        rest = [a for a in call.args if a != self.time]
        if len(rest) != len(self.places):
            raise ModelError(
                f"{call} has other arguments than the density elsewhere",
                instead="write all of its arguments everywhere",
            )
        return tuple(sp.expand(a - p) for a, p in zip(rest, self.places, strict=True))

    def moved(self, e: sp.Expr, by: tuple[sp.Expr, ...]) -> sp.Expr:
        """The expression at the place x + ``by``."""
        return e.xreplace({p: p + d for p, d in zip(self.places, by, strict=True)})

    # --- terms ------------------------------------------------------------------------------------------------------

    def terms(self, e: sp.Expr) -> list[sp.Expr]:
        """The terms as written: sums of flows multiplied out, factors such as 1 - rho kept."""
        if isinstance(e, sp.Add):
            return [t for a in e.args for t in self.terms(a)]
        sums = [f for f in sp.Mul.make_args(e) if isinstance(f, sp.Add) and self.is_sum_of_flows(f)]
        if not sums:
            return [e]
        rest = e / sums[0]
        return [t for a in sums[0].args for t in self.terms(rest * a)]

    def is_sum_of_flows(self, e: sp.Add) -> bool:
        """Whether every term of the sum holds a density; 1 - rho, the room on a site, is no such sum."""
        return all(self.calls(a) for a in e.args)

    def is_gain(self, name: str, term: sp.Expr) -> bool:
        """Whether a term adds agents that come from elsewhere."""
        return not term.could_extract_minus_sign() and bool(self.starts(name, term))

    def starts(self, name: str, term: sp.Expr) -> list[AppliedUndef]:
        """The densities in a product that may be those of the agents that arrive: of another site or kind."""
        bases = [f.base if f.is_Pow and f.exp.is_Integer and f.exp > 0 else f for f in sp.Mul.make_args(term)]
        factors = [f for f in bases if isinstance(f, AppliedUndef) and f.func.__name__ in self.names]
        return [f for f in factors if any(self.shift(f)) or (f.func.__name__ != name and not self.has_own(name, term))]

    def has_own(self, name: str, term: sp.Expr) -> bool:
        return any(f.func.__name__ == name for f in self.calls(term))

    # --- rules ------------------------------------------------------------------------------------------------------

    def hop(self, name: str, term: sp.Expr, call: AppliedUndef) -> Hop:
        away = self.shift(call)
        back = tuple(-d for d in away)
        rate = self.moved(term / call, back)
        return Hop(call.func.__name__, name, back, self.plain(rate))

    def plain(self, e: sp.Expr) -> sp.Expr:
        """The arguments of densities expanded."""
        return e.xreplace({c: c.func(*(sp.expand(a) for a in c.args)) for c in e.atoms(AppliedUndef)})

    def density(self, name: str) -> AppliedUndef:
        return sp.Function(name)(*self.places, self.time)

    def left_over(self, name: str, rate: sp.Expr, hops: Sequence[Hop]) -> sp.Expr:
        """What a density gains and loses beside the jumps."""
        total = self.plain(rate)
        for hop in hops:
            if hop.target == name:
                back = tuple(-d for d in hop.displacement)
                total -= self.plain(self.moved(hop.rate * self.density(hop.source), back))
            if hop.source == name and not hop.born:
                total += hop.rate * self.density(name)
        return sp.expand(total)

    def is_local(self, e: sp.Expr) -> bool:
        return all(not any(self.shift(c)) for c in self.calls(e)) and not e.has(sp.Derivative)

    def has_own_symbols(self, hops: Sequence[Hop], left: dict[str, sp.Expr]) -> bool:
        """Whether births and deaths are no slip in the jumps: they have symbols of their own, or are products where those are none."""
        known = {*self.places, self.time}
        moving = set().union(*(h.rate.free_symbols for h in hops)) - known
        linear = not any(self.calls(h.rate) for h in hops)
        return all(
            not t.free_symbols & moving and (bool(t.free_symbols - known) or (linear and self.degree(t) > 1))
            for e in left.values()
            for t in sp.Add.make_args(e)
            if t != 0
        )

    def births_apart(self, hops: Sequence[Hop]) -> bool:
        """Whether births on neighbouring sites are no jumps whose loss was forgotten: each has a symbol that no jump has, and leads where
        jumps lead too; without jumps all have the same symbols."""
        known = {*self.places, self.time}
        born, jumps = [h for h in hops if h.born], [h for h in hops if not h.born]
        moving = set().union(known, *(h.rate.free_symbols for h in jumps))
        if jumps and not {h.displacement for h in born} <= {h.displacement for h in jumps}:
            return False
        own = {frozenset(h.rate.free_symbols - moving) for h in born}
        return frozenset() not in own and (bool(jumps) or len(own) == 1)

    def degree(self, term: sp.Expr) -> int:
        factors = [f.as_base_exp() for f in sp.Mul.make_args(term)]
        return sum(int(n) for base, n in factors if isinstance(base, AppliedUndef) and n.is_Integer)

    def changes(self, name: str, left: sp.Expr) -> list[Change]:
        """Births, deaths and arrivals, term by term."""
        found = []
        own = self.density(name)
        terms = list(sp.Add.make_args(left)) if left != 0 else []
        for source in [t for t in terms if not self.calls(t)]:
            if source.could_extract_minus_sign() or source.has(*self.places):
                raise NotYetError(f"the term {source} is no birth, no death and no arrival of the agents of {name}",
                                  instead="state it in a model file ([[reactions]])")  # fmt: skip
            hindering = [n for n in self.names if -source * self.density(n) in terms]  # s - s rho: where there is room
            for term in (source, *(-source * self.density(n) for n in hindering)):
                terms.remove(term)
            room = 1 - sp.Add(*(self.density(n) for n in hindering))
            found.append(Change(name, "", source * room, True))
        for term in terms:
            born = not term.could_extract_minus_sign()
            parents = [own] if term.has(own) else [] if not born else self.calls(term)
            if not parents:
                raise NotYetError(f"the term {term} is no birth and no death of the agents of {name}",
                                  instead="state it in a model file ([[reactions]])")  # fmt: skip
            rate = (term if born else -term) / parents[0]
            found.append(Change(name, parents[0].func.__name__, rate, born))
        return found
