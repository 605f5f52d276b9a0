"""A model over a grid of values: at each point the derivation, the verdicts and the cross-check, as one table.

The table follows from the model, the grid, the seed and the installed versions alone: neither the kind of executor, nor the
order in which tasks end, nor an interruption that was resumed from a store changes a bit of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from symdiff.dossier.executors import Serial, run_tasks
from symdiff.dossier.results_store import ResultsStore
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.sweep_grid import Axis, points_of
from symdiff.dossier.sweep_point import DERIVATION, decimal, run_task
from symdiff.dossier.verification import TIERS
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.versions import versions
from symdiff.errors import InternalFaultError, NotYetError, SymdiffError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import fingerprint, load_text, to_toml
from symdiff.notation.storable import Storable

PRECEDENCE = (4, 2, 1, 3, 0)
WORDS = {True: "passed", False: "failed", None: "inconclusive"}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SweepRow:
    """One point: its values as (name, exact text, decimal number), the coefficients as (regime, role, formula, decimal number or ""), verdicts, tiers, and status.

    ``tiers`` are (tier, outcome, smallest error that would have been seen, reason); ``message`` says what went wrong;
    ``measures`` are numbers that a tier found, such as the error of a closure.
    """

    values: tuple[tuple[str, str, str], ...]
    coefficients: tuple[tuple[str, str, str, str], ...]
    claims: tuple[tuple[str, str], ...]
    tiers: tuple[tuple[str, str, float | None, str], ...]
    status: int
    message: str
    measures: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Sweep(Storable):
    """All points of a sweep, in the order of the grid; ``fixed`` are the numbers that all decimal columns share."""

    title: str
    axes: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...]
    drawn: tuple[str, ...]
    seed: int
    rows: tuple[SweepRow, ...]

    @property
    def status(self) -> int:
        """The exit status of all points together."""
        found = {row.status for row in self.rows}
        return next(s for s in PRECEDENCE if s in found)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`table`."""
        middle: dict[str, None] = {}
        for row in self.rows:
            middle |= dict.fromkeys(f"{regime}.{role}" for regime, role, _, _ in row.coefficients)
        for row in self.rows:
            middle |= dict.fromkeys(f"claim.{name}" for name, _ in row.claims)
        for row in self.rows:
            for tier, *_ in row.tiers:
                middle |= dict.fromkeys((tier, f"{tier}.resolves"))
        for row in self.rows:
            middle |= dict.fromkeys(name for name, _ in row.measures)
        return (*self.axes, *middle, "status", "message")

    def table(self) -> list[dict[str, Any]]:
        """One dictionary per point: numbers where they are numbers, formulas and words as text, None where there is nothing."""
        return [dict.fromkeys(self.columns) | _cells(row) for row in self.rows]


def _cells(row: SweepRow) -> dict[str, Any]:
    found: dict[str, Any] = {name: float(number) for name, _, number in row.values}
    found |= {
        f"{regime}.{role}": float(number) if number else formula for regime, role, formula, number in row.coefficients
    }
    found |= {f"claim.{name}": verdict for name, verdict in row.claims}
    for tier, outcome, resolves, _ in row.tiers:
        found |= {tier: outcome, f"{tier}.resolves": resolves}
    found |= dict(row.measures)
    return found | {"status": row.status, "message": row.message}


def sweep_model(
    model: JumpModel, axes: Sequence[Axis], settings: Settings | None = None, *, tier: str | None = None, seed: int = 0,
    budget: float | None = None, chunks: int | None = None, executor: Executor | None = None, store: ResultsStore | None = None, progress: Progress | None = None,
) -> Sweep:  # fmt: skip
    """Work out every point; those that the store holds are taken from it.

    A point that fails is a row with its reason. Raises :class:`UsageError` for a parameter that is swept and set, and
    :class:`NotYetError` for a model that has no text form that could be handed on.
    """
    settings = settings or Settings()
    if tier is not None and tier not in TIERS:
        raise UsageError(f"there is no tier '{tier}'", where="tier", instead=f"one of {', '.join(TIERS)}")
    both = {name for name, _ in settings.values} & {name for name, _ in axes}
    if both:
        raise UsageError(f"'{min(both)}' is set and swept", where="--over", instead="do one of the two")
    points = points_of(axes)
    numbers, drawn = _numbers(model, settings, points[0])
    tiers = TIERS if tier is None else (tier,)
    tasks = []
    text = _text(model)
    for point in points:
        values = {name: str(value) for name, value in (*settings.values, *point)}
        for part in (DERIVATION, *tiers):
            derived = part == DERIVATION
            task = {"model": text, "values": values, "tier": part, "seed": 0 if derived else seed,
                    "numbers": numbers if derived else {}, "options": {} if derived else {"budget": budget, "chunks": chunks}}  # fmt: skip
            tasks.append(task)
    results = _results(model, tasks, executor or Serial(), store, progress)
    width = 1 + len(tiers)
    rows = [
        _row(point, dict(zip((DERIVATION, *tiers), results[n * width : (n + 1) * width], strict=True)))
        for n, point in enumerate(points)
    ]
    return Sweep(model.title, tuple(name for name, _ in axes), tuple(numbers.items()), drawn, seed, tuple(rows))


