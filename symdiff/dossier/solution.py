"""What ``symdiff solve`` hands back, and the times that it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy as sp

from symdiff.continuum.limit import ContinuumLimit
from symdiff.dossier.settings import Settings
from symdiff.dossier.verify_numbers import base_values, eps_path
from symdiff.errors import UsageError
from symdiff.evidence.arrays import FloatArray, array_arithmetic
from symdiff.model.jump_model import JumpModel
from symdiff.notation.evaluation import evaluate
from symdiff.notation.expression import Scope, parse_expression
from symdiff.notation.storable import Storable

Values = Mapping[sp.Symbol, float]
Times = Sequence[tuple[float, int | None]]
MOST_TIMES = 50
WORST = 0.01  # of the highest density: a numerical error above it is refused
WALKER = "exact law of the walker"


@dataclass(frozen=True)
class SolvedTime:
    """One time: places, and there the law of the rules and the solution.

    Densities per length of walkers, numbers per site of crowds, of ``density`` where there are several. ``steps`` is None in
    continuous time; ``difference`` is the largest one, relative to the highest density of the law.
    """

    time: float
    steps: int | None
    places: tuple[float, ...]
    law: tuple[float, ...]
    solution: tuple[float, ...]
    difference: float
    density: str = ""


@dataclass(frozen=True)
class Solution(Storable):
    """The derived equation of one regime solved from the model's [initial] or a profile, beside the law of the rules.

    ``width`` is that of the Gaussian over which both were spread at the start (0: from a point, or a profile);
    ``numerical_error`` is that of the solver, relative to the highest density; ``drawn`` names the parameters that nobody set;
    ``law_is`` says what the law is, exact or a mean field.
    """

    title: str
    regime: str
    equation: str
    coordinate: str
    values: tuple[tuple[str, str], ...]
    drawn: tuple[str, ...]
    times: tuple[SolvedTime, ...]
    width: float
    numerical_error: float
    notes: tuple[str, ...]
    shown: str = ""  # the equation in one line of Unicode
    law_is: str = WALKER


def shown_values(values: Values) -> tuple[tuple[str, str], ...]:
    """Parameters by name, 12 digits."""
    return tuple((s.name, f"{v:.12g}") for s, v in sorted(values.items(), key=lambda item: item[0].name))


def numbers_of(
    prepared: JumpModel, limit: ContinuumLimit, settings: Settings
) -> tuple[dict[sp.Symbol, float], tuple[str, ...]]:
    """Numbers for all parameters, and the names of those that nobody set: then at a small eps of the regime."""
    base = base_values(prepared, settings, simple=True)
    scaled = {s.name for key, _ in limit.regime.powers for s in key.free_symbols}
    eps = 0.25 if scaled and scaled <= set(base.drawn) else 1.0  # the equation of a regime holds for small eps
    return {s: float(v) for s, v in eps_path(prepared, limit.regime, base).values(eps).items()}, base.drawn


def read_times(texts: Sequence[str], model: JumpModel, values: Values) -> list[tuple[float, int | None]]:
    """Times with their numbers of steps, in increasing order."""
    if not texts or len(texts) > MOST_TIMES:
        raise UsageError(f"{len(texts)} times are given", where="--times", instead=f"give between 1 and {MOST_TIMES}")
    symbols = {p.name: p.symbol for p in model.parameters}
    step = None if model.time_step is None else float(evaluate(model.time_step, values, array_arithmetic()))
    found = []
    for text in texts:
        value = parse_expression(text.strip(), Scope(dict(symbols)))
        try:
            time = float(evaluate(value, values, array_arithmetic()))
        except (ArithmeticError, TypeError):
            raise UsageError(f"the time {text[:40]} is no finite number", where="--times") from None
        if not np.isfinite(time) or time <= 0:
            raise UsageError(f"the time {text} is not positive", where="--times", instead="times after the start")
        steps = None
        if step is not None:
            steps = round(time / step)
            if steps < 1 or abs(steps * step / time - 1) > 1e-9:
                raise UsageError(f"the time {text} is {time / step:.6g} steps of {model.time_step} = {step:.6g}", where="--times",
                                 instead=f"give whole numbers of steps, as in '10*{model.time_step}'")  # fmt: skip
        found.append((time, steps))
    if any(a[0] >= b[0] for a, b in pairwise(found)):
        raise UsageError("the times do not increase", where="--times", instead="write them in increasing order")
    return found


def solved_time(
    time: tuple[float, int | None], places: FloatArray, law: FloatArray, solution: FloatArray, density: str = ""
) -> SolvedTime:
    """Law and solution side by side."""
    worst = float(np.max(np.abs(law - solution)) / max(float(np.max(np.abs(law))), 1e-300))
    columns = (tuple(float(v) for v in a) for a in (places, law, solution))
    return SolvedTime(time[0], time[1], next(columns), next(columns), next(columns), worst, density)
