"""Chunks of walkers on any executor: tasks and answers are text, and every worker makes the simulation ready by itself."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Sequence
from concurrent.futures import Executor

from symdiff.dossier.executors import run_tasks
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_simulation import Plan, Run, make_plan
from symdiff.errors import NotYetError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import fingerprint, load_text, to_toml
from symdiff.model.substitution import read_settings

_ALONE = threading.RLock()  # making ready uses the working precision, which belongs to the whole process


def chunk_runner(
    model: JumpModel, settings: Settings, seed: int | None, budget: float | None, executor: Executor
) -> Run:  # fmt: skip
    """Works out chunks on an executor; raises :class:`NotYetError` for a model without a text form to hand on."""
    text = to_toml(model)
    if fingerprint(load_text(text)) != fingerprint(model):
        raise NotYetError("this model has no text form that could be handed to a worker yet")
    what = json.dumps([text, {name: str(value) for name, value in settings.values}, seed, budget])

    def run(numbers: Sequence[int]) -> list[list[int]]:
        found: dict[int, list[int]] = {}

        def done(position: int, answer: str) -> None:
            found[position] = json.loads(answer)

        run_tasks(executor, chunk_task, [json.dumps([what, number]) for number in numbers], done)
        return [found[n] for n in range(len(numbers))]

    return run


def chunk_task(text: str) -> str:
    """The whole numbers of one chunk."""
    what, number = json.loads(text)
    with _ALONE:
        plan = _plan(what)
    return json.dumps(plan.counts(number))


@functools.lru_cache(maxsize=4)
def _plan(what: str) -> Plan:
    text, values, seed, budget = json.loads(what)
    model = load_text(text)
    settings = Settings(tuple(read_settings(model, [f"{k}={v}" for k, v in values.items()]).items()))
    prepared = apply_to_model(model, settings)
    return make_plan(prepared, base_values(prepared, settings), seed, budget)
