"""``symdiff count --recurrence``: a proved recurrence for the walks of a model to one site, with all that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.dossier.counts import model_site, model_values
from symdiff.dossier.lattice_steps import lattice_steps
from symdiff.dossier.settings import Settings
from symdiff.errors import NotYetError, UsageError
from symdiff.evidence.counting import StateSteps, abridged, exact_text
from symdiff.evidence.counting.asymptotics import Expansion, expansion
from symdiff.evidence.counting.law import weight_of
from symdiff.evidence.counting.recurrence import Recurrence, recurrence
from symdiff.evidence.counting.recurrence_text import (
    differential_latex,
    polynomial_text,
    recurrence_latex,
    recurrence_text,
)
from symdiff.evidence.counting.terrain import WalledSteps
from symdiff.evidence.counting.two_steps import two_steps
from symdiff.model.jump_model import JumpModel

TERMS = 6


@dataclass(frozen=True)
class ModelRecurrence:
    """The recurrence; ``every`` = 2 where a(n) counts walks of 2 n steps (two sublattices in turn)."""

    found: Recurrence
    every: int
    expansion: Expansion | None
    why_no_expansion: str
    nth: tuple[int, int | Fraction] | None  # (number of steps, number or summed weight of walks)


def recurrence_model(
    model: JumpModel, to: Any, start: Any, n: int | None, settings: Settings | None = None, *, any_end: bool = False
) -> ModelRecurrence:
    """A proved recurrence for the walks of a model from a start to an end (default: back to the start), or to ``any_end``.

    Raises :class:`NotYetError` between walls that are no mirrors of the steps, for general internal states, and where none is found.
    """
    walk = lattice_steps(model, model_values(model, settings or Settings()))
    if walk.symbolic_weights:
        raise NotYetError("recurrences with symbolic weights are not handled yet", where="--recurrence",
                          instead="give the weights with --set")  # fmt: skip
    steps = walk.walks
    origin = model_site(start or (0,) * model.dimension, model, "the start", needs_state=bool(model.states))
    end = origin if to is None else model_site(to, model, "the endpoint", needs_state=False)
    where = [int(c) for c in end[: model.dimension]]
    displacement = tuple(x - int(o) for x, o in zip(where, origin, strict=False))
    every = 1
    if isinstance(steps, StateSteps):
        state = str(end[-1]) if len(end) > model.dimension else str(origin[-1])
        if state != str(origin[-1]):
            raise NotYetError("recurrences between different sublattices are not handled yet", where="--recurrence",
                              instead=f"an end in the state {origin[-1]}")  # fmt: skip
        steps, every = two_steps(steps, state), 2
    if isinstance(steps, WalledSteps):
        states = origin[model.dimension :] if len(end) == model.dimension else end[model.dimension :]
        found = recurrence(steps, None if any_end else (*where, *states), origin, any_end=any_end)
    else:
        found = recurrence(steps, displacement, any_end=any_end)
    try:
        series, why = expansion(found, TERMS), ""
    except NotYetError as error:
        series, why = None, error.message
    nth = None
    if n is not None:
        if n % every:
            raise UsageError(
                f"walks of {n} steps end on the other sublattice", where="-n", instead="an even number of steps"
            )
        nth = (n, weight_of(found.nth(n // every), found.steps, n // every))
    return ModelRecurrence(found, every, series, why, nth)


def recurrence_document(result: ModelRecurrence) -> dict[str, Any]:
    """The JSON document of ``symdiff count --recurrence``."""
    found = result.found
    terms, digits = found.proof_size()
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
        "proof": {"terms": terms, "digits": digits, "scale": exact_text(found.scale),
                  "certificate": [[list(m), k, [exact_text(x) for x in q]] for m, k, q in found.certificate],
                  "maps": [{"matrix": [list(row) for row in g], "scales": [exact_text(k) for k in scales]} for g, scales in found.maps],
                  "targets": [{"displacement": list(t), "factor": exact_text(f)} for t, f in found.targets], "checked": found.holds()},
        "method": "guessed from exact terms, then proved by a certificate",
        "checked_by": "one expansion of the certificate, by a checker that shares no code with the search",
    }  # fmt: skip
    if found.steps.weighted:
        document["denominator"] = str(found.steps.denominator)
    if found.basis:
        document["basis"] = [list(row) for row in found.basis]
    if result.expansion is not None:
        document["asymptotic"] = {
            "growth": exact_text(result.expansion.growth), "power": f"-{result.expansion.dimension}/2",
            "factor": _factor(result.expansion), "coefficients": [exact_text(c) for c in result.expansion.coefficients],
        }  # fmt: skip
    else:
        document["no_asymptotic"] = result.why_no_expansion
    if result.nth is not None:
        document |= {
            "n": result.nth[0],
            "counts": [
                {"site": document["site"], "weight" if found.steps.weighted else "walks": exact_text(result.nth[1])}
            ],
        }
    return document


def recurrence_lines(result: ModelRecurrence) -> list[str]:
    """The same for people to read."""
    found = result.found
    terms, digits = found.proof_size()
    steps = "2 n steps" if result.every == 2 else "n steps"
    what = "walks" if not found.steps.weighted else f"{found.steps.denominator}^n times the summed weight of the walks"
    lines = [
        f"a(n): {what} of {steps} to {'any end' if found.site is None else '(' + ', '.join(map(str, found.site)) + ')'}",
        f"recurrence  {recurrence_text(found)}",
        "first terms " + ", ".join(f"a({i}) = {v}" for i, v in enumerate(found.initial)),
        f"order {found.order}, degree {found.degree}; proved for all n >= 0 by a certificate of {terms} terms ({digits} digits),"
        " which one expansion verifies",
        f"LaTeX       {recurrence_latex(found)}",
        f"F(z) = sum a(n) z^n, theta = z d/dz:  {differential_latex(found)}",
    ]
    if len(found.targets) > 1:
        lines.insert(
            4,
            f"            the walks between the walls are those in open space to {len(found.targets)} images of their end, with signs",
        )
    if result.expansion is not None:
        series = " ".join(
            f"{'+' if c > 0 else '-'} {abs(c)}/n^{k}" for k, c in enumerate(result.expansion.coefficients, 1) if c
        )
        lines.append(f"a(n) ~ {_factor(result.expansion)} * {result.expansion.growth}^n / n^({result.expansion.dimension}/2)"
                     f" * (1 {series} + ...), where it is not zero")  # fmt: skip
    else:
        lines.append(f"no asymptotic coefficients: {result.why_no_expansion}")
    if result.nth is not None:
        lines.append(
            f"{'weight' if found.steps.weighted else 'walks'} of {result.nth[0]} steps: {abridged(result.nth[1])}"
        )
    return lines


def _factor(series: Expansion) -> str:
    return f"{series.cosets}/((2*pi)**({series.dimension}/2)*sqrt({exact_text(series.determinant)}))"
