"""Rules judged agent by agent: whether one overfills a site, and whether the mean densities obey a closed equation.

Both look at the numbers of agents on the sites that a rule names, n = 0, 1, 2, ..., not at densities.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import NotYetError
from symdiff.model.crowd import Crowd, Participant, Reaction
from symdiff.model.definitions import expand_definitions
from symdiff.model.fields import Place
from symdiff.model.jump_model import Jump, JumpModel
from symdiff.model.places import read_at

Site = tuple[sp.Expr, ...]
Sites = tuple[tuple[str, Site], ...]  # of agents, each of a state, by displacement
LARGEST_LISTED = 4  # occupancies up to this are tried number by number
NUMBERED = tuple(sp.Dummy(f"n{k}") for k in range(8))  # numbers of agents of a rule, in the order of its sites
MOST_FILLINGS = 64  # of the sites that one rule names, for the sign of its rate


@dataclass(frozen=True)
class Event:
    """What happens at a site: agents that go, agents that come, at ``intensity`` per set of agents that go."""

    gone: tuple[Participant, ...]
    come: tuple[Participant, ...]
    intensity: sp.Expr
    label: str


def events(jumps: tuple[Jump, ...], crowd: Crowd, states: tuple[str, ...], dimension: int) -> list[Event]:
    """Jumps and reactions in one form; jumps of random length are left out."""
    here = tuple(sp.Integer(0) for _ in range(dimension))
    found = []
    for jump in jumps:
        if jump.law is not None:
            continue
        for source in states if jump.source is None else (jump.source,):
            gone, come = Participant(source, here), Participant(jump.target or source, jump.displacement)
            found.append(Event((gone,), (come,), jump.intensity, jump.label))
    found += [_event(r) for r in crowd.reactions]
    return found


def _event(reaction: Reaction) -> Event:
    return Event(reaction.consumes, reaction.produces, reaction.intensity, reaction.label)


def check_occupancy(jumps: tuple[Jump, ...], crowd: Crowd, known: Mapping[str, Any], place: Place) -> None:
    """Raise :class:`symdiff.errors.ModelError` for a rule that puts more agents on a site than fit there."""
    if crowd.occupancy is None:
        return
    states = known["states"] or (known["density"],)
    coordinates = tuple(sp.Symbol(c, real=True) for c in known["coordinates"])
    lattice = known["lattice"]
    apart = lattice is not None and bool(lattice.sublattice_positions(len(coordinates)))  # a site is of one sublattice
    for event in events(jumps, crowd, states, len(coordinates)):
        for members in [(s,) for s in states] if apart else [states]:
            _check_event(event, members, crowd.occupancy, known, place)
        _check_sign(event, states, crowd.occupancy, known, place)


def _check_sign(
    event: Event, states: tuple[str, ...], occupancy: sp.Expr, known: Mapping[str, Any], place: Place
) -> None:
    """Raise for a rate that is certainly negative where agents stand as they may: then it is the rate of no process."""
    coordinates = tuple(sp.Symbol(c, real=True) for c in known["coordinates"])
    rate = expand_definitions(event.intensity, known["functions"])
    numbers, table = site_numbers(rate, coordinates, states)
    if not numbers or not occupancy.is_Integer or (int(occupancy) + 1) ** len(numbers) > MOST_FILLINGS:
        return
    value, keys = rate.xreplace(table), list(numbers)
    gone = [sum(1 for p in event.gone if p.state == state and _count((p,), site)) for state, site in keys]
    for filling in itertools.product(range(int(occupancy) + 1), repeat=len(keys)):
        totals: dict[Site, int] = {}
        for (_, site), n in zip(keys, filling, strict=True):
            totals[site] = totals.get(site, 0) + n
        if max(totals.values()) > occupancy or any(n < c for n, c in zip(filling, gone, strict=True)):
            continue
        if value.xreplace({numbers[key]: sp.Integer(n) for key, n in zip(keys, filling, strict=True)}).is_negative:
            stand = ", ".join(
                f"{_call(state, site, coordinates)} = {n}" for (state, site), n in zip(keys, filling, strict=True)
            )
            raise _place(event.label, place).fail(f"the rate is negative where {stand}",
                                                  "write a rate that is nonnegative for every number of agents that fits")  # fmt: skip


def _check_event(
    event: Event, states: tuple[str, ...], occupancy: sp.Expr, known: Mapping[str, Any], place: Place
) -> None:
    """``states``: the kinds of agents that share the sites."""
    coordinates = tuple(sp.Symbol(c, real=True) for c in known["coordinates"])
    gone, come = (tuple(p for p in agents if p.state in states) for agents in (event.gone, event.come))
    here = _place(event.label, place)
    rate = expand_definitions(event.intensity, known["functions"])
    for site in {p.displacement for p in gone}:
        needed = sum(1 for p in gone if p.displacement == site)
        if occupancy.is_number and needed > occupancy:
            raise here.fail(f"{needed} agents are consumed on one site, where {occupancy} fit{'s' if occupancy == 1 else ''}",
                            "consume them on neighbouring sites, or raise the occupancy")  # fmt: skip
    for site in {p.displacement for p in come}:
        gain = _count(come, site) - _count(gone, site)
        if gain > 0 and _overfills(rate, event, site, gain, occupancy, states, coordinates):
            total = " - ".join(_call(s, site, coordinates) for s in states)
            advice = f"multiply its rate by the room that is left, as in ({occupancy} - {total})"
            if occupancy == 1 and site in {p.displacement for p in gone}:
                name = come[0].state
                advice = f'put the new one on a neighbouring site, as {{state = "{name}", displacement = "h"}} in \'produces\', and multiply the rate by the room there'
            raise here.fail(
                f"the rule puts an agent on the site at {_shown(site, coordinates)} also where it is full (occupancy = {occupancy})",
                advice,
            )


def _count(agents: tuple[Participant, ...], site: Site) -> int:
    return sum(1 for p in agents if all(sp.expand(a - b) == 0 for a, b in zip(p.displacement, site, strict=True)))


def _place(label: str, place: Place) -> Place:
    if not label.startswith("[["):
        return place.at("model", "rate")
    table, number = label.split()
    return place.at(table.strip("[]"), int(number) - 1)


def _call(state: str, site: Site, coordinates: tuple[sp.Symbol, ...]) -> str:
    return str(sp.Function(state)(*(c + r for c, r in zip(coordinates, site, strict=True))))


def _shown(site: Site, coordinates: tuple[sp.Symbol, ...]) -> str:
    return "(" + ", ".join(str(c + r) for c, r in zip(coordinates, site, strict=True)) + ")"


def _overfills(
    rate: sp.Expr,
    event: Event,
    site: Site,
    gain: int,
    occupancy: sp.Expr,
    states: tuple[str, ...],
    coordinates: tuple[sp.Symbol, ...],
) -> bool:
    """Whether the rate does not vanish where fewer than ``gain`` places are free at ``site``."""
    numbers, table = site_numbers(rate, coordinates)
    value = rate.xreplace(table)
    at_site = [numbers.get((s, _key(site)), sp.Dummy(s)) for s in states]
    consumed = [sum(1 for p in event.gone if p.state == s and _count((p,), site)) for s in states]
    if occupancy.is_Integer and occupancy <= LARGEST_LISTED and len(states) <= 3:
        for filling in itertools.product(range(int(occupancy) + 1), repeat=len(states)):
            full = occupancy - gain < sum(filling) <= occupancy
            if not full or any(n < c for n, c in zip(filling, consumed, strict=True)):
                continue
            if not _vanishes(value.xreplace(dict(zip(at_site, map(sp.Integer, filling), strict=True)))):
                return True
        return False
    for free in range(gain):
        last = occupancy - free - sum(at_site[:-1], sp.Integer(0))
        if not _vanishes(value.xreplace({at_site[-1]: last})):
            return True
    return False


def _vanishes(value: sp.Expr) -> bool:
    if value == 0:
        return True
    return bool(sp.expand(sp.together(value).as_numer_denom()[0]) == 0)


def _key(site: Site) -> Site:
    return tuple(sp.expand(r) for r in site)


def site_numbers(
    value: sp.Expr, coordinates: tuple[sp.Symbol, ...], names: tuple[str, ...] | None = None
) -> tuple[dict[tuple[str, Site], sp.Dummy], dict[sp.Basic, sp.Basic]]:
    """One symbol for each number of agents that an expression names, by (state, displacement); and the replacement."""
    numbers: dict[tuple[str, Site], sp.Dummy] = {}
    table: dict[sp.Basic, sp.Basic] = {}
    for call in value.atoms(AppliedUndef):
        name = call.func.__name__
        if len(call.args) != len(coordinates) or (names is not None and name not in names):
            continue
        site = tuple(sp.expand(a - c) for a, c in zip(call.args, coordinates, strict=True))
        table[call] = numbers.setdefault((name, site), sp.Dummy(f"n_{name}"))
    return numbers, table


def exact_closure(rules: tuple[Event, ...], states: tuple[str, ...], coordinates: tuple[sp.Symbol, ...]) -> bool:
    """Whether the averages obey linear equations of their own: the products of numbers cancel before any average is taken."""
    left = _products_left(rules, states, coordinates)
    if left is not None:
        return not left
    return all(_linear_balance(state, rules, coordinates, states) for state in states)


def _products_left(
    rules: tuple[Event, ...], states: tuple[str, ...], coordinates: tuple[sp.Symbol, ...]
) -> bool | None:
    """Whether d<n>/dt keeps a product of numbers; None where a rate is no short polynomial in them, or depends on place.

    A product is known by its sites; read at a displacement, each of them is moved. Rates that differ in their sites only are
    multiplied out once.
    """
    balance: dict[tuple[str, frozenset[tuple[tuple[str, Site], int]]], list[sp.Expr]] = {}
    multiplied: dict[sp.Expr, list[tuple[tuple[int, ...], sp.Expr]] | None] = {}

    @cache
    def apart(a: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.expand(a - b)

    for event in rules:
        sites, rate = _with_places_numbered(event, states, coordinates, apart)
        if rate not in multiplied:
            multiplied[rate] = _products(rate, len(sites), coordinates)
        products = multiplied[rate]
        if products is None or any(r.has(*coordinates) for p in (*event.come, *event.gone) for r in p.displacement):
            return None
        for powers, coefficient in products:
            together = [site for site, n in zip(sites, powers, strict=True) for _ in range(n)]
            for agent, sign in (*((p, 1) for p in event.come), *((p, -1) for p in event.gone)):
                moved = Counter((s, tuple(map(apart, site, agent.displacement))) for s, site in together)
                balance.setdefault((agent.state, frozenset(moved.items())), []).append(sign * coefficient)
    return any(sp.expand(sp.Add(*parts)) != 0 for parts in balance.values())


def _with_places_numbered(
    event: Event,
    states: tuple[str, ...],
    coordinates: tuple[sp.Symbol, ...],
    apart: Callable[[sp.Expr, sp.Expr], sp.Expr],
) -> tuple[Sites, sp.Expr]:
    """The sites that an event's rate names, in the order in which it does, and the rate with a number for each."""
    activity = event.intensity * agents_product(event.gone, coordinates)
    sites: dict[tuple[str, Site], sp.Symbol] = {}
    table: dict[sp.Basic, sp.Basic] = {}
    for call in sp.preorder_traversal(activity):
        if isinstance(call, AppliedUndef) and call.func.__name__ in states and call not in table:
            key = call.func.__name__, tuple(map(apart, call.args, coordinates))
            table[call] = sites.setdefault(key, NUMBERED[len(sites)] if len(sites) < len(NUMBERED) else sp.Dummy())
    return tuple(sites), activity.xreplace(table)


