"""``symdiff sweep``: derivation, verdicts and cross-check over a grid of values, as a table and a figure."""

from __future__ import annotations

import contextlib
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from symdiff.cli.models import load
from symdiff.cli.output import Outcome, check_machines
from symdiff.dossier.settings import settings_of
from symdiff.dossier.sweep_grid import points_of, read_axes


def run(reference: str, options: Namespace) -> Outcome:
    """Go over the grid; write the files that are asked for."""
    from symdiff.dossier.executors import cluster, process_pool
    from symdiff.dossier.results_store import ResultsStore  # loads sqlite
    from symdiff.dossier.sweep import sweep_model
    from symdiff.report.sweep_file import check_path, csv_bytes, write_sweep

    check_machines(options)
    paths = [Path(name) for name in options.output]
    for path in paths:
        check_path(path)
    model = load(reference, options)
    axes = read_axes(model, options.over)
    settings = settings_of(model, options.set)
    place = options.store or (f"{paths[0]}.store" if paths else None)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(ResultsStore(Path(place))) if place else None
        jobs = options.jobs or min(os.cpu_count() or 1, len(points_of(axes)))
        executor = stack.enter_context(cluster(options.cluster) if options.cluster else process_pool(jobs))
        found = sweep_model(model, axes, settings, tier=options.tier, seed=options.seed or 0, budget=options.budget, chunks=options.chunks,
                            executor=executor, store=store, progress=options.progress)  # fmt: skip
    for path in paths:
        write_sweep(found, path)
    if options.json:
        return Outcome(found.status, document=_document(found, paths))
    lines = [csv_bytes(found).decode().rstrip("\n")] if not paths else []
    lines += [f"# {name} = {value}" + (" (drawn: nobody set it; --set does)" if name in found.drawn else "")
              for name, value in found.fixed]  # fmt: skip
    lines += [f"{path.name} written" for path in paths]
    return Outcome(found.status, text="\n".join(lines))


def _document(found: Any, paths: list[Path]) -> dict[str, Any]:
    return {
        "title": found.title, "over": list(found.axes), "fixed": dict(found.fixed), "drawn": list(found.drawn), "seed": found.seed,
        "columns": list(found.columns), "rows": found.table(),
        "points": [{
            "values": {name: exact for name, exact, _ in row.values}, "status": row.status, "message": row.message,
            "coefficients": [{"regime": a, "role": b, "sympy": c, "value": d or None} for a, b, c, d in row.coefficients],
            "claims": [{"id": a, "verdict": b} for a, b in row.claims],
            "tiers": [{"tier": a, "outcome": b, "smallest_detectable_error": c, "why": d} for a, b, c, d in row.tiers],
        } for row in found.rows],
        "written": [path.name for path in paths],
    }  # fmt: skip
