"""A profile of densities as the user writes it, and the window in which it is of interest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symdiff.dossier.solution import Values
from symdiff.errors import UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate
from symdiff.notation.expression import Scope, parse_expression

EDGE = 1e-3  # of a profile's height: where it counts as over
DEFAULT_SITES = 40  # of a window in which nothing varies


@dataclass(frozen=True)
class Profile:
    """The densities at time 0, by name, as expressions of the coordinate ``x``."""

    names: tuple[str, ...]
    bodies: tuple[sp.Expr, ...]
    x: sp.Symbol
    values: Values

    def at(self, places: FloatArray) -> FloatArray:
        """All densities, of shape (densities, places)."""
        rows = []
        with np.errstate(all="ignore"):
            for body in self.bodies:
                found = evaluate(body, {**self.values, self.x: np.asarray(places, dtype=float)}, array_arithmetic())
                rows.append(np.broadcast_to(np.asarray(found, dtype=float), places.shape))
        return np.array(rows)


def read_profile(model: JumpModel, initial: Mapping[str, str] | None, values: Values) -> Profile:
    """The profile as the user wrote it; raises :class:`UsageError` where a density is missing or an expression is none."""
    names, x = model.state_names, model.coordinate_symbols[0]
    example = f"--initial '{names[0]} = exp(-{x}**2)/2'"
    if not initial:
        raise UsageError("a crowd has no law of one walker: its densities are solved from an initial profile", where="solve",
                         instead=f"add one, as {example}")  # fmt: skip
    given = dict(initial)
    if set(given) == {""} and len(names) == 1:
        given = {names[0]: given[""]}
    if unknown := sorted(set(given) - set(names)):
        raise UsageError(f"the model has no density {unknown[0]!r}", where="--initial", instead=f"write {example}")
    if missing := [n for n in names if n not in given]:
        raise UsageError(f"nothing is said of {', '.join(missing)} at time 0", where="--initial",
                         instead=f"add --initial '{missing[0]} = 0', or another expression of {x}")  # fmt: skip
    scope = Scope({p.name: p.symbol for p in model.parameters} | {x.name: x})
    bodies = tuple(parse_expression(given[n].strip(), scope) for n in names)
    for body in bodies:
        if body.has(sp.Piecewise) or body.has(sp.Derivative, sp.Integral, sp.Sum):
            raise UsageError(
                f"{body} is not read in a profile", where="--initial", instead="write cases with Heaviside, Max and Min"
            )
    return Profile(names, bodies, x, values)


def read_initial(texts: Sequence[str]) -> dict[str, str]:
    """``u = exp(-x**2)`` (also ``u(x) = ...`` and, of a single density, the expression alone), several texts."""
    found: dict[str, str] = {}
    for text in texts:
        match = re.match(r"\s*([^\W\d]\w*)\s*(?:\([^()]*\))?\s*=(?!=)(.*)", text, re.DOTALL)
        name, body = (match[1], match[2]) if match else ("", text)
        if name in found:
            raise UsageError(f"{name or 'the density'} is given twice", where="--initial")
        found[name] = body
    if "" in found and len(found) > 1:
        raise UsageError(
            f"{found[''][:40]!r} names no density", where="--initial", instead="write 'DENSITY = EXPRESSION'"
        )
    return found


def read_window(text: str) -> tuple[str, str]:
    """``LOW:HIGH``, two expressions of the parameters."""
    low, colon, high = text.partition(":")
    if not colon or not low.strip() or not high.strip() or ":" in high:
        raise UsageError(
            f"{text[:40]!r} is no window", where="--window", instead="write LOW:HIGH, as in --window=-10:10"
        )
    return low, high


def find_window(
    model: JumpModel, profile: Profile, spacing: float, origin: float, given: tuple[str, str] | None, values: Values
) -> tuple[float, float]:
    """The window of the user, or the places between which the profile varies."""
    if given is not None:
        return read_bounds(given, model, values)
    h = spacing
    for scale in h * 2.0 ** np.arange(3, 15):
        places = origin + np.linspace(-scale, scale, 4001)
        rows = profile.at(places)
        check_finite(rows, places, profile)
        inside = [_support(row) for row in rows]
        low, high = min(a for a, _ in inside), max(b for _, b in inside)
        if low > high:  # nothing varies
            wider = profile.at(origin + np.linspace(-4 * scale, 4 * scale, 4001))
            if np.ptp(wider, axis=1).max() > EDGE * max(float(np.abs(wider).max()), 1e-300):
                continue
            return origin - DEFAULT_SITES / 2 * h, origin + DEFAULT_SITES / 2 * h
        if low >= 1000 and high <= 3000:  # the outer halves are flat
            return float(places[low]), float(places[high])
    raise UsageError("the profile does not become constant to the left and to the right: no window is known", where="--window",
                     instead="add --window LOW:HIGH (of a periodic profile, one period)")  # fmt: skip


def read_bounds(given: tuple[str, str], model: JumpModel, values: Values) -> tuple[float, float]:
    """The ends of a window in numbers."""
    low, high = (read_number(text, model, values, "--window") for text in given)
    if not low < high:
        raise UsageError(f"the window from {low:g} to {high:g} is empty", where="--window", instead="write LOW:HIGH")
    return low, high


def _support(row: FloatArray) -> tuple[int, int]:
    """The first and last of 4001 places at which a density differs from its value at that end."""
    height = max(float(np.ptp(row)), 1e-12 * float(np.max(np.abs(row))))
    if height <= 1e-12 * float(np.max(np.abs(row))):
        return len(row), -1
    left, right = np.abs(row - row[0]) > EDGE * height, np.abs(row - row[-1]) > EDGE * height
    return int(np.argmax(left)), len(row) - 1 - int(np.argmax(right[::-1]))


def read_number(text: str, model: JumpModel, values: Values, where: str) -> float:
    """An expression of the parameters as a finite number."""
    scope = Scope({p.name: p.symbol for p in model.parameters})
    try:
        found = float(evaluate(parse_expression(text.strip(), scope), values, array_arithmetic()))
    except (ArithmeticError, TypeError):
        found = float("nan")
    if not np.isfinite(found):
        raise UsageError(
            f"{text[:40]!r} is no finite number", where=where, instead="a number, or an expression of the parameters"
        )
    return found


def check_finite(rows: FloatArray, places: FloatArray, profile: Profile) -> None:
    """Raises :class:`UsageError` where a density has no finite value."""
    for name, row in zip(profile.names, rows, strict=True):
        if not np.all(np.isfinite(row)):
            at = places[int(np.argmin(np.isfinite(row)))]
            raise UsageError(f"{name} has no finite value at {profile.x} = {at:.6g}", where="--initial")