def _products(
    rate: sp.Expr, many: int, coordinates: tuple[sp.Symbol, ...]
) -> list[tuple[tuple[int, ...], sp.Expr]] | None:
    """The products of two and more numbers in a rate, by their powers, with coefficients; None as in :func:`_products_left`."""
    numbers = NUMBERED[:many]
    long = any(p.base.is_Add and p.exp.is_Integer and p.exp > LARGEST_LISTED for p in rate.atoms(sp.Pow))
    if (
        many > len(NUMBERED)
        or long
        or not rate.is_polynomial(*numbers)
        or rate.has(AppliedUndef, sp.Derivative, sp.Subs, *coordinates)
    ):
        return None
    if not many:
        return []
    return [(powers, value) for powers, value in sp.Poly(rate, *numbers).terms() if sum(powers) > 1]


def _linear_balance(
    state: str, rules: tuple[Event, ...], coordinates: tuple[sp.Symbol, ...], states: tuple[str, ...]
) -> bool:
    """Whether d<n(x)>/dt is linear in the numbers around x."""
    total = sp.Integer(0)
    for event in rules:
        activity = event.intensity * agents_product(event.gone, coordinates)
        for agents, sign in ((event.come, 1), (event.gone, -1)):
            for agent in agents:
                if agent.state == state:
                    back = {c: c - r for c, r in zip(coordinates, agent.displacement, strict=True)}
                    total += sign * read_at(activity, back)
    numbers, table = site_numbers(total, coordinates, states)
    symbols = list(numbers.values())
    if not symbols:
        return True
    balance = total.xreplace(table)
    if _is_curved(balance, symbols):
        return False
    balance = sp.expand(balance)
    if not balance.is_polynomial(*symbols):
        return False
    return bool(sp.Poly(balance, *symbols).total_degree() <= 1)


