"""``symdiff verify``: the numerical cross-check of a derivation against the microscopic model."""

from __future__ import annotations

import contextlib
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symdiff.cli.models import load
from symdiff.cli.output import Outcome, check_machines
from symdiff.dossier.settings import settings_of
from symdiff.dossier.verification import verify_model
from symdiff.dossier.verify_document import status, verify_document
from symdiff.dossier.verify_together import judge_together
from symdiff.errors import UsageError
from symdiff.model.jump_model import JumpModel
from symdiff.verification.tier import Evidence, TierResult

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from symdiff.dossier.results_store import ResultsStore

_WORDS = {True: "PASSED", False: "FAILED", None: "INCONCLUSIVE"}


def run(reference: str, options: Namespace) -> Outcome:
    """Cross-check one model."""
    model = load(reference, options)
    if options.data:
        return _of_data(model, reference, options)
    check_machines(options)
    with contextlib.ExitStack() as stack:
        store, executor = _store(stack, options), _executor(stack, options)
        evidence = verify_model(model, settings_of(model, options.set), seed=options.seed, budget=options.budget, tier=options.tier,
                                equation=options.equation or "", chunks=options.chunks, executor=executor, store=store,
                                progress=options.progress)  # fmt: skip
    if options.json:
        return Outcome(status(evidence), document=verify_document(evidence), result=evidence)
    title = model.title or reference
    return Outcome(status(evidence), text="\n".join([title, "=" * len(title), *_text(evidence)]), result=evidence)


def together(outcomes: Sequence[Outcome]) -> Outcome | None:
    """What the simulations of several derivations say together; None where there is no second one."""
    simulated = [o.result for o in outcomes if o.result is not None]
    found = judge_together(simulated)
    if found is None:
        return None
    return Outcome(0, found.text, found.document)


def _store(stack: contextlib.ExitStack, options: Namespace) -> ResultsStore | None:
    if not options.store:
        return None
    from symdiff.dossier.results_store import ResultsStore  # loads sqlite

    return stack.enter_context(ResultsStore(Path(options.store)))


def _executor(stack: contextlib.ExitStack, options: Namespace) -> Executor | None:
    if not options.cluster and (options.jobs or 1) == 1:
        return None
    from symdiff.dossier.executors import cluster, process_pool

    return stack.enter_context(cluster(options.cluster) if options.cluster else process_pool(options.jobs))


def _of_data(model: JumpModel, reference: str, options: Namespace) -> Outcome:
    """Trajectories against the model and its equation."""
    given = ("tier", "seed", "budget", "chunks", "store", "jobs", "cluster")
    for name in given:
        if getattr(options, name) is not None:
            raise UsageError(
                f"data are tested as they are: --{name} does not apply", where="--data", instead="leave it out"
            )
    from symdiff.dossier.verify_data import verify_data  # loads numpy and scipy

    evidence = verify_data(model, Path(options.data), settings_of(model, options.set), options.equation or "")
    if options.json:
        return Outcome(status(evidence), document=verify_document(evidence))
    lines = _text(evidence)
    rows = dict(evidence.tiers[-1].details).get("kramers_moyal", ())
    shown = [f"  {r['name'] if r['place'] is None else r['name'] + '(' + format(r['place'], '.4g') + ')':10} "
             f"{r['value']:.6g}   [{r['low']:.6g}, {r['high']:.6g}]" for r in rows]  # fmt: skip
    title = model.title or reference
    found = ["", "Kramers-Moyal coefficients of the data, with 99 % confidence", *shown]
    return Outcome(status(evidence), text="\n".join([title, "=" * len(title), *lines[:-2], *found, *lines[-2:]]))


def _text(evidence: Evidence) -> list[str]:
    lines = [f"equation   {evidence.equation}"] if evidence.equation else []
    for result in evidence.tiers:
        lines += ["", *_tier(result)]
    return [*lines, "", f"cross-check: {_WORDS[evidence.passed].lower()}"]


def _tier(r: TierResult) -> list[str]:
    name = f"{r.tier} tier" + (f", regime '{r.regime}'" if r.regime else "")
    if not r.applies:
        return [f"DOES NOT APPLY  {name}", f"  because     {r.why}"]
    lines = [f"{_WORDS[r.passed]:14}  {name}", f"  because     {r.why}", f"  compared    {r.quantity}"]
    shown = (("predicted", r.predicted), ("measured", r.measured), ("uncertainty", r.uncertainty),
             ("resolves", r.smallest_detectable_error))  # fmt: skip
    lines += [f"  {label:11} {value:.4g}" for label, value in shown if value is not None]
    if r.negative_control is not None:
        control = r.negative_control
        outcome = (
            "all rejected" if control.rejected else f"NOT rejected: {'; '.join(control.missed) or 'there is none'}"
        )
        lines.append(f"  control     {len(control.claims)} wrong claims, {outcome}")
    details = dict(r.details)
    lines += [f"  assumed     {text}" for text in details.get("assumed", ())]
    lines += _spreading(details)
    values = details.get("values")
    if values:
        lines.append("  with        " + ", ".join(f"{k} = {v}" for k, v in values.items()))
    return lines


def _spreading(details: dict[str, Any]) -> list[str]:
    """How fast long waves of a crowd decay, in the exact chain and in the mean field."""
    chain, mean = (details.get(f"diffusivity_of_{of}_extrapolated") for of in ("chain", "mean_field"))
    lines = []
    if chain is not None and mean is not None:
        at = details["mean_density"]
        lines.append(
            f"  spreads     D = {chain:.3g} in the exact chain, {mean:.3g} in its mean field (long waves, mean density {at})"
        )
    chains, means = details.get("mixing_of_chain"), details.get("mixing_of_mean_field")
    if chains and means:
        sites = details["sites"]
        lines.append(f"  mixes       D = {', '.join(f'{d:.3g}' for d in chains)} in the exact chain on {sites[0]} ... {sites[-1]} sites, "
                     f"{means[-1]:.3g} in its mean field")  # fmt: skip
    return lines
