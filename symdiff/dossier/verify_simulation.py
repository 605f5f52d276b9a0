"""The simulation tier: walkers generated from the rules against the exact law, with a stated false-alarm probability.

Three outcomes: passed (the walkers exclude every law that is off by a stated share in one rule, and do not contradict the exact
one), failed (they contradict the exact law), or neither (too few walkers within the budget). Walkers come in numbered chunks of
whole numbers, which depend on the model, the seed and their own number only: neither the executor nor the order in which they
end changes anything. The budget fixes how many chunks there are at most, by fixed costs and never by the clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symdiff.dossier.verify_numbers import BaseValues
from symdiff.dossier.verify_rules import Wrong, stand_in, wrong_rules
from symdiff.dossier.verify_scope import check_scope
from symdiff.dossier.verify_setting import Setting, find_setting
from symdiff.errors import NotYetError, ResourceError, UsageError
from symdiff.evidence.propagation.rules import is_homogeneous
from symdiff.model.jump_model import JumpModel
from symdiff.model.loading import fingerprint
from symdiff.model.occupancy import is_crowd
from symdiff.model.waiting import WaitingLaw
from symdiff.verification.statistics import deviation_of
from symdiff.verification.tier import NOT_RUN, NegativeControl, TierResult, frozen, not_applicable

ALPHA = 1e-6  # probability to reject correct rules, per derivation
POWER = 0.999  # with which each of the laws that are off by delta is excluded
SEED = 0  # without --seed
BUDGET = 10.0  # seconds at most, without --budget
EVENTS = {1: 12, 2: 9, 3: 4}  # steps, or expected events, per walker, by dimension
FEW = 3  # the same with continuous step laws, whose shape is lost in long sums
MOMENT = 0.3  # seconds of a simulation in a short check
SETUP = 0.1  # seconds of a budget for the exact laws, a fixed number as the others
QUANTITY = "deviation of the walkers from the exact law, in standard errors"

Take = Callable[[list[int]], bool]
"""Takes the whole numbers of the next chunk, and says whether that was enough."""
Run = Callable[["Plan", int, Take], None]
"""Works out at most so many chunks and has them taken in numbered order."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """A simulation that is ready to run: the comparison ``test``, what it will cost, and who is to be told what."""

    test: Any
    setting: Setting
    note: str
    seed: int
    budget: float

    def counts(self, chunk: int) -> list[int]:
        """The whole numbers that one chunk of walkers leaves."""
        found: list[int] = self.test.sample(chunk)
        return found

    @property
    def most(self) -> int:
        """The number of chunks that the budget allows."""
        cost, enough = float(self.test.cost), int(self.test.enough)
        return max(1, min(math.floor((self.budget - SETUP) / cost), enough))


def simulation_tier(
    model: JumpModel, base: BaseValues, seed: int | None, budget: float | None, chunks: int | None = None, run: Run | None = None,
    progress: Progress | None = None, *, short: bool = False,
) -> TierResult:  # fmt: skip
    """The verdict on the rules of a model; ``chunks`` asks for exactly so many, ``run`` works them out.

    With ``short`` a simulation that takes more than a moment is planned and not run.
    """
    if model.signed:
        return not_applicable(
            "simulation", "weights outside [0, 1] are no probabilities: there are no walkers to follow"
        )
    try:
        if short and _is_long_to_plan(model):
            return not_applicable("simulation", NOT_RUN.format(""))
        plan = make_plan(model, base, seed, budget)
        planned = SETUP + min(float(plan.test.effort), plan.most * float(plan.test.cost))
        if short and planned > MOMENT:
            return not_applicable("simulation", NOT_RUN.format(f" (it takes about {planned:.2g} s)"))
        _walk(plan, chunks, run or _run, progress or (lambda done, total: None))
    except (NotYetError, ResourceError, UsageError) as error:
        return not_applicable("simulation", error.message)
    except ValueError as error:
        return not_applicable("simulation", f"the rules cannot be evaluated for many walkers at once: {error}")
    return _result(plan, base, chunks)


def _is_long_to_plan(model: JumpModel) -> bool:
    """Whether the exact laws that a simulation is compared with take more than a moment themselves."""
    many = model.dimension > 1 and not is_homogeneous(model) and not is_crowd(model)
    lawful = model.clock == "waiting" or bool(model.motions) or bool(model.boundaries)
    return model.dimension > 2 or lawful or model.population is not None or many


def make_plan(model: JumpModel, base: BaseValues, seed: int | None, budget: float | None) -> Plan:
    """The comparison after so many events that every rule shows, within the budget where that is possible."""
    from symdiff.dossier.verify_laws import CoarseLawTest, LawTest  # both tests are loaded only when a simulation runs
    from symdiff.dossier.verify_sites import FollowedSiteTest, SiteTest, WalkedSiteTest

    seed, budget = SEED if seed is None else seed, BUDGET if budget is None else budget
    stream = (fingerprint(model), seed)
    if model.crowd.reactions or is_crowd(model):
        return _crowd_plan(model, base, stream, budget)
    if model.boundaries:
        return _walled_plan(model, base, stream, budget)
    check_scope(model, "simulation")
    subject, note = stand_in(model)
    lawful = subject.clock == "waiting" or bool(subject.motions) or any(j.law is not None for j in subject.jumps)
    if lawful and not is_homogeneous(subject):
        raise NotYetError(
            "steps with a continuous law, waits, or motion inside a state beside rules that depend on place have no exact law to compare with yet"
        )
    if subject.motions and (subject.clock != "continuous" or subject.resets or subject.population is not None):
        raise NotYetError("motion inside a state beside waits, resetting or a population is not simulated yet")
    if subject.waiting is not None:
        check_waits(subject.waiting)
    most = FEW if lawful and len(subject.state_names) == 1 else EVENTS.get(subject.dimension, 4)
    kinds: list[Any] = [LawTest] if lawful else [SiteTest, FollowedSiteTest, WalkedSiteTest]  # from the sharpest on
    for kind in kinds:
        try:
            test = _sharpest(kind, subject, base, most, budget, stream)
            break
        except ResourceError:
            if kind is kinds[-1]:
                raise
    if lawful and math.isfinite(test.effort) and test.effort + SETUP > budget:
        test = _sharpest(CoarseLawTest, subject, base, most, budget, stream)
    return Plan(test, test.setting, note, seed, budget)


def check_waits(law: WaitingLaw) -> None:
    """Raises :class:`NotYetError` for waits that cannot be drawn, before their exact law is looked for."""
    from symdiff.evidence.simulation.laws import WAITS

    if law.transform is not None or law.distribution not in WAITS:
        known = "a transform" if law.transform is not None else f"'{law.distribution}'"
        raise NotYetError(f"waits known through {known} only are not drawn: no rule for their sampling follows from it")


def _crowd_plan(model: JumpModel, base: BaseValues, stream: tuple[str, int], budget: float) -> Plan:
    """Agents that see each other, on copies of a small ring."""
    from symdiff.dossier.verify_rings import ring_test

    check_scope(model, "mean field")
    if model.depends_on_time:
        raise NotYetError("rates that depend on time are not simulated yet")
    test = ring_test(model, base, ALPHA, stream, budget - SETUP)
    return Plan(test, test.setting, test.note, stream[1], budget)


def _walled_plan(model: JumpModel, base: BaseValues, stream: tuple[str, int], budget: float) -> Plan:
    """Walkers on the sites between walls."""
    from symdiff.dossier.verify_walled import (
        NOTE,
        WalledLatticeTest,
        WalledSiteTest,
        find_walled,
        has_chain,
        wrong_walls,
    )

    check_scope(model, "walled simulation")

    def wrong(subject: JumpModel, values: Any, delta: float) -> tuple[Wrong, ...]:
        return (*wrong_rules(subject, values, delta), *wrong_walls(subject, delta))

    kind = WalledSiteTest if has_chain(model) else WalledLatticeTest
    test = _sharpest(kind, model, base, EVENTS.get(model.dimension, 4), budget, stream, find_walled, wrong)
    start = ", ".join(f"{x:.6g}" for x in test.setting.start)
    return Plan(test, test.setting, NOTE.format(start=start), stream[1], budget)


def _sharpest(
    kind: Any, model: JumpModel, base: BaseValues, most: int, budget: float, stream: tuple[str, int],
    find: Any = find_setting, wrong: Any = wrong_rules,
) -> Any:  # fmt: skip
    """The comparison that the budget decides, or that comes closest to it; after fewer events where more lead too far."""
    best, problem = None, ResourceError("no duration was found")
    for events in dict.fromkeys((most, max(most // 2, 2), 3, 2, 1)):
        try:
            setting = find(model, base, events)
            test = kind(setting, wrong(model, setting.values, kind.delta), ALPHA, stream)
        except ResourceError as error:
            problem = error
            continue
        if best is None or test.effort < best.effort:
            best = test
        if best.effort + SETUP <= budget:
            break
    if best is None:
        raise problem
    return best


def _run(plan: Plan, last: int, take: Take) -> None:
    """Chunk after chunk in this process."""
    for number in range(last):
        if take(plan.counts(number)):
            return


def _walk(plan: Plan, chunks: int | None, run: Run, progress: Progress) -> None:
    """Chunks in numbered order, until the comparison needs no more."""
    test, last = plan.test, plan.most if chunks is None else chunks
    planned = last if chunks is not None else math.ceil(min(last, test.effort / test.cost))

    def take(counts: list[int]) -> bool:
        test.add(counts)
        progress(test.chunks, max(planned, test.chunks))
        return chunks is None and bool(test.decided)

    progress(0, planned)
    run(plan, last, take)


def _result(plan: Plan, base: BaseValues, chunks: int | None) -> TierResult:
    test, setting = plan.test, plan.setting
    found = test.judgement()
    control = NegativeControl(tuple(found.claims), tuple(found.missed))
    passed: bool | None = not found.rejected
    why = f"nothing contradicts the exact law; a relative error of {test.delta:g} in any rule is excluded"
    if not passed:
        why = f"the walkers contradict the exact law: {found.worst}"
    elif not control.rejected:
        passed = None
        if not found.claims:
            why = "no rule can be varied: there is nothing that could fail"
        else:
            seconds = SETUP + max(test.effort, 2 * test.chunks * test.cost)
            ask = (
                f"--budget {_rounded_up(seconds)}"
                if chunks is None
                else f"--chunks {max(test.enough, 2 * test.chunks)}"
            )
            why = f"{test.walkers} walkers do not exclude a relative error of {test.delta:g} in every rule; {ask} would"
    details = frozen(
        walkers=test.walkers,
        chunks=test.chunks,
        steps=setting.amount if setting.model.clock == "discrete" else None,
        time=None if setting.model.clock == "discrete" else setting.amount,
        false_alarm_probability=ALPHA,
        delta=test.delta,
        smallest_p=found.p,
        log_evidence=min(found.evidence, 1e6),
        scores=[{"name": s.name, "z": s.z} for s in found.scores],
        seed=plan.seed,
        budget=plan.budget,
        budget_needed=SETUP + test.effort,
        note=plan.note,
        values={s.name: f"{v:.12g}" for s, v in setting.values.items()},
        drawn=list(base.drawn),
        functions={
            n: w.text(next(f.arguments for f in setting.model.functions if f.name == n))
            for n, w in setting.drawn.items()
        },
    )
    return TierResult(
        "simulation", True, why, "", QUANTITY, 0.0, min(deviation_of(found.p), 1e3), deviation_of(found.level), passed,
        test.resolution(POWER), control, details,
    )  # fmt: skip


def _rounded_up(seconds: float) -> str:
    """Two digits, never less than what is needed."""
    size = 10.0 ** (math.floor(math.log10(seconds)) - 1)
    return f"{math.ceil(seconds / size * 1.0001) * size:.6g}"