def _text(model: JumpModel) -> str:
    text = to_toml(model)
    if fingerprint(load_text(text)) != fingerprint(model):
        raise NotYetError("this model has no text form that could be handed to a worker yet")
    return text


def _numbers(
    model: JumpModel, settings: Settings, first: Sequence[tuple[str, Any]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Numbers for what is neither set nor swept, the same at all points: from [values], or drawn from the assumptions."""
    chosen = Settings((*settings.values, *first))
    try:
        base = base_values(apply_to_model(model, chosen), chosen)
    except SymdiffError:  # the first point may be one that fails: decimal columns then hold formulas
        return {}, ()
    swept = {name for name, _ in first}
    numbers = {name: value for name, value in base.texts().items() if name not in swept}
    return numbers, tuple(name for name in base.drawn if name in numbers)


def _results(
    model: JumpModel, tasks: Sequence[dict[str, Any]], executor: Executor, store: ResultsStore | None, progress: Progress | None
) -> list[dict[str, Any]]:  # fmt: skip
    """The result of every task, from the store or worked out; finished ones are kept at once."""
    own, mark = versions(), fingerprint(model)
    addresses = [
        {k: v for k, v in task.items() if k != "model"} | {"model": mark, "chunk": 0, "versions": own} for task in tasks
    ]
    found: dict[int, Any] = {}
    if store is not None:
        kept = ((n, store.get(address)) for n, address in enumerate(addresses))
        found = {n: result for n, result in kept if result is not None}
    missing = [n for n in range(len(tasks)) if n not in found]
    tell = progress or (lambda done, total: None)
    tell(len(found), len(tasks))

    def done(position: int, answer: str) -> None:
        document, n = json.loads(answer), missing[position]
        if document["versions"] != own:
            differing = ", ".join(k for k in own if document["versions"].get(k) != own[k])
            raise UsageError(f"a worker has other versions than this process ({differing})", where="--cluster",
                             instead="install the same environment on both")  # fmt: skip
        found[n] = document["result"]
        if store is not None and found[n]["status"] != 4:  # a fault may be gone with the next release of a library
            store.put(addresses[n], found[n])
        tell(len(found), len(tasks))

    run_tasks(executor, run_task, [json.dumps(tasks[n]) for n in missing], done)
    if len(found) != len(tasks):
        raise InternalFaultError("a task of the sweep got lost")
    return [found[n] for n in range(len(tasks))]


def _row(point: Sequence[tuple[str, Any]], parts: dict[str, dict[str, Any]]) -> SweepRow:
    derived = parts[DERIVATION]
    tiers = []
    for name, part in parts.items():
        if name != DERIVATION:
            outcome = (
                WORDS[part["passed"]] if part.get("applies") else ("error" if part["status"] else "does not apply")
            )
            resolved = [t["smallest_detectable_error"] for t in part.get("tiers", ()) if t["applies"]]
            worst = None if not resolved or None in resolved else max(resolved)
            tiers.append((name, outcome, worst, part.get("why", "") or part["message"]))
    statuses = {part["status"] for part in parts.values()}
    messages = dict.fromkeys(f"{name}: {part['message']}" for name, part in parts.items() if part["message"])
    if derived["status"] not in (0, 1, 3):  # the tiers repeat what stopped the derivation
        messages = {derived["message"]: None}
    return SweepRow(
        tuple((name, str(value), decimal(value) or "") for name, value in point),
        tuple((regime, role, formula, number or "") for regime, role, formula, number in derived.get("coefficients", ())),
        tuple((name, verdict) for name, verdict in derived.get("claims", ())),
        tuple(tiers),
        next(s for s in PRECEDENCE if s in statuses),
        "; ".join(messages),
        tuple((f"{tier}.{name}", number) for tier, part in parts.items() for name, number in part.get("measures", {}).items()),
    )  # fmt: skip
