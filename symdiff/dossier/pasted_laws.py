r"""Integrals and endless sums over jumps in a pasted master equation: ``\int w(r) P(x-r, t) dr`` is a law of steps.

A kernel that is written out is the density of the steps (that it is normalised is checked when the model is built); of one that is
only named, as in ``\sum_k w_k P(m-k, n)``, the equation of second order needs the first two moments, which become parameters.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.errors import ModelError, NotYetError

STEP = sp.Symbol("length of the step")  # r of the model file; the equation may use r for something else
NUMBER = sp.Symbol("number of the step")  # over which a sum runs
MOST_GAINS = 4
_ADVICE = "state the law of the steps in a model file"


@dataclass(frozen=True)
class Law:
    """Walkers of ``source`` jump by ``displacement``, drawn with ``weight`` times ``kernel``, both functions of ``variable``.

    ``low`` and ``high`` are the ends of the variable: the step ``r`` of an integral, the number of a sum. ``unnormalised``: the loss
    stands under the same integral, so that the kernel is a rate by itself. ``moves`` is False for that loss.
    """

    source: str
    weight: sp.Expr
    kernel: sp.Expr
    variable: sp.Symbol
    displacement: sp.Expr
    low: sp.Expr
    high: sp.Expr
    moves: bool = True
    unnormalised: bool = False
    total: sp.Expr | None = field(
        default=None, compare=False
    )  # all weights together, where they are written out and known

    @property
    def summed(self) -> bool:
        """Whether it is a sum."""
        return bool(self.variable == NUMBER)

    @property
    def named(self) -> AppliedUndef | None:
        """The call w(r), w(-r) or w(abs(r)) of a kernel that is only named; None where the kernel is written out.

        Raises :class:`NotYetError` for a kernel that is neither.
        """
        calls = self.kernel.atoms(AppliedUndef)
        if not calls:
            return None
        call = next(iter(calls))
        plain = len(calls) == 1 and len(call.args) == 1 and not (self.kernel / call).has(self.variable)
        if not plain or call.args[0] not in (self.variable, -self.variable, sp.Abs(self.variable)):
            raise NotYetError(f"the law {self.kernel} is not known well enough to draw jumps from it", instead=_ADVICE)
        return call


def is_over_jumps(e: sp.Basic) -> bool:
    """Whether ``e`` is an integral, or a sum over one number without end or to a symbol."""
    if isinstance(e, sp.Integral):
        return True
    return isinstance(e, sp.Sum) and len(e.limits) == 1 and not all(b.is_Integer for b in e.limits[0][1:])


def laws_of(
    gap: sp.Expr, names: Sequence[str], places: Sequence[sp.Symbol], time: sp.Symbol
) -> tuple[tuple[Law, ...], sp.Expr]:
    """The laws of steps in a sum of terms, and what is left of it.

    Raises :class:`NotYetError` for integrals that are no laws of steps, such as memories and kernels that depend on place, and
    :class:`ModelError` where the loss under an integral does not match its gain.
    """
    found: list[Law] = []
    rest: list[sp.Expr] = []
    for term in sp.Add.make_args(gap):
        over = [f for f in sp.Mul.make_args(term) if is_over_jumps(f)]
        if not over:
            if term.atoms(sp.Integral):
                raise NotYetError("an integral inside of another expression is not read into a model", instead=_ADVICE)
            rest.append(term)
            continue
        front = sp.Mul(*(f for f in sp.Mul.make_args(term) if f is not over[0]))
        if len(over) > 1 or len(places) != 1 or len(over[0].limits) != 1:
            raise NotYetError(
                "integrals over several jumps, or in several dimensions, are not turned into a model yet",
                instead=_ADVICE,
            )
        if front.atoms(AppliedUndef) or front.has(*places):
            raise NotYetError("an integral is multiplied by something that depends on place or time", instead=_ADVICE)
        found += _laws(front, over[0], names, places[0], time)
    return _paired(_merged(found)), sp.Add(*rest)


def _merged(found: Sequence[Law]) -> list[Law]:
    """Laws that differ in their constant factors alone as one: ``(1-q) \\sum`` was multiplied out."""
    together: dict[Law, sp.Expr] = {}
    for law in found:
        key = replace(law, weight=sp.S.One)
        together[key] = together.get(key, sp.S.Zero) + law.weight
    return [replace(law, weight=weight) for law, weight in together.items() if weight != 0]


def _laws(front: sp.Expr, over: sp.Expr, names: Sequence[str], place: sp.Symbol, time: sp.Symbol) -> list[Law]:
    """The gains and losses under one integral or sum."""
    variable, *ends = over.limits[0]
    low, high = ends if len(ends) == 2 else (-sp.oo, sp.oo)
    terms = [_one_density(t, names, time) for t in _distributed(over.function, names)]
    starts = [where for _, _, where in terms if where.has(variable)]
    whole = sp.Add(*(kernel for _, kernel, _ in terms))
    beside = starts[0] if starts else place - variable if not whole.has(place) else variable
    found = []
    for name, kernel, where in terms:
        moves = where.has(variable)
        start = where if moves else beside
        step = sp.expand(place - start)  # the walker that arrives at x has left x - r
        slope = sp.diff(step, variable)
        if (
            slope.has(variable, place)
            or slope == 0
            or sp.diff(start, place) not in (0, 1)
            or not (moves or where == place)
        ):
            raise NotYetError(f"{where} is no place at a distance {variable}", instead=_ADVICE)
        if isinstance(over, sp.Sum):
            if step.has(place):
                raise NotYetError("a sum over all sites, with rates for every pair, does not say how the rates depend on the distance",
                                  instead="write it as a sum over distances: \\sum_k w_k P_{m-k}")  # fmt: skip
            summed = {variable: NUMBER}
            law = Law(name, front, kernel.xreplace(summed), NUMBER, step.xreplace(summed), low, high, moves)
        else:
            if slope not in (1, -1):
                raise NotYetError(
                    f"{start} is no place at a distance {variable}", instead="integrate over the length of the jump"
                )
            old = sp.expand((STEP - step.xreplace({variable: sp.S.Zero})) / slope)
            first, last = (_end(step, variable, e) for e in ((low, high) if slope == 1 else (high, low)))
            law = Law(name, front, _replaced(kernel, variable, old), STEP, STEP, first, last, moves)
        found.append(_checked(law, place, time))
    return found


def _distributed(e: sp.Expr, names: Sequence[str]) -> list[sp.Expr]:
    """The terms of a sum of products, multiplied out as far as the densities need it."""
    if isinstance(e, sp.Add):
        return [t for a in e.args for t in _distributed(a, names)]
    sums = [f for f in sp.Mul.make_args(e) if isinstance(f, sp.Add) and any(
        c.func.__name__ in names for c in f.atoms(AppliedUndef))]  # fmt: skip
    if not sums:
        return [e]
    rest = e / sums[0]
    return [t for a in sums[0].args for t in _distributed(rest * a, names)]


def _one_density(term: sp.Expr, names: Sequence[str], time: sp.Symbol) -> tuple[str, sp.Expr, sp.Expr]:
    """The density in one term, what multiplies it, and its place."""
    calls = [f for f in sp.Mul.make_args(term) if isinstance(f, AppliedUndef) and f.func.__name__ in names]
    grown = [
        c for c in term.atoms(AppliedUndef) if c.func.__name__ not in names and any(a.has(AppliedUndef) for a in c.args)
    ]
    if grown and not calls:
        raise NotYetError(f"{grown[0]} is a function of a density: growth of a general form before the steps is not read into a model",
                          instead="write its linear part, R_0 N, or state births and deaths in a model file ([[reactions]])")  # fmt: skip
    if len(calls) != 1 or any(c.func.__name__ in names for c in (term / calls[0]).atoms(AppliedUndef)):
        raise NotYetError("what stands under the integral is not one density times a law of jumps", instead=_ADVICE)
    where = [a for a in calls[0].args if a != time]
    if len(where) != 1 or len(calls[0].args) != 2:
        raise NotYetError("the integral holds a density at another time (a memory)",
                          instead="state the law of the waits in a model file: [waiting_time]")  # fmt: skip
    return calls[0].func.__name__, term / calls[0], where[0]


def _replaced(kernel: sp.Expr, variable: sp.Symbol, old: sp.Expr) -> sp.Expr:
    moved = kernel.xreplace({variable: old})
    return moved.xreplace({c: c.func(*(sp.expand(a) for a in c.args)) for c in moved.atoms(AppliedUndef)})


def _end(step: sp.Expr, variable: sp.Symbol, end: sp.Expr) -> sp.Expr:
    """The step at one end of the integral."""
    if end.is_infinite:
        return sp.oo if (sp.diff(step, variable) > 0) == (end > 0) else -sp.oo
    return sp.expand(step.xreplace({variable: end}))


def _checked(law: Law, place: sp.Symbol, time: sp.Symbol) -> Law:
    """The law with a kernel free of the place, as far as expanding shows."""
    kernel = law.kernel
    if kernel.has(place):
        powers = {e: sp.exp(sp.expand(e.args[0])) for e in kernel.atoms(sp.exp)}
        others = {e: e.func(*(sp.expand(a) for a in e.args)) for e in kernel.atoms(sp.Abs, sp.Pow) if e.has(place)}
        kernel = kernel.xreplace(others).xreplace(powers)
    if kernel.has(place, time):
        raise NotYetError("the law of the jumps depends on the place or on time: the equation does not name its moments",
                          instead="state a rate that depends on x, and the law of the steps, in a model file")  # fmt: skip
    if law.low.has(place) or law.high.has(place):
        raise NotYetError(
            "the ends of the integral depend on the place: walls are not read from LaTeX yet", instead=_ADVICE
        )
    return replace(law, kernel=kernel)


def _paired(found: Sequence[Law]) -> tuple[Law, ...]:
    """The gains, each marked where its loss stands under an integral too."""
    gains = [law for law in found if law.moves]
    losses = [law for law in found if not law.moves]
    if not losses:
        return tuple(gains)
    if len(gains) <= MOST_GAINS:
        for choice in itertools.product(
            (1, -1, 0), repeat=len(gains)
        ):  # with its own kernel, with the mirrored one, not among them
            parts = [_mirrored(g) if c == -1 else g for g, c in zip(gains, choice, strict=True) if c]
            if _balance([*parts, *losses]):
                return tuple(replace(g, unnormalised=bool(c)) for g, c in zip(gains, choice, strict=True))
    raise ModelError("the loss under the integral does not match the gain", instead="check the signs and the kernel")


def _balance(laws: Sequence[Law]) -> bool:
    """Whether kernels with their weights cancel, source by source."""
    return all(
        sp.expand(sp.Add(*(law.weight * law.kernel for law in laws if law.source == source))) == 0
        for source in {law.source for law in laws}
    )


def _mirrored(law: Law) -> Law:
    return replace(law, kernel=_replaced(law.kernel, law.variable, -law.variable))
