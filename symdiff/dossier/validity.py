"""Which regime applies at given numbers: how large the next discarded term is on a length L and over a time T.

A term c d^n is as large as abs(c)/L^n there (with (-Laplacian)^s: L^(-2s); with a derivative in time: one 1/T more). The next
discarded terms are held against the kept ones of the highest derivative, which are what an equation adds last; in an equation
of higher order in time against the largest of all. A coefficient c(x) under its derivatives is as large there as the sum over
the product rule of abs(c^(j)(x)) binom(n, j)/L^(n - j), at the place that the user names. States that were eliminated must have relaxed: what is left of their preparation after T is e^(-gap T), with the gap of the switching.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdiff.continuum.isotropic import refuse_in_space
from symdiff.continuum.limit import ContinuumLimit
from symdiff.continuum.resetting import without_gain
from symdiff.dossier.derivation import Derivation
from symdiff.dossier.settings import Settings
from symdiff.equations.evolution_equation import Term, fractional_name, fractional_parts
from symdiff.errors import NotYetError, UsageError
from symdiff.model.definitions import expand_definitions
from symdiff.model.jump_model import JumpModel

TOLERANCE = (
    0.1  # a next term of a tenth of the last kept one, or a tenth of the preparation: beyond, the regime is left
)
OF_A_COEFFICIENT = "the size of a fractional derivative of a coefficient that depends on place is not known"
LENGTH, TIME = sp.Symbol("L", positive=True), sp.Symbol("T", positive=True)
Values = dict[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class Group:
    """A dimensionless number that decides, as a formula (None where it has no short one) and as a value."""

    name: str
    expression: sp.Expr | None
    value: float


@dataclass(frozen=True)
class RegimeValidity:
    """One regime at the user's numbers.

    ``relative`` is the size of the next discarded terms over that of the last kept ones, ``effect`` what they change of a
    density of order one within T, ``leading`` their largest ratio as a group; all None where they are not known, for the
    reason ``why``. ``applies`` is None then.
    """

    regime: str
    applies: bool | None
    relative: float | None
    effect: float | None
    leading: Group | None
    groups: tuple[Group, ...]
    why: str


@dataclass(frozen=True)
class Validity:
    """Every regime, and the best of those that apply (None: none does)."""

    length: sp.Expr
    time: sp.Expr
    regime: str | None
    regimes: tuple[RegimeValidity, ...]


@dataclass(frozen=True)
class Numbers:
    """What the symbols of a model stand for: parameters, L and T, and the place (and time) that is looked at."""

    model: JumpModel
    values: Values

    def of(self, expression: sp.Expr) -> float:
        """The value; raises :class:`NotYetError` that says what is not given."""
        value = self._written_out(expression).xreplace(self.values)
        calls = {a.func.__name__ for a in value.atoms(AppliedUndef)}
        if calls & set(self.model.state_names):
            raise NotYetError("the coefficients depend on the densities: their size is no matter of one length")
        if calls:
            first = min(calls)
            raise NotYetError(f"the coefficients hold {', '.join(sorted(calls))}, which the model leaves open: put it in, as in --set '{first}=...'")  # fmt: skip
        missing = sorted(s.name for s in value.free_symbols & set(self._variables))
        if missing:
            raise NotYetError(
                f"the coefficients depend on {', '.join(missing)}: say where, as in --at {missing[0]}=..."
            )
        if not value.is_number:
            raise NotYetError(f"{value} has no value at these numbers")
        return float(value)

    def together(self, terms: list[Term]) -> list[tuple[float, Term]]:
        """Terms of one power, of which some hold the logarithm of a length, whose unit the others undo: at the wave number 1/L,
        first those in phase with the density, then those a quarter out of it."""
        sums: dict[int, float] = {}
        largest: dict[int, tuple[float, Term]] = {}
        for term in terms:
            if term.inside:
                raise NotYetError(OF_A_COEFFICIENT)
            turns = sum(term.space)  # (i k)^n
            value = (-1) ** (turns // 2) * self.of(term.coefficient / _scale(term)) * self._logarithms(term)
            sums[turns % 2] = sums.get(turns % 2, 0.0) + value
            largest[turns % 2] = max(largest.get(turns % 2, (-1.0, term)), (abs(value), term), key=lambda p: p[0])
        return [(abs(value), largest[phase][1]) for phase, value in sorted(sums.items())]

    def _logarithms(self, term: Term) -> float:
        return math.log(1 / self.of(LENGTH)) ** term.logarithms if term.logarithms else 1.0

    def size(self, term: Term) -> float:
        """How large a term is for a density of order one that varies over L and T."""
        written = self._written_out(term.coefficient)
        if not (term.inside and (written.free_symbols & set(self._variables) or written.atoms(AppliedUndef))):
            return abs(self.of(written / _scale(term)) * self._logarithms(term))
        if term.fractional is not None:
            raise NotYetError(OF_A_COEFFICIENT)
        total = 0.0
        for orders in itertools.product(*(range(n + 1) for n in term.space)):
            times = math.prod(math.comb(n, j) for n, j in zip(term.space, orders, strict=True))
            steps = [(c, j) for c, j in zip(self.model.coordinate_symbols, orders, strict=True) if j]
            part = sp.diff(written, *steps) if steps else written
            total += times * abs(self.of(part * LENGTH ** sum(orders) / _scale(term)))
        return total

    def varies(self, term: Term) -> bool:
        """Whether the coefficient depends on place or time."""
        return bool(self._written_out(term.coefficient).free_symbols & set(self._variables))

    @property
    def _variables(self) -> tuple[sp.Symbol, ...]:
        return (*self.model.coordinate_symbols, self.model.time)

    def _written_out(self, expression: sp.Expr) -> sp.Expr:
        return expand_definitions(expression, self.model.functions)


def validity(
    derivation: Derivation, settings: Settings, length: sp.Expr, time: sp.Expr, at: Mapping[str, sp.Expr] | None = None
) -> Validity:
    """Judge every limit of a derivation made with symbols; ``settings`` and the file's ``[values]`` give the numbers.

    ``at`` names the place that is looked at (and ``t``), where coefficients depend on it. Raises :class:`UsageError` where a number is missing or L and T are not positive.
    """
    refuse_in_space(derivation.model, "the discarded terms")
    for name, value in (("--length", length), ("--time", time)):
        if not (value.is_number and value.is_positive):
            raise UsageError(f"{value} is no positive number", where=name)
    values = _values(derivation.model, settings) | _place(derivation.model, at or {})
    given = {s.name: value for s, value in values.items()}
    limits = [
        without_gain(limit) if limit.resets else limit  # away from the places of the gain
        for limit in derivation.limits
        if all(span.contains(sp.Rational(given[name])) for name, span in limit.ranges)
    ]
    numbers = Numbers(derivation.model, values | {LENGTH: length, TIME: time})
    found = tuple(_judged(derivation.model, limit, numbers) for limit in limits)
    applying = [r for r in found if r.applies]
    best = min(applying, key=lambda r: (r.relative is None, r.relative or 0.0), default=None)
    return Validity(length, time, None if best is None else best.regime, found)


def _values(model: JumpModel, settings: Settings) -> Values:
    given = dict(model.values) | dict(settings.values)
    table = {p.symbol: given[p.name] for p in model.parameters if p.name in given}
    for _ in table:  # one value may name other parameters
        table = {s: sp.sympify(v).xreplace(table) for s, v in table.items()}
    missing = sorted(p.name for p in model.parameters if not table.get(p.symbol, p.symbol).is_number)
    if missing:
        raise UsageError(
            f"no number is given for {', '.join(missing)}",
            where="--set",
            instead=" ".join(f"--set {n}=..." for n in missing),
        )
    return table


def _place(model: JumpModel, at: Mapping[str, sp.Expr]) -> Values:
    known = {s.name: s for s in (*model.coordinate_symbols, model.time)}
    for name, value in at.items():
        if name not in known:
            raise UsageError(
                f"'{name}' is no coordinate of the model", where="--at", instead=f"known here: {', '.join(known)}"
            )
        if not (value.is_number and value.is_real and value.is_finite):
            raise UsageError(f"{value} is no number", where=f"--at {name}", instead=f"write --at {name}=1/2")
    return {known[name]: value for name, value in at.items()}


def _scale(term: Term) -> sp.Expr:
    """L and T to the power with which they divide the coefficient."""
    order: sp.Expr = sp.Integer(sum(term.space))
    if term.fractional is not None:
        order = order + fractional_parts(2 * term.fractional)[0]
    late = term.time if term.caputo is None else term.time + term.caputo
    return LENGTH**order * TIME**late


def _judged(model: JumpModel, limit: ContinuumLimit, numbers: Numbers) -> RegimeValidity:
    try:
        groups = _groups(model, limit, numbers)
        if not limit.equations:
            return RegimeValidity(limit.title, None, None, None, None, groups, limit.closure.why)
        kept = [t for e in limit.equations for t in (*e.left, *e.right) if t.time == 0 or len(e.left) > 1]
        sizes = [(numbers.size(t), t) for t in kept]
        highest = max((sum(t.space) for size, t in sizes if size), default=None)
        if any(
            len(e.left) > 1 for e in limit.equations
        ):  # of a higher order in time: all kept terms balance each other
            last = sorted(((size, t) for size, t in sizes if size), key=lambda p: p[0])[-1:]
        else:
            last = [(size, t) for size, t in sizes if size and sum(t.space) == highest]
        if not last:
            return RegimeValidity(limit.title, None, None, None, None, groups, "nothing is kept at these numbers")
        for part in sorted({d.whole_power for d in limit.discarded}):
            terms = [t for d in limit.discarded if d.whole_power == part for t in d.terms]
            found = (
                numbers.together(terms) if any(t.logarithms for t in terms) else [(numbers.size(t), t) for t in terms]
            )
            if any(size for size, _ in found):
                return _verdict(limit, found, last, groups, numbers)
    except NotYetError as error:
        return RegimeValidity(limit.title, None, None, None, None, (), error.message)
    if limit.remainder_power == sp.oo or _is_exact(limit):
        return RegimeValidity(limit.title, _settled(groups), 0.0, 0.0, None, groups, "nothing is discarded")
    why = f"the next term is of the order eps**({limit.remainder_power}) or beyond; its size is not known"
    why += _what_is_known(model, limit, kept, numbers)
    settled = None if _settled(groups) else False  # what is not known cannot be said to be small
    return RegimeValidity(limit.title, settled, None, None, None, groups, why)


def _is_exact(limit: ContinuumLimit) -> bool:
    """Whether the second route found no difference at all."""
    return bool(limit.confirmation.digits) and limit.confirmation.observed_power is None


def _what_is_known(model: JumpModel, limit: ContinuumLimit, kept: list[Term], numbers: Numbers) -> str:
    """Of a next term in the long-wave regime: how it falls with L, in units of the root mean square step."""
    spread = [value for name, value in limit.coefficients if name in {"D", *(f"D_{c}{c}" for c in limit.coordinates)}]
    power = limit.remainder_power.xreplace(numbers.values) - max((sum(t.space) for t in kept), default=0)
    if (
        limit.regime.origin != "long-wave"
        or not spread
        or not power.is_number
        or len(model.state_names) > 1
        or not model.jumps
    ):
        return ""
    pace = model.time_step or 1 / sp.Add(*(j.intensity for j in model.jumps))
    try:
        ratio = (2 * numbers.of(sp.Add(*spread) * pace)) ** 0.5 / numbers.of(LENGTH)
    except (NotYetError, ZeroDivisionError):
        return ""
    return f"; a constant that the model leaves open times (l/L)**{power} = {ratio ** float(power):.3g} of the last kept one, l the root mean square step"  # fmt: skip


def _settled(groups: tuple[Group, ...]) -> bool:
    """Whether the eliminated states have relaxed and the step is short."""
    return all(g.value <= TOLERANCE for g in groups if g.name in ("e^(-gap T)", "time step/T"))


def _verdict(
    limit: ContinuumLimit, found: list[tuple[float, Term]], last: list[tuple[float, Term]], groups: tuple[Group, ...], numbers: Numbers
) -> RegimeValidity:  # fmt: skip
    next_size, kept_size = sum(size for size, _ in found), sum(size for size, _ in last)
    relative = next_size / kept_size
    (size, term), (against, kept) = max(found, key=lambda p: p[0]), max(last, key=lambda p: p[0])
    ratio = None
    if not (numbers.varies(term) or numbers.varies(kept) or any(t.logarithms for _, t in (*found, *last))):
        ratio = sp.factor(term.coefficient / _scale(term) / (kept.coefficient / _scale(kept)))
    leading = Group(f"{_named(limit, term)} over {_named(limit, kept)}", ratio, size / against)
    settled, near = _settled(groups), relative <= TOLERANCE
    why = "the next term is small" if near else "the next term is not small"
    if not settled:
        why += "; the internal states have not relaxed, or the time is but a few steps"
    return RegimeValidity(limit.title, near and settled, relative, next_size * numbers.of(TIME), leading, groups, why)


def _named(limit: ContinuumLimit, term: Term) -> str:
    letters = "".join(c.name * n for c, n in zip(limit.coordinates, term.space, strict=True)) + "t" * term.time
    name = term.density if term.fractional is None else f"{fractional_name(term.fractional)} {term.density}"
    return f"d_{letters} {name}" if letters else name


def _groups(model: JumpModel, limit: ContinuumLimit, numbers: Numbers) -> tuple[Group, ...]:
    """Step over length, time step over time, relaxation, and v T/L, D T/L^2, v L/D; beside waits of index a T^a for T, and K for D."""
    found = []
    lengths = [
        (abs(numbers.of(d)), d)
        for j in model.jumps
        if j.law is None
        for d in j.displacement
        if not d.atoms(AppliedUndef)
    ]
    if lengths:
        longest = max(lengths, key=lambda p: p[0])[1]
        found.append(_group("step/L", sp.Abs(longest) / LENGTH, numbers))
    if model.time_step is not None:
        found.append(_group("time step/T", model.time_step / TIME, numbers))
    gap = _gap(model, numbers, len(limit.equations)) if limit.local_equilibrium else None
    if gap is not None:
        found.append(Group("e^(-gap T)", None, math.exp(-gap * numbers.of(TIME))))
    roles = dict(limit.coefficients)
    fractional = limit.equation is not None and any(t.caputo is not None for t in limit.equation.left)
    index, stable = (
        roles.get("waiting_index", sp.S.One) if fractional else sp.S.One,
        roles.get("stability_index", sp.Integer(2)),
    )
    time = "T" if index == 1 else f"T^({index})"
    for name, value in roles.items():
        if name == "v" or name.startswith("v_"):
            found.append(_group(f"{name} {time}/L", value * TIME**index / LENGTH, numbers))
            spread = roles.get("D" if name == "v" else f"D_{name[2:]}{name[2:]}")
            if spread is not None and numbers.of(spread) != 0:
                found.append(
                    _group(
                        f"{name} L/{'D' if name == 'v' else f'D_{name[2:]}{name[2:]}'}",
                        value * LENGTH / spread,
                        numbers,
                    )
                )
        elif name == "D" or name.startswith("D_"):
            found.append(_group(f"{name} {time}/L^2", value * TIME**index / LENGTH**2, numbers))
        elif name == "K" or (name.startswith("K_") and "K" not in roles):
            found.append(
                _group(
                    f"{name} {time}/L^{stable if stable.is_Atom else f'({stable})'}",
                    value * TIME**index / LENGTH**stable,
                    numbers,
                )
            )
    return tuple(found)


def _group(name: str, expression: sp.Expr, numbers: Numbers) -> Group:
    return Group(name, expression, numbers.of(expression))


def _gap(model: JumpModel, numbers: Numbers, densities: int) -> float | None:
    """The slowest rate at which the states relax to the local equilibrium of ``densities`` slow ones; None where there is only one state."""
    import numpy as np  # loaded when used: start-up time

    size = len(model.state_names)
    if size == 1 or model.clock not in ("continuous", "discrete"):
        return None
    matrix = np.zeros((size, size))
    for i, j, jump in model.transitions():
        rate = numbers.of(jump.intensity)
        matrix[i, j] += rate
        matrix[j, j] -= rate
    eigenvalues = np.linalg.eigvals(matrix)
    if model.time_step is not None:
        step = numbers.of(model.time_step)
        kept = [abs(1 + e) for e in eigenvalues]
        rates = [math.inf if k < 1e-300 else -math.log(k) / step for k in kept]
    else:
        rates = [-float(e.real) for e in eigenvalues]
    fast = sorted(rates)[
        max(1, densities) :
    ]  # the first are those of the densities; a staggered mode of modulus one never relaxes
    return max(0.0, fast[0]) if fast else None
