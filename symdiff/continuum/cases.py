"""Results that depend on where a parameter lies: the range is cut, and every part of it is a case of its own.

Whether the index of a power law is below, at or above 1 or 2 decides which moments exist, and so which equation holds. Where
the declared range leaves that open the model is derived in each part, and each limit says for which values it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symdiff.continuum.limit import ContinuumLimit, Ranges, without_equation
from symdiff.errors import DerivationError, ModelError, NotYetError, OpenCaseError, SymdiffError
from symdiff.model.checking_laws import check_transform
from symdiff.model.jump_model import JumpModel, make_model
from symdiff.model.parameter import Interval
from symdiff.model.ranges import enclosure
from symdiff.model.step_law import StepLaw
from symdiff.model.waiting import WaitingLaw

Derive = Callable[[JumpModel], tuple[ContinuumLimit, ...]]


def in_cases(model: JumpModel, derive: Derive) -> tuple[ContinuumLimit, ...]:
    """``derive(model)``, or that of every case; raises what it raises where no case has a result."""
    try:
        _require_decided(model)
        return derive(model)
    except OpenCaseError as error:
        cases = cut(model, error)
        if not cases:
            raise
        found: list[tuple[Ranges, tuple[ContinuumLimit, ...] | SymdiffError]] = []
        for ranges in cases:
            try:
                found.append((ranges, in_cases(narrowed(model, ranges), derive)))
            except (DerivationError, NotYetError) as reason:
                found.append((ranges, reason))
        sample = next((limits[0] for _, limits in found if not isinstance(limits, SymdiffError)), None)
        if sample is None:
            raise
        return tuple(
            _within(limit, ranges)
            for ranges, limits in found
            for limit in (
                (without_equation(sample, sample.regime, limits),) if isinstance(limits, SymdiffError) else limits
            )
        )


def _require_decided(model: JumpModel) -> None:
    """Raise where the second moment of a step is finite for some values of its index and infinite for others."""
    for law in (j.law for j in model.jumps if j.law is not None):
        inner = law.inner or law
        index = dict(inner.arguments).get("index", dict(inner.arguments).get("dof"))
        if inner.distribution not in ("pareto", "lomax", "student"):
            index = next((s.exponent for s in law.singular if not s.exponent.is_Rational), None)
        if index is None or index.is_Rational or law.distribution == "levy":
            continue
        span = law.range_of(index)
        exact = law.distribution == "characteristic_function"
        if exact and span.low is not None and span.low >= 2:
            try:
                check_transform(law)  # read with numbers from the whole range
            except ModelError as error:
                raise DerivationError(error.message, where="[[jumps]]", instead=error.instead) from None
        if span.straddles(Fraction(2), ends=not exact):
            raise OpenCaseError(f"whether the steps have a second moment depends on {index}, which may lie on both sides of 2",
                                where="[[jumps]]", instead="narrow its range", index=index, at=2)  # fmt: skip


def cut(model: JumpModel, error: OpenCaseError) -> list[Ranges]:
    """The parts of the range of a parameter below, at and above the value on which the result depends."""
    index = sp.Add(error.index)
    symbol = next(iter(index.free_symbols)) if len(index.free_symbols) == 1 else None
    parameter = next((p for p in model.parameters if p.symbol == symbol), None)
    slope = index.coeff(symbol) if symbol is not None else sp.Integer(0)
    if parameter is None or parameter.integer or not slope.is_Rational or slope == 0:
        return []
    place = (error.at - (index - slope * symbol).expand()) / slope
    if not place.is_Rational:
        return []
    at, whole = Fraction(int(place.p), int(place.q)), parameter.interval
    parts = (Interval(None, at), Interval(at, at, False, False), Interval(at, None))
    common = [whole.intersect(part) for part in parts]
    return [((parameter.name, part),) for part in common if not part.empty and part != whole]


def narrowed(model: JumpModel, ranges: Ranges) -> JumpModel:
    """The model with parameters confined to ranges; one that is confined to a number is put in."""
    for name, span in ranges:
        if span.low is not None and span.low == span.high:
            model = model.substitute({name: sp.Rational(span.low.numerator, span.low.denominator)})
            continue
        symbol = next(p.symbol for p in model.parameters if p.name == name)
        changed = {f.name: _confined(getattr(model, f.name), symbol, span) for f in fields(model)}
        changed["parameters"] = tuple(
            replace(p, interval=span, assume=span.text(name)) if p.name == name else p for p in model.parameters
        )
        new = next(p.symbol for p in changed["parameters"] if p.name == name)  # what is positive now was not before
        if new != symbol:
            changed = {
                key: value if key == "parameters" else _renamed(value, symbol, new) for key, value in changed.items()
            }
        model = make_model(changed)
    return model


def _renamed(value: Any, old: sp.Symbol, new: sp.Symbol) -> Any:
    """Every expression inside a part of a model with one symbol in place of another."""
    if isinstance(value, sp.Basic):
        return value.xreplace({old: new})
    if isinstance(value, tuple):
        return tuple(_renamed(entry, old, new) for entry in value)
    if isinstance(value, Mapping):
        return {key: _renamed(entry, old, new) for key, entry in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        own = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        found = {n: _renamed(v, old, new) for n, v in own.items()}
        return replace(value, **{n: v for n, v in found.items() if v != own[n]})
    return value


def _confined(value: Any, symbol: sp.Symbol, span: Interval) -> Any:
    """Every law inside a part of a model with the range of one parameter confined."""
    if isinstance(value, tuple):
        return tuple(_confined(entry, symbol, span) for entry in value)
    if isinstance(value, (StepLaw, WaitingLaw)):
        arguments = dict(value.arguments)
        index = arguments.get("index", arguments.get("dof"))
        inner = value.inner if isinstance(value, StepLaw) else None
        if inner is not None:
            inner = _confined(inner, symbol, span)
        own = value.index_range if inner is None else inner.index_range
        if inner is None and isinstance(index, sp.Expr) and index.free_symbols == {symbol}:
            own = own.intersect(enclosure(index, {symbol: span}))
        box = tuple((s, old.intersect(span) if s == symbol else old) for s, old in value.box)
        return (
            replace(value, index_range=own, box=box)
            if inner is None
            else replace(value, index_range=own, box=box, inner=inner)
        )
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: _confined(getattr(value, f.name), symbol, span) for f in fields(value) if f.init}
        return replace(
            value, **{n: v for n, v in changes.items() if v is not getattr(value, n) and v != getattr(value, n)}
        )
    return value


def _within(limit: ContinuumLimit, ranges: Ranges) -> ContinuumLimit:
    """A limit that holds for some values only, and says for which."""
    ((name, span),) = ranges
    if name in dict(limit.ranges):
        return limit  # cut again, further inside
    return replace(limit, ranges=(*limit.ranges, *ranges), assumptions=(span.text(name), *limit.assumptions))