def _is_curved(balance: sp.Expr, symbols: list[sp.Dummy]) -> bool:
    """Whether the second difference along a ray of numbers is certainly not zero: quicker to see than the expanded balance."""
    primes = iter(sp.primerange(2, 10_000))
    ray = {s: next(primes) for s in symbols}
    calls = [*balance.atoms(sp.Derivative), *balance.atoms(AppliedUndef)]
    balance = balance.xreplace({c: sp.Dummy(str(c)) for c in calls})
    others = sorted(balance.free_symbols - set(symbols), key=str)
    at = {p: sp.Rational(next(primes), next(primes)) for p in others}
    below, here, above = (balance.xreplace({**at, **{s: sp.Integer(k * a) for s, a in ray.items()}}) for k in (1, 2, 3))
    return _certainly_not_zero(below - 2 * here + above)


def _certainly_not_zero(number: sp.Expr) -> bool:
    """Whether a number is a sum of rationals times exponentials of different rationals: then it is not zero, by Lindemann and Weierstrass."""
    number = sp.expand(number)
    exponentials = [term.as_coeff_Mul()[1] for term in sp.Add.make_args(number)]
    known = all(e == 1 or (isinstance(e, sp.exp) and e.exp.is_Rational) for e in exponentials)
    return bool(known and number != 0)


