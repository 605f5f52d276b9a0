"""What a cross-check keeps and hands out: tiers and chunks of walkers in a results store, chunks on any executor.

Tasks and answers are text, and every worker makes the simulation ready by itself. What the store holds is not worked out again;
only this process writes to it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from symdiff.dossier.executors import run_tasks
from symdiff.dossier.results_store import ResultsStore
from symdiff.dossier.settings import Settings, apply_to_model
from symdiff.dossier.verify_numbers import base_values
from symdiff.dossier.verify_simulation import Plan, make_plan
from symdiff.dossier.versions import versions
from symdiff.errors import NotYetError, UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import fingerprint, load_text, to_toml
from symdiff.model.substitution import read_settings
from symdiff.notation.codec import from_json, to_json
from symdiff.verification.tier import Evidence, TierResult

_ALONE = threading.RLock()  # making ready uses the working precision, which belongs to the whole process
Address = dict[str, Any]


class _Enough(Exception):
    """No more chunks are wanted."""


@dataclass(frozen=True)
class Keeper:
    """Where the parts of one cross-check are kept (nowhere without a store) and its chunks worked out."""

    model: JumpModel
    settings: Settings
    store: ResultsStore | None = None
    executor: Executor | None = None

    def _address(self, tier: str, seed: int, chunk: int, options: dict[str, Any]) -> Address:
        values = {name: str(value) for name, value in self.settings.values}
        return {"command": "verify", "model": fingerprint(self.model), "values": values, "tier": tier, "seed": seed,
                "chunk": chunk, "options": options, "versions": versions()}  # fmt: skip

    def tiers(self, tier: str, options: dict[str, Any], work: Callable[[], list[TierResult]]) -> list[TierResult]:
        """The results of a tier without chance: from the store, or worked out and kept."""
        if self.store is None:
            return work()
        address = self._address(tier, 0, 0, options)
        known = self.store.get(address)
        if known is not None:
            kept: Evidence = from_json(known)
            return list(kept.tiers)
        found = work()
        self.store.put(address, to_json(Evidence(self.model.title, tuple(found))))
        return found

    def chunks(self, plan: Plan, last: int, take: Callable[[list[int]], bool]) -> None:
        """Hand the whole numbers of chunk after chunk, in numbered order, to ``take``, until it wants no more or after ``last``.

        Raises :class:`NotYetError` where an executor is to work on a model without a text form to hand on.
        """
        if self.executor is None:
            for number in range(last):
                counts = self._kept(plan, number)
                if counts is None:
                    counts = plan.counts(number)
                    self._keep(plan, number, counts)
                if take(counts):
                    return
            return
        found = {n: counts for n in range(last) if (counts := self._kept(plan, n)) is not None} if self.store else {}
        following = 0

        def pass_on() -> None:
            nonlocal following
            while following in found:
                if take(found.pop(following)):
                    raise _Enough
                following += 1

        def done(task: int, answer: str) -> None:
            document = json.loads(answer)
            if document["versions"] != versions():
                raise UsageError("a worker has other versions than this process", where="--cluster",
                                 instead="install the same environment on both")  # fmt: skip
            self._keep(plan, missing[task], document["counts"])
            found[missing[task]] = document["counts"]
            pass_on()

        missing, what = [n for n in range(last) if n not in found], self._task(plan)
        with contextlib.suppress(_Enough):
            pass_on()
            run_tasks(self.executor, chunk_task, (json.dumps([what, n]) for n in missing), done)

    def _chunk(self, plan: Plan, number: int) -> Address:
        return self._address("simulation", plan.seed, number, {"budget": str(plan.budget), "walkers": plan.test.each})

    def _kept(self, plan: Plan, number: int) -> list[int] | None:
        return None if self.store is None else self.store.get(self._chunk(plan, number))

    def _keep(self, plan: Plan, number: int, counts: list[int]) -> None:
        if self.store is not None:
            self.store.put(self._chunk(plan, number), counts)

    def _task(self, plan: Plan) -> str:
        text = to_toml(self.model)
        if fingerprint(load_text(text)) != fingerprint(self.model):
            raise NotYetError("this model has no text form that could be handed to a worker yet")
        return json.dumps([text, {name: str(value) for name, value in self.settings.values}, plan.seed, plan.budget])


def chunk_task(text: str) -> str:
    """The whole numbers of one chunk, in a worker."""
    what, number = json.loads(text)
    with _ALONE:
        plan = _plan(what)
    return json.dumps({"counts": plan.counts(number), "versions": versions()})


@functools.lru_cache(maxsize=4)
def _plan(what: str) -> Plan:
    text, values, seed, budget = json.loads(what)
    model = load_text(text)
    settings = Settings(tuple(read_settings(model, [f"{k}={v}" for k, v in values.items()]).items()))
    prepared = apply_to_model(model, settings)
    return make_plan(prepared, base_values(prepared, settings), seed, budget)
