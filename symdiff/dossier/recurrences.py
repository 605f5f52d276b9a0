"""``symdiff count --recurrence``: a proved recurrence for the walks of a model to one site, with all that follows from it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.dossier.counts import model_site, model_values
from symdiff.dossier.lattice_steps import lattice_steps
from symdiff.dossier.recurrence_proofs import proof_document, proof_methods, proof_sentences
from symdiff.dossier.settings import Settings
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import StateSteps, StepSet, abridged, exact_text
from symdiff.evidence.counting.asymptotics import Expansion, expansion
from symdiff.evidence.counting.fitted_asymptotics import FittedExpansion, fitted_expansion
from symdiff.evidence.counting.recurrence import Recurrence, recurrence
from symdiff.evidence.counting.recurrence_terms import ProvedRecurrence
from symdiff.evidence.counting.recurrence_text import (
    differential_latex,
    polynomial_text,
    recurrence_latex,
    recurrence_text,
)
from symdiff.evidence.counting.two_steps import two_steps
from symdiff.model.jump_model import JumpModel

TERMS = 6
SHOWN = 20


@dataclass(frozen=True)
class ModelRecurrence:
    """The recurrence; ``every`` = 2 where a(n) counts walks of 2 n steps (two sublattices in turn)."""

    found: ProvedRecurrence
    every: int
    expansion: Expansion | FittedExpansion | None
    why_no_expansion: str
    nth: tuple[int, int | Fraction] | None  # (number of steps, number or summed weight of walks)


def recurrence_model(
    model: JumpModel, to: Any, start: Any, n: int | None, settings: Settings | None = None, *, any_end: bool = False
) -> ModelRecurrence:
    """A proved recurrence for the walks of a model from a start to an end (default: back to the start), or to ``any_end``.

    An end without a state is one in any state. Raises :class:`NotYetError` where no recurrence is found or it has no proof; the message
    then shows what fits, marked as guessed.
    """
    walk = lattice_steps(model, model_values(model, settings or Settings()))
    if walk.symbolic_weights:
        raise NotYetError("recurrences with symbolic weights are not handled yet", where="--recurrence",
                          instead="give the weights with --set")  # fmt: skip
    steps = walk.walks
    origin = model_site(start or (0,) * model.dimension, model, "the start", needs_state=bool(model.states))
    end = origin if to is None else model_site(to, model, "the endpoint", needs_state=False)
    every = 1
    if isinstance(steps, StateSteps) and not any_end and end[model.dimension :] == origin[model.dimension :]:
        with contextlib.suppress(NotYetError):  # the states do not alternate: the recurrence for states is asked for
            steps, every = two_steps(steps, str(origin[-1])), 2
    found: ProvedRecurrence
    if isinstance(steps, StepSet):
        pairs = zip(end[: model.dimension], origin, strict=False)
        found = recurrence(steps, tuple(int(x) - int(o) for x, o in pairs), any_end=any_end)
    else:
        found = recurrence(steps, None if any_end else end, origin, any_end=any_end)
    series, why = _asymptotics(found)
    nth = None
    if n is not None:
        if n % every:
            raise UsageError(
                f"walks of {n} steps end on the other sublattice", where="-n", instead="an even number of steps"
            )
        nth = (n, _weight(found, n // every))
    return ModelRecurrence(found, every, series, why, nth)


def _asymptotics(found: ProvedRecurrence) -> tuple[Expansion | FittedExpansion | None, str]:
    """The expansion by the local limit theorem, else with a factor from the numbers; or why there is none."""
    with contextlib.suppress(NotYetError):
        return expansion(found, TERMS), ""
    try:
        return fitted_expansion(found, TERMS), ""
    except NotYetError as error:
        return None, error.message


def _weight(found: ProvedRecurrence, n: int) -> int | Fraction:
    number = found.nth(n)
    return Fraction(number, found.denominator**n) if found.weighted else number


def recurrence_document(result: ModelRecurrence) -> dict[str, Any]:
    """The JSON document of ``symdiff count --recurrence``."""
    found = result.found
    method, checked_by = proof_methods(found)
    document: dict[str, Any] = {
        "site": None if found.site is None else list(found.site),
        "recurrence": recurrence_text(found),
        "latex": recurrence_latex(found),
        "coefficients": [polynomial_text(c, "n") for c in found.coefficients],
        "order": found.order,
        "degree": found.degree,
        "initial": [exact_text(v) for v in found.initial],
        "steps_per_index": result.every,
        "differential_equation": {"latex": differential_latex(found)},
        "proof": proof_document(found),
        "method": method,
        "checked_by": checked_by,
    }
    if found.weighted:
        document["denominator"] = str(found.denominator)
    if isinstance(found, Recurrence) and found.basis:
        document["basis"] = [list(row) for row in found.basis]
    if result.expansion is not None:
        series = result.expansion
        power = f"{series.dimension}/2" if isinstance(series, Expansion) else exact_text(series.power)
        document["asymptotic"] = {
            "growth": exact_text(series.growth), "power": f"-{power}", "factor": _factor(series),
            "factor_from": "local limit theorem" if isinstance(series, Expansion) else "the numbers",
            "coefficients": [exact_text(c) for c in series.coefficients],
        }  # fmt: skip
    else:
        document["no_asymptotic"] = result.why_no_expansion
    if result.nth is not None:
        document |= {
            "n": result.nth[0],
            "counts": [{"site": document["site"], "weight" if found.weighted else "walks": exact_text(result.nth[1])}],
        }
    return document


def recurrence_lines(result: ModelRecurrence) -> list[str]:
    """The same for people to read."""
    found = result.found
    steps = "2 n steps" if result.every == 2 else "n steps"
    what = "walks" if not found.weighted else f"{found.denominator}^n times the summed weight of the walks"
    more = f", ... ({len(found.initial)} of them)" if len(found.initial) > SHOWN else ""
    lines = [
        f"a(n): {what} of {steps} to {'any end' if found.site is None else '(' + ', '.join(map(str, found.site)) + ')'}",
        f"recurrence  {recurrence_text(found)}",
        "first terms " + ", ".join(f"a({i}) = {abridged(v)}" for i, v in enumerate(found.initial[:SHOWN])) + more,
        *proof_sentences(found),
        f"LaTeX       {recurrence_latex(found)}",
        f"F(z) = sum a(n) z^n, theta = z d/dz:  {differential_latex(found)}",
    ]
    if result.expansion is not None:
        lines.append(_asymptotic_line(result.expansion))
    else:
        lines.append(f"no asymptotic coefficients: {result.why_no_expansion}")
    if result.nth is not None:
        lines.append(f"{'weight' if found.weighted else 'walks'} of {result.nth[0]} steps: {abridged(result.nth[1])}")
    return lines


def _asymptotic_line(found: Expansion | FittedExpansion) -> str:
    shown = " ".join(f"{'+' if c > 0 else '-'} {abs(c)}/n^{k}" for k, c in enumerate(found.coefficients, 1) if c)
    bracket = f" * (1 {shown} + ...)" if shown else ""
    if isinstance(found, Expansion):
        power = f" / n^({found.dimension}/2)"
        return f"a(n) ~ {_factor(found)} * {found.growth}^n{power}{bracket}, where it is not zero"
    power = f" / n^({found.power})" if found.power > 0 else f" * n^({-found.power})" if found.power else ""
    return f"a(n) ~ {found.factor} * {found.growth}^n{power}{bracket}, where it is not zero; the factor is read off the numbers"


def _factor(series: Expansion | FittedExpansion) -> str:
    if isinstance(series, FittedExpansion):
        return series.factor
    return f"{series.cosets}/((2*pi)**({series.dimension}/2)*sqrt({exact_text(series.determinant)}))"