def agents_product(agents: tuple[Participant, ...], coordinates: tuple[sp.Symbol, ...]) -> sp.Expr:
    """The product of the densities of the agents that an event consumes, each at its place."""
    return sp.Mul(
        *(sp.Function(p.state)(*(c + r for c, r in zip(coordinates, p.displacement, strict=True))) for p in agents)
    )


def is_crowd(model: JumpModel) -> bool:
    """Whether the mean-field equations are nonlinear or inhomogeneous as they are written."""
    crowd = model.crowd
    if crowd.site_rate is not None or crowd.rod_length is not None:
        return True
    return any(density_calls(j.intensity, model) for j in model.jumps) or any(
        len(r.consumes) != 1 or density_calls(r.intensity, model) for r in crowd.reactions
    )


def density_calls(value: sp.Expr, model: JumpModel) -> set[AppliedUndef]:
    """The densities at named sites that an expression reads."""
    names = set(model.state_names)
    return {c for c in expand_definitions(value, model.functions).atoms(AppliedUndef) if c.func.__name__ in names}


def check_walkers(model: JumpModel, what: str) -> None:
    """Raise :class:`NotYetError` where agents meet, react or are born, or where an equation is stated instead of jumps:
    ``what`` is done for independent walkers only."""
    if model.scheme is not None:
        raise NotYetError(f"a master equation that is stated instead of jumps says nothing of walkers, which {what} need", where="master_equation",
                          instead="list the jumps with their probabilities or rates")  # fmt: skip
    if model.crowd.reactions or is_crowd(model):
        raise NotYetError(f"{what} are for independent walkers only so far, not for crowds and reactions",
                          where="reactions" if model.crowd.reactions else "jumps")  # fmt: skip
